"""Ask a local home's faucet for tokens and gas."""

import time
from pathlib import Path

from tasks.adapters.chain.connection import Chain
from tasks.adapters.lake import Lake, create_file
from tasks.core.errors import InputError
from tasks.core.protocol import places

_POLL_S = 0.5


def ask(lake: Lake, address: str) -> bool:
    """Ask for an account, unless the home has no faucet; return whether it has.

    Raises:
        InputError: if the inbox cannot be written.
    """
    if not lake.has(places.FAUCET):
        return False
    path = Path(lake.root / places.FAUCET_INBOX / address)
    try:
        create_file(path, b"")
    except OSError as error:
        raise InputError(f"{path} cannot be written: ask the operator for a grant") from error
    return True


def wait(chain: Chain, address: str, wait_s: float) -> bool:
    """Wait until an account has gas and tokens; return whether it has."""
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        if chain.gas_wei(address) > 0 and chain.token.balance_of(address) > 0:
            return True
        time.sleep(_POLL_S)
    return False
