"""Looking into a market: books, orders and trades as arrays and dataframes, now and at any past moment.

    market = lightning.analysis.open("localhost:50051")     # or a data directory, a snapshot, an Exchange ...
    market.book("BTC-USDT", levels=5).frame()

Needs the extra `analysis` (`pip install lightning-exchange[analysis]`).
"""

from lightning.analysis.book import BOOK_ORDER, Book
from lightning.analysis.flow import BOOK_EVENT, BookEventKind
from lightning.analysis.frames import NotGiven
from lightning.analysis.market import Balances, Market, Orders, Symbols, Trades
from lightning.analysis.opening import open
from lightning.analysis.past import BookFlow
from lightning.analysis.recorder import Recorder

__all__ = [
    "BOOK_EVENT",
    "BOOK_ORDER",
    "Balances",
    "Book",
    "BookEventKind",
    "BookFlow",
    "Market",
    "NotGiven",
    "Orders",
    "Recorder",
    "Symbols",
    "Trades",
    "open",
]
