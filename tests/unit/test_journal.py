import pytest

from tasks.adapters.journal import Journal, Signed
from tasks.core.errors import ChainError

CHAIN = 0x4552FFFFFFFF
SENDER = "0x" + "11" * 20


def sign(position, nonce):
    raw = bytes([position, nonce])
    return Signed(hash="0x" + raw.hex(), raw=raw)


def record(journal, *purposes, chain_nonce=0):
    return journal.record(CHAIN, SENDER, chain_nonce, purposes, sign)


@pytest.fixture
def journal(tmp_path):
    opened = Journal(tmp_path / "journal.sqlite")
    yield opened
    opened.close()


def test_record__opened_again__has_the_same_bytes(tmp_path, journal):
    entries = record(journal, "open/1", "open/2", chain_nonce=5)

    again = Journal(tmp_path / "journal.sqlite")

    assert again.entries() == entries
    assert [entry.nonce for entry in entries] == [5, 6]
    assert again.find(CHAIN, SENDER, "open/2") == entries[1]
    assert again.find(CHAIN + 1, SENDER, "open/2") is None
    again.close()


def test_record__chain_behind_the_journal__takes_the_next_nonce(journal):
    record(journal, "open/1", chain_nonce=3)

    (entry,) = record(journal, "open/2", chain_nonce=3)

    assert entry.nonce == 4


def test_record__purpose_taken__keeps_none_of_the_batch(journal):
    record(journal, "open/1")

    with pytest.raises(ChainError, match=r"open/1 .* another process"):
        record(journal, "open/2", "open/1")

    assert [entry.purpose for entry in journal.entries()] == ["open/1"]


def test_record__signing_fails__keeps_nothing(journal):
    def fail(position, nonce):
        raise ValueError("no key")

    with pytest.raises(ValueError, match="no key"):
        journal.record(CHAIN, SENDER, 0, ["open/1"], fail)

    assert journal.entries() == []


def test_mark__reverted__frees_the_purpose_but_not_the_nonce(journal):
    (entry,) = record(journal, "open/1")
    journal.mark(entry, "reverted")

    (second,) = record(journal, "open/1", chain_nonce=1)

    assert second.nonce == 1
    assert journal.unsettled(CHAIN, SENDER) == [second]


def test_mark__replaced__frees_purpose_and_nonce(journal):
    (entry,) = record(journal, "open/1")
    journal.mark(entry, "replaced")

    (second,) = journal.record(
        CHAIN, SENDER, 0, ["open/1"], lambda position, nonce: Signed(hash="0xff", raw=b"x")
    )

    assert second.nonce == 0


def test_mark__mined__is_no_longer_unsettled(journal):
    first, second = record(journal, "a", "b")

    journal.mark(first, "mined")

    assert journal.unsettled(CHAIN, SENDER) == [second]
    assert journal.find(CHAIN, SENDER, "a").state == "mined"


def test_journal__file_of_another_kind__is_a_chain_error(tmp_path):
    (tmp_path / "journal.sqlite").write_bytes(b"not a database " * 100)

    with pytest.raises(ChainError, match="cannot be read"):
        Journal(tmp_path / "journal.sqlite")
