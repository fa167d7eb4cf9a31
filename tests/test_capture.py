"""A capture made by hand becomes the tape that it means."""

import gzip
from pathlib import Path

import pytest

from lightning.client.capture import CaptureError, convert, read_capture
from lightning.client.tape import Op, TapeFill, TapeLine, read_tape, write_tape

ORDERS_HEADER = "id,timestamp,exchange_timestamp,price,volume,action,direction"
TRADES_HEADER = "trade_id,timestamp,exchange_timestamp,price,amount,buy_order_id,sell_order_id,side"

OPENING = """\
12,100,90,101.0,0.5,created,ask
11,100,90,99.0,1.0,created,bid
10,100,90,0.0,2.0,created,bid
13,100,90,103.0,7.5e-06,created,ask"""


def tape_of(directory: Path, orders: str, trades: str = "") -> list[TapeLine]:
    with gzip.open(directory / "orders.csv.gz", "wt") as file:
        file.write(f"{ORDERS_HEADER}\n{orders}\n")
    (directory / "trades.csv").write_text(f"{TRADES_HEADER}\n{trades}")
    return list(convert(read_capture(directory)))


def line(
    op: Op, order_id: int, side: str, price: int, qty: int, *fills: TapeFill, sure: bool = True
) -> TapeLine:
    return TapeLine(op, order_id, side == "B", price, qty, fills, sure)


def test_opening_orders_come_in_id_order(tmp_path: Path) -> None:
    assert tape_of(tmp_path, OPENING) == [
        line(Op.OPENING, 10, "B", 0, 200_000_000),
        line(Op.OPENING, 11, "B", 9_900, 100_000_000),
        line(Op.OPENING, 12, "S", 10_100, 50_000_000),
        line(Op.OPENING, 13, "S", 10_300, 750),
    ]


def test_crossing_yet_untraded_and_gone_in_the_same_millisecond_is_a_refusal(tmp_path: Path) -> None:
    feed = f"""{OPENING}
20,120,110,101.0,0.1,created,bid
20,121,110,101.0,0.1,deleted,bid"""
    assert tape_of(tmp_path, feed)[4:] == [line(Op.REFUSED, 20, "B", 10_100, 10_000_000)]


def test_not_crossing_and_gone_in_the_same_millisecond_is_an_order_and_its_cancel(tmp_path: Path) -> None:
    feed = f"""{OPENING}
20,120,110,100.99,0.1,created,bid
20,121,110,100.99,0.1,deleted,bid"""
    assert tape_of(tmp_path, feed)[4:] == [
        line(Op.PLACE, 20, "B", 10_099, 10_000_000),
        line(Op.CANCEL, 20, "B", 10_099, 10_000_000),
    ]


def test_a_crossing_order_gone_a_millisecond_later_was_not_refused(tmp_path: Path) -> None:
    feed = f"""{OPENING}
20,120,110,101.0,0.1,created,bid
20,121,111,101.0,0.1,deleted,bid"""
    assert [found.op for found in tape_of(tmp_path, feed)[4:]] == [Op.PLACE, Op.CANCEL]


def test_a_taker_expects_its_trades_and_what_is_left_of_the_makers_can_be_canceled(tmp_path: Path) -> None:
    feed = f"""{OPENING}
20,120,110,102.5,0.7,created,bid
20,121,110,101.0,0.2,changed,bid
12,121,110,101.0,0.0,deleted,ask
20,130,125,101.0,0.2,deleted,bid
11,140,135,99.0,1.0,deleted,bid"""
    trades = "1,120,110,101.0,0.5,20,12,buy\n"
    assert tape_of(tmp_path, feed, trades)[4:] == [
        line(Op.PLACE, 20, "B", 10_250, 70_000_000, TapeFill(12, 50_000_000, 10_100)),
        line(Op.CANCEL, 20, "B", 10_100, 20_000_000),
        line(Op.CANCEL, 11, "B", 9_900, 100_000_000),
    ]


def test_an_order_that_trades_have_taken_off_the_book_makes_nothing_cross(tmp_path: Path) -> None:
    feed = f"""{OPENING}
20,120,110,101.0,0.5,created,bid
21,120,110,102.0,0.1,created,bid
21,120,110,102.0,0.1,deleted,bid
20,121,110,101.0,0.0,deleted,bid
12,121,110,101.0,0.0,deleted,ask"""
    trades = "1,120,110,101.0,0.5,20,12,buy\n"
    assert [found.op for found in tape_of(tmp_path, feed, trades)[4:]] == [Op.PLACE, Op.PLACE, Op.CANCEL]


def test_a_sell_takes_bids(tmp_path: Path) -> None:
    feed = f"""{OPENING}
20,120,110,0.0,0.4,created,ask
11,120,110,99.0,0.6,changed,bid
20,121,110,99.0,0.0,deleted,ask"""
    trades = "1,120,110,99.0,0.4,11,20,sell\n"
    assert tape_of(tmp_path, feed, trades)[4:] == [
        line(Op.PLACE, 20, "S", 0, 40_000_000, TapeFill(11, 40_000_000, 9_900))
    ]


