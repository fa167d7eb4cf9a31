"""What the oracle shows of an open order: the columns of the engine's view."""

from typing import NamedTuple

from lightning.codes import OrderStatus
from tests.oracle.book import Order


class OpenOrder(NamedTuple):
    order_id: int
    client_order_id: int
    account: int
    symbol: int
    side: int
    type: int
    tif: int
    price: int
    qty: int
    filled_qty: int
    leaves_qty: int
    filled_quote: int
    fee: int
    status: int
    create_time_ns: int
    update_time_ns: int
    stop_price: int
    """Of a trailing stop: where it is now."""
    trail_amount: int
    display_qty: int
    hidden_qty: int
    """Lots that rest and are not shown; none while the order waits."""
    expire_time_ns: int
    sibling_id: int


def open_order(order: Order) -> OpenOrder:
    status = OrderStatus.PARTIALLY_FILLED if order.filled_qty else OrderStatus.NEW
    return OpenOrder(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        account=order.account,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        tif=order.tif,
        price=order.price,
        qty=order.order_qty,
        filled_qty=order.filled_qty,
        leaves_qty=order.open_qty,
        filled_quote=order.filled_quote,
        fee=order.fee,
        status=OrderStatus.PENDING if order.is_pending else status,
        create_time_ns=order.create_time_ns,
        update_time_ns=order.update_time_ns,
        stop_price=order.stop_price,
        trail_amount=order.trail_amount,
        display_qty=order.display_qty,
        hidden_qty=0 if order.is_pending else order.open_qty - order.shown,
        expire_time_ns=order.expire_time_ns,
        sibling_id=0 if order.sibling is None else order.sibling.order_id,
    )
