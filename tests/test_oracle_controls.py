"""The oracle's auctions, halts, deadlines, bands and limits against hand cases: RULES 18 and 19."""

import random

import pytest

from lightning.codes import (
    AccountStatus,
    CommandFlag,
    CommandKind,
    OrderType,
    Side,
    SymbolStatus,
)
from lightning.codes import SelfTradePrevention as Mode
from lightning.codes import TimeInForce as Tif
from lightning.rows import Command
from tests.oracle.auction import candidate_prices, find_uncross
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
    status,
    stop,
    trail,
)

BUY, SELL = Side.BUY, Side.SELL
AUCTION = status(SymbolStatus.AUCTION)
TRADING = status(SymbolStatus.TRADING)
HALTED = status(SymbolStatus.HALTED)
CANCEL_ONLY = status(SymbolStatus.CANCEL_ONLY)
POST_ONLY = {"flags": CommandFlag.POST_ONLY}


@pytest.fixture
def stage() -> Stage:
    return make_stage()


def uncrossed(stage: Stage, *orders: Command) -> list[str]:
    """The rows with which an auction of these orders ends."""
    assert reasons(stage.do(AUCTION, *orders)) == []
    rows = stage.do(TRADING)
    assert rows[0] == "SYMBOL_STATUS_CHANGED"
    return rows[1:]


# auctions


def test_in_an_auction_orders_rest_crossed(stage: Stage) -> None:
    rows = stage.do(AUCTION, sell(1, 100, 5), buy(2, 105, 5), buy(2, 100, 1, **POST_ONLY))
    assert rows == ["SYMBOL_STATUS_CHANGED", "ACCEPTED 2 5", "ACCEPTED 3 5", "ACCEPTED 4 1"]
    assert stage.oracle.depth(1, 5) == ([(105, 5, 1), (100, 1, 1)], [(100, 5, 1)])
    assert stage.do(amend(2, 4, price=106)) == ["AMENDED 4 1"]


@pytest.mark.parametrize(
    "command",
    [
        market(SELL, 1, qty=1),
        sell(1, 100, 1, tif=Tif.IOC),
        sell(1, 100, 1, tif=Tif.FOK),
        market(BUY, 1, amount=500),
    ],
)
def test_what_cannot_wait_is_refused_in_an_auction(stage: Stage, command: Command) -> None:
    assert stage.do(AUCTION, command)[1:] == ["REJECTED AUCTION"]


def test_uncross_trades_the_largest_volume_at_one_price(stage: Stage) -> None:
    rows = uncrossed(stage, buy(1, 103, 3), buy(2, 101, 4), sell(3, 99, 2), sell(4, 101, 4), sell(5, 102, 9))
    # at 101: seven to buy, six to sell; at 102: three to buy
    assert rows == ["UNCROSSED 6@101", "TRADE 2/4 2@101", "TRADE 2/5 1@101", "TRADE 3/5 3@101"]
    assert stage.oracle.depth(1, 5) == ([(101, 1, 1)], [(102, 9, 1)])
    # the buyer at 103 paid 101 and has the difference back
    assert stage.oracle.balances()[1, B] == (1_000_000 - 303, 0)


def test_the_older_order_is_the_maker_with_the_makers_fee() -> None:
    stage = make_stage(maker_fee_ppm=10_000, taker_fee_ppm=50_000)
    stage.do(AUCTION, sell(1, 100, 1), buy(2, 100, 1), buy(3, 100, 1), sell(4, 100, 1))
    events = stage.oracle.submit([TRADING])
    trades = [
        (event.maker_account, event.account, event.side, event.maker_fee, event.fee) for event in events[2:]
    ]
    assert trades == [(1, 2, BUY, 1, 5), (3, 4, SELL, 1, 5)]


@pytest.mark.parametrize(
    ("last", "price"), [(0, 100), (99, 100), (100, 100), (103, 103), (105, 105), (109, 105), (2_000, 105)]
)
def test_a_tie_goes_to_the_price_nearest_the_last(stage: Stage, last: int, price: int) -> None:
    if last:
        stage.do(*print_at(last))
    orders = [buy(1, 105, 2), sell(2, 100, 2)]
    assert uncrossed(stage, *orders)[0] == f"UNCROSSED 2@{price}"


