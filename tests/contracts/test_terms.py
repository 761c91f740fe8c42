"""Bounds of parameters and terms, in the contract and in the core, beside the last legal value."""

from dataclasses import astuple, replace

import boa
import pytest

from tasks.core.errors import InputError
from tasks.core.money.units import RoundId
from tasks.core.protocol import terms as protocol
from tests.contracts import evm
from tests.contracts.game import START, Game, parameters, reverts, terms

DAY = 86_400
WINDOWS, BONDS, SHARES = "bad windows", "bad bonds", "bad shares"
PUBLIC = {
    "exclusive": DAY,
    "challenge": DAY,
    "ruling": 2 * DAY,
    "claim": 7 * DAY,
    "bond_bps": 100,
    "bond_floor": 1,
    "duty_bond": 1,
    "round_share_bps": 1_000,
    "week_share_bps": 2_000,
}
PARAMETER_BOUNDS = [
    # chain, field, last legal value, first illegal one, reason
    (evm.PRIVATE, "exclusive", 7 * DAY, 7 * DAY + 1, WINDOWS),
    (evm.PRIVATE, "challenge", 14 * DAY, 14 * DAY + 1, WINDOWS),
    (evm.PRIVATE, "ruling", 30 * DAY, 30 * DAY + 1, WINDOWS),
    (evm.PRIVATE, "claim", 90 * DAY, 90 * DAY + 1, WINDOWS),
    (evm.PRIVATE, "claim", 60, 59, WINDOWS),
    (evm.PRIVATE, "bond_bps", 2_000, 2_001, BONDS),
    (evm.PRIVATE, "bond_floor", 2**128 - 1, 2**128, BONDS),
    (evm.PRIVATE, "duty_bond", 2**128 - 1, 2**128, BONDS),
    (evm.PRIVATE, "round_share_bps", 2_000, 2_001, SHARES),
    (evm.PRIVATE, "week_share_bps", 4_000, 4_001, SHARES),
    (evm.PUBLIC, "exclusive", DAY, DAY - 1, WINDOWS),
    (evm.PUBLIC, "challenge", DAY, DAY - 1, WINDOWS),
    (evm.PUBLIC, "ruling", 2 * DAY, 2 * DAY - 1, WINDOWS),
    (evm.PUBLIC, "claim", 7 * DAY, 7 * DAY - 1, WINDOWS),
    (evm.PUBLIC, "bond_bps", 100, 99, BONDS),
    (evm.PUBLIC, "bond_floor", 1, 0, BONDS),
    (evm.PUBLIC, "duty_bond", 1, 0, BONDS),
    (evm.PUBLIC, "round_share_bps", 1_000, 1_001, SHARES),
    (evm.PUBLIC, "week_share_bps", 2_000, 2_001, SHARES),
]
LIFE = 180 * DAY
LATEST = START + LIFE - 200 - 300
TERMS_BOUNDS = [
    # legal changes, illegal ones on top, reason; windows are those of game.parameters
    ({}, {"opens": START - 1}, "bad opening"),
    ({"closes": START + 60}, {"closes": START + 59}, "bad entry window"),
    ({"book_by": START + 120}, {"book_by": START + 119}, "bad book window"),
    (
        {"book_by": START + 60 + DAY, "resolves": START + 2 * DAY, "propose_by": START + 3 * DAY},
        {"book_by": START + 61 + DAY},
        "bad book window",
    ),
    ({}, {"resolves": START + 119}, "book too late"),
    ({}, {"propose_by": START + 919}, "no time to propose"),
    ({}, {"resolves": 2**64 - 1}, "no time to propose"),
    ({}, {"closes": 2**64 - 1}, "bad book window"),
    ({"propose_by": LATEST}, {"propose_by": LATEST + 1}, "life too long"),
    ({"threshold": 2**128 - 1}, {"threshold": 2**128}, "bad threshold"),
    ({"smallest_stake": 1_000}, {"smallest_stake": 999}, "bad smallest stake"),
    ({"clip_nano": 250_000_000}, {"clip_nano": 250_000_001}, "bad clip"),
    ({"profit_clip_nano": 250_000_000}, {"profit_clip_nano": 250_000_001}, "bad clip"),
]


@pytest.mark.parametrize(("chain_id", "field", "legal", "illegal", "reason"), PARAMETER_BOUNDS)
def test_parameters__at_a_bound_and_beyond__contract_and_core_agree(
    game, chain_id, field, legal, illegal, reason
):
    boa.env.evm.patch.chain_id = chain_id
    base = replace(game.parameters, **PUBLIC) if chain_id == evm.PUBLIC else game.parameters
    good, bad = replace(base, **{field: legal}), replace(base, **{field: illegal})

    game.tournament.set_parameters(astuple(good), sender=game.people["owner"])
    protocol.check_parameters(good, chain_id=chain_id)

    with reverts(reason):
        game.tournament.set_parameters(astuple(bad), sender=game.people["owner"])
    with pytest.raises(InputError, match=field):
        protocol.check_parameters(bad, chain_id=chain_id)


@pytest.mark.parametrize("edge", [0x455200000000, 0x4552FFFFFFFF])
def test_zero_windows__on_the_edges_of_the_private_chains__are_legal(edge):
    boa.env.evm.patch.chain_id = edge

    Game(exclusive=0, challenge=0, ruling=0, bond_bps=0, bond_floor=0, duty_bond=0)


