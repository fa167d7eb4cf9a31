"""Named states of auctions, halts, deadlines, bands, limits, mass cancels and chains."""

import itertools
from collections.abc import Iterator

from lightning.codes import (
    CommandFlag,
    EventKind,
    OrderTerms,
    RejectReason,
    Side,
    SymbolStatus,
)
from lightning.rows import Command, Event
from tests.state_steps import Known, Step, reaches, set_off
from tests.states_stops import STOPS

Reason = RejectReason


def placed_under_control_states(step: Step) -> Iterator[str]:
    command = step.command
    if step.refusal == Reason.ACCOUNT_HALTED:
        yield "order_of_a_halted_account_refused"
    if step.refusal == Reason.AUCTION:
        yield "auction_refuses_what_cannot_wait"
    if step.refusal == Reason.PRICE_BAND:
        yield "limit_out_of_the_band_refused"
    if step.refusal == Reason.LIMIT_EXCEEDED and step.has_too_many_orders():
        yield "too_many_open_orders"
    if step.refusal or step.known.status_of(command.symbol) != SymbolStatus.AUCTION:
        return
    if command.type in STOPS:
        yield "stop_waits_in_an_auction"
    elif step.opposite():
        yield "auction_order_crosses_without_trading"
        if command.flags & CommandFlag.POST_ONLY:
            yield "post_only_crosses_in_an_auction"


def amended_under_control_states(step: Step) -> Iterator[str]:
    if step.refusal == Reason.ACCOUNT_HALTED:
        yield "amend_of_a_halted_account_refused"
    if step.refusal == Reason.PRICE_BAND:
        yield "amend_out_of_the_band_refused"
    if step.refusal == Reason.HALTED:
        yield "amend_while_halted_refused"
    if not step.refusal and step.known.status_of(step.command.symbol) == SymbolStatus.AUCTION:
        amended = step.events[0]
        opposite = step.known.resting(amended.symbol, 1 - amended.side)
        if any(reaches(amended.side, amended.price, other.price) for other in opposite):
            yield "amend_in_an_auction_crosses"


def canceled_under_control_states(step: Step) -> Iterator[str]:
    status = step.known.status_of(step.command.symbol)
    if step.refusal == Reason.HALTED:
        yield "cancel_while_halted_refused"
    if not step.refusal and status == SymbolStatus.CANCEL_ONLY:
        yield "cancel_while_cancel_only"
    if not step.refusal and step.command.account in step.known.halted:
        yield "cancel_of_a_halted_account"


def mass_cancel_states(step: Step) -> Iterator[str]:
    canceled = step.of(EventKind.CANCELED)
    pending = any(row.order_terms & OrderTerms.PENDING for row in canceled)
    every = bool(step.command.flags & CommandFlag.EVERY_ACCOUNT)
    if step.refusal == Reason.INVALID_COMMAND and every:
        yield "mass_cancel_of_every_account_names_one"
    if step.refusal == Reason.HALTED:
        yield "cancel_all_of_a_halted_symbol"
    if not canceled:
        return
    if every:
        yield "mass_cancel_of_every_account"
        if pending:
            yield "mass_cancel_of_every_account_with_pending_stops"
    elif pending:
        yield "cancel_all_with_pending_stops"
    ids = {row.order_id for row in canceled}
    if any(step.known.siblings.get(order_id) in ids for order_id in ids):
        yield "cancel_all_of_a_linked_pair"


def deadline_states(step: Step) -> Iterator[str]:
    """CANCEL_ALL_AFTER."""
    before = step.known.deadlines.get(step.command.account, 0)
    if step.refusal == Reason.INVALID_EXPIRE_TIME:
        yield "deadline_not_in_the_future"
    if step.refusal:
        return
    if step.command.expire_time_ns == 0:
        yield "deadline_switched_off" if before else "deadline_off_that_never_was"
    else:
        yield "deadline_renewed" if before else "deadline_set"


def fired_states(step: Step) -> Iterator[str]:
    """Deadlines that passed before the command."""
    fired = [row for row in step.due if row.reason == Reason.CANCEL_ALL_AFTER]
    if not fired:
        return
    yield "deadline_fired"
    if len({row.symbol for row in fired}) > 1:
        yield "deadline_fired_over_symbols"
    if any(step.known.status_of(row.symbol) == SymbolStatus.HALTED for row in fired):
        yield "deadline_fired_in_a_halted_symbol"
    if any(row.order_terms & OrderTerms.PENDING for row in fired):
        yield "deadline_fired_with_pending_stops"


