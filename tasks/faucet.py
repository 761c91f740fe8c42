"""The faucet of a local home: tokens and gas for every account that asks, once.

Whoever can write into the lake's inbox can ask, under as many accounts as he likes: it is for homes
in which tokens are worth nothing.
"""

import logging
import threading

from tasks import granting
from tasks.adapters.home import Home
from tasks.adapters.lake import Lake
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.core.errors import InputError, TournamentError
from tasks.core.protocol import identity, places, vault_places
from tasks.core.protocol.documents.gifts import Given
from tasks.stages import requests

logger = logging.getLogger(__name__)

LABEL = "faucet"
"""The label of the faucet's grants."""

_POLL_S, _AGAIN_S = 1.0, 10.0
_MOST = 500


def serve(values: Settings, stop: threading.Event) -> None:
    """Give to whoever asks, until told to stop; does nothing in a home without a faucet."""
    home = Home.open(values.home, "live")
    if not requests.request_of(home).faucet:
        return
    while not stop.wait(_POLL_S):
        try:
            if Node.attach(home) is not None:
                give(values)
        except TournamentError as error:
            # Another step holds the home, or the chain is going down: asked again.
            logger.warning("faucet: %s", error)
            stop.wait(_AGAIN_S)


def give(values: Settings) -> int:
    """Grant to every account that has asked and got nothing yet; return how many did.

    Raises:
        LockedError: if another process works in the home.
        ChainError: if the chain refuses.
    """
    home = Home.open(values.home, "live")
    lake, vault = Lake(home.lake), Lake(home.vault)
    amounts = lake.seek(places.FAUCET)
    if amounts is None:
        return 0
    given = 0
    for address in _asked(lake)[:_MOST]:
        if not vault.has(vault_places.given(address)):
            granting.grant(values, address, amounts.tokens, amounts.gas, LABEL)
            vault.publish(vault_places.given(address), Given(address=address))
            given += 1
    return given


def _asked(lake: Lake) -> list[str]:
    """Return the accounts that ask: a file's name says which, and its content is not read."""
    found = []
    folder = lake.root / places.FAUCET_INBOX
    for path in sorted(folder.glob("0x*")) if folder.is_dir() else []:
        try:
            found.append(identity.check_address(path.name))
        except InputError:
            logger.info("faucet: %r is no account", path.name[:64])
    return found
