"""Checkouts of this project, run by their own commands, and what their finished homes hold.

Nothing of the project is imported, so that checkouts of any layout can be looked at.
"""

import argparse
import hashlib
import json
import os
import re
import sqlite3
import subprocess
import tomllib
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

SMALL = (
    *("--simulated-ids", "120", "--simulated-days", "700"),
    *("--rounds", "3", "--modellers", "6"),
)
"""A small tournament's arguments, for `play`."""

STORES = ("lake", "vault")
ALIKE = ("home.json", "node/genesis.json", "clients/**/*")
"""What else of a home follows from its seed; keys and sealed files are random."""

CODE_VERSION = re.compile(rb'"code_version":"[^"]*"')
FIELDS = ("from", "nonce", "to", "input", "value")
SEALED = ".sealed"
_URL = re.compile(r"http://127\.0\.0\.1:\d+")
_LEFT_OUT = ("keys",)


class CheckoutError(Exception):
    """A checkout that cannot be used, or a command of it that failed; one line."""


class Parser(argparse.ArgumentParser):
    """Refuses bad arguments in one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave with code 2."""
        self.exit(2, f"{self.prog}: {message}; see its --help\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A folder with the project, the interpreter that runs it, and its `erarium` command.

    Attributes:
        root: the folder.
        python: the interpreter.
        entry: where the command begins, as pyproject.toml says it: `module:function`.
    """

    root: Path
    python: Path
    entry: str

    def argv(self, *words: object) -> list[str]:
        """Return the words that run the command."""
        module, _, function = self.entry.partition(":")
        code = f"from {module} import {function}; {function}()"
        return [str(self.python), "-c", code, *map(str, words)]

    def environment(self) -> dict[str, str]:
        """Return an environment in which this checkout's code comes first."""
        ours = ("ERARIUM_", "PREFECT_", "PYTHON")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        if "ERARIUM_ANVIL" in os.environ:
            kept["ERARIUM_ANVIL"] = os.environ["ERARIUM_ANVIL"]
        return kept | {"PYTHONPATH": str(self.root)}


def find(root: Path, python: Path | None) -> Checkout:
    """Return the checkout in a folder.

    Args:
        root: the folder.
        python: the interpreter where the folder has no `.venv`.

    Raises:
        CheckoutError: if it is none, or nothing can run it.
    """
    project = root / "pyproject.toml"
    if not project.is_file():
        raise CheckoutError(f"{root} is no checkout: it has no pyproject.toml")
    entry = tomllib.loads(project.read_text()).get("project", {}).get("scripts", {}).get("erarium")
    if entry is None:
        raise CheckoutError(f"{root} is no checkout: its pyproject.toml has no script `erarium`")
    # Not resolved: a link followed to the system's interpreter would lose what is installed.
    own = root.resolve() / ".venv" / "bin" / "python"
    chosen = own if own.exists() else python
    if chosen is None or not chosen.exists():
        raise CheckoutError(f"{own} is missing: run `make setup` there, or say --python")
    return Checkout(root=root.resolve(), python=chosen.absolute(), entry=entry)


def play(checkout: Checkout, home: Path, *words: object) -> None:
    """Play a tournament to its end, or find it finished.

    Raises:
        CheckoutError: if the command fails.
    """
    done = subprocess.run(
        checkout.argv("play", "--home", home, *words),
        cwd=checkout.root,
        env=checkout.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
        raise CheckoutError(f"`play` of {checkout.root} ended with {done.returncode}: {said}")


@contextmanager
def served(checkout: Checkout, home: Path) -> Iterator[str]:
    """Serve a home's chain and yield its address.

    Raises:
        CheckoutError: if it does not start.
    """
    process = subprocess.Popen(
        checkout.argv("node", "--home", home),
        cwd=checkout.root,
        env=checkout.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        found = None
        for line in process.stdout or ():
            found = _URL.search(line)
            if found:
                break
        if found is None:
            raise CheckoutError(f"`node` of {checkout.root} serves no chain of {home}")
        yield found.group()
    finally:
        process.terminate()
        process.communicate()


def transactions(url: str) -> list[dict[str, Any]]:
    """Return every transaction of a chain in the order of its blocks, with its block's time."""
    last = int(_call(url, "eth_blockNumber"), 16)
    found = []
    for number in range(last + 1):
        block = _call(url, "eth_getBlockByNumber", hex(number), True)
        for sent in block["transactions"]:
            told = {name: sent[name] for name in (*FIELDS, "hash")}
            found.append(told | {"time": block["timestamp"]})
    return found


def stored(home: Path) -> dict[str, Path]:
    """Return the files of a home that follow from its seed, by name below the home."""
    patterns = (*(f"{store}/**/*" for store in STORES), *ALIKE)
    return {
        str(path.relative_to(home)): path
        for pattern in patterns
        for path in sorted(home.glob(pattern))
        if path.is_file() and _follows(path.relative_to(home))
    }


def fingerprint(path: Path) -> str:
    """Return what of a file must not change: the size alone of a sealed one, else its digest."""
    if path.suffix == SEALED:
        return f"{path.stat().st_size} bytes"
    return hashlib.sha256(masked(path)).hexdigest()


def masked(path: Path) -> bytes:
    """Return a file's bytes, without the value of `code_version` where it is a document."""
    content = path.read_bytes()
    if path.suffix != ".json":
        return content
    return CODE_VERSION.sub(b'"code_version":"-"', content)


def purposes(home: Path) -> dict[str, list[str]]:
    """Return each journal's writes in the order in which they were signed: purpose and outcome."""
    found = {}
    for path in sorted(home.rglob("journal.sqlite")):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            query = "SELECT purpose, state, nonce FROM writes ORDER BY id"
            rows: Sequence[tuple[str, str, int]] = database.execute(query).fetchall()
        name = str(path.relative_to(home))
        found[name] = [f"{purpose} ({state}, nonce {nonce})" for purpose, state, nonce in rows]
    return found


def flat(document: Any, place: str = "") -> dict[str, str]:
    """Return every value of a JSON document by its place, such as `rounds[0].root`."""
    if isinstance(document, Mapping) and document:
        parts = {f"{place}.{key}".lstrip("."): each for key, each in document.items()}
    elif isinstance(document, list) and document:
        parts = {f"{place}[{number}]": each for number, each in enumerate(document)}
    else:
        return {place: json.dumps(document)}
    return {name: text for key, each in parts.items() for name, text in flat(each, key).items()}


def _follows(name: Path) -> bool:
    hidden = name.name.startswith(".part-") or set(name.parts) & set(_LEFT_OUT)
    # Journals are compared by what is in them; a database's pages are SQLite's matter.
    return not hidden and ".sqlite" not in name.name and name.name != "lock"


def _call(url: str, method: str, *params: object) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        document = json.load(answer)
    if "error" in document:
        raise CheckoutError(f"{method} at {url}: {document['error']}")
    return document["result"]
