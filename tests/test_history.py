"""The history: entries sum to balances, orders are as the engine has them, pages miss and repeat nothing."""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from lightning.codes import CommandKind, OrderStatus, OrderType, RejectReason, Side, TimeInForce
from lightning.config import load_config
from lightning.engine.changes import CreateSymbol, DeleteSymbol, UpdateSymbol
from lightning.engine.views import OrderState
from lightning.rows import Command
from lightning.storage.history import History, queries
from lightning.storage.history.entries import Entry, EntryKind, Fill
from lightning.storage.history.paging import Asked, Page
from lightning.storage.history.queries import PlacedOrder
from lightning.storage.history.schema import OPEN
from tests.desk import rows_of
from tests.flows import SHAPES
from tests.pasts import Venue, all_pages, feed, open_history, played

COUNT = 4_000
WHOLE = Asked()
LEDGER_SHAPES = [name for name, shape in SHAPES.items() if shape.ledger]
BTC, USDT = 1, 2
BUY = Command(kind=CommandKind.PLACE, symbol=1, account=1, side=Side.BUY, price=100, qty=10)
SELL = BUY._replace(account=2, side=Side.SELL)


def deposit(account: int, currency: int = USDT, amount: int = 10**12) -> Command:
    return Command(kind=CommandKind.DEPOSIT, account=account, currency=currency, amount=amount)


FUNDS = [deposit(1), deposit(1, BTC), deposit(2), deposit(2, BTC)]


def entries_of(history: History, account: int, asked: Asked = WHOLE) -> list[Entry]:
    return all_pages(
        history, lambda connection, asked: queries.ledger_entries(connection, account, asked), asked
    )


def orders_of(history: History, account: int, asked: Asked = WHOLE) -> list[PlacedOrder]:
    return all_pages(history, lambda connection, asked: queries.orders(connection, account, asked), asked)


def fills_of(
    history: History, account: int, asked: Asked = WHOLE, symbol: int | None = None, order_id: int = 0
) -> list[Fill]:
    return all_pages(
        history,
        lambda connection, asked: queries.fills(connection, account, asked, symbol, order_id),
        asked,
    )


def assert_audit(history: History, venue: Venue) -> None:
    """From every balance to the entries that made it."""
    amounts: dict[tuple[int, int], list[int]] = defaultdict(list)
    for account in venue.accounts():
        for entry in entries_of(history, account):
            amounts[account, entry.currency].append(entry.amount)
    assert {key: sorted(each) for key, each in amounts.items()} == {
        key: sorted(each) for key, each in venue.plain.amounts.items() if each
    }
    balances = {
        (account, currency): available + held
        for account, currency, available, held in venue.exchange.balances().tolist()
    }
    assert {key: sum(each) for key, each in amounts.items() if sum(each)} == {
        key: total for key, total in balances.items() if total
    }


def assert_orders(history: History, venue: Venue) -> None:
    """Every order, as a plain computation has it, and as the engine has it where it still does."""
    accounts = {order.account for order in venue.plain.orders.values()}
    found = {order.order_id: order for one in accounts for order in orders_of(history, one)}
    assert found.keys() == venue.plain.orders.keys()
    for order_id, order in venue.plain.orders.items():
        assert found[order_id] == order, order_id
    is_open = {order_id for order_id, order in found.items() if order.status in OPEN}
    open_orders = [
        OrderState._make(row)
        for symbol in venue.exchange.symbols
        for row in venue.exchange.orders(symbol).tolist()
    ]
    assert sorted(order.order_id for order in open_orders) == sorted(is_open)
    for state in open_orders:
        assert_same(found[state.order_id], state, OrderState._fields)
    for order in found.values():
        known = venue.exchange.order(order.account, order.symbol, order.order_id)
        if known is not None:
            assert_same(order, known, OrderState._fields[:16])


