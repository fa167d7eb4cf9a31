"""Which of the states that matter a stream reached, read from its commands and their answers."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from lightning.codes import (
    CommandFlag,
    CommandKind,
    EventFlag,
    EventKind,
    OrderType,
    RejectReason,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from lightning.rows import Command, Event
from tests.oracle.rows import Rows, to_events

Reason = RejectReason


class Step(NamedTuple):
    """One command, its answer, and what was open before it."""

    command: Command
    events: list[Event]
    open: dict[int, Event]
    """The last state row of every order that rested; `leaves_qty` is kept current."""

    def of(self, kind: EventKind) -> list[Event]:
        return [event for event in self.events if event.kind == kind]

    @property
    def trades(self) -> list[Event]:
        return self.of(EventKind.TRADE)

    @property
    def refusal(self) -> int:
        return self.events[0].reason if self.events[0].kind == EventKind.REJECTED else Reason.NONE

    @property
    def is_replayed(self) -> bool:
        return bool(self.events[0].flags & EventFlag.REPLAYED)

    @property
    def ends(self) -> list[Event]:
        """CANCELED rows of the commanded order itself."""
        return [event for event in self.of(EventKind.CANCELED) if not event.flags & EventFlag.MAKER]

    @property
    def makers_out(self) -> list[Event]:
        return [event for event in self.of(EventKind.CANCELED) if event.flags & EventFlag.MAKER]

    def ended_by(self, reason: RejectReason) -> bool:
        return any(event.reason == reason for event in self.ends)

    def opposite(self) -> list[Event]:
        """Orders that the placed one could meet, its own account's included."""
        placed = self.command
        return [
            order
            for order in self.open.values()
            if order.symbol == placed.symbol
            and order.side != placed.side
            and (placed.type == OrderType.MARKET or reaches(placed, order.price))
        ]

    def own_opposite(self) -> bool:
        return any(order.account == self.command.account for order in self.opposite())

    def quantity_there(self) -> bool:
        return sum(order.leaves_qty for order in self.opposite()) >= self.command.qty > 0


def reaches(placed: Command, price: int) -> bool:
    return price <= placed.price if placed.side == Side.BUY else price >= placed.price


def placed_states(step: Step) -> Iterator[str]:
    command = step.command
    if step.is_replayed:
        return
    if step.refusal:
        yield from refused_place_states(step)
        return
    is_limit = command.type == OrderType.LIMIT
    is_open = not step.ends and not (step.trades and step.trades[-1].leaves_qty == 0)
    if is_limit and command.tif == TimeInForce.GTC and is_open:
        yield "limit_trades_and_rests" if step.trades else "limit_rests"
    if is_limit and step.trades and step.trades[-1].leaves_qty == 0:
        yield "limit_fills_at_once"
    if command.tif == TimeInForce.IOC and step.ended_by(Reason.NO_LIQUIDITY):
        yield "ioc_remainder_canceled" if step.trades else "ioc_untraded_canceled"
    if command.flags & CommandFlag.POST_ONLY:
        yield "post_only_rests"
    if command.flags & CommandFlag.OWN_FEES and step.trades:
        yield "own_fees_charged"
    if command.tif == TimeInForce.FOK:
        yield from fok_states(step)
    if not is_limit:
        yield from market_states(step)
    yield from walk_states(step)
    yield from prevention_states(step)


def refused_place_states(step: Step) -> Iterator[str]:
    command = step.command
    is_market = command.type == OrderType.MARKET
    if step.refusal == Reason.WOULD_CROSS:
        own = all(order.account == command.account for order in step.opposite())
        yield "post_only_would_cross_only_own_orders" if own else "post_only_would_cross"
    if step.refusal == Reason.INSUFFICIENT_FUNDS:
        yield "market_refused_without_money" if is_market else "limit_refused_without_money"
    if step.refusal == Reason.HALTED:
        yield "placed_while_not_trading"
    if step.refusal == Reason.INVALID_FEE:
        yield "own_fees_refused"
    if step.refusal == Reason.LIMIT_EXCEEDED:
        yield "notional_too_small"
    if step.refusal == Reason.OVERFLOW:
        yield "notional_overflows"


