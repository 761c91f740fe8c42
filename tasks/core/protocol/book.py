"""What a round's entries become when it closes: the rows of its book."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tasks.core.money.units import Wei
from tasks.core.protocol.documents.book import BookRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A model's last entry into a round, as the chain's log has it."""

    model: bytes
    owner: str
    name: str
    at_risk: Wei
    commitment: bytes
    nonce: int
    block: int
    log_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What intake made of an entrant's file: its digest and salt, or the reason against it."""

    digest: bytes | None
    salt: bytes | None
    reason: str | None

    @property
    def accepted(self) -> bool:
        """Say whether the submission is in the book's matrix."""
        return self.reason is None


def last_entries(entrants: Sequence[Entrant]) -> list[Entrant]:
    """Keep each model's last entry, ascending by model.

    Its place in the log is where its commitment first stood: raising a stake costs no precedence.
    """
    newest: dict[bytes, Entrant] = {}
    first: dict[tuple[bytes, bytes], Entrant] = {}
    for entrant in sorted(entrants, key=lambda entry: (entry.block, entry.log_index)):
        newest[entrant.model] = entrant
        first.setdefault((entrant.model, entrant.commitment), entrant)
    kept = []
    for model in sorted(newest):
        origin = first[model, newest[model].commitment]
        kept.append(replace(newest[model], block=origin.block, log_index=origin.log_index))
    return kept


def row(entrant: Entrant, verdict: Verdict) -> BookRow:
    """Return an entrant's row of the book."""
    return BookRow(
        model=entrant.model,
        owner=entrant.owner,
        name=entrant.name,
        at_risk=entrant.at_risk,
        commitment=entrant.commitment,
        nonce=entrant.nonce,
        digest=verdict.digest,
        salt=verdict.salt,
        reason=verdict.reason,
    )
