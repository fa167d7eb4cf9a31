"""What can be asked of the history: pages of orders, fills, trades and ledger entries."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple, TypeVar

from lightning.codes import OrderStatus
from lightning.decimals import Step
from lightning.instruments import Currency, Symbol
from lightning.storage.history.entries import (
    Entry,
    Fill,
    carried_entry,
    fee_entry,
    fill_entries,
    move_entry,
)
from lightning.storage.history.paging import (
    INT64_MAX,
    LEG_MAX,
    Asked,
    Page,
    Placed,
    Position,
    Round,
    Source,
    is_beyond,
    read_page,
)
from lightning.storage.history.schema import (
    FEES_LEFT,
    MOVES,
    ORDERS,
    TRADES,
    TRANSFERS,
    Move,
    PastOrder,
    Trade,
    fetch,
    get_head,
)

Item = TypeVar("Item", bound=Placed)


class PlacedOrder(PastOrder):
    """An order with its place in pages."""

    @property
    def position(self) -> Position:
        return (self.order_id, 0, 0)


def order(
    connection: sqlite3.Connection, account: int, order_id: int = 0, client_order_id: int = 0
) -> PastOrder | None:
    """By either id. Of several with a client order id: the last one that was not rejected."""
    if order_id:
        rest = f"FROM {ORDERS} WHERE order_id = ? AND account = ?"
        rows = fetch(connection, PastOrder._fields, rest, (order_id, account))
    else:
        rest = (
            f"FROM {ORDERS} WHERE account = ? AND client_order_id = ? AND client_order_id <> 0"
            f" ORDER BY status = {OrderStatus.REJECTED:d}, order_id DESC LIMIT 1"
        )
        rows = fetch(connection, PastOrder._fields, rest, (account, client_order_id))
    return PastOrder._make(rows[0]) if rows else None


def orders(
    connection: sqlite3.Connection, account: int, asked: Asked, symbol: int | None = None
) -> Page[PlacedOrder]:
    """By order id; `symbol` None: any."""

    def source(position: Position, size: int, newest_first: bool) -> Round[PlacedOrder]:
        sign, way = ("<", "DESC") if newest_first else (">", "ASC")
        rest = f"FROM {ORDERS} WHERE account = ? AND order_id {sign} ? ORDER BY order_id {way} LIMIT ?"
        rows = fetch(connection, PastOrder._fields, rest, (account, position[0], size))
        items = [PlacedOrder._make(row) for row in rows]
        return Round(items, items[-1].position if len(items) == size else None)

    return read_page([source], asked, lambda one: symbol is None or one.symbol == symbol)


def fills(
    connection: sqlite3.Connection, account: int, asked: Asked, symbol: int | None = None, order_id: int = 0
) -> Page[Fill]:
    """Both sides of the account's trades; `symbol` None: any, `order_id` 0: any."""
    until: Position | None = None
    if order_id:
        found = order(connection, account, order_id)
        if found is None:
            return Page([], None)
        ends: tuple[Position, Position] = ((order_id, -1, -1), (found.update_seq, INT64_MAX, LEG_MAX))
        first, until = ends[::-1] if asked.newest_first else ends
        asked = asked if asked.after else asked._replace(after=first)

    def is_wanted(fill: Fill) -> bool:
        return (symbol is None or fill.trade.symbol == symbol) and order_id in (0, fill.order_id)

    return read_page([*_fill_sources(connection, account, one_fill)], asked, is_wanted, until)


class Changes(NamedTuple):
    """What became of an account's orders in some seqs."""

    fills: list[Fill]
    orders: list[PastOrder]
    """Those filled or otherwise changed, as they are now."""
    to_seq: int
    """All up to here is there."""
    next: Position | None
    """Of the fills; None: these were the last."""


def account_changes(
    account: int, asked: Asked, after_seq: int, to_seq: int, connection: sqlite3.Connection
) -> Changes:
    """Whole seqs: about so many fills, or all of one seq.

    asked : which fills; their orders come with them, and the others that changed behind `after_seq`
    """
    sources = [*_fill_sources(connection, account, one_fill)]
    page = read_page(sources, asked, until=(to_seq, INT64_MAX, LEG_MAX))
    while page.next is not None:
        last: Position = (page.next[0], -1, -1)
        whole = [fill for fill in page.items if fill.position < last]
        if whole:
            page = Page(whole, last)
            break
        asked = asked._replace(size=2 * asked.size)
        page = read_page(sources, asked, until=(to_seq, INT64_MAX, LEG_MAX))
    end = to_seq if page.next is None else page.next[0] - 1
    rest = f"FROM {ORDERS} WHERE account = ? AND update_seq > ? AND update_seq <= ?"
    rows = fetch(connection, PastOrder._fields, rest, (account, after_seq, end))
    found = {row.order_id: row for row in map(PastOrder._make, rows)}
    for order_id in {fill.order_id for fill in page.items} - found.keys():
        one = order(connection, account, order_id)
        if one is not None:
            found[order_id] = one
    return Changes(page.items, [found[order_id] for order_id in sorted(found)], end, page.next)


def trades_after(connection: sqlite3.Connection, symbol: int, trade_id: int, limit: int) -> list[Trade]:
    """Oldest first."""
    rest = f"FROM {TRADES} WHERE symbol = ? AND trade_id > ? ORDER BY trade_id LIMIT ?"
    return [Trade._make(row) for row in fetch(connection, Trade._fields, rest, (symbol, trade_id, limit))]