def test_a_tie_of_volume_goes_to_the_smaller_imbalance(stage: Stage) -> None:
    stage.do(*print_at(100))
    orders = [buy(1, 105, 2), buy(1, 100, 5), sell(2, 100, 2)]  # at 100 five too many, above none
    assert uncrossed(stage, *orders)[0] == "UNCROSSED 2@101"


def test_hidden_quantity_counts_and_trades_slice_by_slice(stage: Stage) -> None:
    rows = uncrossed(stage, sell(1, 100, 5, display_qty=2), sell(2, 100, 2), buy(3, 100, 6))
    assert rows == ["UNCROSSED 6@100", "TRADE 2/4 2@100", "TRADE 3/4 2@100", "TRADE 2/4 2@100"]
    assert stage.oracle.depth(1, 5)[1] == [(100, 1, 1)]


def test_no_prevention_in_the_uncross(stage: Stage) -> None:
    rows = uncrossed(stage, sell(1, 100, 1, stp=Mode.CANCEL_BOTH), buy(1, 100, 1, stp=Mode.CANCEL_BOTH))
    assert rows == ["UNCROSSED 1@100", "TRADE 2/3 1@100"]


def test_a_fill_in_the_uncross_cancels_the_sibling_at_once(stage: Stage) -> None:
    oco = {"flags": CommandFlag.ONE_CANCELS_OTHER}
    rows = uncrossed(stage, sell(1, 100, 2), sell(1, 101, 2, **oco), buy(2, 103, 1), buy(2, 101, 3, **oco))
    assert rows == ["UNCROSSED 4@101", "TRADE 2/4 1@101", "CANCELED 3 2 LINKED", "CANCELED 5 3 LINKED"]
    assert stage.oracle.depth(1, 5) == ([], [(100, 1, 1)])


def test_what_stays_crossed_because_siblings_went_is_uncrossed_again(stage: Stage) -> None:
    oco = {"flags": CommandFlag.ONE_CANCELS_OTHER}
    # at 110 six trade; the pair's first fill takes its second leg along, and what is left crosses lower
    orders = [sell(1, 100, 1), sell(1, 110, 5, **oco), sell(3, 112, 1), buy(2, 120, 1), buy(4, 112, 5)]
    rows = uncrossed(stage, *orders)
    assert [row for row in rows if row.startswith("UNCROSSED")] == ["UNCROSSED 6@110", "UNCROSSED 1@112"]


def test_the_uncross_sets_stops_off_as_consequences(stage: Stage) -> None:
    rows = uncrossed(stage, sell(1, 100, 1), buy(2, 100, 1), stop(3, BUY, 100, 1), sell(4, 103, 1))
    assert rows == ["UNCROSSED 1@100", "TRADE 2/3 1@100", "TRIGGERED 4 1 *", "TRADE 5/4 1@103 *"]


def test_going_back_to_trading_sets_stops_off_without_a_trade(stage: Stage) -> None:
    stage.do(*print_at(100), AUCTION, stop(1, BUY, 99, 1))
    assert stage.do(TRADING) == ["SYMBOL_STATUS_CHANGED", "TRIGGERED 4 1 *", "CANCELED 4 1 NO_LIQUIDITY *"]


@pytest.mark.parametrize("between", [CANCEL_ONLY, HALTED, AUCTION])
def test_only_the_way_to_trading_uncrosses(stage: Stage, between: Command) -> None:
    stage.do(AUCTION, sell(1, 100, 1), buy(2, 100, 1))
    assert stage.do(between) == ["SYMBOL_STATUS_CHANGED"]
    assert stage.do(TRADING)[1:] == ["UNCROSSED 1@100", "TRADE 2/3 1@100"]


def test_a_book_that_does_not_cross_is_left_alone(stage: Stage) -> None:
    assert uncrossed(stage, sell(1, 101, 1), buy(2, 100, 1)) == []


