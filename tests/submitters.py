"""Modellers of a load: owners without gas, a relayer a process, some files that do not hold.

Run as `python -m tests.submitters HOME FOLDER ROUND FIRST COUNT` it is one such process.
"""

import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from tasks import homes
from tasks import living as hosts
from tasks.adapters import keys
from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.sending import Order
from tasks.adapters.chain.writes import Write
from tasks.adapters.home import Home
from tasks.adapters.journal import Journal
from tasks.adapters.keys import Signer
from tasks.adapters.lake import Lake
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.client import entering, live, relaying
from tasks.client.live import LiveRound
from tasks.client.modeller import Client, Entry
from tasks.client.plans import Plan
from tasks.core.money.units import WAD, RoundId, Wei
from tasks.core.protocol import batches, commitments, derive, identity, submissions
from tasks.core.protocol.signed_entries import SignedEntry
from tasks.core.protocol.steps import Step
from tasks.stages import agenda, living, market, opening
from tasks.stages.requests import LiveRequest

DEPOSIT, AT_RISK, GAS = Wei(6 * WAD), Wei(2 * WAD), 10**18
BAD = {
    "short": "the file has {short} predictions, not {n_ids}",
    "hole": "1 predictions are not finite, the first is number 4 in id order",
    "plain": "the sealed file does not open with the operator's key",
    "other": "the file is not the one that was committed to on the chain",
    "absent": "no file was delivered",
}
"""What is wrong with every 20th file, one kind after the other, and what intake says of it."""

_EVERY = 20
_SENT = 25


def kind_of(number: int) -> str | None:
    """Return what is wrong with a model's file; None for nothing."""
    turn, rest = divmod(number, _EVERY)
    return None if rest else list(BAD)[turn % len(BAD)]


def reason_of(number: int, n_ids: int) -> str | None:
    """Return what the book has to say of a model's file; None if it is accepted."""
    kind = kind_of(number)
    return None if kind is None else BAD[kind].format(short=n_ids - 1, n_ids=n_ids)


def name_of(number: int) -> str:
    return f"load-{number}"


def owner_of(number: int) -> Signer:
    return Signer(derive.derive(0, f"load/{number}"))


def model_of(number: int) -> bytes:
    return identity.model_id(owner_of(number).address, name_of(number))


def relayer_of(first: int) -> Signer:
    return Signer(derive.derive(0, f"relayer/{first}"))


def sends_itself(number: int, first: int) -> bool:
    """Return whether a model's owner sends its entry, instead of the process's relayer."""
    return number - first < _SENT


def found(root: Path, request: LiveRequest) -> tuple[Home, RoundId]:
    """Make a live home whose first round is open and has yet half a day to go."""
    values = Settings(home=root)
    found = hosts.found(values, request)
    node = Node.attach(found)
    if node is None:
        raise RuntimeError(f"the chain of {root} does not run")
    with homes.open(values, "open a round") as home:
        now, place = home.chain.now(), living.market_of(found)
        planned = place.times(place.dates()).values()
        node.advance(min(times.opens for times in planned if times and times.opens > now))
        market.ingest_new(home, place, home.chain.now())
        (round_id,) = agenda.due(home.view, Step.OPEN)
        opening.open_round(home, round_id)
        opens = home.chain.tournament.facts(round_id).terms.opens
        if home.chain.now() < opens:
            node.advance(opens)
    return found, round_id


