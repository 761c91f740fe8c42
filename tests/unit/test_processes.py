import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tasks.adapters import launch, processes, settings
from tasks.core.errors import ProcessError

ENV = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd())}
SLEEPER = [sys.executable, "-c", "print('up', flush=True); import time; time.sleep(600)"]


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "the state did not come"
        time.sleep(0.01)


def gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def start(run, name, program, **options):
    process = processes.start(run, name, [sys.executable, "-c", program], ENV, **options)
    wait_for(lambda: "up" in process.log.read_text())
    return process


def test_start__then_stop__leaves_a_log_and_no_process(tmp_path):
    process = processes.start(tmp_path, "sleeper", SLEEPER, ENV)
    wait_for(lambda: process.log.read_text() == "up\n")

    assert os.getsid(process.pid) == process.pid
    assert processes.running(tmp_path, "sleeper").pid == process.pid
    process.stop()

    assert not psutil.pid_exists(process.pid)
    assert processes.running(tmp_path, "sleeper") is None


def test_start__name_that_runs__is_refused(tmp_path):
    process = processes.start(tmp_path, "sleeper", SLEEPER, ENV)

    with pytest.raises(ProcessError, match="sleeper runs already"):
        processes.start(tmp_path, "sleeper", SLEEPER, ENV)
    process.stop()


def test_start__missing_program__says_which(tmp_path):
    with pytest.raises(ProcessError, match="no-such-program is missing"):
        processes.start(tmp_path, "x", ["no-such-program"], ENV)


def test_start__parent_that_ignores_ctrl_c__child_does_not(tmp_path):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = start(tmp_path, "x", "print('up', flush=True); import time; time.sleep(600)")
    finally:
        signal.signal(signal.SIGINT, before)

    os.kill(process.pid, signal.SIGINT)

    wait_for(lambda: not process.is_alive())
    assert process.last_words() == "KeyboardInterrupt"


def test_stop__process_that_ignores_term__is_killed(tmp_path):
    process = start(
        tmp_path,
        "stubborn",
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('up', flush=True); time.sleep(600)",
    )

    process.stop(grace_s=0.1)

    assert not psutil.pid_exists(process.pid)


def test_stop__child_left_in_another_session__is_killed_too(tmp_path):
    process = start(
        tmp_path,
        "parent",
        "import subprocess, sys, time\n"
        "argv = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
        "print(subprocess.Popen(argv, start_new_session=True).pid, 'up', flush=True)\n"
        "time.sleep(600)",
    )
    child = int(process.log.read_text().split()[0])

    process.stop()

    wait_for(lambda: gone(child))


def test_reap__parent_killed__stops_what_it_left(tmp_path):
    program = (
        "import os, sys; from pathlib import Path; from tasks.adapters import processes\n"
        f"processes.start(Path(sys.argv[1]), 'orphan', {SLEEPER!r}, dict(os.environ))\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    orphan = processes.running(tmp_path, "orphan")

    assert processes.reap(tmp_path) == ["orphan"]

    wait_for(lambda: gone(orphan.pid))
    assert not list(tmp_path.glob("*.pid"))


def test_reap__pid_used_by_a_stranger__leaves_it_alone(tmp_path):
    stranger = subprocess.Popen(["sleep", "600"])
    entry = {"pid": stranger.pid, "started": psutil.Process(stranger.pid).create_time() - 60}
    (tmp_path / "chain.pid").write_text(json.dumps(entry))

    processes.reap(tmp_path)

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_start__tied_child__dies_with_its_parent(tmp_path):
    program = (
        "import os, sys; from pathlib import Path; from tasks.adapters import processes\n"
        f"processes.start(Path(sys.argv[1]), 'tied', {SLEEPER!r}, dict(os.environ), tied=True)\n"
        "os.kill(os.getpid(), 9)"
    )

    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)

    wait_for(lambda: processes.running(tmp_path, "tied") is None)


def test_launcher__parent_dies_before_the_pid_file__starts_nothing(tmp_path):
    touched = tmp_path / "touched"
    argv = [sys.executable, "-I", "-S", launch.__file__, "-", "/bin/touch", str(touched)]

    launcher = subprocess.run(argv, input=b"", capture_output=True, check=False)

    assert launcher.returncode != 0
    assert not touched.exists()


def test_require_port__busy__is_an_error_and_free_is_not():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]

        with pytest.raises(ProcessError, match=f"port {port} for the chain is taken"):
            processes.require_port(port, "the chain")

    assert processes.require_port(processes.free_port(), "the chain") > 0


def test_child_environment__secrets_in_the_shell__are_not_handed_on(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("ERARIUM_WORKERS", "1")

    environment = settings.child_environment(settings.Settings(), tmp_path, "http://x/api")

    assert "secret" not in environment.values()
    assert environment["ERARIUM_WORKERS"] == "1"
    assert environment["PREFECT_API_URL"] == environment["PREFECT_SERVER_UI_API_URL"]
    assert environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
