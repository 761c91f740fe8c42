# pragma version 0.4.3
"""
@title The world of the invariant tests
@license Apache-2.0
@notice A token, a tournament and four people on a private chain. Every call of a person is made
        here, so that none that is refused goes uncounted.
"""

from contracts import rounds
from contracts import token
from contracts import tournament
from tests.invariants.parts import cheats

VM: constant(address) = 0x7109709ECfa91a80626fF3989D68f67F5b1DD12D
PEOPLE: constant(uint256) = 4
TOKEN: constant(uint256) = 10**18
SUPPLY: constant(uint256) = 10**9 * TOKEN
SALT: constant(bytes32) = keccak256("salt")
COMMITMENT: constant(bytes32) = keccak256("commitment")

# what is counted, in the order of CALLS in forge.py
DEPOSIT: constant(uint256) = 0
DEPOSIT_WITH_PERMIT: constant(uint256) = 1
WITHDRAW: constant(uint256) = 2
FUND: constant(uint256) = 3
DONATE: constant(uint256) = 4
MINT: constant(uint256) = 5
BURN: constant(uint256) = 6
SET_PARAMETERS: constant(uint256) = 7
SET_OPERATOR: constant(uint256) = 8
OPEN_ROUND: constant(uint256) = 9
ENTER: constant(uint256) = 10
ENTER_MANY: constant(uint256) = 11
DELIVER: constant(uint256) = 12
RECORD_BOOK: constant(uint256) = 13
PROPOSE: constant(uint256) = 14
CHALLENGE: constant(uint256) = 15
RULE: constant(uint256) = 16
SETTLE: constant(uint256) = 17
SETTLE_MANY: constant(uint256) = 18
RELEASE: constant(uint256) = 19
RELEASE_MANY: constant(uint256) = 20
ABANDON: constant(uint256) = 21
SWEEP: constant(uint256) = 22
KINDS: constant(uint256) = 23

token_at: address
tournament_at: address
owner: address
arbiter: address
# person => his account, his model `m`
people: address[PEOPLE]
models: bytes32[PEOPLE]
# kind of call => how many; those of this run alone
landed: public(uint256[KINDS])
refused: public(uint256[KINDS])


@internal
def _name(token_at: address, tournament_at: address, owner: address, arbiter: address):
    """
    @dev Names everybody.
    @param token_at The token.
    @param tournament_at The tournament.
    @param owner Owner of the tournament and minter of the token.
    @param arbiter Whom rounds name as their arbiter.
    """
    self.token_at = token_at
    self.tournament_at = tournament_at
    self.owner = owner
    self.arbiter = arbiter
    for i: uint256 in range(PEOPLE):
        person: address = staticcall cheats(VM).addr(self._key(i))
        self.people[i] = person
        self.models[i] = keccak256(abi_encode(person, "m"))


@internal
@pure
def _key(person: uint256) -> uint256:
    return person + 1


@internal
def _call(kind: uint256, sender: address, target: address, data: Bytes[4_096]) -> bool:
    """
    @dev Makes and counts somebody's call.
    @param kind What it counts as.
    @param sender Who calls.
    @param target Whom he calls.
    @param data The call.
    @return Whether it landed.
    """
    extcall cheats(VM).prank(sender)
    done: bool = raw_call(target, data, revert_on_failure=False)
    if done:
        self.landed[kind] += 1
    else:
        self.refused[kind] += 1
    return done


@internal
def _play(kind: uint256, sender: address, data: Bytes[4_096]) -> bool:
    return self._call(kind, sender, self.tournament_at, data)


@internal
@view
def _facts(round: uint64) -> rounds.Facts:
    return staticcall tournament.__at__(self.tournament_at).round_facts(round)


@internal
@view
def _status(round: uint64) -> uint256:
    return staticcall tournament.__at__(self.tournament_at).status(round)


@internal
@view
def _free(model: bytes32) -> uint256:
    return staticcall tournament.__at__(self.tournament_at).free(model)


@internal
@view
def _locked(round: uint64, model: bytes32) -> uint256:
    return staticcall tournament.__at__(self.tournament_at).locked(round, model)


@internal
@view
def _nonce(round: uint64, model: bytes32) -> uint256:
    return staticcall tournament.__at__(self.tournament_at).nonces(round, model)


@internal
@view
def _pool(leg: uint256) -> uint256:
    return staticcall tournament.__at__(self.tournament_at).pool(leg)


@internal
@view
def _balance(holder: address) -> uint256:
    return staticcall token.__at__(self.token_at).balanceOf(holder)
