"""The history, judged: every order, every fill, and the entries that make every balance."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from typing import Any

from google.protobuf.message import Message

from lightning.pb.v1 import accounts_pb2, trading_pb2, types_pb2
from tests.kills.bookkeeping import CLOSED, Bookkeeping, Order, units
from tests.kills.broken import require, require_none
from tests.kills.calls import Connection
from tests.kills.conditional import now_ms

PAGE = 1000


async def compare_past(connection: Connection, books: Bookkeeping, accounts: Iterable[int]) -> None:
    """What the server tells of all that `accounts` ever did, with our books. Raises Broken."""
    for account in accounts:
        await _compare_entries(connection, books, account)
        await _compare_fills(connection, books, account)
        await _compare_orders(connection, books, account)


async def pages(connection: Connection, request: Any) -> AsyncIterator[Any]:
    """The replies to `request`, from page to page."""
    while True:
        reply = await connection.ask(request)
        yield reply
        if not reply.next_page_token:
            return
        request.page_token = reply.next_page_token


async def _compare_entries(connection: Connection, books: Bookkeeping, account: int) -> None:
    sums: Counter[int] = Counter()
    request: Message = accounts_pb2.ListLedgerEntriesRequest(account_id=account, page_size=PAGE)
    async for page in pages(connection, request):
        for entry in page.entries:
            sums[entry.currency_id] += units(entry.amount)
    ours = Counter({currency: sum for (owner, currency), sum in books.balances.items() if owner == account})
    require(sums == ours, f"account {account}: ledger entries sum to {sums}, should be {ours}")


async def _compare_fills(connection: Connection, books: Bookkeeping, account: int) -> None:
    request = trading_pb2.ListFillsRequest(account_id=account, page_size=PAGE)
    theirs: Counter[tuple[int, int]] = Counter()
    async for page in pages(connection, request):
        theirs.update((fill.symbol_id, fill.trade_id) for fill in page.fills)
    ours = Counter(books.trades_of[account])
    require(
        theirs == ours, f"account {account}: fills {theirs - ours} never were, {ours - theirs} are not listed"
    )


async def _compare_orders(connection: Connection, books: Bookkeeping, account: int) -> None:
    request = trading_pb2.ListOrdersRequest(account_id=account, page_size=PAGE)
    expected = {order_id for order_id, order in books.orders.items() if order.account == account}
    listed: set[int] = set()
    wrong: list[str] = []
    async for page in pages(connection, request):
        for order in page.orders:
            if order.order_id in listed:
                wrong.append(f"listed twice: {order}")
            if order.status == types_pb2.ORDER_STATUS_REJECTED:
                continue
            listed.add(order.order_id)
            if order.order_id in expected:
                found = inconsistencies(order, books.orders[order.order_id])
                if found:
                    wrong.append(f"{found}:\n{order}{books.orders[order.order_id]}")
    require_none(wrong, f"account {account}: orders that are not what they should be")
    lacking, unknown = sorted(expected - listed), sorted(listed - expected)
    require(
        not lacking and not unknown, f"account {account}: orders lack: {lacking}, were never sent: {unknown}"
    )


def inconsistencies(order: types_pb2.Order, known: Order) -> str:
    """What an order, open or closed, has that it cannot have; "" = nothing."""
    quantity, leaves = units(order.quantity), units(order.leaves_quantity)
    closed = order.status in CLOSED
    wrong = {
        "not this account's": order.account_id != known.account,
        "of another symbol": order.symbol_id != known.symbol,
        "on the other side": (order.side == types_pb2.SIDE_BUY) != known.buys,
        "of another price": units(order.price or "0") != known.price,
        "filled otherwise": units(order.filled_quantity) != known.filled,
        "paid otherwise": units(order.filled_quote) != known.filled_quote,
        "charged otherwise": units(order.fee) != known.fee,
        "open after its end": known.closed and not closed,
        "closed": known.must_be_open and closed,
        "not adding up": leaves != (0 if closed else quantity - known.filled),
        "expired too early": order.status == types_pb2.ORDER_STATUS_EXPIRED
        and not 0 < known.expires_ms <= now_ms(),
        "not filled": order.status == types_pb2.ORDER_STATUS_FILLED and known.filled != quantity,
    }
    return ", ".join(name for name, is_so in wrong.items() if is_so)
