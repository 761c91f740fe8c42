"""JSON-RPC over HTTP: results or one-line errors, no retries and no polling of its own."""

from collections.abc import Sequence
from typing import Any, cast

import requests
from eth_abi import abi
from eth_abi.exceptions import DecodingError
from eth_typing import URI
from web3 import HTTPProvider
from web3.types import RPCEndpoint, RPCResponse

from tasks.core.errors import ChainError

_ERROR_SELECTOR = bytes.fromhex("08c379a0")
_BATCH = 100


class RefusedError(ChainError):
    """The chain answered with an error: a revert, or a call that it does not accept."""


class Rpc:
    """One endpoint.

    web3's provider keeps the connection and the encoding. Its middleware is not used: it retries
    a raw transaction by itself and then raises although it was mined.
    """

    def __init__(self, url: str, timeout_s: float = 30.0) -> None:
        """Use an http(s) URL; no call may take longer than `timeout_s`."""
        self.url = url
        self._provider = HTTPProvider(
            URI(url), request_kwargs={"timeout": timeout_s}, exception_retry_configuration=None
        )

    def call(self, method: str, *params: Any) -> Any:
        """Return the result of one call.

        Raises:
            RefusedError: if the chain answers with an error.
            ChainError: if it does not answer.
        """
        try:
            answer = self._provider.make_request(RPCEndpoint(method), list(params))
        except (requests.RequestException, ValueError) as error:
            raise self._silence() from error
        return _result(method, answer)

    def batch(self, method: str, params: Sequence[Sequence[Any]]) -> list[Any]:
        """Return the results of many calls of one method, an error in place of a refused one.

        Args:
            method: the method.
            params: the parameters of each call.

        Returns:
            A result or a `RefusedError` a call, in the calls' order.

        Raises:
            ChainError: if the chain does not answer.
        """
        results: list[Any] = []
        for start in range(0, len(params), _BATCH):
            part = [(RPCEndpoint(method), list(each)) for each in params[start : start + _BATCH]]
            try:
                answers = self._provider.make_batch_request(part)
            except (requests.RequestException, ValueError, KeyError) as error:
                raise self._silence() from error
            if not isinstance(answers, list) or len(answers) != len(part):
                raise ChainError(f"the chain at {self.url} does not answer batches: {answers}")
            results += [_result_or_error(method, answer) for answer in answers]
        return results

    def _silence(self) -> ChainError:
        return ChainError(f"no answer from the chain at {self.url}: does it run?")


def _result(method: str, answer: RPCResponse) -> Any:
    error = answer.get("error")
    if error is None:
        return answer.get("result")
    if isinstance(error, str):
        raise RefusedError(f"{method}: {error}")
    raise RefusedError(_reason(cast(dict[str, Any], error)) or f"{method}: {error.get('message')}")


def _result_or_error(method: str, answer: RPCResponse) -> Any:
    try:
        return _result(method, answer)
    except RefusedError as error:
        return error


def _reason(error: dict[str, Any]) -> str | None:
    """Return the text of a contract's revert, if that is what the error is."""
    data = error.get("data")
    if isinstance(data, dict):
        data = data.get("data")
    if not (isinstance(data, str) and data.startswith("0x")):
        return None
    try:
        content = bytes.fromhex(data[2:])
        if content[:4] == _ERROR_SELECTOR:
            (reason,) = abi.decode(["string"], content[4:])
            return str(reason)
    except (ValueError, OverflowError, DecodingError):
        return None
    return None
