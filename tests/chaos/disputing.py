"""A round with a challenge window, in writes of fixed purposes: it may be killed anywhere."""

from pathlib import Path

from tasks.adapters.chain.rpc_errors import RefusedError
from tasks.adapters.chain.writes import Write
from tasks.core.money.units import WAD, RoundId, Wei
from tasks.core.protocol import identity, status
from tasks.core.protocol.table import Row
from tests import chains
from tests.chains import LocalChain

HOUR = 3_600
BOND = Wei(10 * WAD)
PURSE = Wei(100 * WAD)
WINDOWS = {"challenge": HOUR, "ruling": HOUR, "bond_floor": BOND}
ROUND = RoundId(7)
OPENS = chains.GENESIS_TIME + HOUR

Seen = tuple[int, str, int, int, bool]
"""Chain time, status, when it is final, when the ruling is due, whether a challenge is taken."""


def play_accepted(root: Path) -> None:
    """Play the round of a home whose root nobody challenges."""
    with chains.running(root, **WINDOWS) as local:
        play(local, challenged=False)


def play_challenged(root: Path) -> None:
    """Play the round of a home whose root is challenged and ruled right, at the last second."""
    with chains.running(root, **WINDOWS) as local:
        play(local, challenged=True)


def play(local: LocalChain, *, challenged: bool) -> list[Seen]:
    """Play the round to its end.

    Returns:
        What was seen at each time; nothing of times that had passed when this began.
    """
    contract, seen = local.chain.tournament, []

    def at(moment: int) -> None:
        if local.chain.now() <= moment:
            local.node.advance(moment)
            seen.append(_look(local))

    def send(purpose: str, write: Write, sender: str) -> None:
        chains.send(local, write, sender, purpose)
        seen.append(_look(local))

    terms = chains.terms(OPENS)
    row = Row(model=model(local), return_nano=100_000_000, profit_nano=0)
    root = row.leaf(ROUND)
    _pay_in(local)
    chains.send(local, contract.open_round(ROUND, terms), "operator", "open")
    local.node.advance(max(OPENS, local.chain.now()))
    chains.send(local, contract.enter(ROUND, "m", BOND, b"\5" * 32, 1), "bob", "enter")
    at(terms.closes)
    send("book", contract.record_book(ROUND, b"\6" * 32, "book"), "operator")
    at(terms.resolves)
    send("propose", contract.propose(ROUND, root, b"\7" * 32, b"\x08" * 32, "r"), "operator")
    at(terms.resolves + HOUR - 1)
    if challenged:
        send("challenge", contract.challenge(ROUND, root, "mine"), "alice")
        at(terms.resolves + 2 * HOUR - 2)
        send("rule", contract.rule(ROUND, root, True, "right"), "keeper")
    at(contract.final_at(ROUND))
    send("settle", contract.settle(ROUND, row, []), "keeper")
    return seen


def model(local: LocalChain, owner: str = "bob", name: str = "m") -> bytes:
    """Return the model, or the purse without a name, of an account."""
    return identity.model_id(local.signers[owner].address, name)


def _pay_in(local: LocalChain) -> None:
    contract, address = local.chain.tournament, local.signers
    allowance = local.chain.token.approve(contract.address, Wei(1_000 * WAD))
    chains.send(local, allowance, "deployer", "approve")
    chains.send(local, contract.fund(0, Wei(500 * WAD)), "deployer", "fund")
    for owner in ("operator", "alice"):
        purse = contract.deposit(address[owner].address, "", PURSE)
        chains.send(local, purse, "deployer", f"purse/{owner}")
    stake = contract.deposit(address["bob"].address, "m", PURSE)
    chains.send(local, stake, "deployer", "stake")


def _look(local: LocalChain) -> Seen:
    contract = local.chain.tournament
    proposal = contract.facts(ROUND).proposal
    return (
        local.chain.now(),
        status.NAMES[contract.status(ROUND)],
        contract.final_at(ROUND),
        proposal.rule_by,
        _can_be_challenged(local, proposal.root),
    )


def _can_be_challenged(local: LocalChain, root: bytes) -> bool:
    request = local.chain.tournament.challenge(ROUND, root, "why").request(
        local.signers["alice"].address
    )
    (answer,) = local.chain.rpc.batch("eth_estimateGas", [[request, "latest"]])
    return not isinstance(answer, RefusedError)
