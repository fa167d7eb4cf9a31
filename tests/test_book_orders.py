"""I13 for the book order by order: what was shown plus the changes is what is shown now, queues included."""

from collections import Counter
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from lightning.codes import CommandKind, EventFlag, EventKind, OrderTerms, OrderType, Side, SymbolStatus
from lightning.engine.book_orders import BookOrders, LostOrder, touched_symbols
from lightning.engine.exchange import Exchange
from lightning.engine.journal import Batch
from lightning.kernels.followed import BookOrderAction
from lightning.rows import COMMAND, Command
from tests.flows import Flow
from tests.lockstep import chunk_sizes
from tests.oracle.rows import Rows
from tests.segments import segment_grain
from tests.shapes import PLAIN, SHAPES, config

COMMANDS = 1_500
"""Of each shape."""
LAYOUTS = ((1, 1), (3, 2), (10, 1))
"""(shards, workers)"""
Shown = list[tuple[int, int, int, int]]
"""(side, price, order_id, lots shown) of every order, in priority order, bids first."""


def shown_by(exchange: Exchange, symbol: int) -> Shown:
    rows = exchange.book_orders(symbol)
    columns = (rows[name].tolist() for name in ("side", "price", "order_id", "leaves_qty"))
    return list(zip(*columns, strict=True))


class Reader:
    """What a client makes of the changes: a plain queue at every price."""

    def __init__(self, snapshot: Rows) -> None:
        self.queues: dict[tuple[int, int], dict[int, int]] = {}
        self.cases: Counter[str] = Counter()
        self.apply(snapshot)
        self.cases.clear()

    def apply(self, changes: Rows) -> None:
        added: set[int] = set()
        last_removed = 0
        shown = {order_id: qty for queue in self.queues.values() for order_id, qty in queue.items()}
        for row in changes:
            order_id, qty = int(row["order_id"]), int(row["qty"])
            queue = self.queues.setdefault((int(row["side"]), int(row["price"])), {})
            action = BookOrderAction(int(row["action"]))
            assert (order_id in queue) == (action != BookOrderAction.ADDED)
            assert (qty == 0) == (action == BookOrderAction.REMOVED)
            assert queue.get(order_id) != qty
            assert row["delta"] == qty - shown.get(order_id, 0)
            shown[order_id] = qty
            self.cases[action.name] += 1
            if action == BookOrderAction.REMOVED:
                del queue[order_id]
                self.cases["came and went"] += order_id in added
                last_removed = order_id
            else:
                queue[order_id] = qty
            if action == BookOrderAction.ADDED:
                added.add(order_id)
                self.cases["moved to the back"] += order_id == last_removed

    def shown(self) -> Shown:
        places = sorted(
            self.queues, key=lambda place: (place[0], -place[1] if place[0] == Side.BUY else place[1])
        )
        return [(*place, *order) for place in places for order in self.queues[place].items()]


