"""Named states of icebergs, of orders that expire, and of pairs that take each other along."""

from collections.abc import Iterator
from itertools import groupby, pairwise

from lightning.codes import (
    CommandFlag,
    CommandKind,
    EventFlag,
    EventKind,
    OrderTerms,
    RejectReason,
    SymbolStatus,
    TimeInForce,
)
from lightning.rows import Event
from tests.state_steps import Known, Step, is_pending
from tests.states_stops import STOPS

Reason = RejectReason


def placed_with_terms_states(step: Step) -> Iterator[str]:
    command = step.command
    if step.refusal == Reason.INVALID_DISPLAY_QUANTITY:
        yield "display_quantity_too_small"
    if step.refusal == Reason.INVALID_EXPIRE_TIME:
        yield "expire_time_not_in_the_future"
    if command.flags & CommandFlag.ONE_CANCELS_OTHER:
        yield from second_leg_states(step)
    if step.refusal or command.type in STOPS:
        return
    traded = sum(trade.qty for trade in step.trades)
    left = command.qty - traded if not step.ends else 0
    if command.display_qty and traded > command.display_qty:
        yield "iceberg_comes_in_with_all_it_has"
    if command.display_qty and left:
        yield "iceberg_rests" if left > command.display_qty else "iceberg_shows_all"
    if command.tif == TimeInForce.GTD and left:
        yield "gtd_rests"


def second_leg_states(step: Step) -> Iterator[str]:
    if step.refusal:
        first_gone = any(row.reason == Reason.LINKED for row in step.of(EventKind.CANCELED))
        if first_gone:
            yield "refused_second_leg_takes_the_first_along"
        if step.refusal == Reason.LINKED:
            yield "second_leg_without_a_first"
        return
    yield "pair_of_two_that_wait" if is_pending_pair(step) else "pair_accepted"
    if any(row.reason == Reason.LINKED for row in step.of(EventKind.CANCELED)):
        traded = step.trades and step.trades[0].order_id == step.events[0].order_id
        yield "taker_fill_cancels_its_sibling" if traded else "taker_end_cancels_its_sibling"


def is_pending_pair(step: Step) -> bool:
    first = step.known.open.get(step.events[0].order_id - 1)
    return first is not None and is_pending(first) and is_pending(step.events[0])


def slice_states(step: Step) -> Iterator[str]:
    """Of anything that traded with icebergs."""
    for rows in (step.events, step.after):
        trades = [row for row in rows if row.kind == EventKind.TRADE]
        for _, run in groupby(trades, key=lambda trade: (trade.order_id, trade.price)):
            makers = [trade.maker_order_id for trade in run]
            if any(one == other for one, other in pairwise(makers)):
                yield "iceberg_slice_after_slice"
            for i, maker in enumerate(makers[:-2]):
                if maker != makers[i + 1] and maker in makers[i + 2 :]:
                    yield "iceberg_refill_behind_another_order"
                    break


def reshaped_states(step: Step) -> Iterator[str]:
    """AMENDs of orders with terms."""
    command = step.command
    if step.refusal == Reason.INVALID_DISPLAY_QUANTITY:
        yield "amend_beyond_the_display_quantity"
    if step.refusal == Reason.INVALID_PRICE and command.order_id in step.open:
        order = step.open[command.order_id]
        if is_pending(order) and command.price > 0:
            yield "amend_of_a_stops_price_refused"
    if step.refusal:
        return
    amended = step.events[0]
    before = step.open[amended.order_id]
    terms = amended.order_terms
    if terms & OrderTerms.PENDING:
        yield "amend_of_a_pending_stop"
        if amended.price != before.price:
            yield "amend_of_a_pending_limit_price"
    elif terms & OrderTerms.ICEBERG:
        display = step.known.placed[amended.order_id].display_qty
        if amended.price == before.price and amended.qty <= before.leaves_qty:
            into = amended.qty < min(display, before.leaves_qty)
            yield "amend_of_an_iceberg_into_its_slice" if into else "amend_of_an_iceberg_keeps_its_place"
        else:
            yield "amend_of_an_iceberg_to_the_back"
    if terms & OrderTerms.GTD:
        yield "gtd_amended"
    if terms & OrderTerms.LINKED:
        yield "amend_keeps_the_link" if not step.trades else "amend_that_trades_cancels_its_sibling"


