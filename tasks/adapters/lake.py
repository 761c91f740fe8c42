"""The lake: content-addressed objects, and documents that are created once and never changed."""

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Self, TypeVar

from tasks.adapters import foreign_json
from tasks.core.errors import LakeError
from tasks.core.protocol import canonical
from tasks.core.protocol.documents.fields import Document, DocumentError
from tasks.core.protocol.documents.ref import Ref
from tasks.core.protocol.places import Place

_CHUNK_BYTES = 2**22
_SAFE_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*(/[a-z0-9][a-z0-9_.-]*)*")


_D = TypeVar("_D", bound=Document)


class Lake:
    """Objects and documents below one folder of a local disk."""

    def __init__(self, root: Path) -> None:
        """Use `root`, which is made when something is first written."""
        self.root = root
        self._parts = root / ".parts"

    @classmethod
    def open(cls, address: str) -> Self:
        """Open the lake at an address: a folder, for no other kind is served yet.

        Raises:
            LakeError: if it is of another kind, or there is no such folder.
        """
        scheme, separator, _ = address.partition("://")
        if separator:
            raise LakeError(f"a lake at {scheme}:// cannot be read yet: give a folder")
        root = Path(address)
        if not root.is_dir():
            raise LakeError(f"there is no lake at {address}: give the folder that holds one")
        return cls(root)

    def clear_parts(self) -> None:
        """Remove what a killed writer left half written; the caller is the only writer."""
        for part in self._parts.glob(".part-*"):
            part.unlink(missing_ok=True)

    def put(self, content: bytes, suffix: str) -> Ref:
        """Store bytes under their digest; storing them again does nothing."""
        return self.put_chunks([content], suffix)

    def put_chunks(self, chunks: Iterable[bytes], suffix: str) -> Ref:
        """Store bytes that come in pieces, and need not fit into memory, under their digest."""
        digest, size = hashlib.sha256(), 0
        with _part(self._parts) as (part, file):
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
            ref = Ref(sha256=digest.hexdigest(), size=size, suffix=suffix)
            _name(part, file, self.root / ref.name)
        return ref

    def path(self, ref: Ref) -> Path:
        """Return where an object lies, unchecked, for memory mapping.

        Raises:
            LakeError: if it is missing.
        """
        path = self.root / ref.name
        if not path.is_file():
            raise LakeError(f"object {ref.name} is missing in {self.root}")
        return path

    def read(self, ref: Ref) -> bytes:
        """Return an object's bytes after checking their digest.

        Raises:
            LakeError: if it is missing or its content has another digest.
        """
        return b"".join(self.chunks(ref))

    def chunks(self, ref: Ref) -> Iterator[bytes]:
        """Return an object's bytes in pieces; the end fails if their digest is another one.

        Raises:
            LakeError: if it is missing or its content has another digest.
        """
        digest = hashlib.sha256()
        with self.path(ref).open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                yield chunk
        if digest.hexdigest() != ref.sha256:
            raise LakeError(f"object {ref.name} is damaged: its content has another digest")

    def check(self, ref: Ref) -> None:
        """Check an object's digest without holding it in memory.

        Raises:
            LakeError: if it is missing or its content has another digest.
        """
        for _ in self.chunks(ref):
            pass

    def publish(self, place: Place[_D] | str, document: _D | Mapping[str, Any]) -> str:
        """Create a document and return its digest; the same content again is accepted.

        Raises:
            LakeError: if the document exists with other content.
        """
        made = document.to_document() if isinstance(document, Document) else document
        content = canonical.canonical_json(made)
        path = self._document_path(place)
        if not create_file(path, content, self._parts) and path.read_bytes() != content:
            raise LakeError(f"document {place} is published already, with other content")
        return canonical.sha256_hex(content)

    def has(self, place: Place[Document] | str) -> bool:
        """Return whether a document is published."""
        return self._document_path(place).exists()

    def document_bytes(self, place: Place[Document] | str) -> bytes | None:
        """Return a document's bytes, or None where it is not published."""
        try:
            return self._document_path(place).read_bytes()
        except FileNotFoundError:
            return None

    def seek(self, place: Place[_D]) -> _D | None:
        """Return a document, or None where it is not published.

        Raises:
            LakeError: if it is of another kind; the message names document and field.
        """
        content = self.document_bytes(place)
        return None if content is None else parse(place, content)

    def load(self, place: Place[_D]) -> _D:
        """Return a document.

        Raises:
            LakeError: if it is not published, or of another kind.
        """
        found = self.seek(place)
        if found is None:
            raise LakeError(f"document {place} is not published in {self.root}")
        return found

    def find(self, place: Place[Document] | str) -> dict[str, Any] | None:
        """Return a document as JSON, or None where it is not published.

        Raises:
            LakeError: if it is not a JSON object.
        """
        content = self.document_bytes(place)
        return None if content is None else _json(place, content)

    def document(self, place: Place[Document] | str) -> dict[str, Any]:
        """Return a document as JSON.

        Raises:
            LakeError: if it is not published or not a JSON object.
        """
        document = self.find(place)
        if document is None:
            raise LakeError(f"document {place} is not published in {self.root}")
        return document

    def _document_path(self, place: Place[Document] | str) -> Path:
        name = str(place)
        if not _SAFE_NAME.fullmatch(name):
            raise LakeError(f"not a document's name: {name!r}")
        return self.root / f"{name}.json"


def parse(place: Place[_D], content: bytes) -> _D:
    """Return the document that some bytes hold.

    Args:
        place: where they lie, which says their kind.
        content: JSON.

    Raises:
        LakeError: if they hold another kind; the message names document and field.
    """
    try:
        return place.kind.from_document(_json(place, content))
    except DocumentError as error:
        raise LakeError(f"document {place}: {error}") from error


def _json(place: Place[Document] | str, content: bytes) -> dict[str, Any]:
    try:
        document = foreign_json.parse(content)
    except ValueError as error:
        raise LakeError(f"document {place} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise LakeError(f"document {place} is not a JSON object")
    return document


def create_file(path: Path, content: bytes, parts: Path | None = None, mode: int = 0o666) -> bool:
    """Create a file whole and durable, or leave the one that is there.

    The bytes are written to a temporary name and fsynced before link(2) gives them their own,
    so no reader sees a part and of two writers exactly one creates.

    Args:
        path: the file; its folder is made when missing.
        content: all of its bytes.
        parts: folder of the temporary name, on the same disk; the file's own if None.
        mode: the permissions it has from its first byte on, less the umask.

    Returns:
        True if this call created it.
    """
    if path.exists():
        return False
    with _part(parts or path.parent, mode) as (part, file):
        file.write(content)
        return _name(part, file, path)


@contextmanager
def _part(folder: Path, mode: int = 0o666) -> Iterator[tuple[Path, BinaryIO]]:
    """Open a file under a temporary name, which is gone at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".part-{secrets.token_hex(8)}"
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            yield part, file
    finally:
        part.unlink(missing_ok=True)


def _name(part: Path, file: BinaryIO, path: Path) -> bool:
    """Make a part durable and give it its name; return False where the name is taken."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    file.flush()
    os.fsync(file.fileno())
    try:
        os.link(part, path)
    except OSError as error:
        if error.errno != errno.EEXIST:
            raise
        return False
    _fsync_folder(path.parent)
    return True


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
