"""What a round of many submissions costs on two cores: from files, and from a book."""

import time
from contextlib import ExitStack, contextmanager
from threading import Event, Thread

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numerai_tools import submissions as peer
from pyarrow import parquet

from tasks.adapters import cluster, matrices, sandbox
from tasks.core.errors import SubmissionError
from tasks.core.money.units import WAD, RoundId, Wei
from tasks.core.protocol import canonical, derive, scores
from tasks.core.rules import ScoringRule
from tasks.core.scoring import duplicates, meta_model, metrics
from tasks.stages import scoring
from tests import documents
from tests.benchmarks import meter
from tests.benchmarks.meter import Row

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

N_IDS = 6_000
ROUND = RoundId(7)
CLIP = 250_000_000
# Digits alone: what pandas takes for integers, and what an intake must not.
IDS = sorted(f"{number * 7_919 % 10**12:012d}" for number in range(1, N_IDS + 1))


@contextmanager
def peak_memory():
    """Give a list whose one entry ends as the peak of this process and its children, in MiB."""
    import os

    peak, done = [0.0], Event()

    def watch():
        while not done.wait(0.2):
            peak[0] = max(peak[0], meter.together_mib(os.getpid()))

    thread = Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def write_files(folder, count):
    """Write submissions as modellers do: Parquet, their ids in an order of their own."""
    rng = np.random.default_rng(0)
    paths = []
    for number in range(count):
        order = rng.permutation(N_IDS) if number % 2 else np.arange(N_IDS)
        columns = {"id": np.array(IDS)[order], "prediction": rng.random(N_IDS)}
        paths.append(folder / f"{number:05d}.parquet")
        parquet.write_table(pa.table(columns), paths[-1])
    return paths


def write_book(path, count):
    """Write a book's matrix; its rows differ from one another."""
    rng = np.random.default_rng(1)
    with path.open("wb") as file:
        for chunk in matrices.npy_chunks((rng.random(N_IDS) for _ in range(count)), count, N_IDS):
            file.write(chunk)


def settle(executor, path, models):
    """Take a book to its table: duplicates, meta-model and rival, scores, table, root."""
    rng = np.random.default_rng(2)
    targets, benchmark = rng.integers(0, 5, N_IDS) / 4, rng.random(N_IDS)
    weights = meta_model.stake_weights(
        [Wei(WAD * (1 + place % 97)) for place in range(len(models))]
    )
    blend = scoring.blend_matrix(executor, path, weights, key="blend")
    digests = scoring.rank_digests(executor, path, key="ranks")
    precedence = [(place, 0) for place in range(len(models))]
    matrix = matrices.open_matrix(path)
    copies = duplicates.earlier_models(matrix, models, precedence, digests)
    rows = scoring.score_matrix(
        executor, path, targets, {"meta_model": blend, "benchmark": benchmark}, key="score"
    )
    equal = scoring.blend_matrix(executor, path, meta_model.equal_weights(len(models)), key="equal")
    named = scores.blends(metrics.corr(np.stack([blend, equal, benchmark]), targets).tolist())
    book = documents.book(ROUND, [documents.row(model, model) for model in models])
    scored = scores.of_book(book, rows.tolist(), named)
    canonical.canonical_json(scored.to_document())
    table = scores.table(book, scored, ScoringRule(), CLIP)
    canonical.canonical_json(table.to_document())
    assert not copies
    return table.root()


def model_names(count):
    return sorted(derive.derive(0, f"model {place}").hex() for place in range(count))


def test_round_book(bench, tmp_path):
    timed = {}
    for count in (20_000, 100_000):
        path, models = tmp_path / "book.npy", model_names(count)
        write_book(path, count)
        with ExitStack() as stack:
            peak = stack.enter_context(peak_memory())
            client = stack.enter_context(cluster.local_cluster(2, tmp_path / "dask"))
            executor = cluster.DaskExecutor(client)
            settle_small(executor, tmp_path)
            started = time.perf_counter()
            settle(executor, path, models)
            timed[count] = time.perf_counter() - started, peak
        path.unlink()
    few, many = (timed[count][0] / count for count in timed)
    for count, (seconds, peak) in timed.items():
        bar = f"under {60 * count / 100_000:g} s, 2 GiB, 2 cores"
        held = seconds < 60 * count / 100_000 and peak[0] < 2048
        bench.append(
            Row(
                work="round_book" if count == 100_000 else f"round_book of {count:,}",
                ours_s=seconds,
                count=count,
                peak_mib=peak[0],
                bar=f"{bar}; {many / few:.2f}x a submission" if count > 20_000 else bar,
                held=held,
            )
        )


def settle_small(executor, folder):
    """Compile the loops in the workers before the clock runs."""
    write_book(folder / "small.npy", 1_024)
    settle(executor, folder / "small.npy", model_names(1_024))


def accepted(pool, paths):
    """Yield the values of files, none of which may be refused."""
    for path, outcome in pool.read_many(paths):
        assert not isinstance(outcome, SubmissionError), f"{path}: {outcome}"
        yield outcome


def test_round_files(bench, tmp_path):
    count = 5_000
    (tmp_path / "files").mkdir()
    paths, models = write_files(tmp_path / "files", count), model_names(count)
    path = tmp_path / "book.npy"
    with ExitStack() as stack:
        peak = stack.enter_context(peak_memory())
        client = stack.enter_context(cluster.local_cluster(2, tmp_path / "dask"))
        executor = cluster.DaskExecutor(client)
        settle_small(executor, tmp_path)
        started = time.perf_counter()
        with sandbox.pool(IDS, workers=2) as pool, path.open("wb") as file:
            for chunk in matrices.npy_chunks(accepted(pool, paths), count, N_IDS):
                file.write(chunk)
        read = time.perf_counter() - started
        settle(executor, path, models)
        seconds = time.perf_counter() - started
    bench.append(
        Row(
            work="round_files",
            ours_s=seconds,
            count=count,
            peak_mib=peak[0],
            bar=f"under 12 s, 1.5 GiB, 2 cores ({read:.1f} s to read)",
            held=seconds < 12 and peak[0] < 1536,
        )
    )


def test_intake(bench, tmp_path):
    """Read Parquet files one after the other, as the peer does: one thread, one child."""
    count, few = 400, 40
    paths, universe = write_files(tmp_path, count), pd.Series(IDS, name="id")

    numbers = [tmp_path / f"{place:05d}.int.parquet" for place in range(few)]
    for path, number in zip(paths, numbers, strict=False):
        pd.read_parquet(path).astype({"id": "int64"}).to_parquet(number)

    def theirs(files, ids):
        for path in files:
            peer.validate_submission_numerai(ids, pd.read_parquet(path))

    def decode(path):
        with parquet.ParquetFile(pa.BufferReader(path.read_bytes()), pre_buffer=False) as file:
            return file.read(use_threads=False)

    with sandbox.pool(IDS, workers=1) as pool:
        best = meter.interleaved(
            {
                "ours": lambda: [values for _, values in pool.read_many(paths)],
                "bound": lambda: [decode(path) for path in paths],
                "peer_int": lambda: theirs(numbers, universe.astype("int64")),
                "peer_str": lambda: theirs(paths[:few], universe),
            },
            repeats=5,
        )
    peers = {name: best[name] * count / few for name in ("peer_int", "peer_str")}
    bench.append(
        Row(
            work="intake",
            ours_s=best["ours"],
            count=count,
            peer_int_s=peers["peer_int"],
            peer_str_s=peers["peer_str"],
            bound_s=best["bound"],
            bar="50x the peer (int)",
            held=peers["peer_int"] >= 50 * best["ours"],
        )
    )
