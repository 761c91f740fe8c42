"""Documents as classes: what is read gives the same JSON again, and nothing else is read."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.adapters.lake import Lake
from tasks.core.errors import LakeError
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import places, vault_places
from tasks.core.protocol.documents.book import Book
from tasks.core.protocol.documents.fields import DocumentError, shown
from tasks.core.protocol.documents.gifts import Gift
from tasks.core.protocol.documents.opening import RoundOpening
from tasks.core.protocol.documents.receipts import ArrivalNote, KeptReceipt
from tasks.core.protocol.documents.ref import Ref
from tasks.core.protocol.documents.results import DayScores, Scores
from tasks.core.protocol.documents.snapshots import Manifest
from tasks.core.protocol.documents.vault import LivePace
from tasks.core.rules import ScoringRule

WORD = "ab" * 32
REF = {"sha256": WORD, "bytes": 5, "suffix": ".npy"}
ROW = {
    "at_risk": "1000", "commitment": WORD, "digest": WORD, "model": WORD, "name": "ann", "nonce": 1,
    "owner": "0xA", "reason": None, "salt": WORD, "status": "accepted",
}  # fmt: skip
CONTENTS = {
    "benchmark_digest": WORD, "duplicates": {WORD: "cd" * 32}, "meta_model_digest": WORD,
    "n_ids": 4, "n_rows": 1, "predictions_sha256": WORD,
}  # fmt: skip
BOOK = {"contents": CONTENTS, "entrants": [ROW], "ids_hash": WORD, "round": 7}
SCORES = {
    "blends_corr_nano": {"meta_model": 3, "equal_weight": None},
    "round": 7,
    "rows": [{"model": WORD, "corr_nano": -5, "mmc_nano": 0, "bmc_nano": 5}],
}
ERA = {
    "benchmarks": None, "data_type": "train", "era": "0001", "features": REF, "n_ids": 4,
    "target_end_era": {"20d1l": "0005", "5d1l": None}, "targets": REF,
}  # fmt: skip
MANIFEST = {
    "as_of_era": "0001", "code_version": "0.1.0", "eras": [ERA], "live_era": None,
    "files": {"train.parquet": {"bytes": 5, "rows": 4, "sha256": WORD}}, "name": "s0001",
    "scoring_version": "2", "version": "v1",
}  # fmt: skip
PACE = {
    "pace": {"day_s": 5, "founded_at": 9, "history": 3, "round_every": 1},
    "today": "2026-01-01",
}
KEPT = {"digest": WORD, "reason": None, "salt": WORD, "values": REF}
GOOD = [
    (Book, BOOK), (Book, BOOK | {"contents": None, "entrants": []}), (Scores, SCORES),
    (DayScores, SCORES | {"days": 3, "of": 20}), (Manifest, MANIFEST), (LivePace, PACE),
    (KeptReceipt, KEPT), (KeptReceipt, dict.fromkeys(KEPT) | {"reason": "late"}),
    (ArrivalNote, {"files": [[WORD, WORD]], "last": False}), (Gift, {"gas": "0", "tokens": "5"}),
    (ScoringRule, ScoringRule().to_document()), (Ref, REF),
]  # fmt: skip


def paths(document, path=()):
    """Yield the path of every value in a document."""
    inner = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in inner:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from paths(value, (*path, key))


def read(kind, document):
    """Return what a class reads of a document; None if it refuses it."""
    try:
        return kind.from_document(document)
    except DocumentError:
        return None


def changed(document, path, change):
    """Return a copy of a document in which a function has changed the holder of a path."""
    made = copy.deepcopy(document)
    place = made
    for key in path[:-1]:
        place = place[key]
    change(place, path[-1])
    return made


@pytest.mark.parametrize(("kind", "document"), GOOD)
def test_from_document__sound__gives_the_same_json_again(kind, document):
    assert kind.from_document(document).to_document() == document


NOT_SO: tuple[object, ...] = (
    True,
    1.0,
    -1.5,
    2**64,
    -(2**64) - 1,
    "007",
    "AB" * 32,
    "",
    [],
    {},
    None,
    5,
    "words",
)


@pytest.mark.parametrize(("kind", "document"), GOOD)
def test_from_document__one_value_of_another_kind__is_refused_or_kept_as_it_is(kind, document):
    refused = 0
    for path in paths(document):
        for value in NOT_SO:
            other = changed(document, path, lambda place, key, v=value: place.__setitem__(key, v))
            found = read(kind, other)
            if found is None:
                refused += 1
            else:
                again = found.to_document()
                assert json.dumps(again, sort_keys=True) == json.dumps(other, sort_keys=True)

    assert refused > len(NOT_SO)


@pytest.mark.parametrize(("kind", "document"), GOOD)
def test_from_document__field_missing_or_too_many__is_refused(kind, document):
    for key in document:
        short = {name: value for name, value in document.items() if name != key}
        with pytest.raises(DocumentError, match=f"{key}: is missing"):
            kind.from_document(short)
    with pytest.raises(DocumentError, match="there is no field more"):
        kind.from_document(document | {"more": 1})


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("entrants", 0, "at_risk"), 1000, r"entrants\[0\]\.at_risk: 1000 is no amount"),
        (("entrants", 0, "nonce"), True, r"entrants\[0\]\.nonce: True is no whole number"),
        (("entrants", 0, "status"), "rejected", r"entrants\[0\]\.status: an accepted entry"),
        (("entrants", 0, "salt"), None, r"entrants\[0\]: an accepted entry has digest and salt"),
        (("entrants", 0), 5, r"entrants\[0\]: 5 is no JSON object"),
        (("entrants",), {}, "entrants: an object is no list"),
        (("contents", "duplicates", WORD), "no", "contents.duplicates.abab.*: 'no' is not 64"),
        (("round",), 2**70, "round: a number of more than 64 bits is not between"),
        (("round",), "\x1b[1m", r"round: '\\x1b\[1m' is no whole number"),
    ],
)
def test_from_document__wrong_field__is_named_with_its_place(path, value, message):
    other = changed(BOOK, path, lambda place, key: place.__setitem__(key, value))

    with pytest.raises(DocumentError, match=message):
        Book.from_document(other)


def test_from_document__rule_of_another_version__is_read_and_computes_nothing():
    document = ScoringRule().to_document() | {"scoring_version": "1"}

    rule = ScoringRule.from_document(document)

    assert rule.to_document() == document
    with pytest.raises(LakeError.__base__, match="scored by version 1"):
        rule.require_version()


@given(st.text() | st.integers() | st.floats() | st.lists(st.text()) | st.none())
def test_shown__any_value__is_short_and_printable(value):
    assert shown(value).isprintable()
    assert len(shown(value)) < 400


def test_load__document_of_its_kind__is_what_was_published(tmp_path):
    lake, gift = Lake(tmp_path), Gift(tokens=Wei(5), gas=Wei(1))
    lake.publish(places.FAUCET, gift)

    assert lake.load(places.FAUCET) == lake.seek(places.FAUCET) == gift
    assert lake.has(places.FAUCET)
    assert lake.document_bytes(places.FAUCET) == b'{"gas":"1","tokens":"5"}\n'


def test_load__of_another_kind_or_not_there__says_which_document_and_field(tmp_path):
    lake, place = Lake(tmp_path), places.book(RoundId(7))
    lake.publish(place.name, BOOK | {"round": "7"})

    with pytest.raises(LakeError, match="document rounds/7/book: round: '7' is no whole number"):
        lake.load(place)
    assert lake.seek(places.opening(RoundId(7))) is None
    with pytest.raises(LakeError, match="document rounds/7/open is not published"):
        lake.load(places.opening(RoundId(7)))


def test_places__lake_and_vault__have_no_two_kinds_under_one_name():
    model, number = bytes(32), RoundId(7)
    public = [
        places.FAUCET, places.DATA_VERSION, places.manifest("s0001"), places.opening(number),
        places.book(number), places.day_scores(number, 3), places.scores(number),
        places.table(number), places.results(number), places.approval(number),
        places.disclosure(number), places.receipt(model, number, 1),
        places.mended_receipt(model, number, 1),
    ]  # fmt: skip
    private = [
        vault_places.PACE, vault_places.dataset(1), vault_places.book(number),
        vault_places.arrivals(number, 1), vault_places.receipt(model, number, 1),
        vault_places.mended_receipt(model, number, 1), vault_places.grant("0xA", "x"),
        vault_places.given("0xA"),
    ]  # fmt: skip

    for store in (public, private):
        assert len({place.name for place in store}) == len(store)
    assert places.opening(number).kind is RoundOpening
