"""The page of a diagnosis: one file that needs no other and asks nobody for anything."""

import html
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tasks.adapters import diagnosis_plots
from tasks.client.diagnosis import LEVELS, SCORES, Diagnosis
from tasks.core import wording
from tasks.core.scoring import figures
from tasks.core.scoring.summaries import Summary

_NONE = "-"
_MOST_FEATURES = 12
_GROUPS = (
    (
        "Likeness by era",
        "Correlation of the ranks with those of others.",
        {"benchmark_correlation": "benchmark", "meta_model_correlation": "meta-model"},
    ),
    (
        "Feature exposure by era",
        "Absolute correlation with the features.",
        {"max_feature_correlation": "highest", "mean_feature_correlation": "mean"},
    ),
)
_STYLE = """
:root { --page: #fbfbfa; --card: #fff; --ink: #23272e; --soft: #6b7280; --grid: #e3e5e8;
  --first: #2f6db3; --second: #c47a1c; --third: #4c956c; --fourth: #8a5fb0; --bad: #bf4b4b;
  --warn: #fdf5e0; --edge: #d9b656; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --page: #16181c; --card: #1e2126; --ink: #d9dce1;
  --soft: #9aa1ab; --grid: #343941; --first: #6ba4e0; --second: #e0a04f; --third: #76c097;
  --fourth: #b694d6; --bad: #e07f7f; --warn: #2d281a; --edge: #8a7434; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 2.2rem 1.2rem 3rem; }
h1 { font-size: 1.55rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.02rem; margin: 0 0 .1rem; }
p { margin: .15rem 0; }
.soft { color: var(--soft); font-size: .88rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(124px, 1fr)); gap: .7rem;
  margin: 1.3rem 0 1rem; }
.card, .tiles > div { background: var(--card); border: 1px solid var(--grid); border-radius: 8px; }
.tiles > div { padding: .6rem .8rem; }
.tiles span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.halves { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 0 1rem; }
.tiles b { display: block; font-size: 1.3rem; font-weight: 600; line-height: 1.35;
  font-variant-numeric: tabular-nums; }
.card { padding: 1rem 1.1rem; margin: 0 0 1rem; overflow-x: auto; }
.notes { background: var(--warn); border: 1px solid var(--edge); border-radius: 8px;
  padding: .7rem 1.1rem; margin: 0 0 1rem; }
.notes ul { margin: 0; padding-left: 1.1rem; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; display: block; }
svg text { font-family: inherit !important; }
table { border-collapse: collapse; width: 100%; font-size: .84rem;
  font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .28rem .5rem; border-bottom: 1px solid var(--grid);
  white-space: nowrap; }
th { color: var(--soft); font-weight: 500; }
th:first-child, td:first-child { text-align: left; }
summary { cursor: pointer; font-weight: 600; }
"""


def diagnosis_page(diagnosis: Diagnosis, source: str) -> str:
    """Return the page of a diagnosis.

    Args:
        diagnosis: what it shows.
        source: the name of the predictions' file.
    """
    parts = [
        _head(diagnosis, source),
        _tiles(diagnosis),
        _notes(diagnosis.notes),
        *_score_plots(diagnosis),
        f'<div class="halves">{"".join(_half_plots(diagnosis))}</div>',
        _card("All figures", _ERRORS, _scores_table(diagnosis)),
        _levels_card(diagnosis),
        _eras_card(diagnosis),
    ]
    body = "\n".join(part for part in parts if part)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # Whatever a name in a file may hold: the page runs and fetches nothing.
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{_escaped(diagnosis.model)}: diagnosis</title>\n<style>{_STYLE}</style>\n"
        f"</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


_ERRORS = (
    "± is one standard error that takes overlapping targets and autocorrelation into account "
    "(Newey and West); n eff. is how many independent eras the eras are worth."
)


def _head(diagnosis: Diagnosis, source: str) -> str:
    eras, sizes = diagnosis.eras, [era.n_ids for era in diagnosis.eras]
    size = f"{min(sizes):,}" if min(sizes) == max(sizes) else f"{min(sizes):,} to {max(sizes):,}"
    span = f"era {eras[0].era}"
    if len(eras) > 1:
        span = f"{len(eras):,} eras, {eras[0].era} to {eras[-1].era}"
    text = f"{source} · {span} · {size} ids an era · overlap {diagnosis.overlap}"
    return f'<h1>{_escaped(diagnosis.model)}</h1>\n<p class="soft">{_escaped(text)}</p>'


def _tiles(diagnosis: Diagnosis) -> str:
    tiles = []
    for name, label in SCORES.items():
        found = diagnosis.summary(name)
        if found is not None:
            error = "too few eras" if found.error is None else f"± {found.error:.4f}"
            tiles.append((label, f"{found.mean:+.4f}", error))
    corr, highest = diagnosis.summary("corr"), diagnosis.mean("max_feature_correlation")
    if corr is not None:
        error = "" if corr.sharpe_error is None else f"± {corr.sharpe_error:.2f}"
        tiles.append(("Sharpe", _text(corr.sharpe, "+.2f"), error))
        tiles.append(("Drawdown", _text(corr.max_drawdown, ".1%"), "of CORR"))
    if highest is not None:
        feature = diagnosis.features[0].feature if diagnosis.features else ""
        tiles.append(("Exposure", f"{highest.mean:.3f}", feature))
    inner = "".join(
        f'<div><span class="soft">{_escaped(label)}</span><b>{_escaped(value)}</b>'
        f'<span class="soft">{_escaped(error)}&nbsp;</span></div>'
        for label, value, error in tiles
    )
    return f'<div class="tiles">{inner}</div>'


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    return f'<div class="notes"><ul>{"".join(f"<li>{_escaped(n)}</li>" for n in notes)}</ul></div>'


