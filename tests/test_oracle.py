"""The oracle against cases worked out by hand, so that it can fail too."""

import numpy as np
import pytest

from lightning.codes import CommandFlag, CommandKind, EventFlag, EventKind, RejectReason, Side
from lightning.codes import SelfTradePrevention as Mode
from lightning.codes import TimeInForce as Tif
from lightning.rows import EVENT, Command
from tests.oracle import Oracle, describe_difference, rows_equal
from tests.oracle.rows import PACK
from tests.oracle_cases import A, B, buy, funded, kinds, make_oracle, market, sell, told


@pytest.fixture
def oracle() -> Oracle:
    """Accounts 1 and 2."""
    return funded(make_oracle())


def test_rows_have_the_layout_of_event() -> None:
    row = np.frombuffer(PACK(*range(1, 22)), EVENT)[0]
    assert list(row.tolist()[:21]) == list(range(1, 22))


def test_a_difference_is_told_with_its_column() -> None:
    rows = np.zeros(2, EVENT)
    other = rows.copy()
    other["qty"][1] = 5
    assert not rows_equal(rows, other)
    assert "qty: expected 0 got 5" in describe_difference(rows, other)
    assert "row 1 is missing" in describe_difference(rows, rows[:1])
    assert describe_difference(rows, rows.copy()) == ""


def test_trade_prints_at_the_makers_price_and_improvement_comes_back(oracle: Oracle) -> None:
    events = oracle.submit([sell(2, 90, 10), buy(1, 100, 4)])
    assert kinds(events) == ["ACCEPTED", "ACCEPTED", "TRADE"]
    trade = events[-1]
    assert (trade.price, trade.qty, trade.leaves_qty, trade.maker_leaves_qty, trade.trade_id) == (
        90,
        4,
        0,
        6,
        1,
    )
    assert oracle.balances()[1, B] == (1_000_000 - 360, 0)
    assert oracle.balances()[1, A] == (1_000_400, 0)
    assert oracle.balances()[2, A] == (1_000_000 - 1_000, 600)
    assert oracle.depth(1, 5) == ([], [(90, 6, 1)])
    assert oracle.check() == []


def test_hold_of_a_buy_has_the_larger_fee_on_top() -> None:
    oracle = funded(make_oracle(maker_fee_ppm=1_000, taker_fee_ppm=2_000))
    accepted = oracle.submit([buy(1, 1_000, 7)])[0]
    assert (accepted.amount, accepted.currency) == (7_000 + 14, B)
    oracle.submit([sell(2, 1_000, 3)])
    # the buyer paid 3,000 and 3; holds 4,000 and 8; the seller got 3,000 less 6
    assert oracle.balances()[1, B] == (1_000_000 - 3_003 - 4_008, 4_008)
    assert oracle.balances()[2, B] == (1_000_000 + 2_994, 0)
    assert oracle.balances()[0, B] == (9, 0)
    assert oracle.totals()[1][1:] == (2_000_000, 0, 2_000_000 - 9 - 4_008, 4_008, 9)


def test_a_rebate_comes_from_the_fee_account_and_rounds_toward_zero() -> None:
    oracle = funded(make_oracle(maker_fee_ppm=-1_500, taker_fee_ppm=1_500))
    trade = oracle.submit([sell(2, 999, 1), buy(1, 999, 1)])[-1]
    assert (trade.fee, trade.maker_fee) == (1, -1)
    assert oracle.balances()[2, B] == (1_000_000 + 999 + 1, 0)
    assert (0, B) not in oracle.balances()


def test_partial_fill_keeps_the_place_and_cancel_releases_the_rest(oracle: Oracle) -> None:
    oracle.submit([sell(2, 100, 5), sell(1, 100, 5), buy(1, 100, 2, stp=Mode.NONE)])
    first, second = oracle.queue(1, Side.SELL)
    events = oracle.submit([Command(kind=CommandKind.CANCEL, symbol=1, account=2, order_id=first)])
    assert (events[0].qty, events[0].filled_qty, events[0].amount, events[0].currency) == (3, 2, 300, A)
    assert oracle.queue(1, Side.SELL) == [second]


