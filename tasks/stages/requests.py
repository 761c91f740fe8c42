"""What a home was founded with, and the amounts and the mode that follow from it."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from tasks.adapters.home import Home
from tasks.adapters.lake import Lake
from tasks.core.data import pace
from tasks.core.data.pace import Pace
from tasks.core.errors import InputError
from tasks.core.protocol import openings, vault_places
from tasks.core.protocol.documents.vault import LivePace
from tasks.core.protocol.openings import Opening
from tasks.core.protocol.terms import HOUR
from tasks.core.rules import Economy
from tasks.stages.open_home import REPLAY, Approval, Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody asks `play` for; it stands in the home, and another one is refused there.

    Attributes:
        prices: file or folder of prices; None for the simulator.
        sectors: sector table; None for none.
        rounds: how many of the last rounds; None for all.
        modellers: how many reference models.
        seed: what keys, salts, names and the simulator follow from.
        simulated_ids: assets of the simulator.
        simulated_days: days of the simulator.
        opening: when predictions are published, see `openings.Opening`.
    """

    prices: str | None = None
    sectors: str | None = None
    rounds: int | None = 12
    modellers: int = 13
    seed: int = 0
    simulated_ids: int = 1_000
    simulated_days: int = 1_800
    opening: str = openings.PUBLIC

    def __post_init__(self) -> None:
        Opening.parse(self.opening)

    def arguments(self) -> dict[str, Any]:
        """Return the request as it stands in `home.json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRequest:
    """What a live home is founded with; it stands in the home, and another one is refused there.

    Attributes:
        prices: file or folder of prices that grows; None for the simulator.
        sectors: sector table; None for none.
        seed: of the simulated market.
        simulated_ids: its assets.
        simulated_days: its history.
        market_day_s: seconds that a day of the simulated market lasts.
        round_every: a round opens over every n-th era.
        approval: whether a person looks at a table before its root is proposed.
        opening: what is published of a resolved round's predictions.
        faucet: whether strangers on this machine are given gas and tokens.
    """

    prices: str | None = None
    sectors: str | None = None
    seed: int = 0
    simulated_ids: int = 1_000
    simulated_days: int = 800
    market_day_s: int = pace.DAY_S
    round_every: int = 1
    approval: Approval = "required"
    opening: str = "public"
    faucet: bool = False

    @property
    def rounds(self) -> int | None:
        """Return None: a live home has no number of rounds."""
        return None

    def arguments(self) -> dict[str, Any]:
        """Return the request as it stands in `home.json`."""
        return asdict(self)


def request_of(home: Home) -> LiveRequest:
    """Return what a live home was founded with."""
    return LiveRequest(**home.facts.arguments)


def economy(request: LiveRequest) -> Economy:
    """Return the amounts of a live home, and its windows at the market's speed."""
    speed = Pace(day_s=request.market_day_s, founded_at=0, history=0, round_every=1)
    usual = Economy()
    return replace(
        usual,
        claim_s=speed.scaled(usual.claim_s, 600),
        propose_window_s=speed.scaled(7 * 24 * HOUR, 600),
    )


def terms_of(home: Home) -> tuple[Economy, Mode]:
    """Return the amounts of any home, and how its rounds run.

    Raises:
        InputError: if it is a live home that is not founded yet.
    """
    if home.facts.kind == "replay":
        return Economy(), replace(REPLAY, opening=Request(**home.facts.arguments).opening)
    return economy(request_of(home)), mode_of(home)


def mode_of(home: Home) -> Mode:
    """Return how a live home's rounds run.

    Raises:
        InputError: if it is not founded yet.
    """
    request = request_of(home)
    return Mode(pace=moves_of(home).pace, approval=request.approval, opening=request.opening)


def moves_of(home: Home) -> LivePace:
    """Return how a live home's market moves, and since when.

    Raises:
        InputError: if it is not founded yet.
    """
    found = Lake(home.vault).seek(vault_places.PACE)
    if found is None:
        raise InputError(f"{home.root} is not founded yet: run `erarium up`")
    return found
