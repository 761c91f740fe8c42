"""`erarium rounds`: every round of a tournament, and where it stands."""

from pathlib import Path

import click

from flows.cli import modelling_options, printing, results_console
from tasks.core.protocol import dates


@click.command(short_help="Every round: status, times, models, stakes, factor.")
@modelling_options.model
@modelling_options.models
@modelling_options.place()
@modelling_options.json_file
def rounds(
    name: str | None, models: Path | None, json_file: Path | None, **words: str | None
) -> int:
    """Print every round: its status, when it opens, closes and resolves, and what is at risk."""
    from tasks import modelling

    place = modelling_options.place_of(words)
    view = modelling.look(modelling_options.models_path(models), name, place)
    document = {"now": view.now, "rounds": [each.document() for each in view.states]}

    def show() -> None:
        page = printing.console()
        if view.states:
            page.print(results_console.rounds_table(view.states))
        else:
            page.print("no round was opened yet")
        page.print(f"the chain is at {dates.utc(view.now)}")

    modelling_options.give(json_file, document, show)
    return 0
