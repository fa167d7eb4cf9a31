"""After a start: is everything there that was answered, once, and nothing else?"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from grpc import StatusCode

from lightning.pb.schema import lightning_pb2 as schema
from lightning.pb.v1 import accounts_pb2, admin_pb2, market_data_pb2, trading_pb2, types_pb2
from tests.kills.bookkeeping import Bookkeeping, Order, units
from tests.kills.broken import Broken, require, require_none
from tests.kills.calls import Answer, Connection, path_of, reply_of
from tests.kills.catalog import Catalog
from tests.kills.conditional import now_ms
from tests.kills.diary import Entry, due_ms, once_id, with_other_content
from tests.kills.past import PAGE, compare_past, inconsistencies, pages

IN_FLIGHT = 64
OTHER_CONTENT_SHARE = 0.2
ORDERS_LOOKED_UP = 50

PLACING = (
    trading_pb2.PlaceOrderRequest,
    trading_pb2.PlaceOneCancelsOtherRequest,
    schema.PlaceOrderRequest,
)

T = TypeVar("T")


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Connection]:
    connection = Connection(address)
    try:
        yield connection
    finally:
        await connection.close()


async def each(what: Iterable[T], do: Callable[[T], Awaitable[None]]) -> None:
    """All of them, some at a time."""
    waiting = iter(what)

    async def work() -> None:
        for one in waiting:
            await do(one)

    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))


class Judge:
    def __init__(self, rng: random.Random) -> None:
        self.books = Bookkeeping()
        self.catalog = Catalog()
        self._rng = rng

    async def judge(self, address: str, entries: Sequence[Entry], everyone: bool = False) -> None:
        """`entries`: what was sent since the last time. Nothing else may be going on. Raises Broken.

        everyone : look through every account's whole history, not only through one's
        """
        async with connected(address) as connection:
            await self._send_again(connection, entries)
            await self._settle_unknown(connection, [entry for entry in entries if entry.answer is None])
            self._take(entries)
            await self._let_time_pass(connection, entries)
            await self._compare(connection)
            accounts = sorted({account for account, _ in self.books.balances})
            chosen = accounts if everyone or not accounts else [self._rng.choice(accounts)]
            await compare_past(connection, self.books, chosen)

    async def _send_again(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """What was answered is answered the same again; other content under its id is refused."""
        wrong: list[str] = []

        async def again(entry: Entry) -> None:
            second = await connection.call(entry.request)
            if second != entry.answer:
                wrong.append(_difference(entry, entry.answer, second))
            if self._rng.random() < OTHER_CONTENT_SHARE:
                other = with_other_content(entry.request)
                third = await connection.call(other)
                if third is None or not _is_duplicate(other, third):
                    wrong.append(f"other content under the same id was answered {third}: {other}")

        await each([one for one in entries if one.answer is not None and once_id(one.request)], again)
        require_none(wrong, "an acknowledged answer was lost or changed")

    async def _settle_unknown(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """What was not answered is sent again; with an id, it is done once, however often it is sent."""
        wrong: list[str] = []

        async def settle(entry: Entry) -> None:
            entry.sent_again = True
            entry.answer = await connection.call(entry.request)
            if entry.answer is None:
                wrong.append(f"still no answer: {entry.request}")
            elif once_id(entry.request):
                second = await connection.call(entry.request)
                if second != entry.answer:
                    wrong.append(_difference(entry, entry.answer, second))

        await each(entries, settle)
        require_none(wrong, "a request that was sent again has no one answer")

    def _take(self, entries: Sequence[Entry]) -> None:
        """Orders first: a cancel may have been sent before the order that it found."""
        for orders in (True, False):
            for entry in entries:
                places = isinstance(entry.request, PLACING)
                if places == orders and entry.answer is not None and entry.answer.done:
                    reply = reply_of(entry.request, entry.answer)
                    self.books.take(entry, reply)
                    self.catalog.take(entry, reply)

    async def _let_time_pass(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """Whatever expires soon has done so; the server's time is beyond ours of now."""
        left_ms = max([0, *(due_ms(entry.request) - now_ms() for entry in entries)])
        await asyncio.sleep(left_ms / 1000)
        now = now_ms()
        nothing = trading_pb2.CancelOrderRequest(account_id=1, symbol_id=1, order_id=2**60)
        await connection.ask(nothing)  # but its time counts
        for order in self.books.orders.values():
            order.closed |= 0 < order.expires_ms <= now

    async def _compare(self, connection: Connection) -> None:
        """The server's books with ours, while nothing else is going on."""
        symbols = await self.catalog.compare(connection)
        for symbol in symbols:
            await self._take_trades(connection, symbol)
        self._compare_reports()
        before = await connection.ask(admin_pb2.GetTotalsRequest())
        self._compare_totals(before)
        held: Counter[tuple[int, int]] = Counter()
        found: set[int] = set()
        for account in sorted({account for account, _ in self.books.balances}):
            await self._compare_open_orders(connection, account, symbols, held, found)
            await self._compare_account(connection, account, held)
        lost = [
            f"order {order_id}: {order}"
            for order_id, order in self.books.orders.items()
            if order.must_be_open and order_id not in found
        ]
        require_none(lost, "an acknowledged open order is not there")
        self._compare_pairs(found)
        await self._look_up_orders(connection)
        after = await connection.ask(admin_pb2.GetTotalsRequest())
        require(after.seq == before.seq, f"seq went from {before.seq} to {after.seq} while nothing was sent")

    async def _take_trades(self, connection: Connection, symbol: types_pb2.Symbol) -> None:
        while True:
            after = self.books.trades.get(symbol.symbol_id, 0)
            page = await connection.ask(
                market_data_pb2.ListTradesRequest(
                    symbol_id=symbol.symbol_id, after_trade_id=after, limit=PAGE
                )
            )
            for trade in page.trades:
                self.books.take_trade(trade, symbol.base_currency_id, symbol.quote_currency_id)
            if len(page.trades) < PAGE:
                return

    def _compare_reports(self) -> None:
        """Each trade is in its taker's report, and each fill of a report is a trade."""
        wrong = []
        for order_id in self.books.fresh:
            reported, fills = self.books.orders[order_id].reported, self.books.fills.get(order_id, [])
            if self.books.orders[order_id].takes_later and reported is not None:
                fills = fills[: len(reported)]
            if reported is not None and fills != reported:
                wrong.append(f"order {order_id}: reported {reported}, traded {fills}")
        self.books.fresh.clear()
        self.books.fills.clear()
        require_none(wrong, "fills that were reported are not the trades")

    def _compare_totals(self, reply: admin_pb2.GetTotalsResponse) -> None:
        books = self.books
        owned: Counter[int] = Counter()
        for (_, currency), amount in books.balances.items():
            owned[currency] += amount
        for total in reply.totals:
            currency = total.currency_id
            ours = (
                books.deposited[currency],
                books.withdrawn[currency],
                owned[currency],
                books.fees[currency],
            )
            theirs = (
                units(total.deposited),
                units(total.withdrawn),
                units(total.available) + units(total.held),
                units(total.fees),
            )
            require(
                ours == theirs,
                f"currency {currency}: (deposited, withdrawn, owned, fees) should be {ours}, is {theirs}",
            )
        require_conserved(reply)

    async def _compare_open_orders(
        self,
        connection: Connection,
        account: int,
        symbols: Sequence[types_pb2.Symbol],
        held: Counter[tuple[int, int]],
        found: set[int],
    ) -> None:
        currencies = {one.symbol_id: (one.base_currency_id, one.quote_currency_id) for one in symbols}
        request = trading_pb2.ListOrdersRequest(account_id=account, open_only=True, page_size=PAGE)
        orders = [order async for page in pages(connection, request) for order in page.orders]
        for order in orders:
            known = self.books.orders.get(order.order_id)
            if known is None or order.account_id != account:
                raise Broken(f"account {account} has an open order that it never sent:\n{order}")
            wrong = _inconsistencies_of_open(order, known)
            require(not wrong, f"order {order.order_id}, {wrong}:\n{order}{known}")
            base, quote = currencies[order.symbol_id]
            leaves = units(order.leaves_quantity)
            held[account, quote if known.buys else base] += known.hold_of(leaves)
            found.add(order.order_id)

    def _compare_pairs(self, found: set[int]) -> None:
        """Of two that take each other along, one is filled at most; the other is open only while none is."""
        wrong = []
        for order_id, order in self.books.orders.items():
            if order.sibling_id:
                sibling = self.books.orders[order.sibling_id]
                alone = order_id in found and order.sibling_id not in found
                both = order_id in found and order.sibling_id in found
                if (
                    (alone and not order.filled)
                    or (both and order.filled)
                    or (order.filled and sibling.filled)
                ):
                    wrong.append(f"order {order_id}: {order}\norder {order.sibling_id}: {sibling}")
        require_none(wrong, "one of a pair is open or filled without the other's end")

    async def _look_up_orders(self, connection: Connection) -> None:
        """Some of all that ever were, open or closed."""
        wrong: list[str] = []

        async def look_up(order_id: int) -> None:
            known = self.books.orders[order_id]
            order = await connection.ask(
                trading_pb2.GetOrderRequest(account_id=known.account, order_id=order_id)
            )
            found = inconsistencies(order, known)
            if found:
                wrong.append(f"{found}:\n{order}{known}")

        everything = list(self.books.orders)
        await each(self._rng.sample(everything, min(len(everything), ORDERS_LOOKED_UP)), look_up)
        require_none(wrong, "an order is not what it should be")

    async def _compare_account(
        self, connection: Connection, account: int, held: Counter[tuple[int, int]]
    ) -> None:
        reply = await connection.ask(accounts_pb2.GetAccountRequest(account_id=account))
        theirs = {one.currency_id: one for one in reply.balances}
        currencies = {currency for owner, currency in self.books.balances if owner == account}
        for currency in currencies | theirs.keys():
            one = theirs.get(currency, types_pb2.Balance(total="0", available="0", held="0"))
            total, available = units(one.total), units(one.available)
            ours = self.books.balances[account, currency]
            where = f"account {account}, currency {currency}"
            require(total == ours, f"{where}: should have {ours}, has {total}")
            require(
                total == available + units(one.held), f"{where}: available and held are not the total: {one}"
            )
            require(available >= 0, f"{where} is negative: {one}")
            should = held[account, currency]
            require(units(one.held) == should, f"{where}: open orders need {should}, held is {one.held}")


