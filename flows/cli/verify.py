"""`erarium verify`: recompute what was published, as a stranger, a modeller or an auditor."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli import modelling_options, options

if TYPE_CHECKING:
    from tasks.core.checks import Outcome

_PATH = click.Path(path_type=Path, exists=True)


@click.command(short_help="Recompute what was published and compare it with the chain.")
@options.home
@click.option("--round", "round_id", type=click.IntRange(0), help="One round; all if unset.")
@click.option(
    "--predictions",
    type=_PATH,
    help="What the operator handed to an auditor: one round's file, or a folder of round-N.npy.",
)
@click.option("--model", "name", metavar="NAME", help="Your model: check its own rows alone.")
@modelling_options.models
@modelling_options.place(says="The home's")
@options.json_file
def verify(
    home: Path | None,
    round_id: int | None,
    predictions: Path | None,
    name: str | None,
    models: Path | None,
    json_file: Path | None,
    **words: str | None,
) -> int:
    """Recompute every round from the published files and compare it with the chain.

    Prints one line a check. `not open` stands before a check that needs predictions which the
    round's opening rule keeps closed: it has neither passed nor failed. With --model a modeller
    recomputes his own rows from what he submitted, with --predictions an auditor everything.

    A home's chain is started from its saved state if it does not run; --rpc, --tournament and
    --lake look at a tournament of which nothing else is known.
    """
    from tasks import auditing

    place = modelling_options.place_of(words)
    if name is None:
        if place is not None:
            checks = auditing.verify_at(options.settings(), place, round_id, predictions)
        else:
            checks = auditing.verify(options.settings(home), round_id, predictions)
    elif home is not None or predictions is not None or place is not None:
        raise click.UsageError("--model knows its tournament, and its predictions: say it alone")
    else:
        checks = auditing.verify_own(options.settings(models=models), name, round_id)
    return _tell(checks, json_file, own=name is not None)


def _tell(checks: "Sequence[Outcome]", json_file: Path | None, *, own: bool) -> int:
    for check in checks:
        click.echo(check.line())
    failed = [check for check in checks if check.fails]
    closed = [check for check in checks if check.holds is None]
    compared = len(checks) - len(closed)
    more = f", {len(closed)} not open" if closed else ""
    click.echo(f"{compared - len(failed)} of {compared} checks hold{more}")
    if own and not failed:
        click.echo("own row holds")
    if json_file is not None:
        rows = [check.document() for check in checks]
        document = {"checks": rows, "not_open": len(closed), "verified": not failed}
        options.write_json(json_file, document)
    return 1 if failed else 0
