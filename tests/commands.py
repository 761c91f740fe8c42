"""Run the `erarium` command as a person does, and look at what it left behind."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tasks import serving
from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.rpc import Rpc
from tasks.adapters.home import Home
from tasks.adapters.settings import Settings
from tasks.core.money.units import RoundId
from tasks.core.protocol import canonical

PROGRAM = Path(sys.executable).with_name("erarium")
SMALL = (
    *("--simulated-ids", "120", "--simulated-days", "700"),
    *("--rounds", "3", "--modellers", "6"),
)
"""A small tournament's arguments."""

ROUNDS = (135, 136, 137)
"""The rounds that it plays."""

_TIMEOUT_S = 280


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What must not depend on how often a tournament was interrupted."""

    report: dict[str, Any]
    lake: dict[str, str]
    purposes: list[tuple[str, str]]
    settled: dict[int, list[str]]
    blocks: list[str]
    chain: list[str]


def environment(**changes: str) -> dict[str, str]:
    """Return this process's environment, without what would change a run, and with changes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ERARIUM_")}
    return kept | changes


def run(*words: object, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end; keywords go into its environment."""
    return subprocess.run(
        [str(PROGRAM), *map(str, words)],
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )


def play(
    home: Path, *words: object, failpoint: str | None = None, kills: str = "program"
) -> subprocess.CompletedProcess[str]:
    """Play the small tournament in a home; `failpoint` kills it there, or what `kills` says."""
    changes = {} if failpoint is None else broken_at(home, failpoint, kills)
    return run("play", "--home", home, *SMALL, *words, **changes)


def broken_at(home: Path, failpoint: str, kills: str) -> dict[str, str]:
    """Return the environment in which a command of a home kills something at a place."""
    return {
        "ERARIUM_HOME": str(home),
        "ERARIUM_FAILPOINT": failpoint,
        "ERARIUM_FAILPOINT_KILLS": kills,
    }


def start(*words: object, **changes: str) -> subprocess.Popen[str]:
    """Start the command with pipes for what it prints."""
    return subprocess.Popen(
        [str(PROGRAM), *map(str, words)],
        env=environment(**changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def processes_of(home: Path) -> list[str]:
    """Return every process but this one whose arguments or environment name a home."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            words = [*process.cmdline(), *process.environ().values()]
            names_it = any(str(home) in word for word in words)
            if names_it and process.pid != os.getpid():
                found.append(f"{process.pid}: {' '.join(process.cmdline())}")
    return found


def lake_files(home: Path) -> dict[str, str]:
    """Return the digest of every file in a home's lake; of a sealed file, its size alone.

    What a killed run was about to write, and no reader ever follows, does not count.
    """
    root = home / "lake"
    return {
        str(path.relative_to(root)): (
            str(path.stat().st_size)
            if path.suffix == ".sealed"
            else canonical.sha256_hex(path.read_bytes())
        )
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.name.startswith(".part-")
    }


def outcome(home: Path) -> Outcome:
    """Return what a finished home holds; its chain is started to be read."""
    report = json.loads((home / "report.json").read_bytes())
    rounds = [RoundId(entry["round"]) for entry in report["rounds"]]
    with serving.connected(Home.open(home), Settings(home=home)) as chain:
        blocks, sent = _transactions(chain.rpc)
        settled = _settled(chain, rounds)
    return Outcome(
        report=report,
        lake=lake_files(home),
        purposes=purposes(home),
        settled=settled,
        blocks=blocks,
        chain=sent,
    )


def purposes(home: Path) -> list[tuple[str, str]]:
    """Return the purpose and state of every journalled transaction, by journal and purpose."""
    rows = []
    for path in sorted(home.rglob("journal.sqlite")):
        with closing(sqlite3.connect(path)) as database:
            found = database.execute("SELECT purpose, state FROM writes").fetchall()
        rows += [(f"{path.parent.name}: {purpose}", state) for purpose, state in sorted(found)]
    return rows


def prefect_rows(home: Path, query: str) -> list[Any]:
    """Return what a query finds in the database of a home's Prefect server."""
    with closing(sqlite3.connect(home / "prefect" / "prefect.db")) as database:
        return database.execute(query).fetchall()


def _settled(chain: Chain, rounds: Sequence[RoundId]) -> dict[int, list[str]]:
    """Return the model of every Settled event, in each round."""
    events = {number: chain.tournament.settled(number) for number in rounds}
    return {number: [event.model.hex() for event in events[number]] for number in rounds}


def _transactions(rpc: Rpc) -> tuple[list[str], list[str]]:
    """Return the hashes of a chain's blocks and of the transactions in them, in order."""
    last = int(rpc.call("eth_blockNumber"), 16)
    asked = [[hex(number), False] for number in range(last + 1)]
    blocks = rpc.batch("eth_getBlockByNumber", asked)
    hashes = [block["hash"] for block in blocks]
    return hashes, [sent for block in blocks for sent in block["transactions"]]
