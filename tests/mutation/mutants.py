"""Mutants of Vyper sources: one small change each, found by tokens, so that new code is met too.

Python's tokenizer reads Vyper. Kinds: comparison, logic, arithmetic, bound (a number by one),
extreme (min for max), constant (True for False), operand (a neighbour's name), rounding, assert
(removed), write, log, return (dropped), condition (negated), pragma (no guard of re-entrance).
"""

import io
import random
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, zip_longest

COMPARISON = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
ARITHMETIC = {"+": "-", "-": "+", "*": "//", "//": "*", "<<": ">>", ">>": "<<"}
ASSIGNMENT = {"+=": "-=", "-=": "+="}
LOGIC = {"and": "or", "or": "and", "not": ""}
EXTREME = {"min": "max", "max": "min"}
CONSTANT = {"True": "False", "False": "True"}
NEIGHBOUR = {
    "opens": "closes",
    "closes": "book_by",
    "book_by": "resolves",
    "resolves": "propose_by",
    "propose_by": "resolves",
    "exclusive": "challenge",
    "challenge": "ruling",
    "ruling": "claim",
    "claim": "challenge",
    "bond_floor": "duty_bond",
    "duty_bond": "bond_floor",
    "round_share_bps": "week_share_bps",
    "week_share_bps": "round_share_bps",
    "clip_nano": "profit_clip_nano",
    "profit_clip_nano": "clip_nano",
    "return_nano": "profit_nano",
    "profit_nano": "return_nano",
    "threshold": "smallest_stake",
    "_high": "_low",
    "_low": "_high",
    "clips": "factors",
    "factors": "clips",
    "at_risk": "locked",
    "proposer": "challenger",
    "challenger": "proposer",
    "final_at": "claim",
    "root": "targets",
    "targets": "root",
    "total_free": "total_locked",
    "total_locked": "total_free",
    "reserves": "factors",
    "pool": "reserved",
    "reserved": "pool",
    "STAKE": "PROFIT",
    "PROFIT": "STAKE",
    "MINUTE": "HOUR",
    "HOUR": "MINUTE",
    "DAY": "HOUR",
    "OWNER": "operator",
    "WAD": "NANO",
    "NANO": "WAD",
}
"""A name and the one that it is most easily taken for."""

# the rounding up of a quotient: what is added to the dividend
_CEILING = re.compile(r"\s\+ [\w* ]+ - 1(?=\) //)")
_DIFFERENCE = re.compile(r"(?<![\w.\])])([\w.]+) - ([a-z_][\w.]*)(?![\w.(\[])")
_SKIPPED = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
_GUARD = "# pragma nonreentrancy on"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A source with one change; `was` and `becomes` are the statement, its spaces collapsed."""

    file: str
    function: str
    line: int
    kind: str
    was: str
    becomes: str
    source: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names the mutant wherever its line moves."""
        return self.file, self.function, self.was, self.becomes


