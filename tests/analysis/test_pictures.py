"""What the figures are drawn from, number by number."""

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go
import pytest

from lightning.analysis import colours, measures, pictures
from lightning.analysis.flow import BOOK_EVENT, BookEventKind
from lightning.analysis.past import BookFlow
from lightning.analysis.pictures.binning import columns_of, mean_resting, thinned
from lightning.analysis.pictures.order_flow import distances
from lightning.analysis.pictures.units import Levels
from lightning.analysis.texts import apart, fixed
from lightning.codes import Side
from lightning.decimals import Step
from tests.analysis.toy_book import BTC, START_NS, ToyBook, random_book

BIDS = np.array([[5_000_000, 2_000_000, 3], [4_999_950, 500_000, 1], [4_990_000, 9_000_000, 9]])
ASKS = np.array([[5_000_100, 1_000_000, 1], [5_000_150, 250_000, 2]])
BOOK = Levels(BTC, BIDS, ASKS)
NOTHING = np.empty((0, 3), np.int64)
SECOND = 1_000_000_000


def traces(figure: go.Figure) -> dict[str, go.Figure]:
    return {trace.name: trace for trace in figure.data}


def axis_titles(figure: go.Figure) -> tuple[str, str]:
    return figure.layout.xaxis.title.text, figure.layout.yaxis.title.text


def test_the_depth_chart_cumulates_outwards_and_reaches_as_far_on_both_sides() -> None:
    figure = pictures.depth_chart(BOOK)
    drawn = traces(figure)
    assert drawn["Bids"].x.tolist() == [50_000, 49_999.5, 49_900]
    assert drawn["Bids"].y.tolist() == [2, 2.5, 11.5]
    assert drawn["Asks"].y.tolist() == [1, 1.25]
    low, high = figure.layout.xaxis.range
    assert (low + high) / 2 == pytest.approx(50_000.5)
    assert high == pytest.approx(50_001.5)  # the asks reach less far
    assert figure.layout.yaxis.range[1] == pytest.approx(1.08 * 2.5)
    assert axis_titles(figure) == ("Price (USDT)", "Cumulated quantity (BTC)")
    assert figure.layout.title.text == "BTC-USDT depth"


def test_the_depth_chart_looks_at_the_best_levels_only() -> None:
    figure = pictures.depth_chart(BOOK, levels=1)
    assert figure.layout.xaxis.range == pytest.approx((50_000, 50_001))
    assert len(figure.data[0].x) == 1


def test_the_ladder_has_a_bar_a_level_the_lowest_price_below() -> None:
    figure = pictures.price_ladder(BOOK, levels=2)
    drawn = traces(figure)
    prices = ["49,999.50", "50,000.00", "50,001.00", "50,001.50"]
    assert list(figure.layout.yaxis.categoryarray) == prices
    assert list(drawn["Bids"].y) == ["50,000.00", "49,999.50"]
    assert drawn["Bids"].x.tolist() == [2, 0.5]
    assert drawn["Bids, cumulated"].x.tolist() == [2, 2.5]
    assert drawn["Asks"].x.tolist() == [1, 0.25]
    assert figure.layout.title.text == "BTC-USDT book, spread 1.00 USDT"


def test_what_stood_at_a_level_is_its_mean_over_the_time_of_a_column() -> None:
    rng = np.random.default_rng(5)
    times = np.sort(rng.integers(0, 400, 60))
    levels, deltas = rng.integers(0, 3, 60), rng.integers(-9, 10, 60)
    parts = columns_of((100, 300), 4)
    found = mean_resting(deltas, levels, parts.places(times), 3, 4)
    for level in range(3):
        for column in range(4):
            moments = np.arange(100 + 50 * column, 150 + 50 * column)
            stood = [deltas[(levels == level) & (times <= moment)].sum() for moment in moments]
            assert found[level, column] == pytest.approx(np.mean(stood))


def short_flow() -> BookFlow:
    """From second 1 on: two bids, an ask; half of the ask is traded at 4, a bid is gone at 5."""
    book = ToyBook()
    book.add(Side.BUY, 100, 10)
    second = book.add(Side.BUY, 99, 4)
    book.add(Side.SELL, 102, 8, account=7)
    book.take(Side.SELL, 4)
    book.cancel(second)
    return book.flow()


