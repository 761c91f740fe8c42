"""Keys: encrypted keystores, signers that never show their key, and sealed boxes."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from eth_typing import ChecksumAddress, Hash32
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from pydantic import SecretStr

from tasks.adapters import keyfiles, lake
from tasks.core.errors import InputError, KeystoreError, SubmissionError
from tasks.core.protocol import derive
from tasks.core.protocol.typed_data import Signature

if TYPE_CHECKING:
    from eth_account.datastructures import SignedTransaction
    from eth_account.signers.local import LocalAccount

# A replay's keys guard nothing: they follow from the seed, which the home shows.
_REPLAY_ROUNDS = 16
# A passphrase of 32 random bytes cannot be tried out, so stretching it guards nothing, and every
# flow run opens four keys. What a person thought of gets the library's full cost.
_LIGHT_SCRYPT = 2**12
_KEY_BYTES = 32


class Signer:
    """An account that signs transactions; its key is in no repr, log or pickle."""

    __slots__ = ("_account", "address")

    def __init__(self, key: bytes) -> None:
        """Use a secp256k1 key of 32 bytes."""
        # Whoever only looks at a chain need not wait for it.
        from eth_account import Account

        self._account: LocalAccount = Account.from_key(key)
        self.address: ChecksumAddress = self._account.address

    def sign(self, transaction: Mapping[str, Any]) -> SignedTransaction:
        """Sign a transaction whose every field is given."""
        return self._account.sign_transaction(dict(transaction))

    def sign_digest(self, digest: bytes) -> Signature:
        """Sign a digest of 32 bytes, such as one of `tasks.core.protocol.typed_data`.

        Never one that somebody else chose: it could be the hash of a transaction.
        """
        signed = self._account.unsafe_sign_hash(Hash32(digest))
        return Signature(v=signed.v, r=signed.r.to_bytes(32), s=signed.s.to_bytes(32))

    def __repr__(self) -> str:
        """Return the address alone."""
        return f"Signer({self.address})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Refuse to be pickled: a pickle would carry the key to other processes and disks."""
        raise TypeError("a Signer is not pickled: open its keystore where it is needed")


class SealingKey:
    """An X25519 key that opens what was sealed to its public half."""

    __slots__ = ("private", "public")

    def __init__(self, key: bytes) -> None:
        """Use an X25519 key of 32 bytes."""
        self.private = PrivateKey(key)  # its repr is an object's address
        self.public: bytes = bytes(self.private.public_key)

    def __repr__(self) -> str:
        """Return the public half alone."""
        return f"SealingKey({self.public.hex()})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Refuse to be pickled: a pickle would carry the key to other processes and disks."""
        raise TypeError("a SealingKey is not pickled: open its keystore where it is needed")


def seal(public_key: bytes, content: bytes) -> bytes:
    """Encrypt bytes so that only the holder of the private half reads them.

    Raises:
        InputError: if the key is not 32 bytes.
    """
    if len(public_key) != _KEY_BYTES:
        raise InputError(f"a sealing key has {_KEY_BYTES} bytes, not {len(public_key)}")
    return bytes(SealedBox(PublicKey(public_key)).encrypt(content))


def unseal(key: SealingKey, sealed: bytes) -> bytes:
    """Open bytes that were sealed to a key's public half.

    Raises:
        SubmissionError: if they were damaged or sealed to another key.
    """
    try:
        return bytes(SealedBox(key.private).decrypt(sealed))
    except (CryptoError, ValueError, TypeError) as error:
        raise SubmissionError("the sealed file does not open with the operator's key") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Keystore:
    """A folder of encrypted keys and the passphrase that opens them.

    In a replay home each key follows from the seed and its purpose, `key/<scope>/<name>`; in a
    live home it comes from the OS's randomness.

    Attributes:
        folder: one encrypted file a key.
        kind: of the home.
        seed: what a replay's keys follow from.
        scope: whose keys they are.
        passphrase: a file of a person's that holds it, or the passphrase itself; None for a file
            in the folder, made with the first key.
    """

    folder: Path
    kind: Literal["replay", "live"]
    seed: int | None = None
    scope: str = "operator"
    passphrase: Path | SecretStr | None = None

    def signer(self, name: str) -> Signer:
        """Return the account of that name; it is made when missing."""
        return Signer(self._key(name))

    def sealing_key(self, name: str = "sealing") -> SealingKey:
        """Return the X25519 key of that name; it is made when missing."""
        return SealingKey(self._key(name))

    def secret(self, name: str) -> bytes:
        """Return 32 secret bytes of that name, no account's; they are made when missing."""
        return self._key(name)

    def _key(self, name: str) -> bytes:
        path = self.folder / f"{name}.json"
        passphrase = self._passphrase()
        if not path.exists():
            self._make(path, name, passphrase)
        keyfiles.require_private(path, "the keystore")
        key = keyfiles.key(path, passphrase)
        if self.seed is not None and key != self._fresh_key(name):
            raise KeystoreError(f"keystore {path} holds a key of another seed")
        return key

    def _fresh_key(self, name: str) -> bytes:
        if self.kind == "live":
            return secrets.token_bytes(_KEY_BYTES)
        if self.seed is None:
            raise KeystoreError("a replay home's keys need its seed")
        return derive.derive(self.seed, f"key/{self.scope}/{name}")

    def _make(self, path: Path, name: str, passphrase: bytes) -> None:
        from eth_keyfile.keyfile import create_keyfile_json

        create: Callable[..., dict[str, Any]] = create_keyfile_json
        key = self._fresh_key(name)
        if self.kind == "live" and self.passphrase is None:
            keystore = create(key, passphrase, kdf="scrypt", iterations=_LIGHT_SCRYPT)
        elif self.kind == "live":
            keystore = create(key, passphrase, kdf="scrypt")
        else:
            keystore = create(key, passphrase, kdf="pbkdf2", iterations=_REPLAY_ROUNDS)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Of two processes that make it at once one does; `_key` reads what is there then.
        lake.create_file(path, json.dumps(keystore).encode(), mode=0o600)

    def _passphrase(self) -> bytes:
        if isinstance(self.passphrase, SecretStr):
            found = self.passphrase.get_secret_value().encode()
            if not found:
                raise KeystoreError(
                    f"the passphrase of {self.folder} is empty: give the one it has"
                )
            return found
        path = self.passphrase or self.folder / "passphrase"
        if self.passphrase is None and not path.exists():
            self._make_passphrase(path)
        return keyfiles.passphrase(path)

    def _make_passphrase(self, path: Path) -> None:
        # Asked again after the look for keys: another process may have made both meanwhile.
        if any(self.folder.glob("*.json")) and not path.exists():
            raise KeystoreError(
                f"{path} is missing, without it no key opens: restore it from a backup"
            )
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lake.create_file(path, secrets.token_hex(_KEY_BYTES).encode(), mode=0o600)
