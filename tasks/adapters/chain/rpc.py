"""JSON-RPC over HTTP: results or one-line errors; asked again only where calls are limited.

Nothing that answers is believed to be a sound node: an answer that does not fit its question is an
error, never a value. What the values mean is checked where they are read.
"""

import itertools
import logging
import re
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3

from tasks.adapters import foreign_json
from tasks.adapters.chain import rpc_errors
from tasks.adapters.chain.rpc_errors import (
    HttpError,
    LimitedError,
    RefusedError,
    TooLargeError,
)
from tasks.core.errors import ChainError

_BATCH = 100
_CHUNK = 2**16
_MAX_ANSWER = 2**28
_PAUSE_S = 0.25
# What of a URL is shorter is no key, and may be a word of a message.
_KEY_LENGTH = 8
_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
_DATA = re.compile(r"0x([0-9a-fA-F]{2})*")
# EIP-1474's "limit exceeded" is said of too many calls and of too large ones.
_LIMIT_EXCEEDED = -32005
_RATE_CODES = (429, -32029)
_RATE = re.compile(r"too many requests|rate limit|per second|throttl|compute units", re.IGNORECASE)

# At DEBUG it logs the path of every request, where a provider's key may stand.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

_ADVICE = {
    HTTPStatus.UNAUTHORIZED: "it wants a key: check the URL",
    HTTPStatus.FORBIDDEN: "it wants a key: check the URL",
    HTTPStatus.TOO_MANY_REQUESTS: "it limits requests: wait a minute and run again",
}


_T = TypeVar("_T")
Call = tuple[str, Sequence[Any]]
"""A method and its parameters."""


