"""Which of an entrant's files counts: in the inbox, in the chain's log, in both or in neither."""

import dataclasses
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tasks.adapters import keys
from tasks.adapters.executors import SerialExecutor
from tasks.adapters.keys import SealingKey
from tasks.adapters.lake import Lake
from tasks.adapters.locks import Lock
from tasks.core.errors import ChainError
from tasks.core.money.units import WAD, Wei
from tasks.core.protocol import book, commitments, identity, places, status, submissions
from tasks.core.protocol.submissions import Submission
from tasks.core.rules import Economy, ScoringRule
from tasks.stages import intake
from tasks.stages.intake import Intake
from tasks.stages.open_home import OpenHome
from tests import chains, documents

_SEALING = SealingKey(b"\7" * 32)
_IDS = [f"n{number:04d}" for number in range(20)]
_IDS_HASH = commitments.ids_hash(_IDS)
_DAMAGED = "the sealed file does not open with the operator's key"
_OTHER = "the file is not the one that was committed to on the chain"


@pytest.fixture
def opened(local_chain, tmp_path):
    """Return an operator's home with a store of its own."""
    keys: Any = SimpleNamespace(sealing=_SEALING)
    return OpenHome(
        lake=Lake(tmp_path / "lake"),
        vault=Lake(tmp_path / "vault"),
        chain=local_chain.chain,
        journal=local_chain.journal,
        executor=SerialExecutor(),
        installation=local_chain.home,
        lock=Lock(path=tmp_path / "lock", purpose="a test"),
        keys=keys,
        opened_at_block=0,
        rule=ScoringRule(),
        economy=Economy(),
    )


@pytest.fixture
def play(local_chain, opened):
    """Return an open round of alice's and bob's, who have stake in models of their own."""
    return Play(local_chain, opened)


class Play:
    def __init__(self, local, opened):
        self.local, self.opened = local, opened
        self.round_id = chains.open_round(local)
        self.name = f"m{self.round_id}"
        opening = documents.opening(self.round_id, n_ids=len(_IDS), ids_hash=_IDS_HASH)
        opened.lake.publish(places.opening(self.round_id), opening)
        tournament, token = local.chain.tournament, local.chain.token
        for who in ("alice", "bob"):
            owner = local.signers[who].address
            chains.send(local, token.transfer(owner, Wei(WAD)))
            chains.send(local, token.approve(tournament.address, Wei(WAD)), who)
            chains.send(local, tournament.deposit(owner, self.name, Wei(WAD)), who)

    def model(self, who):
        return identity.model_id(self.local.signers[who].address, self.name)

    def seal(self, who, seed=0):
        """Return a commitment and its sealed file."""
        submission = Submission(
            round_id=self.round_id,
            model=self.model(who),
            salt=b"\3" * 32,
            ids_hash=_IDS_HASH,
            values=np.random.default_rng(seed).random(len(_IDS)),
        )
        commitment = commitments.commitment(
            self.local.deployment.salt,
            self.round_id,
            submission.model,
            self.local.signers[who].address,
            submission.salt,
            submission.digest,
        )
        return commitment, keys.seal(_SEALING.public, submissions.encode(submission))

    def enter(self, who, commitment):
        write = self.local.chain.tournament.enter(self.round_id, self.name, Wei(WAD), commitment, 1)
        chains.send(self.local, write, who)

    def log(self, who, sealed, name=None):
        write = self.local.chain.tournament.deliver(self.round_id, name or self.name, sealed)
        chains.send(self.local, write, who)

    def put(self, who, commitment, content):
        path = self.opened.lake.root / places.inbox(self.model(who), self.round_id, commitment)
        path.parent.mkdir(parents=True)
        path.write_bytes(content)

    def close(self):
        terms = self.local.chain.tournament.facts(self.round_id).terms
        self.local.node.advance(terms.closes + intake.GRACE_S)

    def verdicts(self):
        """Return the reason against each entrant by its owner's name; None if accepted."""
        entrants = book.last_entries(self.local.chain.tournament.entered(self.round_id))
        found = {each.model: intake.verdict(self.opened, self.round_id, each) for each in entrants}
        people = {self.model(who): who for who in ("alice", "bob")}
        return {people[model]: verdict.reason for model, (verdict, _) in found.items()}

    def receipts(self, who):
        """Return the reasons of the published receipts; a missing one is left out."""
        key = (self.model(who), self.round_id, 1)
        found = [self.opened.lake.find(place(*key)) for place in _PLACES]
        return [receipt["reason"] for receipt in found if receipt is not None]


_PLACES = (places.receipt, places.mended_receipt)


def test_receive__one_file_in_the_inbox_and_one_in_the_log__accepts_both(play):
    for who in ("alice", "bob"):
        commitment, sealed = play.seal(who)
        if who == "alice":
            play.put(who, commitment, sealed)
        else:
            play.log(who, sealed)
        play.enter(who, commitment)

    judged = [intake.receive(play.opened, play.round_id) for _ in range(2)]

    assert judged == [2, 0]
    assert play.verdicts() == {"alice": None, "bob": None}
    assert play.receipts("alice") == play.receipts("bob") == [None]


