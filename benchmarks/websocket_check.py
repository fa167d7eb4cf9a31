"""What one connection of `./run bench websocket` hears, read message by message as docs/http.md says."""

from collections.abc import Iterable
from zlib import crc32

import msgspec

CHECKED_LEVELS = 10
WRONG_MAX = 5


class Level(msgspec.Struct):
    price: str
    quantity: str


class Trade(msgspec.Struct):
    trade_id: str


class Message(msgspec.Struct):
    """Of a book, or of trades: a message has the fields of one of them."""

    seq: int = 0
    previous_seq: int = 0
    snapshot: bool = False
    bids: list[Level] = []
    asks: list[Level] = []
    checksum: int = 0
    trades: list[Trade] = []


class Told(msgspec.Struct):
    channel: str
    symbol_id: int
    message: Message


class Checked(msgspec.Struct):
    messages: int = 0
    snapshots: int = 0
    """Of them: books told anew."""
    wrong: list[str] = []
    """The first few that do not follow from those before."""


class Book:
    def __init__(self) -> None:
        self._seq = 0
        self._bids: dict[str, str] = {}
        self._asks: dict[str, str] = {}

    def take(self, message: Message) -> bool:
        """Whether it goes on from the message before, and the book is what its checksum says."""
        goes_on = message.snapshot or message.previous_seq == self._seq
        if message.snapshot:
            self._bids, self._asks = {}, {}
        for side, levels in ((self._bids, message.bids), (self._asks, message.asks)):
            for level in levels:
                side[level.price] = level.quantity
                if float(level.quantity) == 0:
                    del side[level.price]
        self._seq = message.seq
        best_asks = sorted(self._asks.items(), key=_price)
        best_bids = sorted(self._bids.items(), key=_price, reverse=True)
        text = "".join(
            _bare(price) + _bare(quantity)
            for best in (best_asks, best_bids)
            for price, quantity in best[:CHECKED_LEVELS]
        )
        return goes_on and crc32(text.encode()) == message.checksum


def _price(level: tuple[str, str]) -> float:
    return float(level[0])


def _bare(number: str) -> str:
    return number.replace(".", "").lstrip("0")


def check(texts: Iterable[bytes]) -> Checked:
    """All that was heard on a connection, from its beginning on."""
    found = Checked()
    books: dict[int, Book] = {}
    last_trades: dict[int, int] = {}
    read = msgspec.json.Decoder(Told, strict=False)
    for text in texts:
        told = read.decode(text)
        found.messages += 1
        found.snapshots += told.message.snapshot
        if told.channel == "book":
            good = books.setdefault(told.symbol_id, Book()).take(told.message)
        else:
            ids = [int(trade.trade_id) for trade in told.message.trades]
            first = last_trades.get(told.symbol_id, ids[0] - 1) + 1
            good = ids == list(range(first, first + len(ids)))
            last_trades[told.symbol_id] = ids[-1]
        if not good and len(found.wrong) < WRONG_MAX:
            found.wrong.append(text.decode())
    return found
