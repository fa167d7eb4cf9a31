"""An image has the whole state: what is restored from it goes on as if nothing had been."""

import random
import threading
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from lightning.codes import CommandKind, EventKind, Side
from lightning.engine.admin import apply_change
from lightning.engine.capture import Capture, RingLapped, image_of_exchange
from lightning.engine.changes import CreateCurrency, CreateSymbol, DeleteCurrency, DeleteSymbol, SetLimits
from lightning.engine.exchange import Exchange
from lightning.engine.image import TABLES, Image, restore
from lightning.engine.journal import Record
from lightning.engine.replay import apply_record
from lightning.kernels.order import EXTENDED
from lightning.rows import COMMAND, Command
from tests.oracle.rows import Rows
from tests.shapes import FEES, PLAIN, SHAPES, Config, config
from tests.stories import make_story

NAMES = ("scarce", "money", "symbols", "fees", "self_trade", "matching") + (
    *("stops", "gtd", "oco", "auction", "controls", "bare"),
)
LAYOUTS = [(1, 1), (3, 2), (10, 1), (16, 2)]
COMMANDS = 2_500
SEEDS = (1, 2)
A, B = 1, 2


@cache
def story_of(name: str, seed: int) -> list[Record]:
    return make_story(name, seed, COMMANDS)


