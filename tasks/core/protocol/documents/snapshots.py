"""What is published of the data: a version, and its snapshots as manifests over objects."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from tasks.core.protocol.documents import fields as kinds
from tasks.core.protocol.documents.fields import Document, DocumentError, Fields, Json
from tasks.core.protocol.documents.ref import Ref

TRAIN, VALIDATION, LIVE = "train", "validation", "live"
DATA_TYPES = (TRAIN, VALIDATION, LIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class EraEntry(Document):
    """One era of a snapshot.

    Attributes:
        targets: None for the live era.
        benchmarks: None where no benchmark was fitted yet.
        target_end_era: by target, the era by whose date it has ended; None while that is open.
    """

    name: str
    data_type: str
    n_ids: int
    features: Ref
    targets: Ref | None
    benchmarks: Ref | None
    target_end_era: Mapping[str, str | None]

    @property
    def refs(self) -> list[Ref]:
        """Return the objects that the era consists of."""
        return [ref for ref in (self.features, self.targets, self.benchmarks) if ref is not None]

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read an entry from a manifest's fields."""
        return cls(
            name=fields.era("era"),
            data_type=fields.chosen("data_type", DATA_TYPES),
            n_ids=fields.whole("n_ids"),
            features=fields.one("features", Ref.read),
            targets=fields.maybe("targets", fields.one, Ref.read),
            benchmarks=fields.maybe("benchmarks", fields.one, Ref.read),
            target_end_era=fields.named("target_end_era", kinds.maybe_text),
        )

    def to_document(self) -> Json:
        """Return the entry as the manifest has it."""
        parts = {"features": self.features, "targets": self.targets, "benchmarks": self.benchmarks}
        return {name: None if ref is None else ref.to_document() for name, ref in parts.items()} | {
            "data_type": self.data_type,
            "era": self.name,
            "n_ids": self.n_ids,
            "target_end_era": dict(self.target_end_era),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts(Document):
    """A single file of a snapshot: its digest, size in bytes and rows."""

    sha256: str
    size: int
    rows: int

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read the facts from a manifest's fields."""
        return cls(
            sha256=fields.sha256("sha256"), size=fields.whole("bytes"), rows=fields.whole("rows")
        )

    def to_document(self) -> Json:
        """Return the facts as the manifest has them."""
        return {"bytes": self.size, "rows": self.rows, "sha256": self.sha256}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest(Document):
    """A snapshot: what was known on the date of one era.

    Attributes:
        live_era: the era to be predicted, the last one; None for none.
        files: its single files by name; None for a round's snapshot, which has none.
    """

    name: str
    version: str
    as_of_era: str
    live_era: str | None
    code_version: str
    scoring_version: str
    eras: tuple[EraEntry, ...]
    files: Mapping[str, FileFacts] | None

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read a manifest from its fields."""
        manifest = cls(
            name=fields.text("name"),
            version=fields.text("version"),
            as_of_era=fields.era("as_of_era"),
            live_era=fields.maybe("live_era", fields.era),
            code_version=fields.text("code_version"),
            scoring_version=fields.text("scoring_version"),
            eras=fields.many("eras", EraEntry.read),
            files=fields.maybe("files", fields.named, _facts),
        )
        if manifest.live_era is not None and not manifest.eras:
            raise DocumentError("there is a live era and none is listed", "eras")
        return manifest

    def to_document(self) -> Json:
        """Return the manifest as it is published."""
        files = self.files
        return {
            "as_of_era": self.as_of_era,
            "code_version": self.code_version,
            "eras": [entry.to_document() for entry in self.eras],
            "files": None if files is None else {k: v.to_document() for k, v in files.items()},
            "live_era": self.live_era,
            "name": self.name,
            "scoring_version": self.scoring_version,
            "version": self.version,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Version(Document):
    """What is fixed for the life of a version of the data."""

    version: str
    era_numbering: str
    key_sha256: str
    scoring_version: str
    features: tuple[str, ...]
    feature_sets: Mapping[str, tuple[str, ...]]
    benchmarks: tuple[str, ...]
    targets: tuple[str, ...]

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read a version from the fields of a document."""
        return cls(
            version=fields.text("version"),
            era_numbering=fields.text("era_numbering"),
            key_sha256=fields.sha256("key_sha256"),
            scoring_version=fields.text("scoring_version"),
            features=fields.texts("features"),
            feature_sets=fields.named("feature_sets", _names),
            benchmarks=fields.texts("benchmarks"),
            targets=fields.texts("targets"),
        )

    def to_document(self) -> Json:
        """Return the version as it is published."""
        return {
            "benchmarks": list(self.benchmarks),
            "era_numbering": self.era_numbering,
            "feature_sets": {name: list(names) for name, names in self.feature_sets.items()},
            "features": list(self.features),
            "key_sha256": self.key_sha256,
            "scoring_version": self.scoring_version,
            "targets": list(self.targets),
            "version": self.version,
        }


def _facts(value: object, place: str) -> FileFacts:
    return kinds.inside(value, place, FileFacts.read)


def _names(value: object, place: str) -> tuple[str, ...]:
    return kinds.items(value, place, kinds.text)
