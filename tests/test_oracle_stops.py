"""The oracle's stops against cases worked out by hand: RULES 8 to 10."""

import pytest

from lightning.codes import CommandFlag, RejectReason, Side
from lightning.codes import SelfTradePrevention as Mode
from lightning.codes import TimeInForce as Tif
from tests.oracle_cases import (
    A,
    B,
    Stage,
    amend,
    buy,
    cancel,
    make_stage,
    print_at,
    reasons,
    sell,
    stop,
    trail,
)

BUY, SELL = Side.BUY, Side.SELL


@pytest.fixture
def stage() -> Stage:
    return make_stage()


@pytest.mark.parametrize(
    ("side", "stop_price", "goes"),
    [
        (BUY, 100, True),
        (BUY, 99, True),
        (BUY, 101, False),
        (SELL, 100, True),
        (SELL, 101, True),
        (SELL, 99, False),
    ],
)
def test_a_stop_at_entry_looks_at_the_last_price(
    stage: Stage, side: Side, stop_price: int, goes: bool
) -> None:
    stage.do(*print_at(100))
    rows = stage.do(stop(1, side, stop_price, 2))
    assert rows == (
        ["ACCEPTED 3 2", "TRIGGERED 3 2", "CANCELED 3 2 NO_LIQUIDITY"] if goes else ["ACCEPTED 3 2"]
    )


def test_before_any_trade_every_stop_waits(stage: Stage) -> None:
    assert stage.do(stop(1, BUY, 1, 2), stop(1, SELL, 2**40, 2)) == ["ACCEPTED 1 2", "ACCEPTED 2 2"]
    assert stage.order(1).status == stage.order(2).status == 7


def test_a_stop_enters_after_the_order_that_traded(stage: Stage) -> None:
    stage.do(stop(1, BUY, 101, 2), sell(2, 101, 1), sell(2, 102, 1), sell(2, 103, 5))
    assert stage.do(buy(3, 102, 2)) == ["ACCEPTED 5 2", "TRADE 2/5 1@101", "TRADE 3/5 1@102"] + [
        "TRIGGERED 1 2 *",
        "TRADE 4/1 2@103 *",
    ]


def test_a_cascade_goes_on_until_none_is_left(stage: Stage) -> None:
    stage.do(buy(1, 99, 1), buy(1, 98, 1), buy(1, 97, 1), buy(1, 96, 1))
    stage.do(stop(2, SELL, 97, 1), stop(3, SELL, 99, 1), stop(4, SELL, 98, 1), stop(5, SELL, 95, 1))
    assert stage.do(sell(6, 99, 1)) == ["ACCEPTED 9 1", "TRADE 1/9 1@99"] + [
        "TRIGGERED 6 1 *",
        "TRADE 2/6 1@98 *",
        "TRIGGERED 7 1 *",
        "TRADE 3/7 1@97 *",
        "TRIGGERED 5 1 *",
        "TRADE 4/5 1@96 *",
    ]
    assert stage.open_numbers() == [8]


def test_best_stop_price_first_then_the_oldest(stage: Stage) -> None:
    stage.do(stop(1, BUY, 103, 1), stop(1, BUY, 102, 1), stop(2, BUY, 102, 1), stop(2, BUY, 101, 1))
    rows = stage.do(*print_at(105))
    assert [row for row in rows if row.startswith("TRIG")] == [f"TRIGGERED {n} 1 *" for n in (4, 2, 3, 1)]


def test_buys_go_before_sells_and_the_last_price_is_looked_at_anew(stage: Stage) -> None:
    """The sweep prints 106 and 102: the trailing sell followed to 103, and both are set off at 102."""
    stage.do(*print_at(100), trail(1, SELL, 3, 1), stop(2, BUY, 101, 1), buy(3, 106, 1), buy(3, 102, 3))
    rows = stage.do(sell(4, 102, 2))
    assert rows == ["ACCEPTED 7 2", "TRADE 5/7 1@106", "TRADE 6/7 1@102"] + [
        "TRIGGERED 4 1 *",
        "CANCELED 4 1 NO_LIQUIDITY *",
        "TRIGGERED 3 1 *",
        "TRADE 6/3 1@102 *",
    ]


@pytest.mark.parametrize(
    ("stop_price", "worst", "spread"), [(100, 105, True), (19, 19, False), (20, 21, True)]
)
def test_protection_price_is_held_and_is_the_worst_price(
    stage: Stage, stop_price: int, worst: int, spread: bool
) -> None:
    stage.do(stop(1, BUY, stop_price, 3))
    assert stage.held(1, B) == 3 * worst
    assert stage.order(1).price == worst
    stage.do(sell(2, worst, 1), sell(2, worst + 1, 5))
    rows = stage.do(buy(3, worst, 1), sell(3, worst, 1, stp=Mode.NONE))
    assert rows[2] == "TRIGGERED 1 3 *"
    assert stage.held(1, B) == 0


