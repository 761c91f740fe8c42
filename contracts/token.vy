# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Erarium token
@license Apache-2.0
@notice The ERC-20 token in which models stake. The whole supply is made at deployment; a holder
        may burn what he has, and nobody can make more.
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

# holder => wei
balanceOf: public(HashMap[address, uint256])
# holder => spender => wei; max_value(uint256) never runs down
allowance: public(HashMap[address, HashMap[address, uint256]])
# wei
totalSupply: public(uint256)


@deploy
def __init__(supply: uint256):
    """
    @dev Gives the deployer the whole supply.
    @param supply The amount made, wei.
    """
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
