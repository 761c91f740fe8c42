"""The control room's pages: what a person reads first, and that a stranger's words stay text."""

import base64
import re
import string
from dataclasses import replace

import numpy as np
import pytest

from tasks import pages, round_pages
from tasks.adapters import markdown
from tasks.adapters.lake import Lake
from tasks.adapters.plots import Band
from tasks.core.money.units import NANO, WAD, RoundId
from tasks.core.protocol import places, round_state, status
from tasks.core.protocol.round_duties import Host, Seen
from tasks.stages import round_details
from tasks.stages.overview import Overview
from tasks.stages.round_details import Series
from tests import documents
from tests.unit import fake_rounds as fakes
from tests.unit.fake_rounds import ANN, BOB, CID, Contract

HOSTILE = (
    "<script>alert(1)</script>",
    "](javascript:alert(1))",
    "a | b",
    "`x`",
    "**x**\n# y",
    "\x1b[2J",
)
ROUND = RoundId(7)
DIGEST = "ab" * 32


def booked(number, troubles=()):
    """Return a booked round a day, an hour and a minute before its last target matures."""
    seen = Seen(
        round_id=number,
        facts=fakes.facts(status.BOOKED),
        opened_at=0,
        booked_at=0,
        days=(3, 20),
    )
    state = round_state.round_state(seen, fakes.RESOLVES - 90_061)
    return replace(state, troubles=troubles)


def waiting(number):
    """Return a round whose table waits for a person."""
    facts = fakes.facts(status.RESOLVING)
    seen = Seen(round_id=number, facts=facts, opened_at=0, table=DIGEST)
    host = Host(approves=True, patience_s=fakes.HOUR)
    return round_state.round_state(seen, fakes.RESOLVES, host)


def settled(number):
    facts = fakes.facts(status.FINAL, locked=0)
    seen = Seen(round_id=number, facts=facts, opened_at=0)
    return round_state.round_state(seen, fakes.FINAL_AT)


def overview(under_way=(), over=(), **changes):
    base = Overview(
        now=0, under_way=under_way, over=over, older=0, coming=(), lost={}, pool=7 * WAD
    )
    return replace(base, **changes)


