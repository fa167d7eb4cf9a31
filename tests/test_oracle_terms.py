"""The oracle's icebergs, expiry and linked pairs against cases worked out by hand: RULES 5, 7 and 11."""

import pytest

from lightning.codes import CommandFlag, CommandKind, Side
from lightning.codes import SelfTradePrevention as Mode
from lightning.codes import TimeInForce as Tif
from lightning.rows import Command
from tests.oracle_cases import (
    A,
    B,
    Stage,
    amend,
    buy,
    cancel,
    make_stage,
    market,
    print_at,
    reasons,
    sell,
    stop,
)

BUY, SELL = Side.BUY, Side.SELL
OCO = {"flags": CommandFlag.ONE_CANCELS_OTHER}


@pytest.fixture
def stage() -> Stage:
    return make_stage()


def gtd(command: Command, expire: int) -> Command:
    return command._replace(tif=Tif.GTD, expire_time_ns=expire)


def at(command: Command, time: int) -> Command:
    return command._replace(time_ns=time)


TIMER = Command(kind=CommandKind.TIMER)


# icebergs


def test_only_the_slice_is_shown_and_the_next_goes_to_the_back(stage: Stage) -> None:
    stage.do(sell(1, 100, 5, display_qty=2), sell(2, 100, 3))
    assert stage.oracle.depth(1, 5)[1] == [(100, 5, 2)]
    assert stage.do(buy(3, 100, 2)) == ["ACCEPTED 3 2", "TRADE 1/3 2@100"]
    assert stage.queue(SELL) == [2, 1]
    assert stage.order(1).hidden_qty == 1
    rows = stage.do(buy(3, 100, 6))
    assert rows == ["ACCEPTED 4 6", "TRADE 2/4 3@100", "TRADE 1/4 2@100", "TRADE 1/4 1@100"]
    assert stage.oracle.depth(1, 5) == ([], [])


def test_a_partly_traded_slice_keeps_its_place(stage: Stage) -> None:
    stage.do(sell(1, 100, 5, display_qty=2), sell(2, 100, 3), buy(3, 100, 1))
    assert stage.queue(SELL) == [1, 2]
    assert stage.oracle.depth(1, 5)[1] == [(100, 4, 2)]


def test_an_iceberg_comes_in_with_all_it_has(stage: Stage) -> None:
    stage.do(sell(1, 100, 6))
    assert stage.do(buy(2, 100, 9, display_qty=2)) == ["ACCEPTED 2 9", "TRADE 1/2 6@100"]
    assert stage.oracle.depth(1, 5)[0] == [(100, 2, 1)]
    assert stage.order(2).hidden_qty == 1


def test_a_display_quantity_above_the_quantity_shows_all(stage: Stage) -> None:
    stage.do(sell(1, 100, 5, display_qty=9))
    assert stage.oracle.depth(1, 5)[1] == [(100, 5, 1)]
    assert stage.oracle.submit([sell(1, 101, 1, display_qty=9)])[0].order_terms == 2


@pytest.mark.parametrize(("display", "qty", "there"), [(1, 10_000, True), (1, 10_001, False), (-1, 1, False)])
def test_display_quantity_has_its_limits(stage: Stage, display: int, qty: int, there: bool) -> None:
    rows = stage.do(sell(1, 1, qty, display_qty=display))
    assert rows == ([f"ACCEPTED 1 {qty}"] if there else ["REJECTED INVALID_DISPLAY_QUANTITY"])


def test_a_huge_display_quantity_does_not_wrap(stage: Stage) -> None:
    assert stage.do(sell(1, 1, 5, display_qty=2**63 - 1)) == ["ACCEPTED 1 5"]


@pytest.mark.parametrize("tif", [Tif.IOC, Tif.FOK])
def test_what_cannot_rest_shows_nothing(stage: Stage, tif: Tif) -> None:
    rows = stage.do(sell(1, 1, 5, display_qty=1, tif=tif), market(SELL, 1, qty=5, display_qty=1))
    assert reasons(rows) == ["INVALID_COMMAND"] * 2


