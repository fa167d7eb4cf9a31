"""The most memory of a process that does little else; the kernels, loaded, are part of it."""

from benchmarks.size import Size, filled
from benchmarks.suite.warmed import Warmed, load_kernels
from lightning.engine.exchange import Exchange


class Peak(Warmed):
    def setup(self) -> None:
        load_kernels()

    def peakmem_new_exchange(self) -> None:
        Exchange()

    def peakmem_100_000_accounts(self) -> None:
        filled(Size(accounts=100_000, symbols=1, orders=0, stops=0))

    def peakmem_2_000_empty_books(self) -> None:
        filled(Size(accounts=1, symbols=2_000, orders=0, stops=0))

    def peakmem_200_000_resting_orders(self) -> None:
        filled(Size(accounts=1_000, symbols=10, orders=200_000, stops=0))

    def peakmem_20_000_pending_stops(self) -> None:
        filled(Size(accounts=1_000, symbols=10, orders=0, stops=20_000))
