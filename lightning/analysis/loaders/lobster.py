"""LOBSTER message and order book files (https://lobsterdata.com/info/DataStructure.php) as an OrderStream.

A message file has six columns and no header: seconds after midnight, event type, order id, size, price in
1/10,000 dollars, direction (1: of a buy limit order, -1: of a sell limit order). Row k of the order book file
is the book behind message k: ask price, ask size, bid price, bid size, level by level, with 9999999999 or
-9999999999 and size 0 where a level is empty.

- The opening book is the first row with the first message undone. Orders that were there before are known by
  what later messages say of them: each order that is named gets its own id and that much, in the order of the
  ids, and one order for the rest of its level stands behind them.
- Messages tell only of the levels that the file shows. A level that comes into sight is seeded likewise,
  unless it can have stayed as it was; orders of levels that turn out to be empty are canceled.
- 1 is a limit order, 2 an amend that keeps the place, 3 a cancel, 4 an opposite IOC order that must fill
  exactly the named order. Where price and time would not let it, it is a cut of that order, and a mismatch.
- 5 (hidden execution), 6 (cross trade) and 7 (halt: price -1 begins, 0 quoting again, 1 trading again) touch
  no visible order: they are annotations.
"""

import re
from datetime import date as Date
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from lightning.analysis.loaders.cells import Place, seconds_as_ns, whole_numbers
from lightning.analysis.loaders.files import read_text_columns, read_whole_columns
from lightning.analysis.loaders.lobster_layout import MESSAGE, LobsterType
from lightning.analysis.loaders.lobster_steps import Day, order_stream
from lightning.analysis.loaders.stream import LoadError, OrderStream
from lightning.codes import Side
from lightning.instruments import Symbol
from lightning.kernels.layout import NIL

COLUMNS = ("time", "type", "order_id", "size", "price", "direction")
EXCHANGE_ZONE = "America/New_York"
DATE_IN_NAME = re.compile(r"_(\d{4}-\d{2}-\d{2})_")
HALT_STATES = {-1: "halted", 0: "quoting", 1: "trading"}
DAY_NS = 86_400 * 10**9

LOBSTER_CONFIG = """\
# What a LOBSTER file of US shares needs; tick = "0.0001" where prices below one dollar are quoted.
[[currency]]
id = 1
name = "SHARE"
scale = 0

[[currency]]
id = 2
name = "USD"
scale = 4

[[symbol]]
id = 1
name = "SHARE-USD"
base = "SHARE"
quote = "USD"
tick = "0.01"
lot = "1"
"""
"""A configuration that a LOBSTER file can be played into."""


def read_lobster(
    message_file: Path | str,
    orderbook_file: Path | str,
    symbol: Symbol,
    date: Date | None = None,
    buyer: int = 1,
    seller: int = 2,
) -> OrderStream:
    """The two files of one day.

    symbol : where it will be played; prices must be multiples of its tick, sizes of its lot
    date : of the files; None: as in the message file's name (TICKER_YYYY-MM-DD_...)
    buyer, seller : the accounts of all buys, of all sells

    Times become UTC, by the clock of New York. Raises LoadError.
    """
    path = Path(message_file)
    midnight_ns = _midnight_ns(path, date)
    frame = read_text_columns(path, COLUMNS)
    place = Place(path)
    messages = _messages(frame, place)
    times = seconds_as_ns(frame["time"], place)
    place.check((times >= 0) & (times < DAY_NS), frame["time"], "must be within a day")
    place.check(np.diff(times, prepend=0) >= 0, frame["time"], "must not be before the line above")
    ids = whole_numbers(frame["order_id"], place)
    book = _book(read_whole_columns(Path(orderbook_file)), Place(Path(orderbook_file)))
    if len(book) != len(messages):
        raise LoadError(f"{orderbook_file}: has {len(book)} lines, {path} has {len(messages)}")
    day = Day(path, symbol, buyer, seller, midnight_ns + times)
    return order_stream(day, messages, ids, book, _annotations(messages, ids, day.times))