def assert_same(order: PlacedOrder, state: OrderState, columns: Sequence[str]) -> None:
    """But for what moves without an event: what an iceberg hides, where a trailing stop stands."""
    for name in columns:
        moves = name == "hidden_qty" or (name == "stop_price" and state.type == OrderType.TRAILING_STOP)
        assert moves or getattr(order, name) == getattr(state, name), (name, order, state)


@pytest.mark.parametrize("shape", LEDGER_SHAPES)
def test_entries_sum_to_balances_and_orders_are_as_the_engine_has_them(tmp_path: Path, shape: str) -> None:
    venue = played(shape, seed=7, count=COUNT)
    history = open_history(tmp_path / "history.sqlite", venue)
    feed(history, venue)
    assert_audit(history, venue)
    assert_orders(history, venue)
    assert venue.plain.trades > (-1 if shape == "chains" else 50) and venue.kept.reads == 0
    history.close()


def test_the_flows_reach_what_the_audit_is_about(tmp_path: Path) -> None:
    venue = played("fees", seed=7, count=COUNT)
    history = open_history(tmp_path / "history.sqlite", venue)
    feed(history, venue)
    entries = [entry for account in venue.accounts() for entry in entries_of(history, account)]
    kinds = {entry.kind for entry in entries}
    assert kinds == set(EntryKind) - {EntryKind.CARRIED_FORWARD}
    assert any(entry.kind == EntryKind.FEE and entry.amount > 0 for entry in entries), "no rebate"
    assert any(entry.kind == EntryKind.FEE_INCOME and entry.amount < 0 for entry in entries)
    fills = [fill.trade for account in venue.accounts() for fill in fills_of(history, account)]
    assert len(fills) == 2 * venue.plain.trades
    assert any(trade.taker_account == trade.maker_account for trade in fills), "nobody traded with himself"
    states = {order.status for order in venue.plain.orders.values()}
    assert states == {1, 2, 3, 4, 5}
    history.close()


def test_one_order_through_all_its_states(tmp_path: Path) -> None:
    venue = Venue(load_config())
    history = open_history(tmp_path / "history.sqlite", venue)

    def state(*commands: Command) -> tuple[int, int, int, int, int]:
        for row in commands:
            history.feed(venue.submit(rows_of(row)))
        assert history.wait_for(venue.exchange.seq, 20)
        (order,) = orders_of(history, 1)
        return order.status, order.qty, order.filled_qty, order.leaves_qty, order.price

    assert state(*FUNDS, BUY) == (OrderStatus.NEW, 10, 0, 10, 100)
    order_id = venue.exchange.seq
    assert state(SELL._replace(qty=3)) == (OrderStatus.PARTIALLY_FILLED, 10, 3, 7, 100)
    amend = Command(kind=CommandKind.AMEND, symbol=1, account=1, order_id=order_id)
    assert state(amend._replace(price=101, qty=9)) == (OrderStatus.PARTIALLY_FILLED, 12, 3, 9, 101)
    assert state(SELL._replace(qty=8)) == (OrderStatus.PARTIALLY_FILLED, 12, 11, 1, 101)
    assert state(SELL._replace(qty=1)) == (OrderStatus.FILLED, 12, 12, 0, 101)
    (order,) = orders_of(history, 1)
    assert order.filled_quote == (3 * 100 + 9 * 101) * venue.exchange.symbols[1].tick_value
    history.close()


def test_a_rejected_order_is_listed_under_the_seq_of_its_command_with_its_reason(tmp_path: Path) -> None:
    venue = Venue(load_config())
    history = open_history(tmp_path / "history.sqlite", venue)
    poor = BUY._replace(account=3, client_order_id=8)
    venue.submit(rows_of(deposit(3, amount=1), poor, poor._replace(symbol=77)))
    feed(history, venue)
    (order,) = orders_of(history, 3)
    assert (order.order_id, order.status, order.reason) == (
        2,
        OrderStatus.REJECTED,
        RejectReason.INSUFFICIENT_FUNDS,
    )
    history.close()


