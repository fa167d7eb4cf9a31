"""The page on feeds that are cut, garbled or fast."""

import json
import re
from typing import Any

from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from lightning.pb.v1 import types_pb2 as types
from tests.browser.conftest import OTHER, PATIENCE_MS, Watched, new_context
from tests.browser.venue import Venue, traders

STREAM = re.compile("/v1/stream$")
BURST = 20_000
COUNT_NODES = """
async () => {
    window.made = 0;
    const count = changes => changes.forEach(change => { window.made += change.addedNodes.length; });
    const watch = { subtree: true, childList: true };
    for (const id of ['ladder', 'tape', 'bar']) {
        new MutationObserver(count).observe(document.getElementById(id), watch);
    }
    for (let before = -1; before !== window.made; ) {  // until the page has all it begins with
        before = window.made;
        await new Promise(resolve => setTimeout(resolve, 500));
    }
    window.made = 0;
}
"""
SEND_BURST = """
async count => {
    const { Book } = await import("/static/book.js");
    const book = new Book();
    const send = (bids, previous, seq, snapshot) => {
        const message = { symbol_id: 1, seq: String(seq), previous_seq: String(previous), snapshot, bids };
        Object.assign(message, { asks: [], status: "SYMBOL_STATUS_TRADING" });
        book.apply({ ...message, checksum: 0 });
        const told = { channel: "book", symbol_id: 1, message: { ...message, checksum: book.checksum() } };
        window.pageSocket.onmessage({ data: JSON.stringify(told) });
    };
    send([{ price: "1.0", quantity: "1.0", order_count: 1 }], 0, 1, true);
    for (let seq = 2; seq <= count; seq++) {
        send([{ price: `${100 + seq % 30}.5`, quantity: `${seq}.25`, order_count: 1 }], seq - 1, seq, false);
        if (seq % 100 === 0) await new Promise(requestAnimationFrame);
    }
}
"""
KEEP_SOCKET = """
window.WebSocket = class extends WebSocket {
    constructor(...given) { super(...given); window.pageSocket = this; }
};
"""


def shows_the_book(page: Page) -> None:
    page.wait_for_function(
        """async () => {
            const book = await (await fetch('/v1/symbols/1/book?levels=5')).json();
            return ['bids', 'asks'].every(side => book[side].every((level, place) =>
                document.querySelectorAll(`#${side} .level`)[place].dataset.price === level.price));
        }""",
        timeout=PATIENCE_MS,
    )


def test_a_gap_and_a_wrong_checksum_are_counted_and_mended(browser: Browser, venue: Venue) -> None:
    changes, spoiled = 0, list[str]()

    def spoil(told: Any) -> Any:
        """Leaves out the 5th change of the book, and changes the checksum of the 40th."""
        nonlocal changes
        if "op" in told or told["channel"] != "book" or told["message"]["snapshot"]:
            return told
        changes += 1
        if changes == 5:
            spoiled.append("gap")
            return None
        if changes == 40:
            spoiled.append("checksum")
            told["message"]["checksum"] ^= 1
        return told

    def route(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(text: str | bytes) -> None:
            told = spoil(json.loads(text))
            if told is not None:
                socket.send(json.dumps(told))

        server.on_message(pass_on)

    context = new_context(browser)
    watched = Watched(context.new_page())
    page = watched.page
    page.route_web_socket(STREAM, route)
    page.goto(venue.page)
    with traders(venue, seed=8):
        expect(page.locator("#resyncs")).to_have_text("2 resynced", timeout=PATIENCE_MS)
    assert spoiled == ["gap", "checksum"]
    shows_the_book(page)
    context.close()
    watched.check()


def test_twenty_thousand_changes_make_no_node_and_end_as_they_should(browser: Browser, venue: Venue) -> None:
    venue.place(OTHER, types.SIDE_BUY, "40000", "0.01")
    context = new_context(browser)
    watched = Watched(context.new_page())
    page = watched.page
    page.add_init_script(KEEP_SOCKET)
    page.goto(venue.page)
    expect(page.locator("#bids .level:not([data-price=''])").first).to_be_visible(timeout=PATIENCE_MS)
    page.evaluate(SEND_BURST, 100)
    page.evaluate(COUNT_NODES)
    page.evaluate(SEND_BURST, BURST)
    expect(page.locator("#bids .level .price").first).to_have_text("129.50")
    assert page.evaluate("made") == 0
    expect(page.locator("#resyncs")).to_be_empty()
    context.close()
    watched.check()
