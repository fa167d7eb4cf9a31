"""A tiny market that calls every kernel once, with the types that the real one uses."""

import numpy as np

from lightning.codes import CommandKind, Side
from lightning.engine.book_orders import BookOrders, touched_symbols
from lightning.engine.capture import image_of_exchange
from lightning.engine.exchange import Exchange
from lightning.engine.image import restore
from lightning.engine.journal import Batch
from lightning.engine.pipeline import SEGMENT_ROWS_MIN
from lightning.engine.replay import apply
from lightning.engine.tables import words_of
from lightning.kernels.candles_layout import Interval
from lightning.kernels.pack import PACKED_ROW_MAX, pack_rows, unpack_rows
from lightning.rows import COMMAND, Command

_COMMANDS = np.array(
    [
        Command(kind=CommandKind.DEPOSIT, account=1, currency=2, amount=10**10),
        Command(kind=CommandKind.DEPOSIT, account=2, currency=1, amount=10**10),
        Command(
            kind=CommandKind.PLACE, account=1, symbol=1, side=Side.BUY, price=100, qty=10, client_order_id=1
        ),
        Command(kind=CommandKind.PLACE, account=2, symbol=1, side=Side.SELL, price=100, qty=5),
    ],
    COMMAND,
)


def tables() -> None:
    Exchange()


def commands() -> None:
    apply(Exchange(), Batch(1, _COMMANDS))


def stages() -> None:
    """As many orders as go through the stages together, and one behind them that has to wait."""
    exchange = Exchange(workers=2)
    exchange.submit(_COMMANDS)
    orders = np.repeat(_COMMANDS[-1:], 2 * SEGMENT_ROWS_MIN)
    orders["qty"][SEGMENT_ROWS_MIN] = 10**10  # more than can be seen to be there
    exchange.submit(orders)


def queries() -> None:
    exchange = Exchange()
    exchange.submit(_COMMANDS)
    exchange.depth(1)
    exchange.book_orders(1)
    exchange.book_orders(1, Side.BUY, 100)
    exchange.open_orders(1)
    exchange.order(1, client_order_id=1)
    exchange.order(1, order_id=3)
    exchange.trades(1)
    exchange.account(1)
    exchange.tickers(0)
    exchange.candles(1, Interval.MINUTE)


def checks() -> None:
    exchange = Exchange()
    exchange.submit(_COMMANDS)
    exchange.check()
    exchange.state_hash()
    exchange.window_hash()


def book_orders() -> None:
    exchange = Exchange()
    book = BookOrders(exchange, 1)
    batch = Batch(exchange.seq + 1, _COMMANDS)
    events = exchange.submit(batch.rows)
    touched_symbols(events)
    book.advance(batch, events)


def images() -> None:
    exchange = Exchange()
    exchange.submit(_COMMANDS)
    restore(image_of_exchange(exchange), shards=10, workers=1)


def packing() -> None:
    words = words_of(_COMMANDS)
    packed = np.empty(len(words) * PACKED_ROW_MAX, np.uint8)
    size = pack_rows(words, packed)
    unpack_rows(np.frombuffer(packed[:size].tobytes(), np.uint8), np.empty_like(words))


def growth() -> None:
    """More accounts, ids and orders than the first tables hold."""
    count = 12_000
    rows = np.zeros(2 * count, COMMAND)
    rows["kind"][:count] = CommandKind.DEPOSIT
    rows["kind"][count:] = CommandKind.PLACE
    rows["account"] = np.tile(np.arange(1, count + 1), 2)
    rows["currency"][:count] = 2
    rows["amount"][:count] = 10**9
    rows["symbol"][count:] = 1
    rows["price"][count:] = np.arange(1, count + 1)
    rows["qty"][count:] = 1
    rows["client_order_id"][count:] = 1
    Exchange().submit(rows)
