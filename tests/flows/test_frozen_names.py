"""Names that stored and published bytes hang on are those of frozen.json: a rename breaks homes."""

import ast
import dataclasses
import hashlib
import inspect
import json
from pathlib import Path

import pytest
from eth_abi import abi
from eth_account import Account
from eth_hash.auto import keccak

from tasks import hosting
from tasks.core.protocol import canonical, purposes
from tasks.stages.requests import LiveRequest, Request
from tests import frozen

ROOT = Path(__file__).resolve().parents[2]
OWN_CODE = ("erarium", "tasks", "flows")


def derived(purpose, seed=0):
    """Return what docs/protocol.md says of a seed and a purpose."""
    return keccak(abi.encode(["uint256", "string"], [seed, purpose]))


def document(root, name):
    return json.loads((root / f"{name}.json").read_bytes())


@pytest.fixture(scope="module")
def templates():
    """Give every string of the program's own code; what a formatted one puts in is {}."""
    found = set()
    for package in OWN_CODE:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
                if isinstance(node, ast.JoinedStr):
                    found.add("".join(map(_text, node.values)))
    return found


def _text(part):
    return part.value if isinstance(part, ast.Constant) else "{}"


def test_documents__of_a_played_home__have_the_frozen_fields_and_no_others(played):
    whole = frozen.NAMES["documents of a replay"]

    assert list(frozen.documents(played.stopped)) == whole
    assert frozen.breaches(played.stopped, whole) == []


def test_breaches__field_renamed_or_of_another_kind__are_told(played, tmp_path):
    changed = tmp_path / "lake" / "rounds" / "9" / "table.json"
    changed.parent.mkdir(parents=True)
    table = document(played.stopped, f"lake/rounds/{played.rounds[0]}/table")
    row = {"model": "a", "payoff_nano": 0, "return_nano": "0"}
    changed.write_text(json.dumps(table | {"rows": [row]}))

    assert frozen.breaches(tmp_path, ["lake/rounds/N/table"]) == [
        "lake/rounds/N/table: rows[].payoff_nano is no frozen field",
        "lake/rounds/N/table: rows[].return_nano is ['text'], not integer",
        "lake/rounds/N/table: rows[].profit_nano is missing",
    ]


def test_purposes__of_a_played_home__are_those_frozen(played):
    frozen_ones = frozen.NAMES["purposes of a replay"]
    patterns = {each: frozen.as_pattern(each) for each in frozen_ones}

    used = [
        next((name for name, pattern in patterns.items() if pattern.fullmatch(each)), each)
        for each in frozen.purposes(played.stopped)
    ]

    assert sorted(set(used)) == sorted(frozen_ones)


def test_purposes__each_in_its_one_place__are_the_frozen_words():
    functions = dict(inspect.getmembers(purposes, inspect.isfunction))
    names = {name: value for name, value in vars(purposes).items() if name.isupper()}
    calls = frozen.NAMES["purposes by function"]

    told = {name: functions[name](*map(_given, call["of"])) for name, call in calls.items()}

    assert set(functions) == set(calls)
    assert told == {name: call["is"] for name, call in calls.items()}
    assert names == frozen.NAMES["purposes by name"]


def _given(value):
    """Return an argument; bytes stand as `hex:...` in the data."""
    return bytes.fromhex(value[4:]) if str(value).startswith("hex:") else value


def test_derivations__frozen__stand_in_the_code(templates):
    assert [each for each in frozen.NAMES["derivations"] if each not in templates] == []


def test_derivations__of_a_played_home__give_its_keys_salts_and_ids(played):
    home = document(played.stopped, "home")
    accounts = {
        f"key/operator/{path.stem}": path for path in (played.stopped / "keys").glob("*.json")
    }
    accounts |= {
        f"key/client/{path.parents[1].name}/owner": path
        for path in (played.stopped / "clients").glob("*/keys/owner.json")
    }
    entrants = document(played.stopped, f"lake/rounds/{played.rounds[1]}/book")["entrants"]
    version = document(played.stopped, "lake/versions/v1/version")

    assert {path.stem for path in (played.stopped / "keys").glob("*.json")} == {
        *("arbiter", "deployer", "guardian", "keeper", "operator", "sealing")
    }
    for purpose, path in accounts.items():
        address = Account.from_key(derived(purpose)).address
        assert f"0x{json.loads(path.read_bytes())['address']}" == address
    assert home["chain_id"] == 0x455200000000 + int.from_bytes(derived("chain-id")[-4:])
    assert home["contracts"]["salt"] == derived("deployment-salt").hex()
    assert version["key_sha256"] == hashlib.sha256(derived("data-key")).hexdigest()
    for row in entrants:
        assert row["salt"] == derived(f"salt/{row['name']}/{played.rounds[1]}").hex()


def test_scoring__default_rule__has_the_frozen_digest(played):
    opened = document(played.stopped, f"lake/rounds/{played.rounds[0]}/open")
    digest = canonical.sha256_hex(canonical.canonical_json(opened["scoring"]))

    assert digest == opened["terms"]["scoring"] == frozen.NAMES["scoring digest"]


@pytest.mark.parametrize("stored", [Request, LiveRequest, hosting.Places])
def test_request__that_a_home_stores__has_the_frozen_fields(stored):
    fields = [field.name for field in dataclasses.fields(stored)]

    assert fields == frozen.NAMES[stored.__name__]
