"""Tables of scored entries: read, checked and paid by a payout rule."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from tasks.adapters import column_files
from tasks.core.errors import DataError, InputError
from tasks.core.money import decimals, scores
from tasks.core.money.payout_rule import Entry, Outcome, PayoutRule
from tasks.core.money.units import WAD

_EMPTY = frozenset(("",))
_NO_NUMBER = frozenset(("", "nan", "NaN", "null", "NULL", "NA"))
_MODEL, _ROUND, _FACTOR, _STAKE, _PAYOUT = "model", "round", "payout_factor", "stake", "payout"

_MOST_SCORE = 10
_MOST_MULTIPLIER = 1_000
_MOST_STAKE = 10**15
_MOST_ROUND = 2**64 - 1

_AGREES = Decimal("1e-6")
_NUMBERED = re.compile(r"0|[1-9][0-9]{0,17}")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """An entry of a table with what the rule makes of it."""

    round_id: int
    model: int | str
    entry: Entry
    outcome: Outcome
    stated: Decimal | None
    """The payout that the table itself states, tokens."""

    @property
    def agrees(self) -> bool:
        """Return whether the stated payout is the rule's to 1e-6 of the stake."""
        difference = Decimal(self.outcome.change) - (self.stated or Decimal(0)) * WAD
        return abs(difference) <= _AGREES * self.entry.at_risk


def pay(path: Path, rule: PayoutRule) -> list[Paid]:
    """Apply a payout rule to a table of scored entries.

    Args:
        path: a Parquet or CSV file with the columns round, model, payout_factor, stake, and for
            each score of the rule one of its name and one `<score>_multiplier`. Factor in
            [0, 1], stake in tokens. A column of multipliers may be absent and a multiplier
            missing; a score may be missing where its multiplier counts 0. A column payout is
            compared with; others are ignored.
        rule: what is paid for, and how.

    Returns:
        One a row, in the rows' order.

    Raises:
        DataError: if the file cannot be read or lacks a column, or a value cannot be used; the
            message names row and column.
    """
    table = _opened(path, _columns(path, rule))
    entries = _entries(table, rule)
    stated = table.numbers(_PAYOUT, -_MOST_STAKE, _MOST_STAKE, lambda number: number)
    keys = zip(table.whole(_ROUND, _MOST_ROUND), table.models(_MODEL), strict=True)
    return [
        Paid(round_id=round_id, model=model, entry=entry, outcome=rule.settle(entry), stated=said)
        for (round_id, model), entry, said in zip(keys, entries, stated, strict=True)
    ]


def payouts_document(paid: Sequence[Paid]) -> dict[str, Any]:
    """Return what the command writes: each entry's payout, negative for a burn.

    `payout_wei` is exact; `payout` in tokens, the nearest float, is for reading.
    """
    rows = [
        {
            "round": each.round_id,
            "model": each.model,
            "payout": each.outcome.change / WAD,
            "payout_wei": str(each.outcome.change),
        }
        for each in paid
    ]
    return {"payouts": rows}


def _columns(path: Path, rule: PayoutRule) -> list[str]:
    """Return the columns that are read, after checking that all that must be there are."""
    there = column_files.column_names(path)
    needed = [_ROUND, _MODEL, *rule.scores, _FACTOR, _STAKE]
    missing = [name for name in needed if name not in there]
    if missing:
        raise DataError(f"{path}: there is no column {missing[0]!r}; needs {', '.join(needed)}")
    optional = [*map(_multiplier, rule.scores), _PAYOUT]
    return needed + [name for name in optional if name in there]


def _multiplier(score: str) -> str:
    return f"{score}_multiplier"


def _opened(path: Path, names: Sequence[str]) -> "_Table":
    """Read the columns of a table."""
    read = column_files.read_written(path, names)
    if read.num_rows == 0:
        raise DataError(f"{path}: there is no entry in it")
    in_parquet = column_files.is_parquet(path)
    return _Table(
        path=path,
        texts={name: _texts(name, read[name]) for name in names},
        named=in_parquet and not pa.types.is_integer(read.schema.field(_MODEL).type),
    )


