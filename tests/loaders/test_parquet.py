"""What came of a stream, as Parquet and back: the same rows."""

import tomllib
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lightning.analysis.flow import BOOK_EVENT, BookEventKind
from lightning.analysis.loaders import (
    BITSTAMP_CONFIG,
    BOOKS,
    FLOW,
    TRADES,
    LoadError,
    level_rows,
    read_events,
    read_rows,
    trade_rows,
    write_events,
    write_rows,
)
from lightning.codes import Side
from lightning.config import load_config
from lightning.engine.exchange import Exchange
from tests.flows import make_commands
from tests.shapes import SHAPES

SYMBOL = load_config(tomllib.loads(BITSTAMP_CONFIG)).symbols[0]


def book_events() -> np.ndarray:
    random = np.random.default_rng(1)
    rows = np.zeros(500, BOOK_EVENT)
    for name in ("seq", "time_ns", "order_id", "account", "trade_id", "taker_order_id", "taker_account"):
        rows[name] = random.integers(0, 2**62, len(rows))
    rows["price"] = random.integers(1, 2**40, len(rows))
    rows["qty"] = random.integers(0, 2**62, len(rows))
    rows["delta"] = random.integers(-(2**62), 2**62, len(rows))
    rows["kind"] = random.choice(list(BookEventKind), len(rows))
    rows["side"] = random.choice(list(Side), len(rows))
    return rows


def test_book_events_come_back_as_they_were(tmp_path: Path) -> None:
    rows = book_events()
    write_rows(tmp_path / "flow.parquet", rows, FLOW, SYMBOL)
    assert (read_rows(tmp_path / "flow.parquet", FLOW) == rows).all()
    assert list(tmp_path.iterdir()) == [tmp_path / "flow.parquet"]


def test_a_frame_of_book_events_has_decimals_times_and_names(tmp_path: Path) -> None:
    rows = book_events()[:1]
    rows["price"], rows["qty"], rows["delta"], rows["time_ns"] = 7_831_801, 12_345, -1, 1
    write_rows(tmp_path / "flow.parquet", rows, FLOW, SYMBOL)
    frame = pl.read_parquet(tmp_path / "flow.parquet")
    row = frame.row(0, named=True)
    assert (row["price"], row["qty"], row["delta"]) == (
        Decimal("78318.01"),
        Decimal("0.00012345"),
        Decimal("-0.00000001"),
    )
    assert row["kind"] == BookEventKind(rows["kind"][0]).name and row["side"] in ("BUY", "SELL")
    assert frame["time"].dtype == pl.Datetime("ns", "UTC") and frame["time"].to_physical()[0] == 1
    assert "pad" not in frame.columns


@pytest.mark.parametrize("name", ["money", "edges", "gtd", "auction"])
def test_events_of_every_kind_come_back_as_they_were(tmp_path: Path, name: str) -> None:
    shape = SHAPES[name]
    events = Exchange(shape.config).submit(make_commands(shape, seed=1, count=600))
    write_events(tmp_path / "events.parquet", events)
    back = read_events(tmp_path / "events.parquet")
    assert back.tobytes() == events.tobytes()


def test_what_means_nothing_for_an_event_is_null(tmp_path: Path) -> None:
    shape = SHAPES["calm"]
    events = Exchange(shape.config).submit(make_commands(shape, seed=1, count=800))
    write_events(tmp_path / "events.parquet", events)
    frame = pl.read_parquet(tmp_path / "events.parquet")
    trades = frame.filter(pl.col("kind") == "TRADE")
    assert len(trades) > 0
    assert trades["order_qty"].null_count() == trades["available"].null_count() == len(trades)
    assert trades["fee"].null_count() == trades["maker_order_id"].null_count() == 0
    assert (
        frame.filter(pl.col("kind") == "ACCEPTED")["fee"].null_count() == (frame["kind"] == "ACCEPTED").sum()
    )


def test_trades_and_books_come_back_as_they_were(tmp_path: Path) -> None:
    shape = SHAPES["calm"]
    exchange = Exchange(shape.config)
    commands = make_commands(shape, seed=2, count=800)
    commands["time_ns"] = 10**18 + np.arange(len(commands))
    trades = trade_rows(commands, exchange.submit(commands))
    symbol = exchange.symbols[int(trades["symbol"][0])]
    of_symbol = trades[trades["symbol"] == symbol.id]
    assert (of_symbol[-100:] == exchange.trades(symbol.id)).all() and len(of_symbol)
    write_rows(tmp_path / "trades.parquet", of_symbol, TRADES, symbol)
    assert (read_rows(tmp_path / "trades.parquet", TRADES) == of_symbol).all()
    depth = exchange.depth(symbol.id, 3)
    levels = np.concatenate([level_rows(depth, 7, 1), level_rows(exchange.depth(symbol.id), 8, exchange.seq)])
    assert levels["price"][: len(depth.bids)].tolist() == depth.bids[:, 0].tolist()
    write_rows(tmp_path / "books.parquet", levels, BOOKS, symbol)
    assert (read_rows(tmp_path / "books.parquet", BOOKS) == levels).all()


def test_no_rows_are_rows_too(tmp_path: Path) -> None:
    write_rows(tmp_path / "flow.parquet", book_events()[:0], FLOW, SYMBOL)
    assert len(read_rows(tmp_path / "flow.parquet", FLOW)) == 0


def test_another_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "flow.parquet"
    with pytest.raises(LoadError, match="cannot be read"):
        read_rows(path, FLOW)
    path.write_text("no Parquet")
    with pytest.raises(LoadError, match="is not a Parquet file"):
        read_rows(path, FLOW)
    write_rows(path, book_events(), FLOW, SYMBOL)
    with pytest.raises(LoadError, match="has no trades that were written here, but book events"):
        read_rows(path, TRADES)
    pl.DataFrame({"a": [1]}).write_parquet(path)
    with pytest.raises(LoadError, match="has no events that were written here, but other rows"):
        read_events(path)
