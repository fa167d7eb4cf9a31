"""Generate `docs/orders.md` from runs of the exchange: `python -m tools.orders_page`."""

import sys
import textwrap
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import numpy as np

from lightning.codes import CommandKind, OrderStatus, OrderType, Side, SymbolStatus
from lightning.engine.exchange import Exchange
from lightning.engine.views import OrderState
from lightning.rows import COMMAND, Command, Event
from tools.order_words import SYMBOL, read_command, tell_event, to_time
from tools.orders_examples import INTRODUCTION, SECTIONS, Example

PAGE = Path(__file__).resolve().parent.parent / "docs" / "orders.md"
WIDTH = 110
ACCOUNTS = 4
MONEY = 1_000_000


class Floor:
    """An exchange with one book, where orders have names."""

    def __init__(self, example: Example) -> None:
        currencies = [{"id": 1, "name": "BTC", "scale": 0}, {"id": 2, "name": "USD", "scale": 0}]
        symbol = {"id": SYMBOL, "name": "BTC-USD", "base": "BTC", "quote": "USD", "tick": "1", "lot": "1"}
        config = {"currency": currencies, "symbol": [{**symbol, **example.symbol}]}
        self.exchange = Exchange(config, shards=1)
        self.now = to_time("10:00")
        self.ids: dict[str, int] = {}
        self.commands: list[Command] = []
        for account in range(1, ACCOUNTS + 1):
            for currency in (1, 2):
                kind = CommandKind.DEPOSIT
                self._submit(Command(kind=kind, account=account, currency=currency, amount=MONEY))

    def run(self, line: str) -> list[str]:
        """One command in words; its events in words."""
        command = read_command(line, self.ids)
        self.now = max(self.now, command.time_ns)
        events = self._submit(command)
        self.commands.append(command)
        names = self._names()
        if command.kind == CommandKind.PLACE:
            name = line.partition(":")[0]
            self.ids[name] = self.exchange.seq
            names |= {self.exchange.seq: name, 0: name}  # a refused order has no id
        return [tell_event(event, names) for event in events]

    def _names(self) -> dict[int, str]:
        return {number: name for name, number in self.ids.items()}

    def _submit(self, command: Command) -> list[Event]:
        rows = np.array([command._replace(time_ns=self.now)], COMMAND)
        return [Event._make(row) for row in self.exchange.submit(rows).tolist()]

    def draw(self) -> list[str]:
        """The book, and beside it the stops that wait."""
        book = list(self._ladder())
        waiting = list(self._waiting())
        if waiting:
            waiting.insert(0, "waiting")
        width = max(map(len, book)) + 6
        beside = [f"{left:<{width}}{right}" for left, right in zip_longest(book, waiting, fillvalue="")]
        return [line.rstrip() for line in beside + list(self._footer())]

    def _ladder(self) -> Iterator[str]:
        names = self._names()
        shown: dict[tuple[int, int], int] = {}
        for side, levels in zip(Side, self.exchange.depth(SYMBOL), strict=True):
            shown |= {(side, price): qty for price, qty, _ in levels.tolist()}
        labels: dict[tuple[int, int], list[str]] = {place: [] for place in shown}
        for row in self.exchange.orders(SYMBOL).tolist():
            order = OrderState(*row)
            if order.status != OrderStatus.PENDING:
                hidden = f"+{order.hidden_qty}" if order.hidden_qty else ""
                label = f"{names[order.order_id]}{order.leaves_qty - order.hidden_qty}{hidden}"
                labels[order.side, order.price].append(label)
        yield f"{'orders':>12} {'bids':>5} | price | {'asks':<5} orders"
        for price in sorted({price for _, price in shown}, reverse=True):
            bids, asks = (Side.BUY, price), (Side.SELL, price)
            left = f"{' '.join(labels.get(bids, [])):>12} {shown.get(bids, ''):>5}"
            right = f"{shown.get(asks, ''):<5} {' '.join(labels.get(asks, []))}"
            yield f"{left} | {price:>5} | {right}"
        if not shown:
            yield f"{'':>18} | empty |"

    def _waiting(self) -> Iterator[str]:
        names = self._names()
        for row in self.exchange.pending_orders(SYMBOL).tolist():
            order = OrderState(*row)
            limit = f", limit {order.price}" if order.type == OrderType.STOP_LIMIT else ""
            verb = Side(order.side).name.lower()
            yield f"{names[order.order_id]} {verb} {order.leaves_qty}, stop {order.stop_price}{limit}"

    def _footer(self) -> Iterator[str]:
        last, status = self.exchange.last_price(SYMBOL), self.exchange.symbol_status(SYMBOL)
        if last:
            yield f"last price {last}"
        if status != SymbolStatus.TRADING:
            yield f"status {status.name}"
        indication = self.exchange.indicative(SYMBOL)
        if indication is not None:
            price, qty = indication
            yield f"the uncross would be {qty} at {price}" if qty else "the uncross would trade nothing"


def draw_example(example: Example, floor: Floor) -> str:
    for line in example.before:
        floor.run(line)
    lines = [*floor.draw(), ""]
    for line in example.commands:
        if line == "book":
            lines += ["", *floor.draw(), ""]
            continue
        lines += [f"> {line}", *(f"    {told}" for told in floor.run(line))]
    problems = floor.exchange.check()
    if problems:
        raise AssertionError(f"{example.title}: {problems}")
    lines += ["", *floor.draw()]
    return f"### {example.title}\n\n{fill(example.prose)}\n\n```text\n" + "\n".join(lines) + "\n```\n"


def fill(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)


def make_page() -> tuple[str, list[Command]]:
    """The page, and the commands that were run for it."""
    parts = ["# Orders and controls\n", *(fill(one) + "\n" for one in INTRODUCTION)]
    commands: list[Command] = []
    for section in SECTIONS:
        parts.append(f"## {section.title}\n")
        for example in section.examples:
            floor = Floor(example)
            parts.append(draw_example(example, floor))
            commands += floor.commands
    return "\n".join(parts), commands


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    page, _ = make_page()
    PAGE.write_text(page, encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} is current\n")
