"""`erarium leaderboard`: the models of a season and their reputation."""

from dataclasses import asdict
from pathlib import Path

import click

from flows.cli import modelling_options, printing, results_console
from tasks.core import wording


@click.command(short_help="The models of a season and their reputation.")
@click.option(
    "--season", metavar="YYYYQn|all",
    help="A calendar quarter of the rounds' closes; the last with a resolved round if unset.",
)  # fmt: skip
@modelling_options.model
@modelling_options.models
@modelling_options.place()
@modelling_options.json_file
def leaderboard(
    season: str | None,
    name: str | None,
    models: Path | None,
    json_file: Path | None,
    **words: str | None,
) -> int:
    """Print every model's reputation: its mean return over the season's resolved rounds.

    The return is what the terms pay for one token at risk, whatever was staked; a round that a
    model missed counts 0. With few rounds the models are listed by name, for an order would say
    more than is known.
    """
    from tasks import modelling

    place = modelling_options.place_of(words)
    view = modelling.look(modelling_options.models_path(models), name, place)
    board, titles = modelling.leaderboard(view, season)
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

    modelling_options.give(json_file, document, show)
    return 0