@pytest.mark.parametrize(
    ("price", "qty", "keeps"), [(0, 4, True), (100, 5, True), (0, 6, False), (101, 4, False)]
)
def test_amend_keeps_the_place_only_for_a_quantity_not_larger(
    oracle: Oracle, price: int, qty: int, keeps: bool
) -> None:
    oracle.submit([sell(2, 100, 5), sell(1, 100, 5), sell(1, 101, 1)])
    first = oracle.queue(1, Side.SELL)[0]
    amend = Command(kind=CommandKind.AMEND, symbol=1, account=2, order_id=first, price=price, qty=qty)
    assert kinds(oracle.submit([amend])) == ["AMENDED"]
    assert (oracle.queue(1, Side.SELL)[0] == first) == keeps
    assert oracle.check() == []


def test_an_amend_that_cannot_be_paid_changes_nothing(oracle: Oracle) -> None:
    oracle.submit([buy(1, 100, 5)])
    before = (oracle.balances(), oracle.open_orders())
    amend = Command(kind=CommandKind.AMEND, symbol=1, account=1, order_id=5, qty=10_001)
    assert oracle.submit([amend])[0].reason == RejectReason.INSUFFICIENT_FUNDS
    assert (oracle.balances(), oracle.open_orders()) == before
    # net of the old hold: exactly all the money there is
    assert kinds(oracle.submit([amend._replace(qty=10_000)])) == ["AMENDED"]
    assert oracle.balances()[1, B] == (0, 1_000_000)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (Mode.CANCEL_TAKER, [("TRADE", 2, "NONE"), ("CANCELED", 6, "SELF_TRADE_PREVENTION")]),
        (
            Mode.CANCEL_MAKER,
            [("TRADE", 2, "NONE"), ("CANCELED", 3, "SELF_TRADE_PREVENTION"), ("TRADE", 4, "NONE")],
        ),
        (
            Mode.CANCEL_BOTH,
            [
                ("TRADE", 2, "NONE"),
                ("CANCELED", 3, "SELF_TRADE_PREVENTION"),
                ("CANCELED", 6, "SELF_TRADE_PREVENTION"),
            ],
        ),
        (
            Mode.DECREMENT,
            [
                ("TRADE", 2, "NONE"),
                ("CANCELED", 3, "SELF_TRADE_PREVENTION"),
                ("REDUCED", 3, "SELF_TRADE_PREVENTION"),
                ("TRADE", 3, "NONE"),
            ],
        ),
        (Mode.NONE, [("TRADE", 2, "NONE"), ("TRADE", 3, "NONE"), ("TRADE", 3, "NONE")]),
    ],
)
def test_self_trade_modes(oracle: Oracle, mode: Mode, expected: list[tuple[str, int, str]]) -> None:
    oracle.submit([sell(2, 100, 2), sell(1, 101, 3), sell(2, 102, 4)])
    events = oracle.submit([buy(1, 105, 8, stp=mode)])
    assert list(told(events))[1:] == expected
    assert oracle.check() == []


@pytest.mark.parametrize(
    ("mode", "fills"),
    [(Mode.NONE, True), (Mode.CANCEL_MAKER, True), (Mode.CANCEL_TAKER, False), (Mode.DECREMENT, False)],
)
def test_fok_with_an_own_order_on_its_way(oracle: Oracle, mode: Mode, fills: bool) -> None:
    oracle.submit([sell(2, 100, 2), sell(1, 101, 3), sell(2, 102, 9)])
    events = oracle.submit([buy(1, 105, 8, stp=mode, tif=Tif.FOK)])
    trades = [event for event in events if event.kind == EventKind.TRADE]
    assert sum(trade.qty for trade in trades) == (8 if fills else 0)
    if not fills:
        assert list(told(events)) == [("ACCEPTED", 8, "NONE"), ("CANCELED", 8, "NO_LIQUIDITY")]


