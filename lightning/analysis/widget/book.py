"""`BookWidget`: a live order book."""

from collections.abc import AsyncIterable, Iterable

import anywidget
import traitlets

from lightning.analysis.widget.following import BooksFollowed, ExchangeFollowed, Following, StreamFollowed
from lightning.analysis.widget.pace import Pace
from lightning.analysis.widget.told import EMPTY, AnyBook, ToldBook, module_of, told_book, told_symbol
from lightning.codes import SymbolStatus
from lightning.engine.exchange import Exchange
from lightning.instruments import Symbol

EVERY_S = 0.05
"""Between two books that the browser is told."""
LEVELS = 100
HEIGHT_PX = 440


class BookWidget(anywidget.AnyWidget):
    """A symbol's ladder and depth, drawn as on the page of `lightning serve`.

        widget = BookWidget(symbol)
        widget.show(book)               by hand, as often as one likes, from any thread
        widget.follow(exchange)         an `Exchange` in this process
        widget.follow(books)            an iterable or async iterable of books, such as a client's stream

    levels : of each side, at most; height : of the drawing, pixels
    """

    _esm = module_of("live.js")
    symbol = traitlets.Dict().tag(sync=True)
    book = traitlets.Dict(dict(EMPTY)).tag(sync=True)
    height = traitlets.Int(HEIGHT_PX).tag(sync=True)
    picked = traitlets.Unicode("").tag(sync=True)
    """The price of the level that was clicked last, as decimal text."""

    def __init__(self, symbol: Symbol, levels: int = LEVELS, height: int = HEIGHT_PX) -> None:
        super().__init__(symbol=told_symbol(symbol), height=height)
        self._of = symbol
        self._levels = levels
        self._followed: Following | None = None
        self._pace = Pace[ToldBook](self._tell, EVERY_S)

    def show(self, book: AnyBook, moment: str = "", status: SymbolStatus = SymbolStatus.TRADING) -> None:
        """Draw a book. Of those that come faster than one can see, the last is drawn.

        moment : when it was so, in words; "": its seq, if it has one
        """
        if not moment:
            seq = getattr(book, "seq", None)
            moment = "" if seq is None else f"seq {seq}"
        self._pace.put(told_book(book, self._of, self._levels, moment, status))

    def follow(self, source: Exchange | Iterable[AnyBook] | AsyncIterable[AnyBook]) -> None:
        """Show what the source has from now on, in place of what was followed before.

        An exchange is looked at ten times a second while no cell runs, and where a cell awaits; a cell that
        never awaits calls `look`. An iterable is read by a thread of its own.
        Raises RuntimeError for an exchange or an async iterable where no event loop runs.
        """
        self.stop()
        if isinstance(source, Exchange):
            self._followed = ExchangeFollowed(source, self._of.id, self._levels, self.show)
        elif isinstance(source, AsyncIterable):
            self._followed = StreamFollowed(source, self.show)
        else:
            self._followed = BooksFollowed(source, self.show)

    def look(self) -> None:
        """Show the exchange that is followed as it is now."""
        if isinstance(self._followed, ExchangeFollowed):
            self._followed.look()

    def stop(self) -> None:
        """Follow nothing any more; the last book stays."""
        if self._followed is not None:
            self._followed.stop()
            self._followed = None

    def close(self) -> None:
        self.stop()
        super().close()

    def _tell(self, told: ToldBook) -> None:
        self.book = dict(told)
