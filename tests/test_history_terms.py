"""What the history makes of stops, icebergs, expiries, linked orders and auctions, from rows made by hand.

Each story is told at once and command by command, and compared with a plain computation.
"""

from pathlib import Path

import numpy as np
import pytest

from lightning.codes import (
    CommandFlag,
    CommandKind,
    EventFlag,
    EventKind,
    OrderStatus,
    OrderTerms,
    OrderType,
    RejectReason,
    Side,
    TimeInForce,
)
from lightning.config import load_config
from lightning.engine.journal import Batch
from lightning.engine.replay import Applied
from lightning.rows import COMMAND, EVENT, Command, Event
from lightning.storage.history.queries import PlacedOrder
from tests.pasts import Venue, open_history
from tests.test_convert_orders import event
from tests.test_history import entries_of, fills_of, orders_of

PLACE = Command(kind=CommandKind.PLACE, symbol=1, account=1, price=100, qty=10)
STOP = PLACE._replace(type=OrderType.STOP, side=Side.SELL, price=0, stop_price=95)
PENDING, STOP_TERM, LINKED = int(OrderTerms.PENDING), int(OrderTerms.STOP), int(OrderTerms.LINKED)
CONSEQUENCE, MAKER = int(EventFlag.CONSEQUENCE), int(EventFlag.MAKER)

Story = list[tuple[Command, list[Event]]]
"""Commands from seq 1 on, and what came of each."""


def accepted(command: Command, order_id: int, terms: int = 0) -> Event:
    return event(
        EventKind.ACCEPTED,
        order_id,
        account=command.account,
        side=command.side,
        price=command.price,
        order_type=command.type,
        order_tif=command.tif,
        order_terms=terms,
        create_time_ns=order_id,
    )


def about(kind: EventKind, first: Event, seq: int, leaves: int = 0, **columns: int) -> Event:
    """A later row about an order; `first` is its ACCEPTED row."""
    same = {
        name: getattr(first, name)
        for name in (
            "account",
            "side",
            "price",
            "order_type",
            "order_tif",
            "create_time_ns",
            "client_order_id",
        )
    }
    return event(kind, first.order_id, **{**same, "seq": seq, "leaves_qty": leaves, **columns})


def trade(taker: Event, maker: Event, seq: int, trade_id: int, taker_leaves: int, **columns: int) -> Event:
    return event(
        EventKind.TRADE,
        taker.order_id,
        **{
            "seq": seq,
            "account": taker.account,
            "side": taker.side,
            "qty": 4,
            "leaves_qty": taker_leaves,
            "trade_id": trade_id,
            "maker_order_id": maker.order_id,
            "maker_account": maker.account,
            "fee": 3,
            "maker_fee": 1,
            **columns,
        },
    )


