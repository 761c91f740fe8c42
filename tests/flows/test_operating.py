"""What a person or a keeper does with rounds by hand: `settle`, `settle --all`, `abandon`."""

import dataclasses
import json
import shutil
from typing import Any

import pytest

from tasks import examining, operating
from tasks.adapters import locks
from tasks.adapters.chain.connection import Chain
from tasks.adapters.keys import Signer
from tasks.adapters.settings import Settings
from tasks.client import abandoning
from tasks.core.errors import ChainError, InputError
from tasks.core.money.units import WAD, RoundId
from tasks.core.protocol import events, status
from tasks.core.protocol.table import Table
from tasks.core.rules import Economy
from tasks.stages import keeping
from tests import chains, commands, tournaments
from tests.flows import entries, homes, steps
from tests.in_process import call
from tests.tournaments import KeysWith

NOTHING = "nothing was left to do"


class Meddler(Signer):
    """An account whose owner's other program acts while it signs: after the simulation."""

    def __init__(self, signer, *acts):
        self.address = signer.address
        self._signer = signer
        self._acts = list(acts)

    def sign(self, transaction):
        if self._acts:
            self._acts.pop(0)()
        return self._signer.sign(transaction)


def booked(tournament, round_id, names=None):
    """Play a round until it is booked."""
    steps.start(tournament, round_id)
    entries.enter(tournament, round_id, names or tournament.clients)
    steps.close(tournament, round_id)


def left_alone(tournament, round_id):
    """Open and enter a round whose operator never books it, and let its time pass."""
    steps.start(tournament, round_id)
    entries.enter(tournament, round_id, tournament.clients)
    tournament.advance(tournament.opened.chain.tournament.facts(round_id).terms.book_by)


def by_hand(tournament, write):
    """Send a write as a modeller does, beside the keeper."""
    client = tournament.clients["random"]
    client.chain.send(write, client.signer, client.journal, purpose=chains.purpose())


def settle_by_hand(tournament, round_id, count):
    table = Table.from_document(tournament.opened.lake.document(f"rounds/{round_id}/table"))
    tree, rows = table.tree(), table.rows[:count]
    proofs = [tree.proof(number) for number in range(count)]
    by_hand(tournament, tournament.opened.chain.tournament.settle_many(round_id, rows, proofs))


def home_with(tournament, keeper):
    """Return the tournament's home with another keeper."""
    return dataclasses.replace(tournament.opened, keys=KeysWith(tournament.opened, keeper=keeper))


def lines_of(printed):
    return printed.out.splitlines()


@pytest.fixture
def resolving_round(fresh):
    """Return a tournament at the time to resolve its first round; the second is booked too."""
    booked(fresh, fresh.rounds[0])
    booked(fresh, fresh.rounds[1])
    fresh.advance(steps.times(fresh, fresh.rounds[0])["resolves"])
    return fresh


def test_settle__stopped_at_every_request__goes_on_and_does_everything_once(
    resolving_round, monkeypatch
):
    tournament, (first, second, _) = resolving_round, resolving_round.rounds
    opened, contract = tournament.opened, tournament.opened.chain.tournament
    sent = homes.transactions(tournament)

    stops = chains.stop_at_every_request(monkeypatch, lambda: keeping.take_next(opened, first))
    sent_for_first = homes.transactions(tournament) - sent
    steps.resolve(tournament, second)
    settle_by_hand(tournament, second, 6)
    stops_of_keeper = chains.stop_at_every_request(monkeypatch, lambda: keeping.keep(opened))

    assert stops >= 20
    assert stops_of_keeper >= 5
    # propose, settle, sweep
    assert sent_for_first == 3
    # what others settled is swept as well
    assert len(contract.swept()) == 2
    assert contract.in_rounds() == contract.burnable() == 0
    assert steps.failed(tournament) == []


def test_settle__own_root_was_ruled_wrong__asks_for_a_person(played, monkeypatch):
    round_id, contract = played.rounds[0], played.tournament.opened.chain.tournament
    root = contract.proposal(round_id).root
    place: dict[str, Any] = {"block": 1, "log_index": 0, "transaction": "0x", "timestamp": 0}
    ruled = events.Ruled(round=round_id, root=root, right=False, uri="", **place)
    # A ruling needs windows and bonds, which this tournament has not: so the chain says it is so.
    monkeypatch.setattr(type(contract), "ruled", lambda *_: [ruled])
    monkeypatch.setattr(type(contract), "status", lambda *_: status.RESOLVING)

    with pytest.raises(ChainError, match=r"ruled wrong .* abandoned at .*docs/operating\.md"):
        keeping.take_next(played.tournament.opened, round_id)