def account_status_states(step: Step) -> Iterator[str]:
    was_halted = step.command.account in step.known.halted
    if step.refusal:
        yield "account_status_refused"
    elif step.command.type:
        yield "account_halted"
    elif was_halted:
        yield "account_set_going_again"


def symbol_status_states(step: Step) -> Iterator[str]:
    if step.refusal:
        yield "symbol_status_refused"
        return
    command, trades = step.command, step.trades
    before = step.known.status_of(command.symbol)
    words = {
        SymbolStatus.TRADING: "symbol_trades_again",
        SymbolStatus.CANCEL_ONLY: "symbol_set_to_cancel_only",
        SymbolStatus.HALTED: "symbol_halted",
        SymbolStatus.AUCTION: "symbol_set_to_auction",
    }
    yield words[SymbolStatus(command.type)]
    if command.type != SymbolStatus.TRADING:
        return
    if trades:
        yield from uncross_states(step)
    elif before == SymbolStatus.AUCTION:
        yield "auction_ends_without_a_trade"
    if any(set_off(step.after)):
        yield "uncross_sets_off_stops" if trades else "return_to_trading_sets_off_stops"


def uncross_states(step: Step) -> Iterator[str]:
    trades = step.trades
    found = step.of(EventKind.UNCROSSED)[0]
    yield "uncross_of_several_trades" if len(trades) > 1 else "uncross_of_one_trade"
    if step.known.status_of(step.command.symbol) == SymbolStatus.CANCEL_ONLY:
        yield "uncross_from_cancel_only"
    if any(trade.account == trade.maker_account for trade in trades):
        yield "uncross_with_an_own_order"
    if any(row.reason == Reason.LINKED for row in step.of(EventKind.CANCELED)):
        yield "uncross_cancels_siblings"
        if sum(trade.qty for trade in trades) < found.qty:
            yield "uncross_trades_less_than_it_found"
    if {trade.side for trade in trades} == {Side.BUY, Side.SELL}:
        yield "uncross_with_takers_on_both_sides"
    makers = [(trade.maker_order_id, trade.order_id) for trade in trades]
    if any(one == other for one, other in itertools.pairwise(makers)):
        yield "uncross_slice_after_slice"
    if trades[-1].leaves_qty or trades[-1].maker_leaves_qty:
        yield "uncross_leaves_a_partial_fill"
    yield from tie_states(step, found)


def tie_states(step: Step, found: Event) -> Iterator[str]:
    """How the price was chosen among those of the largest volume."""
    known = step.known
    sides = [
        [(order.price, order.leaves_qty) for order in known.resting(found.symbol, side)] for side in Side
    ]
    prices = {order[0] for side in sides for order in side}
    if found.price not in prices:
        yield "uncross_between_levels"
    tried = {price + step for price in prices for step in (-1, 0, 1)}
    results = []
    for price in tried:
        bids, asks = (
            sum(qty for at, qty in orders if reaches(side, at, price))
            for side, orders in zip(Side, sides, strict=True)
        )
        results.append((min(bids, asks), abs(bids - asks), price))
    largest = [one for one in results if one[0] == found.qty]
    alike = [one for one in largest if one[1] == min(largest, key=lambda one: one[1])[1]]
    if len(alike) < len(largest):
        yield "uncross_with_a_tie_told_by_imbalance"
    if len(alike) > 1:
        lowest = found.price == min(price for *_, price in alike)
        if not lowest:
            yield "uncross_with_a_tie_told_by_the_last_price"


def chain_states(rows: list[tuple[Command, list[Event]]], known: Known) -> Iterator[str]:
    """Of consecutive TRANSFERs that are linked; each with its own rows."""
    events = [own[0] for _, own in rows]
    reasons = [event.reason for event in events]
    replayed = events[0].flags & 1
    if replayed:
        yield (
            "chain_replayed" if not reasons[0] and Reason.LINKED not in reasons else "refused_chain_replayed"
        )
        return
    if not any(reasons):
        yield "chain_done"
        paid = {event.counter_account for event in events[:-1]}
        if any(event.account in paid for event in events[1:]):
            yield "chain_passes_on_what_it_brought"
        return
    if reasons[0] == Reason.DUPLICATE_ID:
        yield "chain_with_a_known_id"
    elif set(reasons) == {Reason.INVALID_COMMAND}:
        ids = any(command.request_id for command, _ in rows[1:])
        yield "chain_with_a_second_id" if ids else "chain_cut_short"
    elif Reason.LINKED in reasons:
        at = next(i for i, reason in enumerate(reasons) if reason != Reason.LINKED)
        if at == len(reasons) - 1:
            yield "chain_undone_at_its_last_row"
        else:
            yield "chain_undone_on_its_way" if at else "chain_refused_at_its_first_row"
