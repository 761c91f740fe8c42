"""The set-up's command line: refuse what cannot work, do what is left, say how long it took."""

import argparse
import importlib.util
import shutil
import sys
import time
from pathlib import Path

from deployment.provision import foundry, steps
from deployment.provision.place import Place, Refusal, SetupError

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str], place: Place | None = None) -> int:
    """Set the repository up.

    Args:
        arguments: `--dev` for the development packages too, `--check` to change nothing.
        place: what to set up; this repository unless told.

    Returns:
        The exit status: 0 when all is done, 1 when a step failed or `--check` found work left,
        2 when this machine cannot be set up, 130 when interrupted.
    """
    options = _parse(arguments)
    place = place or Place(ROOT)
    try:
        if options.check:
            return _check(place, development=options.dev)
        return _provision(place, development=options.dev)
    except SetupError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 2 if isinstance(error, Refusal) else 1
    except KeyboardInterrupt:
        print("\nset-up: interrupted; the next call repairs it", file=sys.stderr)
        return 130


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="deployment/setup.py", description="Set up .venv and the local chain's node."
    )
    parser.add_argument("--dev", action="store_true", help="the development packages and forge too")
    parser.add_argument("--check", action="store_true", help="only say what is left to do")
    return parser.parse_args(arguments)


def _check(place: Place, *, development: bool) -> int:
    left = steps.plan(place, development=development)
    print("set-up: " + ("; ".join(step.title for step in left) + " to do" if left else "complete"))
    return 1 if left else 0


def _provision(place: Place, *, development: bool) -> int:
    if steps.plan(place, development=development):
        foundry.check_platform(place)
        _check_python()
        with place.lock():
            # Planned again: another set-up may have done it while this one waited.
            left = steps.plan(place, development=development)
            _check_disk(place, sum(step.needs_mb for step in left))
            _do(place, left)
    print("set-up: complete")
    return 0


def _check_python() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        raise Refusal(
            f"{sys.executable} cannot make a virtual environment: install python3.11-venv"
        )


def _do(place: Place, left: list[steps.Step]) -> None:
    place.venv.mkdir(exist_ok=True)
    for number, step in enumerate(left, start=1):
        print(f"set-up {number}/{len(left)}: {step.title} ... ", end="", flush=True)
        start = time.monotonic()
        try:
            step.do(place)
        except SetupError:
            print("failed", flush=True)
            raise
        print(f"{time.monotonic() - start:.0f} s", flush=True)


def _check_disk(place: Place, needs_mb: int) -> None:
    free_mb = shutil.disk_usage(place.root).free // 10**6
    if free_mb < needs_mb:
        raise Refusal(f"needs {needs_mb} MB of free disk in {place.root}, and {free_mb} MB are")
