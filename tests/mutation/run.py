"""Try mutants of the contracts against their tests: `python -m tests.mutation.run --only 60`.

Exit codes: 0 if at least 95 % of the mutants that are not equivalent die, 1 if fewer do, 2 if the
tests fail without a mutant or the list of equivalent ones is stale.
"""

import argparse
import json
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.mutation import mutants
from tests.mutation.mutants import Mutant
from tests.mutation.trial import INVALID, KILLED, SAME, SURVIVED, Arena, Outcome

ROOT = Path(__file__).resolve().parents[2]
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
LEAST_KILLED = 0.95
# of the compiler; of a node's receipts; of every path through small windows, for minutes
LEFT_OUT = ("test_artifacts.py", "test_gas.py", "test_paths.py")
# which tests of a source come first: those that killed the most of it a second
FIRST = {
    "ledger.vy": ("test_ledger.py", "test_ledger_tokens.py", "test_reference_model.py"),
    "packing.vy": ("test_packing.py", "test_settlement.py", "test_challenges.py"),
    "payouts.vy": ("test_vectors.py", "test_settlement.py", "test_reference_model.py"),
    "rules.vy": ("test_terms.py",),
    "rounds.vy": ("test_challenges.py", "test_settlement.py", "test_deadlines.py"),
    "signatures.vy": ("test_signed_entries.py", "test_signed_vectors.py"),
    "token.vy": ("test_permit.py", "test_mint.py", "test_token.py", "test_token_log.py"),
    "tournament.vy": (
        "test_settlement.py",
        "test_entries.py",
        "test_books.py",
        "test_challenges.py",
        "test_signed_entries.py",
        "test_reference_model.py",
    ),
}
Trial = tuple[Mutant, Outcome]


def main(arguments: Sequence[str]) -> int:
    """Try the mutants that the arguments ask for and print what became of them."""
    asked = _parse(arguments)
    found = find_all()
    equivalent = load_equivalent()
    stale = set(equivalent) - {mutant.key for mutant in found}
    if stale:
        print("\n".join(f"no such mutant, mend {EQUIVALENT.name}: {key}" for key in stale))
        return 2
    chosen = mutants.sample(found, asked.only or len(found), asked.seed)
    with tempfile.TemporaryDirectory() as folder:
        arena = Arena(ROOT, Path(folder))
        baseline = arena.try_out(None, tests_for("", arena.folder))
        if baseline.state != SURVIVED:
            print(f"without a mutant {baseline.by} fails\n{arena.log.read_text()[-4000:]}")
            return 2
        found_and_chosen = f"{len(chosen)} of {len(found)} mutants"
        print(f"baseline passes in {baseline.seconds:.0f} s; {found_and_chosen}", flush=True)
        tried = [_try(arena, mutant, equivalent) for mutant in chosen]
    if asked.json:
        asked.json.write_text(json.dumps([_document(*each) for each in tried], indent=1) + "\n")
    return report(tried, equivalent)


def find_all() -> list[Mutant]:
    """Return every mutant of every contract."""
    sources = sorted((ROOT / "contracts").glob("*.vy"))
    return [each for path in sources for each in mutants.find(path.name, path.read_text())]


def load_equivalent() -> dict[tuple[str, str, str, str], str]:
    """Return the reasons of mutants that no test can tell from the contract, by their keys."""
    entries = tomllib.loads(EQUIVALENT.read_text())["mutant"]
    names = ("file", "function", "was", "becomes")
    return {tuple(entry[name] for name in names): entry["reason"] for entry in entries}


def tests_for(file: str, folder: Path) -> list[str]:
    """Return the contracts' test files, those first that kill a source's mutants soonest."""
    names = sorted(path.name for path in (folder / "tests" / "contracts").glob("test_*.py"))
    first = [name for name in FIRST.get(file, ()) if name in names]
    rest = [name for name in names if name not in (*first, *LEFT_OUT)]
    return [f"tests/contracts/{name}" for name in first + rest]


def report(tried: Sequence[Trial], equivalent: dict[tuple[str, str, str, str], str]) -> int:
    """Print counts by source and each survivor; return the exit code."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for mutant, outcome in tried:
        known = outcome.state == SURVIVED and mutant.key in equivalent
        for row in (mutant.file, "all"):
            rows[row]["equivalent" if known else outcome.state] += 1
    states = (KILLED, SURVIVED, "equivalent", SAME, INVALID)
    print(f"\n{'source':<16}" + "".join(f"{state:>12}" for state in states))
    for name in sorted(rows, key=lambda row: (row == "all", row)):
        print(f"{name:<16}" + "".join(f"{rows[name][state]:>12}" for state in states))
    for mutant, outcome in tried:
        if outcome.state == SURVIVED:
            print(_survivor(mutant, equivalent.get(mutant.key)))
    killed, survived = rows["all"][KILLED], rows["all"][SURVIVED]
    share = killed / max(killed + survived, 1)
    print(f"{killed} of {killed + survived} mutants that are not equivalent died: {share:.1%}")
    return 0 if share >= LEAST_KILLED else 1


def _survivor(mutant: Mutant, reason: str | None) -> str:
    where = f"contracts/{mutant.file}:{mutant.line} ({mutant.function or 'constant'})"
    change = f"    {mutant.was}\n    {mutant.becomes}"
    return f"{where} {mutant.kind}: {reason or 'SURVIVED'}\n{change}"


def _try(arena: Arena, mutant: Mutant, equivalent: dict[tuple[str, str, str, str], str]) -> Trial:
    outcome = arena.try_out(mutant, tests_for(mutant.file, arena.folder))
    known = " (equivalent)" if mutant.key in equivalent else ""
    if known and outcome.state == KILLED:
        raise RuntimeError(f"called equivalent, killed by {outcome.by}: {mutant.key}")
    print(
        f"{outcome.state:<9} {outcome.seconds:5.1f} s  {mutant.file}:{mutant.line} {mutant.kind}: "
        f"{mutant.becomes[:70]}{known} {outcome.by.removeprefix('tests/contracts/')[:90]}",
        flush=True,
    )
    return mutant, outcome


def _document(mutant: Mutant, outcome: Outcome) -> dict[str, object]:
    fields = asdict(mutant) | asdict(outcome)
    del fields["source"]
    return fields


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.mutation.run", description=__doc__)
    parser.add_argument("--only", type=int, help="try so many, of every source and kind")
    parser.add_argument("--seed", type=int, default=0, help="which ones")
    parser.add_argument("--json", type=Path, help="write every outcome to this file")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