@pytest.mark.parametrize(
    ("qty", "shown", "hidden", "first"),
    [(7, 2, 5, True), (3, 2, 1, True), (2, 2, 0, True), (1, 1, 0, True)] + [(8, 3, 5, False)],
)
def test_an_amended_iceberg_hides_less_first(
    stage: Stage, qty: int, shown: int, hidden: int, first: bool
) -> None:
    stage.do(sell(1, 100, 8, display_qty=3), sell(2, 100, 1), buy(3, 100, 1))  # shows 2, hides 5
    stage.do(amend(1, 1, qty=qty))
    assert (stage.order(1).leaves_qty - stage.order(1).hidden_qty, stage.order(1).hidden_qty) == (
        shown,
        hidden,
    )
    assert stage.queue(SELL) == ([1, 2] if first else [2, 1])


def test_an_iceberg_cannot_be_amended_into_too_many_slices(stage: Stage) -> None:
    stage.do(sell(1, 1, 5, display_qty=1))
    assert reasons(stage.do(amend(1, 1, qty=10_001))) == ["INVALID_DISPLAY_QUANTITY"]
    assert reasons(stage.do(amend(1, 1, qty=10_000))) == []


def test_decrement_takes_slice_by_slice(stage: Stage) -> None:
    stage.do(sell(1, 100, 5, display_qty=2), sell(2, 100, 1))
    rows = stage.do(buy(1, 100, 4, stp=Mode.DECREMENT))
    assert rows == [
        "ACCEPTED 3 4",
        "REDUCED 1 2 SELF_TRADE_PREVENTION",
        "REDUCED 3 2 SELF_TRADE_PREVENTION",
    ] + [
        "TRADE 2/3 1@100",
        "REDUCED 1 1 SELF_TRADE_PREVENTION",
        "CANCELED 3 1 SELF_TRADE_PREVENTION",
    ]
    assert (stage.order(1).leaves_qty, stage.held(1, A)) == (2, 200)


def test_cancel_maker_removes_what_is_hidden_too(stage: Stage) -> None:
    stage.do(sell(1, 100, 5, display_qty=2))
    rows = stage.do(buy(1, 100, 1, stp=Mode.CANCEL_MAKER))
    assert rows[1] == "CANCELED 1 5 SELF_TRADE_PREVENTION"
    assert stage.held(1, A) == 0


@pytest.mark.parametrize(("qty", "fills"), [(7, True), (8, False)])
def test_fok_counts_what_is_hidden(stage: Stage, qty: int, fills: bool) -> None:
    stage.do(sell(1, 100, 5, display_qty=1), sell(2, 100, 2))
    rows = stage.do(buy(3, 100, qty, tif=Tif.FOK))
    assert ("CANCELED" in rows[-1]) == (not fills)
    assert stage.oracle.depth(1, 5)[1] == ([] if fills else [(100, 3, 2)])


@pytest.mark.parametrize(
    ("mode", "qty", "fills"),
    [
        (Mode.CANCEL_TAKER, 2, True),
        (Mode.CANCEL_TAKER, 3, False),
        (Mode.CANCEL_BOTH, 3, False),
        (Mode.DECREMENT, 3, False),
        (Mode.CANCEL_MAKER, 6, True),
        (Mode.CANCEL_MAKER, 7, False),
        (Mode.NONE, 7, True),
    ],
)
def test_fok_does_not_count_what_stands_behind_an_own_order(
    stage: Stage, mode: Mode, qty: int, fills: bool
) -> None:
    """In the queue: two lots of an iceberg of five, an own lot, one more."""
    stage.do(sell(1, 100, 5, display_qty=2), sell(3, 100, 1), sell(2, 100, 1))
    rows = stage.do(buy(3, 100, qty, tif=Tif.FOK, stp=mode))
    assert (rows[-1] != f"CANCELED 4 {qty} NO_LIQUIDITY") == fills


