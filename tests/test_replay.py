"""An order tape replayed into a real server: what comes out as at the venue, and what does not, is told."""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lightning.client.comparison import DIFFERENCES_MAX, Answer, Comparison, Kind
from lightning.client.own_server import own_server
from lightning.client.replay import ReplayError, replay
from lightning.client.tape import TAPE_CONFIG, Op, TapeError, TapeFill, TapeLine, read_tape, write_tape

ROOT = Path(__file__).resolve().parent.parent
REAL_TAPE = "data/bitstamp_20260502.tape.csv.gz"
REAL_TAPE_LINES_IN_THE_GATE = 8_000


@pytest.fixture(scope="module")
def running() -> Iterator[str]:
    with own_server(TAPE_CONFIG) as address:
        yield address


def line(
    op: Op, order_id: int, side: str, price: int, qty: int, *fills: TapeFill, sure: bool = True
) -> TapeLine:
    return TapeLine(op, order_id, side == "B", price, qty, fills, sure)


# price      bids            asks
#  101                   2: 50, 3: 30
#  100         .              .
#   99       1: 100
TAPE = [
    line(Op.OPENING, 1, "B", 9_900, 100),
    line(Op.OPENING, 2, "S", 10_100, 50),
    line(Op.OPENING, 3, "S", 10_100, 30),
    line(Op.OPENING, 4, "B", 0, 7),  # less than a tick: rests at the lowest price
    line(Op.REFUSED, 5, "B", 10_100, 1),
    line(Op.REFUSED, 6, "S", 9_800, 1),
    line(Op.PLACE, 7, "B", 10_100, 60, TapeFill(2, 50, 10_100), TapeFill(3, 10, 10_100)),
    line(Op.PLACE, 8, "S", 0, 40, TapeFill(1, 40, 0)),  # at any price
    line(Op.PLACE, 9, "B", 10_100, 25, TapeFill(3, 20, 10_100)),
    line(Op.CANCEL, 9, "B", 10_100, 5),
    line(Op.CANCEL, 1, "B", 9_900, 60),
    line(Op.CANCEL, 4, "B", 0, 7),
    line(Op.CANCEL, 77, "B", 9_900, 3, sure=False),  # never placed
]


def test_a_tape_comes_out_exactly(running: str) -> None:
    seen: list[int] = []
    result = replay(running, TAPE, account=1, on_progress=seen.append)
    assert result.comparison.differences == []
    assert result.exact
    assert result.not_conserved == []
    counts = {
        kind: (tally.count, tally.compared, tally.exact) for kind, tally in result.comparison.tallies.items()
    }
    assert counts == {
        Kind.OPENING: (4, 4, 4),
        Kind.RESTING: (0, 0, 0),
        Kind.TAKER: (3, 3, 3),
        Kind.FILL: (4, 4, 4),
        Kind.REFUSAL: (2, 2, 2),
        Kind.CANCEL: (4, 3, 3),
    }
    assert seen[-1] == len(TAPE)


def test_wrong_expectations_are_reported_with_their_lines(running: str) -> None:
    tape = list(TAPE)
    tape[4] = line(Op.REFUSED, 5, "B", 9_000, 1)  # does not cross
    tape[6] = tape[6]._replace(expect_fills=(TapeFill(3, 30, 10_100), TapeFill(2, 30, 10_100)))
    tape[7] = tape[7]._replace(expect_fills=(TapeFill(1, 40, 9_901),))
    tape[10] = tape[10]._replace(qty=59)
    tape.append(line(Op.CANCEL, 5, "B", 9_000, 1))
    result = replay(running, tape, account=11)
    assert not result.exact
    assert [(found.line_number, found.expected, found.got) for found in result.comparison.differences] == [
        (6, "rejected WOULD_CROSS", "no fill"),
        (8, "3:30@10100;2:30@10100", "2:50@10100;3:10@10100"),
        (9, "1:40@9901", "1:40@9900"),
        (12, "canceled 59", "canceled 60"),
    ]
    tallies = result.comparison.tallies
    assert (tallies[Kind.TAKER].exact, tallies[Kind.FILL].exact) == (1, 1)
    assert (tallies[Kind.REFUSAL].exact, tallies[Kind.CANCEL].exact) == (1, 3)
    assert result.not_conserved == []


def test_a_tape_that_the_server_has_had_before_is_refused(running: str) -> None:
    replay(running, TAPE, account=21)
    with pytest.raises(ReplayError, match="has had order 1 of account 21 before"):
        replay(running, TAPE, account=21)


def test_a_book_with_orders_in_it_is_refused() -> None:
    with own_server(TAPE_CONFIG) as address:
        replay(address, [line(Op.OPENING, 1, "B", 9_900, 100)])
        with pytest.raises(ReplayError, match="BTC-USD has resting orders: a tape needs an empty book"):
            replay(address, TAPE, account=11)


def test_a_server_without_a_fitting_symbol_is_refused() -> None:
    with (
        own_server("") as address,
        pytest.raises(ReplayError, match=r"no symbol with tick 0\.01 and lot 0\.00000001"),
    ):
        replay(address, TAPE)


def test_no_server_at_all_is_told() -> None:
    with pytest.raises(ReplayError, match=r"no server answers at 127\.0\.0\.1:1"):
        replay("127.0.0.1:1", TAPE)