def details(tmp_path, state=status.FINAL, reasons=None):
    """Return a settled round of three models: ann is paid, bob burns, cid is as `reasons` say."""
    lake, contract = Lake(tmp_path / "lake"), Contract(r7=state)
    if state == status.FINAL:
        contract.changes[7] = {"locked": 0}
        contract.events["settled", 7] = [
            fakes.settled(ANN, WAD, 0), fakes.settled(BOB, 0, 2 * WAD), fakes.settled(CID, 0, 0),
        ]  # fmt: skip
    fakes.publish(lake, 7, reasons=reasons)
    lake.publish(places.scores(ROUND), fakes.scores(7, ann=NANO // 10, bob=-NANO // 5, cid=0))
    return round_details.read(lake, fakes.chain(contract), ROUND)


def cells(text):
    """Return a table's cells, as a reader of markdown divides a line."""
    rows = [text_line for text_line in text.splitlines() if text_line.startswith("|")]
    return [re.split(r"(?<!\\)\|", row.strip("|")) for row in rows]


@pytest.mark.parametrize("text", [*HOSTILE, string.punctuation])
def test_escape__any_words__hold_no_markup(text):
    escaped = markdown.escape(text)

    bare = re.sub(r"\\[!-/:-@\[-`{-~]", "", escaped)
    assert not set(bare) & set("<>[]|`*_#!\\&~:.@\n\x1b")


def test_code__anything_but_a_word__is_refused():
    assert markdown.code("0xab") == "`0xab`"
    with pytest.raises(ValueError, match="no word of letters"):
        markdown.code("a`b")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_pages__words_of_a_stranger__stay_in_their_cell_and_line(tmp_path, hostile):
    found = details(tmp_path, reasons={"cid": hostile})
    troubled = overview([booked(7, troubles=[hostile])])

    board = round_pages.of_round(found)["round-7-leaderboard"].head
    room = pages.control_room(troubled, failures=[hostile], run="id").head

    assert {len(row) for row in cells(board)} == {9}
    assert f"rejected: {markdown.escape(hostile)}" in board
    assert room.count(markdown.escape(hostile)) == 2
    assert hostile not in board + room


def test_control_room__all_is_well__says_so_first():
    found = overview([booked(9), booked(8)], [settled(7)])

    text = pages.control_room(found).head

    assert text.splitlines()[0] == "## All is well, nothing is late"
    assert "### 2 rounds under way" in text
    assert "| [round 9](/artifacts/key/round-9) | booked, day 3 of 20 |" in text
    assert "resolve in 1 d 1 h" in text
    assert "(/artifacts/key/performance)" in text
    assert "(/artifacts/key/performance)" not in pages.control_room(overview([booked(9)])).head


def test_control_room__late_and_waiting__come_before_the_table():
    found = overview([waiting(9), booked(8, troubles=["close is late"])], lost={5: ["missed"]})

    text = pages.control_room(found, failures=["round 8: close failed"], run="some-id").head

    first, table = text.index("### 2 rounds"), text.index("| round |")
    assert text.splitlines()[0] == "## 3 things are late or wrong"
    assert text.index("Round 9 waits for your approval") < first < table
    assert "(/artifacts/key/round-9-approval)" in text
    assert "- round 5: missed" in text
    assert "[round 8](/artifacts/key/round-8): close is late" in text
    assert "([the run](/runs/flow-run/some-id))" in text
    assert "**approval, by you**, due now" in text


def test_of_round__settled__has_a_page_of_each_kind_with_the_exact_money(tmp_path):
    found = round_pages.of_round(details(tmp_path))

    assert list(found) == [
        "round-7", "round-7-leaderboard", "round-7-scores", "round-7-settlement",
    ]  # fmt: skip
    assert found["round-7"].head.startswith("## Round 7: settled\n")
    settlement = found["round-7-settlement"].head
    assert f"payout 1 ERA ({WAD} wei), burn 2 ERA ({2 * WAD} wei)" in settlement
    assert "**3 of 3 leaves settled**" in settlement
    assert ["settled 1 leaf", f"`0x{ANN[:2]}`"] == [
        cell.strip() for row in cells(settlement) if ANN[:2] in row[2] for cell in row[::2]
    ]
    drawn = re.search(r"data:image/svg\+xml;base64,([^)]+)", found["round-7-scores"].head)
    assert b"round 7: scores of its models" in base64.b64decode(drawn.group(1))


def test_of_round__a_replay__has_no_link_to_a_control_room(tmp_path):
    found = round_pages.of_round(details(tmp_path))

    assert not any("control-room" in made.head for made in found.values())


def test_of_round__without_a_book__has_its_first_page_alone(tmp_path):
    lake = Lake(tmp_path / "lake")
    lake.publish(places.opening(ROUND), documents.opening(ROUND))
    contract = Contract(r7=status.OPEN)

    found = round_pages.of_round(round_details.read(lake, fakes.chain(contract), ROUND))

    assert list(found) == ["round-7"]
    assert "set with the book" in found["round-7"].head


def test_approval__waiting__gives_the_two_values_to_paste(tmp_path):
    summary = {
        "at_risk": 30 * WAD, "burn": 2 * WAD, "payout": WAD, "models": 3, "round": 7,
        "table_sha256": DIGEST, "root": "cd" * 32, "duplicates": {BOB: ANN},
        "rejected": {CID: "no | file"},
        "winners": [{"model": ANN, "at_risk": 10 * WAD, "amount": WAD}],
        "losers": [{"model": BOB, "at_risk": 10 * WAD, "amount": -2 * WAD}],
    }  # fmt: skip
    found = details(tmp_path, status.RESOLVING)

    text = round_pages.approval(summary, found, "/deployments/deployment/x/run").head
    later = round_pages.approval(summary, found, None).head

    assert "[open the form of approve](/deployments/deployment/x/run)" in text
    assert f"| round_id | `7` |\n| table_digest | `{DIGEST}` |" in text
    for row in ("| ann | 10.00 | +1.00 |", "| bob | 10.00 | -2.00 |", "| bob | ann |"):
        assert row in text
    assert r"| cid | no \| file |" in text
    assert "/deployments/" not in later


def test_performance__models_left_out__are_counted():
    band = Band(name="meta-model", values=np.array([0.1, 0.2]), errors=np.zeros(2))
    series = Series(
        rounds=[7, 8], models={"ann": np.array([0.1, np.nan])}, n_models=5_000, bands=[band],
        means={"ann": None}, amounts=dict.fromkeys(("at risk", "payout", "burn"), np.ones(2)),
    )  # fmt: skip

    performance, stakes = pages.performance(series), pages.stakes(series)

    assert performance.head.startswith("## Scores over 2 settled rounds\n")
    assert "the 1 of 5,000 models with the most at risk" in performance.head
    assert "| ann | no score | 0 |" in performance.more
    assert stakes.head.startswith("## Stakes and burns of 2 settled rounds\n")
