"""Prefect's pages as an operator sees them: forms, a run started by hand, what it leaves."""

import re

import pytest
import requests
from playwright.sync_api import expect

from tasks import homes, hosting, pages
from tasks.adapters.home import Home
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.stages import living, overview
from tasks.stages.overview import Overview
from tests import live_homes

pytestmark = pytest.mark.timeout(600)

NAMES = ("approve", "close", "ingest", "keeper", "open", "resolve", "score", "settle", "snapshot")
HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> | ](javascript:alert(1)) **x** `y` "
    "http://evil.example/ www.evil.example a@evil.example &amp; \\"
)


def form(page, live, name):
    """Open the form of a deployment."""
    page.goto(f"/deployments/deployment/{live_homes.deployment(live, name).id}/run")
    expect(page.get_by_role("button", name="Submit")).to_be_visible()


def field(page, name):
    """Return what stands about a parameter in its form."""
    return page.locator(".schema-form-property").filter(has_text=name)


def submit(page, live):
    """Start a run by its form and return it once it is over."""
    with page.expect_response(re.compile("/create_flow_run$")) as answer:
        page.get_by_role("button", name="Submit").click()
    started = answer.value.json()["id"]
    return live_homes.wait_for(lambda: live_homes.over(live, started))


def test_deployments__page__lists_all(page, live):
    page.goto("/deployments")

    for name in NAMES:
        expect(page.get_by_role("link", name=name, exact=True).first).to_be_visible()


def test_form__of_a_round__is_typed_described_and_defaulted(page, live):
    form(page, live, "close")
    optional = field(page, "round_id")

    expect(optional).to_contain_text("(Optional)")
    expect(optional).to_contain_text("the round's number; empty for every round that is closed")
    expect(optional.get_by_role("button", name="None")).to_have_attribute("aria-selected", "true")
    optional.get_by_role("button", name="int").click()
    expect(optional.locator("input[type=number]")).to_have_attribute("step", "1")


@pytest.mark.parametrize(
    ("round_id", "digest", "said"),
    [
        ("1", "0x12", "'table_digest'. Failure reason: '0x12' does not match"),
        ("-1", "0" * 64, "'round_id'. Failure reason: -1 is less than the minimum of 0"),
        ("1", "", "'table_digest' is a required property"),
    ],
)
def test_form__wrong_value__is_refused_in_one_line(page, live, round_id, digest, said):
    form(page, live, "approve")

    field(page, "round_id").locator("input[type=number]").fill(round_id)
    field(page, "table_digest").locator("textarea").fill(digest)
    page.get_by_role("button", name="Submit").click()

    expect(page.get_by_text(said).first).to_be_visible()
    assert page.url.endswith("/run")


def test_ingest__started_by_its_form__opens_a_round_that_the_control_room_shows(page, live):
    view, installation = homes.look(Settings(home=live)), Home.open(live)
    place = living.market_of(installation)
    planned = place.times(place.dates())
    opens = min(
        times.opens for times in planned.values() if times and times.opens > view.chain.now()
    )
    Node.attach(installation).advance(opens)

    form(page, live, "ingest")
    run = submit(page, live)
    assert (run.name, run.state) == ("ingest", "COMPLETED"), run.message
    (line,) = overview.read(view).under_way
    page.goto(f"/runs/flow-run/{run.id}")
    expect(page.get_by_text("Completed").first).to_be_visible()
    page.goto("/artifacts/key/control-room")
    expect(page.get_by_role("heading", name="All is well, nothing is late")).to_be_visible()
    with page.expect_popup() as popup:
        page.get_by_role("link", name=f"round {line.round_id}", exact=True).click()
    shown = popup.value

    expect(shown.get_by_role("heading", name=f"Round {line.round_id}: ")).to_be_visible()
    expect(shown.get_by_role("row", name="at risk 0.00 ERA")).to_be_visible()
    (opened,) = view.chain.tournament.opened()
    expect(shown.get_by_text(opened.transaction)).to_be_visible()


def test_failure__of_a_run__stands_in_the_control_room(page, live):
    form(page, live, "close")
    field(page, "round_id").get_by_role("button", name="int").click()
    field(page, "round_id").locator("input[type=number]").fill("4000")

    run = submit(page, live)
    page.goto("/artifacts/key/control-room")

    assert run.state == "FAILED"
    expect(page.get_by_role("heading", name="1 thing is late or wrong")).to_be_visible()
    expect(page.get_by_text(f"failed just now: {run.message}")).to_be_visible()
    expect(page.get_by_role("link", name="the run")).to_have_attribute(
        "href", f"/runs/flow-run/{run.id}"
    )


def test_page__words_of_a_stranger__stay_text(page, live):
    empty = Overview(now=0, under_way=[], over=[], older=0, coming=[], lost={}, pool=0)
    text = pages.control_room(empty, failures=[HOSTILE]).head
    body = {"key": "hostile", "type": "markdown", "data": text, "description": text}
    api = hosting.Places.read(live).api_url
    requests.post(f"{api}/artifacts/", json=body, timeout=30).raise_for_status()
    said = []

    def dismiss(dialog):
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)

    page.goto("/artifacts/key/hostile")

    item = page.get_by_role("listitem").filter(has_text="failed just now").first
    expect(item).to_have_text(f"failed just now: {HOSTILE}")
    assert item.locator("script, img, a, strong, code").count() == 0
    assert said == []
