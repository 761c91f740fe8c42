"""`erarium model`: make a model, give it stake, take it back, and see what it has."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli import modelling_options, printing, results_console
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


@click.group(short_help="Your model: create it, deposit, withdraw, see what it has.")
def model() -> None:
    """Make a model, give it stake, take it back, and see what it has."""


@model.command(short_help="Make a model with a key of its own.")
@click.argument("name")
@modelling_options.place(required=True)
@modelling_options.models
@modelling_options.passphrase
@modelling_options.json_file
def create(
    name: str,
    models: Path | None,
    passphrase: Path | None,
    json_file: Path | None,
    **words: str | None,
) -> int:
    """Make the model NAME: a folder with a new encrypted key, and where its tournament is.

    Without --passphrase-file a passphrase is made beside the key. Typed again, it says where the
    same tournament is reached now; the key stays.
    """
    # Imported here, so that help and mistyped options answer at once.
    from tasks import modelling

    place = modelling_options.place_of(words)
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

    def show() -> None:
        click.echo(f"model {name}: id {facts.model.hex()}")
        click.echo(f"account {facts.owner}: {_FUNDED[funded]}")
        click.echo(f"key {folder / 'keys' / 'owner.json'}: back it up, and keep it secret")
        click.echo(f"passphrase {opened_by}: without it the key does not open; the same holds")

    modelling_options.give(json_file, document, show)
    return 0


@model.command(short_help="Add tokens of your account to the model's free stake.")
@click.argument("amount")
@modelling_options.model
@modelling_options.models
@modelling_options.passphrase
@modelling_options.json_file
def deposit(amount: str, **words: Any) -> int:
    """Add AMOUNT tokens of your account to your model's free stake, or `all` of them.

    A command that was killed goes on when it is typed again, and deposits once.
    """
    return _move("deposit", amount, **words)


@model.command(short_help="Pay free stake out to your account.")
@click.argument("amount", metavar="AMOUNT|all")
@modelling_options.model
@modelling_options.models
@modelling_options.passphrase
@modelling_options.json_file
def withdraw(amount: str, **words: Any) -> int:
    """Pay AMOUNT tokens of your model's free stake out to your account, or `all` of it.

    What is locked in rounds stays there. A command that was killed goes on when it is typed
    again, and withdraws once.
    """
    return _move("withdraw", amount, **words)


@model.command(short_help="Say what a model has, where, and how it did lately.")
@modelling_options.model
@modelling_options.models
@modelling_options.json_file
def status(name: str | None, models: Path | None, json_file: Path | None) -> int:
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
    modelling_options.give(json_file, document, lambda: _show(found))
    return 0


def _move(
    kind: "Kind",
    amount: str,
    name: str | None,
    models: Path | None,
    passphrase: Path | None,
    json_file: Path | None,
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

        def show() -> None:
            click.echo(f"{verb} {tokens} tokens, in {done.transaction}")

        modelling_options.give(json_file, document, show)
    return 0


def _show(found: "Status") -> None:
    facts = found.facts
    locked = sum(found.locked.values())
    click.echo(f"model {facts.name}: id {facts.model.hex()}, as of {dates.utc(found.now)}")
    click.echo(
        f"account {facts.owner}: {decimals.tokens_exactly(found.tokens)} tokens, "
        f"{decimals.tokens_exactly(found.gas)} for gas"
    )
    click.echo(
        f"stake: {decimals.tokens_exactly(found.free)} free, "
        f"{decimals.tokens_exactly(locked)} locked; "
        f"a next round risks {decimals.tokens_exactly(found.next_at_risk)} unless you say otherwise"
    )
    for number, amount in found.locked.items():
        click.echo(f"round {number}: {decimals.tokens_exactly(amount)} locked")
    if found.results:
        page = printing.console()
        page.print()
        page.print(results_console.results_table(found.results))
