"""A market that is a running server: each call asks it anew."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from decimal import Decimal
from typing import ClassVar

import numpy as np

from lightning.analysis import frames
from lightning.analysis.book import BOOK_ORDER, Book
from lightning.analysis.frames import Instruments
from lightning.analysis.market import Balances, Market, Orders, Symbols, Trades
from lightning.analysis.past import BookFlow
from lightning.analysis.remote_recorder import ServerRecorder, to_count
from lightning.client import Client
from lightning.client.model import market as told
from lightning.client.model import orders as told_orders
from lightning.codes import SymbolStatus
from lightning.decimals import Step, parse_step
from lightning.engine.views import BALANCE_VIEW, ORDER_VIEW, TRADE_VIEW
from lightning.instruments import Currency, Symbol

TRADES_AT_ONCE = 1000


class ServerMarket(Market):
    """Of orders and balances it tells those of one account at a time; who an order in a book is of, nobody.

    target : "host:port"
    client : its calls and their timeouts; None: with the defaults
    Raises LightningError, as does every call.
    """

    kind: ClassVar[str] = "a server"

    def __init__(self, target: str, client: Client | None = None) -> None:
        super().__init__(target)
        self.client = Client(target) if client is None else client
        self._recorders: dict[int, ServerRecorder] = {}
        self._instruments = self._ask_instruments()

    def _ask_instruments(self) -> Instruments:
        currencies = {
            one.currency_id: Currency(one.currency_id, one.name, one.scale, one.display_name)
            for one in self.client.list_currencies()
        }
        return Instruments(
            [_to_symbol(one, currencies) for one in self.client.list_symbols()], currencies.values()
        )

    @property
    def seq(self) -> int:
        return self.client.admin.get_status().seq

    @property
    def symbols(self) -> Symbols:
        """As they were when the server was opened."""
        return Symbols(list(self._instruments.symbols.values()))

    def _present_book(self, symbol: int | str) -> Book:
        found = self.symbols.named(symbol)
        with closing(self.client.subscribe_book_orders(found.id)) as updates:  # type: ignore[type-var]
            update = next(updates)
        orders = np.zeros(len(update.changes), BOOK_ORDER)
        for name in ("order_id", "side"):
            orders[name] = [getattr(one, name) for one in update.changes]
        orders["price"] = [to_count(one.price, found.tick) for one in update.changes]
        orders["qty"] = [to_count(one.quantity, found.lot) for one in update.changes]
        return Book(found, orders, update.seq, update.time_ns, lambda at: self._past_book(found.id, at))

    def orders(self, symbol: int | str | None = None, account: int | None = None) -> Orders:
        """Of one account. What an iceberg hides (`hidden_qty` of `array`) is not told: 0."""
        if account is None:
            raise self._not_given("everybody's orders", "give account=..., or open its data directory")
        wanted = None if symbol is None else self.symbols.named(symbol).id
        found = self.client.list_orders(account, wanted, open_only=True)
        rows = np.array([self._order_row(one) for one in found], ORDER_VIEW)
        return Orders(lambda: frames.orders_frame(rows, self._instruments), rows)

    def _order_row(self, one: told_orders.Order) -> tuple[int, ...]:
        symbol = self._instruments.symbols[one.symbol_id]
        quote = Step(1, symbol.quote.scale)

        def ticks(price: Decimal | None) -> int:
            return 0 if price is None else to_count(price, symbol.tick)

        shown = one.display_quantity
        return (
            *(one.order_id, one.client_order_id, one.account_id, one.symbol_id),
            *(one.side, one.type, one.time_in_force, ticks(one.price)),
            *(to_count(qty, symbol.lot) for qty in (one.quantity, one.filled_quantity, one.leaves_quantity)),
            *(to_count(amount, quote) for amount in (one.filled_quote, one.fee)),
            *(one.status, one.create_time_ns, one.update_time_ns),
            *(ticks(one.stop_price), ticks(one.trail_amount)),
            *(0 if shown is None else to_count(shown, symbol.lot), 0),
            *(one.expire_time_ms * 1_000_000, one.linked_order_id),
        )

    def balances(self, account: int | None = None) -> Balances:
        """Of one account."""
        if account is None:
            raise self._not_given("everybody's balances", "give account=..., or open its data directory")
        rows = []
        for one in self.client.get_account(account).balances:
            unit = Step(1, self._instruments.currencies[one.currency_id].scale)
            available, held = to_count(one.available, unit), to_count(one.held, unit)
            if available or held:
                rows.append((account, one.currency_id, available, held))
        array = np.array(rows, BALANCE_VIEW)
        return Balances(lambda: frames.balances_frame(array, self._instruments), array)

    def trades(self, symbol: int | str, last: int | None = None) -> Trades:
        found = self.symbols.named(symbol)
        rows = np.array([_trade_row(one, found) for one in self._ask_trades(found.id, last)], TRADE_VIEW)
        return Trades(lambda: frames.trades_frame(rows, self._instruments), rows)

    def _ask_trades(self, symbol: int, last: int | None) -> Iterable[told.Trade]:
        if last is None:
            return self.client.list_trades(symbol)
        if last <= TRADES_AT_ONCE:
            return self.client.recent_trades(symbol, limit=last) if last > 0 else ()
        newest = self.client.recent_trades(symbol, limit=1)
        after = newest[0].trade_id - last if newest else 0
        return self.client.list_trades(symbol, max(after, 0))

    def record(self, *symbols: int | str) -> None:
        """From now on `flow` has what happens to the books of these symbols, or of all."""
        for one in [self.symbols.named(name) for name in symbols] or self.symbols:
            if one.id not in self._recorders:
                self._recorders[one.id] = ServerRecorder(self.source, one)

    def flow(self, symbol: int | str) -> BookFlow:
        """Since `record` was called."""
        recorder = self._recorders.get(self.symbols.named(symbol).id)
        if recorder is None:
            raise self._not_given(
                "what happened to a book", "call record() before it happens, or open its data directory"
            )
        return recorder.flow()

    def close(self) -> None:
        for recorder in self._recorders.values():
            recorder.close()
        self._recorders.clear()
        self.client.close()


def _to_symbol(one: told.Symbol, currencies: dict[int, Currency]) -> Symbol:
    base, quote = currencies[one.base_currency_id], currencies[one.quote_currency_id]
    tick, lot = (parse_step(f"{step:f}") for step in (one.tick, one.lot))
    return Symbol(
        id=one.symbol_id,
        name=one.name,
        base=base,
        quote=quote,
        tick=tick,
        lot=lot,
        maker_fee_ppm=one.maker_fee_ppm,
        taker_fee_ppm=one.taker_fee_ppm,
        self_trade_prevention=one.self_trade_prevention,
        status=SymbolStatus(one.status),
        quantity_min=to_count(one.quantity_min, lot),
        quantity_max=to_count(one.quantity_max, lot),
        notional_min=to_count(one.notional_min, Step(1, quote.scale)),
        fee_account=one.fee_account_id,
        order_fee_ppm_min=one.order_fee_ppm_min,
        order_fee_ppm_max=one.order_fee_ppm_max,
        price_band_ppm=one.price_band_ppm,
        market_protection_ppm=one.market_protection_ppm,
        orders_max=one.open_orders_max,
    )


def _trade_row(one: told.Trade, symbol: Symbol) -> Sequence[int]:
    price, qty = to_count(one.price, symbol.tick), to_count(one.quantity, symbol.lot)
    return (
        *(one.trade_id, one.symbol_id, price, qty, one.taker_side),
        *(one.maker_order_id, one.taker_order_id, one.seq, one.time_ns),
    )
