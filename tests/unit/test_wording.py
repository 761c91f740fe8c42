import pytest

from tasks.core import wording


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("v2_équité 日本 😀", "v2_équité 日本 😀"),
        ("\x1b[31mred\n", "\\x1b[31mred\\n"),
        ("a\u202eb\0\udcff", "a\\u202eb\\x00\\udcff"),
    ],
)
def test_plain__any_text__keeps_what_can_be_printed_and_writes_out_the_rest(text, shown):
    assert wording.plain(text) == shown
    assert wording.plain(shown) == shown


def test_counted__one_and_many__has_the_word_for_it():
    assert [wording.counted(number, "era") for number in (0, 1, 1200)] == [
        "0 eras",
        "1 era",
        "1,200 eras",
    ]
    assert wording.counted(2, "entry", "entries") == "2 entries"


def test_listed__many_names__are_cut():
    assert wording.listed(["a", "b"], 2) == "a, b"
    assert wording.listed(["a", "\x1bb", "c"], 2) == "a, \\x1bb, ..."