# orders that expire


def test_an_order_expires_at_the_first_command_of_its_time(stage: Stage) -> None:
    stage.do(gtd(at(sell(1, 100, 5), 10), 20))
    assert stage.do(at(buy(2, 100, 1), 19)) == ["ACCEPTED 2 1", "TRADE 1/2 1@100"]
    assert stage.do(at(buy(2, 100, 1), 20)) == ["EXPIRED 1 4 *", "ACCEPTED 3 1"]
    assert stage.held(1, A) == 0


@pytest.mark.parametrize(
    ("expire", "reason"), [(10, ["INVALID_EXPIRE_TIME"]), (11, []), (-1, ["INVALID_EXPIRE_TIME"])]
)
def test_it_must_lie_in_the_future(stage: Stage, expire: int, reason: list[str]) -> None:
    assert reasons(stage.do(gtd(at(sell(1, 100, 5), 10), expire))) == reason


def test_gtd_is_of_what_may_wait(stage: Stage) -> None:
    rows = stage.do(
        gtd(market(SELL, 1, qty=1), 20),
        sell(1, 100, 1, expire_time_ns=20),
        gtd(stop(1, SELL, 90, 1), 20),
        gtd(stop(1, SELL, 90, 1, price=80, display_qty=1), 20),
    )
    assert rows == ["REJECTED INVALID_COMMAND"] * 2 + ["ACCEPTED 3 1", "ACCEPTED 4 1"]
    assert stage.do(at(TIMER, 20)) == ["EXPIRED 3 1 *", "EXPIRED 4 1 *"]


def test_several_expire_in_order_of_their_times_then_ids(stage: Stage) -> None:
    times = (30, 20, 40, 20)
    stage.do(*(gtd(sell(1, 100 + i, 1), time) for i, time in enumerate(times)))
    assert stage.do(at(TIMER, 30)) == ["EXPIRED 2 1 *", "EXPIRED 4 1 *", "EXPIRED 1 1 *"]
    assert stage.do(at(TIMER, 30)) == []


def test_an_answer_given_again_lets_time_pass(stage: Stage) -> None:
    order = gtd(sell(1, 100, 1, client_order_id=5), 20)
    stage.do(order)
    assert stage.do(at(order, 20)) == ["EXPIRED 1 1 *", "ACCEPTED 1 1"]
    assert stage.open_numbers() == []


def test_expiry_comes_before_the_command_that_is_about_it(stage: Stage) -> None:
    stage.do(gtd(sell(1, 100, 1), 20))
    assert stage.do(at(cancel(1, 1), 20)) == ["EXPIRED 1 1 *", "REJECTED UNKNOWN_ORDER"]


def test_a_set_off_gtd_stop_is_a_market_order(stage: Stage) -> None:
    stage.do(*print_at(100))
    assert stage.do(gtd(stop(1, SELL, 100, 1), 20))[-1] == "CANCELED 3 1 NO_LIQUIDITY"
    assert stage.do(gtd(stop(1, SELL, 100, 1, price=90), 20))[-1] == "TRIGGERED 4 1"
    assert stage.do(at(TIMER, 20)) == ["EXPIRED 4 1 *"]


# pairs


def test_a_partial_fill_of_one_cancels_the_other(stage: Stage) -> None:
    stage.do(sell(1, 110, 4), stop(1, SELL, 90, 4, **OCO))
    assert (stage.order(1).sibling_id, stage.order(2).sibling_id) == (stage.base + 2, stage.base + 1)
    rows = stage.do(buy(2, 110, 1))
    assert rows == ["ACCEPTED 3 1", "TRADE 1/3 1@110", "CANCELED 2 4 LINKED"]
    assert (stage.order(1).sibling_id, stage.held(1, A)) == (0, 300)


