"""Which file and which of its columns play which part in a scoring."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from tasks.adapters import column_files
from tasks.client.era_tables import KEYS
from tasks.core import wording
from tasks.core.errors import DataError

Headers = dict[Path, list[str]]

# The last two are what pandas makes of an index without a name.
_LABELS = (*KEYS, "data_type", "", "__index_level_0__")
_FEATURE, _TARGET, _PREDICTION = "feature", "target", "prediction"
_USUAL = {
    "target": (_TARGET,),
    "meta-model": ("meta_model", _PREDICTION),
    "benchmark": ("benchmark", _PREDICTION),
}
"""The columns that a part is looked for in, in this order."""

_NAMED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file, and the columns of it that play a part; None for those that the rules choose."""

    path: Path
    columns: tuple[str, ...] | None = None

    @property
    def chosen(self) -> tuple[str, ...]:
        """Return the columns, which `chosen` has filled in."""
        return self.columns or ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The parts of a scoring; several may lie in one file."""

    predictions: Source
    targets: Source
    meta_model: Source | None = None
    benchmark: Source | None = None
    features: Source | None = None

    def parts(self) -> dict[str, Source]:
        """Return the parts that are there by name."""
        named = {
            "target": self.targets,
            "meta-model": self.meta_model,
            "benchmark": self.benchmark,
            "features": self.features,
            "predictions": self.predictions,
        }
        return {name: source for name, source in named.items() if source is not None}


def named(
    *,
    predictions: Path,
    prediction_columns: tuple[str, ...] | None = None,
    targets: Path | None = None,
    target_column: str | None = None,
    meta_model: Path | None = None,
    meta_model_column: str | None = None,
    benchmark: Path | None = None,
    benchmark_column: str | None = None,
    features: Path | None = None,
    feature_columns: tuple[str, ...] | None = None,
) -> Sources:
    """Return the parts as a person names them.

    A part without a file lies in the predictions' file if its columns are named; the targets lie
    there anyway.
    """

    def part(path: Path | None, columns: tuple[str, ...] | None) -> Source | None:
        if path is None and columns is None:
            return None
        return Source(path=path or predictions, columns=columns)

    return Sources(
        predictions=Source(path=predictions, columns=prediction_columns),
        targets=Source(path=targets or predictions, columns=_one(target_column)),
        meta_model=part(meta_model, _one(meta_model_column)),
        benchmark=part(benchmark, _one(benchmark_column)),
        features=part(features, feature_columns),
    )


def chosen(sources: Sources) -> Sources:
    """Look into the files and return the parts with their columns filled in.

    Where the caller chose none: of the targets `target`, of the meta-model `meta_model` or else
    `prediction`, of the benchmark `benchmark` or else `prediction`, or else the only column that
    is left; of the features those whose name begins with `feature`, or else all that are left; of
    the predictions all that are left. `prediction` in the predictions' own file is a prediction.
    Left are the columns that are neither `id`, `era` nor `data_type`, have a name, play no other
    part in the same file, and do not begin with `target` or `feature`.

    Raises:
        DataError: if a file cannot be read or lacks a column, or the rules do not decide.
    """
    sources = _one_path_a_file(sources)
    headers = {
        source.path: column_files.column_names(source.path) for source in sources.parts().values()
    }
    for path, names in headers.items():
        _require(path, names, KEYS)
    for name, source in sources.parts().items():
        _check(name, source, headers[source.path])
    # The parts of one column first: what they take is not taken for features or predictions.
    targets = _single("target", sources.targets, headers, sources)
    sources = replace(sources, targets=targets)
    for field, name in (("meta_model", "meta-model"), ("benchmark", "benchmark")):
        if (one := sources.parts().get(name)) is not None:
            filled = _single(name, one, headers, sources)
            sources = replace(sources, **{field: filled})
    if sources.features is not None:
        sources = replace(sources, features=_features(sources.features, headers, sources))
    return replace(sources, predictions=_predictions(sources.predictions, headers, sources))


def _one(column: str | None) -> tuple[str, ...] | None:
    return None if column is None else (column,)


def _one_path_a_file(sources: Sources) -> Sources:
    """Return the parts with one path for a file, in whatever ways it was written."""
    paths: dict[Path, Path] = {}
    changed = {}
    for field in fields(sources):
        source = getattr(sources, field.name)
        if isinstance(source, Source):
            path = paths.setdefault(source.path.resolve(), source.path)
            changed[field.name] = replace(source, path=path)
    return replace(sources, **changed)


def _check(name: str, source: Source, names: Sequence[str]) -> None:
    """Check the columns that the caller chose."""
    if source.columns is None:
        return
    if not source.columns or not all(source.columns):
        raise DataError(f"{name}: name at least one column, and no empty one")
    twice = sorted({column for column in source.columns if source.columns.count(column) > 1})
    if twice:
        raise DataError(f"{name}: the column {twice[0]!r} is named twice")
    taken = sorted(set(source.columns) & set(KEYS))
    if taken:
        raise DataError(f"{name}: the column {taken[0]!r} holds no numbers to score with")
    _require(source.path, names, source.columns)


def _require(path: Path, names: Sequence[str], columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in names]
    if missing:
        there = wording.listed(names, _NAMED)
        raise DataError(f"{path}: the column {missing[0]!r} is missing; it has {there}")


def _left(source: Source, headers: Headers, sources: Sources, prefixes: Sequence[str]) -> list[str]:
    """Return a file's columns that play no part yet."""
    taken = {
        column
        for other in sources.parts().values()
        if other.path == source.path and other is not source
        for column in other.chosen
    }
    return [
        name
        for name in headers[source.path]
        if name not in _LABELS and name not in taken and not name.startswith(tuple(prefixes))
    ]


def _single(name: str, source: Source, headers: Headers, sources: Sources) -> Source:
    """Fill in the one column of a part."""
    if source.columns is not None:
        return source
    own = source.path == sources.predictions.path
    for usual in _USUAL[name]:
        if usual in headers[source.path] and not (own and usual == _PREDICTION):
            return replace(source, columns=(usual,))
    prefixes = [prefix for prefix in (_FEATURE, _TARGET) if prefix not in _USUAL[name]]
    left = _left(source, headers, sources, prefixes)
    if own and _PREDICTION in left:
        left.remove(_PREDICTION)
    if len(left) != 1:
        raise DataError(
            f"{source.path}: which column is the {name}? Say --{name}-column; "
            f"it has {wording.listed(headers[source.path], _NAMED)}"
        )
    return replace(source, columns=tuple(left))


def _features(source: Source, headers: Headers, sources: Sources) -> Source:
    if source.columns is not None:
        return source
    named = [name for name in headers[source.path] if name.startswith(_FEATURE)]
    left = named or _left(source, headers, sources, [_TARGET])
    if not left:
        raise DataError(f"{source.path}: no column is a feature; say --feature-columns")
    return replace(source, columns=tuple(left))


def _predictions(source: Source, headers: Headers, sources: Sources) -> Source:
    if source.columns is not None:
        return source
    left = _left(source, headers, sources, (_FEATURE, _TARGET))
    if not left:
        raise DataError(f"{source.path}: no column is left to score; say --prediction-columns")
    return replace(source, columns=tuple(left))
