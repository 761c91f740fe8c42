"""How the commands that score files print: tables that fit 80 columns, and notes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from tasks.core.scoring import figures

_PIPE_WIDTH = 120
_NONE = "-"
_LEVELS = {
    "benchmark_correlation": "with the benchmark",
    "meta_model_correlation": "with the meta-model",
    "max_feature_correlation": "with a feature, highest |.|",
    "mean_feature_correlation": "with the features, mean |.|",
}


def console() -> Console:
    """Return a console for standard output; a pipe has no width of its own, so it gets one."""
    # Without markup: names come from files.
    found = Console(highlight=False, markup=False)
    if found.is_terminal:
        return found
    return Console(highlight=False, markup=False, width=_PIPE_WIDTH)


def print_scores(document: Mapping[str, Any], notes: Sequence[str]) -> None:
    """Print a summary a model, and what a reader must know.

    Args:
        document: what `--json` writes.
        notes: a line each.
    """
    out = console()
    cards, models = document["scores"], document["summary"]
    eras = list(dict.fromkeys(card["era"] for card in cards))
    out.print(
        f"\n{counted(len(eras), 'era')}, {eras[0]} to {eras[-1]}, {counted(len(models), 'model')}",
        style="bold",
    )
    tables = [_means(models), _risks(models)]
    if any(row["max_feature_correlation"] for row in models):
        tables.append(_exposures(models, cards))
    for made in tables:
        out.print()
        out.print(made)
    print_notes(out, notes)


def print_notes(out: Console, notes: Sequence[str]) -> None:
    """Print a line each."""
    if notes:
        out.print()
    for line in notes:
        out.print(f"note: {line}")


def table(first: str, *others: str) -> Table:
    """Return a table that fits a terminal of 80 columns; long names in its first column fold."""
    made = Table(box=box.SIMPLE, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    made.add_column(first, overflow="fold")
    for name in others:
        made.add_column(name, justify="right", no_wrap=True)
    return made


def counted(number: int, word: str) -> str:
    """Return a number with its word, such as `1 era` or `12 eras`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def _means(models: Sequence[Mapping[str, Any]]) -> Table:
    given = [name for name in ("corr", "mmc", "fnc") if any(row[name] for row in models)]
    made = table("model", *[f"{name.upper()} ± error" for name in given], "n (eff.)")
    for row in models:
        made.add_row(
            row["model"],
            *[figures.mean_text(row[name]) for name in given],
            figures.counts_text(row["corr"]),
        )
    return made


def _risks(models: Sequence[Mapping[str, Any]]) -> Table:
    made = table("model: CORR", "std", "sharpe", "autocorr.", "hit rate", "drawdown", "CVaR 5 %")
    for row in models:
        corr = row["corr"] or {}
        made.add_row(
            row["model"],
            number_text(corr.get("std"), ".4f"),
            number_text(corr.get("sharpe"), "+.2f"),
            number_text(corr.get("autocorrelation"), "+.2f"),
            number_text(corr.get("hit_rate"), ".0%"),
            number_text(corr.get("max_drawdown"), ".1%"),
            number_text(corr.get("cvar"), "+.4f"),
        )
    return made


def _exposures(models: Sequence[Mapping[str, Any]], cards: Sequence[Mapping[str, Any]]) -> Table:
    made = table("model: exposure", "max |corr|", "highest", "to which most often")
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
            number_text(row["max_feature_correlation"]["mean"], ".3f"),
            number_text(max(card["max_feature_correlation"] for card in mine), ".3f"),
            f"{feature} ({times} of {len(mine)})",
        )
    return made


def number_text(value: float | None, form: str) -> str:
    """Return a number in a form such as `.3f`, a dash where there is none."""
    return _NONE if value is None else format(value, form)


def print_diagnosis(document: Mapping[str, Any]) -> None:
    """Print the figures of one model.

    Args:
        document: what `--json` writes.
    """
    out = console()
    eras, summary = document["eras"], document["summary"]
    span = f"{eras[0]['era']} to {eras[-1]['era']}"
    out.print(f"\n{document['model']}: {counted(len(eras), 'era')}, {span}", style="bold")
    scores = table("score", "mean ± error", "n (eff.)", "sharpe", "hit rate", "drawdown")
    for name in ("corr", "mmc", "bmc", "fnc"):
        if (row := summary[name]) is not None:
            scores.add_row(
                name.upper(),
                figures.mean_text(row),
                figures.counts_text(row),
                number_text(row["sharpe"], "+.2f"),
                number_text(row["hit_rate"], ".0%"),
                number_text(row["max_drawdown"], ".1%"),
            )
    out.print()
    out.print(scores)
    levels = table("correlation", "mean ± error", "n (eff.)")
    for name, label in _LEVELS.items():
        if (row := summary[name]) is not None:
            levels.add_row(label, figures.mean_text(row), figures.counts_text(row))
    if levels.row_count:
        out.print()
        out.print(levels)
    print_notes(out, document["notes"])


def print_folds(folds: Sequence[Mapping[str, Any]]) -> None:
    """Print what each fold learned from and predicted.

    Args:
        folds: as they stand in the JSON file.
    """
    out = console()
    made = table(
        "fold", "learns until", "rows", "eras", "purged", "predicts from", "eras", "CORR ± error"
    )
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
