"""A person's step before a settlement: look at the table, then approve exactly that one."""

from typing import Any

from tasks.core.errors import InputError
from tasks.core.money import payouts
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import dates, places, status
from tasks.core.protocol.documents.results import Approval, Results
from tasks.stages.open_home import OpenHome

_SHOWN = 5


def approve(home: OpenHome, round_id: RoundId, table_sha256: str) -> None:
    """Approve the table that a person has seen; the same again is accepted.

    Args:
        home: the operator's.
        round_id: a round whose results are published.
        table_sha256: the digest of the table that was shown, 64 hex digits.

    Raises:
        InputError: if there are no results yet, or the digest is of another table.
    """
    results = _results(home, round_id)
    if table_sha256.lower().removeprefix("0x") != results.table_sha256:
        raise InputError(
            f"round {round_id}: {table_sha256} is not its table, which is "
            f"{results.table_sha256}: look at that one before you approve it"
        )
    approval = Approval(round_id=round_id, table_sha256=results.table_sha256)
    home.lake.publish(places.approval(round_id), approval)


def is_approved(home: OpenHome, round_id: RoundId) -> bool:
    """Return whether a round's table may be settled."""
    if home.mode.approval == "auto":
        return True
    found = home.lake.seek(places.approval(round_id))
    return found is not None and found.table_sha256 == _results(home, round_id).table_sha256


def require(home: OpenHome, round_id: RoundId) -> None:
    """Refuse to go on before a person has approved a round's table.

    Raises:
        InputError: that says what to type.
    """
    if not is_approved(home, round_id):
        digest = _results(home, round_id).table_sha256
        until = dates.utc(home.chain.tournament.facts(round_id).terms.propose_by)
        raise InputError(
            f"round {round_id} waits for a person until {until}: run the deployment `approve` "
            f"with the table digest {digest}"
        )


def summary(home: OpenHome, round_id: RoundId) -> dict[str, Any]:
    """Return what a person should see before approving: sums, extremes and duplicates.

    Returns:
        `table_sha256`, `root`, `models`, `at_risk`, `payout` and `burn` (wei, as they will be
        by the round's factor), `winners` and `losers` (largest first: model, at_risk, amount),
        `duplicates` (model -> the earlier model that it equals) and `rejected` (model -> reason).

    Raises:
        InputError: if there are no results yet.
    """
    results = _results(home, round_id)
    table = home.lake.load(places.table(round_id))
    book = home.lake.load(places.book(round_id))
    factor = home.chain.tournament.facts(round_id).factor
    stakes = {row.model: row.at_risk for row in book.rows}
    rows = [
        _outcome(row.model.hex(), stakes[row.model], factor, row.return_nano) for row in table.rows
    ]
    ordered = sorted(rows, key=lambda row: (-row["amount"], row["model"]))
    return {
        "at_risk": sum(stakes.values()),
        "burn": -sum(row["amount"] for row in rows if row["amount"] < 0),
        "duplicates": {copy.hex(): first.hex() for copy, first in book.duplicates.items()},
        "losers": [row for row in reversed(ordered) if row["amount"] < 0][:_SHOWN],
        "models": len(rows),
        "payout": sum(row["amount"] for row in rows if row["amount"] > 0),
        "rejected": {row.model.hex(): row.reason for row in book.rows if not row.accepted},
        "root": results.root.hex(),
        "round": round_id,
        "table_sha256": results.table_sha256,
        "winners": [row for row in ordered if row["amount"] > 0][:_SHOWN],
    }


def _outcome(model: str, at_risk: Wei, factor: int, return_nano: int) -> dict[str, Any]:
    gain = payouts.payout(at_risk, factor, return_nano)
    loss = payouts.burn(at_risk, factor, return_nano)
    return {"amount": gain - loss, "at_risk": at_risk, "model": model}


def _results(home: OpenHome, round_id: RoundId) -> Results:
    found = home.lake.seek(places.results(round_id))
    if found is None:
        state = status.NAMES[home.chain.tournament.status(round_id)]
        raise InputError(f"round {round_id} is {state}: it has no results to approve yet")
    return found