def test_an_opening_order_that_was_traded_past_is_left_out_and_its_cancel_is_not_sure(tmp_path: Path) -> None:
    feed = f"""{OPENING}
20,120,110,103.0,7.5e-06,created,bid
20,121,110,103.0,0.0,deleted,bid
13,121,110,103.0,0.0,deleted,ask
12,200,200,101.0,0.5,deleted,ask"""
    trades = "1,120,110,103.0,7.5e-06,20,13,buy\n"
    tape = tape_of(tmp_path, feed, trades)
    assert [found.order_id for found in tape[:3]] == [10, 11, 13]
    assert tape[4] == line(Op.CANCEL, 12, "S", 10_100, 50_000_000, sure=False)


def test_an_opening_order_left_out_between_two_prices_of_one_taker(tmp_path: Path) -> None:
    feed = f"""{OPENING}
14,100,90,102.0,1.0,created,ask
20,120,110,103.0,0.6,created,bid"""
    trades = "1,120,110,101.0,0.5,20,12,buy\n2,120,110,103.0,7.5e-06,20,13,buy\n"
    assert [found.order_id for found in tape_of(tmp_path, feed, trades)] == [10, 11, 12, 13, 20]


def test_an_order_by_money_has_the_quantity_that_it_traded_and_its_remainder_is_not_sure(
    tmp_path: Path,
) -> None:
    feed = f"""{OPENING}
20,120,110,999999999.0,0.0,created,bid
20,121,110,101.0,1e-08,deleted,bid"""
    trades = "1,120,110,101.0,0.3,20,12,buy\n"
    assert tape_of(tmp_path, feed, trades)[4:] == [
        line(Op.PLACE, 20, "B", 99_999_999_900, 30_000_000, TapeFill(12, 30_000_000, 10_100)),
        line(Op.CANCEL, 20, "B", 10_100, 1, sure=False),
    ]


def test_an_order_by_money_that_used_all_of_it_is_no_refusal(tmp_path: Path) -> None:
    feed = f"""{OPENING}
20,120,110,999999999.0,0.0,created,bid
20,121,110,101.0,0.0,deleted,bid"""
    trades = "1,120,110,101.0,0.3,20,12,buy\n"
    assert tape_of(tmp_path, feed, trades)[4:] == [
        line(Op.PLACE, 20, "B", 99_999_999_900, 30_000_000, TapeFill(12, 30_000_000, 10_100)),
    ]


def test_a_remainder_that_the_trades_do_not_explain_is_not_sure(tmp_path: Path) -> None:
    feed = f"{OPENING}\n11,120,110,99.0,0.4,deleted,bid"
    assert tape_of(tmp_path, feed)[4:] == [line(Op.CANCEL, 11, "B", 9_900, 40_000_000, sure=False)]


def test_a_cancel_of_an_order_never_seen_is_not_sure(tmp_path: Path) -> None:
    feed = f"{OPENING}\n77,120,110,98.0,0.25,deleted,bid"
    assert tape_of(tmp_path, feed)[4:] == [line(Op.CANCEL, 77, "B", 9_800, 25_000_000, sure=False)]


def test_a_tape_survives_being_written_and_read(tmp_path: Path) -> None:
    trades = "1,120,110,101.0,0.1,20,12,buy\n2,120,110,103.0,0.1,20,13,buy\n"
    tape = tape_of(tmp_path, f"{OPENING}\n20,120,110,103.0,0.2,created,bid", trades)
    path = tmp_path / "out.csv.gz"
    write_tape(path, tape)
    assert read_tape(path) == tape
    assert read_tape(path, limit=2) == tape[:2]
    assert path.read_bytes()[4:8] == bytes(4)  # no time in it: the same tape makes the same bytes


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x,100,90,1.0,1.0,created,bid", "line 2: id must be a number, not 'x'"),
        ("1,100,90,1.001,1.0,created,bid", "line 2: price has more than 2 decimals, not '1.001'"),
        ("1,100,90,-1.0,1.0,created,bid", "line 2: price must be 0 or more, and below 10^18, not '-1.0'"),
        ("1,100,90,NaN,1.0,created,bid", "line 2: price must be 0 or more, and below 10^18, not 'NaN'"),
        ("1,100,90,1.0,1.0,made,bid", "line 2: action must be one of created, changed, deleted, not 'made'"),
        ("1,100,90,1.0", "line 2: has 4 columns, not 7"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(CaptureError) as error:
        tape_of(tmp_path, row)
    assert str(error.value).endswith(message)


def test_missing_files_and_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"orders\.csv\.gz: cannot be read: No such file"):
        read_capture(tmp_path)
    (tmp_path / "orders.csv").write_text("id,price\n1,2\n")
    with pytest.raises(CaptureError, match="lacks the columns timestamp, exchange_timestamp, volume"):
        read_capture(tmp_path)
