"""What happens to a book of a running server, from when it is followed on.

The server tells the book's changes batch by batch, and its trades beside: a change that takes off as much
as a trade of the batch with that order is taken for it.
"""

import asyncio
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from operator import itemgetter

import numpy as np

from lightning.analysis.flow import BOOK_EVENT, BookEventKind
from lightning.analysis.past import BookFlow
from lightning.client import AsyncClient
from lightning.client.blocking import run
from lightning.client.model.market import BookOrderAction, BookOrderChange, BookOrdersUpdate, Trade
from lightning.decimals import Step, to_steps
from lightning.instruments import Symbol

Row = tuple[int, ...]
"""(seq, time_ns, order_id, price, qty, delta, kind, side)"""
TradesOf = dict[tuple[int, int], deque[tuple[Trade, int]]]
"""By the seq of a message and an order that may rest: its trades, and their lots."""
_COLUMNS = ("seq", "time_ns", "order_id", "price", "qty", "delta", "kind", "side")


def to_count(value: Decimal, step: Step) -> int:
    """Raises DecimalError."""
    return to_steps(f"{value:f}", step)


class ToldBook:
    """One symbol's rows, as the server told them."""

    def __init__(self, symbol: Symbol) -> None:
        self.symbol = symbol
        self.rows: list[Row] = []
        self.opening = 0
        self.seqs: list[int] = []
        """Of every message; the first one is where it begins."""
        self.times_ns: list[int] = []
        self.gaps: list[tuple[int, int]] = []
        """Between these seqs the server left out what happened: all orders were removed, and those added
        that stood at the later one."""
        self._shown: dict[int, BookOrderChange] = {}

    def take(self, update: BookOrdersUpdate) -> None:
        if update.snapshot and self.seqs:
            if update.seq == self.seqs[-1]:
                return
            self.gaps.append((self.seqs[-1], update.seq))
            for one in list(self._shown.values()):
                self._put(update, one._replace(action=BookOrderAction.REMOVED, quantity=Decimal()))
        for change in update.changes:
            self._put(update, change)
        if not self.seqs:
            self.opening = len(self.rows)
        self.seqs.append(update.seq)
        self.times_ns.append(update.time_ns)

    def _put(self, update: BookOrdersUpdate, change: BookOrderChange) -> None:
        before = self._shown.pop(change.order_id, None)
        if change.action != BookOrderAction.REMOVED:
            self._shown[change.order_id] = change
        price, qty = to_count(change.price, self.symbol.tick), to_count(change.quantity, self.symbol.lot)
        delta = qty - (0 if before is None else to_count(before.quantity, self.symbol.lot))
        row = (change.order_id, price, qty, delta, int(change.action), int(change.side))
        self.rows.append((update.seq, update.time_ns, *row))

    def flow(self, messages: int, trades: Sequence[Trade]) -> BookFlow:
        """Of the first so many messages; trades : all since the first one, and maybe more, oldest first"""
        seqs, times_ns = self.seqs[:messages], self.times_ns[:messages]
        told = self.rows[: bisect_right(self.rows, seqs[-1], key=itemgetter(0))]
        rows = np.zeros(len(told), BOOK_EVENT)
        for name, values in zip(_COLUMNS, zip(*told, strict=True), strict=False):
            rows[name] = values
        _name_trades(rows[self.opening :], self._trades_of(seqs, trades))
        return BookFlow(
            self.symbol,
            rows,
            opening=self.opening,
            start_seq=seqs[0],
            start_time_ns=times_ns[0],
            end_seq=seqs[-1],
            end_time_ns=times_ns[-1],
        )

    def _trades_of(self, seqs: Sequence[int], trades: Sequence[Trade]) -> TradesOf:
        """An order has the seq of its command as its id: in trades of that seq it was coming in."""
        found: TradesOf = {}
        for trade in trades:
            if seqs[0] < trade.seq <= seqs[-1]:
                seq = seqs[bisect_left(seqs, trade.seq)]
                for order_id in (trade.maker_order_id, trade.taker_order_id):
                    if order_id != trade.seq:
                        qty = to_count(trade.quantity, self.symbol.lot)
                        found.setdefault((seq, order_id), deque()).append((trade, qty))
        return found


def _name_trades(rows: np.ndarray, trades_of: TradesOf) -> None:
    for row in rows:
        waiting = trades_of.get((int(row["seq"]), int(row["order_id"])))
        if waiting and row["kind"] != BookEventKind.ADDED and waiting[0][1] == -row["delta"]:
            trade, _ = waiting.popleft()
            row["kind"] = BookEventKind.TRADED
            row["trade_id"], row["taker_order_id"] = trade.trade_id, trade.taker_order_id


class ServerRecorder:
    """Follows one symbol until `close`. Rows have the seq and time of the batch that they came in.

    Accounts are not told. Raises LightningError.
    target : "host:port"
    """

    def __init__(self, target: str, symbol: Symbol) -> None:
        self._told = ToldBook(symbol)
        self._task: asyncio.Task[None] | None = None
        run(self._begin(target))

    async def _begin(self, target: str) -> None:
        self._client = AsyncClient(target)
        newest = await self._client.recent_trades(self._told.symbol.id, limit=1)
        self._after_trade_id = newest[0].trade_id if newest else 0
        begun = asyncio.Event()
        self._task = asyncio.create_task(self._follow(begun))
        waits = asyncio.create_task(begun.wait())
        await asyncio.wait({self._task, waits}, return_when=asyncio.FIRST_COMPLETED)
        if not begun.is_set():
            waits.cancel()
            await self._client.close()
            await self._task  # raises what ended it

    async def _follow(self, begun: asyncio.Event) -> None:
        async for update in self._client.subscribe_book_orders(self._told.symbol.id):
            self._told.take(update)
            begun.set()

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """(seq, seq): between them the server left out what happened, because this was too slow."""
        return list(self._told.gaps)

    def flow(self) -> BookFlow:
        """Up to the last batch that changed the book; what comes later does not change it."""
        return run(self._flow())

    async def _flow(self) -> BookFlow:
        if self._task is not None and self._task.done():
            await self._task
        messages = len(self._told.seqs)
        trades = [one async for one in self._client.list_trades(self._told.symbol.id, self._after_trade_id)]
        return self._told.flow(messages, trades)

    def close(self) -> None:
        """What comes later is not recorded, and there is no `flow` any more."""
        run(self._end())

    async def _end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._client.close()
