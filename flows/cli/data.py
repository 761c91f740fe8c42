"""`erarium data`: what is published, and a checked copy of it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli import modelling_options, printing, results_console, waiting
from tasks.core import wording

if TYPE_CHECKING:
    from tasks.client.downloading import Published


@click.group(short_help="What data is published; a checked copy of it on your disk.")
def data() -> None:
    """List what data is published, and copy it."""


@data.command("list", short_help="List the snapshots and the rounds' live data.")
@modelling_options.model
@modelling_options.models
@modelling_options.place()
@modelling_options.json_file
def list_(
    name: str | None, models: Path | None, json_file: Path | None, **words: str | None
) -> int:
    """List every snapshot: what it was published for, its eras, its size and its files."""
    from tasks import modelling

    place = modelling_options.place_of(words)
    view = modelling.look(modelling_options.models_path(models), name, place)
    found = modelling.published(view)
    document = {"snapshots": [each.document() for each in found]}
    modelling_options.give(json_file, document, lambda: _show(found))
    return 0


@data.command(short_help="Copy a snapshot, every object checked by its digest.")
@click.option(
    "--snapshot", default="latest", show_default=True, metavar="NAME", help="As `list` names it."
)
@click.option(
    "--to", "folder", default="data", show_default=True,
    type=click.Path(path_type=Path, file_okay=False), help="Where the copy goes.",
)  # fmt: skip
@click.option("--files", multiple=True, metavar="FILE", help="Only this single file; repeatable.")
@modelling_options.model
@modelling_options.models
@modelling_options.place()
@modelling_options.json_file
def download(
    snapshot: str,
    folder: Path,
    files: tuple[str, ...],
    name: str | None,
    models: Path | None,
    json_file: Path | None,
    **words: str | None,
) -> int:
    """Copy a snapshot into a folder that is laid out as the lake is.

    What is there already and right is not fetched again, so a command that was cut goes on where
    it stopped.
    """
    from tasks import modelling

    place = modelling_options.place_of(words)
    view = modelling.look(modelling_options.models_path(models), name, place)
    with waiting.shown() as progress:
        done = modelling.download(view, snapshot, folder, files, progress)

    def show() -> None:
        objects = wording.counted(done.objects, "object")
        click.echo(
            f"{done.name} in {done.folder}: {objects}, {done.bytes:,} bytes, all checked; "
            f"{done.fetched} fetched, {done.objects - done.fetched} were there"
        )

    modelling_options.give(json_file, done.document(), show)
    return 0


def _show(found: "list[Published]") -> None:
    page = printing.console()
    made = printing.table(
        "snapshot", words=("of (UTC)", "live era"), numbers=("eras", "bytes", "files")
    )
    for each in found:
        made.add_row(
            each.name,
            results_console.when(each.date),
            each.live_era or "-",
            str(each.eras),
            f"{each.bytes:,}",
            str(len(each.files) or "-"),
        )
    page.print(made)
    for each in found:
        if each.files:
            page.print(f"{each.name}: {', '.join(each.files)}")
