"""The flow `play`: a whole tournament, from prices to settled and verified balances."""

from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Literal

from prefect import flow
from pydantic import Field

from tasks import founding, replaying, reporting
from tasks.adapters.settings import Settings


@flow(name="play", flow_run_name="play {last_rounds} rounds, seed {seed}")
def play(
    home: str = ".erarium",
    prices: str | None = None,
    sectors: str | None = None,
    last_rounds: Annotated[int, Field(ge=1, le=5_000)] | Literal["all"] = 12,
    modellers: Annotated[int, Field(ge=6, le=200)] = 13,
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0,
    simulated_ids: Annotated[int, Field(ge=100, le=10_000)] = 1_000,
    simulated_days: Annotated[int, Field(ge=500, le=10_000)] = 1_800,
    opening: Annotated[str, Field(pattern="^(public|sealed|after [0-9]+ rounds)$")] = "public",
) -> dict[str, Any]:
    """Play a tournament on past eras, with reference models, and verify all of it.

    Args:
        home: directory of the installation; an interrupted one goes on where it stopped.
        prices: CSV or Parquet file, or a folder of them; empty for the market simulator.
        sectors: table with the columns Symbol,Sector; empty for none.
        last_rounds: how many of the last weekly eras whose targets matured, or `all`.
        modellers: how many reference models take part.
        seed: what keys, salts, names and the simulator follow from.
        simulated_ids: assets of the simulator.
        simulated_days: trading days of the simulator.
        opening: when predictions are published: `public`, `after N rounds` or `sealed`.
    """
    request = founding.request(
        prices=prices,
        sectors=sectors,
        rounds=None if last_rounds == "all" else last_rounds,
        modellers=modellers,
        seed=seed,
        simulated_ids=simulated_ids,
        simulated_days=simulated_days,
        opening=opening,
    )
    values = Settings(home=Path(home))
    with founding.at_work(values, request) as site:
        chosen = founding.ingest_data(site)
        with closing(founding.found(site, values)) as played:
            replaying.take_all(played, chosen)
            reporting.publish_last_snapshot(played.home, chosen)
            verified = reporting.verify(played.home, values)
            return reporting.report(played.home, chosen, verified)
