"""Compare journals, lake and chain with one another, in wei, and change none of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.rpc_errors import RefusedError
from tasks.adapters.journal import Entry
from tasks.adapters.lake import Lake
from tasks.core import wording
from tasks.core.errors import TournamentError
from tasks.core.money.units import RoundId
from tasks.core.protocol import canonical, ledger, places, status
from tasks.core.protocol.documents.fields import Document
from tasks.core.protocol.ledger import Ledger
from tasks.core.protocol.places import Place

Journals = Mapping[str, Sequence[Entry]]
"""What each journal holds, by a name for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two sources that say different things of one subject; amounts are integers of wei."""

    subject: str
    says: tuple[str, int | str]
    but: tuple[str, int | str]

    @property
    def wei(self) -> int | None:
        """Return by how much they differ, where both are amounts."""
        first, second = self.says[1], self.but[1]
        if isinstance(first, int) and isinstance(second, int):
            return second - first
        return None

    def line(self) -> str:
        """Return the difference as one line."""
        unit = "" if self.wei is None else f" wei (difference {self.wei:+d} wei)"
        return f"{self.subject}: {self.says[0]} {self.says[1]}, {self.but[0]} {self.but[1]}{unit}"

    def document(self) -> dict[str, str | None]:
        """Return the difference as JSON has it; amounts are strings, for they exceed 2^53."""
        return {
            "subject": self.subject,
            self.says[0]: str(self.says[1]),
            self.but[0]: str(self.but[1]),
            "difference_wei": None if self.wei is None else str(self.wei),
        }


@dataclass(kw_only=True)
class Diagnosis:
    """What the examination found.

    Attributes:
        block: that the balances were read at.
        accounts, rounds, transactions: how many were compared.
        differences: all that there are.
        by_hand: transactions by senders of the journals that no journal has.
        waiting: purposes of transactions that are signed and not mined yet.
    """

    block: int
    by_hand: int = 0
    accounts: int = 0
    rounds: int = 0
    transactions: int = 0
    differences: list[Difference] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the differences, or the one line that there are none."""
        if self.differences:
            return [difference.line() for difference in self.differences]
        words = [
            f"block {self.block}",
            wording.counted(self.accounts, "account"),
            wording.counted(self.rounds, "round"),
            wording.counted(self.transactions, "transaction"),
        ]
        if self.by_hand:
            words.append(f"{self.by_hand} more by the same keys that no journal has")
        if self.waiting:
            words.append(
                f"{len(self.waiting)} signed and not mined yet, which their command sends when it "
                f"runs again ({wording.listed(self.waiting, 3)})"
            )
        return [f"consistent: {', '.join(words)}"]

    def compare(
        self, subject: str, says: tuple[str, int | str], but: tuple[str, int | str]
    ) -> None:
        """Note a difference, if there is one."""
        if says[1] != but[1]:
            self.differences.append(Difference(subject=subject, says=says, but=but))


def examine(chain: Chain, lake: Lake, read_journals: Callable[[], Journals]) -> Diagnosis:
    """Compare what journals, lake and chain say, while rounds go on.

    Args:
        chain: its balances are read at one block.
        lake: the public store.
        read_journals: reads what the journals hold now.

    Raises:
        ChainError: if the chain does not answer.
    """
    # What the chain had before the journals are read, one of them has; what they say was mined,
    # the chain has when it is asked after that.
    nonces = _nonces(chain, read_journals())
    journals = read_journals()
    found = Diagnosis(block=chain.header().number, by_hand=_by_hand(nonces, journals))
    replayed = _replay(chain, found)
    if replayed is not None:
        _totals(chain, replayed, found)
        _accounts(chain, replayed, found)
        for round_id in sorted(replayed.rounds):
            _round(chain, replayed, round_id, found)
    for event in chain.tournament.opened(found.block):
        _published(chain, lake, event.round, found)
    for name, entries in journals.items():
        _journal(chain, name, entries, found)
    return found


def _replay(chain: Chain, found: Diagnosis) -> Ledger | None:
    """Return the balances that follow from the log, or note where the log contradicts itself."""
    replayed = Ledger()
    try:
        replayed.apply_all(chain.tournament.events(found.block))
    except ledger.LedgerError as error:
        found.compare("the log", ("must follow from", "the events before"), ("has", str(error)))
        return None
    return replayed


def _totals(chain: Chain, replayed: Ledger, found: Diagnosis) -> None:
    contract, token, block = chain.tournament, chain.token, found.block
    totals: dict[str, tuple[int, Callable[[], int]]] = {
        "all free stake": (sum(replayed.free.values()), partial(contract.total_free, block)),
        "what waits to be burned": (replayed.burnable, partial(contract.burnable, block)),
        "what rounds hold": (replayed.in_rounds(), partial(contract.in_rounds, block)),
        "all that is owed": (replayed.total(), partial(contract.assets, block)),
        "stake pool": (replayed.pool[0], partial(contract.pool, 0, block)),
        "profit pool": (replayed.pool[1], partial(contract.pool, 1, block)),
    }
    for subject, (by_log, read) in totals.items():
        found.compare(subject, ("log", by_log), ("contract", _read(read)))
    held = token.balance_of(contract.address, block)
    # tokens sent past the contract's functions are donations, which nobody is owed
    owed = replayed.total()
    found.compare("tokens held", ("owed by the log", owed), ("held", min(held, owed)))
    _supply(chain, replayed, found)


