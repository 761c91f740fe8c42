# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title The tournament's ledger
@license Apache-2.0
@notice The balance sheet, in wei of one token:
        balance = donations + assets;  assets = free + pools + burnable + in rounds,
        where a round holds locked stakes, reserves and bonds. Tokens come in by `deposit` and
        `fund`, leave by `withdraw` and `sweep` only, and leave a pool only as payouts.
@dev A model is keccak256(abi.encode(owner, name)). The empty name is the account's purse, from
     which bonds are taken and to which they return.
"""

from ethereum.ercs import IERC20

from contracts import packing
from contracts import rules


interface IBurnable:
    def burn(amount: uint256): nonpayable


event Deposited:
    model: indexed(bytes32)
    owner: indexed(address)
    name: String[32]
    payer: address
    amount: uint256


event Withdrawn:
    model: indexed(bytes32)
    owner: indexed(address)
    amount: uint256


event Funded:
    leg: indexed(uint256)
    payer: indexed(address)
    amount: uint256


event Swept:
    amount: uint256


event BondReturned:
    round: indexed(uint64)
    account: indexed(address)
    amount: uint256


event BondBurned:
    round: indexed(uint64)
    account: indexed(address)
    amount: uint256


event ReserveReturned:
    round: indexed(uint64)
    leg: indexed(uint256)
    amount: uint256


LEGS: constant(uint256) = 2

# the characters of a name, each a bit by its code: 0-9 and a-z, then also - and _
FIRST_CHARACTERS: constant(uint256) = (2**10 - 1) * 2**48 + (2**26 - 1) * 2**97
CHARACTERS: constant(uint256) = FIRST_CHARACTERS + 2**45 + 2**95

TOKEN: public(immutable(address))
# where burns go if the token has no `burn`; zero if it has
SINK: public(immutable(address))

# model or purse => wei
free: public(HashMap[bytes32, uint256])
# leg => wei
pool: public(uint256[LEGS])
# wei, everything that the contract owes
assets: public(uint256)
# a pair: the sum of `free`; what rounds burned and nobody has swept; wei
sums: uint256
# round => model => a pair: what is locked, wei; the nonce of the last entry
locks: HashMap[uint64, HashMap[bytes32, uint256]]


@deploy
def __init__(token: address, sink: address):
    """
    @dev Fixes the token and the way of its burns.
    @param token The ERC-20 that is staked.
    @param sink Where burns go if the token has no `burn`; zero if it has.
    """
    rules._require(token.is_contract, "tournament: no token")
    rules._require(sink != self and sink != token, "tournament: bad sink")
    TOKEN = token
    SINK = sink


@external
def deposit(owner: address, name: String[32], amount: uint256):
    """
    @dev Adds free stake to a model or, with the empty name, to an account's purse.
    @param owner The model's owner, who alone can enter it and withdraw.
    @param name The model's name: `a-z 0-9 _ -`, a letter or digit first.
    @param amount What the caller pays by his allowance, wei.
    """
    self._deposit(owner, name, amount)


@external
def deposit_with_permit(
    owner: address,
    name: String[32],
    amount: uint256,
    deadline: uint256,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    """
    @dev Lets the caller's permit (EIP-2612) give the allowance, then deposits. The permit may
         fail, for anybody who saw it can have used it before: the allowance decides.
    @param owner The model's owner.
    @param name The model's name.
    @param amount What the caller permits and pays, wei.
    @param deadline The permit's last second.
    @param v The permit's signature by the caller.
    @param r As v.
    @param s As v.
    """
    permit: Bytes[228] = abi_encode(
        msg.sender,
        self,
        amount,
        deadline,
        v,
        r,
        s,
        method_id=method_id("permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"),
    )
    _done: bool = raw_call(TOKEN, permit, revert_on_failure=False)
    self._deposit(owner, name, amount)


@external
def withdraw(name: String[32], amount: uint256):
    """
    @dev Pays free stake of the caller's model or purse out to him.
    @param name The model's name; empty for the purse.
    @param amount How much, wei.
    """
    rules._require(amount > 0, "tournament: no amount")
    model: bytes32 = self._model_of(msg.sender, name)
    self._debit(model, amount)
    self.assets -= amount
    log Withdrawn(model=model, owner=msg.sender, amount=amount)
    self._pay(msg.sender, amount)


@external
def fund(leg: uint256, amount: uint256):
    """
    @dev Gives tokens to a pool; they leave it only as payouts.
    @param leg 0 for the stake pool, 1 for the profit pool.
    @param amount What the caller pays by his allowance, wei.
    """
    rules._require(leg < LEGS, "tournament: no such leg")
    self._owe(amount)
    self.pool[leg] += amount
    log Funded(leg=leg, payer=msg.sender, amount=amount)
    self._receive(amount)


@external
def sweep():
    """
    @dev Burns what the rounds left to burn; anyone may.
    """
    amount: uint256 = packing._low(self.sums)
    rules._require(amount > 0, "tournament: nothing to burn")
    self.sums = packing._minus(self.sums, 0, amount)
    self.assets -= amount
    log Swept(amount=amount)
    if SINK == empty(address):
        extcall IBurnable(TOKEN).burn(amount)
    else:
        self._pay(SINK, amount)


@external
@pure
def model_of(owner: address, name: String[32]) -> bytes32:
    """
    @dev A model's id, or an account's purse for the empty name.
    @param owner The owner.
    @param name The model's name.
    @return keccak256 of both.
    """
    return self._model_of(owner, name)


@external
@view
def locked(round: uint64, model: bytes32) -> uint256:
    """
    @dev What a model has locked in a round and not got back.
    @param round The round.
    @param model The model.
    @return wei.
    """
    return packing._high(self.locks[round][model])


@external
@view
def nonces(round: uint64, model: bytes32) -> uint256:
    """
    @dev The nonce of a model's last entry into a round.
    @param round The round.
    @param model The model.
    @return The nonce; 0 before the first entry and once the stake is settled or released.
    """
    return packing._low(self.locks[round][model])


@external
@view
def total_free() -> uint256:
    """
    @dev The sum of all free stakes and purses.
    @return wei.
    """
    return packing._high(self.sums)


@external
@view
def burnable() -> uint256:
    """
    @dev What rounds burned and nobody has swept.
    @return wei.
    """
    return packing._low(self.sums)


@external
@view
def in_rounds() -> uint256:
    """
    @dev What all rounds hold: stakes that are locked, what is left of the reserves, bonds.
    @return wei.
    """
    owed: uint256 = packing._high(self.sums) + packing._low(self.sums)
    return self.assets - owed - self.pool[0] - self.pool[1]


@internal
@pure
def _model_of(owner: address, name: String[32]) -> bytes32:
    return keccak256(abi_encode(owner, name))


@internal
@pure
def _check_name(name: String[32]):
    """
    @dev Refuses a name that would not read the same everywhere: strings in a log may be any
         bytes, and those that are not UTF-8 would stop whoever reads it.
    @param name The name; the empty one, the purse's, passes.
    """
    allowed: uint256 = FIRST_CHARACTERS
    rest: uint256 = convert(convert(convert(name, Bytes[32]), bytes32), uint256)
    for _i: uint256 in range(len(name), bound=32):
        rules._require((allowed >> (rest >> 248)) & 1 == 1, "tournament: bad name")
        allowed = CHARACTERS
        rest = rest << 8


@internal
def _deposit(owner: address, name: String[32], amount: uint256):
    rules._require(owner != empty(address), "tournament: no owner")
    # the only gate: without a deposit a model has no free stake, hence no entry and no lock
    self._check_name(name)
    self._owe(amount)
    model: bytes32 = self._model_of(owner, name)
    self._credit(model, amount)
    log Deposited(model=model, owner=owner, name=name, payer=msg.sender, amount=amount)
    self._receive(amount)


@internal
def _credit(model: bytes32, amount: uint256):
    self.free[model] += amount
    self.sums += packing._pair(amount, 0)


@internal
def _debit(model: bytes32, amount: uint256):
    before: uint256 = self.free[model]
    rules._require(before >= amount, "tournament: free too small")
    self.free[model] = before - amount
    self.sums = packing._minus(self.sums, amount, 0)


@internal
def _burn(amount: uint256):
    self.sums += packing._pair(0, amount)


@internal
def _lock(round: uint64, model: bytes32, amount: uint256, nonce: uint64):
    """
    @dev Raises a model's lock and notes its entry's nonce.
    @param round The round.
    @param model The model.
    @param amount What is added to the lock, wei.
    @param nonce The entry's nonce.
    """
    self._debit(model, amount)
    locked: uint256 = packing._high(self.locks[round][model]) + amount
    self.locks[round][model] = packing._pair(locked, convert(nonce, uint256))


@internal
def _unlock(round: uint64, model: bytes32) -> uint256:
    """
    @dev Takes a model's whole lock out of a round; the caller says where it goes.
    @param round The round.
    @param model The model.
    @return wei; 0 if nothing was locked.
    """
    amount: uint256 = packing._high(self.locks[round][model])
    self.locks[round][model] = 0
    return amount


@internal
def _take_bond(account: address, amount: uint256):
    self._debit(self._model_of(account, ""), amount)


@internal
def _return_bond(round: uint64, account: address, amount: uint256):
    """
    @dev Pays what a round held of bonds to an account's purse.
    @param round The round.
    @param account The account.
    @param amount wei; nothing happens if it is 0.
    """
    if amount > 0:
        self._credit(self._model_of(account, ""), amount)
        log BondReturned(round=round, account=account, amount=amount)


@internal
def _burn_bond(round: uint64, account: address, amount: uint256):
    """
    @dev Burns what a round held of an account's bond.
    @param round The round.
    @param account Who gave it.
    @param amount wei; nothing happens if it is 0.
    """
    if amount > 0:
        self._burn(amount)
        log BondBurned(round=round, account=account, amount=amount)


@internal
def _return_reserve(round: uint64, leg: uint256, amount: uint256):
    """
    @dev Gives what is left of a round's reserve back to its pool.
    @param round The round.
    @param leg The leg.
    @param amount wei; nothing happens if it is 0.
    """
    if amount > 0:
        self.pool[leg] += amount
        log ReserveReturned(round=round, leg=leg, amount=amount)


@internal
def _owe(amount: uint256):
    """
    @dev Notes what is about to be received. All amounts together stay below 2**128, so every one
         of them, and every product with WAD and NANO, fits where it is kept.
    @param amount wei.
    """
    rules._require(amount > 0, "tournament: no amount")
    rules._require(amount <= rules.MAX_AMOUNT - self.assets, "tournament: too large")
    self.assets += amount


@internal
def _receive(amount: uint256):
    """
    @dev Takes exactly `amount` from the caller, so that a token with a fee is refused.
    @param amount wei.
    """
    before: uint256 = staticcall IERC20(TOKEN).balanceOf(self)
    assert extcall IERC20(TOKEN).transferFrom(
        msg.sender, self, amount, default_return_value=True
    ), "tournament: transfer failed"
    after: uint256 = staticcall IERC20(TOKEN).balanceOf(self)
    rules._require(after == before + amount, "tournament: wrong amount")


@internal
def _pay(to: address, amount: uint256):
    assert extcall IERC20(TOKEN).transfer(
        to, amount, default_return_value=True
    ), "tournament: transfer failed"