@pytest.mark.parametrize("seed", range(300))
def test_the_candidate_prices_are_enough(seed: int) -> None:
    """Against every tick there is between and around the orders."""
    chance = random.Random(seed)
    stage = make_stage()
    last = chance.randint(1, 30)
    if chance.random() < 0.8:
        stage.do(*print_at(last))
    orders = [
        chance.choice((buy, sell))(chance.randint(1, 9), chance.randint(1, 30), chance.randint(1, 4))
        for _ in range(chance.randint(2, 9))
    ]
    stage.do(AUCTION, *orders)
    book = stage.oracle.books[1]
    if book.is_crossed():
        assert find_uncross(book, candidate_prices(book)) == find_uncross(book, list(range(1, 40)))


# halts


@pytest.mark.parametrize(
    ("new", "placed", "amended", "canceled"),
    [
        (SymbolStatus.TRADING, "ACCEPTED", "AMENDED", "CANCELED"),
        (SymbolStatus.CANCEL_ONLY, "HALTED", "HALTED", "CANCELED"),
        (SymbolStatus.HALTED, "HALTED", "HALTED", "HALTED"),
        (SymbolStatus.AUCTION, "ACCEPTED", "AMENDED", "CANCELED"),
    ],
)
def test_what_a_status_allows(
    stage: Stage, new: SymbolStatus, placed: str, amended: str, canceled: str
) -> None:
    stage.do(sell(1, 100, 2), status(new))
    rows = stage.do(sell(1, 100, 1), amend(1, 1, qty=1), cancel(1, 1))
    assert [row.replace("REJECTED ", "").split()[0] for row in rows] == [placed, amended, canceled]


def test_statuses_that_do_not_exist(stage: Stage) -> None:
    odd = TRADING._replace(type=4)
    account = Command(kind=CommandKind.SET_ACCOUNT_STATUS, account=1, type=2)
    rows = stage.do(odd, TRADING._replace(symbol=9), account, account._replace(type=1, account=77))
    assert reasons(rows) == ["INVALID_COMMAND", "UNKNOWN_SYMBOL", "INVALID_COMMAND", "UNKNOWN_ACCOUNT"]


def test_a_halted_account_may_cancel_and_move_money_but_not_order(stage: Stage) -> None:
    halt = Command(kind=CommandKind.SET_ACCOUNT_STATUS, account=1, type=AccountStatus.HALTED)
    stage.do(sell(1, 100, 2), sell(1, 100, 2), halt)
    assert stage.oracle.account_status(1) == (1, 0)
    rows = stage.do(sell(1, 0, 1), amend(1, 1, qty=1))
    assert rows == ["REJECTED ACCOUNT_HALTED"] * 2
    withdraw = Command(kind=CommandKind.WITHDRAW, account=1, currency=A, amount=5)
    everything = Command(kind=CommandKind.CANCEL_ALL, account=1)
    assert reasons(stage.do(cancel(1, 1), withdraw, everything)) == []
    assert stage.do(halt._replace(type=0), sell(1, 100, 1)) == ["ACCOUNT_STATUS_CHANGED", "ACCEPTED 10 1"]


# deadlines


def cancel_all_after(account: int, when: int, now: int) -> Command:
    return Command(kind=CommandKind.CANCEL_ALL_AFTER, account=account, expire_time_ns=when, time_ns=now)


def test_a_deadline_cancels_everything_of_the_account_once(stage: Stage) -> None:
    stage.do(stop(1, SELL, 90, 1), sell(1, 100, 1), sell(2, 100, 1), HALTED, cancel_all_after(1, 20, 10))
    assert stage.oracle.account_status(1) == (0, 20)
    timer = Command(kind=CommandKind.TIMER, time_ns=20)
    assert stage.do(timer._replace(time_ns=19)) == []
    assert stage.do(timer) == ["CANCELED 1 1 CANCEL_ALL_AFTER *", "CANCELED 2 1 CANCEL_ALL_AFTER *"]
    assert stage.oracle.account_status(1) == (0, 0)
    stage.do(TRADING, sell(1, 100, 1))
    assert stage.do(timer._replace(time_ns=99)) == []


