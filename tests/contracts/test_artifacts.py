"""What is checked in is what the sources compile to, and what stands on the chain."""

import boa
import pytest

from contracts import loader
from deployment import compile_contracts


@pytest.mark.parametrize("name", loader.SOURCES)
def test_artifact__compiled_again__is_the_same(name):
    compiled = compile_contracts.compile_contract(name)

    artifact = loader.load(name)

    assert compiled["abi"] == artifact.abi
    assert bytes.fromhex(compiled["bytecode"][2:]) == artifact.bytecode
    assert bytes.fromhex(compiled["runtime"][2:]) == artifact.runtime
    assert compiled["compiler"] == artifact.compiler


def test_artifact__changed_source__is_refused(monkeypatch, tmp_path):
    for name in ("token.vy", "artifacts/token.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((loader.FOLDER / name).read_bytes())
    (tmp_path / "token.vy").write_text("# another source\n")
    monkeypatch.setattr(loader, "FOLDER", tmp_path)

    with pytest.raises(ValueError, match="run deployment/compile_contracts"):
        loader.load.__wrapped__("token")


def test_runtime__deployed__is_followed_by_the_immutables_only(game):
    runtime = loader.load("tournament").runtime

    code = boa.env.get_code(game.tournament.address)

    immutables = code[len(runtime) :]
    assert code.startswith(runtime)
    words = {immutables[at : at + 32] for at in range(0, len(immutables), 32)}
    token, owner = (
        bytes.fromhex(address[2:]).rjust(32, b"\0")
        for address in (game.token.address, game.people["owner"])
    )
    assert words == {token, bytes(32), owner, b"s" * 32}


def test_runtime__size__leaves_room_under_the_chains_limit():
    assert len(loader.load("tournament").runtime) < 24_576
