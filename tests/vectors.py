"""The test vectors of docs/protocol.md."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

_PAGE = Path(__file__).parent.parent / "docs" / "protocol.md"


@cache
def load() -> dict[str, list[dict[str, Any]]]:
    """Return the vectors by name."""
    (block,) = re.findall(r"```json vectors\n(.*?)\n```", _PAGE.read_text(), re.DOTALL)
    vectors: dict[str, list[dict[str, Any]]] = json.loads(block)
    return vectors


def unhex(text: str) -> bytes:
    """Return the bytes of a vector's hex."""
    return bytes.fromhex(text.removeprefix("0x"))