def _read(read: Callable[[], int]) -> int | str:
    """Return a sum, or that the contract cannot form it: its parts contradict one another."""
    try:
        return read()
    except RefusedError as error:
        return f"no answer ({error})"


def _supply(chain: Chain, replayed: Ledger, found: Diagnosis) -> None:
    token, block, sink = chain.token, found.block, chain.tournament.sink(found.block)
    if int(sink, 16):
        sunk = token.balance_of(sink, block)
        least = min(sunk, replayed.swept)
        found.compare("burns in the sink", ("log", replayed.swept), ("token", least))
        return
    made = token.supply_at_first() + token.minted(block)
    expected = made - replayed.swept
    found.compare("supply", ("made less burns", expected), ("token", token.total_supply(block)))


def _accounts(chain: Chain, replayed: Ledger, found: Diagnosis) -> None:
    names = {each.model: each for each in chain.tournament.deposited(found.block)}
    models = sorted(replayed.free)
    amounts = chain.tournament.free_many(models, found.block)
    for model, amount in zip(models, amounts, strict=True):
        known = names.get(model)
        label = f"{known.name or 'purse'} of {known.owner}" if known else f"0x{model.hex()}"
        by_log = replayed.free[model]
        found.compare(f"free stake of {label}", ("log", by_log), ("contract", amount))
    found.accounts = len(models)


def _round(chain: Chain, replayed: Ledger, round_id: RoundId, found: Diagnosis) -> None:
    entry, facts = replayed.rounds[round_id], chain.tournament.facts(round_id, found.block)
    sides = 2 if int(facts.proposal.challenger, 16) else 1
    sums: dict[str, tuple[int, int]] = {
        "at risk": (entry.at_risk, facts.at_risk),
        "locked": (sum(entry.locked.values()), facts.locked),
        "stake reserve": (entry.reserves[0], facts.reserves[0]),
        "profit reserve": (entry.reserves[1], facts.reserves[1]),
        "bonds": (entry.bonds, facts.duty_bond + sides * facts.proposal.bond),
    }
    models = sorted(entry.locked)
    locks = chain.tournament.locked_many(round_id, models, found.block)
    for model, amount in zip(models, locks, strict=True):
        sums[f"locked of 0x{model.hex()}"] = (entry.locked[model], amount)
    for subject, (by_log, by_contract) in sums.items():
        place = f"round {round_id}, {subject}"
        found.compare(place, ("log", by_log), ("contract", by_contract))
    found.rounds += 1


def _published(chain: Chain, lake: Lake, round_id: RoundId, found: Diagnosis) -> None:
    """Compare a round's published digests with those that the chain holds."""
    facts, place = chain.tournament.facts(round_id, found.block), f"round {round_id}"
    if facts.booked:
        says = ("chain", facts.book.hex())
        found.compare(f"{place}, book", says, ("lake", _digest(lake, places.book(round_id))))
    if chain.tournament.status(round_id, found.block) not in status.WITH_A_PROPOSAL:
        return
    proposed = chain.tournament.proposed(round_id, found.block)[-1]
    by_chain = {"root": proposed.root, "table": proposed.table, "targets": proposed.targets}
    results = _results(lake, round_id)
    results["table file"] = _digest(lake, places.table(round_id))
    by_chain["table file"] = proposed.table
    for name, digest in by_chain.items():
        found.compare(f"{place}, {name}", ("chain", digest.hex()), ("lake", results[name]))


def _results(lake: Lake, round_id: RoundId) -> dict[str, str]:
    try:
        results = lake.load(places.results(round_id))
    except TournamentError as error:
        return dict.fromkeys(("root", "table", "targets"), f"cannot be read: {error}")
    return {
        "root": results.root.hex(),
        "table": results.table_sha256,
        "targets": results.targets_digest.hex(),
    }


def _digest(lake: Lake, place: Place[Document]) -> str:
    content = lake.document_bytes(place)
    return "nothing" if content is None else canonical.sha256_hex(content)


def _journal(chain: Chain, name: str, entries: Sequence[Entry], found: Diagnosis) -> None:
    """Compare every journalled write with the receipt of the attempt that was mined."""
    hashes = [tx_hash for entry in entries for tx_hash in entry.hashes]
    receipts = dict(zip(hashes, chain.receipts(hashes), strict=True))
    for entry in entries:
        mined = [receipts[tx_hash] for tx_hash in entry.hashes if receipts[tx_hash] is not None]
        receipt = mined[0] if mined else None
        outcome = "not mined"
        if receipt is not None:
            outcome = "mined" if receipt.succeeded else "reverted"
        place = f"{name}, {entry.purpose} ({entry.hash})"
        if entry.state in ("mined", "reverted"):
            found.compare(place, ("journal", entry.state), ("chain", outcome))
        elif entry.state == "replaced":
            found.compare(place, ("journal", "not mined"), ("chain", outcome))
        elif receipt is None:
            found.waiting.append(f"{name}, {entry.purpose}")
    found.transactions += len(entries)


def _nonces(chain: Chain, journals: Journals) -> dict[str, int]:
    senders = {entry.sender for entries in journals.values() for entry in entries}
    return {sender: chain.nonce(sender) for sender in sorted(senders)}


def _by_hand(nonces: Mapping[str, int], journals: Journals) -> int:
    """Return how many transactions of the journals' senders no journal has."""
    known = {
        (entry.sender, entry.nonce)
        for entries in journals.values()
        for entry in entries
        if entry.nonce < nonces.get(entry.sender, 0)
    }
    return sum(nonces.values()) - len(known)
