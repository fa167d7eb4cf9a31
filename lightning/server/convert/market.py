"""Books, trades, instruments and totals to `lightning.v1`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from lightning.codes import RejectReason, Side, SymbolStatus
from lightning.decimals import format_steps, format_units
from lightning.engine.exchange import Exchange
from lightning.engine.views import Depth, Depths, OrderState, Totals
from lightning.instruments import Currency, Symbol
from lightning.pb.v1 import admin_pb2, market_data_pb2, types_pb2
from lightning.server.convert.book_bytes import can_encode, encode_books, steps_of
from lightning.server.convert.enums import SELF_TRADE_PREVENTIONS, SIDES, SYMBOL_STATUSES, read_side
from lightning.server.convert.fields import read_price, require_id, require_not_negative
from lightning.server.errors import BadField, Refused
from lightning.server.gateway import Catalog

LEVELS_DEFAULT = 20
LEVELS_MAX = 10_000
BOOKS_MAX = 1000
BATCH_LEVELS_MAX = 20_000
"""Of all books of a batch, of each side."""
TRADES_DEFAULT = 100
TRADES_MAX = 1000


def known_symbol(catalog: Catalog, symbol_id: int) -> Symbol:
    symbol = catalog.symbols.get(require_id("symbol_id", symbol_id))
    if symbol is None:
        raise Refused(RejectReason.UNKNOWN_SYMBOL)
    return symbol


# order book


def levels(request: market_data_pb2.GetOrderBookRequest) -> int:
    return min(require_not_negative("levels", request.levels) or LEVELS_DEFAULT, LEVELS_MAX)


class Asked(NamedTuple):
    """Which books, and how many levels of each."""

    symbols: list[Symbol]
    ids: npt.NDArray[np.int64]
    levels: npt.NDArray[np.int64]
    steps: npt.NDArray[np.int64] | None
    """As `book_bytes` wants them; None: it cannot write one of the books."""

    @classmethod
    def of(cls, symbols: list[Symbol], levels: list[int]) -> "Asked":
        ids = np.array([symbol.id for symbol in symbols], np.int64)
        steps = steps_of(symbols) if all(map(can_encode, symbols)) else None
        return cls(symbols, ids, np.array(levels, np.int64), steps)


def asked_books(request: market_data_pb2.BatchGetOrderBooksRequest, catalog: Catalog) -> Asked:
    if len(request.requests) > BOOKS_MAX:
        raise BadField("requests", f"must be {BOOKS_MAX} at most, not {len(request.requests)}")
    symbols, counts = list[Symbol](), list[int]()
    for place, one in enumerate(request.requests):
        try:
            symbols.append(known_symbol(catalog, one.symbol_id))
            counts.append(levels(one))
        except BadField as error:
            raise BadField(f"requests[{place}].{error.field}", error.reason) from None
        except Refused as error:
            raise Refused(error.reason, f"requests[{place}].symbol_id") from None
    if sum(counts) > BATCH_LEVELS_MAX:
        raise BadField("requests", f"must ask for {BATCH_LEVELS_MAX} levels at most, not {sum(counts)}")
    return Asked.of(symbols, counts)


class Books(NamedTuple):
    """What is told of books, all as of one seq."""

    depths: Depths
    indicative: npt.NDArray[np.int64]
    """(n, 2): price and quantity of an uncross now; no quantity: there would be none."""


def read_books(asked: Asked, exchange: Exchange) -> Books:
    """On the engine thread. Raises Refused for a symbol that is gone."""
    try:
        depths = exchange.depths(asked.ids, asked.levels)
    except KeyError:
        raise Refused(RejectReason.UNKNOWN_SYMBOL) from None
    indicative = np.zeros((len(asked.symbols), 2), np.int64)
    for place in np.flatnonzero(depths.statuses == SymbolStatus.AUCTION):
        indicative[place] = exchange.indicative(asked.symbols[place].id) or (0, 0)
    return Books(depths, indicative)


def read_book(symbol: Symbol, levels: int, exchange: Exchange) -> Books:
    return read_books(Asked.of([symbol], [levels]), exchange)


def book_body(symbol: Symbol, book: Books) -> bytes:
    """An OrderBook without seq and time."""
    return order_books(Asked.of([symbol], [0]), book, seq=0, time_ns=0, in_list=False)


def order_books(asked: Asked, books: Books, seq: int, time_ns: int, in_list: bool) -> bytes:
    """Serialised: an OrderBook, or with `in_list` the BatchGetOrderBooksResponse of all."""
    if asked.steps is not None:
        return encode_books(asked.steps, books.depths, books.indicative, seq, time_ns, in_list).tobytes()
    messages = [
        order_book(symbol, *book, seq, time_ns)
        for symbol, book in zip(asked.symbols, _each_book(books), strict=True)
    ]
    if in_list:
        return market_data_pb2.BatchGetOrderBooksResponse(books=messages).SerializeToString()
    return messages[0].SerializeToString()


def _each_book(books: Books) -> Iterator[tuple[Depth, SymbolStatus, tuple[int, int]]]:
    row = 0
    for (bids, asks), status, (price, qty) in zip(
        books.depths.counts.tolist(), books.depths.statuses.tolist(), books.indicative.tolist(), strict=True
    ):
        middle, end = row + bids, row + bids + asks
        depth = Depth(books.depths.rows[row:middle], books.depths.rows[middle:end])
        yield depth, SymbolStatus(status), (price, qty)
        row = end


def order_book(
    symbol: Symbol, depth: Depth, status: SymbolStatus, indicative: tuple[int, int], seq: int, time_ns: int
) -> market_data_pb2.OrderBook:
    """Of any symbol, with an object a level: `book_bytes` writes the same quicker."""
    bids, asks = _price_levels(symbol, depth.bids), _price_levels(symbol, depth.asks)
    text = "".join(f"{level.price}:{level.quantity};" for level in (*bids, *asks))
    message = market_data_pb2.OrderBook(
        symbol_id=symbol.id,
        seq=seq,
        bids=bids,
        asks=asks,
        time_ns=time_ns,
        checksum=crc32(text.encode()),
        status=SYMBOL_STATUSES[status],
    )
    price, qty = indicative
    if qty:
        message.indicative_price = format_steps(price, symbol.tick)
        message.indicative_quantity = format_steps(qty, symbol.lot)
    return message


def _price_levels(symbol: Symbol, side: np.ndarray) -> list[market_data_pb2.PriceLevel]:
    return [
        market_data_pb2.PriceLevel(
            price=format_steps(price, symbol.tick), quantity=format_steps(qty, symbol.lot), order_count=count
        )
        for price, qty, count in side.tolist()
    ]


def book_filter(
    request: market_data_pb2.ListBookOrdersRequest, symbol: Symbol
) -> tuple[Side | None, int | None]:
    """Side, and price in ticks; None: any."""
    return (
        read_side("side", request.side) if request.side else None,
        read_price("price", request.price, symbol) if request.price else None,
    )


def book_orders(symbol: Symbol, orders: np.ndarray) -> market_data_pb2.ListBookOrdersResponse:
    return market_data_pb2.ListBookOrdersResponse(
        orders=[
            market_data_pb2.BookOrder(
                order_id=order.order_id,
                side=SIDES[order.side],
                price=format_steps(order.price, symbol.tick),
                quantity=format_steps(order.leaves_qty, symbol.lot),
            )
            for order in map(OrderState._make, orders.tolist())
        ]
    )


class TradesPage(NamedTuple):
    """After an id, before an id, or with neither the latest."""

    after: int | None
    before: int | None
    limit: int


def trades_page(request: market_data_pb2.ListTradesRequest) -> TradesPage:
    limit = min(require_not_negative("limit", request.limit) or TRADES_DEFAULT, TRADES_MAX)
    ids = []
    for field in ("after_trade_id", "before_trade_id"):
        trade_id = require_not_negative(field, getattr(request, field))
        ids.append(trade_id if request.HasField(field) else None)
    if None not in ids:
        raise BadField("before_trade_id", "and after_trade_id exclude each other: give one of them")
    return TradesPage(ids[0], ids[1], limit)


def trades(symbol: Symbol, rows: Iterable[Sequence[int]]) -> list[market_data_pb2.Trade]:
    """rows : of TRADE_VIEW's columns"""
    return [
        market_data_pb2.Trade(
            trade_id=trade_id,
            symbol_id=symbol.id,
            price=format_steps(price, symbol.tick),
            quantity=format_steps(qty, symbol.lot),
            taker_side=SIDES[taker_side],
            maker_order_id=maker_order_id,
            taker_order_id=taker_order_id,
            seq=seq,
            time_ns=time_ns,
        )
        for trade_id, _, price, qty, taker_side, maker_order_id, taker_order_id, seq, time_ns in rows
    ]


