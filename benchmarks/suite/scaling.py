"""20,000 messages, with a ledger, to exchanges that differ in one size only."""

from benchmarks.core import BATCH, submit_seconds
from benchmarks.flows import batches
from benchmarks.size import Activity, Load, Size, filled
from benchmarks.suite.warmed import Warmed, load_kernels

MESSAGES = 20_000
SMALL = Size(accounts=1_000, symbols=10, orders=4_000, stops=0)
ALL_ALIKE = Activity("all", active=None, busiest_first=False)


class Scaled(Warmed):
    def prepare(self, size: Size) -> None:
        load_kernels()
        self.exchange = filled(size)
        last_id = size.orders + size.stops
        self.rows = Load(self.exchange, size, ALL_ALIKE, last_id).messages(seed=1, count=MESSAGES)


class Accounts(Scaled):
    param_names = ("accounts",)
    params = ([1_000, 100_000],)

    def setup(self, accounts: int) -> None:
        self.prepare(SMALL._replace(accounts=accounts))

    def time_submit(self, accounts: int) -> None:
        submit_seconds(self.exchange, self.rows, BATCH)


class Symbols(Scaled):
    param_names = ("symbols",)
    params = ([10, 1_000],)

    def setup(self, symbols: int) -> None:
        self.prepare(SMALL._replace(symbols=symbols))

    def time_submit(self, symbols: int) -> None:
        submit_seconds(self.exchange, self.rows, BATCH)


class Depth(Scaled):
    """Resting orders, on ten symbols."""

    param_names = ("orders",)
    params = ([4_000, 400_000],)

    def setup(self, orders: int) -> None:
        self.prepare(SMALL._replace(orders=orders))

    def time_submit(self, orders: int) -> None:
        submit_seconds(self.exchange, self.rows, BATCH)


class Batch(Scaled):
    """Rows of a `submit`."""

    param_names = ("batch",)
    params = ([16, 256, 4_096],)

    def setup(self, batch: int) -> None:
        self.prepare(SMALL)
        self.parts = list(batches(self.rows, batch))

    def time_submit(self, batch: int) -> None:
        for part in self.parts:
            self.exchange.submit(part)