def _book(frame: pl.DataFrame, place: Place) -> npt.NDArray[np.int64]:
    """(n, 4 * levels): as in the file; an empty level has size 0."""
    if frame.width % 4:
        raise place.error(0, "the line", f"must have 4 columns for each level, not {frame.width}")
    for column in range(frame.width):
        values = frame[:, column].to_numpy()
        if column % 2:
            place.check(values >= 0, frame[:, column], "(size) must be 0 or more")
        elif column >= 4:
            empty = frame[:, column + 1].to_numpy() == 0
            outward = values - frame[:, column - 4].to_numpy()
            behind = outward > 0 if column % 4 == 0 else outward < 0
            place.check(behind | empty, frame[:, column], "(price) must be behind that of the level before")
    return np.ascontiguousarray(frame.to_numpy())


def _annotations(
    messages: npt.NDArray[np.void], ids: npt.NDArray[np.int64], times: npt.NDArray[np.int64]
) -> pl.DataFrame:
    """What no visible order did: line, time, LobsterType, size, price in dollars; of a halt, its state."""
    rows = np.flatnonzero(messages["id"] == NIL)
    halt = messages["type"][rows] == LobsterType.HALT
    price = messages["price"][rows]
    frame = pl.DataFrame(
        {
            "line": rows + 1,
            "time": times[rows],
            "type": messages["type"][rows],
            "order_id": ids[rows],
            "size": messages["size"][rows],
            "price": np.where(halt, 0, price),
            "halt": np.where(halt, price, len(HALT_STATES)),
        }
    )
    names = {int(kind): kind.name for kind in LobsterType}
    return frame.with_columns(
        pl.from_epoch("time", "ns").dt.replace_time_zone("UTC"),
        pl.col("type").replace_strict(names, return_dtype=pl.String),
        pl.col("price").cast(pl.Decimal(38, 4)) / pl.lit(10_000, pl.Decimal(38, 4)),
        pl.col("halt").replace_strict(HALT_STATES, default=None, return_dtype=pl.String),
    )


def _midnight_ns(path: Path, date: Date | None) -> int:
    if date is None:
        found = DATE_IN_NAME.search(path.name)
        if found is None:
            raise LoadError(f"{path}: the name has no date (TICKER_YYYY-MM-DD_...): give `date`")
        date = Date.fromisoformat(found[1])
    midnight = datetime(date.year, date.month, date.day, tzinfo=ZoneInfo(EXCHANGE_ZONE))
    return int(midnight.timestamp()) * 10**9


def _messages(frame: pl.DataFrame, place: Place) -> npt.NDArray[np.void]:
    """MESSAGE without `level` and `reveal`; `id` is NIL, or 0 where an order is named."""
    messages = np.zeros(len(frame), MESSAGE)
    kind = whole_numbers(frame["type"], place)
    low, high = min(LobsterType), max(LobsterType)
    place.check((kind >= low) & (kind <= high), frame["type"], f"must be {low} to {high}")
    direction = whole_numbers(frame["direction"], place)
    place.check(np.abs(direction) == 1, frame["direction"], "must be 1 (buy) or -1 (sell)")
    names = kind <= LobsterType.EXECUTION
    halts = kind == LobsterType.HALT
    ids = whole_numbers(frame["order_id"], place)
    place.check(
        (ids > 0) & (ids < 2**62) | ~names, frame["order_id"], "must be above 0 where an order is named"
    )
    size = whole_numbers(frame["size"], place)
    place.check((size > 0) & (size < 2**40) | halts, frame["size"], "must be above 0")
    price = whole_numbers(frame["price"], place)
    place.check((price > 0) | halts, frame["price"], "must be above 0")
    place.check((np.abs(price) <= 1) | ~halts, frame["price"], "of a halt must be -1, 0 or 1")
    messages["id"] = np.where(names, 0, NIL)
    messages["size"], messages["price"], messages["type"] = size, price, kind
    messages["side"] = np.where(direction == 1, Side.BUY, Side.SELL)
    return messages
