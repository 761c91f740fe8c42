"""Found a live home: its chain, its contracts, its first data, and how it goes on."""

import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tasks.adapters import node as nodes
from tasks.adapters.chain.connection import Chain
from tasks.adapters.home import Home
from tasks.adapters.lake import Lake
from tasks.core.data import pace
from tasks.core.data.pace import Pace
from tasks.core.errors import InputError
from tasks.core.money.units import WAD, RoundId, Wei
from tasks.core.protocol import derive, places, purposes, vault_places
from tasks.core.protocol.documents.gifts import Gift
from tasks.core.protocol.documents.vault import LivePace
from tasks.core.protocol.openings import Opening
from tasks.core.protocol.terms import HOUR, Parameters
from tasks.core.rules import Economy
from tasks.stages import dataset, founding, market, snapshots
from tasks.stages.market import Market
from tasks.stages.open_home import Approval, Mode, Site

_PURSE = Wei(20_000 * WAD)
_GAS_TO_GIVE, _FAUCET_GAS = 1_000_000 * 10**18, Wei(10**18)


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


def establish(root: Path, request: LiveRequest) -> Home:
    """Open the live home of a request, or make it.

    Raises:
        HomeError: if the folder is something else, or was made by another request.
        InputError: if the request is not one.
    """
    _check(request)
    if Home.exists(root):
        return Home.open(root, "live", request.arguments())
    chain_id = derive.PRIVATE_CHAINS.start + secrets.randbelow(len(derive.PRIVATE_CHAINS))
    return Home.create(root, "live", None, chain_id, request.arguments())


def write_genesis(site: Site, now: int) -> None:
    """Fix the chain's first block, once; who deploys has gas to give away.

    Args:
        site: of a live home.
        now: the wall clock's time, seconds since 1970.
    """
    home = site.installation
    if (home.node / "genesis.json").exists():
        return
    accounts = {role: site.keys.signer(role).address for role in founding.ROLES}
    rich: dict[str, int] = {accounts["deployer"]: _GAS_TO_GIVE}
    nodes.write_genesis(home, now, list(accounts.values()), rich)


def parameters(request: LiveRequest, arbiter: str) -> Parameters:
    """Return what a live home's rounds copy: bonds, and windows at the market's speed."""
    speed = Pace(day_s=request.market_day_s, founded_at=0, history=0, round_every=1)
    chosen = economy(request)
    return Parameters(
        arbiter=arbiter,
        exclusive=speed.scaled(6 * HOUR, 30),
        challenge=speed.scaled(24 * HOUR, 30),
        ruling=speed.scaled(24 * HOUR, 30),
        claim=chosen.claim_s,
        bond_bps=500,
        bond_floor=Wei(100 * WAD),
        duty_bond=Wei(100 * WAD),
        round_share_bps=chosen.round_share_bps,
        week_share_bps=chosen.week_share_bps,
    )


def economy(request: LiveRequest) -> Economy:
    """Return the amounts of a live home, and its windows at the market's speed."""
    speed = Pace(day_s=request.market_day_s, founded_at=0, history=0, round_every=1)
    usual = Economy()
    return replace(
        usual,
        claim_s=speed.scaled(usual.claim_s, 600),
        propose_window_s=speed.scaled(7 * 24 * HOUR, 600),
    )


def fund(site: Site, chain: Chain) -> None:
    """Fill the stake pool, and the operator's purse for bonds; once."""
    request, journal = request_of(site.installation), site.journal
    amounts, deployer = economy(request), site.keys.signer("deployer")
    founding.grant(site, chain, amounts, {})
    approve = chain.token.approve(chain.deployment.tournament, _PURSE)
    chain.send(approve, deployer, journal, purpose=purposes.APPROVE_PURSE)
    deposit = chain.tournament.deposit(site.keys.signer("operator").address, "", _PURSE)
    chain.send(deposit, deployer, journal, purpose=purposes.FUND_PURSE)
    if request.faucet:
        gift = Gift(tokens=amounts.deposit, gas=_FAUCET_GAS)
        site.lake.publish(places.FAUCET, gift)
        (site.lake.root / places.FAUCET_INBOX).mkdir(parents=True, exist_ok=True)


def first_data(
    site: Site,
    now: Callable[[], int],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Ingest what is known, publish it, then let the market move from there; once.

    Args:
        site: of a live home; the benchmarks are fitted on its executor.
        now: tells the chain's time.
        progress: told how many eras are built, and of how many.

    Raises:
        DataError: if the source cannot be used.
    """
    lake, vault, request = site.lake, site.vault, request_of(site.installation)
    if vault.has(vault_places.PACE):
        return
    begun = now()
    known = market.history_days(request, begun)
    start = Pace(
        day_s=request.market_day_s,
        founded_at=begun,
        history=known,
        round_every=request.round_every,
    )
    today = np.datetime64(begun, "s").astype("datetime64[D]")
    place = Market(source=request, pace=start, today=today)
    if dataset.find(vault) is None:
        market.ingest_new(site, place, begun, progress)
    first = RoundId(int(dataset.newest(vault).first_round))
    snapshots.publish_first(lake, vault, first)
    # A market that stood still while it was ingested: no window may pass before anybody is there.
    moving = replace(start, founded_at=now())
    vault.publish(vault_places.PACE, LivePace(pace=moving, today=str(today)))


def market_of(home: Home) -> Market:
    """Return where a founded live home's prices come from.

    Raises:
        InputError: if it is not founded yet.
    """
    found = Lake(home.vault).seek(vault_places.PACE)
    if found is None:
        raise InputError(f"{home.root} is not founded yet: run `erarium up`")
    return Market(
        source=request_of(home),
        pace=found.pace,
        today=np.datetime64(found.today),
    )


def terms_of(home: Home) -> tuple[Economy, Mode]:
    """Return the amounts of any home, and how its rounds run."""
    if home.facts.kind == "replay":
        return Economy(), founding.mode_of(home)
    return economy(request_of(home)), mode_of(home)


def mode_of(home: Home) -> Mode:
    """Return how a live home's rounds run."""
    request = request_of(home)
    return Mode(pace=market_of(home).pace, approval=request.approval, opening=request.opening)


def _check(request: LiveRequest) -> None:
    if request.prices is not None and request.market_day_s != pace.DAY_S:
        raise InputError("prices of your own have their own days: leave --market-day-s out")
    Opening.parse(request.opening)
    Pace(day_s=request.market_day_s, founded_at=0, history=0, round_every=request.round_every)
