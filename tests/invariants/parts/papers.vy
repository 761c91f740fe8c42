# pragma version 0.4.3
"""
@title Papers
@license Apache-2.0
@notice What people sign, by EIP-712 and the words of docs/protocol.md, and the tree over the four
        rows of a table.
"""

from contracts import rounds
from contracts import signatures
from contracts import token
from contracts import tournament
from tests.invariants.parts import cheats
from tests.invariants.parts import world

uses: world

GROUP_ORDER: constant(uint256) = (
    115792089237316195423570985008687907852837564279074904382605163141518161494337
)

# what may be wrong with a signed entry
NOTHING: constant(uint256) = 0
EXPIRED: constant(uint256) = 1
ANOTHERS_KEY: constant(uint256) = 2
OTHER_ROUND: constant(uint256) = 3
TWIN: constant(uint256) = 4
DEFECTS: constant(uint256) = 5


@internal
@view
def _permit(owner: address, amount: uint256, deadline: uint256) -> bytes32:
    """
    @dev What an owner signs to let the tournament take his tokens.
    @param owner The owner.
    @param amount What it may take, wei.
    @param deadline The permit's last second.
    @return The digest.
    """
    domain: bytes32 = keccak256(
        abi_encode(
            keccak256(
                "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
            ),
            keccak256("Erarium"),
            keccak256("1"),
            chain.id,
            world.token_at,
        )
    )
    message: bytes32 = keccak256(
        abi_encode(
            keccak256(
                "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
            ),
            owner,
            world.tournament_at,
            amount,
            staticcall token.__at__(world.token_at).nonces(owner),
            deadline,
        )
    )
    return keccak256(concat(x"1901", domain, message))


@internal
@view
def _entry(
    round: uint256, person: uint256, at_risk: uint256, nonce: uint64, defect: uint256
) -> signatures.SignedEntry:
    """
    @dev A signed entry, good or with a defect.
    @param round The round.
    @param person Whose model is entered.
    @param at_risk The entry's stake, wei.
    @param nonce Its nonce.
    @param defect One of DEFECTS.
    @return The entry.
    """
    deadline: uint256 = block.timestamp + (0 if defect == EXPIRED else 1)
    entry: signatures.SignedEntry = signatures.SignedEntry(
        owner=world.people[person],
        name="m",
        at_risk=at_risk,
        commitment=world.COMMITMENT,
        nonce=nonce,
        deadline=convert(deadline, uint64),
        v=0,
        r=empty(bytes32),
        s=empty(bytes32),
    )
    signed_round: uint256 = round + (1 if defect == OTHER_ROUND else 0)
    key: uint256 = world._key(
        (person + 1) % world.PEOPLE if defect == ANOTHERS_KEY else person
    )
    entry.v, entry.r, entry.s = staticcall cheats(world.VM).sign(
        key, self._entry_digest(signed_round, world.models[person], entry)
    )
    if defect == TWIN:
        entry.v = 55 - entry.v
        entry.s = convert(GROUP_ORDER - convert(entry.s, uint256), bytes32)
    return entry


@internal
@view
def _entry_digest(round: uint256, model: bytes32, entry: signatures.SignedEntry) -> bytes32:
    domain: bytes32 = keccak256(
        abi_encode(
            keccak256(
                "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
            ),
            keccak256("Erarium tournament"),
            keccak256("1"),
            chain.id,
            world.tournament_at,
            world.SALT,
        )
    )
    facts: rounds.Facts = world._facts(convert(round, uint64))
    message: bytes32 = keccak256(
        abi_encode(
            keccak256(
                "Enter(uint64 round,bytes32 config,bytes32 model,uint256 at_risk,bytes32 commitment,uint64 nonce,uint64 deadline)"
            ),
            round,
            facts.config,
            model,
            entry.at_risk,
            entry.commitment,
            entry.nonce,
            entry.deadline,
        )
    )
    return keccak256(concat(x"1901", domain, message))


@internal
@view
def _leaf(round: uint256, person: uint256, rates: int256[2]) -> bytes32:
    row: bytes32 = keccak256(abi_encode(round, world.models[person], rates[0], rates[1]))
    return keccak256(abi_encode(row))


@internal
@pure
def _parent(left: bytes32, right: bytes32) -> bytes32:
    if convert(left, uint256) < convert(right, uint256):
        return keccak256(abi_encode(left, right))
    return keccak256(abi_encode(right, left))


@internal
@view
def _root(round: uint256, rates: int256[2][world.PEOPLE]) -> bytes32:
    return self._parent(self._pair(round, rates, 0), self._pair(round, rates, 2))


@internal
@view
def _pair(round: uint256, rates: int256[2][world.PEOPLE], first: uint256) -> bytes32:
    return self._parent(
        self._leaf(round, first, rates[first]), self._leaf(round, first + 1, rates[first + 1])
    )


@internal
@view
def _proof(
    round: uint256, rates: int256[2][world.PEOPLE], person: uint256
) -> DynArray[bytes32, 2]:
    """
    @dev The siblings of a person's leaf.
    @param round The round.
    @param rates The table.
    @param person Whose leaf.
    @return His neighbour's leaf and the other pair.
    """
    neighbour: uint256 = person ^ 1
    return [
        self._leaf(round, neighbour, rates[neighbour]),
        self._pair(round, rates, 2 - person // 2 * 2),
    ]