def test_the_heat_map_shows_what_stood_where_the_best_prices_and_the_trades() -> None:
    figure = pictures.heat_map(short_flow(), columns=4)
    drawn = traces(figure)
    lots = np.rint(drawn["Resting"].z / 1e-6)  # quantities again as lots
    at = {price: row for row, price in enumerate(np.rint(drawn["Resting"].y * 100 + 0.5).astype(int)[:-1])}
    assert lots[at[100]].tolist() == [10, 10, 10, 10]
    assert lots[at[99]].tolist() == [0, 4, 4, 4]
    assert lots[at[102]].tolist() == [0, 0, 8, 4]
    assert drawn["Resting"].x.astype(np.int64).tolist() == [START_NS + n * SECOND for n in range(1, 6)]
    assert drawn["Best bid"].y.tolist() == [1, 1, 1, 1]
    np.testing.assert_allclose(drawn["Best ask"].y, [np.nan, np.nan, 1.02, 1.02])
    assert drawn["Bought"].y.tolist() == [1.02]
    assert drawn["Bought"].customdata.tolist() == [4e-6]
    assert drawn["Sold"].x.tolist() == []
    assert axis_titles(figure) == ("Time (UTC)", "Price (USDT)")


def test_rows_before_the_span_of_a_heat_map_say_what_stood() -> None:
    span = (START_NS + 4 * SECOND, START_NS + 5 * SECOND)
    figure = pictures.heat_map(short_flow(), span=span, columns=2, price_range=(99, 102))
    drawn = traces(figure)
    assert np.rint(drawn["Resting"].z / 1e-6).tolist() == [[4, 4], [10, 10], [0, 0], [4, 4]]
    assert drawn["Best ask"].y.tolist() == [1.02, 1.02]
    assert len(drawn["Bought"].x) == 1  # at its very begin
    later = pictures.heat_map(short_flow(), span=(span[0] + 1, span[1]))
    assert len(traces(later)["Bought"].x) == 0


def test_trades_of_one_side_in_one_cell_are_one_mark() -> None:
    book = ToyBook()
    for _ in range(3):
        book.add(Side.SELL, 102, 5)
    book.take(Side.SELL, 12)
    figure = pictures.heat_map(book.flow(), clock="seq", columns=1)
    assert traces(figure)["Bought"].customdata.tolist() == pytest.approx([12e-6])
    assert figure.layout.xaxis.title.text == "Sequence number"


def test_far_prices_are_gathered_in_rows_of_several_ticks() -> None:
    figure = pictures.heat_map(random_book(300, 1), price_range=(4_990_000, 5_010_000))
    edges = traces(figure)["Resting"].y
    assert len(edges) <= 141
    np.testing.assert_allclose(np.diff(edges), edges[1] - edges[0])


def test_order_flow_adds_up_to_what_happened() -> None:
    flow = random_book(1_500, 2)
    rows = flow.rows
    figure = pictures.order_flow(flow)
    traded = rows["kind"] == BookEventKind.TRADED
    expected = {
        "Added": rows["delta"][~traded & (rows["delta"] > 0)].sum(),
        "Canceled": rows["delta"][~traded & (rows["delta"] < 0)].sum(),
        "Traded": rows["delta"][traded].sum(),
    }
    over_time = [trace for trace in figure.data if trace.xaxis == "x"]
    assert {trace.name: round(trace.y.sum() / 1e-6) for trace in over_time} == expected


def test_distance_is_from_the_best_price_before_the_command() -> None:
    book = ToyBook()
    book.add(Side.BUY, 100, 5)
    book.add(Side.BUY, 103, 5)
    book.add(Side.SELL, 110, 5)
    book.add(Side.SELL, 112, 5)
    book.take(Side.BUY, 7)
    np.testing.assert_array_equal(distances(book.flow().rows), [np.nan, -3, np.nan, 2, 0, 3])
    figure = pictures.order_flow(book.flow(), reach=3)
    added = {trace.xaxis: trace for trace in figure.data if trace.name == "Added"}
    assert dict(zip(added["x2"].x.tolist(), np.rint(added["x2"].y / 1e-6).tolist(), strict=True))[-3] == 5
    assert dict(zip(added["x3"].x.tolist(), np.rint(added["x3"].y / 1e-6).tolist(), strict=True))[2] == 5


