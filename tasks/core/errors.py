"""The errors that this project raises on purpose; their messages say what to mend."""


class TournamentError(Exception):
    """Base of every error raised on purpose; the command line prints it as one line."""

    exit_code = 2


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

    exit_code = 3


class LakeError(TournamentError):
    """An object or a document is missing, damaged or published with other content."""


class ChainError(TournamentError):
    """The chain does not answer, is another one, or refused a transaction."""


class ProcessError(TournamentError):
    """A process that the project starts did not come up, or a port is taken."""
