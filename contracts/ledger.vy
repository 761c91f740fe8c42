# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title The tournament's ledger
@license Apache-2.0
@notice The balance sheet, in wei of one token:
        balance = donations + free + locked + reserved + pools + bonds + burnable.
        Tokens leave by `withdraw` and `sweep` only; pools leave only as payouts.
@dev A model is keccak256(abi.encode(owner, name)). The empty name is the account's purse, from
     which bonds are taken and to which they return.
"""

from ethereum.ercs import IERC20

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

# model or purse => wei
free: public(HashMap[bytes32, uint256])
# round => model => wei
locked: public(HashMap[uint64, HashMap[bytes32, uint256]])
# leg => wei
pool: public(uint256[LEGS])
# leg => wei, the sum of the rounds' reserves
reserved: public(uint256[LEGS])
# wei, the sums of `free`, of `locked` and of the bonds that rounds hold
total_free: public(uint256)
total_locked: public(uint256)
bonds: public(uint256)
# wei, burned by rounds and not swept yet
burnable: public(uint256)


@deploy
def __init__(token: address):
    """
    @dev Fixes the token.
    @param token The ERC-20 that is staked; it has `burn`.
    """
    assert token.is_contract, "tournament: no token"
    TOKEN = token


@external
def deposit(owner: address, name: String[32], amount: uint256):
    """
    @dev Adds free stake to a model or, with the empty name, to an account's purse.
    @param owner The model's owner, who alone can enter it and withdraw.
    @param name The model's name: `a-z 0-9 _ -`, a letter or digit first.
    @param amount What the caller pays by his allowance, wei.
    """
    assert owner != empty(address), "tournament: no owner"
    # the only gate: without a deposit a model has no free stake, hence no entry and no lock
    self._check_name(name)
    model: bytes32 = self._model_of(owner, name)
    self._credit(model, amount)
    log Deposited(model=model, owner=owner, name=name, payer=msg.sender, amount=amount)
    self._receive(amount)


@external
def withdraw(name: String[32], amount: uint256):
    """
    @dev Pays free stake of the caller's model or purse out to him.
    @param name The model's name; empty for the purse.
    @param amount How much, wei.
    """
    assert amount > 0, "tournament: no amount"
    model: bytes32 = self._model_of(msg.sender, name)
    self._debit(model, amount)
    log Withdrawn(model=model, owner=msg.sender, amount=amount)
    assert extcall IERC20(TOKEN).transfer(
        msg.sender, amount, default_return_value=True
    ), "tournament: transfer failed"


@external
def fund(leg: uint256, amount: uint256):
    """
    @dev Gives tokens to a pool; they leave it only as payouts.
    @param leg 0 for the stake pool, 1 for the profit pool.
    @param amount What the caller pays by his allowance, wei.
    """
    assert leg < LEGS, "tournament: no such leg"
    self.pool[leg] += amount
    log Funded(leg=leg, payer=msg.sender, amount=amount)
    self._receive(amount)


@external
def sweep():
    """
    @dev Burns what the rounds left to burn; anyone may.
    """
    amount: uint256 = self.burnable
    assert amount > 0, "tournament: nothing to burn"
    self.burnable = 0
    log Swept(amount=amount)
    extcall IBurnable(TOKEN).burn(amount)


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
        assert (allowed >> (rest >> 248)) & 1 == 1, "tournament: bad name"
        allowed = CHARACTERS
        rest = rest << 8


@internal
def _credit(model: bytes32, amount: uint256):
    self.free[model] += amount
    self.total_free += amount


@internal
def _debit(model: bytes32, amount: uint256):
    before: uint256 = self.free[model]
    assert before >= amount, "tournament: free too small"
    self.free[model] = before - amount
    self.total_free -= amount


@internal
def _lock(round: uint64, model: bytes32, amount: uint256):
    self._debit(model, amount)
    self.locked[round][model] += amount
    self.total_locked += amount


@internal
def _unlock(round: uint64, model: bytes32) -> uint256:
    """
    @dev Takes a model's whole lock out of a round; the caller says where it goes.
    @param round The round.
    @param model The model.
    @return wei; 0 if nothing was locked.
    """
    amount: uint256 = self.locked[round][model]
    self.locked[round][model] = 0
    self.total_locked -= amount
    return amount


@internal
def _take_bond(account: address, amount: uint256):
    self._debit(self._model_of(account, ""), amount)
    self.bonds += amount


@internal
def _end_bond(round: uint64, account: address, amount: uint256, burned: bool):
    """
    @dev Returns a bond to the purse that it was taken from, or burns it.
    @param round The round that held it.
    @param account Who gave it.
    @param amount wei, above 0.
    @param burned Whether it burns.
    """
    self.bonds -= amount
    if burned:
        self.burnable += amount
        log BondBurned(round=round, account=account, amount=amount)
    else:
        self._credit(self._model_of(account, ""), amount)
        log BondReturned(round=round, account=account, amount=amount)


@internal
def _reserve(leg: uint256, amount: uint256):
    self.pool[leg] -= amount
    self.reserved[leg] += amount


@internal
def _return_reserve(round: uint64, leg: uint256, amount: uint256):
    self.reserved[leg] -= amount
    self.pool[leg] += amount
    log ReserveReturned(round=round, leg=leg, amount=amount)


@internal
def _receive(amount: uint256):
    """
    @dev Takes exactly `amount` from the caller, so that a token with a fee is refused.
    @param amount wei.
    """
    assert amount > 0, "tournament: no amount"
    assert amount <= rules.MAX_AMOUNT, "tournament: too large"
    before: uint256 = staticcall IERC20(TOKEN).balanceOf(self)
    assert extcall IERC20(TOKEN).transferFrom(
        msg.sender, self, amount, default_return_value=True
    ), "tournament: transfer failed"
    after: uint256 = staticcall IERC20(TOKEN).balanceOf(self)
    assert after == before + amount, "tournament: wrong amount"
