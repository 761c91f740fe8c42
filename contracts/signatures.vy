# pragma version 0.4.3
"""
@title Signed entries
@license Apache-2.0
@notice EIP-712: an entry that its model's owner signed and anybody may hand in. The domain names
        the chain, the contract and the deployment's salt; the message names the round's config,
        so a signature serves one round under one set of terms.
"""


struct SignedEntry:
    owner: address
    name: String[32]
    at_risk: uint256  # wei
    commitment: bytes32
    nonce: uint64
    deadline: uint64  # the entry is good before it
    v: uint8
    r: bytes32
    s: bytes32


DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
)
DOMAIN_NAME: constant(bytes32) = keccak256("Erarium tournament")
DOMAIN_VERSION: constant(bytes32) = keccak256("1")
ENTER_TYPE: constant(bytes32) = keccak256(
    "Enter(uint64 round,bytes32 config,bytes32 model,uint256 at_risk,bytes32 commitment,uint64 nonce,uint64 deadline)"
)
# A signature with an s above half the order of secp256k1 is another's twin, and refused.
HALF_ORDER: constant(bytes32) = (
    0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
)


@internal
@view
def _domain(salt: bytes32) -> bytes32:
    """
    @dev The domain separator, with the chain's id as it is now: a fork's id is another.
    @param salt The deployment's salt.
    @return Its hash.
    """
    return keccak256(
        abi_encode(DOMAIN_TYPE, DOMAIN_NAME, DOMAIN_VERSION, chain.id, self, salt)
    )


@internal
@pure
def _is_signed(
    entry: SignedEntry, domain: bytes32, round: uint64, config: bytes32, model: bytes32
) -> bool:
    """
    @dev Whether the owner signed this entry. A broken signature recovers to the zero address.
    @param entry The entry.
    @param domain The domain separator.
    @param round The round.
    @param config The round's config.
    @param model The entry's model.
    @return True if he did.
    """
    if entry.owner == empty(address) or convert(entry.s, uint256) > convert(HALF_ORDER, uint256):
        return False
    message: bytes32 = keccak256(
        abi_encode(
            ENTER_TYPE,
            round,
            config,
            model,
            entry.at_risk,
            entry.commitment,
            entry.nonce,
            entry.deadline,
        )
    )
    digest: bytes32 = keccak256(concat(x"1901", domain, message))
    return ecrecover(digest, entry.v, entry.r, entry.s) == entry.owner
