"""Pictures of every figure and widget in a real JupyterLab, light and dark: to be looked at, not compared.

python -m tests.notebook.shots DIRECTORY
"""

import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from lightning.analysis.past import BookFlow
from lightning.client.tape import TAPE_CONFIG
from lightning.config import load_config
from tests.analysis.tape_flow import real_flow, real_tape
from tests.analysis.toy_book import random_book
from tests.browser.conftest import chromium, new_context
from tests.notebook.lab import Lab

SETTLE_MS = 1_500
LEFT_OUT_NS = 60_000_000_000
CELLS = {
    "flow": """
import numpy as np
import lightning.analysis
from lightning.analysis import measures, pictures
from lightning.analysis.widget import BookWidget, ReplayWidget
from lightning.codes import Side
from tests.notebook.shots import shown_flow
flow = shown_flow()
rows = flow.rows
book = flow.book_at()
""",
    "depth_chart": "pictures.depth_chart(book)",
    "price_ladder": "pictures.price_ladder(book)",
    "heat_map": "pictures.heat_map(flow)",
    "order_flow": "pictures.order_flow(flow)",
    "quote_series": "pictures.quote_series(flow)",
    "queue": "pictures.queue(book, Side.BUY, account=7)",
    "queue_position": """
taken = rows["order_id"][rows["kind"] == 4][:60]
ahead = {one: measures.queue_position(rows, one).orders_ahead[0] for one in taken.tolist()}
pictures.queue_position(flow, max(ahead, key=ahead.get))
""",
    "response": """
pictures.impact_curve(measures.response_by_trade(rows, [1, 2, 3, 5, 10, 20, 50]), flow.symbol)
""",
    "impact_by_size": """
edges = 10.0 ** np.arange(3, 10)
pictures.impact_curve(measures.impact_by_size(rows, edges), flow.symbol)
""",
    "book_html": "book",
    "orders_html": """
from lightning import COMMAND, Command, Exchange
from lightning.codes import CommandKind, OrderType
exchange = Exchange()
commands = [
    Command(kind=CommandKind.DEPOSIT, account=n, currency=c, amount=10**14) for n in (1, 2) for c in (1, 2)
]
for n in range(8):
    price = 5_000_000 + n * (2 * (n % 2) - 1)
    order = Command(kind=CommandKind.PLACE, account=1 + n % 2, symbol=1, side=n % 2, price=price, qty=n + 1)
    commands.append(order)
events = exchange.submit(np.array(commands, COMMAND))
market = lightning.analysis.open(exchange)
market.orders()
""",
    "balances_html": "market.balances()",
    "book_widget": """
widget = BookWidget(flow.symbol)
widget.show(book)
widget
""",
    "replay_widget": """
replay = ReplayWidget(flow)
replay.position = 6_000
replay
""",
}


def shown_flow() -> BookFlow:
    """The real half hour, without the cancels that end the capture; without its data a random flow."""
    if real_tape() is None:
        return random_book(9_000, seed=3)
    found, symbol = real_flow(), load_config(tomllib.loads(TAPE_CONFIG)).symbols[0]
    rows = found.rows[found.rows["time_ns"] < found.rows["time_ns"][-1] - LEFT_OUT_NS]
    begin = rows[found.opening - 1]
    return BookFlow(
        symbol,
        rows,
        opening=found.opening,
        start_seq=int(begin["seq"]),
        start_time_ns=int(begin["time_ns"]),
    )


def take(lab: Lab, browser: Browser, directory: Path, scheme: Literal["light", "dark"]) -> None:
    context = new_context(browser, scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(120_000)
    notebook = lab.open(page, scheme, [source.strip() for source in CELLS.values()])
    page.evaluate("() => jupyterapp.commands.execute('application:toggle-left-area')")
    for place, name in enumerate(CELLS):
        output = notebook.run(place)
        if name == "flow":
            continue
        output.scroll_into_view_if_needed()
        output.evaluate("element => element.closest('.jp-Cell').scrollIntoView({ block: 'center' })")
        page.wait_for_timeout(SETTLE_MS)
        page.screenshot(path=directory / f"{name}_{scheme}.png")
    context.close()


def main() -> None:
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        lab = Lab(Path(place))
        lab.start()
        try:
            browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
            take(lab, browser, directory, "light")
            take(lab, browser, directory, "dark")
            browser.close()
        finally:
            lab.stop()


if __name__ == "__main__":
    main()
