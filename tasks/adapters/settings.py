"""Settings: the only reader of the environment, and the environment that children get."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from tasks.adapters import variables
from tasks.core.errors import InputError

MOST_CONFIRMATIONS = 63
"""A home's own node keeps the states of 64 blocks, a public one of 128 unless it is an archive."""

_PROJECT = Path(__file__).resolve().parents[2]
_MAX_DEFAULT_WORKERS = 2
_LEASE_S = 30
_GWEI = 10**9

# What a child may inherit, so that no key or password of the shell reaches a process of ours.
_INHERITED = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "PYTHONUNBUFFERED",
    "OPENBLAS_CORETYPE",
    "NUMBA_CACHE_DIR",
    "SSL_CERT_FILE",
    "LD_LIBRARY_PATH",
)


class Settings(BaseSettings):
    """What the environment decides; read once, then passed down as values."""

    model_config = SettingsConfigDict(env_prefix=variables.PREFIX, frozen=True, extra="ignore")

    home: Path = Field(default=Path(".erarium"), description="One installation's directory.")
    models: Path = Field(default=Path("models"), description="Folder of a modeller's models.")
    workers: int | None = Field(default=None, ge=1, description="Dask workers, one thread each.")
    anvil: Path = Field(
        default=_PROJECT / "deployment" / "node" / "bin" / "anvil",
        description="The local chain node's program.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    rpc_timeout_s: float = Field(default=30.0, gt=0, description="How long the chain may think.")
    confirmations: int = Field(
        default=0,
        ge=0,
        le=MOST_CONFIRMATIONS,
        description="Blocks that must lie on a transaction's before it counts.",
    )
    fee_cap_gwei: int = Field(
        default=200, ge=1, le=10**6, description="Most gwei that a unit of gas may cost."
    )
    passphrase_file: Path | None = Field(
        default=None, description="What opens a live home's keystores; one beside them if unset."
    )
    lock_wait_s: float = Field(default=30.0, ge=0, description="How long to wait for a home.")
    failpoint: str | None = Field(default=None, description="Where a test kills something.")
    failpoint_kills: Literal["program", "node", "both"] = Field(
        default="program", description="What it kills there; the node is that of `home`."
    )
    test_data: Path | None = Field(default=None, description="Folder of real data, for tests.")

    def __init__(self, **values: Any) -> None:
        """Read the environment; `values` come before it.

        Raises:
            InputError: if a value is not of its kind, or out of bounds, or a variable is unknown.
        """
        require_known()
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise InputError("; ".join(_words(each) for each in error.errors())) from error

    @property
    def connection(self) -> tuple[float, int, int]:
        """Return how to connect to a chain: seconds an answer, confirmations, cap in wei."""
        return self.rpc_timeout_s, self.confirmations, self.fee_cap_gwei * _GWEI

    @property
    def worker_count(self) -> int:
        """Return how many workers to start: what was said, else the cores, at most two."""
        return self.workers or min(os.cpu_count() or 1, _MAX_DEFAULT_WORKERS)


def require_known() -> None:
    """Check that this process's environment has no misspelt variable of ours.

    pydantic passes over what it does not know.

    Raises:
        InputError: if it has one.
    """
    variables.require_known(os.environ)


def _words(fault: Mapping[str, Any]) -> str:
    name = "_".join(str(part) for part in fault["loc"]).upper()
    reason = fault["msg"][:1].lower() + fault["msg"][1:]
    return f"{variables.PREFIX}{name} is {str(fault['input'])!r}: {reason}"


def adopt(environment: Mapping[str, str]) -> None:
    """Make this process's environment that of a child, before it imports what reads it."""
    os.environ.update(environment)


def child_environment(settings: Settings, home: Path, api_url: str | None = None) -> dict[str, str]:
    """Return the whole environment of a process that the project starts; it holds no keys.

    Args:
        settings: the values to hand on.
        home: the home that the child belongs to.
        api_url: Prefect's API; None for processes that do not use it.
    """
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    environment |= {
        "ERARIUM_HOME": str(home.resolve()),
        "ERARIUM_WORKERS": str(settings.worker_count),
        "ERARIUM_ANVIL": str(settings.anvil),
        "ERARIUM_LOG_LEVEL": settings.log_level,
        "ERARIUM_RPC_TIMEOUT_S": str(settings.rpc_timeout_s),
        "ERARIUM_CONFIRMATIONS": str(settings.confirmations),
        "ERARIUM_FEE_CAP_GWEI": str(settings.fee_cap_gwei),
        # A path, never what stands there.
        **(
            {"ERARIUM_PASSPHRASE_FILE": str(settings.passphrase_file.resolve())}
            if settings.passphrase_file
            else {}
        ),
        # One BLAS thread: the sums that feed published numbers must have one fixed order.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "NUMBA_NUM_THREADS": "1",
    }
    return environment | _prefect_environment(settings, home, api_url)


def _prefect_environment(settings: Settings, home: Path, api_url: str | None) -> dict[str, str]:
    environment = {
        "DO_NOT_TRACK": "1",
        "PREFECT_HOME": str((home / "prefect").resolve()),
        "PREFECT_LOGGING_LEVEL": settings.log_level,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        # The newer pages call an analytics host from the browser whatever is said here.
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_SERVER_CONCURRENCY_INITIAL_DEPLOYMENT_LEASE_DURATION": str(_LEASE_S),
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
    }
    if api_url is not None:
        # `--port` of the server does not reach its web page, so the page is told here.
        environment |= {"PREFECT_API_URL": api_url, "PREFECT_SERVER_UI_API_URL": api_url}
    return environment
