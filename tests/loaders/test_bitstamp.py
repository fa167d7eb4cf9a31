"""Order tapes and captures of Bitstamp's feed come out of the exchange as at the venue."""

import gzip
import os
import tomllib
from pathlib import Path

import pytest

from lightning.analysis.loaders import BITSTAMP_CONFIG, LoadError, play, read_bitstamp, read_tape
from lightning.client.capture import convert, read_capture
from lightning.client.tape import TapeFill, write_tape
from lightning.config import load_config
from lightning.engine.exchange import Exchange
from tests.test_capture import OPENING, ORDERS_HEADER, TRADES_HEADER
from tests.test_replay import TAPE

CONFIG = load_config(tomllib.loads(BITSTAMP_CONFIG))
SYMBOL = CONFIG.symbols[0]
REAL_TAPE = "data/bitstamp_20260502.tape.csv.gz"


def test_a_tape_comes_out_exactly(tmp_path: Path) -> None:
    path = tmp_path / "tape.csv.gz"
    write_tape(path, TAPE)
    stream = read_tape(path, SYMBOL)
    assert stream.lines.tolist() == list(range(2, 2 + len(TAPE)))
    for ledger in (False, True):
        played = play(stream, Exchange(CONFIG, ledger=ledger))
        assert played.mismatches.rows() == []
        assert (played.commands_judged, played.fills, played.fills_exact) == (12, 4, 4)


def test_batches_make_no_difference(tmp_path: Path) -> None:
    path = tmp_path / "tape.csv.gz"
    write_tape(path, TAPE)
    stream = read_tape(path, SYMBOL)
    seen: list[int] = []
    whole, parts = Exchange(CONFIG), Exchange(CONFIG)
    events = play(stream, whole).events
    played = play(stream, parts, on_batch=lambda rows, _: seen.append(len(rows)), batch_rows=5)
    assert seen == [5, 5, 3] and (played.events == events).all()
    assert played.exact and whole.state_hash() == parts.state_hash()
    assert len(play(stream, Exchange(CONFIG), keep_events=False).events) == 0


def test_what_comes_out_otherwise_is_told_with_its_line(tmp_path: Path) -> None:
    tape = list(TAPE)
    tape[4] = tape[4]._replace(price=9_000)  # does not cross
    tape[6] = tape[6]._replace(expect_fills=(TapeFill(3, 30, 10_100), TapeFill(2, 30, 10_100)))
    tape[7] = tape[7]._replace(expect_fills=(TapeFill(1, 40, 9_901),))
    tape[8] = tape[8]._replace(expect_fills=(TapeFill(2, 20, 10_100),))
    tape[10] = tape[10]._replace(qty=59)
    tape[12] = tape[12]._replace(sure=True)
    path = tmp_path / "tape.csv.gz"
    write_tape(path, tape)
    played = play(read_tape(path, SYMBOL), Exchange(CONFIG))
    assert (played.fills, played.fills_exact, played.exact) == (4, 0, False)
    assert played.mismatches.rows() == [
        (6, "the answer is another", "refused, WOULD_CROSS", "done"),
        (8, "the fills are others", "3:30@10100;2:30@10100", "2:50@10100;3:10@10100"),
        (9, "the fills are others", "1:40@9901", "1:40@9900"),
        (10, "the fills are others", "2:20@10100", "3:20@10100"),
        (12, "another quantity was left", "59 lots", "60 lots"),
        (14, "the answer is another", "done", "refused, UNKNOWN_ORDER"),
    ]


SPOILED = [
    ("op,", "oop,", "line 1: the columns must be op,order_id"),
    ("V,1,", "X,1,", "line 2: op must be one of V, A, P, D, not 'X'"),
    ("V,1,B", "V,1,C", "line 2: side must be one of B, S, not 'C'"),
    ("V,1,", "V,a,", "line 2: order_id must be a whole number, not 'a'"),
    ("9900,100,,1", "9900,100,,2", "line 2: sure must be one of 0, 1, not '2'"),
    ("9900,100,,1", "-9900,100,,1", "line 2: price must be 0 or more"),
    ("2:50@10100", "2:50", "line 8: expect_fills must be maker:qty@price;..., not '2:50;3:10@10100'"),
]


@pytest.mark.parametrize(("text", "other", "error"), SPOILED, ids=[case[2] for case in SPOILED])
def test_a_spoiled_tape_is_told_with_line_and_column(
    tmp_path: Path, text: str, other: str, error: str
) -> None:
    path = tmp_path / "tape.csv.gz"
    write_tape(path, TAPE)
    whole = gzip.decompress(path.read_bytes()).decode()
    assert text in whole
    path.write_bytes(gzip.compress(whole.replace(text, other, 1).encode()))
    with pytest.raises(LoadError, match=error):
        read_tape(path, SYMBOL)


def test_a_symbol_with_other_steps_is_refused(tmp_path: Path) -> None:
    default = load_config(None).symbols[0]
    with pytest.raises(LoadError, match=r"needs a symbol with tick 0.01 and lot 0.00000001, BTC-USDT has"):
        read_tape(tmp_path / "tape.csv.gz", default)


def test_a_capture_is_its_tape_with_the_times_of_the_venue(tmp_path: Path) -> None:
    feed = "20,120,110,102.5,0.7,created,bid\n20,130,125,101.0,0.2,deleted,bid\n"
    (tmp_path / "orders.csv").write_text(f"{ORDERS_HEADER}\n{OPENING}\n{feed}")
    (tmp_path / "trades.csv").write_text(f"{TRADES_HEADER}\n1,120,110,101.0,0.5,20,12,buy\n")
    stream = read_bitstamp(tmp_path, SYMBOL)
    write_tape(tmp_path / "tape.csv.gz", convert(read_capture(tmp_path)))
    tape = read_tape(tmp_path / "tape.csv.gz", SYMBOL)
    assert stream.commands["time_ns"].tolist() == [90_000_000] * 4 + [110_000_000, 125_000_000]
    assert stream.commands["client_order_id"].tolist() == tape.commands["client_order_id"].tolist()
    assert (stream.fills == tape.fills).all() and (stream.left == tape.left).all()
    assert play(stream, Exchange(CONFIG)).exact


def test_a_capture_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="cannot be read"):
        read_bitstamp(tmp_path, SYMBOL)


@pytest.mark.skipif("LIGHTNING_SHARED" not in os.environ, reason="needs the shared data")
def test_the_284_fills_of_the_real_half_hour_come_out_exactly() -> None:
    stream = read_tape(Path(os.environ["LIGHTNING_SHARED"], REAL_TAPE), SYMBOL)
    exchange = Exchange(CONFIG)
    played = play(stream, exchange)
    assert played.mismatches.rows() == []
    assert (len(stream), played.commands_judged) == (212_968, 212_952)
    assert (played.fills, played.fills_exact) == (284, 284)
    assert exchange.check() == []
