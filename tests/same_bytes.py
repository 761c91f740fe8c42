"""Show that two checkouts publish the same bytes and send the same transactions.

    python -m tests.same_bytes OLD NEW [--full] [--opening RULE ...] [PLAY'S OPTIONS]

OLD and NEW are folders with the project, each run by its own `.venv` (or by --python) through its
commands, files and JSON-RPC alone, so their modules may lie anywhere. Each plays the same
tournaments on this machine, with the same seed. Then are compared

- every file of lake and vault, and what else of a home follows from the seed (home.json,
  genesis.json, the modellers' plans and fits). Of `*.sealed`, which are random, the size alone.
  `code_version` is masked: the manifests of snapshots hold it. Where it really changes, the
  digest that `open` sends changes with it, and so do the transactions.
- sender, nonce, target, input and value of every transaction, and its block's time, in the order
  of the blocks. That order is fixed today: commit 7164ce8 played twice gives the same signed
  transactions in the same blocks at the same times.
- each journal's purposes, outcomes and nonces in the order of signing, and report.json.

Float bytes depend on the processor's BLAS kernel and Parquet names pyarrow's version, so neither
a stored digest nor another machine's home can stand for OLD. A live home cannot be compared: its
keys, salts and data key are the system's chance, and its chain's times are the clock's.

By default the small tournament is played, once `public` and once `after 2 rounds`, which reveals
its first round; --full plays 12 rounds of 13 modellers on the whole simulator. Options that are
not known here go to `erarium play`. --homes DIR keeps the homes: those of OLD are played there
only once, those of NEW always anew.

Exit codes: 0 all the same, 1 something differs or a command failed, 2 bad arguments.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests import checkouts
from tests.checkouts import SMALL, Checkout, CheckoutError

OPENINGS = ("public", "after 2 rounds")
_OWN = ("--home", "--fresh", "--json", "--port")
_SHOWN = 10
_WIDTH, _BEFORE = 100, 20


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What of a finished home is compared: by subject and name, in order.

    Attributes:
        subjects: texts by name: of files, transactions, purposes and the report.
        hashes: the transactions' hashes, which hold fees and signatures too.
        versioned: names of the documents that hold a `code_version`.
    """

    subjects: Mapping[str, Mapping[str, str]]
    hashes: Sequence[str]
    versioned: Sequence[str]


def main(words: Sequence[str]) -> int:
    """Play both checkouts, compare, print; return the exit code."""
    asked, options = _parse(words)
    try:
        pair = {"old": checkouts.find(asked.old, asked.python)}
        pair["new"] = checkouts.find(asked.new, asked.python)
    except CheckoutError as error:
        print(f"same_bytes: {error}", file=sys.stderr)
        return 2
    tournament = [*([] if asked.full else SMALL), *options]
    try:
        with tempfile.TemporaryDirectory(prefix="same-bytes-") as folder:
            homes = asked.homes or Path(folder)
            openings = asked.opening or OPENINGS
            return max(_judge(pair, homes.resolve(), rule, tournament) for rule in openings)
    except CheckoutError as error:
        print(f"same_bytes: {error}", file=sys.stderr)
        return 1


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Return a line for each name that one side lacks or whose texts differ."""
    lines = [f"{name}: only in OLD" for name in old if name not in new]
    lines += [f"{name}: only in NEW" for name in new if name not in old]
    both = [name for name in old if name in new and old[name] != new[name]]
    return lines + [f"{name}: {_apart(old[name], new[name])}" for name in both]


def evidence(home: Path, transactions: Sequence[Mapping[str, str]]) -> Evidence:
    """Read a finished home and its chain's transactions."""
    files = checkouts.stored(home)
    documents = {name: path for name, path in files.items() if path.suffix == ".json"}
    journals = checkouts.purposes(home)
    sent = [{key: each[key] for key in (*checkouts.FIELDS, "time")} for each in transactions]
    return Evidence(
        subjects={
            "files": {name: checkouts.fingerprint(path) for name, path in files.items()},
            "transactions": {
                f"transaction {number} {key}": str(value)
                for number, each in enumerate(sent)
                for key, value in each.items()
            },
            "purposes": {
                f"{name}, write {number}": purpose
                for name, purposes in journals.items()
                for number, purpose in enumerate(purposes)
            },
            "report": checkouts.flat(json.loads((home / "report.json").read_bytes())),
        },
        hashes=[each["hash"] for each in transactions],
        versioned=[
            name
            for name, path in documents.items()
            if checkouts.CODE_VERSION.search(path.read_bytes())
        ],
    )


