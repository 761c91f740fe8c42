"""What the flows leave in the UI: tables and plots as Prefect artifacts."""

from collections.abc import Mapping, Sequence
from typing import Any

from prefect import runtime
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.client.orchestration import get_client
from prefect.events.worker import EventsWorker
from prefect.exceptions import ObjectNotFound
from prefect.logging.handlers import APILogHandler

from tasks import pages
from tasks import round_pages as round_pages_of
from tasks.adapters import markdown
from tasks.core.protocol.documents.vault import DataSet
from tasks.core.scoring import figures, registry
from tasks.pages import Page
from tasks.stages.overview import Overview
from tasks.stages.round_details import Details, Series

_FLUSH_S = 5.0


def data_set(dataset: DataSet) -> None:
    """Leave what was ingested, and each defect that was found, by kind."""
    counts = dataset.defect_counts
    lines = [
        f"{len(dataset.eras)} eras, {len(dataset.features)} features, "
        f"panel `{dataset.panel.sha256[:16]}`",
        "",
        "| defect | count |",
        "|---|---:|",
        *[f"| {kind} | {count} |" for kind, count in sorted(counts.items())],
    ]
    create_markdown_artifact("\n".join(lines), key="data-set", description="The data set")
    if dataset.defects:
        rows = [defect.to_json() for defect in dataset.defects]
        create_table_artifact(rows, key="defects", description="Defects found")


def round_pages(found: Details) -> None:
    """Leave a round's pages, each under its own key, so that its history can be read."""
    for key, made in round_pages_of.of_round(found).items():
        _leave(key, made)


def table_to_approve(summary: Mapping[str, Any], found: Details) -> None:
    """Leave what a person looks at before a round's table is settled."""
    form = _form("approve") if found.state.waits_for_a_person else None
    made = round_pages_of.approval(summary, found, form)
    _leave(pages.key(summary["round"], round_pages_of.APPROVAL), made)


def all_rounds(found: Overview, series: Series | None, failures: Sequence[str]) -> None:
    """Leave the pages about all rounds: what is where, late and wrong, and the plots.

    Args:
        found: all rounds.
        series: the settled ones, to be drawn anew; None where nothing was settled.
        failures: what failed in this run.
    """
    if series is not None:
        _leave(pages.PERFORMANCE, pages.performance(series))
        _leave(pages.STAKES, pages.stakes(series))
    # Last, so that it comes first in the list.
    room = pages.control_room(found, failures, runtime.flow_run.id)
    _leave(pages.CONTROL_ROOM, room)


def report(document: Mapping[str, Any], plot_svg: str) -> None:
    """Leave a tournament's report: models, rivals, money, checks, and the cumulative plot."""
    rows = [
        {"model": row["model"]}
        | {score.title: figures.mean_text(row[score.name]) for score in registry.in_means()}
        | {
            "rounds (effective)": figures.counts_text(row["corr"]),
            "payout": figures.tokens_text(row["payout"]),
            "burn": figures.tokens_text(row["burn"]),
            "final stake": figures.tokens_text(row["final_stake"]),
        }
        for row in document["models"]
    ]
    create_table_artifact(rows, key="models", description="Models over all rounds")
    parts = [
        markdown.image("cumulative CORR", plot_svg),
        _blends(document["blends"]),
        _money(document),
    ]
    create_markdown_artifact("\n\n".join(parts), key="report", description="The tournament")


def verification(lines: Sequence[str], holds: bool) -> None:
    """Leave every check of a verification, one a line."""
    closed = sum(line.startswith("not open") for line in lines)
    sound = f"no check fails, {closed} are not open" if closed else "every check holds"
    verdict = sound if holds else "A CHECK FAILED"
    body = "\n".join(lines)
    create_markdown_artifact(f"**{verdict}**\n\n```\n{body}\n```", key="verification")


def flush() -> None:
    """Hand over what the UI has still to get; the server must be up, or Prefect retries long."""
    APILogHandler().flush()
    EventsWorker.drain_all(timeout=_FLUSH_S)


def _leave(key: str, made: Page) -> None:
    # The page of a key shows the newest description in full, and the data behind a click only.
    create_markdown_artifact(made.more, key=key, description=made.head)


def _form(deployment: str) -> str:
    """Return where the form of a deployment is; all of them where it is not registered."""
    with get_client(sync_client=True) as client:
        try:
            found = client.read_deployment_by_name(f"{deployment}/{deployment}")
        except ObjectNotFound:
            return "/deployments"
    return f"/deployments/deployment/{found.id}/run"


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