def test_market_buy_by_amount_spends_whole_lots(oracle: Oracle) -> None:
    oracle.submit([sell(2, 100, 2), sell(2, 150, 9)])
    events = oracle.submit([market(Side.BUY, 1, amount=599)])
    assert [(event.price, event.qty) for event in events[1:]] == [(100, 2), (150, 2)]
    assert oracle.balances()[1, B] == (1_000_000 - 500, 0)


def test_market_buy_by_amount_ends_filled_when_the_money_is_gone_with_the_book(oracle: Oracle) -> None:
    oracle.submit([sell(2, 100, 2)])
    assert kinds(oracle.submit([market(Side.BUY, 1, amount=200)])) == ["ACCEPTED", "TRADE"]


def test_market_buy_by_amount_that_empties_the_book_is_canceled(oracle: Oracle) -> None:
    oracle.submit([sell(2, 100, 2)])
    events = oracle.submit([market(Side.BUY, 1, amount=250)])
    assert kinds(events) == ["ACCEPTED", "TRADE", "CANCELED"]
    assert (events[2].qty, events[2].order_qty, events[2].amount) == (0, 2, 50)
    assert events[2].reason == RejectReason.NO_LIQUIDITY


def test_market_buy_by_quantity_ends_where_the_money_ends(oracle: Oracle) -> None:
    oracle.submit([sell(2, 400_000, 5)])
    events = oracle.submit([market(Side.BUY, 1, qty=4)])
    assert list(told(events))[1:] == [("TRADE", 2, "NONE"), ("CANCELED", 2, "INSUFFICIENT_FUNDS")]
    assert events[2].amount == 200_000


def test_the_same_id_gets_the_same_answer_and_other_content_is_refused(oracle: Oracle) -> None:
    order = buy(1, 100, 5, client_order_id=9)
    first = oracle.submit([order])
    again = oracle.submit([market(Side.SELL, 2, qty=5), order])[-1]
    assert again == first[0]._replace(flags=EventFlag.REPLAYED, command=1)
    assert oracle.submit([order._replace(qty=6)])[0].reason == RejectReason.DUPLICATE_ID
    assert oracle.open_orders() == []


def test_a_refusal_is_remembered_too(oracle: Oracle) -> None:
    order = buy(3, 100, 5, client_order_id=9)
    deposit = Command(kind=CommandKind.DEPOSIT, account=3, currency=B, amount=1_000)
    events = oracle.submit([order, deposit, order])
    assert [event.reason for event in events] == [
        RejectReason.UNKNOWN_ACCOUNT,
        0,
        RejectReason.UNKNOWN_ACCOUNT,
    ]


def test_an_id_is_forgotten_after_the_window() -> None:
    oracle = funded(make_oracle(once_window=2))
    order = buy(1, 100, 1, client_order_id=9, tif=Tif.IOC)
    others = [buy(1, 100, 1, client_order_id=i, tif=Tif.IOC) for i in (10, 11)]
    assert oracle.submit([order, others[0], order])[-1].flags == EventFlag.REPLAYED
    assert oracle.submit([order])[0].flags == 0


