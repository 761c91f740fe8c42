"""A proxy between program and node that answers some requests with a fault."""

import contextlib
import json
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

_FORWARD_S = 30


class HungUpError(Exception):
    """The proxy resets the connection instead of answering."""


class SilenceError(Exception):
    """The proxy keeps the connection and says nothing."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the program gets; `missing` bytes are announced and never sent."""

    content: bytes
    status: int = 200
    missing: int = 0
    drip: bool = False


@dataclass(kw_only=True)
class Exchange:
    """One request of the program, the node behind, and what the fault remembers."""

    body: Any
    node: str
    rng: random.Random
    memory: dict[str, Any]

    @property
    def calls(self) -> list[dict[str, Any]]:
        return self.body if isinstance(self.body, list) else [self.body]

    def forward(self, body: Any = None) -> Any:
        """Return the node's answer to the request, or to another one."""
        asked = self.body if body is None else body
        return requests.post(self.node, json=asked, timeout=_FORWARD_S).json()

    def answers(self) -> list[dict[str, Any]]:
        """Return the node's answers, a single one as a list of one."""
        found = self.forward()
        return found if isinstance(found, list) else [found]

    def reply(self, answers: list[Any]) -> Reply:
        """Answer as the program asked: with a list if it sent one."""
        single = not isinstance(self.body, list)
        return Reply(content=json.dumps(answers[0] if single else answers).encode())


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way in which a node fails its client.

    Attributes:
        name: as tests print it.
        methods: the calls that it may hit; all if empty.
        at_least: calls that the request must have.
        within: the first hit is one of that many eligible requests.
        run: how many eligible requests in succession it hits.
    """

    name: str
    act: Callable[[Exchange], Reply]
    methods: frozenset[str] = frozenset()
    at_least: int = 1
    within: int = 4
    run: int = 1

    def concerns(self, calls: list[dict[str, Any]]) -> bool:
        asked = {call["method"] for call in calls}
        return len(calls) >= self.at_least and (not self.methods or bool(asked & self.methods))


class _Turns:
    """Which of the requests that concern a fault it hits; a seed decides."""

    def __init__(self, fault: Fault, rng: random.Random) -> None:
        first = rng.randrange(fault.within)
        second = first + fault.run + rng.randrange(8)
        self._hits = [range(start, start + fault.run) for start in (first, second)]
        self._fault = fault
        self._seen = 0

    def hit(self, calls: list[dict[str, Any]]) -> bool:
        if not self._fault.concerns(calls):
            return False
        self._seen += 1
        return any(self._seen - 1 in hits for hits in self._hits)


@dataclass(kw_only=True)
class Proxy:
    """A running proxy; `fired` counts the requests that each fault hit."""

    node: str
    faults: Sequence[Fault]
    seed: int
    url: str = ""
    fired: Counter[str] = field(default_factory=Counter)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _ended: threading.Event = field(default_factory=threading.Event)
    _memory: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)
        # One that hits everything would leave nothing to those after it.
        in_order = sorted(self.faults, key=lambda fault: fault.run)
        self._turns = [(fault, _Turns(fault, self._rng)) for fault in in_order]

    def answer(self, body: Any) -> Reply:
        exchange = Exchange(body=body, node=self.node, rng=self._rng, memory=self._memory)
        fault = self._hitting(exchange.calls)
        return fault.act(exchange) if fault else exchange.reply(exchange.answers())

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the proxy's end, and say whether it came."""
        return self._ended.wait(seconds)

    def end(self) -> None:
        self._ended.set()

    def _hitting(self, calls: list[dict[str, Any]]) -> Fault | None:
        with self._guard:
            # A request that one has hit is none of the others'.
            for fault, turns in self._turns:
                if turns.hit(calls):
                    self.fired[fault.name] += 1
                    return fault
        return None


@contextmanager
def running(node: str, faults: Sequence[Fault], seed: int) -> Iterator[Proxy]:
    """Run a proxy on a loopback port."""
    proxy = Proxy(node=node, faults=faults, seed=seed)
    server = _Server(proxy)
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.end()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        # A client that has given up is part of the play.
        with contextlib.suppress(ConnectionError):
            self._send(body)

    def _send(self, body: Any) -> None:
        try:
            reply = self.server.proxy.answer(body)
        except HungUpError:
            return self._reset()
        except SilenceError:
            self.server.proxy.wait()
            return self._reset()
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply.content) + reply.missing))
        self.end_headers()
        if reply.drip:
            return self._drip()
        self.wfile.write(reply.content)
        self.close_connection = self.close_connection or reply.missing > 0
        return None

    def _drip(self) -> None:
        self.close_connection = True
        while not self.server.proxy.wait(0.05):
            self.wfile.write(b" ")

    def _reset(self) -> None:
        self.close_connection = True
        # Lingering for no time makes the kernel send a reset instead of an orderly end.
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""
