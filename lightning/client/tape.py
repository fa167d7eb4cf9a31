"""The order tape: real orders in the order the venue took them, each with the venue's own answer.

A gzip-compressed CSV with the columns of `TapeLine`. Prices are counts of TICK, quantities of LOT.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from lightning.decimals import Step

TICK = Step(1, 2)
LOT = Step(1, 8)
QUOTE_SCALE_MIN = TICK.scale + LOT.scale

COLUMNS = ["op", "order_id", "side", "price", "qty", "expect_fills", "sure"]

TAPE_CONFIG = """\
# What an order tape of BTC/USD needs: tick 0.01 and lot 0.00000001, so a quote scale of 10.
[[currency]]
id = 1
name = "BTC"
scale = 8

[[currency]]
id = 2
name = "USD"
scale = 10

[[symbol]]
id = 1
name = "BTC-USD"
base = "BTC"
quote = "USD"
tick = "0.01"
lot = "0.00000001"
"""
"""A configuration that a tape can be replayed into; `examples/bitstamp.toml` is the same."""


class TapeError(ValueError):
    """The tape cannot be read; the message names the file and the line."""


class Op(StrEnum):
    OPENING = "V"
    """A limit order of the opening book. Never crosses."""
    PLACE = "A"
    """A limit order."""
    REFUSED = "P"
    """A post-only limit order that must be refused."""
    CANCEL = "D"
    """Cancels what is left of an order."""


class TapeFill(NamedTuple):
    maker_order_id: int
    qty: int
    price: int  # 0 = any


class TapeLine(NamedTuple):
    op: Op
    order_id: int  # the venue's
    buy: bool
    price: int  # 0 = any
    qty: int  # CANCEL: what was left
    expect_fills: tuple[TapeFill, ...]
    sure: bool  # False: the venue's answer is no measure


def read_tape(path: Path, limit: int | None = None) -> list[TapeLine]:
    """At most `limit` lines. Raises TapeError."""
    try:
        with gzip.open(path, "rt", encoding="ascii", newline="") as file:
            return list(islice(_read_lines(path, csv.reader(file)), limit))
    except OSError as error:
        raise TapeError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise TapeError(f"{path}: is not a gzip-compressed CSV file: {error}") from error


def _read_lines(path: Path, rows: Iterator[list[str]]) -> Iterator[TapeLine]:
    header = next(rows, [])
    if header != COLUMNS:
        raise TapeError(f"{path}: line 1: the columns must be {','.join(COLUMNS)}, not {','.join(header)}")
    for number, row in enumerate(rows, start=2):
        try:
            yield _parse_line(row)
        except ValueError as error:
            raise TapeError(f"{path}: line {number}: {error}") from error


def _parse_line(row: list[str]) -> TapeLine:
    if len(row) != len(COLUMNS):
        raise ValueError(f"has {len(row)} columns, not {len(COLUMNS)}")
    op, order_id, side, price, qty, expect_fills, sure = row
    if op not in list(Op):
        raise ValueError(f"op must be one of {', '.join(Op)}, not {op!r}")
    if side not in ("B", "S"):
        raise ValueError(f"side must be B or S, not {side!r}")
    if sure not in ("0", "1"):
        raise ValueError(f"sure must be 0 or 1, not {sure!r}")
    return TapeLine(
        op=Op(op),
        order_id=_parse_count("order_id", order_id),
        buy=side == "B",
        price=_parse_count("price", price),
        qty=_parse_count("qty", qty),
        expect_fills=tuple(map(_parse_fill, expect_fills.split(";"))) if expect_fills else (),
        sure=sure == "1",
    )


def _parse_fill(text: str) -> TapeFill:
    maker, colon, rest = text.partition(":")
    qty, at, price = rest.partition("@")
    if not (colon and at):
        raise ValueError(f"expect_fills must be maker:qty@price;..., not {text!r}")
    return TapeFill(
        _parse_count("maker", maker), _parse_count("fill qty", qty), _parse_count("fill price", price)
    )


def _parse_count(field: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        raise ValueError(f"{field} must be a whole number, not {text!r}")
    return int(text)


def format_fill(fill: TapeFill) -> str:
    return f"{fill.maker_order_id}:{fill.qty}@{fill.price}"


def write_tape(path: Path, lines: Iterable[TapeLine]) -> None:
    """The same lines make the same bytes."""
    with (
        open(path, "wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="ascii", newline="") as text,
    ):
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        for line in lines:
            fills = ";".join(map(format_fill, line.expect_fills))
            side = "B" if line.buy else "S"
            writer.writerow([line.op, line.order_id, side, line.price, line.qty, fills, int(line.sure)])
