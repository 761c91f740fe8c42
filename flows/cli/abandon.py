"""`erarium abandon`: bring every stake of an abandoned round home, without its operator."""

from pathlib import Path

import click

from flows.cli import commands, giving, options, outcomes
from flows.cli.giving import Output, keep_apart

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@commands.command(short_help="Release every stake of a round whose operator is gone.")
@click.option(
    "--round", "round_id", required=True, type=click.IntRange(0, 2**64 - 1), help="The round."
)
@click.option("--rpc", metavar="URL", help="The chain's JSON-RPC endpoint.")
@click.option("--tournament", metavar="ADDRESS", help="The tournament's contract.")
@click.option("--keystore", type=_FILE, help="Your key: an encrypted keystore, which pays the gas.")
@click.option("--passphrase-file", "passphrase", type=_FILE, help="What opens it.")
@options.home
@giving.json_option
def abandon(
    round_id: int,
    rpc: str | None,
    tournament: str | None,
    keystore: Path | None,
    passphrase: Path | None,
    home: Path | None,
    output: Output,
) -> int:
    """Book that a round is abandoned, and release every stake that it holds to its model.

    Anybody may: with --rpc, --tournament, --keystore and --passphrase-file, or with a home, whose
    keeper then signs. It may be interrupted anywhere and run again.
    """
    # Imported here, so that help and mistyped options answer at once.
    from tasks import operating
    from tasks.core.money.units import RoundId

    own = {
        "--rpc": rpc,
        "--tournament": tournament,
        "--keystore": keystore,
        "--passphrase-file": passphrase,
    }
    missing = [name for name, value in own.items() if not value]
    number = RoundId(round_id)
    if rpc and tournament and keystore and passphrase and home is None:
        keep_apart()
        done = operating.abandon_as(
            options.settings(), rpc, tournament, keystore, passphrase, number
        )
    elif len(missing) == len(own):
        done = operating.abandon(options.settings(home), number)
    elif home is not None:
        said = ", ".join(name for name, value in own.items() if value)
        raise click.UsageError(f"{said} does nothing beside --home: it has its own chain and key")
    else:
        raise click.UsageError(f"{', '.join(missing)} is missing; without a home all four are said")
    return outcomes.give(done, output)
