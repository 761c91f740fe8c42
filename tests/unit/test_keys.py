import copy
import pickle

import pytest
from eth_account import Account
from eth_keys.backends import get_backend
from eth_keys.backends.coincurve import CoinCurveECCBackend

from tasks.adapters import keys
from tasks.adapters.keys import Keystore
from tasks.core.errors import HomeError, InputError, SubmissionError
from tasks.core.protocol import derive


def replay(folder, seed=0, scope="operator"):
    return Keystore(folder=folder, kind="replay", seed=seed, scope=scope)


def live(folder):
    return Keystore(folder=folder, kind="live")


def test_signer__opened_again__is_the_same_account(tmp_path):
    made = replay(tmp_path).signer("operator")

    opened = replay(tmp_path).signer("operator")

    assert opened.address == made.address
    assert made.address == Account.from_key(derive.derive(0, "key/operator/operator")).address


def test_signer__other_name_scope_or_seed__is_another_account(tmp_path):
    addresses = {
        replay(tmp_path / "a").signer("operator").address,
        replay(tmp_path / "b").signer("keeper").address,
        replay(tmp_path / "c", scope="client/alice").signer("operator").address,
        replay(tmp_path / "d", seed=1).signer("operator").address,
    }

    assert len(addresses) == 4


def test_signer__live_home__is_random_and_stays(tmp_path):
    first = live(tmp_path / "a").signer("operator").address

    assert live(tmp_path / "a").signer("operator").address == first
    assert live(tmp_path / "b").signer("operator").address != first


def test_signer__shown_pickled_or_copied__gives_no_key_away(tmp_path):
    key = derive.derive(0, "key/operator/operator")
    signer = replay(tmp_path).signer("operator")

    shown = f"{signer!r} {signer} {replay(tmp_path)!r}"

    assert key.hex() not in shown
    assert str(int.from_bytes(key)) not in shown
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(signer)
    with pytest.raises(TypeError, match="not pickled"):
        copy.deepcopy(signer)


def test_keystore__files__hold_no_plain_key_and_are_private(tmp_path):
    replay(tmp_path).signer("operator")
    key = derive.derive(0, "key/operator/operator")

    for path in tmp_path.iterdir():
        assert key.hex() not in path.read_text()
        assert path.stat().st_mode & 0o077 == 0


def test_keystore__key_of_another_seed__is_refused(tmp_path):
    replay(tmp_path, seed=1).signer("operator")

    with pytest.raises(HomeError, match="another seed"):
        replay(tmp_path, seed=2).signer("operator")


def test_keystore__wrong_passphrase__does_not_open(tmp_path):
    replay(tmp_path).signer("operator")
    (tmp_path / "passphrase").write_text("guess")

    with pytest.raises(HomeError, match="does not open"):
        replay(tmp_path).signer("operator")


def test_keystore__passphrase_that_others_can_read__is_refused(tmp_path):
    replay(tmp_path).signer("operator")
    (tmp_path / "passphrase").chmod(0o644)

    with pytest.raises(HomeError, match="chmod 600"):
        replay(tmp_path).signer("operator")


def test_seal__right_key__opens(tmp_path):
    key = replay(tmp_path).sealing_key()

    assert keys.unseal(key, keys.seal(key.public, b"predictions")) == b"predictions"


def test_unseal__other_key_or_damage__is_a_submission_error(tmp_path):
    key = replay(tmp_path / "a").sealing_key()
    other = replay(tmp_path / "b", seed=1).sealing_key()
    sealed = keys.seal(key.public, b"predictions")

    for wrong, content in ((other, sealed), (key, sealed[:-1]), (key, b"")):
        with pytest.raises(SubmissionError, match="does not open"):
            keys.unseal(wrong, content)


def test_seal__short_key__is_refused():
    with pytest.raises(InputError, match="32 bytes, not 31"):
        keys.seal(bytes(31), b"")


def test_signing__backend__is_the_fast_one():
    assert isinstance(get_backend(), CoinCurveECCBackend)
