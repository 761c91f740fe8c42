"""`erarium leaderboard`: the models of a season and their reputation."""

from dataclasses import asdict

import click

from flows.cli import commands, giving, modelling_options, printing, results_console
from flows.cli.giving import Output
from flows.cli.modelling_options import Where
from tasks.core import wording


@commands.command(
    short_help="The models of a season and their reputation.", idle=modelling_options.ELSEWHERE
)
@click.option(
    "--season", metavar="YYYYQn|all",
    help="A calendar quarter of the rounds' closes; the last with a resolved round if unset.",
)  # fmt: skip
@giving.json_option
@modelling_options.looking
def leaderboard(season: str | None, where: Where, output: Output) -> int:
    """Print every model's reputation: its mean return over the season's resolved rounds.

    The return is what the terms pay for one token at risk, whatever was staked; a round that a
    model missed counts 0. With few rounds the models are listed by name, for an order would say
    more than is known.
    """
    from tasks import modelling

    board, titles = modelling.leaderboard(where.look(), season)
    rows = [
        {
            "entered": row.entered,
            "id": row.model.hex(),
            "model": titles[row.model],
            "place": row.place,
            "reputation": asdict(row.reputation),
        }
        for row in board.rows
    ]
    document = {
        "models": rows,
        "ordered": board.ordered,
        "rounds": board.rounds,
        "season": board.season,
    }

    def show() -> None:
        page = printing.console()
        what = "all seasons" if board.season == "all" else f"season {board.season}"
        page.print(f"{what}: {wording.counted(board.rounds, 'resolved round')}", style="bold")
        if board.rows:
            page.print()
            page.print(results_console.leaderboard_table(board, titles))
            printing.print_notes(page, results_console.leaderboard_notes(board))

    return output.give(document, show)