def fok_states(step: Step) -> Iterator[str]:
    if not step.ends:
        yield "fok_filled"
    elif step.own_opposite() and step.quantity_there():
        yield "fok_refused_because_of_own_order"
    elif step.command.type == OrderType.MARKET and step.command.side == Side.BUY and step.quantity_there():
        yield "fok_refused_for_money"
    else:
        yield "fok_refused_for_quantity"


def market_states(step: Step) -> Iterator[str]:
    command = step.command
    by_amount = command.amount > 0
    if step.ended_by(Reason.NO_LIQUIDITY) and command.tif != TimeInForce.FOK:
        if not step.trades:
            yield "market_on_empty_book"
        else:
            yield "spend_runs_the_book_empty" if by_amount else "market_remainder_canceled"
    if step.ended_by(Reason.INSUFFICIENT_FUNDS):
        if by_amount:
            yield "spend_too_little_for_a_lot"
        else:
            yield "market_buy_stopped_by_money" if step.trades else "market_buy_too_poor_for_a_lot"
    if by_amount and step.trades and not step.ends:
        yield "spend_filled"


def walk_states(step: Step) -> Iterator[str]:
    """Of anything that trades."""
    trades = step.trades
    prices = {trade.price for trade in trades}
    if len(prices) > 1:
        yield "sweeps_levels"
    if len(trades) > len(prices):
        yield "sweeps_orders_of_a_level"
    if any(trade.maker_leaves_qty for trade in trades):
        yield "maker_partially_filled"
    if any(trade.account == trade.maker_account for trade in trades):
        yield "self_trade_allowed"
    if any(trade.maker_fee < 0 for trade in trades):
        yield "rebate_paid_to_maker"
    if any(trade.fee < 0 for trade in trades):
        yield "rebate_paid_to_taker"
    if any(trade.fee > 0 and trade.maker_fee > 0 for trade in trades):
        yield "both_pay_fees"
    command = step.command
    if command.side == Side.BUY and any(trade.price < command.price for trade in trades):
        yield "improvement_released"


def prevention_states(step: Step) -> Iterator[str]:
    out = step.makers_out
    taker_out = step.ended_by(Reason.SELF_TRADE_PREVENTION)
    reduced = step.of(EventKind.REDUCED)
    if step.command.stp == SelfTradePrevention.CANCEL_TAKER and taker_out:
        yield "cancel_taker_after_trades" if step.trades else "cancel_taker"
    if step.command.stp == SelfTradePrevention.CANCEL_MAKER and out:
        yield "cancel_maker_and_go_on" if step.trades else "cancel_maker"
    if step.command.stp == SelfTradePrevention.CANCEL_BOTH and out:
        yield "cancel_both"
    if step.command.stp == SelfTradePrevention.DEFAULT and (out or taker_out):
        yield "prevention_by_the_symbol"
    if step.command.stp == SelfTradePrevention.DECREMENT and (out or reduced):
        if any(event.flags & EventFlag.MAKER for event in reduced):
            yield "decrement_leaves_maker_open"
        if any(not event.flags & EventFlag.MAKER for event in reduced):
            yield "decrement_leaves_taker_open"
        if out and taker_out:
            yield "decrement_removes_both"
        if step.command.amount:
            yield "decrement_of_a_spend"


