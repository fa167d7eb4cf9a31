"""Bitstamp's feed order by order: a capture as the PyPI package ob-analytics 0.1.0 has one, or an order tape
that was made of it (client/tape.py). What the feed does not say outright is concluded by client/capture.py.
"""

from pathlib import Path

import numpy as np
import polars as pl

from lightning.analysis.loaders.cells import Place, whole_numbers
from lightning.analysis.loaders.files import read_headed_columns
from lightning.analysis.loaders.stream import EXPECTED_FILL, Expect, LoadError, OrderStream
from lightning.client.capture import CaptureError, convert_timed, read_capture
from lightning.client.tape import COLUMNS, LOT, TAPE_CONFIG, TICK, Op, format_fill
from lightning.codes import CommandFlag, CommandKind
from lightning.decimals import format_steps
from lightning.instruments import Symbol
from lightning.rows import COMMAND

BITSTAMP_CONFIG = TAPE_CONFIG
"""A configuration that both can be played into."""
MS = 1_000_000
FILL = r"^(\d+):(\d+)@(\d+)$"
FIRST_LINE = 2
"""Of a file with a header."""


def read_tape(path: Path | str, symbol: Symbol, buyer: int = 1, seller: int = 2) -> OrderStream:
    """An order tape. It has no times: `time_ns` is 0.

    symbol : where it will be played; it must have the tape's tick and lot
    buyer, seller : the accounts of all buys, of all sells
    Raises LoadError.
    """
    path = Path(path)
    _check_symbol(symbol, path)
    frame = read_headed_columns(path)
    if frame.columns != COLUMNS:
        columns = ",".join(frame.columns)
        raise LoadError(f"{path}: line 1: the columns must be {','.join(COLUMNS)}, not {columns}")
    return _stream(frame, path, symbol, (buyer, seller))


def read_bitstamp(directory: Path | str, symbol: Symbol, buyer: int = 1, seller: int = 2) -> OrderStream:
    """A capture: a directory with orders.csv.gz, or orders.csv, and trades.csv. Times are the venue's.

    Lines are those of the tape that it becomes (`lightning convert-capture`); else as `read_tape`.
    """
    directory = Path(directory)
    _check_symbol(symbol, directory)
    try:
        timed = list(convert_timed(read_capture(directory)))
    except CaptureError as error:
        raise LoadError(str(error)) from error
    lines = [line for _, line in timed]
    frame = pl.DataFrame(
        {
            "op": [line.op.value for line in lines],
            "order_id": [line.order_id for line in lines],
            "side": ["B" if line.buy else "S" for line in lines],
            "price": [line.price for line in lines],
            "qty": [line.qty for line in lines],
            "expect_fills": [";".join(map(format_fill, line.expect_fills)) for line in lines],
            "sure": [str(int(line.sure)) for line in lines],
            "time_ms": [time_ms for time_ms, _ in timed],
        }
    )
    return _stream(frame, directory, symbol, (buyer, seller))


def _check_symbol(symbol: Symbol, path: Path) -> None:
    if (symbol.tick, symbol.lot) != (TICK, LOT):
        steps = " and lot ".join(format_steps(1, step) for step in (TICK, LOT))
        raise LoadError(f"{path}: needs a symbol with tick {steps}, {symbol.name} has others")


def _stream(frame: pl.DataFrame, path: Path, symbol: Symbol, accounts: tuple[int, int]) -> OrderStream:
    """frame : the columns of a tape, and `time_ms` if there are times"""
    place = Place(path, FIRST_LINE)
    for column, allowed in (("op", list(Op)), ("side", ["B", "S"]), ("sure", ["0", "1"])):
        good = frame[column].is_in([str(one) for one in allowed]).fill_null(False)
        place.check(good.to_numpy(), frame[column], f"must be one of {', '.join(allowed)}")
    op, buys = frame["op"].to_numpy(), (frame["side"] == "B").to_numpy()
    price, qty = whole_numbers(frame["price"], place), whole_numbers(frame["qty"], place)
    place.check(price >= 0, frame["price"], "must be 0 or more")
    place.check(qty >= 0, frame["qty"], "must be 0 or more")
    cancels = op == Op.CANCEL
    commands = np.zeros(len(frame), COMMAND)
    commands["kind"] = np.where(cancels, CommandKind.CANCEL, CommandKind.PLACE)
    commands["flags"] = np.where(op == Op.REFUSED, CommandFlag.POST_ONLY, 0)
    commands["side"] = ~(buys | cancels)
    commands["symbol"] = symbol.id
    commands["account"] = np.where(buys, *accounts)
    commands["client_order_id"] = whole_numbers(frame["order_id"], place)
    # 0 becomes the lowest price: a sell at it takes any, a bid of less than a tick rests at it
    commands["price"] = np.where(cancels, 0, np.maximum(price, 1))
    commands["qty"] = np.where(cancels, 0, qty)
    if "time_ms" in frame:
        commands["time_ns"] = MS * frame["time_ms"].to_numpy()
    expect = np.select([cancels, op == Op.REFUSED], [Expect.LEFT, Expect.REFUSAL], Expect.FILLS)
    return OrderStream(
        source=str(path),
        commands=commands,
        lines=np.arange(FIRST_LINE, FIRST_LINE + len(frame)),
        expect=np.where(frame["sure"] == "1", expect, Expect.NOTHING).astype(np.uint8),
        left=np.where(cancels, qty, 0),
        fills=_fills(frame, place),
    )


def _fills(frame: pl.DataFrame, place: Place) -> np.ndarray:
    listed = (
        frame.select("expect_fills")
        .with_row_index("row")
        .filter(pl.col("expect_fills").fill_null("") != "")
        .with_columns(fill=pl.col("expect_fills").str.split(";"))
        .explode("fill", empty_as_null=True)
    )
    parts = [listed["fill"].str.extract(FILL, group).cast(pl.Int64, strict=False) for group in (1, 2, 3)]
    for part in parts:
        if part.null_count():
            row = int(listed["row"][int(np.argmax(part.is_null().to_numpy()))])
            text = frame["expect_fills"][row]
            raise place.error(row, "expect_fills", f"must be maker:qty@price;..., not {text!r}")
    fills = np.zeros(len(listed), EXPECTED_FILL)
    fills["row"] = listed["row"]
    fills["maker_client_order_id"], fills["qty"], fills["price"] = parts
    return fills
