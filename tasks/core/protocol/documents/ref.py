"""How a document names an object of its store."""

import re
from dataclasses import dataclass
from typing import Self

from tasks.core.protocol.documents.fields import Document, DocumentError, Fields, Json, shown

_SUFFIX = re.compile(r"(\.[a-z0-9]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref(Document):
    """An object's digest, size in bytes and the suffix of its name."""

    sha256: str
    size: int
    suffix: str

    @property
    def name(self) -> str:
        """Return the object's path below its store's root."""
        return f"objects/{self.sha256[:2]}/{self.sha256}{self.suffix}"

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read a reference from a document's fields."""
        suffix = fields.text("suffix")
        if not _SUFFIX.fullmatch(suffix):
            raise DocumentError(f"{shown(suffix)} is no suffix of an object", "suffix")
        return cls(sha256=fields.sha256("sha256"), size=fields.whole("bytes"), suffix=suffix)

    def to_document(self) -> Json:
        """Return the reference as it stands in documents."""
        return {"sha256": self.sha256, "bytes": self.size, "suffix": self.suffix}
