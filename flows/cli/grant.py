"""`erarium grant`: the operator gives an outsider tokens and gas."""

from dataclasses import asdict
from pathlib import Path

import click

from flows.cli import commands, giving, options, printing
from flows.cli.giving import Output
from tasks.core.money import decimals


@commands.command(short_help="Give an outsider tokens and gas.")
@click.argument("address")
@click.option("--tokens", default="1000", show_default=True, metavar="TOKENS")
@click.option("--gas", default="0.1", show_default=True, metavar="COINS", help="Of the chain's.")
@click.option(
    "--label", default="first", show_default=True, help="Another one gives to an address again."
)
@options.home
@giving.json_option
def grant(
    address: str, tokens: str, gas: str, label: str, home: Path | None, output: Output
) -> int:
    """Give the account ADDRESS tokens to stake and gas, out of what the home's deployer holds.

    Once for each label: a command that was killed, or is typed twice, gives nothing twice.
    """
    # Imported here, so that help and mistyped options answer at once.
    from tasks import granting

    amounts = decimals.wei_exactly(tokens), decimals.wei_exactly(gas)
    done = granting.grant(options.settings(home), address, *amounts, label)
    document = asdict(done) | {"tokens": str(done.tokens), "gas": str(done.gas)}

    given = {
        "tokens": f"{decimals.tokens_exactly(done.tokens)} tokens",
        "gas": f"{decimals.tokens_exactly(done.gas)} for gas",
    }
    lines = [
        f"{done.address} has been given {given[name]} ({label}), in {transaction}"
        for name, transaction in done.transactions.items()
    ]
    return output.give(document, lambda: printing.print_lines(lines))