def test_a_deadline_is_renewed_and_switched_off(stage: Stage) -> None:
    stage.do(sell(1, 100, 1), cancel_all_after(1, 20, 10), cancel_all_after(1, 30, 11))
    assert stage.do(Command(kind=CommandKind.TIMER, time_ns=25)) == []
    stage.do(cancel_all_after(1, 0, 26))
    assert stage.do(Command(kind=CommandKind.TIMER, time_ns=35)) == []
    assert stage.open_numbers() == [1]


@pytest.mark.parametrize(
    ("account", "when", "reason"),
    [(1, 10, "INVALID_EXPIRE_TIME"), (1, -1, "INVALID_EXPIRE_TIME"), (77, 5, "UNKNOWN_ACCOUNT")],
)
def test_refused_deadlines(stage: Stage, account: int, when: int, reason: str) -> None:
    assert stage.do(cancel_all_after(account, when, 10)) == [f"REJECTED {reason}"]


def test_deadlines_of_accounts_go_before_orders_that_expire_then(stage: Stage) -> None:
    order = sell(1, 100, 1, tif=Tif.GTD, expire_time_ns=20)
    stage.do(order, order._replace(account=2), cancel_all_after(2, 20, 10))
    rows = stage.do(Command(kind=CommandKind.TIMER, time_ns=20))
    assert rows == ["CANCELED 2 1 CANCEL_ALL_AFTER *", "EXPIRED 1 1 *"]


def test_without_a_ledger_there_are_no_accounts_to_control() -> None:
    stage = make_stage(ledger=False)
    halt = Command(kind=CommandKind.SET_ACCOUNT_STATUS, account=1, type=1)
    assert stage.do(halt, cancel_all_after(1, 20, 10)) == ["REJECTED INVALID_COMMAND"] * 2
    assert stage.do(HALTED) == ["SYMBOL_STATUS_CHANGED"]


# mass cancel


def test_mass_cancel_of_every_account_goes_by_priority(stage: Stage) -> None:
    stage.do(*print_at(95), sell(1, 101, 1), sell(2, 100, 1), buy(3, 89, 1), buy(1, 90, 1))
    stage.do(stop(1, SELL, 80, 1), stop(2, SELL, 85, 1), stop(3, BUY, 99, 1), trail(4, BUY, 1, 1))
    rows = stage.do(Command(kind=CommandKind.CANCEL_ALL, flags=CommandFlag.EVERY_ACCOUNT))
    assert [row.split()[1] for row in rows[:-1]] == ["6", "5", "4", "3", "10", "9", "8", "7"]
    assert rows[-1] == "CANCEL_ALL_DONE"


def test_mass_cancel_by_side_and_symbol(stage: Stage) -> None:
    every = Command(kind=CommandKind.CANCEL_ALL, flags=CommandFlag.EVERY_ACCOUNT)
    stage.do(sell(1, 101, 1), buy(2, 90, 1), stop(3, BUY, 99, 1))
    rows = stage.do(every._replace(flags=every.flags | CommandFlag.BUY_SIDE, symbol=1))
    assert rows == ["CANCELED 2 1", "CANCELED 3 1", "CANCEL_ALL_DONE"]
    wrong = [every._replace(account=1), every._replace(symbol=7)]
    assert reasons(stage.do(*wrong)) == ["INVALID_COMMAND", "UNKNOWN_SYMBOL"]
    assert stage.do(HALTED, every._replace(symbol=1), every)[1:] == ["REJECTED HALTED", "CANCEL_ALL_DONE"]


def test_cancel_all_of_an_account_takes_pending_stops_by_age(stage: Stage) -> None:
    stage.do(stop(1, SELL, 80, 1), sell(1, 101, 1), stop(1, SELL, 85, 1), sell(2, 101, 1))
    rows = stage.do(Command(kind=CommandKind.CANCEL_ALL, account=1))
    assert rows == ["CANCELED 1 1", "CANCELED 2 1", "CANCELED 3 1", "CANCEL_ALL_DONE"]