def amended_states(step: Step) -> Iterator[str]:
    command = step.command
    if step.is_replayed:
        return
    names = {
        Reason.INSUFFICIENT_FUNDS: "amend_refused_for_money",
        Reason.WOULD_CROSS: "amend_would_cross",
        Reason.INVALID_QUANTITY: "amend_to_invalid_quantity",
        Reason.INVALID_PRICE: "amend_to_invalid_price",
        Reason.NOT_OWNER: "amend_of_anothers_order",
        Reason.UNKNOWN_ORDER: "amend_of_unknown_order",
    }
    if step.refusal:
        if step.refusal in names:
            yield names[Reason(step.refusal)]
        return
    amended = step.events[0]
    before = step.open[amended.order_id]
    if before.price == amended.price:
        if amended.qty < before.leaves_qty:
            yield "amend_keeps_place"
        yield "amend_larger_loses_place" if amended.qty > before.leaves_qty else "amend_at_the_same_price"
    else:
        yield "amend_trades" if step.trades else "amend_reprices"
    if amended.filled_qty:
        yield "amend_after_partial_fill"
    if command.order_id == 0:
        yield "amend_by_client_order_id"
    yield from walk_states(step._replace(command=command._replace(price=amended.price, side=amended.side)))


def canceled_states(step: Step) -> Iterator[str]:
    if step.is_replayed:
        return
    if step.refusal == Reason.UNKNOWN_ORDER:
        yield "cancel_of_unknown_order"
    if step.refusal == Reason.NOT_OWNER:
        yield "cancel_of_anothers_order"
    if not step.refusal:
        yield "cancel_by_order_id" if step.command.order_id else "cancel_by_client_order_id"
        if step.events[0].filled_qty:
            yield "partial_fill_then_cancel"


def cancel_all_states(step: Step) -> Iterator[str]:
    if step.is_replayed or step.refusal:
        return
    symbols = {event.symbol for event in step.of(EventKind.CANCELED)}
    if not symbols:
        yield "cancel_all_of_nothing"
    if len(symbols) > 1:
        yield "cancel_all_over_symbols"
    if symbols and step.command.symbol:
        yield "cancel_all_of_a_symbol"
    if symbols and step.command.flags in (CommandFlag.BUY_SIDE, CommandFlag.SELL_SIDE):
        yield "cancel_all_of_a_side"


def money_states(step: Step) -> Iterator[str]:
    kind = CommandKind(step.command.kind).name.lower()
    if step.is_replayed:
        return
    if not step.refusal:
        yield f"{kind}_done"
        if step.events[0].available == 0 and kind != "deposit":
            yield f"{kind}_of_all_there_is"
        if step.events[0].held:
            yield f"{kind}_with_money_held"
    else:
        yield f"{kind}_refused_{Reason(step.refusal).name.lower()}"


def once_states(step: Step, known: dict[tuple[int, bool, int], int]) -> Iterator[str]:
    """known : kind of the command that introduced an id"""
    command = step.command
    if step.is_replayed:
        yield "replay_of_a_refusal" if step.refusal else "replay_of_a_success"
        if step.trades:
            yield "replay_with_trades"
    shared = command.kind == CommandKind.PLACE or bool(command.flags & CommandFlag.SHARED_ID)
    key = (
        command.account,
        shared,
        command.client_order_id if command.kind == CommandKind.PLACE else command.request_id,
    )
    if key[2] == 0:
        return
    if step.refusal == Reason.DUPLICATE_ID and not step.is_replayed:
        yield "duplicate_id_other_content"
        if known.get(key, command.kind) != command.kind:
            yield "duplicate_id_across_kinds"
    elif not step.is_replayed:
        if key in known:
            yield "id_forgotten_and_used_again"
        known[key] = command.kind


STATES_OF: dict[int, Callable[[Step], Iterator[str]]] = {
    CommandKind.PLACE: placed_states,
    CommandKind.AMEND: amended_states,
    CommandKind.CANCEL: canceled_states,
    CommandKind.CANCEL_ALL: cancel_all_states,
    CommandKind.DEPOSIT: money_states,
    CommandKind.WITHDRAW: money_states,
    CommandKind.TRANSFER: money_states,
}

