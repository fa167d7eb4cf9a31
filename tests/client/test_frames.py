"""Dataframes to COMMAND rows and back, by whole columns, exactly."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning.client import BadRequest, BulkResult, Client
from lightning.client.arrow_numbers import decimals, numbers
from lightning.client.bulk_result import RESULT
from lightning.client.frames import _of_kind, commands_of, with_results
from lightning.client.model.market import Currency, Symbol
from lightning.codes import (
    CommandFlag,
    CommandKind,
    OrderType,
    SelfTradePrevention,
    Side,
    SymbolStatus,
    TimeInForce,
)
from lightning.decimals import DecimalError, Step, to_steps
from lightning.rows import COMMAND

STEPS = {1: Step(1, 2), 2: Step(25, 4), 3: Step(10, 0), 4: Step(1, 8)}


def symbol(id: int, name: str, tick: str, lot: str) -> Symbol:
    one, none = Decimal(1), SelfTradePrevention.NONE
    return Symbol(
        id, name, 1, 2, Decimal(tick), Decimal(lot), 0, 0, none, SymbolStatus.TRADING, one, one, one, *[0] * 6
    )


SYMBOLS = {1: symbol(1, "A-B", "0.01", "0.001"), 2: symbol(2, "C-B", "0.5", "1")}
CURRENCIES = {1: Currency(1, "A", "", 8), 2: Currency(2, "B", "", 4)}


def rows_of(columns: dict[str, Any], **constants: object) -> np.ndarray:
    given = {"symbol": 1, "account": 7, "side": "buy", **constants}
    return commands_of(
        pl.DataFrame(columns), SYMBOLS, CURRENCIES, {k: v for k, v in given.items() if k not in columns}
    )


texts = st.one_of(
    st.none(),
    st.integers(-(10**9), 10**9).map(str),
    st.decimals(-(10**7), 10**7, places=4).map(lambda value: format(value, "f")),
    st.sampled_from(["0.25", "1000000000000000000000", "9223372036854775807", "0.00000001", "x", "1_0", ""]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(texts, st.sampled_from(sorted(STEPS))), min_size=1, max_size=6))
def test_numbers_are_counted_as_the_exchange_counts_them(cells: list[tuple[str | None, int]]) -> None:
    counts: list[int] = []
    expected: list[int] | None = counts
    for text, one in cells:
        try:
            count = 0 if text is None else to_steps(text, STEPS[one])
            # what is counted in the finest step of the column has to fit, too
            finest = max(STEPS[one].scale for _, one in cells)
            to_steps(text or "0", Step(1, finest))
            counts.append(count)
        except DecimalError:
            expected = None
            break
    column = pa.chunked_array([pa.array([text for text, _ in cells], pa.string())])
    symbols = np.array([one for _, one in cells], np.int64)
    try:
        found = numbers("price", column, symbols, STEPS).tolist()
    except BadRequest:
        found = None
    assert found == expected


@pytest.mark.parametrize(
    "column",
    [
        pl.Series(["1.5", "2", None]),
        pl.Series([Decimal("1.5"), Decimal(2), None]),
        pl.Series(["1.5", "2.000000", None]).cast(pl.Decimal(30, 6)),
    ],
    ids=["strings", "decimals", "more digits than needed"],
)
def test_every_kind_of_exact_column_is_taken(column: pl.Series) -> None:
    rows = rows_of({"price": column, "quantity": [1, 2, 3]})
    assert rows["price"].tolist() == [150, 200, 0] and rows["qty"].tolist() == [1000, 2000, 3000]
    assert rows["type"].tolist() == [OrderType.LIMIT, OrderType.LIMIT, OrderType.MARKET]
    assert rows["tif"].tolist() == [TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC]
    sliced = rows_of({"price": column[1:], "quantity": [2, 3]})
    assert sliced["price"].tolist() == [200, 0]


def test_every_column_has_its_place() -> None:
    rows = rows_of(
        {
            "kind": ["place", "place", "cancel", "amend"],
            "account": [1, 2, 3, 4],
            "symbol": ["A-B", "C-B", "C-B", "A-B"],
            "side": ["buy", "SELL", None, None],
            "type": ["stop_limit", "trailing_stop", None, None],
            "time_in_force": ["gtd", None, None, None],
            "self_trade_prevention": ["cancel_both", None, None, None],
            "price": ["1.01", None, None, "1"],
            "stop_price": ["1.02", None, None, None],
            "trail_amount": [None, "2.5", None, None],
            "quantity_lots": [5, 6, None, 7],
            "display_quantity_lots": [1, None, None, None],
            "post_only": [True, None, None, False],
            "expire_time": [datetime(2030, 1, 1, tzinfo=UTC), None, None, None],
            "order_id": [None, None, 9, 10],
            "client_order_id": [11, None, None, None],
            "request_id": [None, None, 12, 13],
        }
    )
    expected = np.zeros(4, COMMAND)
    expected["kind"] = CommandKind.PLACE, CommandKind.PLACE, CommandKind.CANCEL, CommandKind.AMEND
    expected["account"] = 1, 2, 3, 4
    expected["symbol"] = 1, 2, 2, 1
    expected["side"][1] = Side.SELL
    expected["type"][:2] = OrderType.STOP_LIMIT, OrderType.TRAILING_STOP
    expected["tif"][0] = TimeInForce.GTD
    expected["stp"][0] = SelfTradePrevention.CANCEL_BOTH
    expected["price"] = 101, 0, 0, 100
    expected["stop_price"][0] = 102
    expected["trail_amount"][1] = 5
    expected["qty"] = 5, 6, 0, 7
    expected["display_qty"][0] = 1
    expected["flags"][0] = CommandFlag.POST_ONLY
    expected["expire_time_ns"][0] = 1_893_456_000 * 10**9
    expected["order_id"] = 0, 0, 9, 10
    expected["client_order_id"][0] = 11
    expected["request_id"] = 0, 0, 12, 13
    assert rows.tolist() == expected.tolist()


def test_money_to_be_spent_is_in_units_of_the_quote_currency() -> None:
    rows = rows_of({"quote_quantity": ["12.5"]})
    assert (rows["amount"].tolist(), rows["type"].tolist()) == ([125_000], [OrderType.MARKET])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"price": ["1.00", "1.005"]}, "price in row 1 must be a multiple of 0.01 .*not 1.005"),
        ({"symbol": ["C-B"], "price": ["0.75"]}, "price in row 0 must be a multiple of 0.5 .*0.75"),
        ({"price": ["1", "2", "three"]}, "price in row 2"),
        ({"quantity": [1, 10**18]}, "quantity in row 1"),
        ({"symbol": ["A-B", "X-Y"]}, "symbol in row 1 is unknown: 'X-Y'"),
        ({"side": ["buy", "hold"]}, "side in row 1 is unknown: 'hold'"),
        ({"prcie": ["1"]}, "prcie is no column of orders"),
        ({"price": ["1"], "price_ticks": [1]}, "price and price_ticks exclude each other"),
        ({"kind": [CommandKind.DEPOSIT]}, "kind must be place, cancel or amend"),
        ({"expire_time": [datetime(2030, 1, 1)]}, "expire_time must have a time zone"),
    ],
)
def test_what_is_wrong_is_named_by_column_and_row(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        rows_of(columns)


def test_floats_are_refused() -> None:
    with pytest.raises(
        TypeError, match="price must be a column of decimals, strings or integers, not of double"
    ):
        rows_of({"price": [0.1]})
    with pytest.raises(TypeError, match="price_ticks must be a column of integers"):
        rows_of({"price_ticks": [1.0]})


def test_an_argument_is_no_column_at_the_same_time(client: Client) -> None:
    with pytest.raises(BadRequest, match="side must not be both"):
        client.submit_orders(pl.DataFrame({"side": ["buy"]}), account=1, symbol=1, side="buy")
    with pytest.raises(BadRequest, match="symbol is missing"):
        client.submit_orders(pl.DataFrame({"side": ["buy"]}), account=1)


def test_results_are_decimals_beside_what_was_sent() -> None:
    frame = pl.DataFrame({"symbol": ["A-B", "C-B"], "quantity": ["1.5", "3"]})
    rows = commands_of(frame, SYMBOLS, CURRENCIES, {"account": 1})
    results = np.zeros(2, RESULT)
    results["filled_qty"] = 1500, 2
    results["status"] = 3, 2
    told = with_results(frame, BulkResult(rows, results, rows[:0]), SYMBOLS)
    assert told.columns[:2] == frame.columns and told["quantity"].to_list() == ["1.5", "3"]
    assert told["filled_quantity"].to_list() == [Decimal("1.5"), Decimal(2)]
    assert told["status"].to_list() == ["FILLED", "PARTIALLY_FILLED"]
    assert told["reject_reason"].null_count() == 2


def test_no_row_is_no_row() -> None:
    frame = pl.DataFrame({"symbol": [], "price": []}, schema={"symbol": pl.String, "price": pl.String})
    rows = commands_of(frame, SYMBOLS, CURRENCIES, {})
    assert len(rows) == 0
    assert with_results(frame, BulkResult(rows, np.zeros(0, RESULT), rows), SYMBOLS).height == 0


@pytest.mark.parametrize("count", [0, -1, 1, 2**62, -(2**62)])
def test_counts_are_decimals_again(count: int) -> None:
    one = np.ones(1, np.int64)
    assert decimals(np.array([count]), one, {1: Step(1, 3)}).to_pylist() == [Decimal(count).scaleb(-3)]


def test_a_frame_comes_back_as_what_it_was() -> None:
    table = pa.table({"a": [1]})
    assert isinstance(_of_kind(pl.DataFrame({"b": [2]}), table), pl.DataFrame)
    assert _of_kind(pa.table({"b": [2]}), table) is table
    pandas_frame = type("DataFrame", (), {"__module__": "pandas.core.frame"})()
    converts = type("Table", (), {"to_pandas": lambda self: "as pandas has it"})()
    assert _of_kind(pandas_frame, converts) == "as pandas has it"
