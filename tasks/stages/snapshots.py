"""Snapshots with single files: as of a home's beginning, as of its newest era, as of its end."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.adapters import tables
from tasks.adapters.lake import Lake
from tasks.core.money.units import RoundId
from tasks.core.protocol import places
from tasks.stages import dataset, publishing
from tasks.stages.open_home import OpenHome


def publish_first(lake: Lake, vault: Lake, first_round: RoundId) -> None:
    """Publish the data as of the first round's opening, with its live era."""
    if lake.seek(places.manifest(places.FIRST)) is None:
        era = dataset.era_of(first_round)
        publishing.publish_snapshot(
            lake, vault, places.FIRST, as_of_era=era, live_era=era, files=True
        )


def publish_next(home: OpenHome) -> str | None:
    """Publish a snapshot as of the newest era, with the meta-model of every resolved round.

    Returns:
        Its name; None where the newest snapshot is as of that era already.
    """
    newest = dataset.newest(home.vault).eras[-1].name
    number = 1
    while (manifest := home.lake.seek(places.manifest(places.snapshot(number)))) is not None:
        if manifest.as_of_era == newest:
            return None
        number += 1
    rounds = [event.round for event in home.chain.tournament.opened()]
    publishing.publish_snapshot(
        home.lake,
        home.vault,
        places.snapshot(number),
        as_of_era=newest,
        files=True,
        meta_model=_meta_models(home.lake, rounds),
    )
    return places.snapshot(number)


def publish_last(home: OpenHome, rounds: Sequence[RoundId]) -> None:
    """Publish the data as of the chain's time, with the meta-model of every resolved round."""
    if home.lake.seek(places.manifest(places.LAST)) is not None:
        return
    now = home.chain.now()
    eras = dataset.newest(home.vault).eras
    seen = [entry.name for entry in eras if entry.times and entry.times.opens <= now]
    publishing.publish_snapshot(
        home.lake,
        home.vault,
        places.LAST,
        as_of_era=seen[-1],
        live_era=None,
        files=True,
        meta_model=_meta_models(home.lake, rounds),
    )


def _meta_models(
    lake: Lake, rounds: Sequence[RoundId]
) -> dict[str, tuple[list[str], NDArray[np.float64]]]:
    found = {}
    for round_id in rounds:
        results = lake.seek(places.results(round_id))
        if results is None:  # the round was abandoned
            continue
        columns = tables.read_table(lake.read(results.columns))
        if "meta_model" in columns.column_names:
            blend = columns["meta_model"].to_numpy()
            found[dataset.era_of(round_id)] = (columns["id"].to_pylist(), blend)
    return found