def test_rows_tell_of_the_link_while_there_is_one(stage: Stage) -> None:
    events = stage.oracle.submit([sell(1, 110, 4), sell(1, 120, 4, **OCO), cancel(1, stage.base + 1)])
    assert [(event.order_terms, event.flags) for event in events] == [(0, 0), (8, 0), (8, 0), (0, 2)]


def test_a_set_off_leg_cancels_the_other_when_it_trades_or_ends(stage: Stage) -> None:
    stage.do(sell(1, 110, 2), stop(1, SELL, 90, 2, **OCO), buy(2, 90, 2))
    assert stage.do(sell(3, 90, 1)) == ["ACCEPTED 4 1", "TRADE 3/4 1@90", "TRIGGERED 2 2 *"] + [
        "TRADE 3/2 1@90 *",
        "CANCELED 1 2 LINKED *",
        "CANCELED 2 1 NO_LIQUIDITY *",
    ]


def test_a_leg_that_ends_untraded_goes_before_the_other(stage: Stage) -> None:
    stage.do(*print_at(90), sell(1, 110, 2))
    rows = stage.do(stop(1, SELL, 95, 2, **OCO))
    assert rows == ["ACCEPTED 4 2", "TRIGGERED 4 2", "CANCELED 4 2 NO_LIQUIDITY", "CANCELED 3 2 LINKED"]


def test_a_leg_that_trades_and_rests_or_fills_cancels_the_other(stage: Stage) -> None:
    stage.do(buy(2, 100, 1), buy(2, 95, 2), sell(1, 110, 2))
    assert stage.do(sell(1, 100, 2, **OCO)) == ["ACCEPTED 4 2", "TRADE 1/4 1@100", "CANCELED 3 2 LINKED"]
    assert stage.queue(SELL) == [4]


def test_prevention_after_a_fill_ends_the_taker_behind_its_sibling(stage: Stage) -> None:
    stage.do(buy(2, 100, 1), buy(1, 99, 3), sell(1, 110, 3))
    rows = stage.do(sell(1, 99, 3, stp=Mode.CANCEL_TAKER, **OCO))
    assert rows[1] == "TRADE 1/4 1@100"
    assert rows[2:] == ["CANCELED 3 3 LINKED", "CANCELED 4 2 SELF_TRADE_PREVENTION"]


def test_a_taker_that_is_decremented_to_nothing_ends_before_its_sibling(stage: Stage) -> None:
    stage.do(buy(2, 100, 1), buy(1, 99, 3), sell(1, 110, 3))
    rows = stage.do(sell(1, 99, 3, stp=Mode.DECREMENT, **OCO))
    assert rows[1] == "TRADE 1/4 1@100"
    assert rows[3:] == ["CANCELED 4 2 SELF_TRADE_PREVENTION", "CANCELED 3 3 LINKED"]


def test_decrement_and_amend_keep_the_link(stage: Stage) -> None:
    stage.do(sell(1, 110, 4), sell(1, 120, 4, **OCO))
    stage.do(buy(1, 110, 1, stp=Mode.DECREMENT), amend(1, 2, price=121))
    assert stage.order(1).sibling_id == stage.base + 2
    assert stage.do(amend(1, 2, price=105, qty=1)) == ["AMENDED 2 1"]
    stage.do(buy(2, 104, 1))
    assert stage.do(amend(1, 2, price=104))[1:] == ["TRADE 6/2 1@104", "CANCELED 1 3 LINKED"]


def test_prevention_and_expiry_take_the_sibling_along(stage: Stage) -> None:
    stage.do(gtd(sell(1, 110, 1), 20), sell(1, 120, 1, **OCO), sell(3, 111, 1), sell(3, 121, 1, **OCO))
    assert stage.do(at(buy(3, 111, 2, stp=Mode.CANCEL_BOTH), 20)) == [
        "EXPIRED 1 1 *",
        "CANCELED 2 1 LINKED *",
        "ACCEPTED 5 2",
        "CANCELED 3 1 SELF_TRADE_PREVENTION",
        "CANCELED 4 1 LINKED",
        "CANCELED 5 2 SELF_TRADE_PREVENTION",
    ]


