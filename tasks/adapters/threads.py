"""One thread for BLAS and OpenMP: parallelism comes from Dask, and sums keep their order."""

import os

SINGLE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}
"""For the environment of every process that the project starts."""


def limit_threads() -> None:
    """Set one thread for this process and its children, whatever the shell had set.

    The libraries read these variables once, as they are loaded: call it before numpy is imported.
    """
    os.environ.update(SINGLE_THREAD)
