"""Pseudonyms: keyed ids for assets, keyed names for features. Coarse, and not encryption."""

import hashlib
import hmac
from collections.abc import Sequence

from tasks.core.errors import DataError

_ID_DIGITS = 15
_CONSONANTS = "bdfgklmnprstvz"
_VOWELS = "aeiou"
_SYLLABLES = 4


def _keyed(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def public_ids(key: bytes, version: str, era: str, assets: Sequence[str]) -> list[str]:
    """Return each asset's id in one era: "n" and 15 hex digits.

    An asset has another id in every era, so that ids link nothing.

    Args:
        key: the version's secret.
        version: the data version's name.
        era: the era's name.
        assets: the assets' names, each once.

    Raises:
        DataError: if two assets get the same id (take another key).

    Source: docs/protocol.md, "Ids".
    """
    ids = ["n" + _keyed(key, f"{version}|{era}|{asset}").hex()[:_ID_DIGITS] for asset in assets]
    if len(set(ids)) != len(ids):
        raise DataError(f"two assets share an id in era {era}: this version needs another key")
    return ids


def feature_names(key: bytes, version: str, features: Sequence[str]) -> list[str]:
    """Return each feature's public name, `feature_` and a pronounceable keyed word.

    Raises:
        DataError: if two features get the same name (take another key).
    """
    names = [f"feature_{_word(_keyed(key, f'{version}|name|{name}'))}" for name in features]
    if len(set(names)) != len(names):
        raise DataError("two features share a public name: this version needs another key")
    return names


def feature_order(key: bytes, version: str, features: Sequence[str]) -> list[int]:
    """Return the positions of the features in their public order, which the key shuffles."""
    return sorted(range(len(features)), key=lambda i: _keyed(key, f"{version}|order|{features[i]}"))


def _word(digest: bytes) -> str:
    """Spell the first bytes of a digest as four syllables."""
    number = int.from_bytes(digest[:8], "big")
    letters = []
    for _ in range(_SYLLABLES):
        number, vowel = divmod(number, len(_VOWELS))
        number, consonant = divmod(number, len(_CONSONANTS))
        letters.append(_CONSONANTS[consonant] + _VOWELS[vowel])
    return "".join(letters)