def test_settle__before_and_when_it_is_due__says_when_then_does_it_once(fresh, monkeypatch, capsys):
    round_id, home, contract = fresh.rounds[0], fresh.home.root, fresh.opened.chain.tournament
    words = ("settle", "--home", home, "--round", round_id)
    unknown = call(monkeypatch, capsys, *words)
    steps.start(fresh, round_id)
    opened = call(monkeypatch, capsys, *words)
    entries.enter(fresh, round_id, fresh.clients)
    steps.close(fresh, round_id)
    too_soon = call(monkeypatch, capsys, *words)
    fresh.advance(steps.times(fresh, round_id)["resolves"])

    code, done = call(monkeypatch, capsys, *words, "--json", home / "settled.json")
    sent = homes.transactions(fresh)
    again = call(monkeypatch, capsys, *words)

    for refused, reason in (
        (unknown, f"round {round_id} does not exist: nobody opened it on this chain"),
        (opened, f"round {round_id} is open: it closes at "),
        (too_soon, f"round {round_id} is booked: it is resolved from "),
    ):
        assert refused[0] == 2
        assert refused[1].err.startswith(f"erarium: {reason}")
        assert refused[1].err.count("\n") == 1
    assert (code, done.err) == (0, "")
    proposed, settled, *_, swept, state = lines_of(done)
    assert proposed.startswith(f"round {round_id}: proposed 1 root: 0 wei, in 0x")
    assert settled.startswith(f"round {round_id}: settled 6 leaves: ")
    assert swept.startswith("all rounds: burned 1 sweep: ")
    assert state.startswith(
        f"round {round_id}: final, 6 models, 6 settled, 0 released; at risk 900"
    )
    assert state.endswith(", locked 0")
    document = json.loads((home / "settled.json").read_bytes())
    burns = [event.burn for event in contract.settled(round_id)]
    assert document["rounds"][0]["burn"] == str(sum(burns))
    assert document["acts"][1]["transaction"] == contract.settled(round_id)[0].transaction
    assert again[0] == 0
    assert lines_of(again[1]) == [NOTHING, state]
    assert homes.transactions(fresh) == sent
    assert steps.failed(fresh) == []


def test_keep__others_act_between_simulating_and_sending__all_is_done_once(fresh):
    first, second, third = fresh.rounds
    contract = fresh.opened.chain.tournament
    booked(fresh, first)
    left_alone(fresh, second)
    steps.start(fresh, third)
    fresh.advance(steps.times(fresh, first)["resolves"])
    tournaments.resolve(fresh.opened, first)
    keeper = Meddler(
        fresh.opened.keeper,
        lambda: settle_by_hand(fresh, first, 4),
        lambda: by_hand(fresh, contract.sweep()),
        lambda: by_hand(fresh, contract.abandon(second)),
        lambda: by_hand(fresh, contract.release_many(second, [fresh.clients["random"].model])),
    )

    faults = keeping.keep(home_with(fresh, keeper))
    sent = homes.transactions(fresh)
    again = keeping.keep(fresh.opened)

    assert (faults, again) == ([], [])
    assert homes.transactions(fresh) == sent
    assert len(contract.settled(first)) == len(contract.released(second)) == 6
    assert len(contract.skipped(first)) == 4
    assert len(contract.skipped(second)) == 1
    assert contract.facts(second).abandoned
    assert contract.facts(third).abandoned, "nobody entered it"
    assert contract.in_rounds() == contract.burnable() == 0
    assert steps.failed(fresh) == []


def snapshots(home):
    """Return how many of the log's steps each of the node's snapshots covers."""
    return [int(path.stem.partition("-")[2]) for path in sorted(home.node.glob("snapshot-*.json"))]


def test_keep__changed_something__leaves_a_fresh_snapshot_of_the_node(fresh, monkeypatch, capsys):
    home, words = fresh.home, ("settle", "--all", "--home", fresh.home.root)
    left_alone(fresh, fresh.rounds[0])
    before = snapshots(home)

    call(monkeypatch, capsys, *words)
    steps_logged = len((home.node / "log").read_bytes().splitlines())
    taken = snapshots(home)
    call(monkeypatch, capsys, *words)

    assert taken == [*before, steps_logged][-2:]
    assert snapshots(home) == taken


