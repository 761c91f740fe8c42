"""How the commands that score files print: a summary a model, and notes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from flows.cli import printing
from tasks.core import wording
from tasks.core.scoring import figures, registry

_NONE = "-"
_RISKS = ("std", "sharpe", "autocorr.", "hit rate", "drawdown", "CVaR 5 %")
_LEVELS = {
    "benchmark_correlation": "with the benchmark",
    "meta_model_correlation": "with the meta-model",
    "max_feature_correlation": "with a feature, highest |.|",
    "mean_feature_correlation": "with the features, mean |.|",
}


def print_scores(document: Mapping[str, Any], notes: Sequence[str]) -> None:
    """Print a summary a model, and what a reader must know.

    Args:
        document: what `--json` writes.
        notes: a line each.
    """
    out = printing.console()
    cards, models = document["scores"], document["summary"]
    eras = list(dict.fromkeys(card["era"] for card in cards))
    out.print()
    out.print(f"{_span(eras)}, {wording.counted(len(models), 'model')}", style="bold")
    tables = [_means(models), _risks(models)]
    if any(row["max_feature_correlation"] for row in models):
        tables.append(_exposures(models, cards))
    for made in tables:
        out.print()
        out.print(made)
    printing.print_notes(out, notes)


def _span(eras: Sequence[str]) -> str:
    """Return how many eras there are, and the first and the last."""
    if len(eras) == 1:
        return f"era {eras[0]}"
    return f"{wording.counted(len(eras), 'era')}, {eras[0]} to {eras[-1]}"


def _means(models: Sequence[Mapping[str, Any]]) -> Table:
    given = [score for score in registry.SCORES if any(row.get(score.name) for row in models)]
    titles = [f"{score.title} ± error" for score in given]
    made = printing.table("model", numbers=[*titles, "n (eff.)"])
    for row in models:
        made.add_row(
            row["model"],
            *[figures.mean_text(row[score.name]) for score in given],
            figures.counts_text(row["corr"]),
        )
    return made


def _risks(models: Sequence[Mapping[str, Any]]) -> Table:
    made = printing.table("model: CORR", numbers=_RISKS)
    for row in models:
        corr = row["corr"] or {}
        made.add_row(
            row["model"],
            printing.number_text(corr.get("std"), ".4f"),
            printing.number_text(corr.get("sharpe"), "+.2f"),
            printing.number_text(corr.get("autocorrelation"), "+.2f"),
            printing.number_text(corr.get("hit_rate"), ".0%"),
            printing.number_text(corr.get("max_drawdown"), ".1%"),
            printing.number_text(corr.get("cvar"), "+.4f"),
        )
    return made


def _exposures(models: Sequence[Mapping[str, Any]], cards: Sequence[Mapping[str, Any]]) -> Table:
    made = printing.table(
        "model: exposure", numbers=("max |corr|", "highest", "to which most often")
    )
    for place, row in enumerate(models):
        # Every era has a card a model, in the order of the models.
        all_eras = cards[place :: len(models)]
        mine = [card for card in all_eras if card["max_feature_correlation"] is not None]
        if not mine:
            made.add_row(row["model"], _NONE, _NONE, _NONE)
            continue
        feature, times = Counter(card["max_feature"] for card in mine).most_common(1)[0]
        made.add_row(
            row["model"],
            printing.number_text(row["max_feature_correlation"]["mean"], ".3f"),
            printing.number_text(max(card["max_feature_correlation"] for card in mine), ".3f"),
            f"{feature} ({times} of {len(mine)})",
        )
    return made


def print_diagnosis(document: Mapping[str, Any], page: Path | None = None) -> None:
    """Print the figures of one model.

    Args:
        document: what `--json` writes.
        page: the file that shows them too.
    """
    out = printing.console()
    eras, summary = document["eras"], document["summary"]
    span = _span([era["era"] for era in eras])
    out.print()
    out.print(f"{document['model']}: {span}", style="bold")
    titles = ("mean ± error", "n (eff.)", "sharpe", "hit rate", "drawdown")
    scores = printing.table("score", numbers=titles)
    for score in registry.SCORES:
        if (row := summary.get(score.name)) is not None:
            scores.add_row(
                score.title,
                figures.mean_text(row),
                figures.counts_text(row),
                printing.number_text(row["sharpe"], "+.2f"),
                printing.number_text(row["hit_rate"], ".0%"),
                printing.number_text(row["max_drawdown"], ".1%"),
            )
    out.print()
    out.print(scores)
    levels = printing.table("correlation", numbers=titles[:2])
    for name, label in _LEVELS.items():
        if (row := summary[name]) is not None:
            levels.add_row(label, figures.mean_text(row), figures.counts_text(row))
    if levels.row_count:
        out.print()
        out.print(levels)
    printing.print_notes(out, document["notes"])
    if page is not None:
        out.print()
        out.print(f"{page} shows it all: open it in a browser")


def print_folds(folds: Sequence[Mapping[str, Any]]) -> None:
    """Print what each fold learned from and predicted.

    Args:
        folds: as they stand in the JSON file.
    """
    out = printing.console()
    titles = ("learns until", "rows", "eras", "purged", "predicts from", "eras", "CORR ± error")
    made = printing.table("fold", numbers=titles)
    for number, fold in enumerate(folds, 1):
        train, validation = fold["train_eras"], fold["validation_eras"]
        made.add_row(
            str(number),
            train["last"],
            f"{fold['train_rows']:,}",
            str(train["n"]),
            str(len(fold["purged_eras"])),
            validation["first"],
            str(validation["n"]),
            figures.mean_text(fold["corr"]),
        )
    out.print()
    out.print(made)
