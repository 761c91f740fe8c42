"""Run numerai-tools' own tests, from a checkout of its repository, on `tasks.numerai_compat`.

    python tests/parity/run.py DIR

A script and not a module, and it imports nothing from `tests`: a checkout has a package of that
name too. Exit codes: 0 if all tests pass, 1 if not, 2 if there is no such checkout.
"""

import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

from tasks import numerai_compat
from tasks.numerai_compat import scoring, signals, submissions

PEER = "numerai_tools"
MODULES = {"scoring": scoring, "signals": signals, "submissions": submissions}


class Counter:
    """A plugin of pytest that counts the tests and those that pass."""

    def __init__(self) -> None:
        """Start at zero."""
        self.ran = self.passed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test once: when it was called, or failed before."""
        if report.when == "call" or (report.when == "setup" and not report.passed):
            self.ran += 1
            self.passed += report.passed


def main(arguments: Sequence[str]) -> int:
    """Run the tests of the checkout that the one argument names; return the exit code."""
    folder = Path(arguments[0]).resolve() if len(arguments) == 1 and arguments[0] else None
    if folder is None or (version := find_version(folder)) is None:
        where = "no folder was named" if folder is None else f"{folder} is not one"
        print(
            f"parity: {where}: PEER=DIR must be a checkout of github.com/numerai/numerai-tools",
            file=sys.stderr,
        )
        return 2
    put_ours_in_place()
    counter = Counter()
    # The checkout stays as it is: no cache, no byte code; and our pyproject.toml is not for it.
    sys.dont_write_bytecode = True
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:boa_test", "--import-mode=prepend"]
    places = ["-c", "/dev/null", "--rootdir", str(folder), str(folder / "tests")]
    code = pytest.main([*options, *places], plugins=[counter])
    print(
        f"parity: {counter.passed} of {counter.ran} tests of numerai-tools {version}"
        " pass on tasks.numerai_compat"
    )
    return int(code != pytest.ExitCode.OK)


def find_version(folder: Path) -> str | None:
    """Return the version of the numerai-tools whose checkout a folder is, or None if it is none."""
    description = folder / "pyproject.toml"
    if not description.is_file() or not list((folder / "tests").glob("test_*.py")):
        return None
    project = tomllib.loads(description.read_text()).get("project", {})
    return str(project.get("version")) if project.get("name") == "numerai-tools" else None


def put_ours_in_place() -> None:
    """Have every later import of the peer's package or modules give ours."""
    package = ModuleType(PEER, numerai_compat.__doc__)
    sys.modules[PEER] = package
    for name, module in MODULES.items():
        sys.modules[f"{PEER}.{name}"] = module
        setattr(package, name, module)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
