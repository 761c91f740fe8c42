"""The comparisons of a modeller's own row: what nobody but they and the operator can recompute.

Their predictions stay with them; the rest is public, whatever the round's opening rule: the book,
the columns that it is scored against, scores, table, and what the chain recorded and paid.
"""

import numpy as np

from tasks.core.checks import Mismatch, require, require_none
from tasks.core.money import payouts
from tasks.core.protocol import canonical, commitments, merkle, places, scores
from tasks.core.protocol.documents.book import Book, BookRow
from tasks.core.protocol.documents.results import ScoreRow
from tasks.core.protocol.events import Released, Settled
from tasks.core.protocol.table import Row, Table
from tasks.core.scoring import metrics, registry
from tasks.verification.view import Own, RoundView


def compare_entry(view: RoundView) -> str:
    """Compare the commitment in the chain's log with the stored submission."""
    entry, submission = _own(view).entry, _own(view).submission
    committed = commitments.commitment(
        view.chain.deployment.salt,
        view.round_id,
        entry.model,
        entry.owner,
        submission.salt,
        submission.digest,
    )
    require(committed == entry.commitment, "the log has another commitment than yours")
    return f"nonce {entry.nonce}, {entry.at_risk} wei at risk"


def compare_book(view: RoundView) -> str:
    """Compare the book's row with the log and with the stored digest and salt."""
    entry, submission, row = _own(view).entry, _own(view).submission, _in_book(view)
    wanted = {
        "at_risk": str(entry.at_risk),
        "commitment": entry.commitment.hex(),
        "nonce": entry.nonce,
        "owner": entry.owner,
    }
    if row.accepted:
        wanted["digest"] = submission.digest.hex()
        wanted["salt"] = submission.salt.hex()
    stated = row.to_document()
    wrong = [
        f"its {name} is {stated[name]}, yours is {value}"
        for name, value in wanted.items()
        if stated[name] != value
    ]
    require_none(wrong)
    return row.status if row.accepted else f"rejected: {row.reason}"


def compare_columns(view: RoundView) -> str:
    """Compare the columns with your ids, the book's digests and the proposed targets."""
    view.lake.check(view.results.columns)
    ids_hash = _own(view).submission.ids_hash
    ids = commitments.ids_hash(view.columns["id"].to_pylist())
    require(ids == ids_hash, "the ids are not those that you predicted")
    wanted, stated = {"target": view.proposed.targets}, _recorded_book(view).contents
    if stated is not None:
        wanted |= {"meta_model": stated.meta_model_digest, "benchmark": stated.benchmark_digest}
    wrong = [
        f"the column {name} is not the one that was recorded"
        for name, digest in wanted.items()
        if commitments.content_digest(ids_hash, view.column(name)) != digest
    ]
    require_none(wrong)
    return f"{len(wanted)} digests"


def compare_score(view: RoundView) -> str:
    """Score the stored submission again; published scores may differ by one nano."""
    if _is_rejected(view):
        return "rejected: no score"
    stated, values = _scores(view), _own(view).submission.values[np.newaxis]
    (again,) = metrics.score_rows(values, view.column("target"), view.references).tolist()
    pairs = [
        (name, stated.nano[name], value)
        for name, value in zip(registry.names(), again, strict=True)
    ]
    wrong = [
        f"{name} is {value}, not {published}"
        for name, published, value in pairs
        if abs(published - value) > 1
    ]
    require_none(wrong)
    same = sum(published == value for _, published, value in pairs)
    return f"{same} of {len(pairs)} identical, the others within one nano"


def compare_return(view: RoundView) -> str:
    """Derive the return from the published scores by the rule in the terms, in integers."""
    rule, terms = view.opened.scoring, view.facts.terms
    digest = canonical.digest_of(rule.to_document())
    require(digest == terms.scoring.hex(), "the scoring rule has another digest")
    rule.require_version()
    row = _in_table(view)[1]
    scored = None if _is_rejected(view) else _scores(view)
    wanted = scores.return_nano(scored, rule, terms.clip_nano)
    require(row.return_nano == wanted, f"it is {wanted}, the table has {row.return_nano}")
    return f"{row.return_nano} nano"


def compare_leaf(view: RoundView) -> str:
    """Follow the row's proof to the root on the chain."""
    (place, row), root = _in_table(view), view.proposed.root
    proof = view.table.tree().proof(place)
    reaches = merkle.verify(root, row.leaf(view.round_id), proof)
    require(reaches, "its proof does not lead to the root on the chain")
    return f"{len(proof)} siblings up to the root {root.hex()[:16]}"


def compare_money(view: RoundView) -> str:
    """Compute payout and burn from stake, factor and return, and compare what was settled."""
    entry, row = _own(view).entry, _in_table(view)[1]
    settled = [each for each in view.logged(Settled) if each.model == entry.model]
    if not settled:
        return _compare_unsettled(view)
    legs = list(zip(view.facts.factors, (row.return_nano, row.profit_nano), strict=True))
    paid = sum(payouts.payout(entry.at_risk, factor, rate) for factor, rate in legs)
    burned = sum(payouts.burn(entry.at_risk, factor, rate) for factor, rate in legs)
    done = settled[0]
    require(
        (done.return_nano, done.profit_nano) == (row.return_nano, row.profit_nano),
        "it was settled by another row",
    )
    require(
        (done.payout, done.burn) == (paid, burned),
        f"{done.payout} wei paid and {done.burn} burned, not {paid} and {burned}",
    )
    return f"{paid} wei paid, {burned} wei burned"


def _compare_unsettled(view: RoundView) -> str:
    entry = _own(view).entry
    held = view.tournament.locked(view.round_id, entry.model, view.whole.block)
    if held:
        require(held == entry.at_risk, f"{held} wei are locked, not {entry.at_risk}")
        return f"not settled yet, {held} wei are locked"
    released = view.logged(Released)
    back = sum(each.amount for each in released if each.model == entry.model)
    require(back == entry.at_risk, f"{back} wei were released, not {entry.at_risk}")
    return f"released whole, {back} wei"


def _own(view: RoundView) -> Own:
    if view.own is None:
        raise ValueError("a check of a modeller's own row over a view without one")
    return view.own


def _recorded_book(view: RoundView) -> Book:
    recorded = view.digest(places.book) == view.facts.book.hex()
    require(recorded, "the book is not the one that the chain has")
    return view.book


def _recorded_table(view: RoundView) -> Table:
    recorded = view.digest(places.table) == view.proposed.table.hex()
    require(recorded, "the table is not the one that the chain has")
    return view.table


def _in_book(view: RoundView) -> BookRow:
    model = _own(view).entry.model
    found = next((row for row in _recorded_book(view).rows if row.model == model), None)
    if found is None:
        raise Mismatch("the book leaves it out")
    return found


def _is_rejected(view: RoundView) -> bool:
    return not _in_book(view).accepted


def _scores(view: RoundView) -> ScoreRow:
    found = view.scores.by_model.get(_own(view).entry.model)
    if found is None:
        raise Mismatch("accepted, but no score of it is published")
    return found


def _in_table(view: RoundView) -> tuple[int, Row]:
    for place, row in enumerate(_recorded_table(view).rows):
        if row.model == _own(view).entry.model:
            return place, row
    raise Mismatch("the table leaves it out")
