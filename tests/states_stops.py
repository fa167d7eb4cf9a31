"""Named states of stops."""

import itertools
from collections.abc import Iterator

from lightning.codes import (
    CommandFlag,
    CommandKind,
    EventFlag,
    EventKind,
    OrderType,
    RejectReason,
    Side,
    TimeInForce,
)
from lightning.rows import Command, Event
from tests.state_steps import Known, Step, is_pending, reaches, set_off

Reason = RejectReason
STOPS = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)
WORDS = {
    OrderType.STOP: "stop",
    OrderType.STOP_LIMIT: "stop_limit",
    OrderType.TRAILING_STOP: "trailing_stop",
}


def placed_stop_states(step: Step) -> Iterator[str]:
    command = step.command
    word = WORDS[OrderType(command.type)]
    if step.refusal == Reason.INVALID_STOP_PRICE:
        if command.type != OrderType.TRAILING_STOP or command.trail_amount <= 0:
            yield "stop_price_out_of_range"
        elif command.symbol in step.known.last:
            yield "trailing_stop_beyond_the_last_price"
        else:
            yield "trailing_stop_before_any_trade"
    if step.refusal == Reason.INSUFFICIENT_FUNDS:
        yield "stop_refused_without_money"
    if step.refusal:
        return
    if step.of(EventKind.TRIGGERED):
        yield f"{word}_set_off_at_entry"
    else:
        yield f"{word}_waits"


def consequence_states(step: Step) -> Iterator[str]:
    """Of whatever set off stops, one or several."""
    parts = list(set_off(step.after))
    if not parts:
        return
    if step.command.kind == CommandKind.AMEND:
        yield "stop_set_off_by_an_amend"
    sides = {part[0].side for part in parts}
    if len(sides) > 1:
        yield "buy_and_sell_stops_set_off_by_one_command"
    placed = [(step.known.placed[part[0].order_id], part[0].order_id) for part in parts]
    for (one, one_id), (other, other_id) in itertools.pairwise(placed):
        if one.side == other.side and one.stop_price and other.stop_price:
            if one.stop_price == other.stop_price and one_id < other_id:
                yield "older_stop_first_at_one_price"
            if one.stop_price != other.stop_price and one_id > other_id:
                yield "better_stop_price_before_an_older_stop"
    if cascade_depth(step, parts) >= 3:
        yield "stop_cascade_of_depth_3"


def cascade_depth(step: Step, parts: list[list[Event]]) -> int:
    """The longest row of stops of which each was set off by a trade of the one before."""
    prints = [(trade.price, 0) for trade in step.trades]
    if not prints and step.command.symbol in step.known.last:
        prints = [(step.known.last[step.command.symbol], 0)]
    deepest = 0
    for part in parts:
        placed = step.known.placed[part[0].order_id]
        stop, side = placed.stop_price, 1 - placed.side
        level = next((level for price, level in prints if stop and reaches(side, stop, price)), 0) + 1
        prints += [(row.price, level) for row in part if row.kind == EventKind.TRADE]
        deepest = max(deepest, level)
    return deepest


def set_off_states(step: Step) -> Iterator[str]:
    """Of each stop that was set off, by its own command or by another."""
    known = step.known
    for rows in (step.events, step.after):
        for part in set_off(rows):
            order_id = part[0].order_id
            placed = known.placed.get(order_id, step.command)
            end = next((row for row in part if row.kind == EventKind.CANCELED and not is_maker(row)), None)
            trades = [row for row in part if row.kind == EventKind.TRADE]
            if rows is step.after:
                yield "buy_stop_set_off" if placed.side == Side.BUY else "sell_stop_set_off"
            if placed.account in known.halted:
                yield "stop_of_a_halted_account_set_off"
            if placed.type == OrderType.TRAILING_STOP:
                moved = order_id in known.moved or any(trade.price for trade in step.trades[:-1])
                yield "trailing_stop_set_off_after_it_moved" if moved else "trailing_stop_set_off_unmoved"
            if placed.type == OrderType.STOP_LIMIT:
                yield from set_off_limit_states(placed, trades, end)
            if placed.tif == TimeInForce.FOK:
                yield "set_off_fok_filled" if trades else "set_off_fok_canceled"
            if any(row.reason == Reason.SELF_TRADE_PREVENTION for row in part):
                yield "set_off_stop_meets_an_own_order"
            if placed.type != OrderType.STOP_LIMIT and end is not None and trades:
                yield "set_off_stop_remainder_canceled"


def is_maker(row: Event) -> bool:
    return bool(row.flags & EventFlag.MAKER)


def set_off_limit_states(placed: Command, trades: list[Event], end: Event | None) -> Iterator[str]:
    rests = end is None and not (trades and trades[-1].leaves_qty == 0)
    if rests:
        yield "set_off_stop_limit_trades_and_rests" if trades else "set_off_stop_limit_rests"
        if placed.display_qty:
            yield "set_off_iceberg_rests"
        if placed.flags & CommandFlag.POST_ONLY:
            yield "set_off_post_only_rests"
    if end is None:
        return
    if end.reason == Reason.WOULD_CROSS:
        yield "set_off_post_only_would_cross"
    if end.reason == Reason.PRICE_BAND:
        yield "set_off_stop_limit_out_of_the_band"
    if end.reason == Reason.NO_LIQUIDITY and placed.tif == TimeInForce.IOC:
        yield "set_off_stop_limit_ioc_canceled"


def stop_row_states(known: Known, step: Step, row: Event) -> Iterator[str]:
    """`known` is from right before the row."""
    if row.kind != EventKind.CANCELED or is_maker(row) or row.order_id not in known.placed:
        return
    order = known.open[row.order_id]
    placed = known.placed[row.order_id]
    if placed.type not in (OrderType.STOP, OrderType.TRAILING_STOP) or is_pending(order):
        return
    if placed.tif == TimeInForce.FOK:
        return
    opposite = list(known.resting(row.symbol, 1 - row.side))
    if row.reason == Reason.PRICE_BAND:
        yield "set_off_stop_ended_by_the_price_band"
    if row.reason == Reason.NO_LIQUIDITY:
        yield "stop_buy_ended_by_its_protection_price" if opposite else "set_off_stop_on_empty_book"