def test_the_opening_is_no_order_flow() -> None:
    book = ToyBook()
    book.add(Side.BUY, 100, 1_000_000)
    book.add(Side.BUY, 100, 3)
    book.add(Side.BUY, 100, 4)
    for span in (None, (START_NS, START_NS + 9 * SECOND)):
        figure = pictures.order_flow(book.flow(opening=1), span, columns=1)
        added = next(trace for trace in figure.data if trace.name == "Added")
        assert added.y.tolist() == pytest.approx([7e-6])


def test_a_thinned_line_keeps_ends_and_extremes_of_each_column() -> None:
    rng = np.random.default_rng(6)
    column, values = np.sort(rng.integers(0, 20, 500)), rng.normal(size=500)
    values[rng.integers(0, 500, 40)] = np.nan
    kept = thinned(column, values)
    assert kept.tolist() == sorted(set(kept.tolist()))
    for one in range(20):
        here, left = np.flatnonzero(column == one), kept[column[kept] == one]
        assert {here[0], here[-1]} <= set(left.tolist())
        assert len(left) <= 4
        assert np.nanmin(values[left]) == np.nanmin(values[here])
        assert np.nanmax(values[left]) == np.nanmax(values[here])


def test_quotes_are_those_after_each_command() -> None:
    book = ToyBook()
    book.add(Side.BUY, 100, 30)
    book.add(Side.SELL, 104, 10)
    book.add(Side.BUY, 102, 5)
    book.take(Side.BUY, 6)  # the better bid, and 1 of the other
    drawn = traces(pictures.quote_series(book.flow()))
    assert drawn["Best bid"].y.tolist() == [1.0, 1.0, 1.02, 1.0]
    np.testing.assert_allclose(drawn["Mid"].y, [np.nan, 1.02, 1.03, 1.02])
    np.testing.assert_allclose(drawn["Spread"].y, [np.nan, 0.04, 0.02, 0.04])
    np.testing.assert_allclose(drawn["Imbalance"].y, [1, 0.5, -1 / 3, 19 / 39])


def test_a_line_of_many_events_stays_small() -> None:
    flow = random_book(1_000, 3)
    rows = np.tile(flow.rows, 20)
    rows["seq"] = np.arange(len(rows))
    rows["order_id"] = rows["seq"]  # every row is about an order of its own
    rows["kind"], rows["delta"] = BookEventKind.ADDED, 1
    figure = pictures.quote_series(BookFlow(BTC, rows), clock="seq")
    assert len(rows) > 20_000
    assert all(len(trace.x) <= 4 * 700 for trace in figure.data)


def test_a_queue_begins_at_its_head_and_each_order_where_the_one_before_ends() -> None:
    book = ToyBook()
    for account, qty in ((1, 400_000), (2, 350_000), (1, 250_000)):
        book.add(Side.SELL, 5_000_100, qty, account)
    book.add(Side.SELL, 5_000_200, 1)
    figure = pictures.queue(book.flow().book_at(), Side.SELL, account=2)
    (bars,) = figure.data
    assert bars.base.tolist() == pytest.approx([0, 0.4, 0.75])
    assert bars.y.tolist() == pytest.approx([0.4, 0.35, 0.25])
    assert list(bars.marker.color) == [colours.ASK, colours.TRADE, colours.ASK]
    assert list(bars.customdata[1]) == [2, 2, "0.400000"]
    assert figure.layout.title.text == "BTC-USDT queue at 50,001.00 (asks)"
    further = pictures.queue(book.flow().book_at(), Side.SELL, price_ticks=5_000_200)
    assert further.data[0].y.tolist() == pytest.approx([0.000001])


def test_queue_position_stacks_ahead_own_and_behind() -> None:
    book = ToyBook()
    first = book.add(Side.BUY, 100, 5)
    own = book.add(Side.BUY, 100, 3)
    book.add(Side.BUY, 100, 2)
    book.cancel(first)
    book.take(Side.BUY, 1)
    drawn = traces(pictures.queue_position(book.flow(), own))
    assert np.rint(drawn["Ahead of it"].y / 1e-6).tolist() == [5, 5, 0, 0]
    assert np.rint(drawn["The order itself"].y / 1e-6).tolist() == [8, 8, 3, 2]
    assert np.rint(drawn["Behind it"].y / 1e-6).tolist() == [8, 10, 5, 4]
    with pytest.raises(KeyError):
        pictures.queue_position(book.flow(), 99)


