"""What the project asks of its Prefect server, over HTTP: importing Prefect takes seconds."""

import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import requests

from tasks.adapters import keyfiles
from tasks.core.errors import KeystoreError, ProcessError

POOL = "erarium"
"""The work pool of a home's deployments."""

_CALL_S = 30.0
_PAGE = 200
_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)
_AUTH = "PREFECT_API_AUTH_STRING"
# A run in one of these has, or had, a process.
_UNDER_WAY = ("PENDING", "RUNNING", "CANCELLING")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A flow run: what Prefect calls it, whose it is, when it was to start, how it stands."""

    id: str
    name: str
    deployment: str | None
    due_at: datetime
    state: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A registered deployment: its name, form, tags and schedules, as the server has them."""

    id: str
    name: str
    tags: Sequence[str]
    schema: Mapping[str, Any]
    schedules: Sequence[Mapping[str, Any]]


class Orchestrator:
    """The API of a home's Prefect server."""

    def __init__(self, url: str, home: Path) -> None:
        """Use the API at `url` with the password, if any, of the home's Prefect profile."""
        self._url = url
        self._session = requests.Session()
        # No proxy of the shell stands between the processes of one machine.
        self._session.trust_env = False
        password = _password(home / "prefect" / "profiles.toml")
        if password is not None:
            name, _, word = password.partition(":")
            self._session.auth = (name, word)

    def make_pool(self) -> None:
        """Make the work pool; one that is there stays."""
        answer = self._send("POST", "/work_pools/", {"name": POOL, "type": "process"})
        # 409: it is there.
        if answer.status_code != 409:
            self._require(answer)

    def has_worker(self, name: str, since: datetime) -> bool:
        """Return whether a worker of that name has been heard of since a time."""
        body = {"workers": {"last_heartbeat_time": {"after_": since.isoformat()}}}
        found = self._call("POST", f"/work_pools/{POOL}/workers/filter", body)
        return any(worker["name"] == name for worker in found)

    def deployments(self) -> list[Deployment]:
        """Return the deployments, by name."""
        found = self._call("POST", "/deployments/filter", {"limit": _PAGE})
        return sorted(
            (
                Deployment(
                    id=entry["id"],
                    name=entry["name"],
                    tags=entry["tags"],
                    schema=entry["parameter_openapi_schema"],
                    schedules=entry["schedules"],
                )
                for entry in found
            ),
            key=lambda deployment: deployment.name,
        )

    def change(self, deployment: Deployment, changes: Mapping[str, Any]) -> None:
        """Change some of a deployment's fields."""
        self._call("PATCH", f"/deployments/{deployment.id}", changes)

    def start_run(
        self, deployment: Deployment, parameters: Mapping[str, Any], tags: Sequence[str] = ()
    ) -> str:
        """Ask for a run now and return its id.

        Raises:
            ProcessError: if a parameter is refused; the message says which.
        """
        body = {"parameters": parameters, "tags": list(tags)}
        path = f"/deployments/{deployment.id}/create_flow_run"
        return cast(str, self._call("POST", path, body)["id"])

    def run(self, run_id: str) -> Run:
        """Return one run."""
        return _run(self._call("GET", f"/flow_runs/{run_id}"), {})

    def upcoming(self, limit: int) -> list[Run]:
        """Return the runs that are scheduled next, the first one first."""
        chosen = {"state": {"type": {"any_": ["SCHEDULED"]}}}
        return self._runs(chosen, "EXPECTED_START_TIME_ASC", limit)

    def remove_late(self, now: datetime) -> int:
        """Remove the runs that should have started before `now` and have not; return how many."""
        chosen = {
            "state": {"type": {"any_": ["SCHEDULED"]}},
            "next_scheduled_start_time": {"before_": now.isoformat()},
        }
        removed = 0
        # The server removes a bounded number at a time.
        while found := self._call("POST", "/flow_runs/bulk_delete", {"flow_runs": chosen}):
            if not found["deleted"]:
                break
            removed += len(found["deleted"])
        return removed

    def failed(self, since: datetime) -> list[Run]:
        """Return the runs that failed or crashed since a time, the newest first."""
        chosen = {
            "state": {"type": {"any_": ["FAILED", "CRASHED"]}},
            "end_time": {"after_": since.isoformat()},
        }
        return self._runs(chosen, "END_TIME_DESC", _PAGE)

    def last_completed(self, deployment: Deployment) -> datetime | None:
        """Return when a deployment's newest completed run was to start; None if there is none."""
        chosen = {
            "state": {"type": {"any_": ["COMPLETED"]}},
            "deployment_id": {"any_": [deployment.id]},
        }
        found = self._runs(chosen, "EXPECTED_START_TIME_DESC", 1)
        return found[0].due_at if found else None

    def under_way(self) -> list[Run]:
        """Return the runs that have or had a process."""
        return self._runs({"state": {"type": {"any_": list(_UNDER_WAY)}}}, "ID_DESC")

    def mark_crashed(self, run: Run, message: str) -> None:
        """Say that a run's process is gone; its place under the concurrency limit is free."""
        state = {"type": "CRASHED", "name": "Crashed", "message": message}
        self._call("POST", f"/flow_runs/{run.id}/set_state", {"state": state, "force": True})

    def _runs(self, chosen: Mapping[str, Any], sort: str, limit: int | None = None) -> list[Run]:
        """Return runs, all pages of them unless a limit is said."""
        names = {deployment.id: deployment.name for deployment in self.deployments()}
        found: list[Mapping[str, Any]] = []
        while limit is None or len(found) < limit:
            size = _PAGE if limit is None else min(_PAGE, limit - len(found))
            body = {"flow_runs": chosen, "sort": sort, "limit": size, "offset": len(found)}
            page = self._call("POST", "/flow_runs/filter", body)
            found += page
            if len(page) < size:
                break
        return [_run(entry, names) for entry in found]

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        answer = self._send(method, path, body)
        self._require(answer)
        return answer.json() if answer.content else None

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> requests.Response:
        # While its database is busy the server says 503 and has done nothing.
        for pause_s in _PAUSES_S:
            answer = self._ask(method, path, body)
            if answer.status_code != 503:
                return answer
            time.sleep(pause_s)
        return self._ask(method, path, body)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None) -> requests.Response:
        try:
            return self._session.request(
                method, f"{self._url}{path}", json=body, timeout=_CALL_S, allow_redirects=False
            )
        except requests.RequestException as error:
            raise ProcessError(
                f"the Prefect server at {self._url} does not answer: `erarium up` starts it"
            ) from error

    def _require(self, answer: requests.Response) -> None:
        if answer.status_code == 401:
            raise ProcessError(
                f"the Prefect server at {self._url} wants a password: "
                f"write {_AUTH} into the home's prefect/profiles.toml"
            )
        if not answer.ok:
            words = " ".join(_detail(answer).split())
            raise ProcessError(f"the Prefect server refuses ({answer.status_code}): {words}")


def _run(entry: Mapping[str, Any], names: Mapping[str, str]) -> Run:
    state = entry["state"] or {}
    due = entry["next_scheduled_start_time"] or entry["expected_start_time"]
    return Run(
        id=entry["id"],
        name=entry["name"],
        deployment=names.get(entry["deployment_id"]),
        due_at=datetime.fromisoformat(due) if due else datetime.now(UTC),
        state=state.get("type", "UNKNOWN"),
        message=state.get("message") or "",
    )


def _detail(answer: requests.Response) -> str:
    try:
        found = answer.json()
    except ValueError:
        return answer.text
    return str(found.get("detail") or found) if isinstance(found, dict) else answer.text


def _password(profiles: Path) -> str | None:
    """Return what the active profile holds for the API; None without a profile or password.

    Raises:
        KeystoreError: if the file is damaged, or holds a password and others can read it.
    """
    try:
        document = tomllib.loads(profiles.read_text())
        profile = document.get("profiles", {}).get(document.get("active"), {})
        found = profile.get(_AUTH)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError) as error:
        raise KeystoreError(f"{profiles} is no Prefect profile: {error}") from error
    if found is None:
        return None
    keyfiles.require_private(profiles, "the password of the Prefect server")
    return str(found)
