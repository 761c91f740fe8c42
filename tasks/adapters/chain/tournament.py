"""The tournament's contract: one method a read, its log as records; writes are inherited."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from tasks.adapters.chain.codec import word
from tasks.adapters.chain.kept_logs import KeptLogs
from tasks.adapters.chain.log_file import Log
from tasks.adapters.chain.reader import Block, Header, Reader
from tasks.adapters.chain.tournament_writes import TournamentWrites
from tasks.core.errors import InputError
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import events as kinds
from tasks.core.protocol import status as statuses
from tasks.core.protocol.events import AnyEvent
from tasks.core.protocol.round_facts import RoundFacts
from tasks.core.protocol.terms import Parameters

_Record = TypeVar("_Record", bound=AnyEvent)

# A delivered file is up to 64 KiB, of whoever pays for it: none comes with the others.
_TOLD = tuple(kind for kind in kinds.KINDS if kind is not kinds.Delivered)
# Noted beside the log: the answer of `round_facts`; when a round that is over became final.
_FACTS, _OVER = "facts", "over"
_OF_A_ROUND = tuple(kind for kind in _TOLD if "round" in kind.__annotations__)


class Tournament(TournamentWrites):
    """The contract that holds stakes and settles rounds, at one address."""

    def __init__(self, reader: Reader, address: str, kept: KeptLogs | None = None) -> None:
        """Use the contract at an address; see `Contract`."""
        super().__init__(reader, "tournament", address, kept)
        self._told = self._stream(_names(_TOLD))

    def status(self, round_id: RoundId, block: Block = "latest") -> int:
        """Return a round's status, a number of `tasks.core.protocol.status`."""
        return int(self._read("status", round_id, block=block))

    def is_open(self, round_id: RoundId, block: Block = "latest") -> bool:
        """Return whether a round was ever opened, whatever became of it."""
        return self.status(round_id, block) != statuses.NONE

    def facts(self, round_id: RoundId, block: Block = "latest") -> RoundFacts:
        """Return everything that the contract holds of a round."""
        return RoundFacts.from_contract(self._read("round_facts", round_id, block=block))

    def facts_many(
        self, rounds: Sequence[RoundId], block: Block = "latest", *, anew: bool = False
    ) -> dict[RoundId, RoundFacts]:
        """Return everything that the contract holds of many rounds.

        The node is asked about those alone of which something was logged since it was last asked:
        every change of a round logs an event.

        Args:
            rounds: the rounds.
            block: the block that the read is pinned to.
            anew: whether the node is asked about all, for whoever compares log and contract.
        """
        number = self._reader.header(block).number if block == "latest" else block
        known = {} if anew else self._kept.noted(self._told, _FACTS, number)
        missing = [each for each in rounds if word(each) not in known]
        data = [self._interface.call("round_facts", each) for each in missing]
        found = self._reader.call_many(self.address, data, number)
        fresh = {word(each): answer for each, answer in zip(missing, found, strict=True)}
        if fresh:
            self._kept.note(self._told, _FACTS, number, fresh)
        answers = known | fresh
        return {
            each: RoundFacts.from_contract(
                self._interface.result("round_facts", answers[word(each)])
            )
            for each in rounds
        }

    def status_many(self, rounds: Sequence[RoundId], block: Block = "latest") -> dict[RoundId, int]:
        """Return the status of many rounds."""
        header = self._reader.header(block)
        facts = self.facts_many(rounds, header.number)
        return {each: statuses.of(facts[each], header.timestamp) for each in rounds}

    def final_at(self, round_id: RoundId, block: Block = "latest") -> int:
        """Return when a round's proposal is or was final, seconds since 1970; 0 without one."""
        return int(self._read("final_at", round_id, block=block))

    def free(self, model: bytes, block: Block = "latest") -> Wei:
        """Return a model's or a purse's free stake."""
        return Wei(self._read("free", model, block=block))

    def free_many(self, models: Sequence[bytes], block: Block = "latest") -> list[Wei]:
        """Return the free stake of many models."""
        return [
            Wei(each) for each in self._read_many("free", [(model,) for model in models], block)
        ]

    def locked(self, round_id: RoundId, model: bytes, block: Block = "latest") -> Wei:
        """Return what a model has locked in a round and not got back."""
        return Wei(self._read("locked", round_id, model, block=block))

    def locked_many(
        self, round_id: RoundId, models: Sequence[bytes], block: Block = "latest"
    ) -> list[Wei]:
        """Return what many models have locked in a round."""
        answers = self._read_many("locked", [(round_id, model) for model in models], block)
        return [Wei(answer) for answer in answers]

    def nonce(self, round_id: RoundId, model: bytes, block: Block = "latest") -> int:
        """Return the nonce of a model's last entry; 0 before the first and once settled."""
        return int(self._read("nonces", round_id, model, block=block))

    def nonces_many(
        self, round_id: RoundId, models: Sequence[bytes], block: Block = "latest"
    ) -> list[int]:
        """Return the nonces of many models' last entries, each as `nonce` does."""
        answers = self._read_many("nonces", [(round_id, model) for model in models], block)
        return [int(answer) for answer in answers]

    def pool(self, leg: int, block: Block = "latest") -> Wei:
        """Return the stake pool (leg 0) or the profit pool (leg 1)."""
        return Wei(self._read("pool", leg, block=block))

    def total_free(self, block: Block = "latest") -> Wei:
        """Return the sum of all free stakes and purses."""
        return Wei(self._read("total_free", block=block))

    def in_rounds(self, block: Block = "latest") -> Wei:
        """Return what all rounds hold: locked stakes, reserves and bonds."""
        return Wei(self._read("in_rounds", block=block))

    def assets(self, block: Block = "latest") -> Wei:
        """Return all that the contract owes; what it holds beyond that are donations."""
        return Wei(self._read("assets", block=block))

    def burnable(self, block: Block = "latest") -> Wei:
        """Return what rounds have burned and nobody has swept."""
        return Wei(self._read("burnable", block=block))

    def operator(self, block: Block = "latest") -> str:
        """Return who opens the next rounds."""
        return str(self._read("operator", block=block))

    def owner(self, block: Block = "latest") -> str:
        """Return who sets operator and parameters of the next rounds."""
        return str(self._read("OWNER", block=block))

    def token(self, block: Block = "latest") -> str:
        """Return the address of the token that is staked."""
        return str(self._read("TOKEN", block=block))

    def sink(self, block: Block = "latest") -> str:
        """Return where burns go; the zero address if the token itself burns them."""
        return str(self._read("SINK", block=block))

    def salt(self, block: Block = "latest") -> bytes:
        """Return the deployment's salt, which is part of every commitment."""
        return bytes(self._read("SALT", block=block))

    def parameters(self, block: Block = "latest") -> Parameters:
        """Return what the next rounds copy."""
        return Parameters(**self._read("next_parameters", block=block))

    def events(self, to_block: Block = "latest") -> list[AnyEvent]:
        """Return the whole log, but for the deliveries: files of any number and size."""
        return [self._record(log) for log in self._kept.read(self._told, [], 0, to_block)]

    def events_of(self, round_id: RoundId, to_block: Block = "latest") -> list[AnyEvent]:
        """Return all that was logged about a round, but for the deliveries."""
        topics = [self._topics(_names(_OF_A_ROUND)), [word(round_id)]]
        return [self._record(log) for log in self._kept.read(self._told, topics, 0, to_block)]

    def transactions(self) -> set[str]:
        """Return the hashes of all transactions that left a log."""
        bare = self._stream(["Delivered"], with_data=False)
        streams = (self._told, bare)
        return {log.transaction for stream in streams for log in self._kept.read(stream)}

    def opened(self, to_block: Block = "latest") -> list[kinds.Opened]:
        """Return the openings of all rounds."""
        return self._of(kinds.Opened, None, to_block)

    def opening(self, round_id: RoundId, to_block: Block = "latest") -> kinds.Opened:
        """Return the opening of a round.

        Raises:
            InputError: if it was never opened.
        """
        found = self._of(kinds.Opened, round_id, to_block)
        if not found:
            raise InputError(f"round {round_id} was never opened")
        return found[-1]

    def rounds(self, to_block: Block = "latest") -> list[RoundId]:
        """Return every round that was opened, ascending."""
        found = self._kept.subjects(self._told, self._interface.topic("Opened"), to_block)
        return sorted(RoundId(int.from_bytes(each)) for each in found)

    def under_way(self, block: Block = "latest") -> list[RoundId]:
        """Return the rounds of which something is left to do, ascending."""
        header = self._reader.header(block)
        over = self._over(header)
        return [each for each in self.rounds(header.number) if each not in over]

    def finals(self, block: Block = "latest") -> dict[RoundId, int]:
        """Return when each final round became so, seconds since 1970."""
        header = self._reader.header(block)
        over = self._over(header)
        rest = [each for each in self.rounds(header.number) if each not in over]
        facts = self.facts_many(rest, header.number)
        final = {
            each: facts[each].proposal.final_at
            for each in rest
            if statuses.of(facts[each], header.timestamp) == statuses.FINAL
        }
        found = final | {each: final_at for each, final_at in over.items() if final_at > 0}
        return dict(sorted(found.items()))

    def _over(self, header: Header) -> dict[RoundId, int]:
        """Return the rounds that are over, and when each became final; 0 for an abandoned one."""
        noted = self._kept.noted(self._told, _OVER, header.number)
        known = {RoundId(int.from_bytes(each)): int.from_bytes(at) for each, at in noted.items()}
        rest = [each for each in self.rounds(header.number) if each not in known]
        facts = self.facts_many(rest, header.number)
        fresh = {
            each: facts[each].proposal.final_at
            for each in rest
            if statuses.is_over(facts[each], header.timestamp)
        }
        if fresh:
            notes = {word(each): at.to_bytes(8) for each, at in fresh.items()}
            self._kept.note(self._told, _OVER, header.number, notes)
        return known | fresh

    def entered(
        self,
        round_id: RoundId,
        to_block: Block = "latest",
        model: bytes | None = None,
        from_block: int = 0,
    ) -> list[kinds.Entered]:
        """Return a round's entries, or one model's, replaced ones included."""
        return self._of(kinds.Entered, round_id, to_block, model, from_block)

    def booked(self, round_id: RoundId, to_block: Block = "latest") -> list[kinds.Booked]:
        """Return the recording of a round's book, if there was one."""
        return self._of(kinds.Booked, round_id, to_block)

    def proposed(self, round_id: RoundId, to_block: Block = "latest") -> list[kinds.Proposed]:
        """Return a round's proposals."""
        return self._of(kinds.Proposed, round_id, to_block)

    def proposal(self, round_id: RoundId) -> kinds.Proposed | None:
        """Return the event of a round's live or final proposal, or None without one."""
        if self.status(round_id) not in statuses.WITH_A_PROPOSAL:
            return None
        return self.proposed(round_id)[-1]

    def challenged(self, round_id: RoundId, to_block: Block = "latest") -> list[kinds.Challenged]:
        """Return the challenges of a round's proposals."""
        return self._of(kinds.Challenged, round_id, to_block)

    def ruled(self, round_id: RoundId, to_block: Block = "latest") -> list[kinds.Ruled]:
        """Return what the arbiter said of a round's proposals."""
        return self._of(kinds.Ruled, round_id, to_block)

    def delivered(
        self, round_id: RoundId, models: Sequence[bytes], first: int, last: int
    ) -> Iterator[kinds.Delivered]:
        """Yield the sealed submissions that were delivered for some models, in their order.

        They are read piece by piece and kept nowhere: each is up to 64 KiB.

        Args:
            round_id: the round.
            models: whose files.
            first: the first block.
            last: the last block, itself included.
        """
        asked = [[word(round_id)], list(models)]
        for log in self._kept.unkept(self._stream(["Delivered"]), asked, first, last):
            record = self._record(log)
            if isinstance(record, kinds.Delivered):
                yield record

    def settled(
        self, round_id: RoundId, to_block: Block = "latest", model: bytes | None = None
    ) -> list[kinds.Settled]:
        """Return a round's settled leaves, or one model's."""
        return self._of(kinds.Settled, round_id, to_block, model)

    def skipped(
        self, round_id: RoundId, to_block: Block = "latest", from_block: int = 0
    ) -> list[kinds.Skipped]:
        """Return what a round's batches passed over."""
        return self._of(kinds.Skipped, round_id, to_block, None, from_block)

    def released(self, round_id: RoundId, to_block: Block = "latest") -> list[kinds.Released]:
        """Return a round's released stakes."""
        return self._of(kinds.Released, round_id, to_block)

    def deposited(self, to_block: Block = "latest") -> list[kinds.Deposited]:
        """Return all deposits."""
        return self._of(kinds.Deposited, None, to_block)

    def withdrawn(self, to_block: Block = "latest") -> list[kinds.Withdrawn]:
        """Return all withdrawals."""
        return self._of(kinds.Withdrawn, None, to_block)

    def funded(self, to_block: Block = "latest") -> list[kinds.Funded]:
        """Return all gifts to the pools."""
        return self._of(kinds.Funded, None, to_block)

    def swept(self, to_block: Block = "latest") -> list[kinds.Swept]:
        """Return all sweeps."""
        return self._of(kinds.Swept, None, to_block)

    def _of(
        self,
        kind: type[_Record],
        round_id: RoundId | None,
        to_block: Block,
        model: bytes | None = None,
        from_block: int = 0,
    ) -> list[_Record]:
        topics = [
            self._topics([kind.__name__]),
            None if round_id is None else [word(round_id)],
            None if model is None else [model],
        ]
        logs = self._kept.read(self._told, topics, from_block, to_block)
        found = [self._record(log) for log in logs]
        return [record for record in found if isinstance(record, kind)]

    def _record(self, log: Log) -> AnyEvent:
        return kinds.event(*self._decoded(log))


def _names(chosen: Sequence[type]) -> list[str]:
    return [kind.__name__ for kind in chosen]
