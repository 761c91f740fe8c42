"""What the tests of modellers from outside share: a home with an open round, and files for it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from tasks import granting, modelling
from tasks.client import live
from tasks.client.owning import Facts, Place
from tasks.core.money.units import WAD, RoundId, Wei
from tests.tournaments import Tournament

GRANT = 600 * WAD


def place(tournament: Tournament) -> Place:
    """Return all that an outsider is told."""
    return Place(
        rpc=tournament.node.rpc_url,
        tournament=tournament.opened.chain.tournament.address,
        lake=str(tournament.opened.lake.root),
    )


def create(tournament: Tournament, models: Path, name: str, tokens: int = GRANT) -> Facts:
    """Make a model whose account has tokens and gas."""
    facts = modelling.create(models, name, place(tournament), None)
    granting.grant(tournament.values, facts.owner, Wei(tokens), WAD // 10, "first")
    return facts


def deposit(models: Path, name: str, said: str = "all") -> None:
    with modelling.moved(models, name, "deposit", said, None):
        pass


def words(tournament: Tournament) -> list[str]:
    """Return the options by which a command is told of a home."""
    told = place(tournament)
    return ["--rpc", told.rpc, "--tournament", told.tournament, "--lake", told.lake]


def file(tournament: Tournament, round_id: RoundId, path: Path, seed: int = 0) -> Path:
    """Write predictions of chance for a round's live ids."""
    names = ids(tournament, round_id)
    values = np.random.default_rng(seed).random(len(names))
    return write(path, {"id": names, "prediction": values})


def write(path: Path, columns: Mapping[str, Any]) -> Path:
    parquet.write_table(pa.table(dict(columns)), path)
    return path


def ids(tournament: Tournament, round_id: RoundId) -> list[str]:
    return list(live.read(tournament.opened.chain, tournament.opened.lake, round_id).ids)