def test_what_is_not_sure_is_not_compared() -> None:
    comparison = Comparison()
    comparison.add(2, line(Op.CANCEL, 1, "B", 1, 5, sure=False), Answer("UNKNOWN_ORDER", (), 0))
    comparison.add(3, line(Op.PLACE, 1, "B", 1, 5, TapeFill(2, 5, 1), sure=False), Answer("", (), 0))
    assert comparison.exact
    assert (comparison.tallies[Kind.CANCEL].count, comparison.tallies[Kind.CANCEL].compared) == (1, 0)
    assert (comparison.tallies[Kind.FILL].count, comparison.tallies[Kind.FILL].compared) == (1, 0)


def test_price_0_of_a_fill_stands_for_any() -> None:
    comparison = Comparison()
    comparison.add(2, line(Op.PLACE, 1, "B", 1, 5, TapeFill(2, 5, 0)), Answer("", (TapeFill(2, 5, 77),), 0))
    assert comparison.exact
    assert comparison.tallies[Kind.FILL].exact == 1


@pytest.mark.parametrize(
    ("tape_line", "answer"),
    [
        (line(Op.OPENING, 1, "B", 1, 5), Answer("", (TapeFill(2, 5, 1),), 0)),
        (line(Op.PLACE, 1, "B", 1, 5), Answer("INSUFFICIENT_FUNDS", (), 0)),
        (line(Op.PLACE, 1, "B", 1, 5, TapeFill(2, 5, 0)), Answer("", (TapeFill(2, 4, 1),), 0)),
        (
            line(Op.PLACE, 1, "B", 1, 5, TapeFill(2, 5, 0)),
            Answer("", (TapeFill(2, 5, 1), TapeFill(3, 1, 1)), 0),
        ),
        (line(Op.REFUSED, 1, "B", 1, 5), Answer("INSUFFICIENT_FUNDS", (), 0)),
        (line(Op.CANCEL, 1, "B", 1, 5), Answer("UNKNOWN_ORDER", (), 0)),
        (line(Op.CANCEL, 1, "B", 1, 5), Answer("", (), 4)),
    ],
)
def test_every_other_answer_is_a_difference(tape_line: TapeLine, answer: Answer) -> None:
    comparison = Comparison()
    comparison.add(2, tape_line, answer)
    assert not comparison.exact
    assert len(comparison.differences) == 1


def test_all_differences_are_counted_and_the_first_are_kept() -> None:
    comparison = Comparison()
    for number in range(DIFFERENCES_MAX + 5):
        comparison.add(number, line(Op.CANCEL, 1, "B", 1, 5), Answer("", (), 4))
    tally = comparison.tallies[Kind.CANCEL]
    assert tally.compared - tally.exact == DIFFERENCES_MAX + 5
    assert [found.line_number for found in comparison.differences] == list(range(DIFFERENCES_MAX))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("X,1,B,1,1,,1", "line 2: op must be one of V, A, P, D, not 'X'"),
        ("A,1,C,1,1,,1", "line 2: side must be B or S, not 'C'"),
        ("A,1,B,1.5,1,,1", "line 2: price must be a whole number, not '1.5'"),
        ("A,1,B,1,1,2-3@4,1", "line 2: expect_fills must be maker:qty@price;..., not '2-3@4'"),
        ("A,1,B,1,1,,yes", "line 2: sure must be 0 or 1, not 'yes'"),
        ("A,1,B,1", "line 2: has 4 columns, not 7"),
    ],
)
def test_a_bad_line_of_a_tape_is_named(tmp_path: Path, row: str, message: str) -> None:
    path = tmp_path / "bad.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write(f"op,order_id,side,price,qty,expect_fills,sure\n{row}\n")
    with pytest.raises(TapeError) as error:
        read_tape(path)
    assert str(error.value) == f"{path}: {message}"


def test_what_is_no_tape_is_told(tmp_path: Path) -> None:
    path = tmp_path / "tape.csv.gz"
    with pytest.raises(TapeError, match="cannot be read: No such file"):
        read_tape(path)
    path.write_text("op,order_id\n")
    with pytest.raises(TapeError, match="cannot be read: Not a gzipped file"):
        read_tape(path)
    write_tape(path, TAPE)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(TapeError, match="is not a gzip-compressed CSV file"):
        read_tape(path)


def test_the_example_configuration_is_the_one_that_replay_starts_its_own_server_with() -> None:
    assert (ROOT / "examples" / "bitstamp.toml").read_text(encoding="utf-8") == TAPE_CONFIG


def test_half_an_hour_of_a_real_venue_comes_out_exactly() -> None:
    shared = os.environ.get("LIGHTNING_SHARED")
    if not shared:
        pytest.skip(f"LIGHTNING_SHARED is not set: it names the directory that holds {REAL_TAPE}")
    full = os.environ.get("LIGHTNING_FULL") == "1"
    tape = read_tape(Path(shared) / REAL_TAPE, None if full else REAL_TAPE_LINES_IN_THE_GATE)
    with own_server(TAPE_CONFIG) as address:
        result = replay(address, tape)
    assert result.comparison.differences == []
    assert result.not_conserved == []
    assert result.exact
    if full:
        compared = {kind: tally.compared for kind, tally in result.comparison.tallies.items()}
        assert compared[Kind.OPENING] == 6_510
        assert compared[Kind.TAKER] == 170
        assert compared[Kind.FILL] == 284
        assert compared[Kind.RESTING] == 49_859 - 170
        assert compared[Kind.REFUSAL] == 100_518
        assert compared[Kind.CANCEL] == 56_065