def test_request_ids_share_the_space_of_orders_only_when_they_say_so(oracle: Oracle) -> None:
    deposit = Command(kind=CommandKind.DEPOSIT, account=1, currency=B, amount=5, request_id=9)
    shared = deposit._replace(flags=CommandFlag.SHARED_ID)
    events = oracle.submit([buy(1, 100, 1, client_order_id=9), deposit, shared])
    assert [event.reason for event in events] == [0, 0, RejectReason.DUPLICATE_ID]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"side": 2}, RejectReason.INVALID_COMMAND),
        ({"flags": CommandFlag.POST_ONLY, "tif": Tif.FOK}, RejectReason.INVALID_COMMAND),
        ({"symbol": 2, "account": 3, "price": 0}, RejectReason.UNKNOWN_SYMBOL),
        ({"account": 3, "price": 0}, RejectReason.UNKNOWN_ACCOUNT),
        ({"price": 0, "qty": 0}, RejectReason.INVALID_PRICE),
        ({"price": 2**40 + 1}, RejectReason.INVALID_PRICE),
        ({"qty": 0}, RejectReason.INVALID_QUANTITY),
        ({"amount": 5}, RejectReason.INVALID_QUANTITY),
        ({"flags": CommandFlag.OWN_FEES, "taker_fee_ppm": 100_001}, RejectReason.INVALID_FEE),
        ({"price": 2**40, "qty": 2**23}, RejectReason.OVERFLOW),
        ({"price": 2**40, "qty": 2**22}, RejectReason.INSUFFICIENT_FUNDS),
    ],
)
def test_checks_in_their_order(oracle: Oracle, columns: dict[str, int], reason: RejectReason) -> None:
    before = oracle.balances()
    assert oracle.submit([buy(1, 100, 1)._replace(**columns)])[0].reason == reason
    assert oracle.balances() == before


def test_largest_notional_is_accepted_and_one_more_is_not() -> None:
    oracle = make_oracle()
    largest = 2**63 - 1
    oracle.submit([Command(kind=CommandKind.DEPOSIT, account=1, currency=B, amount=largest)])
    assert oracle.submit([buy(1, 1, 2**63 // 100 + 1)])[0].reason == RejectReason.OVERFLOW  # of the base
    qty = largest // 100
    price = largest // qty
    assert oracle.submit([buy(1, price, qty)])[0].kind == EventKind.ACCEPTED
    assert oracle.submit([buy(1, price + 1, qty)])[0].reason == RejectReason.OVERFLOW
    more = Command(kind=CommandKind.DEPOSIT, account=2, currency=B, amount=1)
    assert oracle.submit([more])[0].reason == RejectReason.OVERFLOW


def test_cancel_all_goes_by_order_id_and_says_how_many(oracle: Oracle) -> None:
    oracle.submit([buy(1, 100, 1), sell(1, 200, 1), buy(2, 100, 1), buy(1, 101, 1)])
    command = Command(kind=CommandKind.CANCEL_ALL, account=1, flags=CommandFlag.BUY_SIDE)
    events = oracle.submit([command])
    assert [(event.order_id, event.qty) for event in events] == [(5, 1), (8, 1), (0, 2)]
    assert len(oracle.open_orders()) == 2


def test_without_a_ledger_nothing_is_held_charged_or_remembered() -> None:
    oracle = make_oracle(ledger=False, maker_fee_ppm=1_000, taker_fee_ppm=2_000)
    order = sell(7, 1_000, 5, client_order_id=3)
    events = oracle.submit([order, order, buy(7, 1_000, 2)])
    assert [event.kind for event in events] == [
        EventKind.ACCEPTED,
        EventKind.REJECTED,
        EventKind.ACCEPTED,
        EventKind.TRADE,
    ]
    assert events[1].reason == RejectReason.DUPLICATE_ID
    assert (events[0].amount, events[3].fee, events[3].maker_fee) == (0, 0, 0)
    assert oracle.balances() == {}


def test_the_checker_sees_broken_money_and_broken_books(oracle: Oracle) -> None:
    oracle.submit([buy(1, 100, 5), sell(2, 101, 5)])
    assert oracle.ledger is not None
    oracle.ledger.of(1, B).available += 1
    oracle.ledger.of(2, A).held -= 1
    oracle.matching.live[5].price = 102
    broken = " ".join(oracle.check())
    assert all(name in broken for name in ("I1", "I3", "I4"))
