"""A Chromium for the tests of each file, and one venue for all."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.browser.venue import BTC, USDT, Venue

NAMES = ("chromium", "chromium-browser", "google-chrome")
NO_BROWSER = (
    "The browser tests need Chromium (on Debian and Ubuntu: apt install chromium), or its path in "
    "LIGHTNING_CHROMIUM; LIGHTNING_NO_BROWSER=1 leaves them out"
)
WIDE = (1440, 900)
PATIENCE_MS = 60_000

TRADER, OTHER = 1, 2
"""Accounts: the page's, and one that trades with it."""

CUT_OFF = re.compile(r"net::ERR_|WebSocket connection to .* failed")
"""What Chromium itself prints while the server is gone."""
REFUSED = re.compile(r"Failed to load resource: .* status of 4\d\d")
"""What it prints of every refusal that a page gets, however it handles it."""


def chromium() -> str | None:
    named = os.environ.get("LIGHTNING_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="module")  # playwright's event loop runs meanwhile, in which no other can
def browser() -> Iterator[Browser]:
    if os.environ.get("LIGHTNING_NO_BROWSER"):
        pytest.skip("LIGHTNING_NO_BROWSER is set")
    path = chromium()
    if path is None:
        pytest.fail(NO_BROWSER, pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def venue(warm_kernels: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    found = Venue(tmp_path_factory.mktemp("venue") / "data")
    found.start()
    with found.client() as client:
        for account in (TRADER, OTHER, 11, 12):
            client.deposit(account, BTC, "1000")
            client.deposit(account, USDT, "100000000")
    try:
        yield found
    finally:
        found.kill()


class Watched:
    """A page, and what it complained of."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.forgiven: list[re.Pattern[str]] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"{error}\n{error.stack}"))

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def check(self) -> None:
        left = [one for one in self.complaints if not any(known.search(one) for known in self.forgiven)]
        assert left == []


def new_context(browser: Browser, size: tuple[int, int] = WIDE, scheme: str = "light") -> BrowserContext:
    width, height = size
    return browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        locale="en-US",
    )


@pytest.fixture
def watched(browser: Browser, venue: Venue) -> Iterator[Watched]:
    """The page, once it is live; fails if it ever printed an error."""
    context = new_context(browser)
    found = Watched(context.new_page())
    found.page.set_default_timeout(PATIENCE_MS)
    found.page.goto(venue.page)
    found.page.wait_for_selector("body[data-connection=live][data-stale=false]")
    yield found
    context.close()
    found.check()


@pytest.fixture
def shots() -> Path | None:
    """Where pictures of the page are kept, if anywhere."""
    named = os.environ.get("LIGHTNING_SCREENSHOTS")
    if not named:
        return None
    directory = Path(named)
    directory.mkdir(parents=True, exist_ok=True)
    return directory
