"""The errors that this project raises on purpose, and the codes with which commands end."""

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """How a command ends; every error below takes its code from here.

    Attributes:
        meaning: what the code says, in the words of docs/commands.md.
    """

    meaning: str

    DONE = 0, "done"
    FAILED = 1, "a check failed or something needs a person"
    REFUSED = 2, "bad input or not due"
    BUSY = 3, "another process works there"
    INTERRUPTED = 130, "interrupted"

    def __new__(cls, code: int, meaning: str) -> "ExitCode":
        """Make a code that knows its meaning."""
        made = int.__new__(cls, code)
        made._value_, made.meaning = code, meaning
        return made


class TournamentError(Exception):
    """Base of every error raised on purpose; the command line prints it as one line."""

    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED


class InputError(TournamentError, ValueError):
    """An argument, a file or a setting from a person breaks a rule; the message says which."""


class DataError(InputError):
    """A panel or a data set cannot be used; the message says what it needs."""


class SubmissionError(TournamentError, ValueError):
    """A submission breaks a rule of its round; the message says which."""


class KeystoreError(InputError):
    """A key's file or its passphrase is missing, damaged, open to others, or they do not fit."""


class HomeError(TournamentError):
    """A home is of another kind or version, damaged, or used with other arguments."""


class LockedError(TournamentError):
    """Another process writes to this home; the message names it."""

    exit_code = ExitCode.BUSY


class LakeError(TournamentError):
    """An object or a document is missing, damaged or published with other content."""


class ChainError(TournamentError):
    """The chain does not answer, is another one, or refused a transaction."""


class ProcessError(TournamentError):
    """A process that the project starts did not come up, or a port is taken."""
