"""The environment: values in bounds are taken and handed on, others are one line."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.adapters import processes, settings, variables
from tasks.adapters.chain import fees
from tasks.adapters.chain.connection import Chain
from tasks.adapters.settings import Settings
from tasks.core.errors import ChainError, InputError
from tasks.core.money.units import Wei
from tests import chains


def test_settings__nothing_said__count_a_receipt_at_once_and_cap_as_before(monkeypatch):
    for name in ("CONFIRMATIONS", "FEE_CAP_GWEI", "RPC_TIMEOUT_S"):
        monkeypatch.delenv(f"ERARIUM_{name}", raising=False)

    assert Settings().connection == (30.0, 0, fees.CAP_WEI)


def test_settings__said__are_a_childs_too(monkeypatch, tmp_path):
    monkeypatch.setenv("ERARIUM_CONFIRMATIONS", "12")
    monkeypatch.setenv("ERARIUM_FEE_CAP_GWEI", "3")
    found = Settings()

    environment = settings.child_environment(found, tmp_path)

    assert found.connection[1:] == (12, 3 * 10**9)
    assert environment["ERARIUM_CONFIRMATIONS"] == "12"
    assert environment["ERARIUM_FEE_CAP_GWEI"] == "3"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONFIRMATIONS", "-1"),
        ("CONFIRMATIONS", "64"),
        ("CONFIRMATIONS", "soon"),
        ("FEE_CAP_GWEI", "0"),
        ("FEE_CAP_GWEI", "0.5"),
        ("RPC_TIMEOUT_S", "0"),
    ],
)
def test_settings__out_of_bounds__are_one_line_that_names_the_variable(monkeypatch, name, value):
    monkeypatch.setenv(f"ERARIUM_{name}", value)

    with pytest.raises(InputError, match=f"ERARIUM_{name} is '{value}': input should be") as caught:
        Settings()

    assert "\n" not in str(caught.value)


def test_connect__cap_below_what_the_chain_asks__sends_nothing(local_chain):
    capped = Chain.connect(local_chain.node.rpc_url, local_chain.deployment, 30.0, 0, 10**9 - 1)
    write = capped.token.transfer(local_chain.signers["bob"].address, Wei(1))
    before = capped.header().number

    with pytest.raises(ChainError, match=r"cap is 1.000: raise the cap \(ERARIUM_FEE_CAP_GWEI\)"):
        capped.send(write, local_chain.signers["deployer"], local_chain.journal, chains.purpose())

    assert capped.header().number == before


ROOT = Path(__file__).resolve().parents[2]
KNOWN = {variable.name: variable for variable in variables.KNOWN}


def sources():
    """Return every text in which a variable may be named."""
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    kinds = {".py", ".md", ".vy", ".yaml", ".toml", ".json", ".sh", ".ipynb", ""}
    return [ROOT / name for name in files if name and Path(name).suffix in kinds]


def test_variables__whatever_the_sources_name__is_on_the_list():
    # What a test misspells on purpose is none of ours.
    ours = Path(__file__), ROOT / "tests" / "unit" / "test_giving.py", ROOT / "CHANGELOG.md"
    named = {
        name
        for path in sources()
        if path not in ours and path.is_file()
        for name in re.findall(r"\bERARIUM_[A-Z_]*[A-Z]", path.read_text(errors="replace"))
    }

    assert named - set(KNOWN) == set()


def test_variables__settings__are_on_the_list_with_their_defaults():
    for name, field in Settings.model_fields.items():
        listed = KNOWN[f"ERARIUM_{name.upper()}"].default
        if name in ("workers", "anvil"):
            assert listed
        elif field.default is None:
            assert listed == ""
        elif isinstance(field.default, Path):
            assert listed == f"./{field.default}"
        else:
            assert type(field.default)(listed) == field.default


def test_variables__docs__have_the_list():
    text = (ROOT / "docs" / "commands.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| `ERARIUM_")]

    assert rows == [
        f"| `{each.name}` | {', '.join(each.readers)} | {each.default} | {each.means} |"
        for each in variables.KNOWN
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ERARIUM_HOMES", r"unknown variable ERARIUM_HOMES \(is ERARIUM_HOME meant\?\)"),
        ("erarium_worker", r"unknown variable erarium_worker \(is ERARIUM_WORKERS meant\?\)"),
        ("ERARIUM_", "unknown variable ERARIUM_ "),
        ("ERARIUM_QQQQQQQQQQQQQQQQQ", "unknown variable ERARIUM_Q+ in the environment: mend or"),
    ],
)
def test_settings__unknown_variable__is_refused_by_name(monkeypatch, name, said):
    monkeypatch.setenv(name, "1")

    with pytest.raises(InputError, match=said) as caught:
        Settings()

    assert "\n" not in str(caught.value)


def test_settings__variables_of_others__are_none_of_ours(monkeypatch):
    monkeypatch.setenv("MY_ERARIUM_HOMES", "1")
    monkeypatch.setenv("ERARIUMS", "1")

    assert Settings().lock_wait_s >= 0


def test_child_environment__with_its_mark__is_known_and_misspelt_ones_stay_behind(
    monkeypatch, tmp_path
):
    found = Settings(passphrase_file=tmp_path / "passphrase")
    monkeypatch.setenv("ERARIUM_HOMES", "1")

    environment = settings.child_environment(found, tmp_path, "http://127.0.0.1:1/api")
    code = "from tasks.adapters.settings import Settings; print(Settings().home)"
    child = processes.start(tmp_path / "run", "child", [sys.executable, "-c", code], environment)
    child.child.wait(timeout=60)

    assert child.log.read_text() == f"{tmp_path}\n"
