"""Run a command in this process and write down where it went; a script of the stdlib alone.

    python -P tests/walker.py ROOT MODULE:FUNCTION RESULT WORDS...

It runs in the interpreter of whichever checkout is counted, so it imports nothing from `tests`.
"""

import importlib
import json
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

_OPTIMIZED = 0x1
"""The flag of a function's code; a module's and a class's body have it not."""


class Walk:
    """What a run entered of one checkout, told by `sys.setprofile`, in all its threads.

    Attributes:
        entered: files of which a function or a class's body ran.
        by_functions: those of which a function ran.
        deepest: the named frames of the deepest moment, outermost first.
    """

    def __init__(self, root: Path) -> None:
        """Count files below a folder, apart from its tests and what is installed there."""
        self.entered: set[str] = set()
        self.by_functions: set[str] = set()
        self.deepest: list[str] = []
        self._root = root
        self._names: dict[str, str | None] = {}
        self._depths = threading.local()

    def see(self, frame: FrameType, event: str, _: object) -> None:
        """Take one event of the profiler."""
        if event not in ("call", "return"):
            return
        name = self._name(frame.f_code)
        if name is None or frame.f_code.co_name == "<module>":
            return
        if event == "call":
            self.entered.add(name)
            if frame.f_code.co_flags & _OPTIMIZED:
                self.by_functions.add(name)
        if _is_named(frame.f_code):
            self._move(frame, 1 if event == "call" else -1)

    def _move(self, frame: FrameType, step: int) -> None:
        depth = max(getattr(self._depths, "now", 0) + step, 0)
        self._depths.now = depth
        if depth > len(self.deepest):
            self.deepest = self._stack(frame)

    def _stack(self, frame: FrameType | None) -> list[str]:
        found = []
        while frame is not None:
            name = self._name(frame.f_code)
            if name is not None and _is_named(frame.f_code):
                found.append(f"{name}:{frame.f_code.co_name}")
            frame = frame.f_back
        return found[::-1]

    def _name(self, code: CodeType) -> str | None:
        if code.co_filename not in self._names:
            self._names[code.co_filename] = self._ours(Path(code.co_filename))
        return self._names[code.co_filename]

    def _ours(self, path: Path) -> str | None:
        if not path.is_relative_to(self._root):
            return None
        name = path.relative_to(self._root)
        return None if name.parts[0] in (".venv", "tests") else str(name)


def walk(root: Path, entry: str, words: Sequence[str]) -> dict[str, Any]:
    """Run a command to its end, from the import of its module on; return what it entered."""
    found = Walk(root)
    sys.argv = ["erarium", *words]
    module, _, function = entry.partition(":")
    code: object = 0
    threading.setprofile(found.see)
    sys.setprofile(found.see)
    try:
        getattr(importlib.import_module(module), function)()
    except SystemExit as stopped:
        code = stopped.code
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return {
        "code": code,
        "deepest": found.deepest,
        "entered": sorted(found.entered),
        "by_functions": sorted(found.by_functions),
    }


def _is_named(code: CodeType) -> bool:
    """Say whether a frame is a function with a name: comprehensions and lambdas have none."""
    return not code.co_name.startswith("<")


if __name__ == "__main__":
    folder, begin, result, *command = sys.argv[1:]
    Path(result).write_text(json.dumps(walk(Path(folder), begin, command)))
