"""Rows in the order of the live ids, against a slow dictionary."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import InputError, SubmissionError
from tasks.core.protocol import alignment, id_table
from tasks.core.protocol.alignment import Alignment, LiveIds
from tasks.core.protocol.id_table import IdTable
from tests import submission_files as files

ids_lists = st.lists(
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    min_size=1,
    max_size=30,
    unique=True,
)


def align(live, *batches):
    rows = Alignment(live)
    for ids, values in batches:
        rows.add(pa.array(ids, pa.string()), np.array(values, dtype=np.float64))
    return rows.finish()


@given(ids=ids_lists, data=st.data())
def test_alignment__any_order_and_batches__equals_a_dictionary(ids, data):
    shuffled = data.draw(st.permutations(ids))
    cut = data.draw(st.integers(0, len(ids)))
    values = {name: place / 64 for place, name in enumerate(shuffled)}

    found = align(
        LiveIds.of(ids),
        (shuffled[:cut], [values[name] for name in shuffled[:cut]]),
        (shuffled[cut:], [values[name] for name in shuffled[cut:]]),
    )

    assert found.tolist() == [values[name] for name in sorted(ids)]


@given(ids=ids_lists, rows=st.lists(st.text(max_size=3), max_size=8), data=st.data())
def test_alignment__rows_that_are_not_the_live_ids__are_refused(ids, rows, data):
    rows = [name for name in rows if not any("\ud800" <= letter <= "\udfff" for letter in name)]
    rows += data.draw(st.lists(st.sampled_from(ids), max_size=len(ids)))

    if sorted(rows) == sorted(ids):
        align(LiveIds.of(ids), (rows, np.zeros(len(rows))))
    else:
        with pytest.raises(SubmissionError, match=r"missing|not live|twice"):
            align(LiveIds.of(ids), (rows, np.zeros(len(rows))))


@pytest.mark.parametrize("order", [list("abc"), list("cab")])
def test_alignment__all_rows_twice__names_the_first(order):
    live = LiveIds.of("abc")

    with pytest.raises(SubmissionError, match="id 'a' occurs twice: keep one row"):
        align(live, (order, [0.1, 0.2, 0.3]), (order, [0.1, 0.2, 0.3]))


def test_alignment__wrong_ids__counts_and_names_both_kinds():
    expected = "2 live ids are missing, such as 'b'; 3 ids are not live, such as 'x': remove them"

    with pytest.raises(SubmissionError) as caught:
        align(LiveIds.of("abc"), (list("axyx"), np.zeros(4)))

    assert str(caught.value) == expected


def test_alignment__hostile_id__is_shown_escaped_and_cut_off():
    hostile = "\x1b[2J\n\u202e" + "x" * 1000

    with pytest.raises(SubmissionError) as caught:
        align(LiveIds.of("a"), ([hostile], [0.5]))

    assert str(caught.value).isascii()
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


def test_alignment__id_that_is_not_utf8__is_refused_and_named():
    rows = Alignment(LiveIds.of("a"))
    rows.add(pa.array([b"\xff\xfe"], pa.binary()).view(pa.string()), np.zeros(1))

    with pytest.raises(SubmissionError, match=r"not live, such as '\\\\xff\\\\xfe'"):
        rows.finish()


def test_alignment__large_strings_not_live__are_named():
    rows = Alignment(LiveIds.of(["aa", "bb"]))
    rows.add(pa.array(["bb", "cc"], pa.large_string()), np.zeros(2))

    with pytest.raises(SubmissionError, match="such as 'aa'; 1 ids are not live, such as 'cc'"):
        rows.finish()


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([], "there are no live ids"),
        (["a", ""], "a live id is empty"),
        (["a", "b", "a"], "live id 'a' occurs twice"),
        (["a", 7], "a live id is no text"),
        (["a", "\ud800"], "a live id is no text"),
    ],
)
def test_live_ids__not_ids_each_once__are_refused(ids, message):
    with pytest.raises(InputError, match=message):
        LiveIds.of(ids)


def test_live_ids__beyond_ascii__are_sorted_by_their_bytes():
    live = LiveIds.of(["z", "\U0001f600", "\uffff", "é"])

    assert live.array.to_pylist() == ["z", "é", "\uffff", "\U0001f600"]
    assert live.longest == 4


def test_check_values__just_beyond_one__is_not_shown_as_one():
    with pytest.raises(SubmissionError, match=r"from 0\.0 to 1\.0000000000000002: bring"):
        alignment.check_values(np.array([0, np.nextafter(1, 2)]))


def places(table, ids):
    return table.places(pa.array(ids, pa.string())).tolist()


@given(length=st.integers(1, 20), n_ids=st.integers(1, 200), seed=st.integers(0, 2**32 - 1))
def test_id_table__ids_of_one_length__are_found_and_others_are_not(length, n_ids, seed):
    rng = np.random.default_rng(seed)
    letters = rng.choice(list("ab"), (2 * n_ids, length))
    both = sorted({"".join(row) for row in letters})
    known = both[::2]
    table = IdTable(pa.array(known))

    found = places(table, both[::-1])

    assert found == [known.index(name) if name in known else -1 for name in both[::-1]]


def test_id_table__hashes_that_tell_nothing__give_no_wrong_place(monkeypatch):
    ids = files.live_ids(300)
    monkeypatch.setattr(id_table, "_mix", lambda words: np.zeros(words[0].size, np.uint64))
    table = IdTable(pa.array(ids))

    found = places(table, [*ids[::-1], ids[0][::-1]])

    assert found == [*range(299, -1, -1), -1]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
@pytest.mark.parametrize("lengths", ["one", "several"])
def test_id_table__a_piece_of_a_larger_column__is_looked_up_from_where_it_begins(lengths, kind):
    ids = files.live_ids(20) if lengths == "one" else [f"a{number}" for number in range(20)]
    table = IdTable(pa.array(ids))
    column = pa.array([*ids, *ids[::-1]], kind)

    assert table.places(column[10:25]).tolist() == [*range(10, 20), 19, 18, 17, 16, 15]
    assert table.places(column[:0]).tolist() == []


def test_id_table__same_order_again__gives_the_same_and_another_order_is_looked_up():
    ids = files.live_ids(20)
    table = IdTable(pa.array(ids))

    first, again = places(table, ids[::-1]), places(table, ids[::-1])
    other = places(table, [ids[1], *ids[1:]])

    assert first == again == list(range(19, -1, -1))
    assert other == [1, *range(1, 20)]
