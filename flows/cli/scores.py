"""`erarium scores`: what became of a model in every round."""

from dataclasses import asdict
from pathlib import Path

import click

from flows.cli import commands, giving, modelling_options, printing, results_console
from flows.cli.giving import Output


@commands.command(short_help="What became of a model in every round.")
@click.option(
    "--model", "said", metavar="NAME|ID", help="Yours or another's; your only one if unset."
)
@modelling_options.models
@modelling_options.place()
@giving.json_option
def scores(
    said: str | None,
    models: Path | None,
    rpc: str | None,
    tournament: str | None,
    lake: str | None,
    output: Output,
) -> int:
    """Print a model's rounds: status, stake, scores, return, payout and burn, and their means.

    A model of somebody else is said by its id. Errors are HAC errors, for rounds overlap.
    """
    from tasks import modelling
    from tasks.client import results

    root = modelling_options.models_path(models)
    place = modelling_options.place_of(rpc, tournament, lake)
    name, model = modelling.model_id(root, said)
    if models is not None and name is None and place is not None:
        raise click.UsageError("--models does nothing beside --rpc and the id of a model")
    view = modelling.look(root, name, place)
    found = modelling.scores(view, model)
    means = results.means(found)
    document = {
        "means": {key: None if mean is None else asdict(mean) for key, mean in means.items()},
        "model": model.hex(),
        "rounds": [each.document() for each in found],
    }

    def show() -> None:
        page = printing.console()
        if not found:
            page.print(f"model {name or model.hex()} has entered no round")
            return
        for table in (results_console.results_table(found), results_console.means_table(means)):
            page.print(table)
            page.print()
        printing.print_notes(page, results_console.reasons(found))

    return output.give(document, show)