@pytest.mark.parametrize("beyond", [0x4551FFFFFFFF, 0x455300000000])
def test_zero_windows__beyond_the_private_chains__revert(beyond):
    boa.env.evm.patch.chain_id = beyond

    with reverts(WINDOWS):
        Game(exclusive=0, challenge=0, ruling=0, bond_bps=0, bond_floor=0, duty_bond=0)


@pytest.mark.parametrize(("legal", "illegal", "reason"), TERMS_BOUNDS)
def test_terms__at_a_bound_and_beyond__contract_and_core_agree(game, legal, illegal, reason):
    good = replace(terms(START), **legal)
    bad = replace(good, **illegal)

    with reverts(reason):
        _open(game, bad)
    with pytest.raises(InputError):
        _check(game, bad)

    _open(game, good)
    _check(game, good)


def test_terms__opening_a_life_ahead__is_the_latest(game):
    with reverts("bad opening"):
        _open(game, terms(START + LIFE + 1))

    _open(game, terms(START + LIFE))


def test_terms__public_chain__needs_an_entry_window_of_an_hour(game):
    boa.env.evm.patch.chain_id = evm.PUBLIC
    long = replace(
        terms(START),
        closes=START + 3_600,
        book_by=START + 3_660,
        resolves=START + DAY,
        propose_by=START + 2 * DAY,
    )

    with reverts("bad entry window"):
        _open(game, replace(long, closes=START + 3_599))
    _open(game, long)


@pytest.mark.parametrize("who", ["nobody", "operator"])
def test_open__challenge_without_an_arbiter_apart__reverts(game, who):
    arbiter = game.people.get(who, "0x" + "00" * 20)
    bad = parameters(arbiter)
    game.tournament.set_parameters(astuple(bad), sender=game.people["owner"])

    with reverts("bad arbiter"):
        game.open()
    with pytest.raises(InputError, match="arbiter"):
        protocol.check_terms(
            terms(START),
            bad,
            operator=game.people["operator"],
            now=START,
            chain_id=evm.PRIVATE,
        )


def test_open__no_challenge_window__needs_no_arbiter(game):
    free = parameters("0x" + "00" * 20, challenge=0)
    game.tournament.set_parameters(astuple(free), sender=game.people["owner"])

    game.open()

    assert game.status() == 2


def test_open__by_another__reverts(game):
    with reverts("not the operator"):
        game.tournament.open_round(1, astuple(terms(START)), sender=game.people["owner"])


def test_open__twice__reverts(game):
    game.open()

    with reverts("round exists"):
        game.open()


def test_open__small_purse__reverts(game):
    purse = game.free("operator", "")
    game.tournament.withdraw("", purse - 7 * 10**18 + 1, sender=game.people["operator"])

    with reverts("free too small"):
        game.open()


def test_open__config__is_the_cores_digest(game):
    made = game.open(number=77)

    expected = protocol.config_digest(RoundId(77), game.people["operator"], game.parameters, made)

    assert game.tournament.round_facts(77).config == expected
    assert game.tournament.logs[-1].config == expected


def test_open__windows_of_zero__leave_a_minute_to_propose(game):
    zero = replace(game.parameters, exclusive=0, challenge=0, ruling=0)
    game.tournament.set_parameters(astuple(zero), sender=game.people["owner"])
    good = replace(terms(START), propose_by=START + 180)
    bad = replace(good, propose_by=START + 179)

    with reverts("no time to propose"):
        _open(game, bad)
    with pytest.raises(InputError, match="propose_by"):
        protocol.check_terms(
            bad, zero, operator=game.people["operator"], now=START, chain_id=evm.PRIVATE
        )
    _open(game, good)


def test_set_parameters__mid_round__leaves_the_round_alone(game):
    game.open()
    before = game.tournament.round_facts(1)

    game.tournament.set_parameters(
        astuple(replace(game.parameters, challenge=1, duty_bond=0, arbiter=game.people["bob"])),
        sender=game.people["owner"],
    )
    game.tournament.set_operator(game.people["bob"], sender=game.people["owner"])

    assert game.tournament.round_facts(1) == before
    game.enter("ann", 10**18)
    game.at(START + 60)
    game.book()


def test_owners_calls__by_another__revert(game):
    with reverts("not the owner"):
        game.tournament.set_parameters(astuple(game.parameters), sender=game.people["operator"])
    with reverts("not the owner"):
        game.tournament.set_operator(game.people["bob"], sender=game.people["operator"])


def test_set_operator__nobody__reverts(game):
    with reverts("no operator"):
        game.tournament.set_operator("0x" + "00" * 20, sender=game.people["owner"])


def _open(game, made):
    with boa.env.anchor():
        game.tournament.open_round(1, astuple(made), sender=game.people["operator"])


def _check(game, made):
    protocol.check_terms(
        made,
        game.parameters,
        operator=game.people["operator"],
        now=START,
        chain_id=evm.PRIVATE,
    )


def test_owner__names_operator_and_parameters__logs_both(game):
    owner, ann = game.people["owner"], game.people["ann"]
    wider = replace(game.parameters, claim=2_000)

    game.tournament.set_operator(ann, sender=owner)
    named = game.tournament.logs
    game.tournament.set_parameters(astuple(wider), sender=owner)

    assert [(event.event, event.operator) for event in named] == [("OperatorSet", ann.lower())]
    (event,) = game.tournament.logs
    assert (event.event, event.parameters.claim) == ("ParametersSet", 2_000)