def test_keep__a_round_without_its_table__names_it_and_keeps_the_others(fresh, monkeypatch, capsys):
    first, second, _ = fresh.rounds
    contract = fresh.opened.chain.tournament
    booked(fresh, first)
    left_alone(fresh, second)
    fresh.advance(steps.times(fresh, first)["resolves"])
    waiting = call(monkeypatch, capsys, "settle", "--all", "--home", fresh.home.root)
    tournaments.resolve(fresh.opened, first)
    results = fresh.opened.lake.root / "rounds" / str(first) / "results.json"
    document = results.read_text()
    root = contract.proposal(first).root.hex()
    results.write_text(document.replace(root, "ab" * 32))

    code, printed = call(monkeypatch, capsys, "settle", "--all", "--home", fresh.home.root)
    unsettled = contract.settled(first)
    results.write_text(document)
    mended = call(monkeypatch, capsys, "settle", "--all", "--home", fresh.home.root)

    assert waiting[0] == 0
    assert f"round {first}: resolving, 6 models" in waiting[1].out
    assert contract.in_rounds() == 0
    assert len(contract.released(second)) == 6
    assert code == 1
    assert unsettled == []
    assert f"FAIL round {first} is final with the root {root}, ours is abab" in printed.out
    assert mended[0] == 0
    assert len(contract.settled(first)) == 6


@pytest.fixture(scope="module")
def deserted(ingested, tmp_path_factory):
    """Return a tournament whose operator left two rounds alone; its third one is open."""
    root = ingested.copy(tmp_path_factory.mktemp("deserted") / "home")
    with tournaments.founded(root) as tournament:
        left_alone(tournament, tournament.rounds[0])
        left_alone(tournament, tournament.rounds[1])
        steps.start(tournament, tournament.rounds[2])
        yield tournament


def test_abandon__stranger_with_a_key__brings_every_stake_home_once(
    deserted, tmp_path, monkeypatch, capsys
):
    round_id, stranger = deserted.rounds[0], deserted.clients["random"]
    contract = deserted.opened.chain.tournament
    keystore = shutil.copy(stranger.folder / "keys" / "owner.json", tmp_path / "mine.json")
    words = (
        *("--rpc", deserted.node.rpc_url, "--tournament", contract.address.lower()),
        *("--keystore", keystore),
        *("--passphrase-file", stranger.folder / "keys" / "passphrase"),
    )
    before = steps.free(deserted)

    early = call(monkeypatch, capsys, "abandon", "--round", deserted.rounds[2], *words)
    code, done = call(monkeypatch, capsys, "abandon", "--round", round_id, *words)
    sent = homes.transactions(deserted)
    again = call(monkeypatch, capsys, "abandon", "--round", round_id, *words)
    home = call(monkeypatch, capsys, "abandon", "--round", round_id, "--home", deserted.home.root)

    assert early[0] == 2
    assert early[1].err.startswith(f"erarium: round {deserted.rounds[2]} is open: without an entry")
    assert "without a book it is abandoned from 20" in early[1].err
    assert early[1].err.count("\n") == 1
    assert (code, done.err) == (0, "")
    abandoned, released, state = lines_of(done)
    assert abandoned.startswith(f"round {round_id}: booked 1 abandonment: 0 wei, in 0x")
    assert released.startswith(f"round {round_id}: released 6 stakes: {900 * WAD} wei, in 0x")
    assert state.startswith(f"round {round_id}: abandoned, 6 models, 0 settled, 6 released; ")
    assert state.endswith(f"; at risk {900 * WAD} wei, payout 0, burn 0, locked 0")
    assert [lines_of(each[1])[0] for each in (again, home)] == [NOTHING, NOTHING]
    assert homes.transactions(deserted) == sent
    assert steps.free(deserted) == {name: each + entries.AT_RISK for name, each in before.items()}
    assert contract.pool(0) == Economy().stake_pool
    assert steps.failed(deserted) == []


