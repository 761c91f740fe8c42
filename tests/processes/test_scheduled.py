"""A live home on a fast market: a round of three models runs by schedule alone, open to settled."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tasks import hosting
from tasks.adapters.home import Home
from tasks.adapters.lake import Lake
from tasks.client.data import Dataset
from tests import commands, live_homes

# In wall-clock time: beside other tests its runs would start too late.
pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1500)]

MARKET = (
    *("--simulated-ids", "120", "--simulated-days", "560"),
    *("--market-day-s", "5", "--round-every", "5", "--approval", "auto", "--faucet"),
)
NAMES = ("one", "two", "three")


def erarium(*words):
    done = commands.run(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def create_models(home: Path, models: Path) -> None:
    facts, places = Home.open(home).facts, hosting.Places.read(home)
    told = ("--rpc", places.rpc_url, "--tournament", facts.contracts["tournament"])
    for name in NAMES:
        erarium("model", "create", name, "--models", models, *told, "--lake", home / "lake")
        erarium("model", "deposit", "500", "--models", models, "--model", name)


def rounds(models: Path) -> dict[int, dict[str, object]]:
    listed = json.loads(erarium("rounds", "--models", models, "--model", "one", "--json", "-"))
    return {each["round_id"]: each for each in listed["rounds"]}


def open_round(models: Path) -> int:
    return next((n for n, each in rounds(models).items() if each["status"] == "open"), 0)


def submit(home: Path, models: Path, round_id: int) -> None:
    dataset = Dataset.open(Lake(home / "lake"), f"live_{round_id}")
    ids = list(dataset.ids(dataset.live.name))
    for seed, name in enumerate(NAMES):
        file = models / f"{name}.parquet"
        values = np.random.default_rng(seed).random(len(ids))
        parquet.write_table(pa.table({"id": ids, "prediction": values}), file)
        at = ("--round", round_id, "--at-risk", "50")
        erarium("submit", file, "--models", models, "--model", name, *at)


def test_round__on_a_fast_market__runs_from_open_to_settled_by_schedule_alone(tmp_path):
    home, models = tmp_path / "home", tmp_path / "models"
    try:
        erarium("up", "--home", home, *MARKET, *live_homes.ports())
        create_models(home, models)

        round_id = live_homes.wait_for(lambda: open_round(models))
        submit(home, models, round_id)
        live_homes.wait_for(lambda: rounds(models)[round_id]["status"] == "booked")
        live_homes.wait_for(lambda: rounds(models)[round_id]["status"] != "booked")
        live_homes.wait_for(lambda: rounds(models)[round_id]["status"] == "final")
        live_homes.wait_for(lambda: rounds(models)[round_id]["locked"] == "0")

        verified = erarium("verify", "--home", home, "--round", round_id)
        days = sorted((home / "lake" / "rounds" / str(round_id) / "days").glob("*.json"))
    finally:
        if Home.exists(home):
            hosting.stop_all(Home.open(home))
    assert verified.rstrip().endswith("checks hold")
    assert days
    print(f"round {round_id}: {len(NAMES)} models, from open to settled by schedule alone")
