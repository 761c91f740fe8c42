"""The forwarder: what others reach of the local chain, and what makes its writes durable.

Run as `python -m tasks.adapters.forwarder HOME [PORT]`. It owns the node, whose cheat methods
answer anyone, and passes on an allow-list. Each raw transaction that is its sender's next is
fsynced with its block's time before the node hears of it, and becomes one block, so that the log
alone rebuilds the chain, to the last block hash. Nothing ever waits in the node's pool, which no
snapshot would keep.
"""

import asyncio
import contextlib
import itertools
import json
import logging
import secrets
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from tasks.adapters import files, foreign_json, jsonrpc, live_clock, settings, transactions
from tasks.adapters.anvil import Anvil, RefusedError
from tasks.adapters.block_log import BlockLog, Step
from tasks.adapters.home import Home
from tasks.adapters.live_clock import LiveClock
from tasks.adapters.snapshots import Snapshot, Snapshots
from tasks.adapters.transactions import Gate, Transaction
from tasks.core.errors import ChainError, TournamentError

logger = logging.getLogger(__name__)

_MAX_BODY = 32 * 2**20
# Rebuilding takes a few milliseconds a step.
_SNAPSHOT_STEPS = 1_000


class Forwarder:
    """One node, its log and its snapshots, behind a JSON-RPC server."""

    def __init__(
        self,
        node: Anvil,
        chain_id: int,
        log: BlockLog,
        snapshots: Snapshots,
        clock: LiveClock | None = None,
    ) -> None:
        """Use a fresh node at its genesis; `restore` brings it up to the log.

        Args:
            node: the node.
            chain_id: the only chain whose transactions are taken.
            log: of every step that the node was told.
            snapshots: where states are saved.
            clock: what blocks are dated by; None where time passes by `erarium_advance` alone.
        """
        self._clock = clock
        self._node = node
        self._gate = Gate(node, chain_id)
        self._log = log
        self._snapshots = snapshots
        self.token = secrets.token_hex(32)
        self._writing = asyncio.Lock()
        self._time = 0
        self._applied = 0
        self._covered = 0
        self.stopping = asyncio.Event()

    async def restore(self, snapshot: Snapshot | None) -> bool:
        """Bring a fresh node to the log's end: a snapshot if given, then the rest of the log.

        anvil_loadState over the same genesis keeps blocks, receipts and logs, and the next block
        gets the hash that it would have had; what is lost is the state at blocks before the
        snapshot, so that reads there are refused after a restart.

        Returns:
            False if the snapshot does not fit; the node is then of no use.
        """
        if snapshot is not None:
            if snapshot.steps > len(self._log.steps):
                return False
            await self._node.call("anvil_loadState", snapshot.state)
            if (await self._latest())["hash"] != snapshot.block_hash:
                return False
        self._applied = self._covered = snapshot.steps if snapshot is not None else 0
        self._time = int((await self._latest())["timestamp"], 16)
        for step in self._log.steps[self._covered :]:
            # What was refused at first is refused again.
            with contextlib.suppress(RefusedError):
                await self._apply(step)
        total = len(self._log.steps)
        logger.info("restored %d steps, %d of them from a snapshot", total, self._covered)
        return True

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one HTTP request: a JSON-RPC call or a batch of them."""
        trusted = secrets.compare_digest(
            request.headers.get(jsonrpc.TOKEN_HEADER, "").encode(), self.token.encode()
        )
        try:
            body = foreign_json.parse(await request.read())
        except ValueError:
            return web.json_response(jsonrpc.error(None, jsonrpc.NOT_JSON, "not JSON"))
        single = not isinstance(body, list)
        calls = [body] if single else body
        if not calls:
            return web.json_response(jsonrpc.error(None, jsonrpc.BAD_REQUEST, "an empty batch"))
        await self._pass_time()
        answers = await self.answer(calls, trusted)
        if len(self._log.steps) - self._covered >= _SNAPSHOT_STEPS:
            await self.snapshot()
        return web.json_response(answers[0] if single else answers)

    async def answer(self, calls: Sequence[Any], trusted: bool) -> list[Any]:
        """Answer calls in their order; neighbours of one sort go to the node together."""
        answers: list[Any] = []
        for sort, group in itertools.groupby(calls, jsonrpc.sort):
            try:
                answers += await self._answer_sort(sort, list(group), trusted)
            except ChainError as error:
                logger.error("stopping: %s", error)
                self.stopping.set()
                unanswered = calls[len(answers) :]
                answers += [jsonrpc.failure(call, str(error)) for call in unanswered]
                break
        return answers

    async def snapshot(self) -> None:
        """Save the node's state with the number of steps that it covers."""
        async with self._writing:
            self._require_whole()
            state = await self._node.call("anvil_dumpState")
            block_hash = (await self._latest())["hash"]
            self._covered = self._applied
        saved = Snapshot(steps=self._covered, block_hash=block_hash, state=state)
        await asyncio.to_thread(self._snapshots.save, saved)

    async def close(self) -> None:
        """Stop the node."""
        await self._node.stop()

    async def _answer_sort(self, sort: str, calls: list[Any], trusted: bool) -> list[Any]:
        if sort == "read":
            return await self._read(calls)
        if sort == "send":
            return await self._send(calls)
        if sort == "control" and trusted:
            return [await self._control(call) for call in calls]
        return [jsonrpc.refusal(call) for call in calls]

    async def _read(self, calls: list[Any]) -> list[Any]:
        # Written anew: what a stranger left out or put in could make the node answer nothing.
        asked = [jsonrpc.read_call(number, call) for number, call in enumerate(calls)]
        answer = await self._node.post(asked if len(asked) > 1 else asked[0])
        each_answer = answer if isinstance(answer, list) else [answer]
        found = {each.get("id"): each for each in each_answer}
        return [
            {**found[number], "id": call.get("id")}
            if number in found
            else jsonrpc.failure(call, "the node cannot read this call")
            for number, call in enumerate(calls)
        ]

    async def _send(self, calls: list[Any]) -> list[Any]:
        found = [self._gate.read(call) for call in calls]
        async with self._writing:
            checked = await self._gate.in_turn(found)
            sound = [each for each in checked if isinstance(each, Transaction)]
            at = self._now()
            self._record([Step(time=at, raw=each.raw) for each in sound])
            return [
                await self._mine_sent(Step(time=at, raw=each.raw), each, call.get("id"))
                if isinstance(each, Transaction)
                else jsonrpc.error(call.get("id"), each.code, str(each))
                for call, each in zip(calls, checked, strict=True)
            ]

    async def _mine_sent(self, step: Step, sent: Transaction, call_id: Any) -> dict[str, Any]:
        try:
            tx_hash = await self._apply(step)
        except RefusedError as refused:
            return {"jsonrpc": "2.0", "id": call_id, "error": refused.error}
        self._gate.mined(sent)
        return jsonrpc.result(call_id, tx_hash)

    def _now(self) -> int:
        """Return the next block's time: the live clock's, never before the latest block's."""
        return self._time if self._clock is None else max(self._time, self._clock.now())

    async def _pass_time(self) -> None:
        """Let whoever looks at a live chain see the time: a chain that nobody reads needs no block.

        Its failure is left to the calls, which are answered one by one.
        """
        if self._clock is not None and self._now() - self._time >= self._clock.block_s:
            with contextlib.suppress(ChainError, RefusedError):
                await self._advance(self._now())

    def _record(self, steps: Sequence[Step]) -> None:
        self._require_whole()
        if steps:
            self._log.append(steps)

    def _require_whole(self) -> None:
        # After a failure between logging and mining, only a restart brings the node to its log.
        if self._applied != len(self._log.steps):
            raise ChainError("the node is behind the log: start the chain again")

    async def _control(self, call: Mapping[str, Any]) -> dict[str, Any]:
        result: Any = True
        if call["method"] == "erarium_advance":
            params = call.get("params")
            if not (isinstance(params, list) and len(params) == 1 and type(params[0]) is int):
                return jsonrpc.error(call.get("id"), jsonrpc.BAD_PARAMS, "one timestamp is needed")
            if params[0] < self._time:
                return jsonrpc.error(
                    call.get("id"), jsonrpc.BAD_PARAMS, f"the chain is at {self._time} already"
                )
            result = await self._advance(params[0])
            if self._clock is not None:
                self._clock.raise_to(result)
        elif call["method"] == "erarium_snapshot":
            await self.snapshot()
        else:
            self.stopping.set()
        return jsonrpc.result(call.get("id"), result)

    async def _advance(self, timestamp: int) -> int:
        async with self._writing:
            if timestamp > self._time:
                step = Step(time=timestamp)
                self._record([step])
                await self._apply(step)
            return self._time

    async def _apply(self, step: Step) -> str | None:
        """Make one step's block.

        Returns:
            The hash of its transaction, if it has one.

        Raises:
            RefusedError: if the node does not take the transaction, and there is no block; or
                does not mine it, and the block is empty. The log says the same either way.
            ChainError: if the node does not do as it is told.
        """
        refused = tx_hash = None
        if step.raw is not None:
            try:
                tx_hash = await self._node.call(jsonrpc.SEND, step.raw)
            except RefusedError as error:
                refused = error
        if refused is None:
            mined = await self._node.mine(step.time)
            self._time = step.time
            if mined != ([] if tx_hash is None else [tx_hash]):
                await self._node.call("anvil_dropAllTransactions")
                message = f"the node did not mine transaction {tx_hash}"
                refused = RefusedError({"code": transactions.REJECTED, "message": message})
        self._applied += 1
        if refused is not None:
            raise refused
        return tx_hash

    async def _latest(self) -> dict[str, Any]:
        block: dict[str, Any] = await self._node.call("eth_getBlockByNumber", "latest", False)
        return block


