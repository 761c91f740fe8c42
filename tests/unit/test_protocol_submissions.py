"""The rules of a submission and its sealed file, whose every byte may be hostile."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import SubmissionError
from tasks.core.money.units import RoundId
from tasks.core.protocol import canonical, commitments, submissions

LIVE = ["b", "a", "d", "c"]


def make_submission(values=(0.1, 0.2, 0.4, 0.3)):
    return submissions.Submission(
        round_id=RoundId(205),
        model=b"\x01" * 32,
        salt=b"\x02" * 32,
        ids_hash=commitments.ids_hash(LIVE),
        values=np.array(values),
    )


def make_file(body=None, **changes):
    line, _, values = submissions.encode(make_submission()).partition(b"\n")
    header = submissions._header(line + b"\n") | changes
    header = {name: entry for name, entry in header.items() if entry is not None}
    return canonical.canonical_json(header) + (values if body is None else body)


def test_canonical_values__any_order__come_back_in_the_order_of_the_ids():
    values = submissions.canonical_values(
        LIVE, ["d", "a", "c", "b"], np.array([0.4, 0.1, 0.3, 0.2])
    )

    assert values.tolist() == [0.1, 0.2, 0.3, 0.4]


@pytest.mark.parametrize(
    ("ids", "values", "message"),
    [
        ("abc", [0.1, 0.2, 0.3], "1 live ids are missing, such as 'd'"),
        ("abcde", [0.1, 0.2, 0.3, 0.4, 0.5], "1 ids are not live, such as 'e'"),
        ("abcdc", [0.1, 0.2, 0.3, 0.4, 0.5], "id 'c' occurs twice"),
        ("abcd", [0.1, 0.2, 0.3], "4 ids but predictions of shape"),
        ("abcd", [0.1, np.nan, 0.3, np.inf], "2 predictions are not finite"),
        ("abcd", [0.1, 0.2, 0.3, 1.5], r"go from 0.1 to 1.5: bring them into \[0, 1\]"),
        ("abcd", [-0.1, 0.2, 0.3, 0.5], "go from -0.1"),
        ("abcd", [0.5] * 4, "every prediction is 0.5"),
    ],
)
def test_canonical_values__broken_rule__says_what_to_mend(ids, values, message):
    with pytest.raises(SubmissionError, match=message) as caught:
        submissions.canonical_values(LIVE, list(ids), np.array(values))

    assert "\n" not in str(caught.value)


def test_decode__an_encoded_file__gives_the_submission_back():
    submission = make_submission()

    found = submissions.decode(submissions.encode(submission))

    assert found.values.tobytes() == submission.values.tobytes()
    assert submissions.encode(found) == submissions.encode(submission)
    submissions.check(found, RoundId(205), b"\x01" * 32, submission.ids_hash, 4)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no header line"),
        (b"x" * 5000 + b"\n", "no header line"),
        (b"not json\n", "not JSON"),
        (b"[" * 1000 + b"\n", "not JSON|not canonical"),
        (b"\xff\xfe\n", "not JSON"),
        (b"7\n", "not canonical"),
        (b"[]\n", "not canonical"),
        (b" " + make_file(), "not canonical"),
        (make_file(extra=1), "not canonical"),
        (make_file(salt=None), "not canonical"),
        (make_file(n_ids=3), "its header says 3 ids"),
        (make_file(n_ids=True), "n_ids is not a number"),
        (make_file(n_ids=-1), "n_ids is not a number"),
        (make_file(round=2.5), "round is not a number"),
        (make_file(round=2**64), "round is not a number"),
        (make_file(model="0X" + "0" * 62), "model is not 64 hex"),
        (make_file(model=7), "model is not 64 hex"),
        (make_file(digest="00" * 32), "digest is not that"),
        (make_file(body=b"\0" * 31), "31 bytes of predictions"),
        (make_file(body=b"\0" * 32), "digest is not that"),
    ],
)
def test_decode__hostile_bytes__are_refused_in_one_line(content, message):
    with pytest.raises(SubmissionError, match=message) as caught:
        submissions.decode(content)

    assert "\n" not in str(caught.value)


def test_decode__nested_header_on_a_short_stack__is_refused_all_the_same():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(500)
    try:
        with pytest.raises(SubmissionError, match="not JSON"):
            submissions.decode(b"[" * 1000 + b"\n")
    finally:
        sys.setrecursionlimit(limit)


@given(noise=st.binary(max_size=300))
def test_decode__noise__raises_nothing_else(noise):
    with pytest.raises(SubmissionError):
        submissions.decode(noise)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"round_id": RoundId(206)}, "for round 205, not 206"),
        ({"model": b"\x03" * 32}, "of another model"),
        ({"ids_hash": b"\x03" * 32}, "other ids"),
        ({"n_ids": 5}, "4 predictions, not 5"),
    ],
)
def test_check__another_rounds_or_models_file__is_refused(changes, message):
    submission = make_submission()
    expected = {
        "round_id": RoundId(205),
        "model": b"\x01" * 32,
        "ids_hash": submission.ids_hash,
        "n_ids": 4,
    }

    with pytest.raises(SubmissionError, match=message):
        submissions.check(submission, **(expected | changes))


def test_values_from__cut_off_bytes__are_refused():
    with pytest.raises(SubmissionError, match="whole number"):
        submissions.values_from(b"\0" * 9)


def test_max_sealed_bytes__a_long_header__still_fits():
    submission = make_submission()

    assert len(submissions.encode(submission)) + 48 < submissions.max_sealed_bytes(4)
