"""Signed entries handed in by somebody else: what lands, what is skipped, what never leaves."""

from dataclasses import replace

import pytest

from tasks.adapters.chain.sending import Order
from tasks.client import relaying
from tasks.core.errors import ChainError
from tasks.core.money.units import WAD, RoundId, Wei
from tasks.core.protocol import identity
from tasks.core.protocol.signed_entries import SignedEntry
from tasks.core.protocol.typed_data import Enter
from tests import chains

_STAKE = Wei(WAD)


@pytest.fixture(scope="module")
def names(local_chain):
    """Return 66 models of carol's, each with ten stakes but the last one, which has none."""
    found = [f"relayed-{number}" for number in range(66)]
    deposit(local_chain, found[:-1])
    return found


def deposit(local, names):
    chain, carol, total = local.chain, local.signers["carol"], Wei(10 * len(names) * _STAKE)
    chains.send(local, chain.token.transfer(carol.address, total))
    chains.send(local, chain.token.approve(chain.tournament.address, total), "carol")
    writes = [chain.tournament.deposit(carol.address, name, Wei(10 * _STAKE)) for name in names]
    made = {"signer": carol, "journal": local.journal}
    chain.send_many([Order(write=each, purpose=chains.purpose(), **made) for each in writes])


def sign(local, round_id, name, **changes):
    """Return carol's signed entry of one of her models."""
    carol, tournament = local.signers["carol"], local.chain.tournament
    fields = {
        "round_id": round_id,
        "config": tournament.facts(round_id).config,
        "model": identity.model_id(carol.address, name),
        "at_risk": _STAKE,
        "commitment": b"\5" * 32,
        "nonce": 1,
        "deadline": local.chain.now() + 3_600,
    }
    message = Enter(**{**fields, **changes})
    return relaying.sign_entry(carol, relaying.tournament_domain(local.chain), name, message)


def relay(local, round_id, entries):
    return relaying.relay(local.chain, local.signers["keeper"], local.journal, round_id, entries)


def test_relay__two_batches_with_bad_ones_at_the_ends__lands_the_others_and_names_the_bad(
    local_chain, names
):
    round_id = chains.open_round(local_chain)
    entries = [sign(local_chain, round_id, name) for name in names]
    entries[0] = replace(entries[0], nonce=2)
    before = local_chain.chain.nonce(local_chain.signers["keeper"].address)

    outcomes = relay(local_chain, round_id, entries)

    reasons = {each.entry.name: each.reason for each in outcomes if not each.landed}
    assert [each.entry for each in outcomes] == entries
    assert reasons == {
        names[0]: "tournament: bad signature",
        names[-1]: "tournament: free too small",
    }
    entered = {event.name for event in local_chain.chain.tournament.entered(round_id)}
    assert entered == set(names[1:-1])
    assert local_chain.chain.nonce(local_chain.signers["keeper"].address) == before + 2


def test_relay__what_no_call_could_carry__is_refused_here_without_holding_up_the_others(
    local_chain, names
):
    round_id = chains.open_round(local_chain)
    other = RoundId(round_id + 10**6)
    sound = sign(local_chain, round_id, names[1])
    endless = replace(sound, name="n" * 33)
    crooked = replace(sound, signature=replace(sound.signature, s=bytes(33)))
    elsewhere = replace(sound, round_id=other)

    outcomes = relay(local_chain, round_id, [endless, crooked, sound, elsewhere])

    assert [each.landed for each in outcomes] == [False, False, True, False]
    assert "33 bytes, more than 32" in outcomes[0].reason
    assert "a bytes32 has 33 bytes" in outcomes[1].reason
    assert f"signed for round {other}, not {round_id}" in outcomes[3].reason
    assert not any("\n" in (each.reason or "") for each in outcomes)
    assert local_chain.chain.tournament.skipped(round_id) == []


def test_relay__again__sends_only_what_has_not_landed(local_chain, names):
    round_id = chains.open_round(local_chain)
    poor = f"poor-{round_id}"
    entries = [sign(local_chain, round_id, name) for name in (names[5], poor)]
    first = relay(local_chain, round_id, entries)
    deposit(local_chain, [poor])

    second = relay(local_chain, round_id, entries)
    block = local_chain.chain.header().number
    third = relay(local_chain, round_id, entries)

    assert [each.landed for each in first] == [True, False]
    assert [each.landed for each in second] == [each.landed for each in third] == [True, True]
    assert local_chain.chain.header().number == block
    assert len(local_chain.chain.tournament.skipped(round_id)) == 1


def test_relay__entry_that_another_handed_in_meanwhile__has_landed(local_chain, names, monkeypatch):
    round_id = chains.open_round(local_chain)
    entry = sign(local_chain, round_id, names[2])
    relay(local_chain, round_id, [entry])
    looks = iter([lambda *_: set(), relaying._landed])
    monkeypatch.setattr(relaying, "_landed", lambda *arguments: next(looks)(*arguments))

    (outcome,) = relay(local_chain, round_id, [entry])

    assert outcome.landed
    (skipped,) = local_chain.chain.tournament.skipped(round_id)
    assert skipped.reason == "tournament: nonce too low"


def test_relay__round_that_is_not_open__sends_nothing(local_chain, names):
    round_id = chains.open_round(local_chain)
    entry = sign(local_chain, round_id, names[3])
    local_chain.node.advance(local_chain.chain.tournament.facts(round_id).terms.closes)

    with pytest.raises(ChainError, match="not open"):
        relay(local_chain, round_id, [entry])


def test_relay__entry_sent_as_a_document__lands_in_its_owners_name(local_chain, names):
    round_id = chains.open_round(local_chain)
    document = sign(local_chain, round_id, names[4], at_risk=Wei(2 * _STAKE)).to_document()

    (outcome,) = relay(local_chain, round_id, [SignedEntry.from_document(document)])

    (event,) = local_chain.chain.tournament.entered(round_id)
    assert outcome.landed
    assert (event.owner, event.name) == (local_chain.signers["carol"].address, names[4])
    assert (event.at_risk, event.nonce) == (2 * _STAKE, 1)


def test_deposit__by_permit__needs_no_allowance_before(local_chain):
    chain, carol = local_chain.chain, local_chain.signers["carol"]
    amount, deadline = Wei(3 * WAD), chain.now() + 60
    chains.send(local_chain, chain.token.transfer(carol.address, amount))
    chains.send(local_chain, chain.token.approve(chain.tournament.address, Wei(0)), "carol")
    name = f"permitted-{next(chains.numbers)}"

    signed = relaying.sign_permit(chain, carol, amount, deadline)
    write = chain.tournament.deposit_with_permit(carol.address, name, amount, deadline, signed)
    chains.send(local_chain, write, "carol")

    assert chain.tournament.free(identity.model_id(carol.address, name)) == amount
    assert chain.token.nonce(carol.address) > 0
    again = chain.tournament.deposit_with_permit(carol.address, name, amount, deadline, signed)
    with pytest.raises(ChainError, match="token: allowance too small"):
        chains.send(local_chain, again, "carol")
