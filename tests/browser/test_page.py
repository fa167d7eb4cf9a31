"""The page, as someone uses it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from lightning.pb.v1 import types_pb2 as types
from lightning.pb.v1.market_data_pb2 import GetOrderBookRequest
from tests.browser.conftest import CUT_OFF, OTHER, PATIENCE_MS, REFUSED, TRADER, Watched, new_context
from tests.browser.venue import Venue, traders

expect.set_options(timeout=PATIENCE_MS)

BUY, SELL = types.SIDE_BUY, types.SIDE_SELL
FAR = "40000"
"""A price that nobody else trades at."""


def place(page: Page, side: str, price: str, quantity: str) -> None:
    page.get_by_role("radio", name=re.compile(f"^{side}")).check(force=True)
    page.locator("[name=price]").fill(price)
    page.locator("[name=quantity]").fill(quantity)
    page.locator("[name=quantity]").press("Enter")


def verdict(page: Page, text: str, good: bool = True) -> None:
    expect(page.locator("#verdict")).to_contain_text(text)
    expect(page.locator("#verdict")).to_have_attribute("data-good", str(good).lower())


def order_of(page: Page) -> str:
    found = re.search(r"Order (\d+)", page.locator("#verdict").inner_text())
    assert found is not None
    return found[1]


def balance(page: Page, currency: str) -> list[str]:
    return page.locator(f"#balances tr[data-currency={currency}] td").all_inner_texts()


def cancel_all(page: Page) -> None:
    while page.locator("#orders tbody button:visible").count():
        row = page.locator("#orders tbody tr:visible").first
        order = row.get_attribute("data-order")
        row.get_by_role("button").click()
        expect(page.locator(f"#orders tr[data-order='{order}']:visible")).to_have_count(0)


def depth_picture(page: Page) -> str:
    found: str = page.evaluate("document.getElementById('depth').toDataURL()")
    return found


def changes(page: Page, expression: str) -> None:
    """Waits until what the expression says is something else."""
    page.wait_for_function(
        f"before => String({expression}) !== before", arg=str(page.evaluate(expression)), timeout=PATIENCE_MS
    )


def text_of(selector: str) -> str:
    return f"document.querySelector({selector!r}).innerText"


def test_ladder_tape_candles_depth_and_ticker_move(watched: Watched, venue: Venue) -> None:
    page = watched.page
    with traders(venue, seed=1):
        expect(page.locator("#asks .level:not([data-price=''])").first).to_be_visible()
        expect(page.locator("#bids .level:not([data-price=''])").first).to_be_visible()
        expect(page.locator("#tape .trade:visible").first).to_be_visible()
        expect(page.locator("#legend")).to_contain_text("C ")
        for moving in ("#ladder", "#tape", "#legend", "#last", "#spread", "#trades"):
            changes(page, text_of(moving))
        picture = depth_picture(page)
        page.wait_for_function(
            "before => document.getElementById('depth').toDataURL() !== before", arg=picture
        )
        expect(page.locator("#depth")).to_have_attribute("aria-label", re.compile("BTC-USDT"))
        expect(page.locator("#candles")).to_have_attribute("aria-label", re.compile("candles of 1m"))
    expect(page.locator("#resyncs")).to_be_empty()


def test_the_ladder_is_the_book(watched: Watched, venue: Venue) -> None:
    page = watched.page
    with traders(venue, seed=2):
        changes(page, text_of("#ladder"))
    for side in ("bids", "asks"):
        page.wait_for_function(
            """async side => {
                const book = await (await fetch('/v1/symbols/1/book?levels=5')).json();
                const shown = [...document.querySelectorAll(`#${side} .level`)].slice(0, 5);
                return book[side].every((level, place) => shown[place].dataset.price === level.price);
            }""",
            arg=side,
        )


def test_an_order_is_placed_seen_and_canceled(watched: Watched, venue: Venue) -> None:
    page = watched.page
    place(page, "Buy", FAR, "0.25")
    verdict(page, "is in the book: 0.25 at 40,000.00")
    order = order_of(page)
    row = page.locator(f"#orders tr[data-order='{order}']")
    expect(row).to_contain_text("40,000.00")
    expect(page.locator("#balances tr[data-currency=USDT] td").nth(1)).to_have_text("10,000")
    row.get_by_role("button", name=f"Cancel order {order}").click()
    verdict(page, f"Order {order} canceled, 0.25 was open")
    expect(row).to_be_hidden()
    expect(page.locator("#balances tr[data-currency=USDT] td").nth(1)).to_have_text("0")


def test_an_own_order_is_marked_in_the_ladder_and_traded_against(watched: Watched, venue: Venue) -> None:
    page = watched.page
    with venue.client() as client:
        best = client.market_data.GetOrderBook(GetOrderBookRequest(symbol_id=1, levels=1)).asks
        price = f"{float(best[0].price) - 0.01:.2f}" if best else "50000"
    before = balance(page, "BTC")
    place(page, "Buy", price, "0.2")
    verdict(page, "is in the book")
    order = order_of(page)
    expect(page.locator("#bids .level").first).to_have_attribute("data-own", "true")
    venue.place(OTHER, SELL, price, "0.05")
    row = page.locator(f"#orders tr[data-order='{order}']")
    expect(row.locator("td").nth(5)).to_have_text("0.050000")
    page.wait_for_function(
        "before => document.querySelector('#balances tr[data-currency=BTC] td').innerText !== before",
        arg=before[0],
    )
    venue.place(OTHER, SELL, price, "0.15")
    expect(row).to_be_hidden()
    expect(page.locator("#tape .trade").first).to_have_attribute("data-side", "sell")


def test_what_is_refused_is_said_with_its_field(watched: Watched) -> None:
    watched.forgiven.append(REFUSED)
    page = watched.page
    place(page, "Buy", "40000.001", "1")
    verdict(page, "Rejected: Price", good=False)
    expect(page.locator("[name=price]")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[name=price]")).to_be_focused()
    place(page, "Buy", FAR, "100000")
    verdict(page, "Rejected: Insufficient balance", good=False)
    expect(page.locator("[name=quantity]")).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#verdict")).to_be_empty()
    expect(page.locator("#ticket [aria-invalid=true]")).to_have_count(0)


def test_a_stop_order_waits_in_open_orders(watched: Watched, venue: Venue) -> None:
    page = watched.page
    page.locator("[name=type]").select_option("STOP_LIMIT")
    page.locator("[name=stop_price]").fill("90000")
    place(page, "Buy", "91000", "0.1")
    verdict(page, "waits for its stop price")
    expect(page.locator("#orders tbody tr:visible").first).to_contain_text("90,000.00 / 91,000.00")
    cancel_all(page)


def test_a_market_order_may_be_by_money(watched: Watched, venue: Venue) -> None:
    page = watched.page
    venue.place(OTHER, SELL, "50500", "1")
    page.locator("[name=type]").select_option("MARKET")
    page.locator("[name=by]").select_option("money")
    page.locator("[name=quantity]").fill("100")
    page.locator("#submit").click()
    verdict(page, "filled")


def test_a_price_of_the_ladder_fills_the_ticket(watched: Watched, venue: Venue) -> None:
    page = watched.page
    venue.place(OTHER, BUY, FAR, "0.5")
    level = page.locator("#bids .level:not([data-price=''])").first
    price = level.get_attribute("data-price")
    assert price is not None
    level.click()
    assert float(page.locator("[name=price]").input_value()) == float(price)
    expect(page.locator("[name=quantity]")).to_be_focused()


def test_the_keyboard_is_enough(watched: Watched, venue: Venue) -> None:
    page = watched.page
    venue.place(OTHER, BUY, FAR, "0.5")
    expect(page.locator("#bids .level:not([data-price=''])").first).to_be_visible()
    page.keyboard.press("s")
    expect(page.locator("[name=side][value=SIDE_SELL]")).to_be_checked()
    expect(page.locator("[name=price]")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    expect(page.locator("[name=side][value=SIDE_BUY]")).to_be_checked()
    page.keyboard.press("Escape")
    page.locator("#ladder").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#bids .level").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[name=quantity]")).to_be_focused()
    assert page.locator("[name=price]").input_value() != ""
    page.keyboard.press("Escape")
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.name"))
    assert {"symbol", "language", "theme", "interval", "ladder", "account", "side", "type"} <= reached
    assert {"price", "quantity", "time_in_force", "submit", "orders", "balances"} <= reached


def test_another_account_has_other_orders_and_balances(watched: Watched, venue: Venue) -> None:
    page = watched.page
    place(page, "Buy", FAR, "0.01")
    verdict(page, "is in the book")
    page.locator("#account").fill("77")
    page.locator("#account").press("Enter")
    watched.forgiven.append(REFUSED)
    expect(page.locator("#account-note")).to_be_visible()
    expect(page.locator("#no-orders")).to_be_visible()
    page.locator("#account").fill(str(TRADER))
    page.locator("#account").press("Enter")
    expect(page.locator("#orders tbody tr:visible")).not_to_have_count(0)
    cancel_all(page)


def test_it_speaks_chinese_and_has_a_dark_side_and_remembers_both(watched: Watched) -> None:
    page = watched.page
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("#language").click()
    expect(page.locator("#title-book")).to_have_text("订单簿")
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    page.locator("#theme").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != ground
    page.reload()
    expect(page.locator("#title-book")).to_have_text("订单簿")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != ground
    words = page.evaluate("import('/static/words.js').then(({WORDS}) => WORDS)")
    assert words["en"].keys() == words["zh"].keys()


def test_intervals_and_symbols_can_be_chosen(watched: Watched) -> None:
    page = watched.page
    page.locator("#intervals label:has([value='5m'])").click()
    expect(page.locator("#candles")).to_have_attribute("aria-label", re.compile("candles of 5m"))
    page.locator("#symbol").select_option(label="ETH-USDT")
    expect(page.locator("#submit")).to_have_text("Buy ETH")
    expect(page.locator("#candles")).to_have_attribute("aria-label", re.compile("ETH-USDT"))
    page.locator("#symbol").select_option(label="BTC-USDT")
    expect(page.locator("#submit")).to_have_text("Buy BTC")


def test_a_killed_server_is_shown_and_the_page_recovers_by_itself(watched: Watched, venue: Venue) -> None:
    watched.forgiven.append(CUT_OFF)
    page = watched.page
    place(page, "Buy", FAR, "0.03")
    verdict(page, "is in the book")
    order = order_of(page)
    venue.kill()
    expect(page.locator("#connection")).to_have_attribute("data-state", "waiting")
    expect(page.locator("#connection-state")).to_have_text("Disconnected")
    expect(page.locator("body")).to_have_attribute("data-stale", "true")
    expect(page.locator("#submit")).to_be_disabled()
    venue.start()
    expect(page.locator("#connection-state")).to_have_text("Live")
    expect(page.locator("body")).to_have_attribute("data-stale", "false")
    expect(page.locator(f"#orders tr[data-order='{order}']")).to_be_visible()
    with traders(venue, seed=3):
        changes(page, text_of("#ladder"))
        changes(page, text_of("#tape"))
    cancel_all(page)


def test_it_is_all_on_one_screen_or_in_one_column(browser: Browser, venue: Venue, shots: Path | None) -> None:
    for price, quantity in ((FAR, "0.25"), ("39500.5", "1.5")):
        venue.place(TRADER, BUY, price, quantity)
    with traders(venue, seed=4):
        for name, size in (("wide", (1440, 900)), ("phone", (390, 844))):
            for scheme in ("light", "dark"):
                context = new_context(browser, size, scheme)
                page = context.new_page()
                page.goto(venue.page)
                page.wait_for_selector("body[data-connection=live][data-stale=false]")
                changes(page, text_of("#tape"))
                overflow = page.evaluate(
                    "[document.documentElement.scrollWidth - innerWidth,"
                    " document.documentElement.scrollHeight - innerHeight]"
                )
                assert overflow[0] <= 0
                assert name == "phone" or overflow[1] <= 0
                if shots is not None:
                    page.screenshot(path=shots / f"{name}-{scheme}.png", full_page=name == "phone")
                context.close()


@pytest.mark.parametrize("name", ["high", "low", "volume", "last"])
def test_the_ticker_has_figures(watched: Watched, venue: Venue, name: str) -> None:
    venue.place(OTHER, SELL, "49000", "0.01")
    venue.place(TRADER, BUY, "60000", "0.01")
    expect(watched.page.locator(f"#{name}")).to_have_text(re.compile(r"^[\d,.]+[KMB]?$"))