def test_abandon__another_is_first_or_the_gas_is_missing__ends_the_same_or_says_so(deserted):
    round_id, contract = deserted.rounds[1], deserted.opened.chain.tournament
    opened = deserted.opened
    signer = Meddler(opened.keeper, lambda: by_hand(deserted, contract.abandon(round_id)))
    broke = chains.signers(deserted.home)["bob"]
    before = steps.free(deserted)

    with pytest.raises(ChainError):
        abandoning.abandon(opened.chain, broke, opened.journal, round_id)
    untouched = not contract.facts(round_id).abandoned
    abandoning.abandon(opened.chain, signer, opened.journal, round_id)

    assert untouched
    assert steps.free(deserted) == {name: each + entries.AT_RISK for name, each in before.items()}
    assert contract.facts(round_id).locked == 0


def test_abandon__bad_words__one_line_each(played, tmp_path, monkeypatch, capsys):
    tournament = played.tournament
    keys = tournament.clients["random"].folder / "keys"
    wrong, open_to_all = tmp_path / "wrong", tmp_path / "open"
    wrong.write_text("another\n")
    wrong.chmod(0o600)
    shutil.copy(keys / "passphrase", open_to_all)
    open_to_all.chmod(0o644)
    keystore = shutil.copy(keys / "owner.json", tmp_path / "mine.json")
    sound = {
        "--round": played.rounds[0],
        "--rpc": tournament.node.rpc_url,
        "--tournament": tournament.opened.chain.tournament.address,
        "--keystore": keystore,
        "--passphrase-file": keys / "passphrase",
    }
    token = tournament.opened.chain.token.address
    for changed, message in (
        ({"--round": 9}, "round 9 does not exist"),
        ({}, f"round {played.rounds[0]} is final: its leaves are settled"),
        ({"--tournament": "0x12"}, "'0x12' is no address"),
        ({"--tournament": token}, f"has other code at {token}, where tournament should be"),
        ({"--rpc": "http://127.0.0.1:9"}, "no answer from the chain at http://127.0.0.1:9"),
        ({"--rpc": "ftp//x"}, "no answer from the chain at an address that is no URL"),
        (
            {"--passphrase-file": wrong},
            "mine.json does not open: the passphrase is not the one that it was made with",
        ),
        ({"--passphrase-file": open_to_all}, f"{open_to_all} can be read by others: chmod 600 it"),
        ({"--keystore": wrong}, "does not open: it is damaged or no encrypted keystore"),
        ({"--keystore": tmp_path / "none"}, "does not exist"),
        ({"--home": tmp_path}, "beside --home: it has its own chain and key"),
    ):
        words = [word for pair in (sound | changed).items() for word in pair]

        code, printed = call(monkeypatch, capsys, "abandon", *words)

        assert code == 2, printed
        assert message in printed.err
        assert printed.err.count("\n") == 1


@pytest.mark.parametrize("words", [("settle", "--all"), ("abandon",)])
def test_settle_and_abandon__home_in_use__exit_3_and_name_the_holder(played, tmp_path, words):
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(played.stopped / "home.json", home)
    number = () if "--all" in words else ("--round", played.rounds[0])

    with locks.exclusive(home / "lock", "hold it for a test"):
        refused = commands.run(*words, *number, "--home", home, ERARIUM_LOCK_WAIT_S="0.1")

    assert refused.returncode == 3
    assert refused.stderr.startswith(f"erarium: {home} is being written by process ")
    assert refused.stderr.endswith("(hold it for a test)\n")
    assert refused.stderr.count("\n") == 1


def test_take_next__round_that_nobody_opened__is_an_input_error(played):
    with pytest.raises(InputError, match="round 9 does not exist"):
        keeping.take_next(played.tournament.opened, RoundId(9))


def test_keep__finished_tournament__sends_nothing(played):
    sent = homes.transactions(played.tournament)

    assert keeping.keep(played.tournament.opened) == []
    assert homes.transactions(played.tournament) == sent


def test_settle_and_doctor__connect_as_the_environment_says(played, tmp_path, monkeypatch):
    home = shutil.copytree(played.stopped, tmp_path / "home")
    monkeypatch.setenv("ERARIUM_CONFIRMATIONS", "2")
    monkeypatch.setenv("ERARIUM_FEE_CAP_GWEI", "5")
    connected: list[Chain] = []
    connect = Chain.connect

    def remember(*arguments, **more):
        connected.append(connect(*arguments, **more))
        return connected[-1]

    monkeypatch.setattr(Chain, "connect", remember)
    values = Settings(home=home)
    operating.keep(values)
    examining.examine(values)

    assert [(each.confirmations, each.cap_wei) for each in connected] == [(2, 5 * 10**9)] * 2
