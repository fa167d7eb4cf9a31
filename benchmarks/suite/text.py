"""Decimal text, and what stands between gRPC messages and rows."""

import random

import numpy as np

from benchmarks.suite.warmed import Warmed
from lightning.codes import CommandKind, Side
from lightning.decimals import Step, format_units, to_steps, to_units
from lightning.engine.exchange import Exchange
from lightning.pb.schema import lightning_pb2 as schema_pb
from lightning.pb.v1 import order_entry_pb2, trading_pb2, types_pb2
from lightning.rows import COMMAND, Command, Event
from lightning.server.convert import batches, orders, reports, schema
from lightning.server.gateway import Reply, read_catalog

COUNT = 1_000
TICK = Step(1, 2)
SCALE = 8


class Decimals:
    """1,000 prices in whole cents."""

    def setup(self) -> None:
        chosen = random.Random(1)
        self.units = [chosen.randrange(1, 10**9) * 10**6 for _ in range(COUNT)]
        self.texts = [format_units(units, SCALE) for units in self.units]

    def time_to_units(self) -> None:
        for text in self.texts:
            to_units(text, SCALE)

    def time_to_steps(self) -> None:
        for text in self.texts:
            to_steps(text, TICK)

    def time_format_units(self) -> None:
        for units in self.units:
            format_units(units, SCALE)


class Requests:
    """1,000 orders: from the message as it was parsed to the COMMAND row's values."""

    def setup(self) -> None:
        self.catalog = read_catalog(Exchange())
        self.v1 = trading_pb2.PlaceOrderRequest(
            account_id=1,
            symbol_id=1,
            client_order_id=7,
            side=types_pb2.SIDE_BUY,
            type=types_pb2.ORDER_TYPE_LIMIT,
            price="50000.01",
            quantity="0.125",
        )
        self.schema = schema_pb.PlaceOrderRequest(
            requestId=7, accountId=1, symbolId=1, side=schema_pb.BID, price="50000.01", quantity="0.125"
        )

    def time_place_v1(self) -> None:
        symbol = self.catalog.symbols[1]
        for _ in range(COUNT):
            orders.place(self.v1, symbol)

    def time_place_schema(self) -> None:
        for _ in range(COUNT):
            schema.place(self.schema, self.catalog)


class Reports(Warmed):
    """1,000 replies to an order that traded twice: from EVENT rows to the ExecutionReport."""

    def setup(self) -> None:
        exchange = Exchange()
        funds = [
            Command(kind=CommandKind.DEPOSIT, account=account, currency=currency, amount=10**15)
            for account, currency in ((1, 1), (2, 2))
        ]
        sell = Command(kind=CommandKind.PLACE, account=1, symbol=1, side=Side.SELL, price=5_000_000, qty=10)
        self.row = sell._replace(account=2, side=Side.BUY, qty=30)
        exchange.submit(np.array([*funds, sell, sell], COMMAND))
        events = exchange.submit(np.array([self.row], COMMAND))
        self.catalog = read_catalog(exchange)
        rows = [Event._make(row) for row in events.tolist()]
        self.reply = Reply(rows, rows[0].seq, time_ns=0)
        self.request = trading_pb2.PlaceOrderRequest(
            account_id=2, symbol_id=1, side=types_pb2.SIDE_BUY, price="50000.0", quantity="0.00003"
        )

    def time_placed_v1(self) -> None:
        for _ in range(COUNT):
            reports.placed(self.reply, self.request, self.row, self.catalog)


class Batches(Warmed):
    """4,096 commands of a session, as raw rows and as columns: the message to rows, events to messages."""

    param_names = ("columns",)
    params = ([False, True],)
    rows = 4_096

    def setup(self, columns: bool) -> None:
        commands = np.zeros(self.rows, COMMAND)
        commands["kind"], commands["account"], commands["currency"] = CommandKind.DEPOSIT, 1, 1
        commands["amount"] = np.arange(1, self.rows + 1)
        self.batch = order_entry_pb2.CommandBatch(batch_id=1)
        if columns:
            for name in ("kind", "account", "currency", "amount"):
                getattr(self.batch.columns, name).extend(commands[name].tolist())
        else:
            self.batch.rows = commands.tobytes()
        self.events = Exchange().submit(commands)

    def time_read(self, columns: bool) -> None:
        batches.read_batch(self.batch)

    def time_answer(self, columns: bool) -> None:
        for _ in batches.answers(1, 0, self.events, columns):
            pass
