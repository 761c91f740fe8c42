"""Found a replay: its home, its accounts, its contracts, and everybody's first tokens."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from tasks.adapters import node as nodes
from tasks.adapters.chain import deploying
from tasks.adapters.chain.connection import Chain, Deployment
from tasks.adapters.chain.sending import Order
from tasks.adapters.home import Home
from tasks.core.money.units import Wei
from tasks.core.protocol import derive, purposes, terms
from tasks.core.protocol.terms import Parameters
from tasks.core.rules import Economy
from tasks.stages.open_home import Site
from tasks.stages.requests import Request

_SLACK_S = 60
"""What the contract wants between the operator's own window and the end of proposals."""

ROLES = ("deployer", "operator", "arbiter", "keeper", "guardian")
"""The accounts of whoever hosts the tournament."""


def establish(root: Path, request: Request) -> Home:
    """Open the home of a request, or make it.

    Raises:
        HomeError: if the folder is something else, or was made by another request.
    """
    if Home.exists(root):
        return Home.open(root, "replay", request.arguments())
    chain_id = derive.chain_id(request.seed)
    return Home.create(root, "replay", request.seed, chain_id, request.arguments())


def write_genesis(site: Site, first_date: str, modellers: Sequence[str]) -> None:
    """Fix the chain's first block: midnight of the panel's first date, gas for every account."""
    timestamp = int(datetime.fromisoformat(f"{first_date}T00:00:00+00:00").timestamp())
    hosts = [site.keys.signer(role).address for role in ROLES]
    nodes.write_genesis(site.installation, timestamp, [*hosts, *modellers])


def parameters(economy: Economy, arbiter: str) -> Parameters:
    """Return a replay's parameters: no challenge and no bonds, on its private chain.

    The operator alone may propose while his window lasts: without a bond and a challenge, a
    stranger's false root would be final at once.
    """
    return Parameters(
        arbiter=arbiter,
        exclusive=economy.propose_window_s - _SLACK_S,
        challenge=0,
        ruling=0,
        claim=economy.claim_s,
        bond_bps=0,
        bond_floor=Wei(0),
        duty_bond=Wei(0),
        round_share_bps=economy.round_share_bps,
        week_share_bps=economy.week_share_bps,
    )


def deploy(
    site: Site, rpc_url: str, economy: Economy, chosen: Parameters | None = None
) -> Deployment:
    """Deploy the contracts of a home, once, and note them in it.

    Args:
        site: whose keys sign, and where that is kept.
        rpc_url: the chain.
        economy: the token's amounts.
        chosen: what rounds copy; a replay's `parameters` if None.

    Raises:
        InputError: if the parameters are out of bounds.
        ChainError: if the chain refuses.
    """
    keys, home = site.keys, site.installation
    chosen = chosen or parameters(economy, keys.signer("arbiter").address)
    terms.check_parameters(chosen, chain_id=home.facts.chain_id)
    owner = keys.signer("guardian").address
    plan = deploying.Plan(
        supply=economy.supply,
        cap=economy.cap,
        yearly_bps=economy.yearly_bps,
        minter=owner,
        owner=owner,
        operator=keys.signer("operator").address,
        salt=keys.secret("deployment-salt"),
        parameters=chosen,
    )
    deployer = keys.signer("deployer")
    deployment = deploying.deploy(rpc_url, home.facts.chain_id, deployer, site.journal, plan)
    home.set_chain(deployment.genesis_hash, deployment.contracts())
    return deployment


def grant(site: Site, chain: Chain, economy: Economy, owners: Mapping[str, str]) -> None:
    """Fund the stake pool and give every modeller's account its first tokens, once.

    Args:
        site: whose deployer holds the supply.
        chain: with both contracts deployed.
        economy: the amounts.
        owners: name of each model -> its owner's address.
    """
    deployer, journal, pool = site.keys.signer("deployer"), site.journal, economy.stake_pool
    approve = chain.token.approve(chain.deployment.tournament, pool)
    chain.send(approve, deployer, journal, purpose=purposes.APPROVE_STAKE_POOL)
    chain.send(chain.tournament.fund(0, pool), deployer, journal, purpose=purposes.FUND_STAKE_POOL)
    orders = [
        Order(
            write=chain.token.transfer(owner, economy.deposit),
            signer=deployer,
            journal=journal,
            purpose=purposes.first_tokens(name),
        )
        for name, owner in owners.items()
    ]
    chain.send_many(orders)
