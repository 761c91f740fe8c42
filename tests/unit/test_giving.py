"""The output contract of all commands: JSON alone where it is asked for, and one line an error."""

import inspect
import json
import math
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from flows.cli import giving
from flows.cli.commands import Command
from flows.cli.giving import Output, Session
from tasks.core.errors import ExitCode, TournamentError
from tests import in_process
from tests.in_process import call

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = in_process.commands()

NEEDED = {
    ("abandon",): ("--round", "1"),
    ("cv",): ("live_1", "--estimator", "mine.py:Mine"),
    ("diagnose",): ("--predictions", "none.csv"),
    ("export",): ("--to", "out"),
    ("grant",): ("0x" + "ab" * 20,),
    ("model", "create"): ("mine",),
    ("model", "deposit"): ("1",),
    ("model", "withdraw"): ("1",),
    ("payouts",): ("none.csv",),
    ("play",): ("--prices", "none.csv"),
    ("score",): ("--predictions", "none.csv"),
    ("settle",): ("--all",),
    ("submit",): ("none.csv",),
    ("up",): ("--prices", "none.csv"),
    ("validate",): ("none.csv", "--live", "none.csv"),
}
"""What a command must be told to be understood; a new one without a line here needs nothing."""


@pytest.fixture(params=sorted(COMMANDS), ids=" ".join)
def words(request, tmp_path, monkeypatch):
    """Give what to type for each command where there is no home, no model and no file."""
    monkeypatch.chdir(tmp_path)
    return [*request.param, *NEEDED.get(request.param, ())]


def test_error__json_alone__is_the_one_document_and_one_line(words, monkeypatch, capsys):
    code, printed = call(monkeypatch, capsys, *words, "--json", "-")

    document = json.loads(printed.out)
    assert document == {"error": document["error"], "exit_code": code}
    assert code == ExitCode.REFUSED
    assert printed.err == f"erarium: {document['error']}\n"


def test_error__for_people__leaves_standard_output_empty(words, monkeypatch, capsys):
    code, printed = call(monkeypatch, capsys, *words)

    assert (code, printed.out) == (ExitCode.REFUSED, "")
    assert printed.err.count("\n") == 1


def test_unknown_variable__any_command__is_refused_by_name(words, monkeypatch, capsys):
    monkeypatch.setenv("ERARIUM_WORKER", "2")
    for name in words:
        if name.startswith("none."):
            Path(name).touch()

    code, printed = call(monkeypatch, capsys, *words)

    assert code == ExitCode.REFUSED
    assert "unknown variable ERARIUM_WORKER (is ERARIUM_WORKERS meant?)" in printed.err


@pytest.mark.parametrize("command", COMMANDS.values(), ids=map(" ".join, COMMANDS))
def test_command__each__is_ours_and_says_its_parameters(command):
    parameters = inspect.signature(command.callback).parameters.values()
    names = {param.name for param in command.params}

    assert isinstance(command, Command)
    assert "output" in names
    assert [each.name for each in parameters if each.kind is each.VAR_KEYWORD] in ([], ["own"])
    rules = [*command.idle]
    said = {option for param in command.params for option in param.opts}
    assert {name for rule in rules for name in rule.options + rule.beside + rule.without} <= said


IDLE = [
    ("play --prices p --simulated-ids 300", "--simulated-ids does nothing beside --prices"),
    ("play --prices p --simulated-days 900", "--simulated-days does nothing beside --prices"),
    ("play --sectors p", "--sectors does nothing without --prices"),
    ("up --prices p --seed 1", "--seed does nothing beside --prices"),
    ("up --prices p --simulated-ids 300", "--simulated-ids does nothing beside --prices"),
    ("up --prices p --simulated-days 900", "--simulated-days does nothing beside --prices"),
    ("up --prices p --market-day-s 5", "--market-day-s does nothing beside --prices"),
    ("up --sectors p", "--sectors does nothing without --prices"),
    ("verify --model m --home h", "--home does nothing beside --model"),
    ("verify --model m --predictions p", "--predictions does nothing beside --model"),
    ("verify --model m --rpc u", "--rpc does nothing beside --model"),
    ("verify --models m", "--models does nothing without --model"),
    ("verify --home h --rpc u --tournament t --lake l", "--home does nothing beside --rpc"),
    ("rounds --model m --rpc u --tournament t --lake l", "--model does nothing beside --rpc"),
    ("leaderboard --models m --rpc u --tournament t --lake l", "--models does nothing beside"),
    ("data list --models m --rpc u --tournament t --lake l", "--models does nothing beside"),
    ("data download --model m --lake l", "--model does nothing beside --lake"),
    ("scores --models m --rpc u --tournament t --lake l --model " + "ab" * 32, "--models does"),
    ("submit p --dry-run --wait 3", "--wait does nothing beside --dry-run"),
    ("submit p --dry-run --on-chain", "--on-chain does nothing beside --dry-run"),
    ("cv p --estimator e.py:E --lake l", "--lake does nothing beside a file"),
    ("cv p --estimator e.py:E --home h", "--home does nothing beside a file"),
    ("cv live_1 --estimator e.py:E --home h --lake l", "--home does nothing beside --lake"),
    ("cv live_1 --estimator e.py:E --purge-eras 2", "leave --purge-eras out"),
    ("abandon --round 1 --home h --rpc u", "--rpc does nothing beside --home"),
    ("settle --all --round 1", "say either --round R or --all"),
]


