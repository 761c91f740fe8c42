"""The last tasks of a tournament: the final snapshot, its verification, its report."""

import json
from collections.abc import Sequence
from typing import Any

from prefect import task

from tasks import artifacts, progress, resources
from tasks.adapters import failpoints, files, plots
from tasks.adapters.chain.connection import Chain
from tasks.core.money.units import RoundId
from tasks.stages import dataset, reporting, snapshots
from tasks.stages.founding import Request
from tasks.stages.verification import home as verification


@task(name="publish snapshot", task_run_name="publish the last snapshot", timeout_seconds=1800)
def publish_last_snapshot(home: str, rounds: Sequence[RoundId]) -> None:
    """Publish the data as of the end, with the meta-model of every resolved round."""
    snapshots.publish_last(resources.desk_of(home), rounds)
    failpoints.reach("snapshot")


@task(name="verify", task_run_name="verify", timeout_seconds=3600)
def verify(home: str) -> bool:
    """Recompute everything from lake and chain, over a connection of its own."""
    desk = resources.desk_of(home)
    timeout_s = resources.of(home).settings.rpc_timeout_s
    chain = Chain.connect(desk.chain.rpc.url, desk.chain.deployment, timeout_s)
    checks = verification.verify(
        desk.lake, chain, progress=lambda done, total: progress.report("verify", done, total)
    )
    holds = not any(check.fails for check in checks)
    artifacts.verification([check.line() for check in checks], holds)
    failpoints.reach("verify")
    return holds


@task(name="report", task_run_name="report", timeout_seconds=600)
def report(home: str, rounds: Sequence[RoundId], verified: bool) -> dict[str, Any]:
    """Leave the report in the UI and in the home, whole and last."""
    r = resources.of(home)
    desk = resources.desk_of(home)
    document = reporting.build(desk.lake, desk.chain, rounds)
    document["verified"] = verified
    document["data"] = reporting.data(dataset.newest(desk.vault))
    document["opening"] = desk.mode.opening
    document["source"] = reporting.source(Request(**r.home.facts.arguments))
    artifacts.report(document, plots.cumulative_corr(*reporting.curves(document)))
    content = json.dumps(document, indent=2, sort_keys=True).encode() + b"\n"
    files.replace_file(r.home.report, content)
    failpoints.reach("report")
    return document
