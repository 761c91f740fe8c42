"""`erarium rounds`: every round of a tournament, and where it stands."""

from flows.cli import commands, giving, modelling_options, printing, results_console
from flows.cli.giving import Output
from flows.cli.modelling_options import Where
from tasks.core.protocol import dates


@commands.command(
    short_help="Every round: status, times, models, stakes, factor.",
    idle=modelling_options.ELSEWHERE,
)
@giving.json_option
@modelling_options.looking
def rounds(where: Where, output: Output) -> int:
    """Print every round: its status, when it opens, closes and resolves, and what is at risk."""
    view = where.look()
    document = {"now": view.now, "rounds": [each.document() for each in view.states]}

    def show() -> None:
        page = printing.console()
        if view.states:
            page.print(results_console.rounds_table(view.states))
        else:
            page.print("no round was opened yet")
        page.print(f"the chain is at {dates.utc(view.now)}")

    return output.give(document, show)
