"""The last tasks of a tournament: the final snapshot, its verification, its report."""

import json
from collections.abc import Sequence
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks import artifacts, progress
from tasks.adapters import failpoints, files, plots
from tasks.adapters.chain.connection import Chain
from tasks.adapters.settings import Settings
from tasks.core.money.units import RoundId
from tasks.stages import dataset, reporting, snapshots
from tasks.stages.open_home import OpenHome
from tasks.stages.requests import Request
from tasks.verification import home as verification


@task(
    name="publish snapshot",
    task_run_name="publish the last snapshot",
    timeout_seconds=1800,
    cache_policy=NO_CACHE,
)
def publish_last_snapshot(home: OpenHome, rounds: Sequence[RoundId]) -> None:
    """Publish the data as of the end, with the meta-model of every resolved round."""
    snapshots.publish_last(home, rounds)
    failpoints.reach("snapshot")


@task(name="verify", task_run_name="verify", timeout_seconds=3600, cache_policy=NO_CACHE)
def verify(home: OpenHome, values: Settings) -> bool:
    """Recompute everything from lake and chain, over a connection of its own."""
    chain = Chain.connect(home.chain.rpc.url, home.chain.deployment, *values.connection)
    checks = verification.verify(
        home.lake, chain, progress=lambda done, total: progress.report("verify", done, total)
    )
    holds = not any(check.fails for check in checks)
    artifacts.verification([check.line() for check in checks], holds)
    failpoints.reach("verify")
    return holds


@task(name="report", task_run_name="report", timeout_seconds=600, cache_policy=NO_CACHE)
def report(home: OpenHome, rounds: Sequence[RoundId], verified: bool) -> dict[str, Any]:
    """Leave the report in the UI and in the home, whole and last."""
    document = reporting.build(home.lake, home.chain, rounds)
    document["verified"] = verified
    document["data"] = reporting.data(dataset.newest(home.vault))
    document["opening"] = home.mode.opening
    document["source"] = reporting.source(Request(**home.installation.facts.arguments))
    artifacts.report(document, plots.cumulative_corr(*reporting.curves(document)))
    content = json.dumps(document, indent=2, sort_keys=True).encode() + b"\n"
    files.replace_file(home.installation.report, content)
    failpoints.reach("report")
    return document
