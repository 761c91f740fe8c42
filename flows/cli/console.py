"""How a tournament's report is printed."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from flows.cli import printing
from tasks.core import wording
from tasks.core.scoring import figures, registry

_NAMED = 8


def print_report(report: Mapping[str, Any]) -> None:
    """Print a tournament's report."""
    console = printing.console()
    rounds = report["rounds"]
    console.print()
    console.print(
        f"{len(rounds)} rounds, eras {rounds[0]['era']} to {rounds[-1]['era']}, "
        f"{len(report['models'])} models, {report['source']}",
        style="bold",
    )
    _print_defects(console, report["data"]["defects"])
    for table in (_models(report), _blends(report)):
        console.print()
        console.print(table)
    console.print()
    if report["mmc_warning"]:
        console.print(report["mmc_warning"])
    if report["duplicates"]:
        for row in report["duplicates"]:
            console.print(
                f"duplicate: {row['model']} handed in what {row['of']} had committed to "
                f"before, in {row['rounds']} rounds"
            )
    _print_money(console, report)


def _print_defects(console: Console, defects: Sequence[Mapping[str, Any]]) -> None:
    """Print one line a kind: how often, and the first assets that have it."""
    kinds: dict[str, list[str]] = {}
    for defect in defects:
        kinds.setdefault(defect["kind"], []).append(defect["asset"])
    for kind, assets in sorted(kinds.items()):
        named = sorted({asset for asset in assets if asset})
        names = f": {wording.listed(named, _NAMED)}" if named else ""
        console.print(f"defect {kind.replace('_', ' ')} x {len(assets)}{names}")


def _models(report: Mapping[str, Any]) -> Table:
    table = printing.table(
        "model",
        words=[*(f"{score.title} ± error" for score in registry.in_means()), "n (eff.)"],
        numbers=("payout", "burn", "stake"),
    )
    for row in report["models"]:
        table.add_row(
            row["model"],
            *[figures.mean_text(row[score.name]) for score in registry.in_means()],
            figures.counts_text(row["corr"]),
            *[figures.tokens_text(row[key]) for key in ("payout", "burn", "final_stake")],
        )
    return table


def _blends(report: Mapping[str, Any]) -> Table:
    table = printing.table("blend", words=("CORR ± error", "n (eff.)"))
    for row in report["blends"]:
        corr = row["corr"]
        table.add_row(row["name"], figures.mean_text(corr), figures.counts_text(corr))
    return table


def _print_money(console: Console, report: Mapping[str, Any]) -> None:
    token, chain = report["token"], report["chain"]
    console.print(
        f"supply {figures.tokens_text(token['supply_before'])} ERA before, "
        f"{figures.tokens_text(token['supply_after'])} after: "
        f"{figures.tokens_text(token['burned'])} burned"
    )
    console.print(f"chain: {chain['transactions']:,} transactions, {chain['gas']:,} gas")
    if report["verified"]:
        # A report that was made before there were opening rules is of open rounds.
        is_open = report.get("opening", "public") == "public"
        which = "" if is_open else " that needs no closed predictions"
        console.print(f"verified: every check{which} holds")
    else:
        console.print("verified: A CHECK FAILED, see `erarium verify`", style="bold red")