def counts(found: Evidence) -> str:
    """Say how much of a home was compared."""
    files = found.subjects["files"]
    sealed = sum(name.endswith(checkouts.SEALED) for name in files)
    journals = len({name.rpartition(", ")[0] for name in found.subjects["purposes"]})
    return (
        f"{len(files)} files ({sealed} sealed: size alone), "
        f"{len(found.hashes)} transactions, "
        f"{len(found.subjects['purposes'])} purposes in {journals} journals, "
        f"{len(found.subjects['report'])} values of the report"
    )


def _judge(pair: Mapping[str, Checkout], folder: Path, rule: str, tournament: Sequence[str]) -> int:
    homes = {side: folder / side / rule.replace(" ", "-") for side in pair}
    found = {}
    for side, checkout in pair.items():
        home = homes[side]
        print(f"{rule}: {side.upper()} plays in {home}", file=sys.stderr, flush=True)
        fresh = ["--fresh"] if side == "new" and home.exists() else []
        checkouts.play(checkout, home, "--opening", rule, *tournament, *fresh)
        with checkouts.served(checkout, home) as url:
            found[side] = evidence(home, checkouts.transactions(url))
    return _tell(rule, found["old"], found["new"], homes)


def _tell(rule: str, old: Evidence, new: Evidence, homes: Mapping[str, Path]) -> int:
    print(f"{rule}: {counts(old)}")
    if counts(new) != counts(old):
        print(f"{rule}: NEW has {counts(new)}")
    same = sum(one == other for one, other in zip(old.hashes, new.hashes, strict=False))
    print(f"{rule}: {same} of {len(old.hashes)} transactions have the same hash as well")
    print(f"{rule}: code_version masked in {', '.join(old.versioned) or 'no document'}")
    wrong = 0
    for subject, texts in old.subjects.items():
        lines = differences(texts, new.subjects[subject])
        wrong += len(lines)
        if subject == "files":
            lines = [_where(line, homes) for line in lines[:_SHOWN]] + lines[_SHOWN:]
        for line in lines[:_SHOWN]:
            print(f"DIFFERS {rule}: {subject}: {line}")
        if len(lines) > _SHOWN:
            print(f"DIFFERS {rule}: {subject}: {len(lines) - _SHOWN} more")
    print(f"{rule}: {'all the same' if not wrong else f'{wrong} differences'}")
    return int(wrong > 0)


def _where(line: str, homes: Mapping[str, Path]) -> str:
    """Say of a document that differs which of its values do."""
    name = line.partition(": ")[0]
    paths = [homes["old"] / name, homes["new"] / name]
    if not name.endswith(".json") or not all(path.exists() for path in paths):
        return line
    texts = [checkouts.masked(path) for path in paths]
    try:
        values = [checkouts.flat(json.loads(text)) for text in texts]
    except ValueError:
        return line
    lines = differences(*values)
    return f"{name}: {lines[0]} ({len(lines)} values)" if lines else f"{name}: layout alone"


def _apart(old: str, new: str) -> str:
    """Show two texts, of long ones what stands where they part."""
    parts = (at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
    at = max(next(parts, min(len(old), len(new))) - _BEFORE, 0)
    if max(len(old), len(new)) <= _WIDTH:
        at = 0
    where = f"from character {at}: " if at else ""
    return f"{where}{old[at : at + _WIDTH]} | {new[at : at + _WIDTH]}"


def _parse(words: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = checkouts.Parser(
        prog="same_bytes",
        description="Show that two checkouts publish the same bytes.",
        epilog="Other options go to `erarium play`.",
        allow_abbrev=False,
    )
    parser.add_argument("old", type=Path, help="a checkout's folder")
    parser.add_argument("new", type=Path, help="another one's")
    parser.add_argument("--full", action="store_true", help="12 rounds of 13 modellers")
    parser.add_argument("--opening", action="append", metavar="RULE", help="once or more")
    parser.add_argument("--homes", type=Path, metavar="DIR", help="where the homes are kept")
    parser.add_argument("--python", type=Path, help="for a checkout without a .venv")
    asked, options = parser.parse_known_args(words)
    for word in options:
        if word.partition("=")[0] in _OWN:
            parser.error(f"{word} is this script's to say")
    return asked, options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