def test_receive__junk_that_a_stranger_logs__changes_nothing(play):
    commitment, sealed = play.seal("alice")
    play.log("bob", b"junk")
    play.log("carol", sealed)
    play.log("alice", sealed)
    play.log("carol", b"junk")
    play.enter("alice", commitment)

    intake.receive(play.opened, play.round_id)

    assert play.verdicts() == {"alice": None}


def test_receive__a_strangers_copy_of_a_file__delivers_it_for_nobody(play):
    commitment, sealed = play.seal("alice")
    play.log("carol", sealed)
    play.enter("alice", commitment)

    judged = intake.receive(play.opened, play.round_id)

    assert judged == 0
    assert play.verdicts() == {"alice": "no file was delivered"}


def test_receive__several_files_in_the_log__takes_the_one_that_opens(play):
    commitment, sealed = play.seal("alice")
    _, other = play.seal("alice", seed=1)
    for content in (b"junk", other, sealed, b"more junk"):
        play.log("alice", content)
    play.enter("alice", commitment)

    intake.receive(play.opened, play.round_id)

    assert play.verdicts() == {"alice": None}
    assert play.receipts("alice") == [None]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"junk", _DAMAGED),
        (None, _OTHER),
        (bytes(2_000), "the file is larger than any of 20 predictions"),
    ],
)
def test_receive__only_junk_in_the_log__is_rejected_for_it(play, content, reason):
    commitment, _ = play.seal("alice")
    play.log("alice", content or play.seal("alice", seed=1)[1])
    play.enter("alice", commitment)

    judged = [intake.receive(play.opened, play.round_id) for _ in range(2)]

    assert judged == [1, 0]
    assert play.verdicts() == {"alice": reason}
    assert play.receipts("alice") == [reason]


def test_receive__junk_in_the_inbox_and_the_file_in_the_log__accepts_it(play):
    commitment, sealed = play.seal("alice")
    play.put("alice", commitment, b"junk")
    play.log("alice", sealed)
    play.enter("alice", commitment)

    intake.receive(play.opened, play.round_id)

    assert play.verdicts() == {"alice": None}
    assert play.receipts("alice") == [None]


def test_receive__file_logged_after_a_rejection__mends_it(play):
    commitment, sealed = play.seal("alice")
    play.put("alice", commitment, b"junk")
    play.enter("alice", commitment)
    intake.receive(play.opened, play.round_id)
    rejected = play.verdicts()
    play.log("alice", b"more junk")
    intake.receive(play.opened, play.round_id)
    play.log("alice", sealed)

    judged = [intake.receive(play.opened, play.round_id) for _ in range(2)]

    assert rejected == {"alice": _DAMAGED}
    assert judged == [1, 0]
    assert play.verdicts() == {"alice": None}
    assert play.receipts("alice") == [_DAMAGED, None]


def test_finish__file_that_nobody_looked_at_in_time__counts_from_the_log_alone(play):
    for who in ("alice", "bob"):
        commitment, sealed = play.seal(who)
        play.enter(who, commitment)
        if who == "alice":
            play.log(who, sealed)
        else:
            play.put(who, commitment, sealed)
    play.close()

    judged = [Intake(play.opened, play.round_id).finish() for _ in range(2)]

    assert play.local.chain.tournament.status(play.round_id) == status.CLOSED
    assert judged == [1, 0]
    assert play.verdicts() == {"alice": None, "bob": "no file was delivered"}


def test_receive__killed_before_it_published__publishes_then(play):
    commitment, sealed = play.seal("alice")
    play.log("alice", sealed)
    play.enter("alice", commitment)
    elsewhere = Lake(play.opened.lake.root.parent / "elsewhere")
    place = places.opening(play.round_id)
    elsewhere.publish(place, play.opened.lake.load(place))
    intake.receive(dataclasses.replace(play.opened, lake=elsewhere), play.round_id)

    judged = intake.receive(play.opened, play.round_id)

    assert judged == 0
    assert play.receipts("alice") == [None]


def test_finish__file_that_was_seen_and_not_judged_before_the_close__counts(play):
    for who in ("alice", "bob"):
        commitment, sealed = play.seal(who)
        play.enter(who, commitment)
        if who == "alice":
            play.put(who, commitment, sealed)
    Intake(play.opened, play.round_id).look()
    play.close()
    play.put("bob", commitment, sealed)

    judged = [Intake(play.opened, play.round_id).finish() for _ in range(2)]

    assert judged == [1, 0]
    assert play.verdicts() == {"alice": None, "bob": "no file was delivered"}


def test_finish__entry_in_the_last_second__has_its_file_looked_for(play):
    commitment, sealed = play.seal("alice")
    play.put("alice", commitment, sealed)
    play.enter("alice", commitment)
    play.local.node.advance(play.local.chain.tournament.facts(play.round_id).terms.closes)

    judged = Intake(play.opened, play.round_id).finish()

    assert judged == 1
    assert play.verdicts() == {"alice": None}


