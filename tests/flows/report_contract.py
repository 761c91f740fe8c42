"""The report's JSON contract, written by hand: every key that it promises, and of which kind."""

import re
from collections.abc import Callable
from typing import Any

_ROUND = {
    "era": lambda value: isinstance(value, str) and re.fullmatch(r"\d{4,}", value),
    "factor": lambda value: _is_amount(value),
    "n_ids": lambda value: _is_integer(value) and value > 0,
    "round": lambda value: _is_integer(value) and value > 0,
}
_MODEL = {
    "at_risk": lambda value: _is_amount(value),
    "bmc": lambda value: _is_score(value),
    "burn": lambda value: _is_amount(value),
    "corr": lambda value: _is_score(value),
    "mmc": lambda value: _is_score(value),
    "model": lambda value: isinstance(value, str) and value != "",
    "payout": lambda value: _is_amount(value),
    "reason": lambda value: value is None or (isinstance(value, str) and value != ""),
    "return_nano": lambda value: _is_integer(value),
    "status": lambda value: value in ("accepted", "rejected"),
}
_SETTLEMENT = {
    "root": lambda value: _is_hash(value),
    "sum_burn": lambda value: _is_amount(value),
    "sum_payout": lambda value: _is_amount(value),
    "transactions": lambda value: isinstance(value, list) and all(map(_is_hash, value)),
}
_TOKEN = {
    "supply_after": lambda value: _is_amount(value),
    "supply_before": lambda value: _is_amount(value),
}


def breaches(report: dict[str, Any]) -> list[str]:
    """Return where a report, as it comes out of a JSON parser, breaks its contract."""
    found = _of(report["token"], _TOKEN, "token")
    if not isinstance(report["verified"], bool):
        found.append("verified is no bool")
    for name, amount in report["balances"].items():
        found += [] if _is_amount(amount) else [f"balance of {name}: {amount!r}"]
    for entry in report["rounds"]:
        place = f"round {entry['round']}"
        found += _of(entry, _ROUND, place)
        found += _of(entry["settlement"], _SETTLEMENT, f"{place}, settlement")
        found += _of(entry["meta_model"], {"corr": _is_score}, f"{place}, meta-model")
        for row in entry["models"]:
            found += _of(row, _MODEL, f"{place}, {row['model']}")
            if (row["status"] == "rejected") != (row["reason"] is not None):
                found.append(f"{place}, {row['model']}: {row['status']}, reason {row['reason']}")
    return found


def _of(entry: dict[str, Any], kinds: dict[str, Callable[[Any], Any]], place: str) -> list[str]:
    return [
        f"{place}: {name} is {entry.get(name, 'missing')!r}"
        for name, holds in kinds.items()
        if name not in entry or not holds(entry[name])
    ]


def _is_amount(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"0|[1-9][0-9]*", value) is not None


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_score(value: Any) -> bool:
    return value is None or isinstance(value, float)


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"0x[0-9a-f]{64}", value) is not None
