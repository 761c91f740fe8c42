"""A live market: what it has shown by the chain's time, appended to the data set."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tasks.core.data import calendar, obfuscation, pace, panel, rows, simulator, targets
from tasks.core.data.arrays import Dates
from tasks.core.data.calendar import Times
from tasks.core.data.pace import Pace
from tasks.core.data.panel import Panel
from tasks.core.errors import DataError
from tasks.core.protocol import places
from tasks.stages import dataset, ingest, stored_eras
from tasks.stages.ingest import Source
from tasks.stages.open_home import Site

_COMING_DAYS = 520
"""Days that a simulated market has to show after its history: two years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Where a live home's prices come from, and how fast.

    Attributes:
        source: files that grow, or the simulator.
        pace: how its days follow the chain's clock.
        today: the date on which the home was founded, where a simulated future begins.
    """

    source: Source
    pace: Pace
    today: np.datetime64

    def dates(self) -> Dates:
        """Return the trading days: a simulated market's coming ones too, else those on file.

        Raises:
            DataError: if the files cannot be read.
        """
        if self.source.prices is None:
            return _simulated_dates(self.today, self.pace.history)
        return ingest.load_panel(self.source).dates

    def known(self, now: int) -> Panel:
        """Return the panel as far as it is known at a time of the chain.

        Raises:
            DataError: if the files cannot be read or nothing is known yet.
        """
        full = self._full()
        days = pace.known_days(self.pace, full.dates, now)
        if days == 0:
            raise DataError("the prices begin in the future of the chain's clock")
        return full.until(full.dates[days - 1])

    def times(self, dates: Dates) -> dict[str, Times | None]:
        """Return by era when its round opens; None for an era that has none."""
        eras = calendar.find_eras(dates)
        return {era.name: pace.round_times(self.pace, dates, era) for era in eras}

    def _full(self) -> Panel:
        if self.source.prices is not None:
            return ingest.load_panel(self.source)
        dates = self.dates()
        settings = simulator.SimulatorSettings(
            n_assets=self.source.simulated_ids, n_days=len(dates), first_date=dates[0]
        )
        return simulator.simulate(np.random.default_rng(self.source.seed), settings)


def history_days(source: Source, now: int) -> int:
    """Return how many days of a source are known when a home is founded.

    Raises:
        DataError: if the source cannot be used.
    """
    if source.prices is None:
        return source.simulated_days
    dates = ingest.load_panel(source).dates
    real = Pace(day_s=pace.DAY_S, founded_at=now, history=0, round_every=1)
    return pace.known_days(real, dates, now)


def ingest_new(
    site: Site,
    market: Market,
    now: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> bool:
    """Append what the market has shown by now; return whether that is anything.

    The first call makes the data set and publishes its version. Eras that are there keep ids,
    features, benchmarks and times; their targets mature.

    Args:
        site: a live home's; the benchmarks are fitted on its executor.
        market: where prices come from.
        now: the chain's time.
        progress: told how many eras are built, and of how many.

    Raises:
        DataError: if the source cannot be used or its past was changed.
    """
    known, before = market.known(now), dataset.find(site.vault)
    if before is not None and not _has_news(known.dates, before.panel.days):
        return False
    minimum = ingest.min_days(None)
    panel.require_size(known, min_days=minimum, min_assets=rows.MIN_ASSETS)
    key = site.keys.data
    eras = rows.build_eras(known, key, places.VERSION, progress)
    former = [] if before is None else before.eras
    public = obfuscation.feature_names(key, places.VERSION, eras[0].measures)
    times = _times(market, known)
    entries = stored_eras.store(site.vault, eras, public, site.executor, times, former)
    first = eras[-1].era.name if before is None else before.first_round
    if before is None:
        ingest.publish_version(site.lake, public, key)
    document = ingest.describe(known, market.source, public, entries, first, [])
    dataset.publish(site.vault, document)
    return True


def _times(market: Market, known: Panel) -> dict[str, Times | None]:
    """Return the times of the known eras' rounds."""
    found = market.times(known.dates if market.pace.is_real else market.dates())
    return {era.name: found.get(era.name) for era in calendar.find_eras(known.dates)}


def _has_news(dates: Dates, days_before: int) -> bool:
    """Return whether an era began, or a target ended or was settled, since there were fewer days.

    A target is settled a day after it ended: then it is known whether the last drop stays.
    """
    return _marks(dates) != _marks(dates[:days_before])


def _marks(dates: Dates) -> list[tuple[int, ...]]:
    known = len(dates)
    return [
        tuple(
            min(max(known - targets.end_day(era.day, horizon), 0), 2)
            for horizon in targets.HORIZONS.values()
        )
        for era in calendar.find_eras(dates)
    ]


def _simulated_dates(today: np.datetime64, history: int) -> Dates:
    """Return trading days of which `history` lie before today, and the coming ones."""
    early = today - np.timedelta64(2 * history + 40, "D")
    days = simulator.weekdays(early, 2 * history + _COMING_DAYS)
    first = int(np.searchsorted(days, today)) - history
    return days[first : first + history + _COMING_DAYS]
