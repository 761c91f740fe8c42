"""Options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tasks.adapters.settings import Settings

home = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="The installation's folder; ERARIUM_HOME or ./.erarium if unset.",
)


def settings(home: Path | None = None, models: Path | None = None) -> "Settings":
    """Return the settings of this process, read here alone: what was said counts before them."""
    from tasks.adapters.settings import Settings

    said = {"home": home, "models": models}
    return Settings(**{name: path for name, path in said.items() if path is not None})
