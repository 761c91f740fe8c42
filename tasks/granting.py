"""What a home gives to an outsider: tokens and gas out of the deployer's account."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tasks import homes
from tasks.adapters.chain import reconciling
from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.writes import Write
from tasks.adapters.keys import Signer
from tasks.adapters.settings import Settings
from tasks.core.errors import InputError
from tasks.core.money import decimals
from tasks.core.money.units import Wei
from tasks.core.protocol import identity, purposes, vault_places
from tasks.core.protocol.documents.gifts import Gift
from tasks.stages.open_home import OpenHome

_LABEL = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What an account was given, in wei, and by which transactions."""

    address: str
    tokens: Wei
    gas: int
    label: str
    transactions: Mapping[str, str]


def grant(values: Settings, address: str, tokens: Wei, gas: int, label: str) -> Granted:
    """Give an outsider tokens and gas out of the deployer's account, once for a label.

    What is granted is written down first: a killed command goes on when it is typed again, and
    the same label never gives another amount.

    Args:
        values: which home.
        address: whose account.
        tokens: wei of tokens, may be 0.
        gas: wei of the chain's coin, may be 0.
        label: tells one grant to an address from the next.

    Raises:
        LockedError: if another process works in the home.
        InputError: if the address, the label or an amount cannot be, or the label was used for
            another one.
        ChainError: if the chain refuses.
    """
    to = identity.check_address(address)
    if not _LABEL.fullmatch(label):
        raise InputError(f"not a label: {label!r}; 1 to 32 of a-z, 0-9, _ and -")
    if not (tokens or gas):
        raise InputError("a grant of no tokens and no gas: say --tokens or --gas")
    with homes.open(values, f"grant {to}") as home:
        deployer = home.keys.signer("deployer")
        reconciling.reconcile(home.chain, home.journal, [deployer], cap_wei=home.chain.cap_wei)
        _promise(home, deployer, to, tokens, gas, label)
        token = home.chain.token
        coin = Write(to=to, data=b"", what=f"give {gas} wei for gas to {to}", gas_wei=gas)
        wanted = {"tokens": (token.transfer(to, tokens), tokens), "gas": (coin, gas)}
        sent = {}
        for name, (write, amount) in wanted.items():
            if amount:
                purpose = purposes.grant(to, label, name)
                receipt = home.chain.send(write, deployer, home.journal, purpose=purpose)
                sent[name] = receipt.hash
        return Granted(address=to, tokens=tokens, gas=gas, label=label, transactions=sent)


def _promise(home: OpenHome, deployer: Signer, to: str, tokens: Wei, gas: int, label: str) -> None:
    """Write down what is granted under a label, unless it is written down already."""
    place, wanted = vault_places.grant(to, label), Gift(tokens=tokens, gas=Wei(gas))
    known = home.vault.seek(place)
    if known is None:
        _require_funds(home.chain, deployer, to, tokens, gas)
        home.vault.publish(place, wanted)
    elif known != wanted:
        was, gave = map(decimals.tokens_exactly, (known.tokens, known.gas))
        raise InputError(
            f"{to} was granted {was} tokens and {gave} for gas as {label!r}: "
            "say another --label to give more"
        )


def _require_funds(chain: Chain, deployer: Signer, to: str, tokens: Wei, gas: int) -> None:
    if to in (chain.token.address, chain.tournament.address) or not int(to, 16):
        raise InputError(f"{to} is nobody's account: copy the one that `model create` printed")
    has = {"tokens": chain.token.balance_of(deployer.address)}
    has |= {"for gas": Wei(chain.gas_wei(deployer.address))}
    for what, wanted in (("tokens", tokens), ("for gas", gas)):
        if wanted > has[what]:
            raise InputError(
                f"{decimals.tokens_exactly(wanted)} {what} are more than the deployer "
                f"{deployer.address} has, {decimals.tokens_exactly(has[what])}"
            )
