"""Exports: every row of the history, every amount exact."""

import random
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from lightning.decimals import Step, format_steps, format_units
from lightning.storage import export as exports
from lightning.storage.export import CannotExport, export
from lightning.storage.export_columns import Decimals
from lightning.storage.history.entries import EntryKind
from tests.pasts import Venue, feed, open_history, played
from tests.test_history import entries_of, fills_of, orders_of

EDGES = [0, 1, -1, 10, 2**31, 2**32 - 1, 2**32, 2**53 + 1, 2**63 - 1, -(2**63) + 1, -(2**63)]


@pytest.fixture(scope="module")
def venue() -> Venue:
    return played("fees", seed=8, count=1_500)


def rows_of(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


@pytest.mark.parametrize("group_rows", [50, 131_072])
def test_every_row_is_there_and_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, venue: Venue, group_rows: int
) -> None:
    monkeypatch.setattr(exports, "GROUP_ROWS", group_rows)
    history = open_history(tmp_path / "history.sqlite", venue)
    feed(history, venue)
    told: list[tuple[str, int, int]] = []
    seq, files = export(  # while the history is in use
        tmp_path / "history.sqlite", tmp_path / "out", progress=lambda *words: told.append(words)
    )
    assert seq == venue.exchange.seq and [file.path.stem for file in files] == ["trades", "orders", "ledger"]
    assert told[-1][1] == told[-1][2] > 0
    trades, orders, ledger = (rows_of(file.path) for file in files)
    assert [len(rows) for rows in (trades, orders, ledger)] == [file.rows for file in files]

    symbols, currencies = venue.exchange.symbols, venue.exchange.currencies
    accounts = venue.accounts()
    past = {
        (fill.trade.seq, fill.trade.trade_id): fill.trade
        for one in accounts
        for fill in fills_of(history, one)
    }
    assert [(row["seq"], row["trade_id"]) for row in trades] == sorted(past)
    for row in trades:
        trade = past[row["seq"], row["trade_id"]]
        symbol = symbols[trade.symbol]
        assert row["price"] == Decimal(format_steps(trade.price, symbol.tick))
        assert row["quantity"] == Decimal(format_steps(trade.qty, symbol.lot))
        assert row["quote_amount"] == Decimal(format_units(trade.quote_amount, symbol.quote.scale))
        assert row["taker_fee"] == Decimal(format_units(trade.taker_fee, symbol.quote.scale))
        assert (row["symbol"], row["taker_side"]) == (symbol.name, ("BUY", "SELL")[trade.taker_side])
    times = pq.read_table(files[0].path)["time"].cast(pa.int64()).to_pylist()
    assert times == [trade.time_ns for _, trade in sorted(past.items())]

    known = {order.order_id: order for one in accounts for order in orders_of(history, one)}
    listed = [row for row in orders if row["account"] in accounts]
    assert [row["order_id"] for row in listed] == sorted(known)
    for row in listed:
        order = known[row["order_id"]]
        assert row["quantity"] == Decimal(format_steps(order.qty, symbols[order.symbol].lot))
        assert row["fee"] == Decimal(format_units(order.fee, symbols[order.symbol].quote.scale))

    entries = [entry for one in accounts for entry in entries_of(history, one)]
    expected = sorted(
        (
            *(entry.seq, entry.trade_id, EntryKind(entry.kind).name, entry.account, entry.currency),
            Decimal(format_units(entry.amount, currencies[entry.currency].scale)),
            *(entry.order_id, entry.counter_account),
        )
        for entry in entries
    )
    columns = ("seq", "trade_id", "kind", "account", "currency_id", "amount", "order_id", "counter_account")
    assert sorted(tuple(row[name] for name in columns) for row in ledger) == expected
    assert [row["seq"] for row in ledger] == sorted(row["seq"] for row in ledger)
    history.close()


def test_one_kind_alone_and_of_a_history_that_is_closed(tmp_path: Path, venue: Venue) -> None:
    history = open_history(tmp_path / "history.sqlite", venue)
    feed(history, venue)
    history.close()
    _, files = export(tmp_path / "history.sqlite", tmp_path / "deep" / "out", ["ledger"])
    assert [file.path.name for file in files] == ["ledger.parquet"]
    assert [path.name for path in (tmp_path / "deep" / "out").iterdir()] == ["ledger.parquet"]
    with pytest.raises(CannotExport, match="no history"):
        export(tmp_path / "none.sqlite", tmp_path)
    (tmp_path / "other.sqlite").write_bytes(b"something else entirely" * 100)
    with pytest.raises(CannotExport, match="cannot be read"):
        export(tmp_path / "other.sqlite", tmp_path)


def test_decimals_are_exact_over_the_whole_range() -> None:
    steps = {1: Step(1, 0), 2: Step(25, 2), 3: Step(1, 18), 5: Step(3, 8)}
    random_counts = [random.Random(4).randint(-(2**63), 2**63 - 1) for _ in range(1_000)]
    counts = np.array(EDGES + random_counts, np.int64)
    for key, step in steps.items():
        array = Decimals(steps).array(counts, np.full(len(counts), key, np.int64))
        assert array.type == pa.decimal128(38, 18)
        with localcontext() as context:
            context.prec = 60
            assert array.to_pylist() == [
                Decimal(count * step.units).scaleb(-step.scale) for count in counts.tolist()
            ]


def test_what_no_decimal128_holds_is_text() -> None:
    steps = {1: Step(1, 0), 2: Step(1, 36)}
    array = Decimals(steps).array(np.array([5, -7], np.int64), np.array([1, 2], np.int64))
    assert array.type == pa.string()
    assert array.to_pylist() == ["5.0", "-0." + "7".rjust(36, "0")]


def test_the_command_exports_a_data_directory(tmp_path: Path, venue: Venue) -> None:
    import typer

    from lightning.cli.export import export as command

    app = typer.Typer()
    app.command()(command)
    (tmp_path / "data").mkdir()
    history = open_history(tmp_path / "data" / "history.sqlite", venue)
    feed(history, venue)
    history.close()
    run = CliRunner().invoke(app, [str(tmp_path / "data"), str(tmp_path / "out"), "--trades"])
    assert run.exit_code == 0, run.output
    assert f"{venue.plain.trades:,} rows" in run.output and f"as of seq {venue.exchange.seq:,}" in run.output
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["trades.parquet"]
    run = CliRunner().invoke(app, [str(tmp_path / "nowhere"), str(tmp_path / "out")])
    assert run.exit_code == 2 and "there is no history" in run.output
