"""JSON that strangers wrote: answers of an endpoint, requests, documents of somebody's lake."""

from typing import Any

import pydantic_core


def parse(content: bytes | bytearray) -> Any:
    """Return the value that JSON bytes hold.

    A library raises Python's recursion limit, so that `json.loads` would crash the process on
    deeply nested brackets; here more than 200 levels are an error.

    Args:
        content: UTF-8.

    Raises:
        ValueError: if they are no JSON, nested too deep, or hold NaN or Infinity.
    """
    return pydantic_core.from_json(content, allow_inf_nan=False)
