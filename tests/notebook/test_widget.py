"""The widgets, as someone uses them in JupyterLab."""

from playwright.sync_api import expect

from tests.browser.conftest import Watched
from tests.notebook.conftest import PATIENCE_MS
from tests.notebook.lab import Lab

expect.set_options(timeout=PATIENCE_MS)

LIVE = [
    """
import numpy as np
from lightning import COMMAND, Command, Exchange
from lightning.analysis.widget import BookWidget
from lightning.codes import CommandKind, Side

exchange = Exchange(ledger=False)

def place(side, price, qty):
    order = Command(kind=CommandKind.PLACE, account=1, symbol=1, side=side, price=price, qty=qty)
    exchange.submit(np.array([order], COMMAND))

place(Side.BUY, 4_999_900, 250_000)
place(Side.SELL, 5_000_100, 500_000)
widget = BookWidget(exchange.symbols[1])
widget.show(exchange.depth(1), moment="by hand")
widget
""",
    "widget.follow(exchange)",
    "place(Side.BUY, 5_000_000, 125_000)",
    """
from decimal import Decimal
from types import SimpleNamespace

half = Decimal("0.5")
prices = [Decimal(40_000), Decimal("40001.5")]
widget.follow([SimpleNamespace(bids=[(price, half, 1)], asks=[], seq=int(price)) for price in prices])
""",
    "assert widget.picked == '40001.5', widget.picked",
]


def test_the_live_book_moves_with_what_it_is_fed(watched: Watched, lab: Lab) -> None:
    notebook = lab.open(watched.page, "live", LIVE)
    output = notebook.run(0)
    best_bid = output.locator("#bids .level").first
    expect(best_bid.locator(".price")).to_have_text("49,999.00")
    expect(output.locator("#spread")).to_have_text("2.00")
    expect(output.locator(".moment")).to_have_text("by hand")
    picture = output.locator("#depth").evaluate("canvas => canvas.toDataURL()")
    notebook.run(1)
    expect(output.locator(".moment")).to_have_text("seq 2")
    notebook.run(2)
    expect(best_bid.locator(".price")).to_have_text("50,000.00")
    expect(best_bid.locator(".quantity")).to_have_text("0.125000")
    assert output.locator("#depth").evaluate("canvas => canvas.toDataURL()") != picture
    notebook.run(3)
    expect(best_bid.locator(".price")).to_have_text("40,001.50")
    expect(output.locator(".moment")).to_have_text("seq 40001")
    host = output.locator("[data-theme]")
    expect(host).to_have_attribute("data-theme", "light")
    watched.page.emulate_media(color_scheme="dark")
    expect(host).to_have_attribute("data-theme", "dark")
    best_bid.click()
    notebook.run(4)


REPLAY = [
    """
from lightning.analysis.widget import ReplayWidget
from lightning.codes import Side
from tests.analysis.toy_book import ToyBook

book = ToyBook()
for price in range(100):
    book.add(Side.BUY, 4_000_000 + price, 1_000_000)
replay = ReplayWidget(book.flow(), by="seq")
replay
""",
    "assert replay.position == replay.answered == 99, replay.position",
    "replay.position = 94",
]


def test_the_slider_asks_for_the_book_of_its_moment(watched: Watched, lab: Lab) -> None:
    page = watched.page
    notebook = lab.open(page, "replay", REPLAY)
    output = notebook.run(0)
    slider, moment = output.get_by_role("slider", name="Moment"), output.locator(".moment")
    best_bid = output.locator("#bids .level .price").first
    expect(moment).to_have_text("seq 1")
    expect(best_bid).to_have_text("40,000.00")
    slider.focus()
    for key, seq in (("ArrowRight", 2), ("ArrowUp", 3), ("PageUp", 13), ("Home", 1), ("End", 100)):
        page.keyboard.press(key)
        expect(moment).to_have_text(f"seq {seq}")
        expect(best_bid).to_have_text(f"40,000.{seq - 1:02}")
    expect(slider).to_have_attribute("aria-valuetext", "seq 100")
    notebook.run(1)
    notebook.run(2)
    expect(moment).to_have_text("seq 95")
    expect(slider).to_have_value("94")
    output.get_by_role("button", name="Play").press("Enter")
    expect(moment).to_have_text("seq 100")
    expect(output.get_by_role("button", name="Play")).to_be_visible()