@pytest.mark.parametrize(
    "wrong",
    [{"account": 2}, {"side": BUY}, {"type": 2, "price": 0, "stop_price": 5, "symbol": 7}, {"qty": 0}],
)
def test_a_refused_second_leg(stage: Stage, wrong: dict[str, int]) -> None:
    """It takes the first along only if that is of the same account and symbol."""
    stage.do(sell(1, 110, 1))
    rows = stage.do(sell(1, 120, 1, **OCO)._replace(**wrong))
    reason = {"account": "LINKED", "side": "LINKED", "type": "UNKNOWN_SYMBOL", "qty": "INVALID_QUANTITY"}
    assert rows[0] == f"REJECTED {reason[next(iter(wrong))]}"
    assert rows[1:] == ([] if next(iter(wrong)) in ("account", "type") else ["CANCELED 1 1 LINKED"])


def test_a_second_leg_needs_an_untouched_first(stage: Stage) -> None:
    stage.do(buy(2, 110, 1))
    assert stage.do(sell(1, 110, 2), sell(1, 120, 1, **OCO))[-1] == "REJECTED LINKED"
    assert stage.open_numbers() == [2]
    assert stage.do(sell(1, 120, 1, **OCO)) == ["REJECTED LINKED"]
    assert stage.do(sell(1, 120, 1), sell(1, 120, 1, **OCO), sell(1, 120, 1, **OCO))[2:] == [
        "REJECTED LINKED"
    ]


def test_a_retried_second_leg_takes_nobody_along(stage: Stage) -> None:
    leg = sell(1, 120, 1, client_order_id=9, **OCO)
    stage.do(leg)
    assert stage.do(sell(1, 110, 1), leg) == ["ACCEPTED 2 1", "REJECTED LINKED"]
    assert stage.do(sell(1, 111, 1), leg._replace(qty=2)) == ["ACCEPTED 4 1", "REJECTED DUPLICATE_ID"]
    assert stage.open_numbers() == [2, 4]


@pytest.mark.parametrize("tif", [Tif.IOC, Tif.FOK])
def test_legs_are_orders_that_wait(stage: Stage, tif: Tif) -> None:
    rows = stage.do(sell(1, 110, 1), sell(1, 1, 1, tif=tif, **OCO), market(SELL, 1, qty=1, **OCO))
    assert reasons(rows) == ["INVALID_COMMAND"] * 2


@pytest.mark.parametrize(("qty", "fills"), [(3, True), (4, False)])
def test_fok_counts_one_leg_of_a_pair(stage: Stage, qty: int, fills: bool) -> None:
    stage.do(sell(1, 110, 3), sell(1, 111, 3, **OCO))
    rows = stage.do(buy(2, 111, qty, tif=Tif.FOK))
    assert rows[1:] == (
        ["TRADE 1/3 3@110", "CANCELED 2 3 LINKED"] if fills else ["CANCELED 3 4 NO_LIQUIDITY"]
    )


def test_mass_cancel_ends_each_for_its_own_sake(stage: Stage) -> None:
    stage.do(sell(1, 110, 1), sell(1, 120, 1, **OCO))
    events = stage.oracle.submit([Command(kind=CommandKind.CANCEL_ALL, account=1)])
    assert [(event.reason, event.order_terms) for event in events[:2]] == [(0, 0), (0, 0)]
    assert events[2].qty == 2


def test_holds_of_both_legs(stage: Stage) -> None:
    stage.do(buy(1, 90, 2), stop(1, BUY, 100, 2, **OCO))
    assert stage.held(1, B) == 180 + 210
