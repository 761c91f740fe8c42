"""The tournament's contract: one method a read, its log as records; writes are inherited."""

from collections.abc import Sequence
from typing import TypeVar

from tasks.adapters.chain.codec import word
from tasks.adapters.chain.reader import Block, Header
from tasks.adapters.chain.tournament_log import TournamentLog
from tasks.adapters.chain.tournament_writes import TournamentWrites
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import events as kinds
from tasks.core.protocol import status as statuses
from tasks.core.protocol.events import AnyEvent
from tasks.core.protocol.round_facts import RoundFacts
from tasks.core.protocol.terms import Parameters

_Record = TypeVar("_Record", bound=AnyEvent)

# Noted beside the log: the answer of `round_facts`; when a round that is over became final.
_FACTS, _OVER = "facts", "over"


class Tournament(TournamentLog, TournamentWrites):
    """The contract that holds stakes and settles rounds, at one address."""

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

    def proposal(self, round_id: RoundId) -> kinds.Proposed | None:
        """Return the event of a round's live or final proposal, or None without one."""
        if self.status(round_id) not in statuses.WITH_A_PROPOSAL:
            return None
        return self.proposed(round_id)[-1]
