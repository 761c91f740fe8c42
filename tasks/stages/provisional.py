"""The day's scores: what a booked round's submissions are worth so far, and never paid."""

import numpy as np
import pyarrow as pa

from tasks.adapters import tables
from tasks.core.data import rows, targets
from tasks.core.data.panel import Panel
from tasks.core.errors import DataError
from tasks.core.money.units import RoundId
from tasks.core.protocol import places, status
from tasks.core.protocol.documents.results import DayScores
from tasks.stages import dataset, resolving
from tasks.stages.open_home import OpenHome


def days(entry_day: int, known_days: int, horizon: int) -> int:
    """Return how many of a target's days have passed, of which the last one is the final score's.

    Args:
        entry_day: the panel's row of the era.
        known_days: rows of the panel that are known.
        horizon: days that the target's return spans.
    """
    return max(0, min(known_days - 1 - entry_day - targets.LAG, horizon))


def score_round(home: OpenHome, round_id: RoundId, known: Panel) -> int:
    """Publish a booked round's scores by the return so far, once for each number of days.

    The formula is the final one, on the k-day return; days that nobody scored at the time are
    passed over, since only the newest says where the round is.

    Args:
        home: the operator's.
        round_id: a round with a book.
        known: the panel as far as it is known.

    Returns:
        How many days the newest scores span; 0 where there are none.

    Raises:
        DataError: if the era is not in the panel.
    """
    state = home.chain.tournament.status(round_id)
    if state not in (status.BOOKED, status.RESOLVING):
        return 0
    horizon = targets.HORIZONS[home.rule.target]
    entry = dataset.era_entry(home.vault, round_id)
    row = int(np.searchsorted(known.dates, np.datetime64(entry.date)))
    if row >= len(known.dates) or str(known.dates[row]) != entry.date:
        raise DataError(f"round {round_id}: its era of {entry.date} is not in the prices")
    passed = days(row, len(known.dates), horizon)
    if passed > 0 and not home.lake.has(places.day_scores(round_id, passed)):
        _publish(home, round_id, known, row, passed)
    return passed


def _publish(home: OpenHome, round_id: RoundId, known: Panel, row: int, passed: int) -> None:
    book = home.lake.load(places.book(round_id))
    entry = dataset.era_entry(home.vault, round_id)
    era = tables.read_table(home.vault.read(entry.object))
    by_asset = rows.target_by_asset(known, row, passed)
    missing = float("nan")
    wanted = np.array([by_asset.get(asset, missing) for asset in era["asset"].to_pylist()])
    against = resolving.columns(home, book, era, pa.chunked_array([wanted]))
    scored = resolving.score(home, book, against, key=f"{round_id}-day-{passed}")
    document = DayScores(scores=scored, days=passed, of=targets.HORIZONS[home.rule.target])
    home.lake.publish(places.day_scores(round_id, passed), document)
