"""Words in messages and tables: numbers of things, lists of names, names that strangers chose."""

import difflib
from collections.abc import Iterable, Sequence


def plain(text: str) -> str:
    """Return a text in which every character that a terminal would obey is written out.

    What cannot be printed, such as an escape, a line break or a mark that turns the direction of
    writing, becomes its escape sequence.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its word, such as `1 era` or `1,200 eras`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def listed(names: Sequence[str], most: int) -> str:
    """Return names for a message, the first ones of many, as `plain` writes them."""
    return ", ".join(map(plain, names[:most])) + (", ..." if len(names) > most else "")


def unknown(kind: str, names: Iterable[str], known: Iterable[str]) -> str:
    """Say which names nobody knows, each with the known one that is nearest, if any is near.

    Args:
        kind: what they are, such as `variable`.
        names: the unknown ones; at least one.
        known: what there is.
    """
    choice = {name.casefold(): name for name in sorted(known)}
    said = []
    for name in sorted(names):
        near = difflib.get_close_matches(name.casefold(), choice, n=1)
        said.append(f"{plain(name)} (is {choice[near[0]]} meant?)" if near else plain(name))
    return f"unknown {kind} {', '.join(said)}"
