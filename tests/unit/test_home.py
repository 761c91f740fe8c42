import json

import pytest

from tasks.adapters import home as homes
from tasks.adapters.home import Home
from tasks.core.errors import HomeError, InputError

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
