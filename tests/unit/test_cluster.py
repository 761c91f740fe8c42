"""Dask workers: the same results in order, clear errors, and no process left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from tasks.adapters import cluster, executors, threads
from tasks.core.errors import ProcessError, SubmissionError
from tasks.core.scoring import meta_model, ranks
from tasks.stages import scoring

SCRIPT = """
import os, sys, time
from pathlib import Path
from tasks.adapters import cluster, executors

def main():
    with cluster.local_cluster(2, Path(sys.argv[1])) as client:
        try:
            print(*client.run(os.getpid).values(), flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            print("still", *client.run(os.getpid).values(), flush=True)
    print("closed", flush=True)

if __name__ == "__main__":
    main()
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with cluster.local_cluster(2, tmp_path_factory.mktemp("run")) as started:
        yield started


@pytest.fixture
def script(tmp_path):
    """A process that holds a cluster; its whole group is gone afterwards."""
    file = tmp_path / "holds_a_cluster.py"
    file.write_text(SCRIPT)
    root = Path(cluster.__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, str(file), str(tmp_path / "run")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def wait_until_gone(pids, timeout_s=20):
    deadline = time.monotonic() + timeout_s
    while any(psutil.pid_exists(pid) for pid in pids):
        if time.monotonic() > deadline:
            pytest.fail(f"still running: {pids}")
        time.sleep(0.05)


def read_pids(process):
    line = process.stdout.readline()
    if not line:
        pytest.fail(process.stderr.read())
    return [int(word) for word in line.split()]


def test_map__on_dask__equals_the_serial_one(client, tmp_path):
    matrix = np.random.default_rng(0).random((1500, 30))
    np.save(tmp_path / "matrix.npy", matrix)
    weights = meta_model.equal_weights(1500)
    targets = np.arange(30) % 5 / 4

    def play(executor):
        blend = scoring.blend_matrix(executor, tmp_path / "matrix.npy", weights, key="blend")
        references = {"meta_model": blend, "benchmark": matrix[0]}
        arguments = (tmp_path / "matrix.npy", targets, references)
        return blend, scoring.score_matrix(executor, *arguments, key="score")

    on_dask, serial = play(cluster.DaskExecutor(client)), play(executors.SerialExecutor())

    assert [array.tobytes() for array in on_dask] == [array.tobytes() for array in serial]


def test_map__same_key_with_other_items__gives_the_new_results(client):
    executor = cluster.DaskExecutor(client)
    executor.map(abs, [-1, -2], key="again")

    assert executor.map(abs, [-3, -4, -5], key="again") == [3, 4, 5]
    assert executor.map(abs, [], key="again") == []


@pytest.mark.parametrize("kind", ["dask", "serial"])
def test_map__progress__reports_each_batch(client, kind):
    seen = []

    def note(*event):
        seen.append(event)

    executor = (
        executors.SerialExecutor(note)
        if kind == "serial"
        else cluster.DaskExecutor(client, progress=note)
    )
    executor.map(abs, [1, 2, 3], key="count")

    assert seen == [("count", 1, 3), ("count", 2, 3), ("count", 3, 3)]


def test_map__function_that_raises__raises_its_own_error(client):
    good = np.ones((1, 3))

    with pytest.raises(SubmissionError, match="row 0 holds a value that is not finite"):
        cluster.DaskExecutor(client).map(ranks.gauss, [good, good * np.nan], key="raises")


def test_map__out_of_time__says_how_far_it_came(client):
    executor = cluster.DaskExecutor(client, timeout_s=1)

    with pytest.raises(ProcessError, match="late: 1 of 2 batches done after 1 s"):
        executor.map(time.sleep, [0, 3], key="late")


def test_local_cluster__workers__use_one_thread(client):
    for environment in client.run(dict_of_environment).values():
        assert environment.items() >= threads.SINGLE_THREAD.items()


def dict_of_environment():
    return dict(os.environ)


def test_local_cluster__no_workers__is_refused(tmp_path):
    with pytest.raises(ProcessError, match="need at least 1"), cluster.local_cluster(0, tmp_path):
        pass


def test_local_cluster__ctrl_c_in_a_terminal__workers_live_until_told(script):
    pids = read_pids(script)

    # What a terminal does: everybody in the foreground group gets it.
    os.killpg(script.pid, signal.SIGINT)
    out, err = script.communicate(timeout=30)

    assert out.split() == ["still", *map(str, pids), "closed"], err
    assert "Traceback" not in err
    wait_until_gone(pids)


def test_local_cluster__parent_killed__takes_its_workers_along(script):
    pids = read_pids(script)

    script.kill()

    script.wait()
    wait_until_gone(pids)
