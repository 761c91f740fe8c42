"""The comparisons over the predictions, and of whether the opening rule lets them be read."""

from tasks.adapters import matrices
from tasks.core.checks import Mismatch, require, require_none
from tasks.core.errors import SubmissionError
from tasks.core.protocol import alignment, commitments, dates, openings, places
from tasks.core.protocol import book as books
from tasks.core.protocol.events import Entered
from tasks.core.scoring import duplicates, registry
from tasks.verification import blends
from tasks.verification.view import RoundView


def compare_opening(view: RoundView) -> str:
    """Compare what is published of the predictions with the opening rule."""
    stated, late = view.results.predictions, view.lake.has(places.disclosure(view.round_id))
    since = view.rule.due_at(view.later)
    text = f"the opening rule is `{view.rule.text}`"
    require(not late or since is not None, f"{text}, but a matrix was published")
    if not view.rule.is_public:
        require(stated is None, f"{text}, but the results name the predictions")
    overdue = since is not None and view.whole.now >= since + openings.GRACE_S
    if overdue and view.accepted and not late:
        raise Mismatch(f"{text}: its matrix is missing since {dates.utc(since or 0)}")
    return f"{view.rule.text}, {'published' if view.published else 'not published'}"


def compare_predictions(view: RoundView) -> str:
    """Validate every row and compare it with the digest that was committed to."""
    if not view.accepted:
        require(view.published is None, "a matrix but no accepted model")
        return "none accepted"
    n_rows, n_ids = len(view.accepted), view.columns.num_rows
    require(
        view.matrix.shape == (n_rows, n_ids),
        f"the matrix is {view.matrix.shape}, the book has {n_rows} models x {n_ids} ids",
    )
    wrong = []
    for row, values in zip(view.accepted, view.matrix, strict=True):
        if commitments.content_digest(view.opened.ids_hash, values) != row.digest:
            wrong.append(f"predictions of {row.name} differ from their commitment")
            continue
        try:
            alignment.check_values(values)
        except SubmissionError as error:
            wrong.append(f"predictions of {row.name} were accepted but {error}")
    require_none(wrong)
    digest, stated = matrices.sha256(view.matrix_path), view.contents.predictions_sha256
    require(digest == stated, "the matrix is not the one in the book")
    return f"{n_rows} rows"


def compare_duplicates(view: RoundView) -> str:
    """Find the duplicates again, each with the earlier commitment."""
    if not view.accepted:
        return "none accepted"
    entries = books.last_entries(view.logged(Entered))
    first_seen = {entry.model: (entry.block, entry.log_index) for entry in entries}
    models = [row.model for row in view.accepted]
    digests = [(row.digest or b"").hex() for row in view.accepted]
    found = duplicates.earlier_models(view.matrix, digests, [first_seen[m] for m in models])
    named = {models[copy].hex(): models[first].hex() for copy, first in found.items()}
    stated = view.contents.to_document()["duplicates"]
    require(named == stated, f"duplicates are {named}, the book says {stated}")
    return f"{len(named)} found"


def compare_blend(view: RoundView) -> str:
    """Blend the predictions again by the stakes on the chain."""
    if not view.accepted:
        return "none accepted"
    blend = blends.by_stake(view)
    digest = commitments.content_digest(view.opened.ids_hash, blend)
    require(digest == view.contents.meta_model_digest, "blends to another digest")
    return f"digest {digest.hex()[:16]}"


def compare_scores(view: RoundView) -> str:
    """Score the predictions again; published scores may differ by one nano."""
    stated, again = view.scored.rows, blends.scores_again(view)
    wrong, same, total = [], 0, 0
    for row, entrant, values in zip(stated, view.accepted, again, strict=True):
        for name, value in zip(registry.names(), values, strict=True):
            difference = abs(row.nano[name] - value)
            same, total = same + (difference == 0), total + 1
            if difference > 1:
                wrong.append(f"{name} of {entrant.name} is {value}, not {row.nano[name]}")
    require_none(wrong)
    return f"{same} of {total} identical, the others within one nano"


def compare_equal_blend(view: RoundView) -> str:
    """Blend the predictions equally and score that again."""
    again = blends.equal(view)
    require_none(blends.faults(view.scored.blends_corr_nano, again))
    return f"{len(again)} within one nano"
