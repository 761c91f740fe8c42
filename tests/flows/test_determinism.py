"""The same seed gives the same tournament: on any workers, any BLAS kernel, and done twice."""

import json
import os
import subprocess
import sys

import pytest

from tasks.adapters import cluster
from tasks.adapters.cluster import DaskExecutor
from tasks.adapters.lake import Lake
from tasks.stages.requests import Request
from tests import tournaments
from tests.flows import elsewhere, homes
from tests.tournaments import SMALL

_KERNELS = ("SANDYBRIDGE", "NEHALEM")
_LARGER = Request(rounds=8, modellers=9, simulated_ids=200, simulated_days=800)


def play_on(workers, root, request=SMALL):
    """Play on Dask workers in a home of its own; return the report and both stores' digests."""
    with cluster.local_cluster(workers, root / "workers") as client:
        executor = DaskExecutor(client)
        with tournaments.founded(root / "home", request, executor) as tournament:
            tournament.play()
            report = homes.finish(tournament)
    opened = tournament.opened
    return report, homes.digests(opened.lake), homes.digests(opened.vault)


def test_play__same_seed_on_two_workers__gives_the_same_bytes_as_on_none(played, tmp_path):
    report, lake, vault = play_on(2, tmp_path)

    opened = played.tournament.opened
    assert lake == homes.digests(opened.lake)
    assert vault == homes.digests(opened.vault)
    assert report == played.report


def test_play__other_blas_kernel__gives_the_same_integers_and_roots(played, tmp_path):
    mine = elsewhere.blas_kernel()
    if not mine:
        pytest.skip("numpy's BLAS is not OpenBLAS, whose kernel can be chosen")
    other = next(name for name in _KERNELS if name != mine.upper())
    argv = [sys.executable, "-m", "tests.flows.elsewhere", str(tmp_path / "home")]

    done = subprocess.run(
        argv,
        env=os.environ | {"OPENBLAS_CORETYPE": other},
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )

    found = json.loads(done.stdout)
    if found["kernel"].upper() != other:
        pytest.skip(f"this processor has no kernel {other}: OpenBLAS took {found['kernel']}")
    assert found["report"]["rounds"] == played.report["rounds"]
    assert found["report"]["balances"] == played.report["balances"]
    for round_id in played.rounds:
        for name in ("book", "scores", "table"):
            document = f"rounds/{round_id}/{name}"
            published = played.tournament.opened.lake.document(document)
            assert Lake(tmp_path / "home" / "lake").document(document) == published


@pytest.mark.chaos
def test_play__larger_on_one_two_or_three_workers__gives_the_same_bytes(tmp_path):
    first, *others = (play_on(count, tmp_path / str(count), _LARGER) for count in (1, 2, 3))

    assert others == [first, first]
