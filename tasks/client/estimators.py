"""A modeller's own estimator, loaded from his file: his code, on his machine."""

import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tasks.client.era_tables import Numbers
from tasks.core.errors import InputError

_MODULE = "erarium_estimator"
_NUMBERS = "biufO"
"""Kinds of arrays that become float64 without a loss: not complex ones, not text."""


class Estimator(Protocol):
    """What is fitted anew for each fold."""

    def fit(self, features: Numbers, targets: NDArray[np.float64]) -> object:
        """Learn from features (n_rows, n_features) and targets (n_rows,)."""

    def predict(self, features: Numbers) -> Any:
        """Return predictions, shape (n_rows,)."""


def load(reference: str) -> Callable[[], Estimator]:
    """Return what makes the estimator that `FILE.py:NAME` refers to.

    Args:
        reference: the file and, after the last colon, the name of a class or function in it that
            is called without arguments. Modules beside the file can be imported from it.

    Raises:
        InputError: if the file or the name is not there, or his code fails.
    """
    file, colon, name = reference.rpartition(":")
    path = Path(file)
    if not colon or not name.isidentifier():
        raise InputError(f"--estimator {reference!r} is not FILE.py:NAME")
    if not path.is_file():
        raise InputError(f"--estimator: {path} is not a file")
    specification = importlib.util.spec_from_file_location(_MODULE, path)
    if specification is None or specification.loader is None:
        raise InputError(f"--estimator: {path} is not a Python file: its name must end in .py")
    module = importlib.util.module_from_spec(specification)
    # Where pickling and dataclasses look a module up.
    sys.modules[_MODULE] = module
    if str(path.resolve().parent) not in sys.path:
        sys.path.append(str(path.resolve().parent))
    with _told(f"{path} cannot be loaded"):
        specification.loader.exec_module(module)
    made = getattr(module, name, None)
    if not callable(made):
        raise InputError(f"--estimator: {path} has no class or function {name!r}")
    return _checked(made, reference)


def fit(estimator: Estimator, features: Numbers, targets: NDArray[np.float64]) -> None:
    """Fit an estimator on rows (n_rows, n_features) with targets (n_rows,).

    Raises:
        InputError: if his code fails.
    """
    with _told("fit failed"):
        estimator.fit(features, targets)


def predict(estimator: Estimator, features: Numbers) -> NDArray[np.float64]:
    """Return an estimator's predictions for rows (n_rows, n_features), shape (n_rows,).

    Raises:
        InputError: if his code fails, or what it returns is no finite number a row.
    """
    with _told("predict failed"):
        made = estimator.predict(features)
    predictions = _numbers(made)
    if predictions.shape == (len(features), 1):
        predictions = predictions[:, 0]
    if predictions.shape != (len(features),):
        raise InputError(
            f"predict returned the shape {predictions.shape} for {len(features)} rows: needs one "
            f"number a row"
        )
    bad = int((~np.isfinite(predictions)).sum())
    if bad:
        raise InputError(f"predict returned {bad} of {len(features)} values that are not finite")
    return predictions


def _numbers(made: Any) -> NDArray[np.float64]:
    """Return what an estimator made as an array of float64."""
    try:
        values = np.asarray(made)
        if values.dtype.kind not in _NUMBERS:
            raise TypeError("neither numbers nor objects that may be numbers")
        numbers: NDArray[np.float64] = values.astype(np.float64)
    except (TypeError, ValueError) as error:
        kind = getattr(made, "dtype", type(made).__name__)
        raise InputError(f"predict returned {kind}: needs one number a row") from error
    return numbers


def _checked(make: Callable[[], Any], reference: str) -> Callable[[], Estimator]:
    """Return what makes an estimator and checks that it can be used as one."""

    def made() -> Estimator:
        with _told(f"{reference} cannot be made"):
            estimator = make()
        for method in ("fit", "predict"):
            if not callable(getattr(estimator, method, None)):
                raise InputError(f"what {reference} makes has no method {method!r}")
        checked: Estimator = estimator
        return checked

    return made


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Tell an error of the modeller's code in one line, with the place where it was raised."""
    try:
        yield
    # To leave the program is not his code's to decide either: there would be no result.
    except (Exception, SystemExit) as error:
        last = " ".join(traceback.format_exception_only(error)[-1].split())
        raise InputError(f"{what}: {_place(error)}: {last}") from error


def _place(error: Exception | SystemExit) -> str:
    """Return file and line: in the modeller's file if it was passed, else the innermost."""
    if isinstance(error, SyntaxError) and error.filename is not None:
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    module = sys.modules.get(_MODULE)
    his = [frame for frame in frames if frame.filename == getattr(module, "__file__", None)]
    frame = (his or list(frames))[-1]
    return f"{frame.filename}:{frame.lineno}"
