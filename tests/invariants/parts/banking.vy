# pragma version 0.4.3
"""
@title Calls that only move money
@license Apache-2.0
@notice Deposits, withdrawals, gifts, donations, minting and burning, by any of the people.
"""

from contracts import token
from contracts import tournament
from tests.invariants.parts import cheats
from tests.invariants.parts import papers
from tests.invariants.parts import ranges
from tests.invariants.parts import shadow
from tests.invariants.parts import world

uses: world
uses: shadow
uses: papers


@external
def bank(kind_word: uint256, person_word: uint256, amount_word: uint256, flag: bool):
    """
    @dev One of the calls below, so that all of them together are as likely as one call of a round.
    @param kind_word Which of them.
    @param person_word Who calls.
    @param amount_word See `_amount`.
    @param flag Whether there is something special to it.
    """
    person: uint256 = person_word % world.PEOPLE
    kind: uint256 = kind_word % 9
    if kind == 0:
        self._deposit(person, amount_word, flag)
    elif kind == 1:
        self._deposit_with_permit(person, amount_word, flag)
    elif kind == 2:
        self._approve(person, amount_word)
    elif kind == 3:
        self._withdraw(person, amount_word, person_word // 4 % 2 == 0, flag)
    elif kind == 4:
        self._fund(person, person_word // 4 % 5 % 3, amount_word)
    elif kind == 5:
        self._donate(person, amount_word)
    elif kind == 6:
        self._mint(person, amount_word, flag)
    elif kind == 7:
        self._burn(person, amount_word, flag)
    else:
        self._sweep(person)
    shadow._watch(False)


@internal
def _deposit(person: uint256, amount_word: uint256, to_purse: bool):
    """
    @dev A person adds to his model or purse.
    """
    amount: uint256 = self._amount(amount_word, world._balance(world.people[person]))
    name: String[32] = "" if to_purse else "m"
    data: Bytes[228] = abi_encode(
        world.people[person], name, amount, method_id=method_id("deposit(address,string,uint256)")
    )
    legal: bool = amount > 0 and amount <= self._allowance(person)
    done: bool = world._play(world.DEPOSIT, world.people[person], data)
    shadow._require(done == legal, shadow.DUE, "a deposit")
    if done:
        if to_purse:
            shadow.purse[person] += amount
        else:
            shadow.free[person] += amount


@internal
def _deposit_with_permit(person: uint256, amount_word: uint256, late: bool):
    """
    @dev A person pays for the next one's model by a permit, of which a late one changes nothing:
         the allowance decides.
    """
    other: uint256 = (person + 1) % world.PEOPLE
    amount: uint256 = self._amount(amount_word, world._balance(world.people[person]))
    deadline: uint256 = block.timestamp - (1 if late else 0)
    v: uint8 = 0
    r: bytes32 = empty(bytes32)
    s: bytes32 = empty(bytes32)
    v, r, s = staticcall cheats(world.VM).sign(
        world._key(person), papers._permit(world.people[person], amount, deadline)
    )
    name: String[32] = "m"
    data: Bytes[356] = abi_encode(
        world.people[other],
        name,
        amount,
        deadline,
        v,
        r,
        s,
        method_id=method_id(
            "deposit_with_permit(address,string,uint256,uint256,uint8,bytes32,bytes32)"
        ),
    )
    allowance: uint256 = self._allowance(person)
    done: bool = world._play(world.DEPOSIT_WITH_PERMIT, world.people[person], data)
    allowed: bool = amount <= allowance or not late
    shadow._require(done == (amount > 0 and allowed), shadow.DUE, "a deposit by permit")
    if done:
        shadow.free[other] += amount


@internal
def _approve(person: uint256, amount: uint256):
    """
    @dev A person gives the tournament a small or a large allowance; not a call of the tournament.
    """
    allowance: uint256 = amount if amount % 2 == 0 else max_value(uint256)
    extcall cheats(world.VM).prank(world.people[person])
    assert extcall token.__at__(world.token_at).approve(world.tournament_at, allowance)


@internal
def _withdraw(person: uint256, amount_word: uint256, from_purse: bool, too_much: bool):
    """
    @dev A person takes of his own model or purse, now and then a wei more than there is.
    """
    there: uint256 = shadow.purse[person] if from_purse else shadow.free[person]
    amount: uint256 = self._amount(amount_word, there)
    if too_much and amount_word % 4 == 0:
        amount = there + 1
    name: String[32] = "" if from_purse else "m"
    data: Bytes[164] = abi_encode(name, amount, method_id=method_id("withdraw(string,uint256)"))
    done: bool = world._play(world.WITHDRAW, world.people[person], data)
    shadow._require(done == (amount > 0 and amount <= there), shadow.DUE, "a withdrawal")
    if done:
        if from_purse:
            shadow.purse[person] -= amount
        else:
            shadow.free[person] -= amount


@internal
def _fund(person: uint256, leg: uint256, amount_word: uint256):
    """
    @dev A person gives to a pool; leg 2 does not exist.
    """
    amount: uint256 = self._amount(amount_word, world._balance(world.people[person])) // 8
    data: Bytes[68] = abi_encode(leg, amount, method_id=method_id("fund(uint256,uint256)"))
    legal: bool = leg < shadow.LEGS and amount > 0 and amount <= self._allowance(person)
    done: bool = world._play(world.FUND, world.people[person], data)
    shadow._require(done == legal, shadow.DUE, "a gift to a pool")
    if done:
        shadow.funded[leg] += amount


@internal
def _donate(person: uint256, amount_word: uint256):
    """
    @dev A person sends tokens past the tournament's functions.
    """
    amount: uint256 = self._amount(amount_word, world._balance(world.people[person])) // 1_000
    data: Bytes[68] = abi_encode(
        world.tournament_at, amount, method_id=method_id("transfer(address,uint256)")
    )
    if world._call(world.DONATE, world.people[person], world.token_at, data):
        shadow.donated += amount


@internal
def _mint(person: uint256, amount_word: uint256, too_much: bool):
    """
    @dev The minter makes tokens for a person, now and then a wei more than he may.
    """
    mintable: uint256 = staticcall token.__at__(world.token_at).mintable()
    amount: uint256 = self._amount(amount_word, mintable)
    if too_much and amount_word % 4 == 0:
        amount = mintable + 1
    data: Bytes[68] = abi_encode(
        world.people[person], amount, method_id=method_id("mint(address,uint256)")
    )
    sender: address = world.people[person] if amount_word % 8 == 1 else world.owner
    done: bool = world._call(world.MINT, sender, world.token_at, data)
    legal: bool = sender == world.owner and amount <= mintable
    shadow._require(done == legal, shadow.DUE, "minting")
    if done:
        shadow.minted += amount


@internal
def _burn(person: uint256, amount_word: uint256, too_much: bool):
    """
    @dev A person destroys tokens of his own, now and then a wei more than he has.
    """
    there: uint256 = world._balance(world.people[person])
    amount: uint256 = self._amount(amount_word, there) // 1_000
    if too_much and amount_word % 4 == 0:
        amount = there + 1
    data: Bytes[36] = abi_encode(amount, method_id=method_id("burn(uint256)"))
    if world._call(world.BURN, world.people[person], world.token_at, data):
        shadow.destroyed += amount


@internal
def _sweep(person: uint256):
    """
    @dev Anybody burns what is to be burned.
    """
    amount: uint256 = shadow.burned - shadow.swept
    data: Bytes[4] = method_id("sweep()")
    done: bool = world._play(world.SWEEP, world.people[person], data)
    shadow._require(done == (amount > 0), shadow.DUE, "sweeping")
    if done:
        shadow.swept += amount
        shadow.destroyed += amount


@internal
@view
def _allowance(person: uint256) -> uint256:
    return staticcall token.__at__(world.token_at).allowance(
        world.people[person], world.tournament_at
    )


@internal
@pure
def _amount(word: uint256, most: uint256) -> uint256:
    """
    @dev Makes small amounts as likely as large ones.
    @param word Any word.
    @param most What there is, wei.
    @return At most `most`.
    """
    if word % 2 == 0:
        return ranges._bound(word // 2, 0, most)
    return min(most, word // 2 % (1_000 * world.TOKEN))
