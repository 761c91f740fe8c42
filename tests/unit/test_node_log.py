import errno

import pytest

from tasks.adapters.block_log import BlockLog, Step
from tasks.adapters.snapshots import Snapshot, Snapshots
from tasks.core.errors import ChainError

STEPS = [Step(time=1, raw="0xab"), Step(time=2), Step(time=2, raw="0xcd")]


@pytest.fixture
def path(tmp_path):
    log = BlockLog(tmp_path / "node" / "log")
    log.append(STEPS)
    log.close()
    return tmp_path / "node" / "log"


def read(path):
    log = BlockLog(path)
    log.close()
    return log.steps


def test_log__opened_again__has_every_step(path):
    assert read(path) == STEPS


@pytest.mark.parametrize("lost", range(1, 20))
def test_log__torn_last_line__is_dropped_and_the_next_step_follows(path, lost):
    content = path.read_bytes()
    assert lost < len(content) - content[:-1].rindex(b"\n") - 1
    path.write_bytes(content[:-lost])

    log = BlockLog(path)
    assert log.steps == STEPS[:2]
    log.append([Step(time=9)])
    log.close()

    assert read(path) == [*STEPS[:2], Step(time=9)]


class FullDisk:
    """A log's file on a disk that takes some bytes more."""

    def __init__(self, file, room):
        self.file = file
        self.room = room

    def write(self, content):
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = self.file.write(content[: self.room])
        self.room -= written
        return written

    def __getattr__(self, name):
        return getattr(self.file, name)


def test_log__disk_fills_up_inside_a_line__keeps_whole_lines_and_goes_on_when_there_is_room(
    path, monkeypatch
):
    log = BlockLog(path)
    file = log._file
    monkeypatch.setattr(log, "_file", FullDisk(file, room=7))

    with pytest.raises(ChainError, match=r"log does not grow \(No space left on device\)"):
        log.append([Step(time=8), Step(time=9)])
    monkeypatch.undo()
    log.append([Step(time=9)])
    log.close()

    assert log.steps == read(path) == [*STEPS, Step(time=9)]


def test_log__written_in_parts__is_whole(path, monkeypatch):
    log = BlockLog(path)
    file = log._file

    class Slow(FullDisk):
        def write(self, content):
            return self.file.write(content[:5])

    monkeypatch.setattr(log, "_file", Slow(file, room=0))
    log.append([Step(time=8), Step(time=9)])
    log.close()

    assert read(path) == [*STEPS, Step(time=8), Step(time=9)]


def test_log__last_line_of_wrong_bytes__is_dropped(path):
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)

    assert read(path) == STEPS[:2]


def test_log__damage_before_the_last_line__is_an_error_that_names_the_line(path):
    content = bytearray(path.read_bytes())
    content[12] ^= 1
    path.write_bytes(content)

    with pytest.raises(ChainError, match=r"line 1 of .* is damaged"):
        read(path)


def snapshot(steps):
    return Snapshot(steps=steps, block_hash="0xab", state=f"0x{steps:04x}")


def test_snapshots__many_saved__the_newest_two_are_kept(tmp_path):
    snapshots = Snapshots(tmp_path)

    for steps in (1, 20, 300):
        snapshots.save(snapshot(steps))

    assert [found.steps for found in snapshots.newest_first()] == [300, 20]


def test_snapshots__newest_torn_or_changed__the_one_before_is_given(tmp_path):
    snapshots = Snapshots(tmp_path)
    for steps in (1, 2):
        snapshots.save(snapshot(steps))
    newest = max(tmp_path.glob("snapshot-*.json"))

    newest.write_text(newest.read_text().replace("0x0002", "0x0003"))
    assert list(snapshots.newest_first()) == [snapshot(1)]

    newest.write_bytes(newest.read_bytes()[:50])
    assert list(snapshots.newest_first()) == [snapshot(1)]