def test_an_impact_curve_leaves_out_what_is_not_known() -> None:
    lags = np.array([1, 10, 100, 1000])
    mean, error = np.array([0.5, 1.0, np.nan, 1.5]), np.array([0.1, 0.2, np.nan, np.nan])
    response = measures.Response(lags, mean, error, np.array([9, 8, 0, 1]))
    figure = pictures.impact_curve(response, BTC)
    drawn = traces(figure)
    assert drawn["Mean"].x.tolist() == [1, 10, 1000]
    assert drawn["± standard error"].y.tolist() == pytest.approx([0.6, 1.2, 1.5, 1.5, 0.8, 0.4])
    assert figure.layout.xaxis.type == "log"
    in_time = pictures.impact_curve(response._replace(lags=lags * SECOND), BTC, lag="ns")
    assert traces(in_time)["Mean"].x.tolist() == [1, 10, 1000]
    assert in_time.layout.xaxis.title.text == "Seconds later"


def test_impact_by_size_is_drawn_by_quantity() -> None:
    classes = np.array([1e6, 2e6]), np.array([2e6, 4e6]), np.array([1.5e6, 3e6])
    by_size = measures.SizeImpact(*classes, np.array([0.5, 2.0]), np.array([3, 4]))
    figure = pictures.impact_curve(by_size, BTC)
    (curve,) = figure.data
    assert (curve.x.tolist(), curve.y.tolist()) == ([1.5, 3.0], [0.5, 2.0])
    assert figure.layout.xaxis.type is None


EMPTY_BOOK = Levels(BTC, NOTHING, NOTHING)
EMPTY_FLOW = BookFlow(BTC, np.empty(0, BOOK_EVENT))
OF_NOTHING: dict[str, Callable[[], go.Figure]] = {
    "depth of nothing": lambda: pictures.depth_chart(EMPTY_BOOK),
    "depth of one side": lambda: pictures.depth_chart(Levels(BTC, BIDS, NOTHING)),
    "depth of one level": lambda: pictures.depth_chart(Levels(BTC, NOTHING, ASKS[:1])),
    "ladder of nothing": lambda: pictures.price_ladder(EMPTY_BOOK),
    "heat map of nothing": lambda: pictures.heat_map(EMPTY_FLOW),
    "order flow of nothing": lambda: pictures.order_flow(EMPTY_FLOW),
    "quotes of nothing": lambda: pictures.quote_series(EMPTY_FLOW),
    "heat map of an opening": lambda: pictures.heat_map(BookFlow(BTC, short_flow().rows[:2], opening=2)),
}


@pytest.mark.parametrize("make", OF_NOTHING.values(), ids=OF_NOTHING)
def test_a_figure_of_nothing_is_a_figure(make: Callable[[], go.Figure]) -> None:
    figure = make()
    assert figure.layout.title.text.startswith("BTC-USDT")
    assert "NaN" not in str(figure.layout.xaxis.range)


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="span must be first and last, not 5, 4"):
        pictures.heat_map(short_flow(), span=(5, 4))


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb", as the Web Content Accessibility Guidelines 2.2 define it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", [colours.TEXT, colours.BID, colours.ASK, colours.TRADE, colours.OTHER])
def test_colours_can_be_read_on_white_and_on_black(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 4
    assert (luminance(colour) + 0.05) / (luminance("#111111") + 0.05) >= 4


@pytest.mark.parametrize(
    ("count", "step", "text"),
    [
        (5_000_010, Step(1, 2), "50,000.10"),
        (-5, Step(1, 2), "-0.05"),
        (3, Step(25, 2), "0.75"),
        (1234, Step(10, 0), "12,340"),
        (1, Step(1, 8), "0.00000001"),
    ],
)
def test_steps_are_written_exactly(count: int, step: Step, text: str) -> None:
    assert fixed(count, step) == text


def test_thousands_stand_apart() -> None:
    assert [apart(text) for text in ("-1234.5", "0.1234", "1000000")] == ["-1,234.5", "0.1234", "1,000,000"]