def _score_plots(diagnosis: Diagnosis) -> Iterable[str]:
    """Return the wide cards: cumulative scores, and CORR by era."""
    eras = [era.era for era in diagnosis.eras]
    given = {name: label for name, label in SCORES.items() if diagnosis.known(name).size}
    if "corr" not in given:
        return
    sums = {label: diagnosis.cumulative(name) for name, label in given.items()}
    plot = diagnosis_plots.curves(eras, sums, diagnosis.cumulative_errors("corr"))
    yield _card("Cumulative scores", "The band is one error of cumulative CORR.", plot)
    values = diagnosis.series("corr")
    plot = diagnosis_plots.bars(eras, values, float(np.nanmean(values)))
    yield _card("CORR by era", "The dashed line is the mean.", plot)


def _half_plots(diagnosis: Diagnosis) -> Iterable[str]:
    """Return the narrow cards: drawdown, and what the predictions are correlated with."""
    eras = [era.era for era in diagnosis.eras]
    if diagnosis.known("corr").size:
        plot = diagnosis_plots.drawdown(eras, diagnosis.drawdown())
        yield _card("Drawdown", "Loss from the peak of compounded CORR.", plot)
    for title, text, names in _GROUPS:
        given = {name: label for name, label in names.items() if diagnosis.known(name).size}
        if given:
            lines = {label: diagnosis.series(name) for name, label in given.items()}
            yield _card(title, text, diagnosis_plots.levels(eras, lines))
    if diagnosis.features:
        most = diagnosis.features[:_MOST_FEATURES]
        means = [figures.mean for figures in most]
        plot = diagnosis_plots.features(
            [figures.feature for figures in most],
            np.array([mean.mean for mean in means]),
            np.array([np.nan if mean.error is None else mean.error for mean in means]),
        )
        text = f"Mean correlation ± one error, {len(most)} of {len(diagnosis.features)} features."
        yield _card("Features leant on most", text, plot)


def _card(title: str, text: str, inner: str) -> str:
    line = f'<p class="soft">{_escaped(text)}</p>' if text else ""
    return f'<section class="card"><h2>{_escaped(title)}</h2>{line}{inner}</section>'


def _scores_table(diagnosis: Diagnosis) -> str:
    columns = (
        *("score", "mean ± error", "n (n eff.)", "std", "Sharpe", "adj. Sharpe"),
        *("max drawdown", "autocorr.", "CVaR 5 %", "hit rate"),
    )
    rows = []
    for name, label in SCORES.items():
        found = diagnosis.summary(name)
        if found is not None:
            rows.append([label, *_summary_cells(found)])
    return _table(columns, rows)


def _summary_cells(found: Summary) -> list[str]:
    estimate = found.to_json()
    return [
        figures.mean_text(estimate),
        figures.counts_text(estimate),
        _text(found.std, ".4f"),
        _with_error(found.sharpe, found.sharpe_error, "+.2f"),
        _text(found.adjusted_sharpe, "+.2f"),
        _text(found.max_drawdown, ".1%"),
        _text(found.autocorrelation, "+.2f"),
        _text(found.cvar, "+.4f"),
        _with_error(found.hit_rate, found.hit_rate_error, ".0%"),
    ]


def _levels_card(diagnosis: Diagnosis) -> str:
    rows = []
    for name, label in LEVELS.items():
        found = diagnosis.mean(name)
        if found is not None:
            values, estimate = diagnosis.known(name), _estimate(found)
            rows.append(
                [
                    label,
                    figures.mean_text(estimate),
                    figures.counts_text(estimate),
                    f"{values.min():+.4f}",
                    f"{values.max():+.4f}",
                ]
            )
    if not rows:
        return ""
    table = _table(("likeness", "mean ± error", "n (n eff.)", "lowest", "highest"), rows)
    return _card("Correlations", "", table)


def _estimate(mean: Any) -> dict[str, Any]:
    return {name: getattr(mean, name) for name in ("mean", "n", "n_effective", "error")}


def _eras_card(diagnosis: Diagnosis) -> str:
    """Return every era's figures, folded away."""
    names = [name for name in (*SCORES, *LEVELS) if diagnosis.known(name).size]
    heads = [SCORES.get(name, LEVELS.get(name, "")) for name in names]
    short = [head.replace("correlation", "corr.") for head in heads]
    rows = [
        [
            era.era,
            f"{era.n_ids:,}",
            *[_text(getattr(era, name), "+.4f") for name in names],
            era.max_feature or _NONE,
        ]
        for era in diagnosis.eras
    ]
    table = _table(("era", "ids", *short, "highest feature"), rows)
    return f'<section class="card"><details><summary>Every era</summary>{table}</details></section>'


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{_escaped(column)}</th>" for column in columns)
    body = "".join(
        f"<tr>{''.join(f'<td>{_escaped(cell)}</td>' for cell in row)}</tr>\n" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>"


def _escaped(text: str) -> str:
    """Return a text as it stands in a page, without characters that a page must not hold."""
    return html.escape(wording.plain(text))


def _text(value: float | None, form: str) -> str:
    return _NONE if value is None else format(value, form)


def _with_error(value: float | None, error: float | None, form: str) -> str:
    text = _text(value, form)
    return text if error is None else f"{text} ± {format(error, form.lstrip('+'))}"
