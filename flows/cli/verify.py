"""`erarium verify`: recompute what was published, as a stranger, a modeller or an auditor."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli import commands, giving, modelling_options, options, printing
from flows.cli.commands import Idle
from flows.cli.giving import Output
from tasks.core.errors import ExitCode

if TYPE_CHECKING:
    from tasks.core.checks import Outcome

_PATH = click.Path(path_type=Path, exists=True)


_OWN = "a modeller's own rows need no more than what the model stored"


@commands.command(
    short_help="Recompute what was published and compare it with the chain.",
    idle=(
        Idle(
            options=("--home", "--predictions", *modelling_options.PLACE),
            beside=("--model",),
            because=_OWN,
        ),
        Idle(options=("--models",), without=("--model",), because="it is where that model lies"),
        Idle(
            options=("--home",),
            beside=modelling_options.PLACE,
            because="they say which tournament is looked at",
        ),
    ),
)
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
@giving.json_option
def verify(
    home: Path | None,
    round_id: int | None,
    predictions: Path | None,
    name: str | None,
    models: Path | None,
    rpc: str | None,
    tournament: str | None,
    lake: str | None,
    output: Output,
) -> int:
    """Recompute every round from the published files and compare it with the chain.

    Prints one line a check. `not open` stands before a check that needs predictions which the
    round's opening rule keeps closed: it has neither passed nor failed. With --model modellers
    recompute their own rows from what they submitted, with --predictions an auditor everything.

    A home's chain is started from its saved state if it does not run; --rpc, --tournament and
    --lake look at a tournament of which nothing else is known.
    """
    from tasks import auditing

    place = modelling_options.place_of(rpc, tournament, lake)
    if name is not None:
        checks = auditing.verify_own(options.settings(models=models), name, round_id)
    elif place is not None:
        checks = auditing.verify_at(options.settings(), place, round_id, predictions)
    else:
        checks = auditing.verify(options.settings(home), round_id, predictions)
    return _give(checks, output, own=name is not None)


def _give(checks: "Sequence[Outcome]", output: Output, *, own: bool) -> int:
    lines = [check.line() for check in checks]
    failed = [check for check in checks if check.fails]
    closed = [check for check in checks if check.holds is None]
    compared = len(checks) - len(closed)
    more = f", {len(closed)} not open" if closed else ""
    lines.append(f"{compared - len(failed)} of {compared} checks hold{more}")
    if own and not failed:
        lines.append("own row holds")
    rows = [check.document() for check in checks]
    document = {"checks": rows, "not_open": len(closed), "verified": not failed}
    code = ExitCode.FAILED if failed else ExitCode.DONE
    return output.give(document, lambda: printing.print_lines(lines), code)
