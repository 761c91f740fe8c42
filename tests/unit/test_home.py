import json
from dataclasses import fields

import pytest

from tasks.adapters import home as homes
from tasks.adapters.home import Home
from tasks.client.owning import Owned
from tasks.core.errors import HomeError, InputError
from tasks.hosting import Places
from tasks.stages.requests import LiveRequest, Request

ARGUMENTS = {"rounds": 12, "prices": None}


def make(root, kind="replay", seed=7):
    return Home.create(root, kind, seed, 0x455200000007, ARGUMENTS)


def edit(root, **changes):
    path = root / "home.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | changes))


def test_home__opened_again__says_what_it_was_made_with(tmp_path):
    made = make(tmp_path / "home")
    made.set_chain("0xab", {"token": "0x01"})

    opened = Home.open(tmp_path / "home", "replay", ARGUMENTS)

    assert opened.facts == made.facts
    assert opened.facts.contracts == {"token": "0x01"}


def test_create__folder_with_something_in_it__is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(HomeError, match="choose another --home"):
        make(tmp_path)


def test_create__live_home_with_a_seed__is_refused(tmp_path):
    with pytest.raises(InputError, match="live one has none"):
        make(tmp_path / "home", kind="live")


def test_open__other_kind__is_refused(tmp_path):
    make(tmp_path / "home")

    with pytest.raises(HomeError, match="is a replay home, not a live one"):
        Home.open(tmp_path / "home", "live")


def test_open__other_version__names_both(tmp_path):
    make(tmp_path / "home")
    edit(tmp_path / "home", version=2)

    with pytest.raises(HomeError, match="layout version 2, this program has 1"):
        Home.open(tmp_path / "home")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 1}'])
def test_open__damaged_file__is_refused(tmp_path, content):
    make(tmp_path / "home")
    (tmp_path / "home" / "home.json").write_text(content)

    with pytest.raises(HomeError, match="is damaged"):
        Home.open(tmp_path / "home")


def test_open__no_home__says_so(tmp_path):
    with pytest.raises(HomeError, match="is not a home"):
        Home.open(tmp_path)


def test_open__other_arguments__names_them(tmp_path):
    make(tmp_path / "home")

    with pytest.raises(HomeError, match="rounds 12, now 13"):
        Home.open(tmp_path / "home", "replay", {**ARGUMENTS, "rounds": 13})


def test_set_chain__other_contracts__is_refused(tmp_path):
    home = make(tmp_path / "home")
    home.set_chain("0xab", {"token": "0x01"})
    home.set_chain("0xab", {"token": "0x01"})

    with pytest.raises(HomeError, match="another chain"):
        home.set_chain("0xab", {"token": "0x02"})
    with pytest.raises(HomeError, match="another chain"):
        home.set_chain("0xcd", {"token": "0x01"})


def test_set_aside__twice__keeps_both(tmp_path):
    root = tmp_path / "home"

    make(root, seed=1)
    first = homes.set_aside(root)
    make(root, seed=2)
    second = homes.set_aside(root)

    assert (first, second) == (tmp_path / "home.old-1", tmp_path / "home.old-2")
    assert (Home.open(first).facts.seed, Home.open(second).facts.seed) == (1, 2)
    assert homes.set_aside(root) is None


@pytest.mark.parametrize("name", ["..", "a/b", "", "A"])
def test_client__name_that_leaves_the_home__is_refused(tmp_path, name):
    with pytest.raises(InputError, match="not a modeller's name"):
        make(tmp_path / "home").client(name)


def test_home__folders_of_secrets__are_their_owners_alone(tmp_path):
    home = make(tmp_path / "home")

    for folder in (home.vault, home.keys, home.node, home.root / "clients"):
        assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"contract": {}}, r"home.json: unknown key contract \(is contracts meant\?\): mend"),
        ({"arguments": {"round": 12}}, r"home.json: unknown key round \(is rounds meant\?\)"),
        ({"arguments": {"faucet": True}}, "home.json: unknown key faucet"),
    ],
)
def test_open__misspelt_key__is_named_with_the_nearest(tmp_path, changes, said):
    make(tmp_path / "home")
    edit(tmp_path / "home", **changes)

    with pytest.raises(HomeError, match=said) as caught:
        Home.open(tmp_path / "home")

    assert "\n" not in str(caught.value)


def test_arguments__of_each_kind__are_the_fields_of_its_request():
    assert {each.name for each in fields(Request)} == homes.ARGUMENTS["replay"]
    assert {each.name for each in fields(LiveRequest)} == homes.ARGUMENTS["live"]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"ports": 4200}, r"places.json: unknown key ports \(is port meant\?\): mend or remove it"),
        ([4200], "places.json is damaged"),
    ],
)
def test_places__misspelt_key__is_named(tmp_path, entry, said):
    Places().write(tmp_path)
    (path,) = tmp_path.rglob("places.json")
    path.write_text(json.dumps(entry))

    with pytest.raises(HomeError, match=said):
        Places.read(tmp_path)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"lakes": "x"}, r"model.json: unknown key lakes \(is lake meant\?\): mend or remove it"),
        ({"lake": "x"}, "model.json is damaged"),
    ],
)
def test_model__misspelt_key__is_named(tmp_path, entry, said):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "model.json").write_text(json.dumps(entry))

    with pytest.raises(HomeError, match=said):
        Owned.open(tmp_path, "mine")
