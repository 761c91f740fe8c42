"""A child that a hostile file has taken over: it does what the file's second line says."""

import os
import signal
import socket
import sys
import time

import numpy as np

from tasks.adapters.intake import frames

N_IDS = 50
HONEST = np.arange(N_IDS) / N_IDS


def _answer(kind: bytes, body: bytes, length: int | None = None) -> bytes:
    return frames.ANSWER.pack(frames.MARK, kind, len(body) if length is None else length) + body


_LIES = {
    "garbage": b"\xff" * 1_000,
    "short": _answer(frames.VALUES, bytes(8 * N_IDS - 8)),
    "long": _answer(frames.VALUES, b"", 2**32 - 1),
    "constant": _answer(frames.VALUES, bytes(8 * N_IDS)),
    "infinite": _answer(frames.VALUES, np.full(N_IDS, np.inf).tobytes()),
    "beyond": _answer(frames.VALUES, (HONEST * 2).tobytes()),
    "terminal": _answer(frames.REFUSED, b"\x1b[2J\n"),
    "endless": _answer(frames.REFUSED, b"x" * 10_000),
    "unknown": _answer(b"?", b""),
    "ready": _answer(frames.READY, b""),
}
_BABBLE = _answer(frames.EXHAUSTED, b"") + _answer(frames.VALUES, HONEST.tobytes())
_ANSWERS = _LIES | {"babble": _BABBLE}


def main() -> None:
    """Answer until the parent is gone."""
    channel = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    frames.receive_start(channel)
    frames.send_answer(channel, frames.READY)
    while (request := frames.receive_request(channel)) is not None:
        word = os.pread(request[2], request[1], 0).decode().split()[1]
        os.close(request[2])
        _do(channel, word)


def _do(channel: socket.socket, word: str) -> None:
    if word == "die":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif word == "leave":
        sys.exit("\x1b[2J")
    elif word == "hang":
        time.sleep(3600)
    elif word == "trickle":
        for byte in _answer(frames.VALUES, HONEST.tobytes()):
            channel.sendall(bytes([byte]))
            time.sleep(0.05)
    elif word == "twice":
        channel.sendall(2 * _answer(frames.VALUES, HONEST.tobytes()))
    elif word == "eat":
        frames.send_answer(channel, frames.EXHAUSTED)
        sys.exit()
    else:
        channel.sendall(_ANSWERS.get(word, _answer(frames.VALUES, HONEST.tobytes())))


if __name__ == "__main__":
    main()