STATE_NAMES = """
limit_rests limit_trades_and_rests limit_fills_at_once limit_refused_without_money improvement_released
ioc_remainder_canceled ioc_untraded_canceled fok_filled fok_refused_because_of_own_order
fok_refused_for_money fok_refused_for_quantity post_only_rests post_only_would_cross
post_only_would_cross_only_own_orders market_on_empty_book market_remainder_canceled
market_refused_without_money market_buy_stopped_by_money market_buy_too_poor_for_a_lot spend_filled
spend_runs_the_book_empty spend_too_little_for_a_lot sweeps_levels sweeps_orders_of_a_level
maker_partially_filled self_trade_allowed rebate_paid_to_maker rebate_paid_to_taker both_pay_fees
own_fees_charged own_fees_refused cancel_taker cancel_taker_after_trades cancel_maker
cancel_maker_and_go_on cancel_both prevention_by_the_symbol decrement_leaves_maker_open
decrement_leaves_taker_open decrement_removes_both decrement_of_a_spend amend_keeps_place
amend_at_the_same_price amend_larger_loses_place amend_reprices amend_trades amend_after_partial_fill
amend_by_client_order_id amend_refused_for_money amend_would_cross amend_to_invalid_quantity
amend_to_invalid_price amend_of_anothers_order amend_of_unknown_order cancel_by_order_id
cancel_by_client_order_id cancel_of_unknown_order cancel_of_anothers_order partial_fill_then_cancel
cancel_all_of_nothing cancel_all_over_symbols cancel_all_of_a_symbol cancel_all_of_a_side deposit_done
deposit_refused_overflow deposit_refused_unknown_account deposit_refused_unknown_currency
deposit_refused_invalid_amount withdraw_done withdraw_of_all_there_is withdraw_with_money_held
withdraw_refused_insufficient_funds withdraw_refused_unknown_account transfer_done
transfer_of_all_there_is transfer_refused_insufficient_funds transfer_refused_unknown_account
transfer_refused_invalid_command replay_of_a_refusal replay_of_a_success replay_with_trades
duplicate_id_other_content duplicate_id_across_kinds id_forgotten_and_used_again placed_while_not_trading
notional_too_small notional_overflows
"""
STATES = frozenset(STATE_NAMES.split())


def count_states(commands: Rows, events: Rows) -> Counter[str]:
    """How often each state was reached by `commands`, submitted at once to a fresh exchange."""
    answers: defaultdict[int, list[Event]] = defaultdict(list)
    for event in to_events(events):
        answers[event.command].append(event)
    open_orders: dict[int, Event] = {}
    known: dict[tuple[int, bool, int], int] = {}
    counts: Counter[str] = Counter()
    for i, row in enumerate(commands.tolist()):
        command = Command._make(row)
        step = Step(command, answers[i], open_orders)
        counts.update(once_states(step, known))
        if command.kind in STATES_OF:
            counts.update(STATES_OF[command.kind](step))
        if not step.is_replayed:
            follow(step, open_orders)
    return counts


def follow(step: Step, open_orders: dict[int, Event]) -> None:
    """Bring what is open up to date; an order that ended at once is not in it."""
    for event in step.events:
        if event.kind in (EventKind.ACCEPTED, EventKind.AMENDED, EventKind.REDUCED):
            open_orders[event.order_id] = event
        elif event.kind == EventKind.CANCELED:
            open_orders.pop(event.order_id, None)
        elif event.kind == EventKind.TRADE:
            fill(open_orders, event.maker_order_id, event.qty)
            fill(open_orders, event.order_id, event.qty)
    if step.command.kind == CommandKind.PLACE and step.command.type == OrderType.MARKET:
        open_orders.pop(step.events[0].order_id, None)


def fill(open_orders: dict[int, Event], order_id: int, qty: int) -> None:
    order = open_orders.pop(order_id)
    if order.leaves_qty > qty or order.order_qty == 0:
        open_orders[order_id] = order._replace(leaves_qty=order.leaves_qty - qty)
