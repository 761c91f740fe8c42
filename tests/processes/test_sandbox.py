"""Children that read strangers' files: whatever happens to one, the parent and the others go on."""

import os
import signal
import socket
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from tasks.adapters import sandbox
from tasks.adapters.intake import child, frames, reader
from tasks.adapters.intake.frames import Limits
from tasks.core.errors import InputError, ProcessError, SubmissionError
from tests import hostile_reader
from tests import submission_files as files

IDS = files.live_ids()
VALUES = files.predictions()
EXPECTED = VALUES[np.argsort(IDS)]


@pytest.fixture(scope="module")
def pool():
    with sandbox.pool(IDS, workers=2) as opened:
        yield opened


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.parquet"
    path.write_bytes(files.parquet_bytes(files.table(IDS, VALUES)))
    return path


@pytest.fixture
def captured(monkeypatch):
    """Have children that do what a file says."""
    monkeypatch.setattr(child, "READER", "tests.hostile_reader")


def words(tmp_path, *chosen):
    """Write files that tell a captured child what to do."""
    paths = [tmp_path / f"{place}-{word}" for place, word in enumerate(chosen)]
    for path, word in zip(paths, chosen, strict=True):
        path.write_text(f"id,prediction\n{word}\n")
    return paths


def pids(pool):
    return [slot.child.process.pid for slot in pool._crew.slots]


def equal(outcomes, places, expected):
    return [np.array_equal(outcomes[place][1], expected) for place in places] == [True] * len(
        places
    )


def reasons(outcomes):
    return [str(found) if isinstance(found, SubmissionError) else "" for _, found in outcomes]


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "the state did not come"
        time.sleep(0.01)


def test_read__parquet_and_csv__give_the_same_values(pool, good, tmp_path):
    table = tmp_path / "good.csv"
    table.write_bytes(files.csv_bytes(IDS, VALUES))

    assert pool.read(good).tobytes() == EXPECTED.tobytes()
    assert pool.read(table).tobytes() == EXPECTED.tobytes()


def test_read_many__good_and_bad__come_in_the_order_of_the_paths(pool, good, tmp_path):
    short = tmp_path / "short.csv"
    short.write_bytes(files.csv_bytes(IDS[1:], VALUES[1:]))
    paths = [good, short, tmp_path / "none", good, tmp_path, short] * 60

    outcomes = list(pool.read_many(iter(paths)))

    expected = ["", "1 live ids", "the file cannot be", "", "the file is not a plain", "1 live ids"]
    assert [path for path, _ in outcomes] == paths
    found = reasons(outcomes)
    assert all(reason.startswith(start) for reason, start in zip(found, expected * 60, strict=True))
    assert equal(outcomes, range(0, 360, 6), EXPECTED)


def test_read_many__no_files__yield_nothing(pool):
    assert list(pool.read_many([])) == []


def test_read_many__given_up_half_way__the_next_list_starts_afresh(pool, good, tmp_path):
    half = pool.read_many([good] * 20)
    next(half)
    with pytest.raises(ProcessError, match="reading already"):
        pool.read(good)

    half.close()

    assert pool.read(good).tobytes() == EXPECTED.tobytes()
    with pytest.raises(SubmissionError, match="cannot be read"):
        pool.read(tmp_path / "none")


def test_read__file_that_unpacks_to_very_much__costs_its_child_alone(tmp_path):
    many = files.live_ids(6_000)
    bomb, fine = tmp_path / "bomb", tmp_path / "fine"
    bomb.write_bytes(files.memory_bomb(many, 3 * 10**9))
    fine.write_bytes(files.parquet_bytes(files.table(many, files.predictions(6_000))))

    with sandbox.pool(many) as pool:
        outcomes = list(pool.read_many([fine, bomb, fine, fine]))

    assert bomb.stat().st_size < 100_000
    assert [reason[:44] for reason in reasons(outcomes)] == [
        "",
        "the file takes more than 512 MiB of memory: ",
        "",
        "",
    ]


def test_child__its_limits__are_what_the_system_enforces(pool, good):
    pool.read(good)

    limits = psutil.Process(pids(pool)[0])

    assert limits.rlimit(psutil.RLIMIT_AS) == (512 * 2**20,) * 2
    assert limits.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
    assert limits.rlimit(psutil.RLIMIT_CORE) == (0, 0)
    assert limits.rlimit(psutil.RLIMIT_NPROC) == (0, 0)
    assert limits.rlimit(psutil.RLIMIT_NOFILE) == (32, 32)
    assert limits.memory_info().rss < 256 * 2**20
    assert os.getsid(pids(pool)[0]) == pids(pool)[0]


def test_child__secrets_of_the_shell__are_not_in_its_environment(monkeypatch, good):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    with sandbox.pool(IDS) as pool:
        pool.read(good)
        environment = psutil.Process(pids(pool)[0]).environ()

    assert set(environment) == set(child._ENVIRONMENT)


def test_pool__killed_from_outside_between_files__goes_on(pool, good):
    pool.read(good)
    for pid in pids(pool):
        os.kill(pid, signal.SIGKILL)

    outcomes = list(pool.read_many([good] * 10))

    assert reasons(outcomes) == [""] * 10


def test_pool__child_that_hangs__is_replaced_after_the_time_limit(good):
    with sandbox.pool(IDS, limits=Limits(seconds=0.3)) as pool:
        pool.read(good)
        [before] = pids(pool)
        os.kill(before, signal.SIGSTOP)

        outcomes = list(pool.read_many([good, good]))

        assert reasons(outcomes)[0].startswith("reading the file takes longer than 0.3 s: write")
        assert equal(outcomes, [1], EXPECTED)
        assert pids(pool) != [before]