def trades_before(connection: sqlite3.Connection, symbol: int, trade_id: int, limit: int) -> list[Trade]:
    """The last ones before an id, oldest first."""
    rest = f"FROM {TRADES} WHERE symbol = ? AND trade_id < ? ORDER BY trade_id DESC LIMIT ?"
    rows = fetch(connection, Trade._fields, rest, (symbol, trade_id, limit))
    return [Trade._make(row) for row in reversed(rows)]


def ledger_entries(
    connection: sqlite3.Connection, account: int, asked: Asked, currency: int | None = None
) -> Page[Entry]:
    """Everything that changed what the account has; `currency` None: any."""
    with_fees = f"fee_account = ? AND {FEES_LEFT}"
    sources = [
        _carried_source(connection, account),
        *_fill_sources(connection, account, fill_entries),
        _trade_source(connection, with_fees, account, lambda trade: [fee_entry(trade)]),
        _move_source(connection, "account = ?", account, False),
        _move_source(connection, f"counter_account = ? AND {TRANSFERS}", account, True),
    ]
    return read_page(sources, asked, lambda entry: currency is None or entry.currency == currency)


# sources: they look again at the trade or move that the page before may have ended in the middle of


def one_fill(fill: Fill) -> list[Fill]:
    return [fill]


def _fill_sources(
    connection: sqlite3.Connection, account: int, make: Callable[[Fill], Iterable[Item]]
) -> Iterator[Source[Item]]:
    for is_maker, where in ((False, "taker_account = ?"), (True, "maker_account = ?")):
        yield _trade_source(connection, where, account, partial(_of_side, make, is_maker))


def _of_side(make: Callable[[Fill], Iterable[Item]], is_maker: bool, trade: Trade) -> Iterable[Item]:
    return make(Fill(trade, is_maker))


def _trade_source(
    connection: sqlite3.Connection, where: str, account: int, make: Callable[[Trade], Iterable[Item]]
) -> Source[Item]:
    def source(position: Position, size: int, newest_first: bool) -> Round[Item]:
        sign, way = ("<=", "DESC") if newest_first else (">=", "ASC")
        rest = (
            f"FROM {TRADES} WHERE {where} AND (seq, trade_id) {sign} (?, ?)"
            f" ORDER BY seq {way}, trade_id {way} LIMIT ?"
        )
        rows = fetch(connection, Trade._fields, rest, (account, *position[:2], size))
        trades = [Trade._make(row) for row in rows]
        items = [item for trade in trades for item in make(trade)]
        last = (trades[-1].seq, trades[-1].trade_id) if len(trades) == size else None
        return _round(items, position, last, newest_first)

    return source


def _move_source(connection: sqlite3.Connection, where: str, account: int, receives: bool) -> Source[Entry]:
    def source(position: Position, size: int, newest_first: bool) -> Round[Entry]:
        sign, way = ("<=", "DESC") if newest_first else (">=", "ASC")
        rest = f"FROM {MOVES} WHERE {where} AND seq {sign} ? ORDER BY seq {way} LIMIT ?"
        rows = fetch(connection, Move._fields, rest, (account, position[0], size))
        items = [move_entry(Move._make(row), receives) for row in rows]
        last = (items[-1].seq, 0) if len(items) == size else None
        return _round(items, position, last, newest_first)

    return source


def _carried_source(connection: sqlite3.Connection, account: int) -> Source[Entry]:
    def source(position: Position, size: int, newest_first: bool) -> Round[Entry]:
        seq, time_ns = get_head(connection, "carried_seq"), get_head(connection, "carried_time_ns")
        rest = "FROM carried WHERE account = ? AND amount <> 0 ORDER BY currency"
        rows = fetch(connection, ("currency", "amount"), rest, (account,))
        items = [carried_entry(seq, time_ns, account, currency, amount) for currency, amount in rows]
        return _round(items, position, None, newest_first)

    return source


def _round(
    items: Iterable[Item], position: Position, last: tuple[int, int] | None, newest_first: bool
) -> Round[Item]:
    end = None if last is None else (*last, -1 if newest_first else LEG_MAX)
    return Round([item for item in items if is_beyond(item.position, position, newest_first)], end)


# what was traded


def symbol_of(connection: sqlite3.Connection, symbol: int) -> Symbol:
    """A symbol as it was last; of what it is worth, not its rules. Raises LookupError."""
    columns = "name, base, quote, tick_units, tick_scale, lot_units, lot_scale"
    row = connection.execute(f"SELECT {columns} FROM symbols WHERE id = ?", (symbol,)).fetchone()
    if row is None:
        raise LookupError(f"no symbol {symbol} was ever traded")
    name, base, quote, *steps = row
    currencies = currency_of(connection, base), currency_of(connection, quote)
    return Symbol(symbol, name, *currencies, Step(*steps[:2]), Step(*steps[2:]))


def currency_of(connection: sqlite3.Connection, currency: int) -> Currency:
    """A currency as it was last. Raises LookupError."""
    row = connection.execute("SELECT name, scale FROM currencies WHERE id = ?", (currency,)).fetchone()
    if row is None:
        raise LookupError(f"there never was a currency {currency}")
    return Currency(currency, *row)
