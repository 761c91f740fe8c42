"""One round as whoever looks can read it, and what follows from that again."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tasks.adapters import matrices, tables
from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.tournament import Tournament
from tasks.adapters.lake import Lake
from tasks.core.checks import Mismatch, require
from tasks.core.errors import LakeError
from tasks.core.money.units import RoundId
from tasks.core.protocol import canonical, commitments, openings, places
from tasks.core.protocol import status as statuses
from tasks.core.protocol.documents.book import Book, BookRow, Contents
from tasks.core.protocol.documents.fields import Document
from tasks.core.protocol.documents.opening import RoundOpening
from tasks.core.protocol.documents.ref import Ref
from tasks.core.protocol.documents.results import Results, Scores
from tasks.core.protocol.documents.snapshots import EraEntry, Manifest
from tasks.core.protocol.events import AnyEvent, Entered, Proposed
from tasks.core.protocol.openings import Opening
from tasks.core.protocol.places import Place
from tasks.core.protocol.round_facts import RoundFacts
from tasks.core.protocol.submissions import Submission
from tasks.core.protocol.table import Table
from tasks.core.scoring import registry
from tasks.verification.chain import ChainView

_Event = TypeVar("_Event", bound=AnyEvent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What a modeller knows of one entry of theirs, beside what is public.

    Attributes:
        entry: the last one into the round.
        submission: what it committed to.
    """

    entry: Entered
    submission: Submission


@dataclass(kw_only=True)
class RoundView:
    """A round as lake and chain show it; what is read is kept, damaged files raise.

    Attributes:
        whole: the chain, with what covers all rounds.
        given: the round's matrix as its operator handed it to an auditor; None for whoever has
            what is published alone.
        own: a modeller's own entry; None for everybody else.
    """

    lake: Lake
    whole: ChainView
    round_id: RoundId
    given: Path | None = None
    own: Own | None = None

    @property
    def chain(self) -> Chain:
        """Return the chain."""
        return self.whole.chain

    @property
    def tournament(self) -> Tournament:
        """Return the contract."""
        return self.whole.tournament

    @property
    def facts(self) -> RoundFacts:
        """Return the contract's facts of the round."""
        return self.whole.facts[self.round_id]

    @cached_property
    def events(self) -> list[AnyEvent]:
        """Return what was logged about the round, but for deliveries."""
        return self.tournament.events_of(self.round_id, self.whole.block)

    def logged(self, kind: type[_Event]) -> list[_Event]:
        """Return the events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def proposal(self) -> Proposed | None:
        """Return the event of the live or final proposal, or None without one."""
        if self.whole.status(self.round_id) not in statuses.WITH_A_PROPOSAL:
            return None
        return self.logged(Proposed)[-1]

    @property
    def proposed(self) -> Proposed:
        """Return the same where there is one.

        Raises:
            Mismatch: if there is none.
        """
        proposal = self.proposal
        if proposal is None:
            raise Mismatch("nothing is proposed")
        return proposal

    def digest(self, place: Callable[[RoundId], Place[Document]]) -> str:
        """Return the digest of one of the round's documents, hex; of nothing where it lacks."""
        return canonical.sha256_hex(self.lake.document_bytes(place(self.round_id)) or b"")

    @cached_property
    def opened(self) -> RoundOpening:
        """Return the published opening."""
        return self.lake.load(places.opening(self.round_id))

    @cached_property
    def book(self) -> Book:
        """Return the published book."""
        return self.lake.load(places.book(self.round_id))

    @property
    def contents(self) -> Contents:
        """Return the book's digests.

        Raises:
            Mismatch: if it has none, as without an accepted model.
        """
        if self.book.contents is None:
            raise Mismatch("the book has no contents, although it has accepted models")
        return self.book.contents

    @cached_property
    def accepted(self) -> list[BookRow]:
        """Return the book's accepted rows, in the matrix's order."""
        return self.book.accepted

    @cached_property
    def scores(self) -> Scores:
        """Return the published scores."""
        return self.lake.load(places.scores(self.round_id))

    @property
    def scored(self) -> Scores:
        """Return the same where they are one row an accepted model, in the book's order.

        Raises:
            Mismatch: if they are not.
        """
        models = [row.model for row in self.scores.rows]
        in_order = models == [row.model for row in self.accepted]
        require(in_order, "not one row an accepted model, in the book's order")
        return self.scores

    @cached_property
    def table(self) -> Table:
        """Return the published table."""
        return self.lake.load(places.table(self.round_id))

    @cached_property
    def results(self) -> Results:
        """Return the published results."""
        return self.lake.load(places.results(self.round_id))

    @cached_property
    def live_entry(self) -> EraEntry:
        """Return the live era's entry in the snapshot that the modellers saw."""
        return self.lake.load(Place(self.opened.live, Manifest)).eras[-1]

    @cached_property
    def columns(self) -> Any:
        """Return ids, targets, benchmark and meta-model; its digest is checked by `alignment`."""
        return tables.read_table(self.lake.path(self.results.columns).read_bytes())

    @cached_property
    def rule(self) -> Opening:
        """Return the opening rule, whose digest `terms` checks."""
        return Opening.parse(self.opened.scoring.opening)

    @property
    def later(self) -> list[int]:
        """Return when the rounds after this one became final."""
        return openings.later(self.whole.finals, self.round_id)

    @cached_property
    def published(self) -> Ref | None:
        """Return the matrix that the results name, or that was published later; None without."""
        late = self.lake.seek(places.disclosure(self.round_id))
        return self.results.predictions if late is None else late.predictions

    @property
    def has_predictions(self) -> bool:
        """Return whether the predictions can be had, or ought to be and are missing."""
        if not self.accepted or self.given is not None:
            return True
        return self.published is not None or self.rule.is_public

    @property
    def waits_for_predictions(self) -> str:
        """Say that the predictions are missing, and when the opening rule has them published."""
        return f"needs the predictions ({self.rule.waits(self.later)})"

    @cached_property
    def matrix_path(self) -> Path:
        """Return where the predictions lie: those handed over, else those published.

        Raises:
            LakeError: if there are none.
        """
        if self.given is not None:
            return self.given
        if self.published is None:
            rule = self.rule.text
            raise LakeError(f"the results name no predictions, although the rule is `{rule}`")
        return self.lake.path(self.published)

    @cached_property
    def matrix(self) -> NDArray[np.float64]:
        """Return the predictions as they lie in the file; `predictions` checks every row."""
        return matrices.open_matrix(self.matrix_path)

    def published_targets(self) -> Any:
        """Return the era's targets as the last snapshot has them, in id order, or None."""
        manifest, era = self.lake.seek(places.manifest(places.LAST)), f"{self.round_id:04d}"
        entries = () if manifest is None else manifest.eras
        found = next((each.targets for each in entries if each.name == era), None)
        return None if found is None else tables.read_table(self.lake.read(found))

    def column(self, name: str) -> NDArray[np.float64]:
        """Return one of the published columns, shape (n_ids,)."""
        values: NDArray[np.float64] = self.columns[name].to_numpy()
        return values

    @property
    def references(self) -> dict[str, NDArray[np.float64]]:
        """Return the columns that scores are measured against beside the target, by name."""
        return {name: self.column(name) for name in registry.REFERENCES}

    def column_digest(self, name: str) -> bytes:
        """Return the digest of the same over the round's ids."""
        return commitments.content_digest(self.opened.ids_hash, self.column(name))
