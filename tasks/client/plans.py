"""What a modeller means to send into a round, stored before anything is sent."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tasks.adapters import files, lake
from tasks.core.errors import HomeError, LakeError
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import canonical, submissions
from tasks.core.protocol.submissions import Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One entry into one round: its place in the modeller's folder, its stake and its digests."""

    round_id: RoundId
    nonce: int
    at_risk: Wei
    commitment: bytes
    digest: bytes

    def to_json(self) -> dict[str, Any]:
        """Return the plan as it is stored; amounts are decimal strings."""
        return {
            "at_risk": str(self.at_risk),
            "commitment": self.commitment.hex(),
            "digest": self.digest.hex(),
            "nonce": self.nonce,
            "round": self.round_id,
        }

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> Self:
        """Read a stored plan."""
        return cls(
            round_id=RoundId(entry["round"]),
            nonce=entry["nonce"],
            at_risk=Wei(int(entry["at_risk"])),
            commitment=bytes.fromhex(entry["commitment"]),
            digest=bytes.fromhex(entry["digest"]),
        )


class Plans:
    """The plans of one modeller, below its folder `rounds`.

    `<round>.json` is the newest plan of a round; the two files it needs, the submission and the
    same sealed, carry its nonce and are complete before it names them.
    """

    def __init__(self, folder: Path) -> None:
        """Use a folder, which is made when something is first stored."""
        self._folder = folder
        self._finished: set[RoundId] = set()

    def unfinished(self) -> list[RoundId]:
        """Return the rounds with a plan that `finish` has not been told of, in order."""
        rounds = {RoundId(int(path.stem)) for path in self._folder.glob("*.json")}
        return sorted(rounds - self._finished)

    def finish(self, round_id: RoundId) -> None:
        """Remember, in this process, that nothing is or can be locked in a round any more."""
        self._finished.add(round_id)

    def find(self, round_id: RoundId) -> Plan | None:
        """Return a round's newest plan, or None.

        Raises:
            HomeError: if it is damaged.
        """
        path = self._folder / f"{round_id}.json"
        try:
            return Plan.from_json(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise HomeError(f"plan {path} is damaged: {error}") from error

    def store(self, plan: Plan, submission: Submission, sealed: bytes) -> Plan:
        """Keep a plan with its files and return it.

        A file that a killed run left under the same nonce was never named by a plan: nobody has
        committed to it, and it is replaced.
        """
        files.replace_file(self._path(plan, "submission"), submissions.encode(submission), 0o600)
        files.replace_file(self._path(plan, "sealed"), sealed)
        content = canonical.canonical_json(plan.to_json())
        files.replace_file(self._folder / f"{plan.round_id}.json", content)
        return plan

    def submission(self, plan: Plan) -> Submission:
        """Return what a plan submits."""
        return submissions.decode(self._path(plan, "submission").read_bytes())

    def sealed(self, plan: Plan) -> bytes:
        """Return a plan's sealed file."""
        return self._path(plan, "sealed").read_bytes()

    def deliver(self, plan: Plan, inbox: Path) -> None:
        """Create a plan's sealed file at a path of the inbox, where it may be already.

        Raises:
            LakeError: if another file lies there, or none can be laid there.
        """
        try:
            lake.create_file(inbox, self.sealed(plan))
        except OSError as error:
            raise LakeError(
                f"{inbox} cannot be written ({error.strerror}): tell the operator, or deliver by "
                "--on-chain"
            ) from error
        if not self.is_delivered(plan, inbox):
            raise LakeError(f"another file lies at {inbox}: submit other predictions")

    def is_delivered(self, plan: Plan, inbox: Path) -> bool:
        """Return whether a plan's sealed file, and no other, lies in the inbox."""
        try:
            return inbox.read_bytes() == self.sealed(plan)
        except OSError:
            return False

    def _path(self, plan: Plan, kind: str) -> Path:
        return self._folder / f"{plan.round_id}-{plan.nonce}.{kind}"
