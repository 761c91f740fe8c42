"""Found a live home: its chain, its contracts, its first data, and how it goes on."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from tasks.adapters import node as nodes
from tasks.adapters.chain.connection import Chain
from tasks.adapters.home import Home
from tasks.core.data import pace
from tasks.core.data.pace import Pace
from tasks.core.errors import InputError
from tasks.core.money.units import WAD, RoundId, Wei
from tasks.core.protocol import derive, places, purposes, vault_places
from tasks.core.protocol.documents.gifts import Gift
from tasks.core.protocol.documents.vault import LivePace
from tasks.core.protocol.openings import Opening
from tasks.core.protocol.terms import HOUR, Parameters
from tasks.stages import dataset, founding, market, requests, snapshots
from tasks.stages.market import Market
from tasks.stages.open_home import Site
from tasks.stages.requests import LiveRequest

_PURSE = Wei(20_000 * WAD)
_GAS_TO_GIVE, _FAUCET_GAS = 1_000_000 * 10**18, Wei(10**18)


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
    chosen = requests.economy(request)
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


def fund(site: Site, chain: Chain) -> None:
    """Fill the stake pool, and the operator's purse for bonds; once."""
    request, journal = requests.request_of(site.installation), site.journal
    amounts, deployer = requests.economy(request), site.keys.signer("deployer")
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
    lake, vault, request = site.lake, site.vault, requests.request_of(site.installation)
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
    found = requests.moves_of(home)
    return Market(
        source=requests.request_of(home), pace=found.pace, today=np.datetime64(found.today)
    )


def _check(request: LiveRequest) -> None:
    if request.prices is not None and request.market_day_s != pace.DAY_S:
        raise InputError("prices of your own have their own days: leave --market-day-s out")
    Opening.parse(request.opening)
    Pace(day_s=request.market_day_s, founded_at=0, history=0, round_every=request.round_every)