def _texts(name: str, column: pa.ChunkedArray) -> list[str | None]:
    """Return a column as texts, None for a missing value.

    Arrow writes a float with the fewest digits that give it again: the decimal that a table meant.
    """
    # A model may be called NA.
    missing = _EMPTY if name == _MODEL else _NO_NUMBER
    texts = column.cast(pa.large_string()).to_pylist()
    return [None if text is None or text.strip() in missing else text.strip() for text in texts]


def _entries(table: "_Table", rule: PayoutRule) -> list[Entry]:
    """Return the rows' scores, multipliers, factors and stakes as integers."""
    scored = [_scores(table, *each) for each in zip(rule.scores, rule.missing_nano, strict=True)]
    factors = table.needed(_FACTOR, 0, 1, decimals.wad)
    stakes = table.needed(_STAKE, 0, _MOST_STAKE, decimals.wei)
    return [
        Entry(
            scores_nano=tuple(score for score, _ in pairs),
            multipliers_nano=tuple(multiplier for _, multiplier in pairs),
            factor_wad=factor,
            at_risk=stake,
        )
        for pairs, factor, stake in zip(zip(*scored, strict=True), factors, stakes, strict=True)
    ]


def _scores(table: "_Table", name: str, missing_nano: int) -> list[tuple[int, int]]:
    """Return each row's score and multiplier in nano."""
    most = _MOST_MULTIPLIER
    found = table.numbers(_multiplier(name), -most, most, decimals.nano)
    multipliers = [missing_nano if number is None else number for number in found]
    values = table.numbers(
        name, -_MOST_SCORE, _MOST_SCORE, lambda number: scores.score_nano(float(number))
    )
    for row, (value, multiplier) in enumerate(zip(values, multipliers, strict=True)):
        if value is None and multiplier != 0:
            raise table.error(row, name, "a value is missing")
    return [(value or 0, multiplier) for value, multiplier in zip(values, multipliers, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A table's texts by column, None for what is missing, and how they become values."""

    path: Path
    texts: dict[str, list[str | None]]
    named: bool
    """Whether the models have names, even such as consist of digits."""

    def numbers(
        self, name: str, low: int, high: int, made: Callable[[Decimal], _T]
    ) -> list[_T | None]:
        """Return what is made of a column's numbers in [low, high]; None for what is missing."""
        texts = self.texts.get(name)
        if texts is None:
            return [None] * len(self.texts[_STAKE])
        values: dict[str | None, _T | None] = {None: None}
        # Most columns have few different numbers.
        for text in dict.fromkeys(texts):
            if text is not None:
                number = self._number(text, name, low, high)
                values[text] = made(number)
        return [values[text] for text in texts]

    def needed(self, name: str, low: int, high: int, made: Callable[[Decimal], _T]) -> list[_T]:
        """Return the same for a column in which nothing may be missing."""
        values = self.numbers(name, low, high, made)
        return [self._there(value, row, name) for row, value in enumerate(values)]

    def whole(self, name: str, high: int) -> list[int]:
        """Return a column of whole numbers in [0, high]."""
        numbers = self.needed(name, 0, high, lambda number: number)
        for row, number in enumerate(numbers):
            if number != int(number):
                raise self.error(row, name, f"{number} is not a whole number")
        return list(map(int, numbers))

    def models(self, name: str) -> Sequence[int | str]:
        """Return the models' names, as integers where all are and the file does not say other."""
        texts = [self._there(text, row, name) for row, text in enumerate(self.texts[name])]
        if self.named or not all(map(_NUMBERED.fullmatch, dict.fromkeys(texts))):
            return texts
        return list(map(int, texts))

    def error(self, row: int, name: str, what: str) -> DataError:
        """Return the error of one value; rows are counted from 1, the header is none."""
        return DataError(f"{self.path}: row {row + 1}, column {name!r}: {what}")

    def _there(self, value: _T | None, row: int, name: str) -> _T:
        if value is None:
            raise self.error(row, name, "a value is missing")
        return value

    def _number(self, text: str, name: str, low: int, high: int) -> Decimal:
        row = self.texts[name].index
        try:
            number = decimals.decimal(text)
        except InputError as error:
            raise self.error(row(text), name, str(error)) from error
        if not low <= number <= high:
            raise self.error(row(text), name, f"{text} must lie in [{low}, {high}]")
        return number
