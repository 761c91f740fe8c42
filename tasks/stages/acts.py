"""What was done to rounds since a block, by the contract's log: the account that commands give."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from tasks.adapters.chain.connection import Chain
from tasks.core import wording
from tasks.core.money.units import RoundId
from tasks.core.protocol import events

_VERBS = {
    events.Proposed: ("proposed", "root"),
    events.Settled: ("settled", "leaf", "leaves"),
    events.Skipped: ("passed over", "item"),
    events.Swept: ("burned", "sweep"),
    events.Abandoned: ("booked", "abandonment"),
    events.Released: ("released", "stake"),
    events.ReserveReturned: ("returned", "reserve"),
    events.BondReturned: ("returned", "bond"),
    events.BondBurned: ("lost", "bond"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """The events of one kind that one transaction left.

    Attributes:
        what: the act in words, with its number of items.
        round_id: its round; None for a sweep, which is of all rounds.
        wei: what moved: a bond, payouts, stakes or what was burned by a sweep.
        burn: what leaves lost, wei.
        transaction: its hash.
    """

    what: str
    round_id: RoundId | None
    wei: int
    burn: int
    transaction: str

    def line(self) -> str:
        """Return the act as one line."""
        place = "all rounds" if self.round_id is None else f"round {self.round_id}"
        burned = f", burn {self.burn} wei" if self.burn else ""
        return f"{place}: {self.what}: {self.wei} wei{burned}, in {self.transaction}"

    def document(self) -> dict[str, Any]:
        """Return the act as JSON has it; amounts are strings, for they exceed 2^53."""
        return asdict(self) | {"wei": str(self.wei), "burn": str(self.burn)}


def since(chain: Chain, block: int, rounds: Iterable[RoundId]) -> list[Act]:
    """Return what the log has of some rounds, and of sweeps, after a block, in its order."""
    wanted = {None, *rounds}
    groups: dict[tuple[str, type, RoundId | None], list[Any]] = {}
    for event in chain.tournament.events():
        number = getattr(event, "round", None)
        if event.block > block and number in wanted and type(event) in _VERBS:
            groups.setdefault((event.transaction, type(event), number), []).append(event)
    return [_act(*key, group) for key, group in groups.items()]


def _act(transaction: str, kind: type, round_id: RoundId | None, group: list[Any]) -> Act:
    verb, *names = _VERBS[kind]
    amounts = ("amount", "bond", "payout")
    return Act(
        what=f"{verb} {wording.counted(len(group), *names)}",
        round_id=round_id,
        wei=sum(getattr(event, name, 0) for event in group for name in amounts),
        burn=sum(getattr(event, "burn", 0) for event in group),
        transaction=transaction,
    )