async def serve(root: Path, port: int) -> None:
    """Run the chain of a home until it is told to stop.

    Args:
        root: the home's folder; `node/genesis.json` must be there.
        port: the public loopback port; 0 for any.

    Raises:
        ChainError: if the node does not start or stops answering.
    """
    home = Home.open(root)
    log = BlockLog(home.node / "log")
    try:
        forwarder = await _restored(home, log)
        try:
            await _listen(forwarder, home, port)
        finally:
            await forwarder.close()
    finally:
        log.close()


async def _restored(home: Home, log: BlockLog) -> Forwarder:
    values = settings.Settings()
    env = settings.child_environment(values, home.root)
    snapshots = Snapshots(home.node)
    clock = _clock(home)
    for snapshot in [*snapshots.newest_first(), None]:
        node = await Anvil.start(values.anvil, home.node / "genesis.json", home.run, env)
        forwarder = Forwarder(node, home.facts.chain_id, log, snapshots, clock)
        try:
            if await forwarder.restore(snapshot):
                return forwarder
        except RefusedError as refused:
            logger.warning("a snapshot does not load: %s", refused)
        except BaseException:
            await forwarder.close()
            raise
        await forwarder.close()
    raise ChainError(f"the chain of {home.root} cannot be rebuilt from its log")


def _clock(home: Home) -> LiveClock | None:
    if home.facts.kind != "live":
        return None
    spacing = live_clock.block_s(int(home.facts.arguments["market_day_s"]))
    return LiveClock(home.node / "clock.json", spacing)


async def _listen(forwarder: Forwarder, home: Home, port: int) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, forwarder.stopping.set)
    application = web.Application(client_max_size=_MAX_BODY)
    application.router.add_post("/", forwarder.handle)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    try:
        await site.start()
        control = {"port": runner.addresses[0][1], "token": forwarder.token}
        files.replace_file(home.node / "control", json.dumps(control).encode(), mode=0o600)
        await forwarder.stopping.wait()
        await forwarder.snapshot()
    finally:
        (home.node / "control").unlink(missing_ok=True)
        await runner.cleanup()


def main(arguments: Sequence[str]) -> int:
    """Run the forwarder for a home; its errors are one line each."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    try:
        asyncio.run(serve(Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 0))
    except (TournamentError, OSError) as error:
        logger.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
