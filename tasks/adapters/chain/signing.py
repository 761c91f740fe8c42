"""Sign a write for the first time, and again on its nonce with higher fees."""

from typing import Any

from hexbytes import HexBytes

from tasks.adapters.chain.fees import Fees
from tasks.adapters.chain.writes import Write
from tasks.adapters.journal import Attempt
from tasks.adapters.keys import Signer

_SIGNATURE = frozenset({"v", "r", "s"})


def first(
    signer: Signer, write: Write, *, chain_id: int, nonce: int, gas: int, fees: Fees
) -> Attempt:
    """Sign a write; the same arguments give the same bytes."""
    transaction: dict[str, Any] = {
        "type": 2,
        "chainId": chain_id,
        "nonce": nonce,
        "gas": gas,
        "value": write.gas_wei,
        "data": write.data,
    }
    if write.to is not None:
        transaction["to"] = write.to
    return _sign(signer, transaction, fees)


def again(signer: Signer, raw: bytes, fees: Fees) -> Attempt:
    """Sign what was signed before with other fees."""
    fields = _fields(raw)
    # An address that is empty deploys; the signer wants it left out.
    kept = {name: fields[name] for name in fields.keys() - _SIGNATURE if fields[name] is not None}
    if not kept["to"]:
        del kept["to"]
    return _sign(signer, kept, fees)


def cost_wei(raw: bytes) -> int:
    """Return what an account must have for a signed transaction, in wei of the chain's coin."""
    fields = _fields(raw)
    return int(fields["gas"]) * int(fields["maxFeePerGas"]) + int(fields["value"])


def _fields(raw: bytes) -> dict[str, Any]:
    # Whoever only looks at a chain need not wait for it.
    from eth_account.typed_transactions.typed_transaction import TypedTransaction

    return dict(TypedTransaction.from_bytes(HexBytes(raw)).as_dict())


def _sign(signer: Signer, transaction: dict[str, Any], fees: Fees) -> Attempt:
    transaction["maxFeePerGas"] = fees.max_fee_wei
    transaction["maxPriorityFeePerGas"] = fees.tip_wei
    signed = signer.sign(transaction)
    return Attempt(
        hash="0x" + signed.hash.hex(),
        raw=bytes(signed.raw_transaction),
        max_fee_wei=fees.max_fee_wei,
        tip_wei=fees.tip_wei,
    )
