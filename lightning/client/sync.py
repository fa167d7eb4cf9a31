"""The client for programs and notebooks that wait for each answer: AsyncClient, call by call."""

from types import TracebackType
from typing import Self

import grpc

from lightning.client.admin import AdminCalls
from lightning.client.aio import TARGET, AsyncClient
from lightning.client.blocking import Blocking, blocking, blocking_context, blocking_iterator


class Admin(Blocking[AdminCalls]):
    """The operator's part of a Client."""

    create_currency = blocking(AdminCalls.create_currency)
    retire_currency = blocking(AdminCalls.retire_currency)
    create_symbol = blocking(AdminCalls.create_symbol)
    update_symbol = blocking(AdminCalls.update_symbol)
    retire_symbol = blocking(AdminCalls.retire_symbol)
    set_symbol_status = blocking(AdminCalls.set_symbol_status)
    set_account_status = blocking(AdminCalls.set_account_status)
    cancel_all_orders = blocking(AdminCalls.cancel_all_orders)
    get_state_hash = blocking(AdminCalls.get_state_hash)
    get_totals = blocking(AdminCalls.get_totals)
    get_status = blocking(AdminCalls.get_status)
    create_snapshot = blocking(AdminCalls.create_snapshot)


class Client(Blocking[AsyncClient]):
    """As AsyncClient, but every call waits for its answer, async iterators are iterators and async
    contexts are contexts. It may be used from several threads, and in a notebook.
    """

    place_order = blocking(AsyncClient.place_order)
    place = blocking(AsyncClient.place)
    place_one_cancels_other = blocking(AsyncClient.place_one_cancels_other)
    amend_order = blocking(AsyncClient.amend_order)
    cancel_order = blocking(AsyncClient.cancel_order)
    cancel_all_orders = blocking(AsyncClient.cancel_all_orders)
    cancel_all_after = blocking(AsyncClient.cancel_all_after)
    cancel_on_disconnect = blocking_context(AsyncClient.cancel_on_disconnect)
    get_order = blocking(AsyncClient.get_order)
    list_orders = blocking_iterator(AsyncClient.list_orders)
    list_fills = blocking_iterator(AsyncClient.list_fills)

    submit = blocking(AsyncClient.submit)
    submit_orders = blocking(AsyncClient.submit_orders)

    get_account = blocking(AsyncClient.get_account)
    deposit = blocking(AsyncClient.deposit)
    withdraw = blocking(AsyncClient.withdraw)
    transfer = blocking(AsyncClient.transfer)
    transfer_batch = blocking(AsyncClient.transfer_batch)
    list_ledger_entries = blocking_iterator(AsyncClient.list_ledger_entries)

    symbol = blocking(AsyncClient.symbol)
    currency = blocking(AsyncClient.currency)
    list_symbols = blocking(AsyncClient.list_symbols)
    list_currencies = blocking(AsyncClient.list_currencies)
    get_order_book = blocking(AsyncClient.get_order_book)
    get_order_books = blocking(AsyncClient.get_order_books)
    list_book_orders = blocking(AsyncClient.list_book_orders)
    recent_trades = blocking(AsyncClient.recent_trades)
    list_trades = blocking_iterator(AsyncClient.list_trades)
    get_ticker = blocking(AsyncClient.get_ticker)
    list_tickers = blocking(AsyncClient.list_tickers)
    recent_candles = blocking(AsyncClient.recent_candles)
    list_candles = blocking_iterator(AsyncClient.list_candles)

    subscribe_order_book = blocking_iterator(AsyncClient.subscribe_order_book)
    subscribe_book_orders = blocking_iterator(AsyncClient.subscribe_book_orders)
    subscribe_trades = blocking_iterator(AsyncClient.subscribe_trades)
    subscribe_tickers = blocking_iterator(AsyncClient.subscribe_tickers)
    subscribe_candles = blocking_iterator(AsyncClient.subscribe_candles)
    subscribe_account = blocking_iterator(AsyncClient.subscribe_account)
    follow_book = blocking_context(AsyncClient.follow_book)

    close = blocking(AsyncClient.close)

    def __init__(
        self,
        target: str = TARGET,
        *,
        token: str | None = None,
        credentials: grpc.ChannelCredentials | None = None,
        timeout: float = 30.0,
        attempt_timeout: float = 5.0,
        reconnect_timeout: float = 60.0,
    ) -> None:
        """The arguments of AsyncClient."""
        super().__init__(
            AsyncClient(
                target,
                token=token,
                credentials=credentials,
                timeout=timeout,
                attempt_timeout=attempt_timeout,
                reconnect_timeout=reconnect_timeout,
            )
        )
        self.admin = Admin(self._aio.admin)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
