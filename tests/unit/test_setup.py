"""The set-up: refusals in one line, no work done twice, repairs, and what the locks hold."""

import ast
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deployment import setup
from deployment.provision import foundry
from deployment.provision.main import main
from deployment.provision.place import Place, Refusal, SetupError

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-node.lock"]
PIN = re.compile(r"^([a-z0-9.-]+)==([^\s;]+)", re.MULTILINE)
PROGRAMS = [foundry.ANVIL, foundry.FORGE]
GIGABYTE = 10**9


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A repository with the set-up's inputs alone, on a machine that has all it needs."""
    for name in ("pyproject.toml", *LOCKS):
        (tmp_path / name).write_text(f"{name}\n")
    for program in PROGRAMS:
        folder = tmp_path / program.folder / "linux-amd64"
        folder.mkdir(parents=True)
        shutil.copy(ROOT / program.folder / "linux-amd64" / "package.json", folder)
        (folder / "package-lock.json").write_text("{}")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(foundry, "_npm_major", lambda npm: foundry.OLDEST_NPM)
    return Place(tmp_path)


@pytest.fixture
def commands(place, monkeypatch):
    """Play the programs that a set-up runs, and list them by their telling word."""
    ran = []

    def run(self, command, *, folder=None):
        words = [str(word) for word in command]
        ran.append(next(word for word in reversed(words) if not word.startswith("/")))
        if "venv" in words:
            fake_environment(self)
        if "ci" in words:
            name = "forge" if folder.parent.name == "forge" else "anvil"
            fake_program(folder / f"node_modules/@foundry-rs/{name}-linux-amd64/bin/{name}")

    monkeypatch.setattr(Place, "run", run)
    return ran


def fake_environment(place):
    place.python.parent.mkdir(parents=True)
    place.python.touch()
    (place.venv / "pyvenv.cfg").write_text(
        f"version = 3.11.7\ncommand = python3.11 -m venv {place.venv}\n"
    )


def fake_program(path, version="1.7.1"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {path.name} Version: {version}\n")
    path.chmod(0o755)


def refusal(capsys):
    """The single line that was printed to stderr."""
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_setup__wrong_python__is_refused_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(setup, "WANTED", (3, 99))
    monkeypatch.setenv("PATH", "")

    status = setup.main([])

    assert status == 2
    assert "Erarium needs Python 3.11 and this is" in refusal(capsys)


def test_setup__entry_file__parses_under_python_3_6():
    source = (ROOT / "deployment" / "setup.py").read_text()

    ast.parse(source, feature_version=(3, 6))


def test_setup__too_little_disk__is_refused_in_one_line(place, commands, monkeypatch, capsys):
    usage = shutil.disk_usage(place.root)._replace(free=GIGABYTE)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)

    status = main([], place)

    assert (status, commands) == (2, [])
    assert re.search(r"needs \d+ MB of free disk in .*, and 1000 MB are", refusal(capsys))


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [("Windows", "AMD64", "windows-amd64"), ("Linux", "riscv64", "linux-riscv64")],
)
def test_setup__unknown_platform__is_refused_in_one_line(
    place, commands, monkeypatch, capsys, system, machine, name
):
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.delenv("ERARIUM_ANVIL", raising=False)
    monkeypatch.setattr(shutil, "which", lambda program: None)

    status = main([], place)

    assert (status, commands) == (2, [])
    assert f"unknown platform {name}" in refusal(capsys)


@pytest.mark.parametrize(("version", "status"), [("1.7.1", 0), ("1.6.0", 2)])
def test_setup__unpinned_platform__takes_the_users_anvil_of_the_pinned_version(
    place, commands, monkeypatch, tmp_path, version, status
):
    fake_program(tmp_path / "anvil", version)
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.setenv("ERARIUM_ANVIL", str(tmp_path / "anvil"))

    assert main([], place) == status


def test_setup__second_call__does_nothing(place, commands):
    assert main(["--check"], place) == 1

    assert main([], place) == 0
    assert len(commands) == 4
    assert foundry.ANVIL.binary(place).resolve().is_file()

    assert main([], place) == main(["--check"], place) == 0
    assert len(commands) == 4


@pytest.mark.parametrize(
    ("changed", "again"),
    [
        ("requirements.lock", "requirements.lock"),
        ("pyproject.toml", "."),
        ("deployment/node/linux-amd64/package-lock.json", "--no-fund"),
    ],
)
def test_setup__one_input_changed__does_its_step_alone(place, commands, changed, again):
    main([], place)
    commands.clear()
    (place.root / changed).write_text("changed")

    assert main([], place) == 0

    assert commands == [again]


def test_setup__development__covers_the_runtime(place, commands):
    main(["--dev"], place)
    commands.clear()

    main([], place)

    assert commands == []


def test_setup__development__adds_forge_and_does_nothing_twice(place, commands):
    main([], place)
    assert not foundry.FORGE.binary(place).exists()
    commands.clear()

    assert main(["--dev"], place) == 0

    assert commands == ["requirements-dev.lock", "--no-fund"]
    assert foundry.FORGE.binary(place).resolve().is_file()
    assert main(["--dev", "--check"], place) == main(["--dev"], place) == 0
    assert len(commands) == 2


def test_setup__development_without_a_pinned_forge__goes_on(place, commands):
    (place.root / foundry.FORGE.lock_name()).unlink()

    assert main(["--dev"], place) == 0

    assert commands == ["venv", "requirements-dev.lock", ".", "--no-fund"]