# bands and limits


@pytest.mark.parametrize(("price", "there"), [(90, True), (89, False), (110, True), (111, False)])
def test_limits_keep_to_the_band(price: int, there: bool) -> None:
    stage = make_stage(price_band_ppm=100_000)
    assert stage.do(sell(1, 500, 1), cancel(1, 1))[0] == "ACCEPTED 1 1"  # no trade yet: any price
    stage.do(*print_at(100))
    rows = stage.do(sell(1, price, 1), sell(1, 105, 1), amend(1, 6, price=price), amend(1, 6, price=105))
    assert reasons(rows) == ([] if there else ["PRICE_BAND"] * 2)


def test_a_market_order_ends_at_the_band() -> None:
    stage = make_stage(price_band_ppm=100_000)
    stage.do(sell(1, 111, 9), buy(1, 89, 9), sell(2, 110, 1), buy(2, 90, 1), *print_at(100))
    assert stage.do(market(BUY, 3, qty=3))[1:] == ["TRADE 3/7 1@110", "CANCELED 7 2 PRICE_BAND"]
    stage.do(*print_at(100))
    assert stage.do(market(SELL, 3, qty=2, tif=Tif.FOK))[1:] == ["CANCELED 10 2 NO_LIQUIDITY"]
    assert stage.do(market(SELL, 3, qty=1, tif=Tif.FOK))[1:] == ["TRADE 4/11 1@90"]


def test_a_stop_ends_at_its_protection_or_at_the_band_whichever_is_nearer() -> None:
    stage = make_stage(price_band_ppm=30_000)
    stage.do(sell(1, 104, 9), sell(1, 106, 9), *print_at(100))
    assert stage.do(stop(2, BUY, 100, 1))[-1] == "CANCELED 5 1 PRICE_BAND"
    stage.do(*print_at(100), cancel(1, 1))
    assert stage.do(stop(2, BUY, 100, 1))[-1] == "CANCELED 9 1 NO_LIQUIDITY"  # 106 is beyond 105 as well


def test_a_set_off_stop_limit_keeps_to_the_band_before_post_only() -> None:
    stage = make_stage(price_band_ppm=30_000)
    stage.do(*print_at(100), sell(1, 101, 1))
    order = stop(2, BUY, 100, 1, price=104, **POST_ONLY)
    assert stage.do(order)[-1] == "CANCELED 4 1 PRICE_BAND"
    assert stage.do(order._replace(price=103))[-1] == "CANCELED 5 1 WOULD_CROSS"


def test_the_most_open_orders_of_an_account_count_pending_ones() -> None:
    stage = make_stage(max_open_orders=2)
    stage.do(sell(1, 101, 1), stop(1, SELL, 90, 1))
    rows = stage.do(sell(1, 102, 1), stop(1, SELL, 90, 1, tif=Tif.IOC), sell(1, 102, 1, tif=Tif.IOC))
    assert rows == ["REJECTED LIMIT_EXCEEDED"] * 2 + ["ACCEPTED 5 1", "CANCELED 5 1 NO_LIQUIDITY"]
    assert reasons(stage.do(market(SELL, 1, qty=1), sell(2, 101, 1), cancel(1, 1), sell(1, 102, 1))) == []


def test_without_a_ledger_nobody_has_too_many() -> None:
    stage = make_stage(ledger=False, max_open_orders=1)
    rows = stage.do(sell(0, 101, 1), sell(0, 101, 1), sell(5, 101, 1), sell(5, 101, 1))
    assert reasons(rows) == ["LIMIT_EXCEEDED"]


def test_market_protection_is_the_symbols() -> None:
    stage = make_stage(market_protection_ppm=0)
    stage.do(stop(1, BUY, 100, 1))
    assert stage.held(1, B) == 100
    order = stage.oracle.open_orders()[0]
    assert (order.type, order.price) == (OrderType.STOP, 100)
