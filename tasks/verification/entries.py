"""The comparisons of what was fixed before a target's first price: terms, data, entries, book."""

from tasks.adapters import tables
from tasks.core.checks import require, require_none
from tasks.core.protocol import book as books
from tasks.core.protocol import canonical, commitments, places
from tasks.core.protocol import terms as protocol_terms
from tasks.core.protocol.events import Entered
from tasks.verification.view import RoundView


def compare_terms(view: RoundView) -> str:
    """Compare the published terms and scoring rule with the chain's config."""
    terms, facts = view.opened.terms, view.facts
    config = protocol_terms.config_digest(view.round_id, facts.operator, facts.parameters, terms)
    require(config == facts.config, "the published terms give another config digest")
    scoring = canonical.digest_of(view.opened.scoring.to_document())
    require(scoring == terms.scoring.hex(), "the scoring rule has another digest")
    return f"config {config.hex()[:16]}"


def compare_live_data(view: RoundView) -> str:
    """Compare the live features with the digest in the terms, and their ids."""
    era, live = f"{view.round_id:04d}", view.live_entry
    require(live.name == view.opened.era == era, f"another live era than {era}")
    digest = canonical.digest_of(live.to_document())
    require(digest == view.facts.terms.data.hex(), "another digest than in the terms")
    ids = tables.read_table(view.lake.read(live.features))["id"].to_pylist()
    require(commitments.ids_hash(ids) == view.opened.ids_hash, "the ids have another digest")
    require(view.opened.n_ids == len(ids), f"n_ids is not {len(ids)}")
    return f"{len(ids)} ids"


def compare_amounts(view: RoundView) -> str:
    """Compare the contract's sums, factors and reserves with those that the log gives."""
    have, want = view.facts, view.whole.ledger.rounds[view.round_id]
    pairs = {
        "at_risk": (have.at_risk, want.at_risk),
        "factors": (list(have.factors), want.factors),
        "head": (have.head, want.head),
        "locked": (have.locked, sum(want.locked.values())),
        "reserves": (list(have.reserves), want.reserves),
    }
    wrong = [f"{name} is {a}, the log gives {b}" for name, (a, b) in pairs.items() if a != b]
    require_none(wrong)
    return f"factor {have.factor}, {len(want.settled)} settled"


def compare_book(view: RoundView) -> str:
    """Compare the book with the digest on the chain."""
    digest = view.digest(places.book)
    require(digest == view.facts.book.hex(), "the book has another digest than on the chain")
    return f"digest {digest[:16]}"


def compare_entrants(view: RoundView) -> str:
    """Compare the book's entrants with the chain's log of entries, and with their receipts."""
    logged, stated = books.last_entries(view.logged(Entered)), view.book.rows
    require(
        [entry.model for entry in logged] == [row.model for row in stated],
        "the book's models are not those that entered",
    )
    wrong = []
    for entry, row in zip(logged, stated, strict=True):
        on_chain = (entry.owner, entry.name, entry.at_risk, entry.commitment, entry.nonce)
        if on_chain != (row.owner, row.name, row.at_risk, row.commitment, row.nonce):
            wrong.append(f"{entry.name}: the book differs from the log")
    require_none(wrong + _receipt_faults(view))
    return f"{len(stated)} models"


def compare_commitments(view: RoundView) -> str:
    """Recompute every accepted submission's commitment from its digest and salt."""
    wrong = []
    for row in view.accepted:
        committed = commitments.commitment(
            view.chain.deployment.salt,
            view.round_id,
            row.model,
            row.owner,
            row.salt or b"",
            row.digest or b"",
        )
        if committed != row.commitment:
            wrong.append(f"{row.name}: digest and salt give another commitment")
    require_none(wrong)
    return f"{len(view.accepted)} opened"


def _receipt_faults(view: RoundView) -> list[str]:
    """Name the entrants whose receipt says another thing than the book."""
    wrong = []
    for row in view.book.rows:
        key = (row.model, view.round_id, row.nonce)
        mended = view.lake.seek(places.mended_receipt(*key))
        receipt = mended or view.lake.seek(places.receipt(*key))
        if receipt is not None and (receipt.digest, receipt.reason) != (row.digest, row.reason):
            wrong.append(f"{row.name}: the book differs from the receipt")
    return wrong
