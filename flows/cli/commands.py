"""What every command of ours is: it refuses a misspelt variable and an option that does nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click
from click.core import ParameterSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """Options that do nothing beside another one, or without another one.

    Attributes:
        options: those that would do nothing, as they are typed.
        beside: the options of which one is enough to make them idle.
        without: options of which one at least must be said for them to do anything.
        because: why, in a few words.
    """

    options: tuple[str, ...]
    beside: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    because: str

    def fault(self, said: Sequence[str]) -> str | None:
        """Return what is wrong with the options that somebody said, None if nothing is."""
        idle = ", ".join(option for option in self.options if option in said)
        if not idle:
            return None
        if self.without:
            if any(option in said for option in self.without):
                return None
            return f"{idle} does nothing without {' or '.join(self.without)}: {self.because}"
        other = next((option for option in self.beside if option in said), None)
        return None if other is None else f"{idle} does nothing beside {other}: {self.because}"


class Command(click.Command):
    """A command that checks what it was told before it does anything."""

    def __init__(self, *words: Any, idle: Sequence[Idle] = (), **facts: Any) -> None:
        """Make a command.

        Args:
            words: as click has them.
            idle: which of its options do nothing, and when.
            facts: as click has them.
        """
        super().__init__(*words, **facts)
        self.idle = tuple(idle)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command.

        Raises:
            InputError: if a variable of the environment is none of ours.
            UsageError: if an option would do nothing.
        """
        from tasks.adapters import settings

        settings.require_known()
        said = told(ctx)
        for rule in self.idle:
            if fault := rule.fault(said):
                raise click.UsageError(fault, ctx)
        return super().invoke(ctx)


def command(**facts: Any) -> Callable[[Callable[..., Any]], Command]:
    """Return a decorator that makes a function one of our commands; facts are `Command`'s."""
    return click.command(cls=Command, **facts)


class Group(click.Group):
    """A group of such commands."""

    command_class = Command


def told(ctx: click.Context) -> list[str]:
    """Return the options that were typed, and not left at their defaults."""
    return [
        name
        for param in ctx.command.params
        if ctx.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
        for name in param.opts
    ]