# what is traded


def symbols(
    known: Iterable[Symbol], statuses: Mapping[int, SymbolStatus]
) -> market_data_pb2.ListSymbolsResponse:
    """statuses : as they are now; a symbol that has none is gone"""
    return market_data_pb2.ListSymbolsResponse(
        symbols=[
            _symbol(one, statuses[one.id])
            for one in sorted(known, key=lambda one: one.id)
            if one.id in statuses
        ]
    )


def _symbol(symbol: Symbol, status: SymbolStatus) -> types_pb2.Symbol:
    return types_pb2.Symbol(
        symbol_id=symbol.id,
        name=symbol.name,
        base_currency_id=symbol.base.id,
        quote_currency_id=symbol.quote.id,
        tick=format_steps(1, symbol.tick),
        lot=format_steps(1, symbol.lot),
        maker_fee_ppm=symbol.maker_fee_ppm,
        taker_fee_ppm=symbol.taker_fee_ppm,
        self_trade_prevention=SELF_TRADE_PREVENTIONS[symbol.self_trade_prevention],
        status=SYMBOL_STATUSES[status],
        quantity_min=format_steps(symbol.quantity_min, symbol.lot),
        quantity_max=format_steps(symbol.quantity_max, symbol.lot),
        notional_min=format_units(symbol.notional_min, symbol.quote.scale),
        fee_account_id=symbol.fee_account,
        order_fee_ppm_min=symbol.order_fee_ppm_min,
        order_fee_ppm_max=symbol.order_fee_ppm_max,
        price_band_ppm=symbol.price_band_ppm,
        market_protection_ppm=symbol.market_protection_ppm,
        open_orders_max=symbol.orders_max,
    )


def currencies(known: Iterable[Currency]) -> market_data_pb2.ListCurrenciesResponse:
    return market_data_pb2.ListCurrenciesResponse(
        currencies=[
            types_pb2.Currency(
                currency_id=currency.id,
                name=currency.name,
                display_name=currency.display_name,
                scale=currency.scale,
            )
            for currency in sorted(known, key=lambda one: one.id)
        ]
    )


# totals


def totals(rows: Sequence[Totals], seq: int, catalog: Catalog) -> admin_pb2.GetTotalsResponse:
    return admin_pb2.GetTotalsResponse(
        seq=seq, totals=[_totals(row, catalog.currencies[row.currency]) for row in rows]
    )


def _totals(row: Totals, currency: Currency) -> admin_pb2.Totals:
    return admin_pb2.Totals(
        currency_id=currency.id,
        deposited=format_units(row.deposited, currency.scale),
        withdrawn=format_units(row.withdrawn, currency.scale),
        available=format_units(row.available, currency.scale),
        held=format_units(row.held, currency.scale),
        fees=format_units(row.fees, currency.scale),
    )