class Watched:
    """An exchange whose books are followed by events alone, and compared with its own after every batch."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.books = {symbol: BookOrders(exchange, symbol) for symbol in exchange.symbols}
        self.readers = {symbol: Reader(book.snapshot()) for symbol, book in self.books.items()}

    def submit(self, commands: Rows) -> tuple[Rows, dict[int, Rows]]:
        """The events, and the changes of every symbol that they touch."""
        batch = Batch(self.exchange.seq + 1, commands)
        events = self.exchange.submit(commands)
        touched = touched_symbols(events).tolist()
        assert len(set(touched)) == len(touched)
        changes = {symbol: self.books[symbol].advance(batch, events) for symbol in touched}
        for rows in changes.values():
            check_causes(rows, events)
        for symbol, reader in self.readers.items():
            reader.apply(changes.get(symbol, NOTHING))
            expected = shown_by(self.exchange, symbol)
            assert reader.shown() == expected
            assert Reader(self.books[symbol].snapshot()).shown() == expected
        return events, changes

    def begin_anew(self) -> None:
        """Forget all, and make the books of the exchange as it is now."""
        self.books = {symbol: BookOrders(self.exchange, symbol) for symbol in self.books}


def check_causes(changes: Rows, events: Rows) -> None:
    """Each change names a row about its order, and they stand in the order of the commands."""
    causes = events[changes["event"]]
    of_maker = (causes["kind"] == EventKind.TRADE) & (causes["maker_order_id"] == changes["order_id"])
    assert (of_maker | (causes["order_id"] == changes["order_id"])).all()
    assert (np.diff(causes["seq"]) >= 0).all()
    same = changes["action"] != BookOrderAction.ADDED
    traded = causes["kind"] == EventKind.TRADE
    assert (-changes["delta"] == causes["qty"])[same & traded].all()


NOTHING = BookOrders(Exchange(), 1).snapshot()


def cases_of(events: Rows) -> Iterator[str]:
    """What the events have in them that a book has to see or to pass over."""
    uncrossing = False
    for row in events:
        kind, flags = EventKind(int(row["kind"])), int(row["flags"])
        about_an_order = kind in (EventKind.ACCEPTED, *OPEN_ORDER_KINDS)
        terms = int(row["order_terms"]) if about_an_order else 0
        if flags & EventFlag.REPLAYED:
            yield f"{kind.name} replayed"
            continue
        yield kind.name
        for flag in (EventFlag.MAKER, EventFlag.CONSEQUENCE):
            if flags & flag:
                yield f"{kind.name} {flag.name}"
        for term in OrderTerms:
            if terms & term:
                yield f"{kind.name} {term.name}"
        uncrossing = kind == EventKind.UNCROSSED or (uncrossing and kind == EventKind.TRADE)
        if uncrossing and kind == EventKind.TRADE:
            yield "TRADE in an uncross"


OPEN_ORDER_KINDS = (
    EventKind.CANCELED,
    EventKind.AMENDED,
    EventKind.EXPIRED,
    EventKind.TRIGGERED,
    EventKind.REDUCED,
)
CASES = {
    *("ADDED", "CHANGED", "REMOVED", "moved to the back", "came and went", "crossed book"),
    *("ACCEPTED", "ACCEPTED ICEBERG", "ACCEPTED GTD", "ACCEPTED LINKED"),
    *("ACCEPTED PENDING", "ACCEPTED replayed"),
    *("TRADE", "TRADE CONSEQUENCE", "TRADE in an uncross", "TRADE replayed"),
    *("CANCELED", "CANCELED MAKER", "CANCELED CONSEQUENCE", "CANCELED ICEBERG", "CANCELED LINKED"),
    *("CANCELED replayed", "CANCEL_ALL_DONE", "REJECTED"),
    *("AMENDED", "AMENDED ICEBERG", "AMENDED PENDING", "AMENDED LINKED", "AMENDED replayed"),
    *("EXPIRED", "EXPIRED CONSEQUENCE", "EXPIRED ICEBERG", "EXPIRED LINKED"),
    *("TRIGGERED", "TRIGGERED CONSEQUENCE", "TRIGGERED ICEBERG", "TRIGGERED STOP"),
    *("REDUCED", "REDUCED MAKER", "REDUCED ICEBERG", "REDUCED CONSEQUENCE"),
    *("UNCROSSED", "SYMBOL_STATUS_CHANGED"),
}


def is_crossed(shown: Shown) -> bool:
    bids, asks = ([price for side, price, *_ in shown if side == wanted] for wanted in Side)
    return bool(bids and asks) and max(bids) >= min(asks)


@cache
def cases_met(name: str) -> Counter[str]:
    """Follow a flow of the shape, in batches of random sizes; what it met."""
    seed = list(SHAPES).index(name)
    shards, workers = LAYOUTS[seed % len(LAYOUTS)]
    flow = Flow(SHAPES[name], seed)
    met: Counter[str] = Counter()
    with segment_grain(seed):
        exchange = Exchange(SHAPES[name].config, SHAPES[name].ledger, shards, workers)
        watched = Watched(exchange)
        for count, size in enumerate(chunk_sizes(seed, COMMANDS)):
            commands = flow.take(size)
            flow.oracle.submit_rows(commands)
            met.update(cases_of(watched.submit(commands)[0]))
            met["crossed book"] += sum(is_crossed(shown_by(exchange, symbol)) for symbol in exchange.symbols)
            if count % 20 == 19:
                watched.begin_anew()
    for reader in watched.readers.values():
        met.update(reader.cases)
    return met


@pytest.mark.parametrize("name", SHAPES)
def test_what_was_shown_and_the_changes_are_what_is_shown(name: str) -> None:
    assert cases_met(name)["ADDED"] > 0


def test_the_flows_meet_every_case() -> None:
    met = sum((cases_met(name) for name in SHAPES), Counter[str]())
    assert CASES - {case for case, count in met.items() if count} == set()


PLACE = Command(kind=CommandKind.PLACE, symbol=1, account=1, price=100, qty=10)
BID, ASK = PLACE, PLACE._replace(account=2, side=Side.SELL)
STATUS = Command(kind=CommandKind.SET_SYMBOL_STATUS, symbol=1)
Change = tuple[str, int, int, int]
"""(action, order_id, price, lots shown)."""


class Floor:
    """One symbol without balances; an order's id is how many commands there have been."""

    def __init__(self) -> None:
        self.watched = Watched(Exchange(config(PLAIN), ledger=False, shards=1))

    def submit(self, *commands: Command) -> list[Change]:
        """What one batch changes."""
        _, changes = self.watched.submit(np.array(list(commands), COMMAND))
        columns = [changes.get(1, NOTHING)[name].tolist() for name in ("action", "order_id", "price", "qty")]
        return [(BookOrderAction(action).name, *rest) for action, *rest in zip(*columns, strict=True)]