def _difference(entry: Entry, first: Answer | None, second: Answer | None) -> str:
    def text(answer: Answer | None) -> str:
        if answer is None or not answer.done:
            return str(answer)
        return str(reply_of(entry.request, answer))

    return f"{path_of(entry.request)} {entry.request}first: {text(first)}\nthen: {text(second)}"


def _is_duplicate(request: Any, answer: Answer) -> bool:
    if not answer.done:
        return answer.code == StatusCode.ALREADY_EXISTS
    reply = reply_of(request, answer)
    if isinstance(reply, trading_pb2.ExecutionReport):
        return reply.reject_reason == types_pb2.REJECT_REASON_DUPLICATE_ID
    if isinstance(reply, trading_pb2.PlaceOneCancelsOtherResponse):
        reasons = {reply.first.reject_reason, reply.second.reject_reason}
        return reasons == {types_pb2.REJECT_REASON_DUPLICATE_ID}
    return bool(reply.code == 409)


def _inconsistencies_of_open(order: types_pb2.Order, known: Order) -> str:
    """The same of one that is listed as open."""
    state = types_pb2.ORDER_STATUS_PARTIALLY_FILLED if known.filled else types_pb2.ORDER_STATUS_NEW
    if order.status == types_pb2.ORDER_STATUS_PENDING and known.is_stop and not known.filled:
        state = types_pb2.ORDER_STATUS_PENDING
    untouched = known.waiting is not None and not known.waiting.reached
    wrong = {
        "set off by nothing": untouched and order.status != types_pb2.ORDER_STATUS_PENDING,
        "linked with another": order.linked_order_id not in (0, known.sibling_id),
        "linked after a fill": order.linked_order_id != 0 and known.filled > 0,
        "nothing open": units(order.leaves_quantity) <= 0,
        "of another quantity": units(order.quantity) != known.quantity and not known.perhaps_closed,
        "in a wrong state": order.status != state,
    }
    found = [inconsistencies(order, known), *(name for name, is_so in wrong.items() if is_so)]
    return ", ".join(filter(None, found))


def require_conserved(reply: admin_pb2.GetTotalsResponse) -> None:
    for total in reply.totals:
        inside = units(total.available) + units(total.held) + units(total.fees)
        net = units(total.deposited) - units(total.withdrawn)
        require(inside == net, f"at seq {reply.seq} money is not conserved:\n{total}")
        require(units(total.available) >= 0 and units(total.held) >= 0, f"negative at {reply.seq}:\n{total}")
