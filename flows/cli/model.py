"""`erarium model`: make a model, give it stake, take it back, and see what it has."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli import commands, giving, modelling_options, printing, results_console
from flows.cli.giving import Output
from tasks.core.money import decimals
from tasks.core.protocol import dates

if TYPE_CHECKING:
    from tasks.client.moving import Kind
    from tasks.modelling import Status


_FUNDED = {
    None: "the operator gives it tokens and gas",
    False: "the faucet was asked and has given nothing yet",
    True: "the faucet has given it tokens and gas",
}


@click.group(
    cls=commands.Group, short_help="Your model: create it, deposit, withdraw, see what it has."
)
def model() -> None:
    """Make a model, give it stake, take it back, and see what it has."""


@model.command(short_help="Make a model with a key of its own.")
@click.argument("name")
@modelling_options.place(required=True)
@modelling_options.models
@modelling_options.passphrase
@giving.json_option
def create(
    name: str,
    models: Path | None,
    passphrase: Path | None,
    rpc: str | None,
    tournament: str | None,
    lake: str | None,
    output: Output,
) -> int:
    """Make the model NAME: a folder with a new encrypted key, and where its tournament is.

    Without --passphrase-file a passphrase is made beside the key. Typed again, it says where the
    same tournament is reached now; the key stays.
    """
    # Imported here, so that help and mistyped options answer at once.
    from tasks import modelling

    place = modelling_options.place_of(rpc, tournament, lake)
    if place is None:
        raise click.UsageError("--rpc, --tournament and --lake say where the tournament is")
    root = modelling_options.models_path(models)
    facts = modelling.create(root, name, place, passphrase)
    folder = root / name
    opened_by = facts.passphrase or str(folder / "keys" / "passphrase")
    funded = modelling.ask_faucet(root, name)
    document = {
        "chain_id": facts.chain_id,
        "faucet": funded,
        "folder": str(folder),
        "model": facts.model.hex(),
        "name": name,
        "owner": facts.owner,
        "passphrase_file": opened_by,
        "tournament": facts.tournament,
    }

    lines = (
        f"model {name}: id {facts.model.hex()}",
        f"account {facts.owner}: {_FUNDED[funded]}",
        f"key {folder / 'keys' / 'owner.json'}: back it up, and keep it secret",
        f"passphrase {opened_by}: without it the key does not open; the same holds",
    )
    return output.give(document, lambda: printing.print_lines(lines))


@model.command(short_help="Add tokens of your account to the model's free stake.")
@click.argument("amount")
@modelling_options.model
@modelling_options.models
@modelling_options.passphrase
@giving.json_option
def deposit(
    amount: str, name: str | None, models: Path | None, passphrase: Path | None, output: Output
) -> int:
    """Add AMOUNT tokens of your account to your model's free stake, or `all` of them.

    A command that was killed goes on when it is typed again, and deposits once.
    """
    return _move("deposit", amount, name, models, passphrase, output)


@model.command(short_help="Pay free stake out to your account.")
@click.argument("amount", metavar="AMOUNT|all")
@modelling_options.model
@modelling_options.models
@modelling_options.passphrase
@giving.json_option
def withdraw(
    amount: str, name: str | None, models: Path | None, passphrase: Path | None, output: Output
) -> int:
    """Pay AMOUNT tokens of your model's free stake out to your account, or `all` of it.

    What is locked in rounds stays there. A command that was killed goes on when it is typed
    again, and withdraws once.
    """
    return _move("withdraw", amount, name, models, passphrase, output)


@model.command(short_help="Say what a model has, where, and how it did lately.")
@modelling_options.model
@modelling_options.models
@giving.json_option
def status(name: str | None, models: Path | None, output: Output) -> int:
    """Say what your model and its account have, what is locked in which round, and its results."""
    from tasks import modelling

    found = modelling.status(modelling_options.models_path(models), name)
    document = {
        "free": str(found.free),
        "gas_wei": str(found.gas),
        "locked": {str(number): str(amount) for number, amount in found.locked.items()},
        "model": found.facts.model.hex(),
        "name": found.facts.name,
        "next_at_risk": str(found.next_at_risk),
        "owner": found.facts.owner,
        "results": [each.document() for each in found.results],
        "tokens": str(found.tokens),
    }
    return output.give(document, lambda: _show(found))


def _move(
    kind: "Kind",
    amount: str,
    name: str | None,
    models: Path | None,
    passphrase: Path | None,
    output: Output,
) -> int:
    from tasks import modelling

    root = modelling_options.models_path(models)
    with modelling.moved(root, name, kind, amount, passphrase) as done:
        tokens = decimals.tokens_exactly(done.move.amount)
        verb = "deposited" if kind == "deposit" else "withdrew"
        document = {
            "amount": str(done.move.amount),
            "kind": kind,
            "model": modelling.chosen(root, name),
            "transaction": done.transaction,
        }
        line = f"{verb} {tokens} tokens, in {done.transaction}"
        # Inside: what was not told of is told of by the next run.
        return output.give(document, lambda: printing.print_lines([line]))


def _show(found: "Status") -> None:
    printing.print_lines(_lines(found))
    if found.results:
        page = printing.console()
        page.print()
        page.print(results_console.results_table(found.results))


def _lines(found: "Status") -> Iterator[str]:
    facts, locked = found.facts, sum(found.locked.values())
    yield f"model {facts.name}: id {facts.model.hex()}, as of {dates.utc(found.now)}"
    yield (
        f"account {facts.owner}: {decimals.tokens_exactly(found.tokens)} tokens, "
        f"{decimals.tokens_exactly(found.gas)} for gas"
    )
    yield (
        f"stake: {decimals.tokens_exactly(found.free)} free, "
        f"{decimals.tokens_exactly(locked)} locked; "
        f"a next round risks {decimals.tokens_exactly(found.next_at_risk)} unless you say otherwise"
    )
    for number, amount in found.locked.items():
        yield f"round {number}: {decimals.tokens_exactly(amount)} locked"