def test_an_order_rests_with_what_it_did_not_trade() -> None:
    floor = Floor()
    assert floor.submit(ASK) == [("ADDED", 1, 100, 10)]
    assert floor.submit(BID._replace(qty=25)) == [("REMOVED", 1, 100, 0), ("ADDED", 2, 100, 15)]
    assert floor.submit(ASK._replace(qty=5)) == [("CHANGED", 2, 100, 10)]


def test_a_change_names_the_row_that_caused_it() -> None:
    floor = Floor()
    floor.submit(ASK._replace(qty=4), ASK._replace(price=101))
    commands = np.array([BID._replace(qty=9), BID._replace(price=101, qty=3), PLACE._replace(qty=0)], COMMAND)
    events, changes = floor.watched.submit(commands)
    caused = [
        (
            EventKind(int(events["kind"][row["event"]])).name,
            int(events["seq"][row["event"]]),
            int(row["delta"]),
        )
        for row in changes[1]
    ]
    assert caused == [("TRADE", 3, -4), ("TRADE", 3, 5), ("TRADE", 4, -3)]
    assert floor.watched.books[1].snapshot()["event"].tolist() == [-1, -1]


def test_an_order_that_trades_in_full_is_never_shown() -> None:
    floor = Floor()
    assert floor.submit(ASK, BID._replace(qty=4)) == [("ADDED", 1, 100, 10), ("CHANGED", 1, 100, 6)]


def test_an_order_that_comes_and_goes_in_one_batch_is_shown() -> None:
    floor = Floor()
    cancel = Command(kind=CommandKind.CANCEL, account=1, symbol=1, order_id=1)
    assert floor.submit(BID, cancel) == [("ADDED", 1, 100, 10), ("REMOVED", 1, 100, 0)]


def test_an_icebergs_next_slice_goes_to_the_back() -> None:
    floor = Floor()
    iceberg = ASK._replace(qty=10, display_qty=4)
    assert floor.submit(iceberg, ASK) == [("ADDED", 1, 100, 4), ("ADDED", 2, 100, 10)]
    assert floor.submit(BID._replace(qty=5)) == [
        ("REMOVED", 1, 100, 0),
        ("ADDED", 1, 100, 4),
        ("CHANGED", 2, 100, 9),
    ]


