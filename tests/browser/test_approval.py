"""A person approves a round in Prefect's pages, from its table to the settlement that follows."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tasks import granting, homes
from tasks.adapters.home import Home
from tasks.adapters.keys import Signer
from tasks.adapters.lake import Lake
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.client import entering
from tasks.client import live as live_rounds
from tasks.client.modeller import Client, Entry
from tasks.core.money.units import WAD, Wei
from tasks.core.protocol import status
from tasks.stages import living
from tests import live_homes

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1_200)]


def at_next_opening(home):
    """Move the chain's clock to where the market shows the next era, and open its round."""
    values, installation = Settings(home=home), Home.open(home)
    view, place = homes.look(values), living.market_of(installation)
    planned, now = place.times(place.dates()), view.chain.now()
    node = Node.attach(installation)
    node.advance(min(times.opens for times in planned.values() if times and times.opens > now))
    assert live_homes.run(home, "ingest").state == "COMPLETED"
    opened = view.chain.tournament.opened()[-1]
    node.advance(opened.terms.opens)
    return node, opened.round


def enter(home, folder, chain, round_id):
    """Let two models enter, the second one with the first one's predictions turned over."""
    lake = Lake(home / "lake")
    opened = live_rounds.read(chain, lake, round_id)
    values = np.random.default_rng(0).permutation(len(opened.ids)) / len(opened.ids)
    for number, name in enumerate(("up", "down"), start=1):
        signer = Signer(bytes([number]) * 32)
        granting.grant(Settings(home=home), signer.address, Wei(100 * WAD), 10**18, "first")
        client = Client(
            name=name, folder=folder / name, seed=None, signer=signer, chain=chain, lake=lake
        )
        client.deposit(Wei(50 * WAD))
        turned = values if name == "up" else 1.0 - values
        entry = Entry(ids=opened.ids, values=turned, at_risk=Wei(20 * WAD))
        entering.enter([client], round_id, {name: entry})
        client.close()


def approve_by_hand(page, round_id):
    """Go from the control room to the table, and from there to the form; return the run's id."""
    page.goto("/artifacts/key/control-room")
    with page.expect_popup() as popup:
        page.get_by_role("link", name="look at its table").click()
    shown = popup.value
    expect(shown.get_by_role("heading", name="waits for your approval")).to_be_visible()
    digest = shown.get_by_role("row", name="table_digest").locator("code").last.inner_text()
    with shown.expect_popup() as popup:
        shown.get_by_role("link", name="open the form of approve").click()
    form = popup.value
    form.locator("form input[type=number]").fill(str(round_id))
    form.locator("form textarea").fill(digest)
    with form.expect_response(re.compile("/create_flow_run$")) as answer:
        form.get_by_role("button", name="Submit").click()
    return answer.value.json()["id"]


def test_approval__typed_from_the_page_into_the_form__settles_the_round(page, live, tmp_path):
    chain = homes.look(Settings(home=live)).chain
    node, round_id = at_next_opening(live)
    enter(live, tmp_path, chain, round_id)
    terms = chain.tournament.facts(round_id).terms
    for at, names in ((terms.closes, ["close"]), (terms.resolves, ["ingest", "resolve"])):
        live_homes.wait_for(lambda: chain.tournament.facts(round_id).entrants == 2)
        node.advance(at)
        runs = [live_homes.run(live, name) for name in names]
        assert [run.state for run in runs] == ["COMPLETED"] * len(runs), runs

    run_id = approve_by_hand(page, round_id)
    approved = live_homes.wait_for(lambda: live_homes.over(live, run_id))
    node.advance(chain.tournament.facts(round_id).proposal.final_at)
    settled = live_homes.run(live, "settle")
    page.goto(f"/artifacts/key/round-{round_id}-settlement")

    assert (approved.name, approved.state) == (f"round {round_id}: approve", "COMPLETED")
    assert settled.state == "COMPLETED"
    assert chain.tournament.status(round_id) == status.FINAL
    expect(page.get_by_text("2 of 2 leaves settled")).to_be_visible()
    for event in chain.tournament.settled(round_id):
        amount = str(max(event.payout, event.burn))
        expect(page.get_by_text(event.transaction).first).to_be_visible()
        expect(page.get_by_role("cell", name=amount).first).to_be_visible()
