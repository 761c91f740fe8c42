import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from tasks.adapters.journal import Attempt, Journal
from tasks.core.errors import ChainError

CHAIN = 0x4552FFFFFFFF
SENDER = "0x" + "11" * 20


def sign(position, nonce):
    raw = position.to_bytes(2) + nonce.to_bytes(2)
    return Attempt(hash="0x" + raw.hex(), raw=raw, max_fee_wei=9, tip_wei=1)


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

    (second,) = record(journal, "open/1")

    assert second.nonce == 0


def test_mark__mined__is_no_longer_unsettled(journal):
    first, second = record(journal, "a", "b")

    journal.mark(first, "mined")

    assert journal.unsettled(CHAIN, SENDER) == [second]
    assert journal.find(CHAIN, SENDER, "a").state == "mined"


def test_add__another_attempt__is_kept_under_the_same_nonce(tmp_path, journal):
    (entry,) = record(journal, "open/1", chain_nonce=3)
    higher = Attempt(hash="0xfe", raw=b"more", max_fee_wei=18, tip_wei=2)

    added = journal.add(entry, higher)

    again = Journal(tmp_path / "journal.sqlite")
    assert again.entries() == [added]
    assert (added.nonce, added.hashes) == (3, (entry.hash, "0xfe"))
    assert (added.hash, added.raw) == ("0xfe", b"more")
    assert journal.add(entry, higher) == added
    again.close()


def test_update__first_of_two_attempts_mined__is_the_one_that_counts(journal):
    (entry,) = record(journal, "open/1")
    added = journal.add(entry, Attempt(hash="0xfe", raw=b"more", max_fee_wei=18, tip_wei=2))

    journal.update([replace(added, state="mined", mined=entry.hash, block_hash="0xb1")])

    found = journal.find(CHAIN, SENDER, "open/1")
    assert (found.hash, found.raw, found.block_hash) == (entry.hash, entry.raw, "0xb1")


def test_update__signed_again_though_its_purpose_was_signed_anew__is_refused(journal):
    (first,) = record(journal, "open/1")
    journal.mark(first, "reverted")
    record(journal, "open/1")

    with pytest.raises(ChainError, match=r"open/1 was signed anew.*use up nonce 0"):
        journal.mark(first, "signed")

    assert journal.reread(first).state == "reverted"


def test_settled_from__a_nonce__gives_what_the_chain_must_have_forgotten(journal):
    entries = record(journal, "a", "b", "c", "d")
    for entry, state in zip(entries, ["mined", "mined", "reverted", "signed"], strict=True):
        journal.mark(entry, state)

    found = journal.settled_from(CHAIN, SENDER, 1)

    assert [entry.purpose for entry in found] == ["b", "c"]


def old_journal(path):
    """Make a file as the first layout had it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.executescript(
            """
            CREATE TABLE transactions (
                id INTEGER PRIMARY KEY, purpose TEXT NOT NULL, chain_id INTEGER NOT NULL,
                sender TEXT NOT NULL, nonce INTEGER NOT NULL, hash TEXT NOT NULL UNIQUE,
                raw BLOB NOT NULL, state TEXT NOT NULL
            );
            CREATE UNIQUE INDEX one_attempt_at_a_time ON transactions (chain_id, sender, purpose)
                WHERE state IN ('signed', 'mined');
            CREATE UNIQUE INDEX one_transaction_a_nonce ON transactions (chain_id, sender, nonce)
                WHERE state != 'replaced';
            """
        )
        for nonce, state in enumerate(["mined", "reverted", "replaced", "signed"]):
            row = (f"p/{nonce}", CHAIN, SENDER, nonce, f"0x{nonce}", bytes([nonce]), state)
            database.execute(
                "INSERT INTO transactions (purpose, chain_id, sender, nonce, hash, raw, state) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )


def test_journal__first_layout__is_brought_to_todays(tmp_path):
    path = tmp_path / "journal.sqlite"
    old_journal(path)

    with closing(Journal(path)) as journal, closing(Journal(path)) as again:
        entries = journal.entries()
        assert again.entries() == entries
        (added,) = record(journal, "p/4")

    assert [entry.state for entry in entries] == ["mined", "reverted", "replaced", "signed"]
    assert [(entry.hash, entry.raw) for entry in entries] == [
        (f"0x{nonce}", bytes([nonce])) for nonce in range(4)
    ]
    assert [entry.mined for entry in entries] == ["0x0", "0x1", None, None]
    assert (added.nonce, entries[3].attempts[0].max_fee_wei) == (4, 10**9)


def test_journal__first_layout_that_breaks_on_the_way__is_as_before(tmp_path):
    path = tmp_path / "journal.sqlite"
    old_journal(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE attempts (something TEXT)")

    with pytest.raises(ChainError, match="cannot be read: table attempts already exists"):
        Journal(path)

    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT COUNT(*) FROM transactions").fetchone() == (4,)


def test_journal__newer_layout__is_refused(tmp_path):
    path = tmp_path / "journal.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 3")

    with pytest.raises(ChainError, match="has layout 3, this program knows up to 2"):
        Journal(path)


def test_journal__file_of_another_kind__is_a_chain_error(tmp_path):
    (tmp_path / "journal.sqlite").write_bytes(b"not a database " * 100)

    with pytest.raises(ChainError, match="cannot be read"):
        Journal(tmp_path / "journal.sqlite")


def test_journal__place_that_is_no_file__is_one_line(tmp_path):
    (tmp_path / "file").touch()

    for path in (tmp_path, tmp_path / "file" / "journal.sqlite"):
        with pytest.raises(ChainError, match=f"journal {path} cannot be opened") as caught:
            Journal(path)

        assert "\n" not in str(caught.value)


def test_record__disk_is_full__keeps_nothing_and_works_when_there_is_room(journal):
    (pages,) = journal._database.execute("PRAGMA page_count").fetchone()
    journal._database.execute(f"PRAGMA max_page_count={pages}")
    purposes = [f"open/{number}" for number in range(500)]

    with pytest.raises(ChainError, match="disk is full: look at its disk, then run again"):
        record(journal, *purposes)

    assert journal.entries() == []
    journal._database.execute(f"PRAGMA max_page_count={2**30}")
    assert len(record(journal, *purposes)) == 500
