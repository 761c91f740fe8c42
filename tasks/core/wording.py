"""Words in messages and tables: numbers of things, lists of names, names that strangers chose."""

from collections.abc import Sequence


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
