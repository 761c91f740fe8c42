# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Erarium token
@license Apache-2.0
@notice The ERC-20 token in which models stake. The whole supply is made at deployment; a holder
        may burn what he has, and the minter may make more along a line and up to a cap.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed

implements: IERC20
implements: IERC20Detailed


event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    value: uint256


event Approval:
    owner: indexed(address)
    spender: indexed(address)
    value: uint256


name: public(constant(String[7])) = "Erarium"
symbol: public(constant(String[3])) = "ERA"
decimals: public(constant(uint8)) = 18

YEAR: constant(uint256) = 365 * 24 * 60 * 60
BPS: constant(uint256) = 10_000
MAX_YEARLY_BPS: constant(uint256) = 200

# A signature with an s above half the order of secp256k1 is another's twin, and refused.
HALF_ORDER: constant(bytes32) = (
    0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
)
DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
PERMIT_TYPE: constant(bytes32) = keccak256(
    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
)

# the only account that may mint; the zero address: nobody may
MINTER: public(immutable(address))
# most that is ever made, burned tokens included, wei
CAP: public(immutable(uint256))
# most that is made a year after the deployment, of the first supply
YEARLY_BPS: public(immutable(uint256))
# what the deployment made, wei
FIRST_SUPPLY: public(immutable(uint256))
# seconds since 1970
DEPLOYED_AT: public(immutable(uint256))

# holder => wei
balanceOf: public(HashMap[address, uint256])
# holder => spender => wei; max_value(uint256) never runs down
allowance: public(HashMap[address, HashMap[address, uint256]])
# wei
totalSupply: public(uint256)
# made after the deployment, wei
minted: public(uint256)
# holder => how many of his permits were used
nonces: public(HashMap[address, uint256])


@deploy
def __init__(supply: uint256, cap: uint256, yearly_bps: uint256, minter: address):
    """
    @dev Gives the deployer the first supply and fixes what may be made later.
    @param supply The amount made now, wei.
    @param cap Most that is ever made, wei; at least `supply`.
    @param yearly_bps Most that may be made a year, of `supply`; at most MAX_YEARLY_BPS.
    @param minter Who may mint; the zero address if nobody may.
    """
    assert yearly_bps <= MAX_YEARLY_BPS, "token: yearly rate too high"
    assert cap >= supply, "token: cap below the supply"
    # Keeps supply * rate * seconds within a uint256.
    assert cap <= convert(max_value(uint160), uint256), "token: cap too large"
    MINTER = minter
    CAP = cap
    YEARLY_BPS = yearly_bps
    FIRST_SUPPLY = supply
    DEPLOYED_AT = block.timestamp
    self.totalSupply = supply
    self.balanceOf[msg.sender] = supply
    log Transfer(sender=empty(address), receiver=msg.sender, value=supply)


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @dev Moves the caller's tokens.
    @param to The receiver.
    @param amount How much, wei.
    @return True.
    """
    self._move(msg.sender, to, amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @dev Moves a holder's tokens within the caller's allowance.
    @param owner The holder.
    @param to The receiver.
    @param amount How much, wei.
    @return True.
    """
    allowed: uint256 = self.allowance[owner][msg.sender]
    assert allowed >= amount, "token: allowance too small"
    if allowed != max_value(uint256):
        self._allow(owner, msg.sender, allowed - amount)
    self._move(owner, to, amount)
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    """
    @dev Sets how much a spender may move for the caller.
    @param spender The spender.
    @param amount The new allowance, wei; it replaces the old one.
    @return True.
    """
    self._allow(msg.sender, spender, amount)
    return True


@external
def permit(
    owner: address,
    spender: address,
    amount: uint256,
    deadline: uint256,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    """
    @dev Sets how much a spender may move for a holder who signed it (EIP-2612); anyone may hand
         the signature in, once.
    @param owner The holder.
    @param spender The spender.
    @param amount The new allowance, wei; it replaces the old one.
    @param deadline The last second in which it counts.
    @param v 27 or 28.
    @param r The signature's r.
    @param s The signature's s, in the lower half of the group's order.
    """
    assert owner != empty(address), "token: no owner"
    assert block.timestamp <= deadline, "token: signature expired"
    assert convert(s, uint256) <= convert(HALF_ORDER, uint256), "token: bad signature"
    nonce: uint256 = self.nonces[owner]
    message: bytes32 = keccak256(
        abi_encode(PERMIT_TYPE, owner, spender, amount, nonce, deadline)
    )
    digest: bytes32 = keccak256(concat(x"1901", self._domain_separator(), message))
    # A broken signature, or a v that is neither 27 nor 28, recovers to the zero address.
    assert ecrecover(digest, v, r, s) == owner, "token: bad signature"
    self.nonces[owner] = nonce + 1
    self._allow(owner, spender, amount)


@external
def mint(to: address, amount: uint256):
    """
    @dev Makes tokens; the minter alone, and never more than `mintable`.
    @param to Who gets them.
    @param amount How much, wei.
    """
    assert msg.sender == MINTER, "token: not the minter"
    assert to != empty(address), "token: no receiver"
    assert amount <= self._mintable(), "token: more than may be made by now"
    self.minted += amount
    self.totalSupply += amount
    self.balanceOf[to] += amount
    log Transfer(sender=empty(address), receiver=to, value=amount)


@external
def burn(amount: uint256):
    """
    @dev Destroys tokens of the caller.
    @param amount How much, wei.
    """
    balance: uint256 = self.balanceOf[msg.sender]
    assert balance >= amount, "token: balance too small"
    self.balanceOf[msg.sender] = balance - amount
    self.totalSupply -= amount
    log Transfer(sender=msg.sender, receiver=empty(address), value=amount)


@external
@view
def mintable() -> uint256:
    """
    @dev Says how much could be made now.
    @return The amount, wei; 0 without a minter.
    """
    return self._mintable()


@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    """
    @dev Says what permits are signed for: this token on this chain.
    @return The EIP-712 domain separator, of the chain id as it is now.
    """
    return self._domain_separator()


@internal
@view
def _mintable() -> uint256:
    """
    @dev What the line in time and the cap leave; both count what was made, whatever was burned.
         Rounds down, against the minter.
    """
    if MINTER == empty(address):
        return 0
    line: uint256 = FIRST_SUPPLY * YEARLY_BPS * (block.timestamp - DEPLOYED_AT) // (BPS * YEAR)
    # Neither bound ever falls, so what was minted stays within both.
    return min(line, CAP - FIRST_SUPPLY) - self.minted


@internal
@view
def _domain_separator() -> bytes32:
    # Not stored: after a fork of the chain a permit must count on one side only.
    return keccak256(
        abi_encode(DOMAIN_TYPE, keccak256(name), keccak256("1"), chain.id, self)
    )


@internal
def _allow(owner: address, spender: address, amount: uint256):
    self.allowance[owner][spender] = amount
    log Approval(owner=owner, spender=spender, value=amount)


@internal
def _move(owner: address, to: address, amount: uint256):
    assert to != empty(address), "token: no receiver, burn() destroys"
    balance: uint256 = self.balanceOf[owner]
    assert balance >= amount, "token: balance too small"
    self.balanceOf[owner] = balance - amount
    self.balanceOf[to] += amount
    log Transfer(sender=owner, receiver=to, value=amount)
