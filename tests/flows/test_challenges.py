"""A round whose settlement is disputed: what the operator's stages and `verify` make of it."""

import dataclasses

import pytest

from tasks.core.money.units import WAD, Wei
from tasks.core.protocol import identity, status
from tasks.core.protocol.events import Voided
from tests import chains, tournaments
from tests.flows import entries, steps

HOUR = 3_600
PURSE = Wei(1_000 * WAD)


@pytest.fixture
def disputed(fresh):
    """Return a tournament with bonds and windows, and its first round at the time to resolve."""
    keys, chain = fresh.opened.keys, fresh.opened.chain
    windows = dataclasses.replace(
        chain.tournament.parameters(),
        **dict.fromkeys(("exclusive", "challenge", "ruling"), HOUR),
        bond_bps=500,
        bond_floor=Wei(10 * WAD + 1),
        duty_bond=Wei(10 * WAD),
    )
    send(fresh, chain.tournament.set_parameters(windows), keys.signer("guardian"))
    deployer = keys.signer("deployer")
    send(fresh, chain.token.approve(chain.tournament.address, Wei(3 * PURSE)), deployer)
    for owner in (fresh.opened.operator.address, loser(fresh).signer.address):
        send(fresh, chain.tournament.deposit(owner, "", PURSE), deployer)
    round_id = fresh.rounds[0]
    steps.start(fresh, round_id)
    entries.enter(fresh, round_id, fresh.clients)
    steps.close(fresh, round_id)
    fresh.advance(steps.times(fresh, round_id)["resolves"])
    return fresh


def send(tournament, write, signer):
    opened = tournament.opened
    opened.chain.send(write, signer, opened.journal, purpose=chains.purpose())


def loser(tournament):
    return tournament.clients["random"]


def arbiter(tournament):
    return tournament.opened.keys.signer("arbiter")


def purse(tournament, signer):
    return tournament.opened.chain.tournament.free(identity.model_id(signer.address, ""))


def test_resolve__challenged_for_nothing__is_upheld_settled_and_verifies(disputed):
    contract, round_id = disputed.opened.chain.tournament, disputed.rounds[0]
    tournaments.resolve(disputed.opened, round_id)
    proposed = contract.proposal(round_id)
    send(disputed, contract.challenge(round_id, proposed.root, "mine"), loser(disputed).signer)
    meanwhile = contract.status(round_id)
    tournaments.resolve(disputed.opened, round_id)

    send(disputed, contract.rule(round_id, proposed.root, True, "same"), arbiter(disputed))
    disputed.settle(round_id)

    assert meanwhile == status.CHALLENGED
    assert contract.status(round_id) == status.FINAL
    assert len(contract.proposed(round_id)) == 1
    assert len(contract.settled(round_id)) == len(disputed.clients)
    half = proposed.bond // 2
    assert purse(disputed, disputed.opened.operator) == PURSE + half
    assert purse(disputed, loser(disputed).signer) == PURSE - proposed.bond
    assert contract.in_rounds() == 0
    assert steps.failed(disputed) == []


def test_resolve__false_root_of_a_stranger_is_voided__is_proposed_again_and_verifies(disputed):
    contract, round_id = disputed.opened.chain.tournament, disputed.rounds[0]
    disputed.advance(steps.times(disputed, round_id)["resolves"] + HOUR)
    false = [b"\6" * 32] * 3
    send(disputed, contract.propose(round_id, *false, "false"), loser(disputed).signer)
    operator = disputed.opened.operator
    send(disputed, contract.challenge(round_id, false[0], "ours"), operator)
    send(disputed, contract.rule(round_id, false[0], False, "false"), arbiter(disputed))

    tournaments.resolve(disputed.opened, round_id)
    disputed.advance(contract.final_at(round_id))
    disputed.settle(round_id)

    assert contract.proposed(round_id)[0].root == false[0]
    assert len(contract.settled(round_id)) == len(disputed.clients)
    assert purse(disputed, operator) == PURSE + contract.proposed(round_id)[0].bond // 2
    assert steps.failed(disputed) == []


def test_resolve__own_root_was_ruled_wrong__is_not_proposed_again(disputed, caplog):
    contract, round_id = disputed.opened.chain.tournament, disputed.rounds[0]
    tournaments.resolve(disputed.opened, round_id)
    root = contract.proposal(round_id).root
    send(disputed, contract.challenge(round_id, root, "mine"), loser(disputed).signer)
    send(disputed, contract.rule(round_id, root, False, "wrong"), arbiter(disputed))

    tournaments.resolve(disputed.opened, round_id)

    assert contract.status(round_id) == status.RESOLVING
    assert len(contract.proposed(round_id)) == 1
    assert "ruled wrong" in caplog.text


def test_resolve__arbiter_was_silent__is_proposed_again(disputed):
    contract, round_id = disputed.opened.chain.tournament, disputed.rounds[0]
    tournaments.resolve(disputed.opened, round_id)
    root = contract.proposal(round_id).root
    send(disputed, contract.challenge(round_id, root, "mine"), loser(disputed).signer)
    disputed.advance(disputed.opened.chain.now() + HOUR)

    tournaments.resolve(disputed.opened, round_id)

    events = contract.events()
    assert [event.root for event in events if isinstance(event, Voided)] == [root]
    assert [event.root for event in contract.proposed(round_id)] == [root, root]
    assert contract.status(round_id) == status.PROPOSED
    assert steps.failed(disputed) == []
