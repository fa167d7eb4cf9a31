"""From a raw capture of a venue's order feed to an order tape.

A capture is a directory with `orders.csv.gz` (or `orders.csv`), one row per message of the feed, and
`trades.csv`, one row per trade. It begins with the opening book: rows that all carry the first row's times.
The PyPI package ob-analytics 0.1.0 has one of Bitstamp's BTC/USD in its folder `ob_analytics/_sample_data`.

What the feed does not say outright is concluded:

- An opening order that a taker traded past, at a worse price, was gone already: it is left out.
- An order that would cross the book, yet is deleted untraded in the same millisecond, was post-only, refused.
- A market order by money is announced without a quantity: its quantity is what it traded.
- What a cancel says was left is `sure` if it is what the trades left of an order that was placed.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from heapq import heappop, heappush
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple, TextIO

from lightning.client.tape import LOT, TICK, Op, TapeFill, TapeLine

_ORDER_COLUMNS = ("id", "timestamp", "exchange_timestamp", "price", "volume", "action", "direction")
_TRADE_COLUMNS = ("price", "amount", "buy_order_id", "sell_order_id", "side")


class CaptureError(ValueError):
    """The capture cannot be read; the message names the file and the line."""


class _Message(NamedTuple):
    order_id: int
    timestamp: int  # ms, of the receiver
    exchange_timestamp: int  # ms, of the venue
    price: int
    qty: int  # left
    action: str  # created, changed, deleted
    buy: bool


class Capture(NamedTuple):
    messages: list[_Message]
    fills: dict[int, list[TapeFill]]
    """By the taker's order id."""


def read_capture(directory: Path) -> Capture:
    """Raises CaptureError."""
    plain = directory / "orders.csv"
    orders = plain if plain.exists() else directory / "orders.csv.gz"
    messages = [_parse_message(row) for row in _read_rows(orders, _ORDER_COLUMNS)]
    fills: dict[int, list[TapeFill]] = defaultdict(list)
    for row in _read_rows(directory / "trades.csv", _TRADE_COLUMNS):
        buy, sell = row.whole("buy_order_id"), row.whole("sell_order_id")
        taker, maker = (buy, sell) if row.choice("side", ("buy", "sell")) == "buy" else (sell, buy)
        fills[taker].append(TapeFill(maker, row.scaled("amount", LOT.scale), row.scaled("price", TICK.scale)))
    return Capture(messages, dict(fills))


def convert(capture: Capture) -> Iterator[TapeLine]:
    """The tape: the opening book by order id, then the feed in its own order."""
    return (line for _, line in convert_timed(capture))


def convert_timed(capture: Capture) -> Iterator[tuple[int, TapeLine]]:
    """The tape, each line with the venue's time of its message, ms since 1970."""
    messages, fills = capture
    opening_size = _opening_size(messages)
    refusable = _deleted_at_once(messages[opening_size:], fills)
    stale = _traded_past(messages, opening_size, fills)
    book = _Book()
    for message in sorted(messages[:opening_size]):
        if message.order_id not in stale:
            book.place(message, message.qty)
            yield message.exchange_timestamp, _line(Op.OPENING, message, message.qty)
    refused: set[int] = set()
    for message in messages[opening_size:]:
        if message.action == "created":
            order_fills = tuple(fills.get(message.order_id, ()))
            if message.order_id in refusable and book.would_cross(message):
                refused.add(message.order_id)
                yield message.exchange_timestamp, _line(Op.REFUSED, message, message.qty)
                continue
            qty = message.qty or sum(fill.qty for fill in order_fills)
            book.place(message, qty)
            book.trade(message.order_id, order_fills)
            yield message.exchange_timestamp, _line(Op.PLACE, message, qty, order_fills)
        elif message.action == "deleted":
            left = book.remove(message.order_id)
            if message.qty and message.order_id not in refused:
                line = _line(Op.CANCEL, message, message.qty, sure=left == message.qty)
                yield message.exchange_timestamp, line


def _line(
    op: Op, message: _Message, qty: int, fills: tuple[TapeFill, ...] = (), sure: bool = True
) -> TapeLine:
    return TapeLine(op, message.order_id, message.buy, message.price, qty, fills, sure)


def _opening_size(messages: list[_Message]) -> int:
    def is_opening(message: _Message) -> bool:
        times = message.timestamp, message.exchange_timestamp
        return message.action == "created" and times == (first.timestamp, first.exchange_timestamp)

    if not messages:
        return 0
    first = messages[0]
    return sum(1 for _ in takewhile(is_opening, messages))


def _deleted_at_once(messages: list[_Message], fills: dict[int, list[TapeFill]]) -> set[int]:
    """Orders deleted in the millisecond they came in, with all of their quantity left and without a trade."""
    traded = set(fills).union(fill.maker_order_id for taker in fills.values() for fill in taker)
    created = {message.order_id: message for message in messages if message.action == "created"}
    found: set[int] = set()
    for message in messages:
        if message.action == "deleted" and message.order_id in created and message.order_id not in traded:
            first = created[message.order_id]
            if (message.exchange_timestamp, message.qty) == (first.exchange_timestamp, first.qty):
                found.add(message.order_id)
    return found


