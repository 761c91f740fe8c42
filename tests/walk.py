"""Count the files that a command enters and how deep its calls go: `python -m tests.walk`.

    python -m tests.walk [--home HOME] [--checkout DIR] [--json FILE]

Each command runs in a process of its own under `sys.setprofile`, from the import of the command
line on, on a copy of a small finished home; without --home one is played first.

- **files**: files of the project (below the checkout, neither in `.venv` nor in `tests`) of which
  a function or the body of a class ran, in any thread. A file whose module body alone ran, as of
  functions that were imported and not called, does not count. Other processes that a command
  starts, such as the chain's, do not either.
- **by functions**: those of them of which a function ran.
- **depth**: most frames of the project's files on one thread's stack at once, module bodies,
  comprehensions, generator expressions and lambdas left out.

`score` takes the published validation targets and the benchmark columns as predictions.
--json writes the names of the files and the deepest stack too.

At commit 7164ce8, with this definition (files/depth, by functions): `report` 14/7, 10; `score`
25/9, 21; `settle --all` 77/13, 43; `verify` 91/14, 56.

Exit codes: 0 counted, 1 a command failed, 2 bad arguments.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests import checkouts
from tests.checkouts import SMALL, Checkout, CheckoutError

BEFORE = {"report": (14, 7), "score": (25, 9), "settle --all": (77, 13), "verify": (91, 14)}
"""Files and depth at commit 7164ce8."""

_ROOT = Path(__file__).resolve().parents[1]
_WALKER = Path(__file__).with_name("walker.py")
_SNAPSHOT = Path("lake/versions/v1/s0002")


def main(words: Sequence[str]) -> int:
    """Walk through the commands and print the table; return the exit code."""
    asked = _parse(words)
    try:
        checkout = checkouts.find(asked.checkout, Path(sys.executable))
        if asked.home and not (asked.home / "report.json").is_file():
            raise CheckoutError(f"{asked.home} is no finished home: it has no report.json")
    except CheckoutError as error:
        print(f"walk: {error}", file=sys.stderr)
        return 2
    try:
        with tempfile.TemporaryDirectory(prefix="walk-") as folder:
            home = _copied(checkout, asked.home, Path(folder) / "home")
            found = {name: _walk(checkout, home, name) for name in BEFORE}
    except CheckoutError as error:
        print(f"walk: {error}", file=sys.stderr)
        return 1
    print(table(found))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the counts as lines, each with those at commit 7164ce8."""
    lines = [f"{'command':14}{'files':>7}{'was':>5}{'by functions':>14}{'depth':>7}{'was':>5}"]
    for name, walk in found.items():
        files, depth = BEFORE[name]
        counts = [len(walk[part]) for part in ("entered", "by_functions", "deepest")]
        lines.append(f"{name:14}{counts[0]:>7}{files:>5}{counts[1]:>14}{counts[2]:>7}{depth:>5}")
    return "\n".join(lines)


def _copied(checkout: Checkout, home: Path | None, copy: Path) -> Path:
    if home is not None:
        return Path(shutil.copytree(home, copy))
    print("playing a small tournament", file=sys.stderr, flush=True)
    checkouts.play(checkout, copy, *SMALL)
    return copy


def _walk(checkout: Checkout, home: Path, name: str) -> dict[str, Any]:
    if name == "score":
        predictions = home / _SNAPSHOT / "validation_benchmark_models.parquet"
        targets = home / _SNAPSHOT / "validation.parquet"
        words = ["score", "--predictions", str(predictions), "--targets", str(targets)]
    else:
        words = [*name.split(), "--home", str(home)]
    result = home.with_name("result.json")
    start = [str(checkout.python), "-P", str(_WALKER), str(checkout.root), checkout.entry]
    done = subprocess.run(
        [*start, str(result), *words],
        cwd=checkout.root,
        env=checkout.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, Any] = json.loads(result.read_text()) if not done.returncode else {}
    if done.returncode or found["code"]:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
        raise CheckoutError(f"`{name}` of {checkout.root} failed: {said}")
    return found


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = checkouts.Parser(prog="walk", description="Count files and depth of commands.")
    parser.add_argument("--home", type=Path, help="a finished home; one is played if unset")
    parser.add_argument("--checkout", type=Path, default=_ROOT, help="this one if unset")
    parser.add_argument("--json", type=Path, metavar="FILE", help="names of files and stacks")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
