"""What the browser's tests share: a headless Chromium, a live home, and what left the machine."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tasks import hosting
from tasks.adapters.home import Home
from tests import commands, live_homes

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_WAIT_MS = 60_000


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a live home that is up; its days are days, so no schedule disturbs a test."""
    home = tmp_path_factory.mktemp("browser") / "home"
    try:
        done = commands.run("up", "--home", home, *live_homes.SMALL, *live_homes.ports())
        assert done.returncode == 0, done.stderr
        # A second run beside the one that catches up would be cancelled.
        ingest = live_homes.deployment(home, "ingest")
        live_homes.wait_for(lambda: live_homes.api(home).last_completed(ingest))
        yield home
    finally:
        if Home.exists(home):
            hosting.stop_all(Home.open(home))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give the machine's own Chromium; nothing is downloaded."""
    program = os.environ.get("ERARIUM_CHROMIUM") or next(
        filter(None, map(shutil.which, _NAMES)), None
    )
    if program is None:
        pytest.skip("no Chromium: install chromium, or say in ERARIUM_CHROMIUM where it is")
    expect.set_options(timeout=_WAIT_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, live: Path) -> Iterator[Page]:
    """Give an empty page at the home's own pages; what asks another machine fails the test."""
    outside: list[str] = []

    def watch(route: Route) -> None:
        if urlsplit(route.request.url).hostname in (None, "127.0.0.1"):
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    context = browser.new_context(
        base_url=hosting.Places.read(live).ui_url, viewport={"width": 1400, "height": 1100}
    )
    context.set_default_timeout(_WAIT_MS)
    context.route("**/*", watch)
    yield context.new_page()
    context.close()
    assert outside == []
