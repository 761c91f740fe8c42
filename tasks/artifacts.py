"""What the flows leave in the UI: tables and plots as Prefect artifacts."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogHandler

from tasks.core.scoring import figures

_FLUSH_S = 5.0


def data_set(dataset: Mapping[str, Any]) -> None:
    """Leave what was ingested, and each defect that was found, by kind."""
    counts = dataset["defect_counts"]
    lines = [
        f"{len(dataset['eras'])} eras, {len(dataset['features'])} features, "
        f"panel `{dataset['panel']['sha256'][:16]}`",
        "",
        "| defect | count |",
        "|---|---:|",
        *[f"| {kind} | {count} |" for kind, count in sorted(counts.items())],
    ]
    create_markdown_artifact("\n".join(lines), key="data-set", description="The data set")
    if dataset["defects"]:
        create_table_artifact(dataset["defects"], key="defects", description="Defects found")


def round_state(round_id: int, state: str, facts: Mapping[str, str]) -> None:
    """Leave where a round is, under one key a round, so that its history can be read."""
    lines = [f"**round {round_id}: {state}**", ""]
    lines += [f"- {name}: {value}" for name, value in facts.items()]
    create_markdown_artifact("\n".join(lines), key=f"round-{round_id}", description=state)


def report(document: Mapping[str, Any], plot_svg: str) -> None:
    """Leave a tournament's report: models, rivals, money, checks, and the cumulative plot."""
    rows = [
        {
            "model": row["model"],
            "CORR": figures.mean_text(row["corr"]),
            "MMC": figures.mean_text(row["mmc"]),
            "rounds (effective)": figures.counts_text(row["corr"]),
            "payout": figures.tokens_text(row["payout"]),
            "burn": figures.tokens_text(row["burn"]),
            "final stake": figures.tokens_text(row["final_stake"]),
        }
        for row in document["models"]
    ]
    create_table_artifact(rows, key="models", description="Models over all rounds")
    image = base64.b64encode(plot_svg.encode()).decode()
    parts = [
        f"![cumulative CORR](data:image/svg+xml;base64,{image})",
        _blends(document["blends"]),
        _money(document),
    ]
    create_markdown_artifact("\n\n".join(parts), key="report", description="The tournament")


def verification(lines: Sequence[str], holds: bool) -> None:
    """Leave every check of a verification, one a line."""
    verdict = "every check holds" if holds else "A CHECK FAILED"
    body = "\n".join(lines)
    create_markdown_artifact(f"**{verdict}**\n\n```\n{body}\n```", key="verification")


def flush() -> None:
    """Hand over what the UI has still to get; the server must be up, or Prefect retries long."""
    APILogHandler().flush()
    EventsWorker.drain_all(timeout=_FLUSH_S)


def _blends(blends: Sequence[Mapping[str, Any]]) -> str:
    lines = ["| blend | CORR | rounds (effective) |", "|---|---:|---:|"]
    for row in blends:
        corr = row["corr"]
        lines.append(f"| {row['name']} | {figures.mean_text(corr)} | {figures.counts_text(corr)} |")
    return "\n".join(lines)


def _money(document: Mapping[str, Any]) -> str:
    token, chain = document["token"], document["chain"]
    return (
        f"Supply {figures.tokens_text(token['supply_before'])} before, "
        f"{figures.tokens_text(token['supply_after'])} after; "
        f"{chain['transactions']:,} transactions, {chain['gas']:,} gas."
    )
