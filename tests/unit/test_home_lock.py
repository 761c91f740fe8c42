import subprocess
import sys

import pytest

from tasks.adapters import locks
from tasks.core.errors import LockedError

HOLDER = """
import sys
from pathlib import Path
from tasks.adapters import locks
with locks.exclusive(Path(sys.argv[1]), "a test"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.communicate()


def test_lock__held_by_another_process__names_it(tmp_path, holder):
    lock = locks.exclusive(tmp_path / "lock", "me", wait_s=0)

    with pytest.raises(LockedError, match=rf"process {holder.pid} \(a test\)"), lock:
        pass

    assert LockedError.exit_code == 3


def test_lock__holder_killed__is_free(tmp_path, holder):
    holder.kill()
    holder.wait()

    with locks.exclusive(tmp_path / "lock", "me", wait_s=5):
        pass


def test_lock__entered_twice_by_one_process__is_left_with_the_outer(tmp_path):
    path = tmp_path / "lock"
    with locks.exclusive(path, "outer"):
        with locks.exclusive(path, "inner", wait_s=0):
            pass
        assert b"outer" in path.read_bytes()
    assert path.read_bytes() == b""