def test_a_market_buy_by_amount_has_the_quantity_it_got(tmp_path: Path) -> None:
    venue = Venue(load_config())
    history = open_history(tmp_path / "history.sqlite", venue)
    spend = 7 * 100 * venue.exchange.symbols[1].tick_value
    market = BUY._replace(type=OrderType.MARKET, tif=TimeInForce.IOC, price=0, qty=0, amount=spend)
    venue.submit(rows_of(*FUNDS, SELL))
    venue.submit(rows_of(market))
    feed(history, venue)
    (order,) = orders_of(history, 1)
    assert (order.status, order.qty, order.filled_qty, order.filled_quote) == (
        OrderStatus.FILLED,
        7,
        7,
        spend,
    )
    history.close()


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_pages_visit_everything_once(tmp_path: Path, size: int, newest_first: bool) -> None:
    venue = played("fees", seed=3, count=1_500)
    history = open_history(tmp_path / "history.sqlite", venue)
    feed(history, venue)
    for account in (0, 1, 2):
        for items_of in (entries_of, fills_of, orders_of):
            whole = items_of(history, account)
            places = [item.position for item in whole]
            assert places == sorted(set(places))
            paged = items_of(history, account, Asked(size=size, newest_first=newest_first))
            assert paged == (whole[::-1] if newest_first else whole)
    history.close()


def test_pages_miss_nothing_while_rows_come_in(tmp_path: Path) -> None:
    venue = played("fees", seed=4, count=2_000)
    history = open_history(tmp_path / "history.sqlite", venue)
    waiting = iter(venue.applied)
    found: list[Entry] = []
    asked = Asked(size=5)
    while True:
        for applied in (next(waiting, None), next(waiting, None)):
            if applied is not None:
                history.feed(applied)
        complete = history.applied_seq == venue.exchange.seq
        page: Page[Entry] = history.read(partial(queries.ledger_entries, account=1, asked=asked))
        found += page.items
        if page.items:
            asked = asked._replace(after=page.items[-1].position)
        elif complete:
            break
    assert found == entries_of(history, 1)
    history.close()


def test_fills_of_a_symbol_and_of_an_order(tmp_path: Path) -> None:
    venue = played("fees", seed=5, count=2_000)
    history = open_history(tmp_path / "history.sqlite", venue)
    feed(history, venue)
    for account in (1, 2, 3):
        whole = fills_of(history, account)
        for symbol in venue.exchange.symbols:
            mine = fills_of(history, account, Asked(size=7), symbol)
            assert mine == [fill for fill in whole if fill.trade.symbol == symbol]
        orders = [order for order in orders_of(history, account) if order.filled_qty]
        assert len(orders) > 20
        for order in orders:
            for newest_first in (False, True):
                asked = Asked(size=2, newest_first=newest_first)
                mine = fills_of(history, account, asked, order_id=order.order_id)
                expected = [fill for fill in whole if fill.order_id == order.order_id]
                assert mine == (expected[::-1] if newest_first else expected)
                assert sum(fill.trade.qty for fill in mine) == order.filled_qty
                assert sum(fill.fee for fill in mine) == order.fee
        assert fills_of(history, account, order_id=10**9) == []
    history.close()


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_changes_of_an_account_come_in_whole_seqs_and_none_twice(tmp_path: Path, size: int) -> None:
    """However it is cut: a reader told of all up to a seq may ask from the next, and the history is ahead."""
    venue = played("fees", seed=5, count=2_000)
    history = open_history(tmp_path / "history.sqlite", venue)
    feed(history, venue)
    ends = [*range(0, venue.exchange.seq, 150), venue.exchange.seq]
    for account in (1, 2, 3):
        whole = fills_of(history, account)
        assert len({fill.trade.seq for fill in whole}) < len(whole)  # a seq has several
        told = list[Fill]()
        updated = dict[int, int]()
        for begin, end in pairwise(ends):
            while begin < end:
                asked = Asked((begin + 1, -1, -1), size)
                part = history.read(partial(queries.account_changes, account, asked, begin, end))
                assert begin <= part.to_seq <= end
                assert {fill.trade.seq for fill in part.fills} <= set(range(begin + 1, part.to_seq + 1))
                told += part.fills
                updated |= {order.order_id: order.update_seq for order in part.orders}
                begin = part.to_seq
        assert told == whole
        assert updated == {
            order.order_id: order.update_seq for order in orders_of(history, account) if order.status
        }
    history.close()