def told(tmp_path: Path, story: Story, pieces: int) -> tuple[dict[int, PlacedOrder], Venue]:
    """The orders that the history has in the end; every one, and every ledger entry, is as it should be."""
    venue = Venue(load_config())
    tmp_path.mkdir(parents=True, exist_ok=True)
    history = open_history(tmp_path / "history.sqlite", venue)
    size = -(-len(story) // pieces)
    for start in range(0, len(story), size):
        part = story[start : start + size]
        rows = np.array([command for command, _ in part], COMMAND)
        rows["time_ns"] = np.arange(start + 1, start + 1 + len(part)) * 1000
        events = np.array([one for _, each in part for one in each], EVENT)
        venue.plain.add(start + 1, rows, events)
        history.feed(Applied(Batch(start + 1, rows), events))
        assert history.wait_for(start + len(part), 20)
    orders = {order.order_id: order for account in (1, 2, 3) for order in orders_of(history, account)}
    assert orders == venue.plain.orders
    for account in (1, 2, 3):
        mine = {key: each for key, each in venue.plain.amounts.items() if key[0] == account}
        entries = entries_of(history, account)
        assert {(account, one.currency) for one in entries} == set(mine)
        for (_, currency), amounts in mine.items():
            assert sorted(one.amount for one in entries if one.currency == currency) == sorted(amounts)
    fills = [fill for account in (1, 2, 3) for fill in fills_of(history, account)]
    assert len(fills) == 2 * venue.plain.trades
    history.close()
    return orders, venue


at_once_and_one_by_one = pytest.mark.parametrize("pieces", [1, 100])


@at_once_and_one_by_one
def test_a_stop_waits_is_triggered_by_another_order_and_ends(tmp_path: Path, pieces: int) -> None:
    stop = accepted(STOP, 1, STOP_TERM | PENDING)
    bid = accepted(PLACE._replace(account=2), 2)
    ask = accepted(PLACE._replace(account=3, side=Side.SELL), 3)
    story: Story = [
        (STOP, [stop]),
        (PLACE._replace(account=2), [bid]),
        (
            PLACE._replace(account=3, side=Side.SELL, qty=4),
            [
                ask,
                trade(ask, bid, 3, 1, taker_leaves=0, maker_leaves_qty=6),
                about(EventKind.TRIGGERED, stop, 3, leaves=10, order_terms=STOP_TERM, flags=CONSEQUENCE),
                trade(stop, bid, 3, 2, taker_leaves=6, maker_leaves_qty=2, flags=CONSEQUENCE),
                about(
                    EventKind.CANCELED,
                    stop,
                    3,
                    qty=6,
                    filled_qty=4,
                    filled_quote=4 * 100 * 10,
                    filled_fee=3,
                    reason=int(RejectReason.NO_LIQUIDITY),
                    flags=CONSEQUENCE,
                    order_terms=STOP_TERM,
                ),
            ],
        ),
    ]
    before, _ = told(tmp_path / "before", story[:2], pieces)
    assert before[1].status == OrderStatus.PENDING
    orders, _ = told(tmp_path / "after", story, pieces)
    assert (orders[1].status, orders[1].filled_qty, orders[1].leaves_qty) == (OrderStatus.CANCELED, 4, 0)
    assert (orders[1].stop_price, orders[1].type) == (95, OrderType.STOP)
    assert (orders[1].update_seq, orders[1].update_time_ns, orders[1].create_time_ns) == (3, 3000, 1)
    assert orders[1].reason == RejectReason.NO_LIQUIDITY
    assert orders[2].filled_qty == 8


@at_once_and_one_by_one
def test_a_triggered_limit_order_that_rests_waits_no_more(tmp_path: Path, pieces: int) -> None:
    command = STOP._replace(type=OrderType.STOP_LIMIT, price=94)
    stop = accepted(command, 1, STOP_TERM | PENDING)
    triggered = about(EventKind.TRIGGERED, stop, 2, leaves=10, order_terms=STOP_TERM, flags=CONSEQUENCE)
    orders, _ = told(tmp_path, [(command, [stop]), (Command(kind=CommandKind.TIMER), [triggered])], pieces)
    assert (orders[1].status, orders[1].leaves_qty) == (OrderStatus.NEW, 10)


@at_once_and_one_by_one
def test_an_amended_stop_goes_on_waiting(tmp_path: Path, pieces: int) -> None:
    stop = accepted(STOP, 1, STOP_TERM | PENDING)
    amended = about(EventKind.AMENDED, stop, 2, leaves=7, order_qty=7, order_terms=STOP_TERM | PENDING)
    story: Story = [(STOP, [stop]), (Command(kind=CommandKind.AMEND, order_id=1, qty=7), [amended])]
    orders, _ = told(tmp_path, story, pieces)
    assert (orders[1].status, orders[1].qty, orders[1].stop_price) == (OrderStatus.PENDING, 7, 95)


@at_once_and_one_by_one
def test_an_order_expires_with_whatever_command_is_next(tmp_path: Path, pieces: int) -> None:
    command = PLACE._replace(tif=TimeInForce.GTD, expire_time_ns=1500, display_qty=2)
    order = accepted(command, 1, int(OrderTerms.GTD | OrderTerms.ICEBERG))
    expired = about(EventKind.EXPIRED, order, 2, flags=CONSEQUENCE, order_terms=int(OrderTerms.GTD))
    deposit = Command(kind=CommandKind.DEPOSIT, account=2, currency=1, amount=5)
    deposited = event(EventKind.DEPOSITED, 0, seq=2, account=2, currency=1, amount=5)
    orders, _ = told(tmp_path, [(command, [order]), (deposit, [expired, deposited])], pieces)
    assert (orders[1].status, orders[1].leaves_qty) == (OrderStatus.EXPIRED, 0)
    assert (orders[1].expire_time_ns, orders[1].display_qty, orders[1].update_seq) == (1500, 2, 2)
    assert set(orders) == {1}


@at_once_and_one_by_one
def test_linked_orders_know_each_other_until_one_is_canceled(tmp_path: Path, pieces: int) -> None:
    first, second = (
        accepted(PLACE, 1),
        accepted(STOP._replace(side=Side.BUY), 2, STOP_TERM | PENDING | LINKED),
    )
    taker = accepted(PLACE._replace(account=2, side=Side.SELL), 3)
    story: Story = [
        (PLACE, [first]),
        (STOP._replace(side=Side.BUY, flags=CommandFlag.ONE_CANCELS_OTHER), [second]),
        (
            PLACE._replace(account=2, side=Side.SELL),
            [
                taker,
                trade(taker, first, 3, 1, taker_leaves=6, maker_leaves_qty=6),
                about(
                    EventKind.CANCELED,
                    second,
                    3,
                    flags=MAKER,
                    reason=int(RejectReason.LINKED),
                    order_terms=STOP_TERM | PENDING,
                ),
            ],
        ),
    ]
    before, _ = told(tmp_path / "before", story[:2], pieces)
    assert (before[1].sibling_id, before[2].sibling_id) == (2, 1)
    orders, _ = told(tmp_path / "after", story, pieces)
    assert (orders[1].sibling_id, orders[2].sibling_id, orders[3].sibling_id) == (0, 1, 0)
    assert orders[1].status == OrderStatus.PARTIALLY_FILLED
    assert (orders[2].status, orders[2].reason) == (OrderStatus.CANCELED, RejectReason.LINKED)


@at_once_and_one_by_one
def test_a_second_that_is_refused_leaves_its_terms_and_no_link(tmp_path: Path, pieces: int) -> None:
    first = accepted(PLACE, 1)
    command = STOP._replace(flags=CommandFlag.ONE_CANCELS_OTHER, trail_amount=3, expire_time_ns=9)
    refused = event(
        EventKind.REJECTED,
        0,
        seq=2,
        price=0,
        leaves_qty=0,
        create_time_ns=2000,
        side=Side.SELL,
        reason=int(RejectReason.LINKED),
        order_qty=0,
        order_terms=LINKED,  # the same byte is part of a trade's fee there
    )
    gone = about(EventKind.CANCELED, first, 2, flags=MAKER, reason=int(RejectReason.LINKED))
    orders, _ = told(tmp_path, [(PLACE, [first]), (command, [refused, gone])], pieces)
    assert (orders[1].status, orders[1].sibling_id) == (OrderStatus.CANCELED, 0)
    assert (orders[2].status, orders[2].sibling_id) == (OrderStatus.REJECTED, 0)
    assert (orders[2].stop_price, orders[2].trail_amount, orders[2].expire_time_ns) == (95, 3, 9)


@at_once_and_one_by_one
def test_an_auction_trades_in_the_command_that_ends_it(tmp_path: Path, pieces: int) -> None:
    sell = PLACE._replace(account=2, side=Side.SELL)
    bid, ask = accepted(PLACE, 1), accepted(sell, 2)
    ends = Command(kind=CommandKind.SET_SYMBOL_STATUS, symbol=1)
    story: Story = [
        (PLACE, [bid]),
        (sell, [ask]),
        (
            ends,
            [
                event(EventKind.SYMBOL_STATUS_CHANGED, 0, seq=3, qty=0),
                event(EventKind.UNCROSSED, 0, seq=3, qty=10),
                trade(ask, bid, 3, 1, taker_leaves=0, maker_leaves_qty=0, qty=10),
            ],
        ),
    ]
    orders, _ = told(tmp_path, story, pieces)
    assert {orders[1].status, orders[2].status} == {OrderStatus.FILLED}
    assert (orders[1].filled_qty, orders[1].fee, orders[2].fee) == (10, 1, 3)


@at_once_and_one_by_one
def test_a_chain_of_transfers_is_as_many_entries_or_none(tmp_path: Path, pieces: int) -> None:
    link = Command(kind=CommandKind.TRANSFER, currency=2, amount=5, flags=CommandFlag.LINKED)
    moved = [
        event(EventKind.TRANSFERRED, 0, seq=seq, account=seq, counter_account=seq + 1, currency=2, amount=5)
        for seq in (1, 2)
    ]
    refused = [
        event(EventKind.REJECTED, 0, seq=3, reason=int(RejectReason.LINKED)),
        event(EventKind.REJECTED, 0, seq=4, reason=int(RejectReason.INSUFFICIENT_FUNDS)),
    ]
    last = link._replace(flags=0)
    story: Story = [(link, [moved[0]]), (last, [moved[1]]), (link, [refused[0]]), (last, [refused[1]])]
    orders, venue = told(tmp_path, story, pieces)
    assert not orders
    assert [len(each) for each in venue.plain.amounts.values()] == [1, 2, 1]