@cache
def halves_of(name: str, seed: int) -> tuple[Exchange, Image, int, list[bytes]]:
    """(the exchange at the end, an image somewhere, records before it, the events after it)."""
    records = story_of(name, seed)
    cut = random.Random(f"cut {name} {seed}").randint(len(records) // 4, len(records) - 5)
    exchange = new_exchange_after(name, records[:cut])
    image = image_of_exchange(exchange)
    assert (image.state_hash, image.window_hash) == (exchange.state_hash(), exchange.window_hash())
    events = [apply_record(exchange, record).events.tobytes() for record in records[cut:]]
    return exchange, image, cut, events


def new_exchange_after(name: str, records: list[Record], shards: int = 10) -> Exchange:
    exchange = Exchange(SHAPES[name].config, SHAPES[name].ledger, shards)
    for record in records:
        apply_record(exchange, record)
    return exchange


def views_of(exchange: Exchange) -> Iterator[tuple[str, object]]:
    """Everything that queries tell."""
    yield "seq", exchange.seq
    yield "hashes", (exchange.state_hash(), exchange.window_hash())
    yield "limits", exchange.config.limits
    yield "instruments", (exchange.currencies, exchange.symbols)
    yield "order of instruments", (list(exchange.currencies), list(exchange.symbols))
    yield "last ids", (exchange.currency_id_last, exchange.symbol_id_last)
    yield "totals", exchange.totals()
    yield "balances", exchange.balances().tobytes()
    yield "fee accounts", exchange._state.fee_accounts.tolist()
    accounts = np.unique(exchange._state.accounts.accounts["account"]).tolist()
    yield "accounts", [exchange.account(account) for account in accounts]
    yield "controls of accounts", [exchange.account_status(account) for account in accounts]
    yield "open orders of accounts", [exchange.open_orders(account).tobytes() for account in accounts]
    for symbol in exchange.symbols:
        yield f"orders of {symbol}", exchange.orders(symbol).tobytes()
        yield f"what is shown of {symbol}", [side.tolist() for side in exchange.book(symbol)]
        yield f"orders that are shown of {symbol}", exchange.book_orders(symbol).tobytes()
        yield f"status of {symbol}", (exchange.symbol_status(symbol), exchange.indicative(symbol))
        yield f"last price of {symbol}", exchange.last_price(symbol)
        yield f"trades of {symbol}", exchange.trades(symbol, limit=10**6).tobytes()
        yield f"trades of {symbol} from the first", exchange.trades(symbol, 0, 10**6).tobytes()
    orders = {int(order) for order in exchange._state.books.closed["order_id"].ravel()}
    closed = exchange._state.books.closed
    for account, order in {
        (int(row["account"]), int(row["order_id"])) for row in closed[closed["account"] != 0]
    }:
        yield f"closed order {order}", exchange.order(account, order_id=order)
    yield "closed orders", len(orders)


def assert_same(one: Exchange, other: Exchange) -> None:
    mine, others = dict(views_of(one)), dict(views_of(other))
    assert mine.keys() == others.keys()
    for name, value in mine.items():
        assert value == others[name], name
    assert other.check() == []


@pytest.mark.parametrize(("shards", "workers"), LAYOUTS)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_restored_goes_on_as_the_original(name: str, seed: int, shards: int, workers: int) -> None:
    original, image, cut, events = halves_of(name, seed)
    restored = restore(image, shards, workers)
    assert restored.seq == image.seq and restored.check() == []
    assert (restored.state_hash(), restored.window_hash()) == (image.state_hash, image.window_hash)
    for number, record in enumerate(story_of(name, seed)[cut:]):
        assert apply_record(restored, record).events.tobytes() == events[number], record
    assert_same(original, restored)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_restored_tells_the_same_at_once(name: str) -> None:
    exchange = new_exchange_after(name, story_of(name, 1)[:-20], shards=4)
    assert_same(exchange, restore(image_of_exchange(exchange), 7, 1))


@pytest.mark.parametrize("name", NAMES)
def test_images_do_not_depend_on_shards_or_secrets(name: str) -> None:
    """But for which closed orders come first of those that closed at one time."""
    _, image, _, _ = halves_of(name, 1)
    for shards in (1, 16):
        again = image_of_exchange(restore(image, shards, 1))
        assert again.catalog == image.catalog
        for table in TABLES:
            mine, other = (getattr(closed_by_id(one), table) for one in (image, again))
            assert mine.tobytes() == other.tobytes(), table


def closed_by_id(image: Image) -> Image:
    closed = image.closed
    extended = closed["order_id"][closed["flags"] & EXTENDED != 0]
    return image._replace(
        closed=np.sort(closed, order="order_id"), closed_details=image.closed_details[np.argsort(extended)]
    )


def rows_of(*commands: Command) -> Rows:
    return np.array(list(commands), COMMAND)


def deposit(account: int, currency: int, amount: int = 10**9, request_id: int = 0) -> Command:
    return Command(
        kind=CommandKind.DEPOSIT, account=account, currency=currency, amount=amount, request_id=request_id
    )


def order(account: int, side: Side, price: int, qty: int = 1, **columns: int) -> Command:
    command = Command(kind=CommandKind.PLACE, account=account, symbol=1, side=side, price=price, qty=qty)
    return command._replace(**columns)


def test_an_id_is_remembered_until_it_leaves_the_window_and_not_longer() -> None:
    source = {**config(PLAIN), "limits": {"once_window": 10}}
    ids = [deposit(n % 3, A, amount=n, request_id=n) for n in range(1, 31)]
    for first in range(15, 31):  # the oldest still remembered is 20 or 21, then all of them in turn
        exchange = Exchange(source, shards=2)
        exchange.submit(rows_of(*ids))
        restored = restore(image_of_exchange(exchange), 3, 1)
        assert exchange.window_hash() == restored.window_hash()
        again = rows_of(*ids[first - 1 :], *ids)
        assert exchange.submit(again).tobytes() == restored.submit(again).tobytes()
        assert exchange.window_hash() == restored.window_hash()


@pytest.mark.parametrize("shards", [1, 3])
def test_rings_that_have_lapped_are_restored_as_they_are(
    shards: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TRADES_KEPT", "CLOSED_KEPT"):
        monkeypatch.setattr(f"lightning.engine.tables.{name}", 64)
    records = story_of("symbols", 1)
    exchange = new_exchange_after("symbols", records[:-10], shards)
    assert (exchange._state.books.head["trades_used"] > 64).any()
    assert (exchange._state.books.head["closed_used"] > 64).any()
    restored = restore(image_of_exchange(exchange), shards, 1)
    assert_same(exchange, restored)
    for record in records[-10:]:
        events = [apply_record(one, record).events.tobytes() for one in (exchange, restored)]
        assert events[0] == events[1]
    assert_same(exchange, restored)


def test_ids_of_what_was_removed_are_never_given_again_and_its_fee_account_stays() -> None:
    source = config(FEES | {"fee_account": 77})
    exchange = Exchange(source)
    exchange.submit(rows_of(deposit(1, A), deposit(2, B), deposit(1, B)))
    exchange.submit(rows_of(order(1, Side.SELL, 500, 100), order(2, Side.BUY, 500, 100)))
    apply_change(exchange, CreateCurrency("D"))
    for change in (DeleteSymbol(1), DeleteCurrency(4)):
        apply_change(exchange, change)
    restored = restore(image_of_exchange(exchange), 3, 2)
    assert restored._state.fee_accounts.tolist() == [77]
    assert restored.account(77) is not None and restored.totals()[1].fees > 0
    refused = restored.submit(rows_of(order(2, Side.BUY, 5, 10)))
    assert refused.tobytes() == exchange.submit(rows_of(order(2, Side.BUY, 5, 10))).tobytes()
    for one in (exchange, restored):
        currency = apply_change(one, CreateCurrency("E"))
        symbol = apply_change(one, CreateSymbol("E-B", base=5, quote=B))
        assert currency is not None and currency.id == 5 and symbol is not None and symbol.id == 2
    assert_same(exchange, restored)
    assert_same(exchange, restore(image_of_exchange(restored), 5, 1))


@pytest.mark.parametrize("ledger", [True, False])
def test_an_account_has_its_orders_listed_oldest_first_and_a_level_its_queue(ledger: bool) -> None:
    """Both lists are walked by a mass cancel and by a sweep; order ids, prices and amends do not agree."""
    exchange = Exchange(config(PLAIN), ledger)
    money = [deposit(account, currency) for account in (1, 2, 3) for currency in (A, B)]
    prices = [70, 30, 90, 30, 50, 90, 30]
    orders = [order(1 + n % 2, Side.SELL, price, 5, client_order_id=n) for n, price in enumerate(prices, 1)]
    orders += [order(1, Side.BUY, price, 5) for price in (9, 20, 9)]
    back = Command(kind=CommandKind.AMEND, account=2, symbol=1, client_order_id=2, qty=9)
    exchange.submit(rows_of(*money, *orders, back))
    restored = restore(image_of_exchange(exchange), 3, 1)
    assert_same(exchange, restored)
    sweep = order(3, Side.BUY, 30, 4)
    cancels = [Command(kind=CommandKind.CANCEL_ALL, account=account) for account in (1, 2)]
    for rows in (rows_of(sweep, sweep), rows_of(*cancels)):
        events = exchange.submit(rows)
        assert len(events) > 3 and events.tobytes() == restored.submit(rows).tobytes()
    assert_same(exchange, restored)


def test_a_lowered_ceiling_holds_at_once_for_original_and_restored() -> None:
    exchange = Exchange(config(PLAIN))
    exchange.submit(rows_of(deposit(1, A), *(order(1, Side.SELL, n) for n in range(1, 9))))
    restored = restore(image_of_exchange(exchange))
    more = rows_of(*(order(1, Side.SELL, 100) for _ in range(3)))
    for one in (exchange, restored):
        apply_change(one, SetLimits(orders_max=10, accounts_max=10))
        kinds = one.submit(more)["kind"].tolist()
        assert kinds == [EventKind.ACCEPTED, EventKind.ACCEPTED, EventKind.REJECTED]
    assert_same(exchange, restored)
    assert restore(image_of_exchange(exchange)).config.limits == exchange.config.limits


def test_an_empty_exchange_is_restored() -> None:
    for ledger in (True, False):
        exchange = Exchange(ledger=ledger)
        assert_same(exchange, restore(image_of_exchange(exchange), 3, 1))


def many_levels(count: int) -> Rows:
    """Sells whose prices lie far apart: every one needs nodes of its own."""
    return rows_of(*(order(1, Side.SELL, 1 + n * 2**28) for n in range(count)))


def test_a_book_with_more_levels_than_its_first_tables_hold_is_restored() -> None:
    exchange = Exchange(config(PLAIN))
    exchange.submit(rows_of(deposit(1, A)))
    exchange.submit(many_levels(3_000))
    restored = restore(image_of_exchange(exchange), 1, 1)
    assert_same(exchange, restored)
    sweep = rows_of(deposit(2, B, 2**62), order(2, Side.BUY, 2**40, 3_000))
    assert exchange.submit(sweep).tobytes() == restored.submit(sweep).tobytes()


def test_tables_that_grow_after_the_capture_was_prepared_are_copied_whole() -> None:
    exchange = Exchange(config(PLAIN), shards=2)
    capture = Capture.prepare(exchange)
    exchange.submit(rows_of(*(deposit(n, A) for n in range(1, 2_000))))
    exchange.submit(many_levels(3_000))
    capture.take(exchange, time_ns=17)
    expected = image_of_exchange(exchange, time_ns=17)
    capture.finish()
    image = capture.image()
    assert image.catalog == expected.catalog and image.catalog.time_ns == 17
    for table in TABLES:
        assert getattr(image, table).tobytes() == getattr(expected, table).tobytes(), table


RING: Config = {**config(PLAIN), "limits": {"once_window": 40_000}}
"""With one shard the ring of ids has 65,536 rows, that of answers twice as many."""


def with_ids(first: int, count: int) -> Rows:
    rows = np.zeros(count, COMMAND)
    rows["kind"] = CommandKind.DEPOSIT
    rows["account"], rows["currency"], rows["amount"] = 1, A, 1
    rows["request_id"] = np.arange(first, first + count)
    return rows


def taken_with_ids(rings_in_pause: bool) -> tuple[Exchange, Capture, int, int]:
    """(exchange, capture of it with 30,000 ids, state hash and window hash then)."""
    exchange = Exchange(RING, shards=1)
    exchange.submit(with_ids(1, 30_000))
    capture = Capture.prepare(exchange, rings_in_pause)
    capture.take(exchange)
    return exchange, capture, exchange.state_hash(), exchange.window_hash()


@pytest.mark.parametrize(("more", "rings_in_pause"), [(0, False), (30_000, False), (100_000, True)])
def test_a_capture_shows_the_state_when_it_was_taken(more: int, rings_in_pause: bool) -> None:
    exchange, capture, state, window = taken_with_ids(rings_in_pause)
    exchange.submit(with_ids(30_001, more))
    exchange.submit(many_levels(100))
    apply_change(exchange, CreateCurrency("D"))
    capture.finish()
    image = capture.image()
    assert (image.state_hash, image.window_hash) == (state, window)
    restored = restore(image, 2, 1)
    assert (restored.state_hash(), restored.window_hash()) == (state, window)
    assert restored.check() == []


@pytest.mark.parametrize("more", [66_000, 100_000, 200_000])
def test_ids_that_were_overwritten_before_they_were_copied_are_noticed(more: int) -> None:
    exchange, capture, _, _ = taken_with_ids(rings_in_pause=False)
    exchange.submit(with_ids(30_001, more))
    with pytest.raises(RingLapped):
        capture.finish()


def test_captures_of_a_running_exchange_are_right_or_refused() -> None:
    exchange = Exchange(RING, shards=1)
    between_batches = threading.Lock()
    ended = threading.Event()

    def run() -> None:
        for first in range(1, 1_500_000, 3_000):
            with between_batches:
                exchange.submit(with_ids(first, 3_000))
        ended.set()

    engine = threading.Thread(target=run)
    engine.start()
    right = 0
    while not ended.is_set():
        capture = Capture.prepare(exchange)
        with between_batches:
            capture.take(exchange)
            expected = exchange.state_hash(), exchange.window_hash()
        try:
            capture.finish()
        except RingLapped:
            continue
        image = capture.image()
        assert (image.state_hash, image.window_hash) == expected
        right += 1
    engine.join()
    assert right > 0


def test_tables_that_contradict_each_other_are_refused() -> None:
    exchange = Exchange(config(PLAIN))
    exchange.submit(rows_of(deposit(1, A), deposit(2, A)))
    image = image_of_exchange(exchange)
    with pytest.raises(ValueError, match="balances of accounts that it has not"):
        restore(image._replace(accounts=image.accounts[:-1]), 1, 1)
