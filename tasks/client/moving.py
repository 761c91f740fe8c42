"""Move a model's tokens into its free stake and back, each time once although it may be killed.

What is meant is stored before anything is sent, and forgotten when it is done: the same command
again finishes what a killed one began, and only then means another move.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Self

from tasks.adapters import files
from tasks.client.modeller import Client
from tasks.core.errors import ChainError, HomeError, InputError
from tasks.core.money import decimals
from tasks.core.money.units import Wei
from tasks.core.protocol import canonical, purposes

Kind = Literal["deposit", "withdraw"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a person means: how much into the stake or out of it, and how he said it."""

    kind: Kind
    amount: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A move that the chain has."""

    move: Move
    transaction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moves:
    """The moves of one model: how many are over, done or refused, and the one that is not."""

    over: int = 0
    begun: Move | None = None

    @classmethod
    def read(cls, path: Path) -> Self:
        try:
            entry = json.loads(path.read_bytes())
            begun = entry["begun"]
            return cls(over=int(entry["over"]), begun=Move(**begun) if begun else None)
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise HomeError(f"{path} is damaged: restore it from a backup") from error

    def write(self, path: Path) -> None:
        files.replace_file(path, canonical.canonical_json(asdict(self)))


@contextmanager
def moved(client: Client, kind: Kind, said: str) -> Iterator[Moved]:
    """Move tokens, and take it for done when the caller has told of it.

    Args:
        client: the model's.
        kind: from the owner's account to the free stake, or back.
        said: an amount of tokens, or `all` that there is.

    Raises:
        InputError: if the amount is none, there is not so much, or another move was begun.
        ChainError: if the chain refuses.
    """
    path = client.folder / "moves.json"
    moves = _Moves.read(path)
    move = moves.begun or _wanted(client, kind, said)
    if (move.kind, move.said) != (kind, said):
        raise InputError(
            f"`erarium model {move.kind} {move.said}` was begun and not finished: type it again "
            "first"
        )
    _Moves(over=moves.over, begun=move).write(path)
    transaction = _send(client, move, moves.over + 1, path)
    yield Moved(move=move, transaction=transaction)
    _Moves(over=moves.over + 1).write(path)


def _send(client: Client, move: Move, number: int, path: Path) -> str:
    """Send a move, or what is left of it; one that was refused unsigned is over."""
    act = client.deposit if move.kind == "deposit" else client.withdraw
    try:
        return act(Wei(move.amount), str(number)).hash
    except ChainError:
        chain_id, owner = client.chain.chain_id, client.signer.address
        if client.journal.find(chain_id, owner, purposes.move(move.kind, str(number))) is None:
            _Moves(over=number).write(path)
        raise


def _wanted(client: Client, kind: Kind, said: str) -> Move:
    chain, owner = client.chain, client.signer.address
    if kind == "deposit":
        has, where = chain.token.balance_of(owner), f"the account {owner} has"
        mend = f"the operator gives more by `erarium grant {owner}`"
    else:
        has, where = chain.tournament.free(client.model), f"{client.name} has free"
        mend = "what is locked comes back as its rounds settle"
    amount = has if said == "all" else decimals.wei_exactly(said)
    if not amount:
        raise InputError(f"nothing to {kind}: {where} {decimals.tokens_exactly(has)} tokens")
    if amount > has:
        raise InputError(
            f"{said} tokens are more than {where}, {decimals.tokens_exactly(has)}: {mend}"
        )
    return Move(kind=kind, amount=amount, said=said)