def endow(root: Path, firsts: Sequence[int], count: int) -> None:
    """Give models stake, relayers gas, and gas to those owners who send their entries."""
    with homes.open(Settings(home=root), "endow models") as home:
        chain, journal = home.chain, home.journal
        sponsor = home.keys.signer("deployer")
        numbers = [number for first in firsts for number in range(first, first + count)]
        amount = Wei(DEPOSIT * len(numbers))
        approve = chain.token.approve(chain.tournament.address, amount)
        chain.send(approve, sponsor, journal, purpose="load/approve")
        writes = {
            name_of(number): chain.tournament.deposit(
                owner_of(number).address, name_of(number), DEPOSIT
            )
            for number in numbers
        }
        payers = {f"relayer/{first}": relayer_of(first).address for first in firsts}
        for first in firsts:
            senders = (n for n in range(first, first + count) if sends_itself(n, first))
            payers |= {f"gas/{n}": owner_of(n).address for n in senders}
        for name, to in payers.items():
            writes[name] = Write(to=to, data=b"", what=f"gas for {to}", gas_wei=GAS)
        chain.send_many(
            [
                Order(write=write, signer=sponsor, journal=journal, purpose=f"load/{name}")
                for name, write in writes.items()
            ],
            timeout_s=900,
        )


def main(arguments: Sequence[str]) -> None:
    """Deliver and enter `COUNT` models, a batch of the chain's after the other."""
    root, folder = Path(arguments[0]), Path(arguments[1])
    round_id, first, count = RoundId(int(arguments[2])), int(arguments[3]), int(arguments[4])
    home = Home.open(root, "live")
    chain, lake = homes.running_chain(home, Settings()), Lake(home.lake)
    opened = live.read(chain, lake, round_id)
    landed = 0
    with closing(Journal(folder / f"relayer-{first}.sqlite")) as journal:
        for batch in batches.of(range(first, first + count)):
            signed = []
            for number in batch:
                entry = _submit(chain, lake, folder, opened, number, sends_itself(number, first))
                signed += [] if entry is None else [entry]
            outcomes = relaying.relay(chain, relayer_of(first), journal, round_id, signed)
            landed += sum(each.landed for each in outcomes) + len(batch) - len(signed)
    print(json.dumps({"landed": landed}))


def _submit(
    chain: Chain, lake: Lake, folder: Path, opened: LiveRound, number: int, itself: bool
) -> SignedEntry | None:
    """Deliver one model's file; return its entry to be relayed, None if the owner has sent it."""
    client = Client(
        name=name_of(number),
        folder=folder / name_of(number),
        seed=None,
        signer=owner_of(number),
        chain=chain,
        lake=lake,
    )
    with closing(client):
        values = np.random.default_rng(number).random(len(opened.ids))
        entry = Entry(ids=opened.ids, values=values, at_risk=AT_RISK)
        kind = kind_of(number)
        if itself and kind is None:
            entering.enter([client], opened.round_id, {client.name: entry})
            return None
        plan = client.prepare(opened, entry)
        if kind is not None:
            plan = _spoil(client, opened, plan, kind)
        if kind != "absent":
            client.deliver(plan)
        if itself:
            chain.send_many([client.order(plan)])
            return None
        return relaying.sign_plan(client, plan, opened.terms.closes)


def _spoil(client: Client, opened: LiveRound, plan: Plan, kind: str) -> Plan:
    """Return a stored plan of a file that the client itself would refuse to make."""
    sound = client.plans.submission(plan)
    values = sound.values[:-1] if kind == "short" else sound.values.copy()
    values[3] = np.nan if kind == "hole" else 0.5
    submission = dataclasses.replace(sound, values=values)
    content = submissions.encode(submission)
    sealed = content if kind == "plain" else keys.seal(opened.terms.key, content)
    if kind != "other":
        commitment = commitments.commitment(
            client.chain.deployment.salt,
            plan.round_id,
            client.model,
            client.signer.address,
            submission.salt,
            submission.digest,
        )
        plan = dataclasses.replace(plan, commitment=commitment, digest=submission.digest)
    return client.plans.store(plan, submission, sealed)


def receipts(home: Home, round_id: RoundId) -> Iterator[Path]:
    """Return the receipts that intake has published."""
    return (home.lake / "receipts" / str(round_id)).glob("*.json")


if __name__ == "__main__":
    main(sys.argv[1:])