@dataclass(frozen=True, slots=True)
class Statement:
    """A logical line: its tokens, where they lie in the source, and what holds it."""

    tokens: list[tokenize.TokenInfo]
    spans: list[tuple[int, int]]
    block: str
    function: str

    @property
    def start(self) -> int:
        """The offset of its first character."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """The offset after its last character."""
        return self.spans[-1][1]


Edit = tuple[str, int, int, str]
"""A kind, and what replaces the characters between two offsets."""


def find(file: str, source: str) -> list[Mutant]:
    """Return every mutant of a source, in its order, each once."""
    found: dict[str, Mutant] = {}
    for statement in statements(source):
        was = _collapsed(source[statement.start : statement.end])
        for kind, start, end, text in _edits(statement, source):
            inside = source[statement.start : start] + text + source[end : statement.end]
            mutant = Mutant(
                file=file,
                function=statement.function,
                line=source.count("\n", 0, start) + 1,
                kind=kind,
                was=was,
                becomes=_collapsed(inside),
                source=source[:start] + text + source[end:],
            )
            if mutant.was != mutant.becomes:
                found.setdefault(mutant.source, mutant)
    return [*_without_guard(file, source), *found.values()]


def sample(mutants: Sequence[Mutant], size: int, seed: int) -> list[Mutant]:
    """Return some mutants: every file and kind in its turn, random ones of each."""
    groups = defaultdict(list)
    for mutant in mutants:
        groups[mutant.file, mutant.kind].append(mutant)
    rng = random.Random(seed)
    drawn = [rng.sample(group, len(group)) for _, group in sorted(groups.items())]
    rng.shuffle(drawn)
    turns = chain.from_iterable(zip_longest(*drawn))
    return [mutant for mutant in turns if mutant is not None][:size]


def statements(source: str) -> Iterator[Statement]:
    """Yield the logical lines of a Vyper source, without its docstrings."""
    lines = source.splitlines(keepends=True)
    offsets = [0, *accumulate(map(len, lines))]
    tokens: list[tokenize.TokenInfo] = []
    block = function = ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in _SKIPPED:
            continue
        if token.type != tokenize.NEWLINE:
            tokens.append(token)
            continue
        if tokens[0].start[1] == 0:
            block = tokens[0].string
            function = tokens[1].string if block == "def" else ""
        spans = [(offsets[t.start[0] - 1] + t.start[1], _end(offsets, t)) for t in tokens]
        if tokens[0].type != tokenize.STRING:
            yield Statement(tokens, spans, block, function)
        tokens = []


def _end(offsets: Sequence[int], token: tokenize.TokenInfo) -> int:
    return offsets[token.end[0] - 1] + token.end[1]


def _edits(statement: Statement, source: str) -> Iterator[Edit]:
    words = [token.string for token in statement.tokens]
    if not statement.function:
        # beside functions only a constant's value is code
        if "constant" in words and "=" in words:
            yield from _token_edits(statement, words.index("=") + 1)
        return
    if words[0] == "def":
        return
    yield from _dropped(statement, words)
    if words[0] == "log":
        return
    yield from _token_edits(statement, 0)
    yield from _negated(statement, words, source)
    yield from _roundings(statement, words)
    yield from _textual(statement, source)


def _token_edits(statement: Statement, first: int) -> Iterator[Edit]:
    words = [token.string for token in statement.tokens]
    for index in range(first, len(words)):
        word, (start, end) = words[index], statement.spans[index]
        before, after = words[index - 1] if index else "", words[index + 1 :][:1]
        if statement.tokens[index].type == tokenize.NUMBER and before != "[":
            yield from _bounds(word, start, end)
        elif word == "-" and _is_sign(before):
            yield "arithmetic", start, end, ""
        elif word in NEIGHBOUR and after not in (["="], [":"]):
            yield "operand", start, end, NEIGHBOUR[word]
        else:
            yield from _exchanged(word, start, end)


def _exchanged(word: str, start: int, end: int) -> Iterator[Edit]:
    for kind, table in (
        ("comparison", COMPARISON),
        ("logic", LOGIC),
        ("arithmetic", ARITHMETIC | ASSIGNMENT),
        ("extreme", EXTREME),
        ("constant", CONSTANT),
    ):
        if word in table:
            yield kind, start, end, table[word]


def _is_sign(before: str) -> bool:
    return before in ("", "(", ",", "=", "return", "and", "or", "if", "else") or (
        before in COMPARISON
    )


def _bounds(word: str, start: int, end: int) -> Iterator[Edit]:
    number = int(word.replace("_", ""), 0)
    yield "bound", start, end, str(number + 1)
    if number > 0:
        yield "bound", start, end, str(number - 1)


def _dropped(statement: Statement, words: Sequence[str]) -> Iterator[Edit]:
    first = words[0]
    target = words[: words.index("=")] if "=" in words else []
    # a declaration cannot go: what follows needs the name
    writes = (target and ":" not in target) or any(word in words for word in ASSIGNMENT)
    calls = first in ("self", "ledger", "rounds", "rules", "extcall") and words[-1] == ")"
    if first == "assert" or words[2:3] == ["_require"]:
        yield "assert", statement.start, statement.end, "pass"
    elif first == "log":
        yield "log", statement.start, statement.end, "pass"
    elif words == ["return"]:
        yield "return", statement.start, statement.end, "pass"
    elif writes or calls:
        yield "write", statement.start, statement.end, "pass"


def _negated(statement: Statement, words: Sequence[str], source: str) -> Iterator[Edit]:
    if words[0] in ("if", "elif"):
        start, end = statement.spans[1][0], statement.spans[-2][1]
        yield "condition", start, end, f"not ({source[start:end]})"


def _roundings(statement: Statement, words: Sequence[str]) -> Iterator[Edit]:
    for index, word in enumerate(words):
        if word == "//":
            end = statement.spans[_operand_end(words, index + 1)][1]
            yield "rounding", end, end, " + 1"


def _operand_end(words: Sequence[str], index: int) -> int:
    """Return the index of an operand's last token: a group in brackets, a number or a name."""
    depth = 0
    while True:
        depth += (words[index] in "([") - (words[index] in ")]")
        following = words[index + 1] if index + 1 < len(words) else ""
        if depth == 0 and following not in ("(", "[", ".") and words[index] != ".":
            return index
        index += 1


def _textual(statement: Statement, source: str) -> Iterator[Edit]:
    text = source[statement.start : statement.end]
    for match in _CEILING.finditer(text):
        yield "rounding", statement.start + match.start(), statement.start + match.end(), ""
    for match in _DIFFERENCE.finditer(text):
        turned = f"{match[2]} - {match[1]}"
        yield "operand", statement.start + match.start(), statement.start + match.end(), turned


def _without_guard(file: str, source: str) -> Iterator[Mutant]:
    if _GUARD in source:
        off = _GUARD.replace(" on", " off")
        line = source[: source.index(_GUARD)].count("\n") + 1
        yield Mutant(file, "", line, "pragma", _GUARD, off, source.replace(_GUARD, off, 1))


def _collapsed(text: str) -> str:
    return " ".join(text.split())