def expiry_states(step: Step) -> Iterator[str]:
    """What was due before the command."""
    expired = [row for row in step.due if row.kind == EventKind.EXPIRED]
    if not expired:
        return
    if len(expired) > 1:
        yield "several_expire_at_one_command"
    if len({row.symbol for row in expired}) > 1:
        yield "orders_of_two_symbols_expire_at_one_command"
    command = step.command
    if command.kind == CommandKind.TIMER:
        yield "expiry_at_a_timer"
    if step.is_replayed:
        yield "expiry_before_a_replay"
    if command.order_id and any(row.order_id == command.order_id for row in expired):
        yield "expiry_of_the_order_that_the_command_is_about"
    if any(step.known.placed[row.order_id].expire_time_ns == command.time_ns for row in expired):
        yield "expiry_exactly_at_its_time"


def term_row_states(known: Known, step: Step, row: Event) -> Iterator[str]:
    """`known` is from right before the row."""
    if row.kind == EventKind.EXPIRED:
        if row.filled_qty:
            yield "gtd_expires_after_a_partial_fill"
        if row.order_terms & OrderTerms.PENDING:
            yield "pending_stop_expires"
        elif row.order_terms & OrderTerms.ICEBERG:
            yield "iceberg_expires"
        if known.status_of(row.symbol) == SymbolStatus.HALTED:
            yield "expiry_in_a_halted_symbol"
        if not row.filled_qty and not row.order_terms & ~OrderTerms.GTD:
            yield "gtd_expires_untouched"
    if row.kind == EventKind.REDUCED:
        if row.flags & EventFlag.MAKER and row.order_terms & OrderTerms.ICEBERG:
            yield "iceberg_decremented"
        if row.order_terms & OrderTerms.LINKED:
            yield "decrement_keeps_the_link"
    if row.kind == EventKind.CANCELED:
        yield from canceled_row_states(known, step, row)
    if row.kind == EventKind.TRADE:
        for order_id, leaves in ((row.maker_order_id, row.maker_leaves_qty), (row.order_id, row.leaves_qty)):
            if leaves == 0 and known.open[order_id].order_terms & OrderTerms.GTD:
                yield "gtd_fills_before_it_expires"


def canceled_row_states(known: Known, step: Step, row: Event) -> Iterator[str]:
    order = known.open[row.order_id]
    iceberg = bool(row.order_terms & OrderTerms.ICEBERG)
    if row.reason == Reason.SELF_TRADE_PREVENTION and row.flags & EventFlag.MAKER and iceberg:
        yield "iceberg_removed_by_prevention"
    if step.command.kind == CommandKind.CANCEL and row.reason == Reason.NONE:
        if is_pending(order):
            yield "cancel_of_a_pending_stop"
        if iceberg and row.filled_qty:
            yield "cancel_of_an_iceberg_after_a_partial_fill"
        if row.order_terms & OrderTerms.LINKED:
            yield "cancel_takes_the_sibling_along"


def sibling_states(step: Step) -> Iterator[str]:
    """Why siblings were canceled, by the row before theirs."""
    for rows in (step.due, step.events, step.after):
        for cause, row in pairwise(rows):
            if row.kind != EventKind.CANCELED or row.reason != Reason.LINKED:
                continue
            if cause.kind == EventKind.EXPIRED:
                yield "expiry_takes_the_sibling_along"
            prevented = cause.reason == Reason.SELF_TRADE_PREVENTION and cause.flags & EventFlag.MAKER
            if cause.kind == EventKind.CANCELED and prevented:
                yield "prevention_takes_the_sibling_along"
            if cause.kind != EventKind.TRADE:
                continue
            first = step.known.siblings.get(row.order_id, 0)
            if cause.maker_order_id == first:
                partly = cause.maker_leaves_qty > 0
                yield "sibling_canceled_by_a_partial_fill" if partly else "sibling_canceled_by_a_fill"
            placed = step.known.placed.get(cause.order_id)
            if cause.order_id == first and placed is not None and placed.type in STOPS:
                yield "set_off_leg_cancels_its_sibling"
            if row.order_terms & OrderTerms.PENDING:
                yield "fill_cancels_a_pending_sibling"