def _traded_past(messages: list[_Message], opening_size: int, fills: dict[int, list[TapeFill]]) -> set[int]:
    """Opening orders that a taker left untouched though it traded at a worse price than theirs."""
    opening = {message.order_id: message for message in messages[:opening_size]}
    stale: set[int] = set()
    for message in messages[opening_size:]:
        if message.action == "deleted":
            opening.pop(message.order_id, None)
        elif message.action == "created" and message.order_id in fills:
            makers = {fill.maker_order_id for fill in fills[message.order_id]}
            prices = [fill.price for fill in fills[message.order_id]]
            for order in opening.values():
                if order.buy == message.buy or order.order_id in makers:
                    continue
                if order.price > min(prices) if order.buy else order.price < max(prices):
                    stale.add(order.order_id)
    return stale


class _Book:
    """Which orders rest, with what is left of them, and the best price of each side."""

    def __init__(self) -> None:
        self._left: dict[int, int] = {}
        self._key: dict[int, tuple[bool, int]] = {}
        self._orders_at: dict[tuple[bool, int], int] = defaultdict(int)
        self._heaps: dict[bool, list[int]] = {True: [], False: []}  # buys by falling price, so negated

    def place(self, message: _Message, qty: int) -> None:
        key = message.buy, message.price
        self._left[message.order_id] = qty
        self._key[message.order_id] = key
        self._orders_at[key] += 1
        heappush(self._heaps[message.buy], -message.price if message.buy else message.price)

    def trade(self, taker_order_id: int, fills: tuple[TapeFill, ...]) -> None:
        for fill in fills:
            for order_id in (taker_order_id, fill.maker_order_id):
                if order_id in self._left:
                    self._left[order_id] -= fill.qty
                    if self._left[order_id] <= 0:
                        self.remove(order_id)

    def remove(self, order_id: int) -> int | None:
        """What was left of the order; None if it does not rest."""
        key = self._key.pop(order_id, None)
        if key is None:
            return None
        self._orders_at[key] -= 1
        return self._left.pop(order_id)

    def would_cross(self, message: _Message) -> bool:
        best = self._best(not message.buy)
        if best is None:
            return False
        return message.price >= best if message.buy else message.price <= best

    def _best(self, buy: bool) -> int | None:
        heap = self._heaps[buy]
        while heap:
            price = -heap[0] if buy else heap[0]
            if self._orders_at[buy, price]:
                return price
            heappop(heap)
        return None


class _Row:
    """One row of a file, by column; what is wrong with it is told with file and line."""

    def __init__(self, path: Path, number: int, values: dict[str, str]) -> None:
        self._path, self._number, self._values = path, number, values

    def choice(self, column: str, allowed: tuple[str, ...]) -> str:
        text = self._values[column]
        if text not in allowed:
            raise self._error(column, f"must be one of {', '.join(allowed)}")
        return text

    def whole(self, column: str) -> int:
        return self.scaled(column, 0)

    def scaled(self, column: str, scale: int) -> int:
        """The number, which may be written as "7.18e-06", as a count of 10**-`scale`."""
        try:
            value = Decimal(self._values[column])
        except InvalidOperation:
            raise self._error(column, "must be a number") from None
        if not (value.is_finite() and 0 <= value < 10**18):
            raise self._error(column, "must be 0 or more, and below 10^18")
        units = value.scaleb(scale)
        if units != units.to_integral_value():
            raise self._error(column, f"has more than {scale} decimals")
        return int(units)

    def _error(self, column: str, problem: str) -> CaptureError:
        return CaptureError(
            f"{self._path}: line {self._number}: {column} {problem}, not {self._values[column]!r}"
        )


def _parse_message(row: _Row) -> _Message:
    return _Message(
        order_id=row.whole("id"),
        timestamp=row.whole("timestamp"),
        exchange_timestamp=row.whole("exchange_timestamp"),
        price=row.scaled("price", TICK.scale),
        qty=row.scaled("volume", LOT.scale),
        action=row.choice("action", ("created", "changed", "deleted")),
        buy=row.choice("direction", ("bid", "ask")) == "bid",
    )


def _open_text(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _read_rows(path: Path, columns: tuple[str, ...]) -> Iterator[_Row]:
    try:
        with _open_text(path) as file:
            rows = csv.reader(file)
            header = next(rows, [])
            missing = [column for column in columns if column not in header]
            if missing:
                raise CaptureError(f"{path}: line 1: lacks the columns {', '.join(missing)}")
            for number, row in enumerate(rows, start=2):
                if len(row) != len(header):
                    raise CaptureError(f"{path}: line {number}: has {len(row)} columns, not {len(header)}")
                yield _Row(path, number, dict(zip(header, row, strict=True)))
    except OSError as error:
        raise CaptureError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (EOFError, UnicodeDecodeError, csv.Error) as error:
        raise CaptureError(f"{path}: is not a CSV file: {error}") from error