def test_a_smaller_amend_takes_hidden_lots_first_and_keeps_the_place() -> None:
    floor = Floor()
    amend = Command(kind=CommandKind.AMEND, account=2, symbol=1, order_id=1)
    floor.submit(ASK._replace(qty=10, display_qty=4), ASK)
    assert floor.submit(amend._replace(qty=4)) == []
    assert floor.submit(amend._replace(qty=3)) == [("CHANGED", 1, 100, 3)]
    assert floor.submit(amend._replace(qty=9)) == [("REMOVED", 1, 100, 0), ("ADDED", 1, 100, 4)]


def test_a_stop_shows_when_it_is_triggered_and_rests() -> None:
    floor = Floor()
    stop = ASK._replace(type=OrderType.STOP_LIMIT, stop_price=100, price=100, display_qty=3, account=3)
    floor.submit(ASK._replace(price=102), BID._replace(price=102))
    assert floor.submit(stop) == []
    floor.watched.begin_anew()
    assert floor.submit(BID, BID._replace(price=99), ASK) == [
        ("ADDED", 4, 100, 10),
        ("ADDED", 5, 99, 10),
        ("REMOVED", 4, 100, 0),
        ("ADDED", 3, 100, 3),
    ]


def test_an_auction_shows_crossed_orders_until_they_trade() -> None:
    floor = Floor()
    floor.submit(STATUS._replace(type=SymbolStatus.AUCTION))
    collected = floor.submit(BID._replace(price=101, qty=7), ASK._replace(display_qty=3))
    assert collected == [("ADDED", 2, 101, 7), ("ADDED", 3, 100, 3)]
    assert floor.submit(STATUS) == [
        ("CHANGED", 2, 101, 4),
        ("REMOVED", 3, 100, 0),
        ("ADDED", 3, 100, 3),
        ("CHANGED", 2, 101, 1),
        ("REMOVED", 3, 100, 0),
        ("ADDED", 3, 100, 3),
        ("REMOVED", 2, 101, 0),
        ("CHANGED", 3, 100, 2),
    ]


def test_tables_grow_within_a_batch() -> None:
    floor = Floor()
    added = floor.submit(*[BID._replace(price=price) for price in range(1, 1_001)])
    assert added == [("ADDED", price, price, 10) for price in range(1, 1_001)]
    swept = floor.submit(ASK._replace(price=1, qty=10_000))
    assert swept == [("REMOVED", price, price, 0) for price in range(1_000, 0, -1)]


def test_a_batch_that_the_book_has_seen_changes_nothing() -> None:
    exchange = Exchange(config(PLAIN), ledger=False)
    batch = Batch(1, np.array([BID], COMMAND))
    events = exchange.submit(batch.rows)
    book = BookOrders(exchange, 1)
    assert len(book.advance(batch, events)) == 0
    assert book.seq == 1 and len(book.snapshot()) == 1


def test_events_of_another_book_are_told_from_those_that_follow() -> None:
    exchange = Exchange(config(PLAIN), ledger=False)
    book = BookOrders(exchange, 1)
    exchange.submit(np.array([BID], COMMAND))
    batch = Batch(2, np.array([ASK], COMMAND))
    with pytest.raises(LostOrder, match="order 1 of symbol 1 is not in the book"):
        book.advance(batch, exchange.submit(batch.rows))


def test_touched_symbols_are_those_whose_book_or_status_changes() -> None:
    exchange = Exchange(SHAPES["symbols"].config, ledger=False)
    commands = [
        PLACE._replace(symbol=6),
        PLACE._replace(symbol=2, qty=0),
        PLACE._replace(symbol=6, price=99),
        PLACE._replace(symbol=1),
        PLACE._replace(symbol=999),
        STATUS._replace(symbol=3, type=SymbolStatus.HALTED),
    ]
    assert touched_symbols(exchange.submit(np.array(commands, COMMAND))).tolist() == [6, 1, 3]
    assert touched_symbols(exchange.submit(np.empty(0, COMMAND))).tolist() == []