@pytest.mark.parametrize(("line", "message"), IDLE, ids=[line for line, _ in IDLE])
def test_option__that_does_nothing__is_refused_by_name(
    line, message, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    Path("p").touch()
    Path("e.py").write_text("E = dict")

    code, printed = call(monkeypatch, capsys, *line.split())

    assert (code, printed.err.count("\n")) == (ExitCode.REFUSED, 1)
    assert message in printed.err


def test_idle__every_rule_of_every_command__has_a_case_above():
    lines = [line for line, _ in IDLE]

    for name, command in COMMANDS.items():
        mine = [line.split() for line in lines if line.split()[: len(name)] == list(name)]
        assert isinstance(command, Command)
        for rule in command.idle:
            assert any(set(rule.options) & set(line) for line in mine), (name, rule)


def test_option__left_at_its_default__is_not_idle(tmp_path, monkeypatch, capsys):
    # `play` has a default for --simulated-ids, and `submit` one for --wait.
    code, printed = call(
        monkeypatch, capsys, "play", "--prices", tmp_path / "none.csv", "--home", tmp_path / "home"
    )

    assert "does nothing" not in printed.err
    assert (code, "none.csv" in printed.err) == (ExitCode.REFUSED, True)


def give(document, path, code=ExitCode.DONE):
    """Give a document as a command does."""
    with click.Context(click.Command("any"), obj=Session()):
        return Output(path).give(document, lambda: click.echo("for people"), code)


def test_give__number_that_json_lacks__is_null(capsys):
    give({"means": [math.nan, (math.inf, 1.5)], "n": {"x": -math.inf}}, giving.STANDARD_OUTPUT)

    assert json.loads(capsys.readouterr().out) == {"means": [None, [None, 1.5]], "n": {"x": None}}


def test_give__file__has_the_json_and_people_read_on(tmp_path, capsys):
    code = give({"holds": False}, tmp_path / "out.json", ExitCode.FAILED)

    assert code == ExitCode.FAILED
    assert json.loads((tmp_path / "out.json").read_bytes()) == {"holds": False}
    assert capsys.readouterr().out == "for people\n"


def test_give__file_that_cannot_be_written__prints_nothing(tmp_path, capsys):
    with pytest.raises(TournamentError, match="cannot be written"):
        give({}, tmp_path)

    assert capsys.readouterr().out == ""


PROGRAM = """
import os, sys
from flows.cli import main, report
from tasks import stored_homes

def found(root):
    print("a library says hello")
    os.system("echo a child says hello")
    return {"verified": True}

stored_homes.report = found
sys.argv[0] = "erarium"
if sys.argv[-1] == "break":
    stored_homes.report = lambda root: 1 / 0
    sys.argv.pop()
main.main()
"""


def reported(*words):
    argv = [sys.executable, "-c", PROGRAM, "report", "--json", "-", *words]
    return subprocess.run(argv, capture_output=True, text=True, cwd=ROOT, timeout=60)


def test_json_alone__what_others_print__goes_to_standard_error():
    done = reported()

    assert done.returncode == 0
    assert json.loads(done.stdout) == {"verified": True}
    assert done.stderr.splitlines() == ["a library says hello", "a child says hello"]


def test_json_alone__unexpected_error__is_a_document_and_a_traceback():
    done = reported("break")

    assert done.returncode == ExitCode.FAILED
    assert json.loads(done.stdout) == {
        "error": "unexpected ZeroDivisionError: division by zero",
        "exit_code": 1,
    }
    assert "Traceback" in done.stderr


def kinds(error):
    return [error, *(each for below in error.__subclasses__() for each in kinds(below))]


def test_errors__each__takes_its_code_from_the_table():
    assert all(isinstance(each.exit_code, ExitCode) for each in kinds(TournamentError))


def test_exit_codes__documents__list_the_table():
    told = {code.value: code.meaning for code in ExitCode}
    text = (ROOT / "docs" / "commands.md").read_text()
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|$", text, re.MULTILINE)

    assert {int(code): meaning for code, meaning in rows} == told
    assert "docs/commands.md" in (ROOT / "README.md").read_text()


def test_exit_codes__help__lists_the_table(monkeypatch, capsys):
    _, printed = call(monkeypatch, capsys, "--help")

    listed = ", ".join(f"{code.value} {code.meaning}" for code in ExitCode)
    assert f"Exit codes: {listed}." in " ".join(printed.out.split())


def test_sources__beside_the_contract__print_nothing():
    odd = [
        path.name
        for path in (ROOT / "flows" / "cli").glob("*.py")
        if path.name != "giving.py"
        and re.search(r"click\.echo|sys\.stdout\.write", path.read_text())
    ]

    assert odd == []
