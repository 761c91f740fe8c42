"""The variables of the environment that this project knows: who reads each, and what it says.

Standard library alone, so that a program may look here before it imports anything heavy.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tasks.core import wording
from tasks.core.errors import InputError

PREFIX = "ERARIUM_"

CLIENT, HOST, CHILDREN, TESTS = "client", "host", "children", "tests"
"""Who reads a variable: a modeller's or a stranger's commands; a host's; the processes that these
start, which are given theirs; the set-up and the tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable.

    Attributes:
        name: whole, with its prefix.
        readers: some of those above.
        default: what counts where it is not set; empty for nothing.
        means: what it says.
    """

    name: str
    readers: tuple[str, ...]
    default: str
    means: str


def _of(name: str, readers: tuple[str, ...], default: str, means: str) -> Variable:
    return Variable(name=PREFIX + name, readers=readers, default=default, means=means)


_ALL = (CLIENT, HOST, CHILDREN)

KNOWN = (
    _of("HOME", (HOST, CHILDREN), "./.erarium", "the installation's folder; --home comes before"),
    _of("MODELS", (CLIENT,), "./models", "the folder of one's own models; --models comes before"),
    _of("WORKERS", (HOST, CHILDREN), "the cores, at most 2", "Dask workers, one thread each"),
    _of(
        "ANVIL",
        (HOST, CHILDREN, TESTS),
        "deployment/node/bin/anvil",
        "the local chain node's program; the set-up then installs none",
    ),
    _of("LOG_LEVEL", (HOST, CHILDREN), "INFO", "`DEBUG`, `INFO`, `WARNING` or `ERROR`"),
    _of("RPC_TIMEOUT_S", _ALL, "30", "the seconds that one answer of the chain may take"),
    _of(
        "CONFIRMATIONS",
        _ALL,
        "0",
        "the blocks that must lie on a transaction's before it counts, at most 63; 0 counts the "
        "block that it is in, as fits a home's own chain, which nobody reorganises",
    ),
    _of(
        "FEE_CAP_GWEI",
        _ALL,
        "200",
        "the most that a unit of gas may cost; a transaction that is stuck is offered more up to "
        "that",
    ),
    _of(
        "PASSPHRASE_FILE",
        (HOST, CHILDREN),
        "",
        "a file (`chmod 600`) with the passphrase of a live home's keystores, to be said at every "
        "`up`; without it one is made beside them",
    ),
    _of("LOCK_WAIT_S", (CLIENT, HOST), "30", "the seconds to wait for a home or a model in use"),
    _of("PROCESS", (CHILDREN,), "", "the mark by which a home finds the processes that it started"),
    _of("FAILPOINT", (TESTS,), "", "the place at which a test kills something"),
    _of("FAILPOINT_KILLS", (TESTS,), "program", "what it kills: `program`, `node` or `both`"),
    _of("TEST_DATA", (TESTS,), "", "the folder of real data; tests that need it are skipped"),
    _of("FORGE", (TESTS,), "deployment/forge/bin/forge", "the program that tests the contracts"),
    _of("FORGE_ARTIFACTS", (TESTS,), "contracts/artifacts", "what forge is to test"),
    _of("FORGE_CALLS", (TESTS,), ".forge/calls", "where forge writes which calls it made"),
    _of("CHROMIUM", (TESTS,), "the one on PATH", "the browser of tests/browser"),
)
"""Every variable of ours; a test compares it with the settings, the sources and the docs."""


def require_known(names: Iterable[str]) -> None:
    """Check that the names in an environment which begin like ours are ours.

    Args:
        names: of all variables, in upper or lower case.

    Raises:
        InputError: if one is unknown; the message suggests the nearest.
    """
    known = {variable.name for variable in KNOWN}
    odd = [name for name in names if name.upper().startswith(PREFIX) and name.upper() not in known]
    if odd:
        raise InputError(
            f"{wording.unknown('variable', odd, known)} in the environment: mend or unset it; "
            "docs/commands.md lists them"
        )
