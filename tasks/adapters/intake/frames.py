"""What parent and child say to each other: fixed heads, bounded bodies, nothing that is executed.

The child is told the live ids once. Then come requests, each with an open file, and for each
request one answer. The parent believes nothing that an answer says about its own length.
"""

import socket
import struct
from dataclasses import dataclass

READY, VALUES, REFUSED, EXHAUSTED = b"0", b"V", b"R", b"X"
"""Kinds of answers; after the last one the child is replaced, since its memory is used up."""

START = struct.Struct("<4sQdQ")
REQUEST = struct.Struct("<4scQ")
ANSWER = struct.Struct("<4scI")
MARK = b"ERI1"
MAX_REASON_BYTES = 512

_PIECE = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What reading one file may cost."""

    memory_bytes: int = 512 * 2**20
    seconds: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as it was received: its kind, and values or a reason, unchecked."""

    kind: bytes
    body: bytes


def send_start(channel: socket.socket, limits: Limits, ids: bytes) -> None:
    """Tell a new child its limits and the live ids, joined by newlines."""
    head = START.pack(MARK, limits.memory_bytes, limits.seconds, len(ids))
    channel.sendall(head + ids)


def receive_start(channel: socket.socket) -> tuple[Limits, bytes]:
    """Return the limits and the live ids."""
    _, memory_bytes, seconds, length = START.unpack(_exactly(channel, START.size))
    return Limits(memory_bytes=memory_bytes, seconds=seconds), _exactly(channel, length)


def send_request(channel: socket.socket, form: bytes, size: int, descriptor: int) -> None:
    """Hand an open file to a child."""
    socket.send_fds(channel, [REQUEST.pack(MARK, form, size)], [descriptor])


def receive_request(channel: socket.socket) -> tuple[bytes, int, int] | None:
    """Return the next file's format, size and descriptor, or None where the parent is gone."""
    head, descriptors, _, _ = socket.recv_fds(channel, REQUEST.size, 1)
    if not head:
        return None
    _, form, size = REQUEST.unpack(head)
    return form, size, descriptors[0]


def send_answer(channel: socket.socket, kind: bytes, body: bytes = b"") -> None:
    """Answer the oldest request that has no answer yet."""
    channel.sendall(ANSWER.pack(MARK, kind, len(body)) + body)


class Inbox:
    """The answers of one child, put together from pieces of a stream."""

    def __init__(self, values_bytes: int) -> None:
        """Take values of exactly `values_bytes` bytes, and of no other length."""
        self._bytes = bytearray()
        self._lengths = {
            READY: range(1),
            VALUES: range(values_bytes, values_bytes + 1),
            REFUSED: range(1, MAX_REASON_BYTES + 1),
            EXHAUSTED: range(1),
        }

    def receive(self, channel: socket.socket) -> list[Answer]:
        """Take what has arrived and return the answers that are whole.

        Raises:
            EOFError: if the child has closed its end.
            ValueError: if what it says is no answer.
        """
        piece = channel.recv(_PIECE)
        if not piece:
            raise EOFError("the child is gone")
        self._bytes += piece
        answers = []
        while (answer := self._next()) is not None:
            answers.append(answer)
        return answers

    def _next(self) -> Answer | None:
        if len(self._bytes) < ANSWER.size:
            return None
        mark, kind, length = ANSWER.unpack_from(self._bytes)
        if mark != MARK or length not in self._lengths.get(kind, ()):
            raise ValueError("the child does not keep to the protocol")
        end = ANSWER.size + length
        if len(self._bytes) < end:
            return None
        body = bytes(self._bytes[ANSWER.size : end])
        del self._bytes[:end]
        return Answer(kind=kind, body=body)


def _exactly(channel: socket.socket, length: int) -> bytes:
    content = bytearray()
    while len(content) < length:
        piece = channel.recv(min(length - len(content), _PIECE))
        if not piece:
            raise EOFError("the parent is gone")
        content += piece
    return bytes(content)