def test_a_stop_buy_ends_at_its_protection_price(stage: Stage) -> None:
    stage.do(stop(1, BUY, 100, 3), sell(2, 100, 1), sell(2, 105, 1), sell(2, 106, 5))
    rows = stage.do(buy(3, 100, 1))
    assert rows[2:] == ["TRIGGERED 1 3 *", "TRADE 3/1 1@105 *", "CANCELED 1 2 NO_LIQUIDITY *"]


def test_a_stop_sell_takes_any_price(stage: Stage) -> None:
    stage.do(stop(1, SELL, 100, 2), buy(2, 100, 1), buy(2, 3, 1))
    assert stage.held(1, A) == 200
    assert stage.do(sell(3, 100, 1))[2:] == [
        "TRIGGERED 1 2 *",
        "TRADE 3/1 1@3 *",
        "CANCELED 1 1 NO_LIQUIDITY *",
    ]


def test_a_stop_limit_rests_at_its_limit(stage: Stage) -> None:
    stage.do(stop(1, BUY, 100, 4, price=101), sell(2, 100, 1), sell(2, 101, 1), sell(2, 102, 9))
    rows = stage.do(buy(3, 100, 1))
    assert rows[2:] == ["TRIGGERED 1 4 *", "TRADE 3/1 1@101 *"]
    assert stage.queue(BUY) == [1]
    assert stage.held(1, B) == 3 * 101


def test_a_stop_limit_ioc_does_not_rest(stage: Stage) -> None:
    stage.do(stop(1, BUY, 100, 4, price=101, tif=Tif.IOC), sell(2, 100, 1), sell(2, 101, 1))
    assert stage.do(buy(3, 100, 1))[-1] == "CANCELED 1 3 NO_LIQUIDITY *"


@pytest.mark.parametrize(("qty", "fills"), [(2, True), (3, False)])
def test_a_fok_stop_trades_all_or_nothing(stage: Stage, qty: int, fills: bool) -> None:
    stage.do(stop(1, SELL, 100, qty, tif=Tif.FOK), buy(2, 100, 1), buy(2, 99, 2))
    rows = stage.do(sell(3, 100, 1))[2:]
    last = f"TRADE 3/1 {qty}@99 *" if fills else f"CANCELED 1 {qty} NO_LIQUIDITY *"
    assert rows == [f"TRIGGERED 1 {qty} *", last]


@pytest.mark.parametrize(("price", "ends"), [(101, False), (102, True)])
def test_a_post_only_stop_limit_is_canceled_if_it_would_trade(stage: Stage, price: int, ends: bool) -> None:
    order = stop(1, BUY, 100, 1, price=price, flags=CommandFlag.POST_ONLY)
    stage.do(order, sell(2, 100, 1), sell(2, 102, 1))
    rows = stage.do(buy(3, 100, 1))[2:]
    assert rows == ["TRIGGERED 1 1 *"] + (["CANCELED 1 1 WOULD_CROSS *"] if ends else [])


def test_prevention_works_for_stops(stage: Stage) -> None:
    stage.do(stop(1, SELL, 100, 1), buy(2, 100, 1), buy(1, 99, 1))
    assert stage.do(sell(3, 100, 1))[-1] == "CANCELED 1 1 SELF_TRADE_PREVENTION *"


def test_a_trailing_stop_follows_trade_by_trade_in_its_favour_only(stage: Stage) -> None:
    stage.do(*print_at(100), trail(1, SELL, 8, 1), trail(2, BUY, 8, 1))
    assert (stage.order(3).stop_price, stage.order(4).stop_price) == (92, 108)
    stage.do(buy(3, 104, 1), buy(3, 98, 1), sell(4, 98, 2))  # prints 104, then 98
    assert (stage.order(3).stop_price, stage.order(4).stop_price) == (96, 106)


def test_a_trailing_stop_goes_off_where_it_followed_to(stage: Stage) -> None:
    stage.do(*print_at(100), trail(1, SELL, 5, 1), *print_at(110), buy(2, 106, 1), buy(2, 105, 2))
    assert stage.order(3).stop_price == 105
    assert len(stage.do(sell(3, 106, 1))) == 2
    assert stage.do(sell(3, 105, 1))[-2:] == ["TRIGGERED 3 1 *", "TRADE 7/3 1@105 *"]


def test_pending_stops_are_canceled_with_their_whole_hold(stage: Stage) -> None:
    events = stage.oracle.submit([stop(1, BUY, 100, 4), cancel(1, stage.base + 1)])
    assert (events[1].amount, events[1].currency, events[1].order_terms) == (420, B, 17)
    assert stage.held(1, B) == 0


