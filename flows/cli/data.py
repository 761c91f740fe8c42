"""`erarium data`: what is published, and a checked copy of it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli import commands, giving, modelling_options, printing, results_console
from flows.cli.giving import Output
from flows.cli.modelling_options import Where
from tasks.adapters import waiting
from tasks.core import wording

if TYPE_CHECKING:
    from tasks.client.downloading import Published


@click.group(
    cls=commands.Group, short_help="What data is published; a checked copy of it on your disk."
)
def data() -> None:
    """List what data is published, and copy it."""


@data.command(
    "list",
    short_help="List the snapshots and the rounds' live data.",
    idle=modelling_options.ELSEWHERE,
)
@giving.json_option
@modelling_options.looking
def list_(where: Where, output: Output) -> int:
    """List every snapshot: what it was published for, its eras, its size and its files."""
    from tasks import modelling

    found = modelling.published(where.look())
    document = {"snapshots": [each.document() for each in found]}
    return output.give(document, lambda: _show(found))


@data.command(
    short_help="Copy a snapshot, every object checked by its digest.",
    idle=modelling_options.ELSEWHERE,
)
@click.option(
    "--snapshot", default="latest", show_default=True, metavar="NAME", help="As `list` names it."
)
@click.option(
    "--to", "folder", default="data", show_default=True,
    type=click.Path(path_type=Path, file_okay=False), help="Where the copy goes.",
)  # fmt: skip
@click.option("--files", multiple=True, metavar="FILE", help="Only this single file; repeatable.")
@giving.json_option
@modelling_options.looking
def download(
    snapshot: str, folder: Path, files: tuple[str, ...], where: Where, output: Output
) -> int:
    """Copy a snapshot into a folder that is laid out as the lake is.

    What is there already and right is not fetched again, so a command that was cut goes on where
    it stopped.
    """
    from tasks import modelling

    view = where.look()
    with waiting.shown() as progress:
        done = modelling.download(view, snapshot, folder, files, progress)
    objects = wording.counted(done.objects, "object")
    line = (
        f"{done.name} in {done.folder}: {objects}, {done.bytes:,} bytes, all checked; "
        f"{done.fetched} fetched, {done.objects - done.fetched} were there"
    )
    return output.give(done.document(), lambda: printing.print_lines([line]))


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