def test_a_page_that_finds_little_is_short_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lightning.storage.history.paging.SCANS_MAX", 1)
    venue = played("fees", seed=5, count=2_000)
    history = open_history(tmp_path / "history.sqlite", venue)
    feed(history, venue)
    whole = [fill for fill in fills_of(history, 1, Asked(size=1000)) if fill.trade.symbol == 2]
    page = history.read(lambda db: queries.fills(db, 1, Asked(size=2), symbol=2))
    assert len(page.items) <= 2 and page.next is not None
    assert fills_of(history, 1, Asked(size=2), symbol=2) == whole
    history.close()


def test_trades_after_and_before_an_id(tmp_path: Path) -> None:
    venue = played("calm", seed=5, count=2_000)
    history = open_history(tmp_path / "history.sqlite", venue)
    feed(history, venue)

    def ids(symbol: int, after: int | None = None, before: int = 0, limit: int = 10) -> list[int]:
        def read(db: sqlite3.Connection) -> list[int]:
            if after is not None:
                return [one.trade_id for one in queries.trades_after(db, symbol, after, limit)]
            return [one.trade_id for one in queries.trades_before(db, symbol, before, limit)]

        return history.read(read)

    assert ids(1, after=0, limit=10_000) == list(range(1, venue.plain.trades + 1))
    assert ids(1, after=3, limit=2) == [4, 5]
    assert ids(1, before=7, limit=3) == [4, 5, 6]
    assert ids(1, before=2, limit=3) == [1] and ids(1, before=1) == [] and ids(9, after=0) == []
    history.close()


def test_an_order_by_client_order_id_is_the_last_that_was_not_rejected(tmp_path: Path) -> None:
    venue = Venue(load_config())
    history = open_history(tmp_path / "history.sqlite", venue)
    named = BUY._replace(client_order_id=5)
    venue.submit(rows_of(*FUNDS, named, named._replace(qty=11)))
    feed(history, venue)
    assert len(orders_of(history, 1)) == 2
    found = history.read(lambda db: queries.order(db, 1, client_order_id=5))
    assert found is not None and found.status == OrderStatus.NEW
    assert history.read(lambda db: queries.order(db, 2, client_order_id=5)) is None
    assert history.read(lambda db: queries.order(db, 2, order_id=found.order_id)) is None
    history.close()


def test_a_symbol_that_is_gone_can_still_be_told(tmp_path: Path) -> None:
    venue = Venue(load_config())
    history = open_history(tmp_path / "history.sqlite", venue)
    venue.submit(rows_of(*FUNDS))
    venue.change(CreateSymbol("BTC-USDT-2", BTC, USDT))
    number = venue.exchange.symbol_id_last
    venue.change(UpdateSymbol(number, name="BTC-USDT-B"))
    venue.submit(rows_of(BUY._replace(symbol=number), SELL._replace(symbol=number)))
    venue.change(CreateSymbol("BTC-USDT-B", BTC, USDT))  # refused: the name is taken
    venue.change(DeleteSymbol(number))
    feed(history, venue)
    assert number not in venue.exchange.symbols
    symbol = history.read(lambda db: queries.symbol_of(db, number))
    assert (symbol.name, symbol.base.name, symbol.quote.scale) == ("BTC-USDT-B", "BTC", 8)
    (fill,) = fills_of(history, 1)
    assert fill.trade.symbol == number and fill.trade.base_amount == 10 * symbol.lot_value
    assert_audit(history, venue)
    history.close()