def test_amend_of_a_pending_stop_moves_its_hold_and_it_waits_on(stage: Stage) -> None:
    stage.do(stop(1, BUY, 100, 4, price=102))
    assert stage.do(amend(1, 1, price=103, qty=5)) == ["AMENDED 1 5"]
    assert (stage.held(1, B), stage.order(1).status, stage.order(1).stop_price) == (515, 7, 100)


def test_a_stop_without_a_limit_has_no_price_to_amend(stage: Stage) -> None:
    stage.do(stop(1, BUY, 100, 4), stop(1, SELL, 50, 4))
    assert reasons(stage.do(amend(1, 1, price=105), amend(1, 2, price=1))) == ["INVALID_PRICE"] * 2
    assert stage.do(amend(1, 1, qty=2)) == ["AMENDED 1 2"]
    assert stage.held(1, B) == 2 * 105


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"price": 5, "type": 2}, RejectReason.INVALID_PRICE),
        ({"price": 0, "type": 3}, RejectReason.INVALID_PRICE),
        ({"stop_price": 0}, RejectReason.INVALID_STOP_PRICE),
        ({"stop_price": 2**40 + 1}, RejectReason.INVALID_STOP_PRICE),
        ({"stop_price": 0, "type": 4, "trail_amount": 0}, RejectReason.INVALID_STOP_PRICE),
        ({"stop_price": 0, "type": 4, "trail_amount": 1}, RejectReason.INVALID_STOP_PRICE),
        ({"stop_price": 1, "type": 4, "trail_amount": 1}, RejectReason.INVALID_COMMAND),
        ({"trail_amount": 1}, RejectReason.INVALID_COMMAND),
        ({"stop_price": 1, "type": 0, "price": 5}, RejectReason.INVALID_COMMAND),
        ({"display_qty": 1}, RejectReason.INVALID_COMMAND),
        ({"flags": CommandFlag.POST_ONLY}, RejectReason.INVALID_COMMAND),
        ({"flags": CommandFlag.LINKED}, RejectReason.INVALID_COMMAND),
        ({"stop_price": 2**40, "qty": 2**23}, RejectReason.OVERFLOW),
        ({"stop_price": 2**40, "qty": 2**23, "side": 1}, RejectReason.OVERFLOW),
        ({"qty": 10_000}, RejectReason.INSUFFICIENT_FUNDS),
    ],
)
def test_refused_stops(stage: Stage, columns: dict[str, int], reason: RejectReason) -> None:
    before = stage.oracle.balances()
    assert reasons(stage.do(stop(1, BUY, 100, 1)._replace(**columns))) == [reason.name]
    assert (stage.oracle.balances(), stage.open_numbers()) == (before, [])


@pytest.mark.parametrize(
    ("side", "amount", "there"), [(SELL, 99, True), (SELL, 100, False), (BUY, 2**40, False)]
)
def test_a_trailing_stop_begins_at_a_price_that_exists(
    stage: Stage, side: Side, amount: int, there: bool
) -> None:
    stage.do(*print_at(100))
    rows = stage.do(trail(1, side, amount, 1))
    assert rows == (["ACCEPTED 3 1"] if there else ["REJECTED INVALID_STOP_PRICE"])


def test_smallest_notional_is_judged_at_the_stop() -> None:
    stage = make_stage(min_notional="1")
    rows = stage.do(stop(1, BUY, 99, 1), stop(1, BUY, 100, 1), stop(1, BUY, 99, 1, price=100))
    assert rows == ["REJECTED LIMIT_EXCEEDED", "ACCEPTED 2 1", "ACCEPTED 3 1"]


def test_an_amend_sets_stops_off_too(stage: Stage) -> None:
    stage.do(stop(1, SELL, 100, 1), buy(2, 100, 1), buy(2, 99, 1), sell(3, 101, 1))
    assert stage.do(amend(3, 4, price=100)) == ["AMENDED 4 1", "TRADE 2/4 1@100"] + [
        "TRIGGERED 1 1 *",
        "TRADE 3/1 1@99 *",
    ]


def test_answers_given_again_have_no_consequences(stage: Stage) -> None:
    stage.do(stop(1, SELL, 100, 1), buy(2, 100, 1))
    order = sell(3, 100, 1, client_order_id=7)
    assert len(stage.do(order)) == 4
    assert stage.do(order) == ["ACCEPTED 3 1", "TRADE 2/3 1@100"]


def test_without_a_ledger_stops_work_alike() -> None:
    stage = make_stage(ledger=False)
    stage.do(stop(0, SELL, 100, 1), buy(0, 100, 1), buy(0, 99, 1))
    assert stage.do(sell(0, 100, 1))[2:] == ["TRIGGERED 1 1 *", "TRADE 3/1 1@99 *"]