class Rpc:
    """One endpoint.

    web3's provider is not used: it retries a raw transaction by itself and then raises although it
    was mined, and it takes a batch's answers in the order of their ids, whatever ids these are.

    Attributes:
        url: where requests go; a key may stand in it, so no message has it.
        place: the same as messages name it.
    """

    def __init__(self, url: str, timeout_s: float = 30.0) -> None:
        """Use an http(s) URL; no call may take longer than about `timeout_s`."""
        self.url = url
        self.place = _place(url)
        self._keys = [part for part in re.split(r"[/?&=:@#]", url) if len(part) >= _KEY_LENGTH]
        self._timeout_s = timeout_s
        self._session = requests.Session()
        self._ids = itertools.count(1)

    def call(self, method: str, *params: Any) -> Any:
        """Return the result of one call.

        Raises:
            RefusedError: if the chain answers with an error.
            LimitedError: if it still limits calls after as long as an answer may take.
            ChainError: if it does not answer, or something else.
        """
        return self._patiently(lambda: self._call(method, params))

    def _call(self, method: str, params: Sequence[Any]) -> Any:
        request = self._request(method, params)
        answer = self._post(request, _MAX_ANSWER)
        if not isinstance(answer, dict):
            raise self._nonsense(method)
        # An error before the call was read has no id.
        known = (request["id"], None) if _error(answer) is not None else (request["id"],)
        if answer.get("id") not in known:
            raise self._nonsense(method)
        return self._result(method, answer)

    def batch(self, method: str, params: Sequence[Sequence[Any]]) -> list[Any]:
        """Return the results of many calls of one method, an error in place of a refused one.

        Args:
            method: the method.
            params: the parameters of each call.

        Returns:
            A result or a `RefusedError` a call, in the calls' order.

        Raises:
            ChainError: if the chain does not answer, or not exactly these calls.
        """
        results: list[Any] = []
        for start in range(0, len(params), _BATCH):
            results += self.together([(method, each) for each in params[start : start + _BATCH]])
        return results

    def together(
        self, calls: Sequence[Call], most_bytes: int = _MAX_ANSWER, patient: bool = True
    ) -> list[Any]:
        """Return the results of some calls in one request, an error in place of a refused one.

        Args:
            calls: at most 100.
            most_bytes: how large the answer may be.
            patient: whether to ask again where calls are limited.

        Raises:
            LimitedError: if calls are limited, and still are after patience.
            TooLargeError: if the answer is too large.
            ChainError: if the chain does not answer, or not exactly these calls.
        """
        results: dict[int, Any] = {}

        def ask() -> list[Any]:
            left = [place for place in range(len(calls)) if place not in results]
            found = self._together([calls[place] for place in left], most_bytes)
            limited = [each for each in found if isinstance(each, LimitedError)]
            results.update(
                (place, each)
                for place, each in zip(left, found, strict=True)
                if not isinstance(each, LimitedError)
            )
            if limited:
                raise limited[0]
            return [results[place] for place in range(len(calls))]

        return self._patiently(ask) if patient else ask()

    def _together(self, calls: Sequence[Call], most_bytes: int) -> list[Any]:
        asked = [self._request(method, params) for method, params in calls]
        method = calls[0][0]
        answers = self._by_id(method, self._post(asked, most_bytes))
        if answers.keys() != {request["id"] for request in asked}:
            raise self._nonsense(method)
        return [self._result_or_error(each["method"], answers[each["id"]]) for each in asked]

    def _patiently(self, ask: Callable[[], _T]) -> _T:
        """Ask again, after growing pauses, for as long as an answer may take."""
        until, pause = time.monotonic() + self._timeout_s, _PAUSE_S
        while True:
            try:
                return ask()
            except LimitedError as limited:
                pause = max(pause, limited.wait_s)
                if time.monotonic() + pause > until:
                    raise
            time.sleep(pause)
            pause *= 2

    def batch_all(self, method: str, params: Sequence[Sequence[Any]]) -> list[Any]:
        """Return the results of many calls of one method, none of which may be refused.

        Raises:
            RefusedError: if one is.
            ChainError: as `batch` does.
        """
        results = self.batch(method, params)
        for result in results:
            if isinstance(result, RefusedError):
                raise result
        return results

    def _request(self, method: str, params: Sequence[Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}

    def _post(self, body: Any, most_bytes: int) -> Any:
        deadline = time.monotonic() + self._timeout_s
        try:
            with self._session.post(
                self.url, json=body, timeout=self._timeout_s, stream=True
            ) as response:
                if response.status_code != HTTPStatus.OK:
                    raise self._refused_by_http(response)
                content = self._content(response, deadline, most_bytes)
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError):
            # Without the library's error, which quotes the URL and would show in a traceback.
            raise ChainError(f"no answer from the chain at {self.place}: does it run?") from None
        try:
            return foreign_json.parse(content)
        except ValueError as error:
            raise ChainError(
                f"{self.place} does not answer in JSON: is it a chain's endpoint?"
            ) from error

    def _content(self, response: requests.Response, deadline: float, most_bytes: int) -> bytes:
        # requests' own time-out starts anew with each byte that comes.
        content = bytearray()
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            content += chunk
            large = len(content) > most_bytes
            if large or time.monotonic() > deadline:
                kind = TooLargeError if large else ChainError
                raise kind(f"{self.place} does not end its answer: run again, or use another")
        return bytes(content)

    def _refused_by_http(self, response: requests.Response) -> ChainError:
        status = response.status_code
        advice = _ADVICE.get(HTTPStatus(status)) if status in list(HTTPStatus) else None
        message = f"{self.place} answers HTTP {status}: {advice or 'run again when it is up'}"
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            wait = response.headers.get("Retry-After", "")
            return LimitedError(message, by_rate=True, wait_s=int(wait) if wait.isdecimal() else 0)
        return HttpError(message, status)

    def _by_id(self, method: str, answers: Any) -> dict[int, dict[str, Any]]:
        if isinstance(answers, dict):
            refused = self._refused(method, answers, _error(answers) or {})
            if isinstance(refused, LimitedError):
                raise refused
            raise ChainError(f"{self.place} does not answer batches: {self._said(answers)}")
        found: dict[int, dict[str, Any]] = {}
        for answer in answers if isinstance(answers, list) else [None]:
            if not isinstance(answer, dict):
                raise self._nonsense(method)
            number = answer.get("id")
            # True is 1 to Python.
            if type(number) is not int or number in found:
                raise self._nonsense(method)
            found[number] = answer
        return found

    def _result(self, method: str, answer: dict[str, Any]) -> Any:
        error = _error(answer)
        if error is not None:
            raise self._refused(method, answer, error)
        if "result" not in answer:
            raise self._nonsense(method)
        return answer["result"]

    def _result_or_error(self, method: str, answer: dict[str, Any]) -> Any:
        try:
            return self._result(method, answer)
        except (RefusedError, LimitedError) as error:
            return error

    def _refused(
        self, method: str, answer: dict[str, Any], error: dict[str, Any]
    ) -> RefusedError | LimitedError:
        reason, said = rpc_errors.reason(error), f"{method}: {self._said(answer)}"
        by_rate = error.get("code") in _RATE_CODES or _RATE.search(said) is not None
        if reason is None and (by_rate or error.get("code") == _LIMIT_EXCEEDED):
            return LimitedError(said, by_rate=by_rate)
        return RefusedError(reason or said)

    def _said(self, answer: dict[str, Any]) -> str:
        """Return an answer's error as a part of one line, without what the URL hides."""
        error = _error(answer) or {}
        words = rpc_errors.line(error.get("message"))
        for key in self._keys:
            words = words if key in self.place else words.replace(key, "...")
        return words

    def _nonsense(self, method: str) -> ChainError:
        return ChainError(
            f"{self.place} does not answer the {method} that it was asked: "
            "run again, or use another"
        )


def _place(url: str) -> str:
    """Return scheme, host and port of a URL: keys and passwords stand in the rest of it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host:
        return "an address that is no URL"
    host = f"[{host}]" if ":" in host else host
    bare = f"{parts.scheme}://{host}" + ("" if port is None else f":{port}")
    return bare if url.rstrip("/") == bare else f"{bare}/..."


def quantity(value: object, what: str) -> int:
    """Return a number that a chain wrote in hex.

    Raises:
        ChainError: if it is no such number; `what` was asked for.
    """
    if not (isinstance(value, str) and _QUANTITY.fullmatch(value)):
        raise ChainError(
            f"the chain answers {rpc_errors.line(value)} for {what}: run again, or use another"
        )
    return int(value, 16)


def data(value: object, what: str) -> bytes:
    """Return bytes that a chain wrote in hex.

    Raises:
        ChainError: if they are none; `what` was asked for.
    """
    if not (isinstance(value, str) and _DATA.fullmatch(value)):
        raise ChainError(
            f"the chain answers {rpc_errors.line(value)} for {what}: run again, or use another"
        )
    return bytes.fromhex(value[2:])


def _error(answer: dict[str, Any]) -> dict[str, Any] | None:
    error = answer.get("error")
    return error if isinstance(error, dict) or error is None else {"message": error}
