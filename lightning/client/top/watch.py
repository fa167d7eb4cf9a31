"""Keeps a view up to date from a server's streams, and comes back when the server does."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import grpc

from lightning.client.top.view import Health, LevelChange, SymbolName, TickerRow, TradeRow, View
from lightning.decimals import parse_step
from lightning.pb.v1 import admin_pb2
from lightning.pb.v1 import market_data_pb2 as pb
from lightning.pb.v1 import types_pb2 as types
from lightning.pb.v1.admin_pb2_grpc import AdminStub
from lightning.pb.v1.market_data_pb2_grpc import MarketDataStub

LEVELS = 50
TRADES_AT_FIRST = 50
STATUS_EVERY_S = 0.5
TRY_AGAIN_S = 1.0
CALL_TIMEOUT_S = 5.0
OPTIONS = [("grpc.initial_reconnect_backoff_ms", 500), ("grpc.max_reconnect_backoff_ms", 1_000)]


class UnknownSymbol(Exception):
    """The message names those that there are."""


class _Gap(Exception):
    """A message of the book was missed."""


class Watch:
    """One server, and of one symbol all."""

    def __init__(self, view: View, symbol: str | None) -> None:
        self._view = view
        self._wanted = symbol
        self._chosen = asyncio.Event()
        """Set: another symbol was chosen."""

    def choose(self, symbol: int) -> None:
        if symbol != self._view.chosen:
            self._view.chosen = symbol
            self._view.forget_chosen()
            self._chosen.set()

    async def run(self) -> None:
        """Until cancelled. Raises UnknownSymbol."""
        view = self._view
        async with grpc.aio.insecure_channel(view.address, OPTIONS) as channel:
            while True:
                try:
                    await self._find_symbols(channel)
                    async with asyncio.TaskGroup() as tasks:
                        for work in (self._follow_tickers, self._follow_chosen, self._ask_status):
                            tasks.create_task(work(channel))
                except* grpc.aio.AioRpcError as errors:
                    view.connected = False
                    view.connection = _told(errors)
                except* _Gap:
                    view.connected = False
                    view.connection = "resynchronizing"
                await asyncio.sleep(TRY_AGAIN_S)

    async def _find_symbols(self, channel: grpc.aio.Channel) -> None:
        view, stub = self._view, MarketDataStub(channel)
        listed = await stub.ListCurrencies(pb.ListCurrenciesRequest(), timeout=CALL_TIMEOUT_S)
        names = {one.currency_id: one.name for one in listed.currencies}
        found = (await stub.ListSymbols(pb.ListSymbolsRequest(), timeout=CALL_TIMEOUT_S)).symbols
        view.symbols = {
            one.symbol_id: SymbolName(
                one.symbol_id,
                one.name,
                names[one.base_currency_id],
                parse_step(one.tick).scale,
                parse_step(one.lot).scale,
                _word(types.SymbolStatus, one.status),
            )
            for one in found
        }
        by_name = {one.name: one.id for one in view.symbols.values()}
        if self._wanted is not None and self._wanted not in by_name:
            raise UnknownSymbol(
                f"there is no symbol {self._wanted}, there are: {', '.join(by_name) or 'none'}"
            )
        if view.chosen not in view.symbols:
            view.chosen = by_name[self._wanted] if self._wanted else min(view.symbols, default=0)
        view.connected, view.connection = True, "connected"

    async def _follow_tickers(self, channel: grpc.aio.Channel) -> None:
        call = MarketDataStub(channel).SubscribeTickers(pb.SubscribeTickersRequest())
        async for message in self._messages(call):
            for one in message.tickers:
                row = TickerRow(
                    one.last_price,
                    one.best_bid,
                    one.best_ask,
                    one.spread,
                    one.open_price,
                    one.volume,
                    one.trade_count,
                )
                self._view.add_ticker(one.symbol_id, row)

    async def _follow_chosen(self, channel: grpc.aio.Channel) -> None:
        while self._view.chosen:
            self._chosen.clear()
            self._view.forget_chosen()
            following = [
                asyncio.ensure_future(work)
                for work in (
                    self._follow_book(channel, self._view.chosen),
                    self._follow_trades(channel, self._view.chosen),
                    self._chosen.wait(),
                )
            ]
            try:
                done, _ = await asyncio.wait(following, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    one.result()  # raises what went wrong
            finally:
                for one in following:
                    one.cancel()
                await asyncio.gather(*following, return_exceptions=True)

    async def _follow_book(self, channel: grpc.aio.Channel, symbol: int) -> None:
        request = pb.SubscribeOrderBookRequest(symbol_id=symbol, levels=LEVELS)
        ladder = self._view.ladder
        async for message in self._messages(MarketDataStub(channel).SubscribeOrderBook(request)):
            previous_seq = 0 if message.snapshot else message.previous_seq
            if not ladder.take(message.seq, previous_seq, _changes(message.bids), _changes(message.asks)):
                raise _Gap
            self._note_status(symbol, message.status)

    def _note_status(self, symbol: int, status: int) -> None:
        known = self._view.symbols[symbol]
        self._view.symbols[symbol] = known._replace(status=_word(types.SymbolStatus, status))

    async def _follow_trades(self, channel: grpc.aio.Channel, symbol: int) -> None:
        stub = MarketDataStub(channel)
        first = pb.ListTradesRequest(symbol_id=symbol, limit=TRADES_AT_FIRST)
        known = (await stub.ListTrades(first, timeout=CALL_TIMEOUT_S)).trades
        self._add_trades(known)
        self._view.trades_known = True
        last_id = known[-1].trade_id if known else 0
        call = stub.SubscribeTrades(pb.SubscribeTradesRequest(symbol_id=symbol, after_trade_id=last_id))
        async for message in self._messages(call):
            self._add_trades(message.trades)

    def _add_trades(self, trades: Any) -> None:
        for one in trades:
            buy = one.taker_side == types.SIDE_BUY
            self._view.trades.appendleft(TradeRow(one.trade_id, one.price, one.quantity, buy, one.time_ns))

    async def _ask_status(self, channel: grpc.aio.Channel) -> None:
        stub = AdminStub(channel)
        while True:
            start_s = time.perf_counter()
            status = await stub.GetStatus(admin_pb2.GetStatusRequest(), timeout=CALL_TIMEOUT_S)
            self._view.add_health(_health(status), time.perf_counter() - start_s)
            await asyncio.sleep(STATUS_EVERY_S)

    async def _messages(self, call: Any) -> AsyncIterator[Any]:
        try:
            async for message in call:
                self._view.message_count += 1
                yield message
        finally:
            call.cancel()


def _changes(levels: Any) -> list[LevelChange]:
    return [LevelChange(one.price, one.quantity) for one in levels]


def _health(status: admin_pb2.GetStatusResponse) -> Health:
    durable, storage = status.HasField("storage"), status.storage
    return Health(
        status.version,
        _word(admin_pb2.ServerState, status.state),
        status.seq,
        status.start_time_ns,
        status.time_ns,
        durable,
        storage.snapshot_seq,
        storage.history_seq,
        storage.history_error,
        status.queues.engine,
        status.queues.journal,
        status.queues.subscribers,
        status.queues.updates,
    )


def _word(enum: Any, value: int) -> str:
    """SYMBOL_STATUS_CANCEL_ONLY: cancel only. A number that is not known stays one."""
    names: dict[int, str] = {number: name for name, number in enum.items()}
    prefix = names[0].removesuffix("UNSPECIFIED")
    return names.get(value, str(value)).removeprefix(prefix).lower().replace("_", " ")


def _told(errors: "BaseExceptionGroup[grpc.aio.AioRpcError]") -> str:
    first: BaseException = errors
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    assert isinstance(first, grpc.aio.AioRpcError)
    code = first.code()
    if code == grpc.StatusCode.UNAVAILABLE:
        return "disconnected, trying again"
    return f"{code.name}: {first.details()}, trying again"
