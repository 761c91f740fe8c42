"""The `erarium` command: reads the words, imports the one module that serves them."""

import importlib
import signal
import sys
from typing import NoReturn

import click

from flows.cli.giving import Session
from tasks.adapters import threads
from tasks.core.errors import ExitCode, TournamentError

_INTERRUPTED = "interrupted; run it again: a tournament goes on where it stopped"
_CODES = ", ".join(f"{code.value} {code.meaning}" for code in ExitCode)

_COMMANDS = {
    "play": ("flows.cli.play", "Play a whole tournament, from prices to settled balances."),
    "verify": ("flows.cli.verify", "Recompute what was published and compare it with the chain."),
    "export": ("flows.cli.export", "Copy rounds' predictions for an auditor."),
    "report": ("flows.cli.report", "Print a finished home's report again."),
    "up": ("flows.cli.up", "Start a live home, or what of it does not run; say what is next."),
    "down": ("flows.cli.down", "Stop a live home's processes, and no others."),
    "status": ("flows.cli.status", "What runs, where each round is, what is late or wrong."),
    "score": ("flows.cli.score", "Score predictions in a file against targets, era by era."),
    "diagnose": ("flows.cli.diagnose", "Write the whole validation report of one model."),
    "cv": ("flows.cli.cv", "Cross-validate an estimator of your own, purged by dates."),
    "validate": ("flows.cli.validate", "Check a submission file as the intake of a round does."),
    "payouts": ("flows.cli.payouts", "Apply the payout rule to a table of scores and stakes."),
    "model": ("flows.cli.model", "Your model: create it, deposit, withdraw, see what it has."),
    "data": ("flows.cli.data", "What data is published; a checked copy of it on your disk."),
    "submit": ("flows.cli.submit", "Enter a file into a round: check, stake, commit, deliver."),
    "scores": ("flows.cli.scores", "What became of a model in every round."),
    "rounds": ("flows.cli.rounds", "Every round: status, times, models, stakes, factor."),
    "leaderboard": ("flows.cli.leaderboard", "The models of a season and their reputation."),
    "node": ("flows.cli.node", "Serve a home's chain until Ctrl-C, for scripts that read it."),
    "settle": ("flows.cli.settle", "Propose, settle, sweep or release: what is due for a round."),
    "grant": ("flows.cli.grant", "Give an outsider tokens and gas."),
    "abandon": ("flows.cli.abandon", "Release every stake of a round whose operator is gone."),
    "chain": ("flows.cli.chain", "Examine a home's chain: `chain doctor`."),
}


class LazyGroup(click.Group):
    """A group that lists its commands without importing them, so that --help is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of a newcomer's day."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module."""
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(importlib.import_module(_COMMANDS[cmd_name][0]), cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{cmd_name} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with the help texts that stand above."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Exit codes: {_CODES}.",
)
@click.version_option(package_name="erarium")
def cli() -> None:
    """Host a staked machine-learning tournament and check every figure of it."""


def main() -> NoReturn:
    """Run the command; an error made on purpose becomes one line and its exit code.

    TERM and a closed terminal clear up as Ctrl-C does.
    """
    threads.limit_threads()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
    session = Session.of(sys.argv[1:])
    with session.kept_apart():
        try:
            sys.exit(_run(session))
        except Exception as error:
            # Nobody made it on purpose: a program that reads JSON is told, a person sees it whole.
            session.fail(f"unexpected {type(error).__name__}: {error}", ExitCode.FAILED)
            raise


def _run(session: Session) -> int:
    """Run the command; return its exit code."""
    try:
        code = cli.main(prog_name="erarium", standalone_mode=False, obj=session)
    except TournamentError as error:
        return session.fail(str(error), error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        return session.fail(_usage(error), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return session.fail(_INTERRUPTED, ExitCode.INTERRUPTED)
    return int(code) if isinstance(code, int) else 0


def _usage(error: click.ClickException) -> str:
    """Say what was mistyped, and where to look it up."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    message = error.format_message()
    if context is None:
        return message
    return f"{message.rstrip('.')}; see `{context.command_path} --help`"
