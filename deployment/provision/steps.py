"""The steps of the set-up: what each depends on, and what it does."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass

from deployment.provision import foundry
from deployment.provision.place import Place

PIP_INSTALL = ("-m", "pip", "install", "--no-deps")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step, to be done again when one of its inputs has changed."""

    key: str
    title: str
    inputs: tuple[str, ...]
    # Measured, what is downloaded and thrown away again included, and rounded up.
    needs_mb: int
    act: Callable[[Place], None]
    # What else is done by it: the development packages contain all the others.
    covers: tuple[tuple[str, str], ...] = ()

    def is_done(self, place: Place) -> bool:
        """Say whether the step was done with its inputs as they are."""
        return place.done().get(self.key) == place.digest(self.inputs)

    def do(self, place: Place) -> None:
        """Do the step and record it."""
        self.act(place)
        covered = {key: place.digest([name]) for key, name in self.covers}
        place.record({self.key: place.digest(self.inputs)} | covered)


def plan(place: Place, *, development: bool) -> list[Step]:
    """Return the steps that are left to do, in order."""
    steps = [_development() if development else _runtime(), _project()]
    left = [step for step in steps if not step.is_done(place)]
    if not is_sound(place):
        left = [_environment(), *steps]
    programs = {"node": foundry.ANVIL} | ({"forge": foundry.FORGE} if development else {})
    for key, program in programs.items():
        step = _program(key, program)
        if program.is_pinned(place) and not (
            step.is_done(place) and program.binary(place).exists()
        ):
            left.append(step)
    return left


def is_sound(place: Place) -> bool:
    """Say whether `.venv` is whole, of Python 3.11 and made at this very path."""
    settings = place.venv / "pyvenv.cfg"
    if place.unfinished.exists() or not place.python.exists() or not settings.exists():
        return False
    text = settings.read_text()
    # A folder that was moved or copied keeps scripts that start the old place's Python.
    return "version = 3.11." in text and f" {place.venv}\n" in f"{text}\n"


def _environment() -> Step:
    return Step(
        key="environment",
        title="virtual environment in .venv",
        inputs=(),
        needs_mb=50,
        act=_make_environment,
    )


def _runtime() -> Step:
    return Step(
        key="runtime",
        title="packages of requirements.lock, a minute or two",
        inputs=("requirements.lock",),
        needs_mb=1300,
        act=lambda place: _install_lock(place, "requirements.lock"),
    )


def _development() -> Step:
    return Step(
        key="development",
        title="packages of requirements-dev.lock, about two minutes",
        inputs=("requirements-dev.lock",),
        needs_mb=1800,
        act=lambda place: _install_lock(place, "requirements-dev.lock"),
        covers=(("runtime", "requirements.lock"),),
    )


def _project() -> Step:
    return Step(
        key="project",
        title="the project itself",
        inputs=("pyproject.toml",),
        needs_mb=1,
        act=_install_project,
    )


def _program(key: str, program: foundry.Program) -> Step:
    return Step(
        key=key,
        title=f"{program.name}, {program.purpose}",
        inputs=(program.lock_name(),),
        # npm from PyPI is most of it
        needs_mb=300,
        act=lambda place: foundry.install(place, program),
    )


def _make_environment(place: Place) -> None:
    """Make `.venv` from nothing; only the log stays."""
    with place.writing():
        for entry in place.venv.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry not in (place.log, place.unfinished):
                entry.unlink()
        place.run([sys.executable, "-m", "venv", place.venv])


def _install_lock(place: Place, lock: str) -> None:
    # Wheels only: a source distribution would fetch build tools that no lock pins.
    with place.writing():
        place.run(
            [place.python, *PIP_INSTALL, "--require-hashes", "--only-binary", ":all:", "-r", lock]
        )


def _install_project(place: Place) -> None:
    with place.writing():
        place.run([place.python, *PIP_INSTALL, "--no-build-isolation", "--editable", "."])
