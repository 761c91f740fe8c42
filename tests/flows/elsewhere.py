"""Play the small tournament in a process of its own and print BLAS kernel and report as JSON."""

import ctypes
import json
import sys
from pathlib import Path

import numpy as np

from tests import tournaments
from tests.flows import homes


def blas_kernel() -> str:
    """Return the name of the kernel that numpy's OpenBLAS chose; empty for another BLAS."""
    folder = Path(np.__file__).parents[1] / "numpy.libs"
    for path in sorted(folder.glob("*openblas*")):
        name = getattr(ctypes.CDLL(str(path)), "scipy_openblas_get_corename64_", None)
        if name is not None:
            name.restype = ctypes.c_char_p
            return str(name().decode())
    return ""


def main() -> None:
    with tournaments.founded(Path(sys.argv[1])) as tournament:
        tournament.play()
        report = homes.finish(tournament)
    json.dump({"kernel": blas_kernel(), "report": report}, sys.stdout)


if __name__ == "__main__":
    main()
