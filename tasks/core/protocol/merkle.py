"""The tree over a round's table: leaves, root and proofs, as the contract checks them."""

from collections.abc import Sequence
from itertools import pairwise

from eth_hash.auto import keccak

from tasks.core.errors import InputError
from tasks.core.money.units import RoundId
from tasks.core.protocol import abi

MAX_DEPTH = 32


def leaf(round_id: RoundId, model: bytes, return_nano: int, profit_nano: int) -> bytes:
    """Return a row's leaf, hashed twice so that no inner node can pass for one.

    Source: docs/protocol.md, "Encodings".
    """
    inner = abi.digest(
        ["uint64", "bytes32", "int256", "int256"], [round_id, model, return_nano, profit_nano]
    )
    return keccak(inner)


def check_order(models: Sequence[bytes]) -> None:
    """Refuse a table whose rows are not strictly ascending by model.

    Raises:
        InputError: if a model is out of order or occurs twice.
    """
    for before, after in pairwise(models):
        if before >= after:
            raise InputError(f"the table is not ascending by model at 0x{after.hex()}")


class Tree:
    """A Merkle tree of sorted pairs; an odd node is carried up unchanged."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        """Hash all levels once.

        Args:
            leaves: at least one, at most 2**32, ascending by model.

        Raises:
            InputError: if there is no leaf.
        """
        if not leaves:
            raise InputError("a Merkle tree needs a leaf")
        self._levels = [list(leaves)]
        while len(self._levels[-1]) > 1:
            self._levels.append(_level_above(self._levels[-1]))

    @property
    def root(self) -> bytes:
        """Return the root; of one leaf it is the leaf."""
        return self._levels[-1][0]

    def proof(self, index: int) -> list[bytes]:
        """Return a leaf's siblings upwards; a level where it has none is left out.

        Raises:
            InputError: if there is no such leaf.
        """
        if not 0 <= index < len(self._levels[0]):
            raise InputError(f"no leaf {index} among {len(self._levels[0])}")
        siblings = []
        for level in self._levels[:-1]:
            if index ^ 1 < len(level):
                siblings.append(level[index ^ 1])
            index //= 2
        return siblings


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over some leaves; `Tree` serves many proofs of one tree."""
    return Tree(leaves).root


def proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return one leaf's proof; `Tree` serves many proofs of one tree."""
    return Tree(leaves).proof(index)


def verify(root: bytes, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Return whether a proof of at most 32 siblings leads from a leaf to a root."""
    if len(proof) > MAX_DEPTH:
        return False
    node = leaf
    for sibling in proof:
        node = _pair(node, sibling)
    return node == root


def _level_above(level: Sequence[bytes]) -> list[bytes]:
    above = [_pair(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
    if len(level) % 2:
        above.append(level[-1])
    return above


def _pair(one: bytes, other: bytes) -> bytes:
    return keccak(one + other if one < other else other + one)
