"""What a write offers a unit of gas, and how much more in another attempt."""

from dataclasses import dataclass

from tasks.core.errors import ChainError

CAP_WEI = 200 * 10**9
"""Most that a unit of gas may cost, unless the caller says otherwise."""

# With no base fee this is the whole fee, fixed, so that a repeated run signs the same bytes.
_TIP_WEI = 10**9
_GWEI = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """What a transaction offers a unit of gas, in wei: the most in all, and of it the tip."""

    max_fee_wei: int
    tip_wei: int


def offered(base_fee_wei: int, cap_wei: int) -> Fees:
    """Return the fees of a first attempt: twice the base fee and a tip, at most the cap.

    Raises:
        ChainError: if not even today's base fee and the tip are within the cap.
    """
    if base_fee_wei + _TIP_WEI > cap_wei:
        raise over(base_fee_wei, cap_wei)
    return Fees(max_fee_wei=min(2 * base_fee_wei + _TIP_WEI, cap_wei), tip_wei=_TIP_WEI)


def raised(fees: Fees, base_fee_wei: int, cap_wei: int) -> Fees | None:
    """Return the fees of a replacement, both up by an eighth or more; None beyond the cap.

    Args:
        fees: of the attempt that it replaces.
        base_fee_wei: of the newest block.
        cap_wei: most that a unit of gas may cost.
    """
    tip = _eighth_more(fees.tip_wei)
    # Nodes take a replacement only if both fees rose, by an eighth where it is told.
    least = max(_eighth_more(fees.max_fee_wei), base_fee_wei + tip)
    if least > cap_wei:
        return None
    return Fees(max_fee_wei=max(least, min(2 * base_fee_wei + tip, cap_wei)), tip_wei=tip)


def over(base_fee_wei: int, cap_wei: int) -> ChainError:
    """Return the error of a chain that asks more than the cap."""
    asked = f"{(base_fee_wei + _TIP_WEI) / _GWEI:.3f}"
    return ChainError(
        f"the chain asks {asked} gwei a unit of gas, the cap is {cap_wei / _GWEI:.3f}: "
        "raise the cap (ERARIUM_FEE_CAP_GWEI), or run again when the base fee has fallen"
    )


def _eighth_more(wei: int) -> int:
    """Return 112.5 %, rounded up: a node refuses a wei less."""
    return -(-wei * 9 // 8)