def test_setup__forge_of_another_version__is_a_failed_step(place, commands, monkeypatch, capsys):
    monkeypatch.setattr(foundry, "_answers", lambda path, wanted: path.name != "forge")

    assert main(["--dev"], place) == 1

    assert "forge is not forge 1.7.1, or does not run here" in refusal(capsys)


@pytest.mark.parametrize(
    ("machine", "named", "line"),
    [
        ("x86_64", None, "no forge 1.7.1 in .*: run `make setup`"),
        ("arm64", None, "unknown platform linux-arm64: .* its path in ERARIUM_FORGE"),
        ("x86_64", "1.6.0", "ERARIUM_FORGE names .*, which is not forge 1.7.1"),
    ],
)
def test_find__forge_that_is_not_there__is_one_line(
    place, monkeypatch, tmp_path, machine, named, line
):
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(shutil, "which", lambda program: None)
    monkeypatch.delenv("ERARIUM_FORGE", raising=False)
    if named:
        fake_program(tmp_path / "mine" / "forge", named)
        monkeypatch.setenv("ERARIUM_FORGE", str(tmp_path / "mine" / "forge"))

    with pytest.raises(Refusal, match=line) as caught:
        foundry.find(place, foundry.FORGE)

    assert "\n" not in str(caught.value)


def test_find__forge_in_several_places__takes_the_named_one_then_ours(
    place, commands, monkeypatch, tmp_path
):
    named, on_path = tmp_path / "named" / "forge", tmp_path / "path" / "forge"
    fake_program(named)
    fake_program(on_path)
    monkeypatch.setattr(shutil, "which", lambda program: str(on_path))
    monkeypatch.delenv("ERARIUM_FORGE", raising=False)
    assert foundry.find(place, foundry.FORGE) == on_path

    main(["--dev"], place)
    assert foundry.find(place, foundry.FORGE) == foundry.FORGE.binary(place)

    monkeypatch.setenv("ERARIUM_FORGE", str(named))
    assert foundry.find(place, foundry.FORGE) == named


def test_setup__cut_off_in_the_middle__starts_over(place, commands, monkeypatch):
    main([], place)
    place.unfinished.touch()
    commands.clear()

    assert main([], place) == 0

    assert commands[0] == "venv"
    assert len(commands) == 3  # the node lies elsewhere
    assert not place.unfinished.exists()


def test_setup__folder_that_was_moved__starts_over(place, commands, tmp_path):
    main([], place)
    moved = Place(place.root.rename(tmp_path.with_name("moved")))
    commands.clear()

    assert main([], moved) == 0

    assert commands[0] == "venv"


def test_setup__interrupted__says_so(place, monkeypatch, capsys):
    def interrupt(self, command, *, folder=None):
        raise KeyboardInterrupt

    monkeypatch.setattr(Place, "run", interrupt)

    assert main([], place) == 130
    assert place.unfinished.exists()
    assert "interrupted" in capsys.readouterr().err


def test_run__failing_program__names_the_log(place):
    place.venv.mkdir()

    with pytest.raises(SetupError, match=r"\(no such package\).*setup\.log"):
        place.run([sys.executable, "-c", "raise SystemExit('no such package')"])

    assert "no such package" in place.log.read_text()


def test_lock__held_by_another_set_up__waits_for_it(place, capfd):
    script = "import sys; from pathlib import Path; from deployment.provision.place import Place\n"
    script += "with Place(Path(sys.argv[1])).lock(): print('mine', flush=True)"
    command = [sys.executable, "-c", script, str(place.root)]

    with place.lock():
        other = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        first = other.stdout.readline()
    rest = other.communicate()[0]

    assert "waiting" in first
    assert rest == "mine\n"


@pytest.mark.parametrize("name", LOCKS)
def test_locks__every_entry__has_a_hash_and_no_address(name):
    text = (ROOT / name).read_text()

    entries = re.split(r"\n(?=[a-z0-9])", text.strip())

    assert all(PIN.match(entry) and "--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"://|-index|--find-links|^\s*-", text.replace("    --hash", ""), re.M)


def test_locks__runtime__is_part_of_development():
    runtime, development = (PIN.findall((ROOT / name).read_text()) for name in LOCKS[:2])

    assert set(runtime) < set(development)


def test_locks__build_backend__is_in_both():
    for name in LOCKS[:2]:
        assert {"hatchling", "editables"} <= {
            pin for pin, _ in PIN.findall((ROOT / name).read_text())
        }


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_node_locks__every_package__has_integrity_and_no_address(program):
    for folder in (ROOT / program.folder).glob("*-*"):
        lock = json.loads((folder / "package-lock.json").read_text())

        packages = [package for path, package in lock["packages"].items() if path]

        assert packages
        assert all("integrity" in package and "resolved" not in package for package in packages)
        assert packages[0]["version"] == program.version(Place(ROOT))
        assert ".npmrc" in {path.name for path in folder.iterdir()}


def test_prefect__with_the_locked_fastapi__imports_its_server(tmp_path):
    # `pip check` is content with a fastapi that breaks it.
    command = [sys.executable, "-c", "import prefect.server.api.server"]

    environment = os.environ | {"PREFECT_HOME": str(tmp_path)}

    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert answer.returncode == 0, answer.stderr
