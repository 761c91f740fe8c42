"""How commands print and write what was done to rounds."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli import options

if TYPE_CHECKING:
    from tasks.operating import Outcome


def show(outcome: "Outcome", json_file: Path | None) -> int:
    """Print what was done, where the rounds stand and what needs a person, a line each.

    Returns:
        The exit code: 1 if something needs a person.
    """
    for act in outcome.acts:
        click.echo(act.line())
    if not (outcome.acts or outcome.faults):
        click.echo("nothing was left to do")
    for state in outcome.states:
        click.echo(state.line())
    for fault in outcome.faults:
        click.echo(f"FAIL {fault.message}")
    if json_file is not None:
        document = {
            "acts": [act.document() for act in outcome.acts],
            "faults": [
                {"message": fault.message, "round": fault.round_id} for fault in outcome.faults
            ],
            "rounds": [state.document() for state in outcome.states],
        }
        options.write_json(json_file, document)
    return 1 if outcome.faults else 0