def test_intake__beside_the_close__notes_nothing_after_its_end(play):
    commitment, sealed = play.seal("alice")
    play.enter("alice", commitment)
    beside = Intake(play.opened, play.round_id)
    beside.look()
    play.local.node.advance(play.local.chain.tournament.facts(play.round_id).terms.closes)
    Intake(play.opened, play.round_id).finish()
    play.put("alice", commitment, sealed)

    beside.look()

    assert beside.ended
    assert beside.judge() == 0
    assert play.verdicts() == {"alice": "no file was delivered"}


def test_intake__that_stays__judges_what_is_new_at_each_look(play):
    commitment, sealed = play.seal("alice")
    play.log("alice", b"junk")
    stays, judged = Intake(play.opened, play.round_id), []
    events = (
        lambda: play.enter("alice", commitment),
        lambda: play.log("alice", b"more junk"),
        lambda: play.enter("bob", commitment),
        lambda: play.log("alice", sealed),
        lambda: play.log("alice", b"junk again"),
    )
    for event in (lambda: None, *events):
        event()
        stays.look()
        judged.append(stays.judge())

    assert judged == [0, 1, 0, 0, 1, 0]
    assert play.verdicts() == {"alice": None, "bob": "no file was delivered"}
    assert play.receipts("alice") == [_DAMAGED, None]


def test_judge__most__leaves_the_others_to_the_next(play):
    for who in ("alice", "bob"):
        commitment, sealed = play.seal(who)
        play.put(who, commitment, sealed)
        play.enter(who, commitment)
    stays = Intake(play.opened, play.round_id)
    stays.look()

    judged = [stays.judge(most=1) for _ in range(3)]

    assert judged == [1, 1, 0]
    assert play.verdicts() == {"alice": None, "bob": None}


def test_judge__another_process_judged_another_file__lets_its_receipt_stand(play):
    commitment, sealed = play.seal("alice")
    play.enter("alice", commitment)
    stays = Intake(play.opened, play.round_id)
    stays.look()
    stays.judge()
    play.put("alice", commitment, b"junk")
    stays.look()
    intake.receive(play.opened, play.round_id)
    path = play.opened.lake.root / places.inbox(play.model("alice"), play.round_id, commitment)
    path.write_bytes(sealed)

    judged = [stays.judge() for _ in range(2)]

    assert judged == [0, 0]
    assert play.verdicts() == {"alice": _DAMAGED}


def test_look__reorganised_chain__is_said_so_that_the_log_is_read_anew(play, monkeypatch):
    stays = Intake(play.opened, play.round_id)
    stays.look()
    usual = type(play.opened.chain).header
    monkeypatch.setattr(
        type(play.opened.chain),
        "header",
        lambda chain, block="latest": dataclasses.replace(usual(chain, block), hash=f"of {block}"),
    )

    with pytest.raises(ChainError, match="is another one now"):
        stays.look()


def test_receive__files_of_models_that_have_not_entered__are_never_asked_for(play, monkeypatch):
    commitment, sealed = play.seal("alice")
    for number in range(5):
        play.log("bob", b"junk %d" % number)
    play.log("alice", sealed)
    play.enter("alice", commitment)
    asked, read = [], type(play.opened.chain.kept).unkept

    def noted(kept, stream, topics, first, last):
        for log in read(kept, stream, topics, first, last):
            asked.append(log.topics[2])
            yield log

    monkeypatch.setattr(type(play.opened.chain.kept), "unkept", noted)

    judged = intake.receive(play.opened, play.round_id)

    assert judged == 1
    assert set(asked) == {play.model("alice")}


def test_judge__model_with_more_files_than_a_turn_takes__holds_up_no_other(play, monkeypatch):
    monkeypatch.setattr(intake, "_FILES", 3)
    commitment, sealed = play.seal("alice")
    for number in range(7):
        play.log("alice", b"junk %d" % number)
    play.log("alice", sealed)
    play.enter("alice", commitment)
    theirs, file = play.seal("bob")
    play.log("bob", file)
    play.enter("bob", theirs)
    stays = Intake(play.opened, play.round_id)
    stays.look()

    judged = [stays.judge() for _ in range(4)]

    assert judged == [2, 0, 1, 0]
    assert play.verdicts() == {"alice": None, "bob": None}
    assert play.receipts("alice") == [_DAMAGED, None]


def test_finish__more_files_than_a_turn_takes__are_all_opened(play, monkeypatch):
    monkeypatch.setattr(intake, "_FILES", 2)
    commitment, sealed = play.seal("alice")
    for number in range(5):
        play.log("alice", b"junk %d" % number)
    play.log("alice", sealed)
    play.enter("alice", commitment)
    play.close()

    Intake(play.opened, play.round_id).finish()

    assert play.verdicts() == {"alice": None}
