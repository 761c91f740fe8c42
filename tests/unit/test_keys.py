import copy
import json
import pickle
import secrets
from dataclasses import replace

import pytest
from eth_account import Account
from eth_keyfile import keyfile
from eth_keyfile.keyfile import create_keyfile_json
from eth_keys.backends import get_backend
from eth_keys.backends.coincurve import CoinCurveECCBackend
from pydantic import SecretStr

from tasks.adapters import keys
from tasks.adapters.keys import Keystore
from tasks.core.errors import InputError, KeystoreError, SubmissionError
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


@pytest.mark.parametrize("meanwhile", ["create_keyfile_json", "secrets"])
def test_signer__another_makes_the_same_live_key_meanwhile__both_have_the_one_that_stays(
    tmp_path, monkeypatch, meanwhile
):
    others: list[str] = []

    def faster(make):
        """Let another process come between, once, before something is made."""
        first = iter([True])

        def made(*arguments, **options):
            if next(first, False):
                others.append(live(tmp_path).signer("owner").address)
            return make(*arguments, **options)

        return made

    with monkeypatch.context() as patched:
        if meanwhile == "secrets":
            patched.setattr(secrets, "token_hex", faster(secrets.token_hex))
        else:
            patched.setattr(keyfile, meanwhile, faster(create_keyfile_json))
        mine = live(tmp_path).signer("owner").address

    assert others == [mine]
    assert live(tmp_path).signer("owner").address == mine


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

    with pytest.raises(KeystoreError, match="another seed"):
        replay(tmp_path, seed=2).signer("operator")


def test_keystore__wrong_passphrase__does_not_open(tmp_path):
    replay(tmp_path).signer("operator")
    (tmp_path / "passphrase").write_text("guess")

    with pytest.raises(
        KeystoreError, match="does not open: the passphrase is not the one"
    ) as caught:
        replay(tmp_path).signer("operator")

    assert "\n" not in str(caught.value)
    assert "guess" not in str(caught.value)


@pytest.mark.parametrize("name", ["passphrase", "operator.json"])
def test_keystore__file_that_others_can_read__is_refused(tmp_path, name):
    replay(tmp_path).signer("operator")
    (tmp_path / name).chmod(0o644)

    with pytest.raises(KeystoreError, match=f"{name} can be read by others: chmod 600 it"):
        replay(tmp_path).signer("operator")


# A new passphrase would open none of the keys, and hide that the old one is gone.
def test_keystore__passphrase_lost__is_an_error_and_no_new_one(tmp_path):
    replay(tmp_path).signer("operator")
    (tmp_path / "passphrase").unlink()

    with pytest.raises(KeystoreError, match=r"passphrase is missing.*restore it"):
        replay(tmp_path).signer("operator")

    assert not (tmp_path / "passphrase").exists()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"7", b"\xff", b'{"version": 3}', b'{"version": 9, "crypto": {}}']
)
def test_keystore__damaged_file__is_one_line(tmp_path, content):
    replay(tmp_path).signer("operator")
    (tmp_path / "operator.json").write_bytes(content)

    with pytest.raises(KeystoreError, match="does not open: it is damaged") as caught:
        replay(tmp_path).signer("operator")

    assert "\n" not in str(caught.value)


def test_keystore__live_home__is_scrypt_and_opens_by_file_or_secret(tmp_path):
    file, folder = tmp_path / "phrase", tmp_path / "keys"
    file.touch(mode=0o600)
    file.write_text("correct horse\n")
    made = Keystore(folder=folder, kind="live", passphrase=file).signer("operator")
    secret = Keystore(folder=folder, kind="live", passphrase=SecretStr("correct horse"))

    assert secret.signer("operator").address == made.address
    content = json.loads((folder / "operator.json").read_bytes())
    assert content["crypto"]["kdf"] == "scrypt"
    assert content["crypto"]["kdfparams"]["n"] >= 2**17
    assert not (folder / "passphrase").exists()


def test_keystore__wrong_secret__does_not_open_and_shows_none(tmp_path):
    replay(tmp_path).signer("operator")
    wrong = replace(replay(tmp_path), passphrase=SecretStr("battery staple"))

    with pytest.raises(KeystoreError, match="the passphrase is not the one") as caught:
        wrong.signer("operator")

    assert "staple" not in f"{wrong!r} {caught.value}"


def test_keystore__passphrase_file_missing_open_or_empty__is_one_line(tmp_path):
    file = tmp_path / "phrase"
    store = Keystore(folder=tmp_path / "keys", kind="live", passphrase=file)
    reasons = []
    for prepare in (lambda: None, lambda: file.write_text("a"), lambda: file.write_text("\n")):
        prepare()
        with pytest.raises(KeystoreError) as caught:
            store.signer("operator")
        reasons.append(str(caught.value))
        if file.exists():
            file.chmod(0o600)

    assert reasons == [
        f"the passphrase {file} cannot be read: No such file or directory",
        f"{file} can be read by others: chmod 600 it",
        f"{file} is empty: write the passphrase into it",
    ]
    assert not (tmp_path / "keys").exists()


def test_keystore__empty_secret__is_refused(tmp_path):
    with pytest.raises(KeystoreError, match="is empty"):
        Keystore(folder=tmp_path, kind="live", passphrase=SecretStr("")).signer("operator")


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