def test_read_many__reader_of_the_results_is_slow__costs_no_file_its_time(tmp_path):
    # So many that an answer does not fit into the channel and waits for the reader.
    many = files.live_ids(60_000)
    path = tmp_path / "many"
    path.write_bytes(files.parquet_bytes(files.table(many, files.predictions(60_000))))

    with sandbox.pool(many, limits=Limits(seconds=0.8)) as pool:
        outcomes = []
        for outcome in pool.read_many([path] * 3):
            outcomes.append(outcome)
            time.sleep(1.0)

    assert reasons(outcomes) == [""] * 3


def test_pool__its_end__leaves_no_child_and_no_descriptor(good):
    before = psutil.Process().num_fds()

    with sandbox.pool(IDS, workers=2) as pool:
        list(pool.read_many([good] * 5))
        half = pool.read_many([good] * 5)
        next(half)
        half.close()
        children = pids(pool)

    assert not any(psutil.pid_exists(pid) for pid in children)
    assert psutil.Process().num_fds() == before


def test_child__parent_that_is_gone__ends_by_itself(pool, good):
    pool.read(good)
    with sandbox.pool(IDS) as other:
        other.read(good)
        slot = other._crew.slots[0]

        slot.child.channel.shutdown(socket.SHUT_RDWR)

        wait_for(lambda: slot.child.process.poll() is not None)
        assert slot.child.process.returncode == 0


# ---- a child that a file has taken over


def test_captured_child__dies_on_a_file__is_tried_twice_and_replaced(captured, tmp_path):
    paths = words(tmp_path, "fine", "die", "fine", "leave", "fine")

    with sandbox.pool(IDS) as pool:
        outcomes = list(pool.read_many(paths))

    found = reasons(outcomes)
    assert found[1].startswith("the file ended the process that read it (code -11): write it anew")
    assert found[3].startswith("the file ended the process that read it (code 1): w")
    assert all(reason.isprintable() for reason in found)
    assert equal(outcomes, [0, 2, 4], hostile_reader.HONEST)


@pytest.mark.parametrize("word", ["hang", "trickle"])
def test_captured_child__takes_its_time__loses_it_after_the_limit(captured, tmp_path, word):
    paths = words(tmp_path, word, "fine")

    with sandbox.pool(IDS, limits=Limits(seconds=0.3)) as pool:
        outcomes = list(pool.read_many(paths))

    assert "takes longer than 0.3 s" in reasons(outcomes)[0]
    assert reasons(outcomes)[1] == ""


@pytest.mark.parametrize("word", sorted(hostile_reader._LIES))
def test_captured_child__lies__are_never_believed(captured, tmp_path, word):
    paths = words(tmp_path, word, "fine")

    with sandbox.pool(IDS) as pool:
        outcomes = list(pool.read_many(paths))

    assert reasons(outcomes)[0].startswith("the file ended the process that read it")
    assert reasons(outcomes)[1] == ""


def test_captured_child__answers_for_the_next_file_too__cannot_do_it_when_there_is_none(
    captured, tmp_path
):
    paths = words(tmp_path, "twice", "fine")

    with sandbox.pool(IDS) as pool:
        first = pool.read(paths[0])
        second = pool.read(paths[1])

    assert first.tobytes() == second.tobytes() == hostile_reader.HONEST.tobytes()


def test_captured_child__memory_used_up__is_replaced_and_the_next_file_read(captured, tmp_path):
    with sandbox.pool(IDS) as pool:
        outcomes = list(pool.read_many(words(tmp_path, "eat", "fine", "eat", "fine")))

    assert ["512 MiB" in reason for reason in reasons(outcomes)] == [True, False, True, False]


def test_captured_child__talks_on_after_its_end__is_heard_no_more(captured, tmp_path):
    with sandbox.pool(IDS) as pool:
        outcomes = list(pool.read_many(words(tmp_path, "babble", "fine", "babble", "fine")))

    assert ["512 MiB" in reason for reason in reasons(outcomes)] == [True, False, True, False]
    assert equal(outcomes, [1, 3], hostile_reader.HONEST)


@pytest.mark.parametrize("change", [-1, 1])
def test_reader__file_that_changed_after_its_size_was_taken__is_refused(good, change):
    size = good.stat().st_size

    with pytest.raises(SubmissionError, match="changed while it was read"):
        reader._content(os.open(good, os.O_RDONLY), size + change)

    assert len(reader._content(os.open(good, os.O_RDONLY), size)) == size


def test_pool__child_that_cannot_start__says_why(monkeypatch, good):
    monkeypatch.setattr(child, "READER", "tests.no_such_module")

    with (
        pytest.raises(ProcessError, match=r"did not start: code 1: .*No module named"),
        sandbox.pool(IDS) as pool,
    ):
        pool.read(good)


@pytest.mark.parametrize(("ids", "workers"), [([], 1), (["a", "a"], 1), (["a"], 0)])
def test_pool__no_ids_or_no_workers__is_refused(ids, workers):
    with pytest.raises(InputError), sandbox.pool(ids, workers):
        pass


def test_frames__answers_in_pieces__come_out_whole():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        inbox = frames.Inbox(16)
        theirs.sendall(frames.ANSWER.pack(frames.MARK, frames.VALUES, 16) + bytes(10))
        assert inbox.receive(ours) == []

        theirs.sendall(bytes(6) + frames.ANSWER.pack(frames.MARK, frames.READY, 0))

        kinds = [answer.kind for answer in inbox.receive(ours)]
        assert kinds == [frames.VALUES, frames.READY]


def test_reader__project_folder__is_found_from_where_the_module_lies():
    assert (Path(child._PROJECT) / "pyproject.toml").is_file()
