"""Named states of plain orders and of money: what one command and its answer show."""

from collections import Counter
from collections.abc import Iterator

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
from tests.state_steps import Step

Reason = RejectReason


def placed_states(step: Step) -> Iterator[str]:
    command = step.command
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
    if command.type == OrderType.MARKET:
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
    if step.refusal == Reason.LIMIT_EXCEEDED and not step.has_too_many_orders():
        yield "notional_too_small"
    if step.refusal == Reason.OVERFLOW:
        yield "notional_overflows"


def fok_states(step: Step) -> Iterator[str]:
    if not step.ends:
        yield "fok_filled"
        makers = Counter(trade.maker_order_id for trade in step.trades)
        if max(makers.values()) > 1:
            yield "fok_filled_by_hidden_quantity"
    elif step.own_opposite() and step.quantity_there():
        yield "fok_refused_because_of_own_order"
    elif step.command.type == OrderType.LIMIT and step.quantity_there() and step.legs_are_missing():
        yield "fok_refused_because_oco_legs_count_once"
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
    if step.ended_by(Reason.PRICE_BAND):
        yield "market_order_ended_by_the_price_band"
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
    if step.refusal == Reason.UNKNOWN_ORDER:
        yield "cancel_of_unknown_order"
    if step.refusal == Reason.NOT_OWNER:
        yield "cancel_of_anothers_order"
    if not step.refusal:
        yield "cancel_by_order_id" if step.command.order_id else "cancel_by_client_order_id"
        if step.events[0].filled_qty:
            yield "partial_fill_then_cancel"


def cancel_all_states(step: Step) -> Iterator[str]:
    if step.refusal:
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
    if not step.refusal:
        yield f"{kind}_done"
        if step.events[0].available == 0 and kind != "deposit":
            yield f"{kind}_of_all_there_is"
        if step.events[0].held:
            yield f"{kind}_with_money_held"
    else:
        yield f"{kind}_refused_{Reason(step.refusal).name.lower()}"
