"""Order streams of any making: columns under other names, spoiled cells, and Parquet."""

import tomllib
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lightning.analysis.loaders import (
    BITSTAMP_CONFIG,
    Action,
    Columns,
    LoadError,
    OrderStream,
    play,
    read_orders,
)
from lightning.codes import CommandFlag, CommandKind, OrderType, Side, TimeInForce
from lightning.config import load_config
from lightning.engine.exchange import Exchange

CONFIG = load_config(tomllib.loads(BITSTAMP_CONFIG))
SYMBOL = CONFIG.symbols[0]  # tick 0.01, lot 0.00000001
NAMES = ("kind", "type", "tif", "flags", "side", "account", "client_order_id", "price", "qty", "time_ns")

CSV = """\
order_id,action,side,price,quantity,when
7,new,buy,100.5,0.5,1.5
8,POST_ONLY,Sell,101,7.18e-06,1.5
9,ioc,S,100.5,0.25,2
7,amend,,,0.1,2.25
10,market,ask,,0.05,3
8,cancel,,,,3
11,fok,b,99.99,1,4.000000001
"""
WHEN = Columns(time="when")

PLACE, CANCEL, AMEND = CommandKind.PLACE, CommandKind.CANCEL, CommandKind.AMEND
S = 10**9
ROWS = [
    (PLACE, 0, 0, 0, Side.BUY, 1, 7, 10_050, 50_000_000, 3 * S // 2),
    (PLACE, 0, 0, CommandFlag.POST_ONLY, Side.SELL, 2, 8, 10_100, 718, 3 * S // 2),
    (PLACE, 0, TimeInForce.IOC, 0, Side.SELL, 2, 9, 10_050, 25_000_000, 2 * S),
    (AMEND, 0, 0, 0, 0, 1, 7, 0, 10_000_000, 9 * S // 4),
    (PLACE, OrderType.MARKET, TimeInForce.IOC, 0, Side.SELL, 2, 10, 0, 5_000_000, 3 * S),
    (CANCEL, 0, 0, 0, 0, 2, 8, 0, 0, 3 * S),
    (PLACE, 0, TimeInForce.FOK, 0, Side.BUY, 1, 11, 9_999, 100_000_000, 4 * S + 1),
]


def words(stream: OrderStream) -> list[tuple[int, ...]]:
    return list(zip(*(stream.commands[name].tolist() for name in NAMES), strict=True))


def written(directory: Path, text: str) -> Path:
    path = directory / "orders.csv"
    path.write_text(text)
    return path


def test_every_action_becomes_its_command(tmp_path: Path) -> None:
    stream = read_orders(written(tmp_path, CSV), SYMBOL, WHEN, time_unit="s")
    assert words(stream) == ROWS
    assert stream.lines.tolist() == [2, 3, 4, 5, 6, 7, 8]
    assert play(stream, Exchange(CONFIG)).exact


def test_the_exchange_does_what_the_rows_say(tmp_path: Path) -> None:
    exchange = Exchange(CONFIG)
    play(read_orders(written(tmp_path, CSV), SYMBOL, WHEN, time_unit="s"), exchange)
    assert exchange.depth(1).bids.tolist() == [[10_050, 5_000_000, 1], [9_999, 0, 0]][:1]
    assert exchange.trades(1)["qty"].tolist() == [25_000_000, 5_000_000]
    assert exchange.trades(1)["time_ns"].tolist() == [2 * S, 3 * S]


def test_parquet_and_frames_say_the_same_in_their_own_types(tmp_path: Path) -> None:
    times = [datetime.fromtimestamp(s, UTC) for s in (1.5, 1.5, 2, 2.25, 3, 3, 4)]
    frame = pl.DataFrame(
        {
            "order_id": [7, 8, 9, 7, 10, 8, 11],
            "action": ["new", "post_only", "ioc", "amend", "market", "cancel", "fok"],
            "side": [1, -1, -1, None, -1, None, 1],
            "price": [100.5, 101.0, 100.5, None, None, None, 99.99],
            "quantity": pl.Series(
                [*map(Decimal, ("0.5", "0.00000718", "0.25", "0.1", "0.05")), None, Decimal(1)],
                dtype=pl.Decimal(20, 8),
            ),
            "when": pl.Series(times, dtype=pl.Datetime("us", "UTC")),
        }
    )
    frame.write_parquet(tmp_path / "orders.parquet")
    expected = [*ROWS[:-1], (*ROWS[-1][:-1], 4 * S)]
    assert words(read_orders(frame, SYMBOL, WHEN)) == expected
    stream = read_orders(tmp_path / "orders.parquet", SYMBOL, WHEN)
    assert words(stream) == expected
    assert stream.lines.tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_columns_and_values_may_have_other_names(tmp_path: Path) -> None:
    text = "Kauf,Preis,Menge,Konto\nja,1.00,2,5\nnein,1.01,3,6\n"
    columns = Columns(
        side="Kauf", price="Preis", quantity="Menge", action=None, order_id=None, account="Konto"
    )
    sides = {"Ja": Side.BUY, "Nein": Side.SELL}
    stream = read_orders(written(tmp_path, text), SYMBOL, columns, sides=sides)
    assert words(stream) == [
        (PLACE, 0, 0, 0, Side.BUY, 5, 1, 100, 200_000_000, 0),
        (PLACE, 0, 0, 0, Side.SELL, 6, 2, 101, 300_000_000, 0),
    ]
    actions = {"x": Action.CANCEL}
    with pytest.raises(LoadError, match=r"line 2: action must be one of x, not 'new'"):
        read_orders(written(tmp_path, CSV), SYMBOL, actions=actions)


def test_ids_that_are_no_numbers_are_numbered_as_they_come(tmp_path: Path) -> None:
    text = CSV.replace("\n7,", "\nz-1,").replace("\n8,", "\na-8,")
    stream = read_orders(written(tmp_path, text), SYMBOL, WHEN, time_unit="s")
    assert stream.commands["client_order_id"].tolist() == [1, 2, 3, 1, 4, 2, 5]
    assert stream.commands["account"].tolist() == [row[5] for row in ROWS]


def test_times_may_be_text(tmp_path: Path) -> None:
    text = "side,price,quantity,when\nb,1,1,2026-05-02T03:03:00.5\ns,2,1,2026-05-02T03:03:01Z\n"
    columns = Columns(action=None, order_id=None, time="when")
    stream = read_orders(written(tmp_path, text.replace("Z", "")), SYMBOL, columns)
    assert stream.commands["time_ns"].tolist() == [1_777_690_980_500_000_000, 1_777_690_981_000_000_000]


SPOILED = [
    ("100.5,0.5", "100.505,0.5", "line 2: price is not a multiple of 0.01, not '100.505'"),
    ("100.5,0.5", ",0.5", "line 2: price must not be empty"),
    ("100.5,0.5", "0,0.5", "line 2: price must be above 0, not '0'"),
    ("100.5,0.5", "1_0,0.5", "line 2: price is not a decimal number"),
    ("100.5,0.5", "100.5,0.000000001", "line 2: quantity is not a multiple of 0.00000001"),
    ("100.5,0.5", "100.5,-1", "line 2: quantity must be above 0, not '-1'"),
    ("0.1,2.25", "0,2.25", "line 5: quantity must be above 0, not '0'"),
    ("7,new,buy", "7,new,up", "line 2: side must be one of buy, b, bid, 1, sell"),
    ("7,new,buy", "7,new,", "line 2: side must be one of"),
    ("7,new,buy", "7,news,buy", "line 2: action must be one of limit, post_only"),
    ("7,new,buy", ",new,buy", "line 2: order_id must not be empty"),
    ("0.25,2\n", "0.25,1\n", "line 4: when must not be before that of the row above, not '1'"),
    ("0.25,2\n", "0.25,x\n", "line 4: when is not a decimal number"),
    ("0.25,2\n", "0.25\n", "line 4: has 5 columns, not 6"),
    ("0.25,2\n", "0.25,2,1\n", "line 4: has 7 columns, not 6"),
    ("order_id,", "id,", "has no column order_id; there are: id, action, side"),
    (CSV, "", "orders.csv: is empty"),
]


@pytest.mark.parametrize(("text", "other", "error"), SPOILED, ids=[case[2] for case in SPOILED])
def test_a_spoiled_file_is_told_with_line_and_column(
    tmp_path: Path, text: str, other: str, error: str
) -> None:
    assert text in CSV
    with pytest.raises(LoadError, match=error):
        read_orders(written(tmp_path, CSV.replace(text, other)), SYMBOL, WHEN, time_unit="s")


def test_a_file_that_is_not_there_or_no_parquet_is_told(tmp_path: Path) -> None:
    for name in ("orders.csv", "orders.parquet"):
        with pytest.raises(LoadError, match=f"{name}: cannot be read"):
            read_orders(tmp_path / name, SYMBOL)
    (tmp_path / "orders.parquet").write_text(CSV)
    with pytest.raises(LoadError, match="is not a Parquet file"):
        read_orders(tmp_path / "orders.parquet", SYMBOL)


def test_a_cancel_without_order_ids_is_told(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="line 5: order_id is needed, and there is no column"):
        read_orders(written(tmp_path, CSV), SYMBOL, Columns(order_id=None))


def test_large_and_long_numbers_are_exact() -> None:
    prices = ["1000000000.00", "0.01", "12345678901.23", "000000000000000000005.10"]
    frame = pl.DataFrame({"side": ["b"] * 4, "price": prices, "quantity": ["1"] * 4})
    stream = read_orders(frame, SYMBOL, Columns(action=None, order_id=None))
    assert stream.commands["price"].tolist() == [100_000_000_000, 1, 1_234_567_890_123, 510]
    assert stream.commands["price"].dtype == np.int64
