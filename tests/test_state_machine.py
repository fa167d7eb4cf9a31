"""Any call after any other: the server and the oracle answer the same, and show the same after every step.

Hypothesis chooses calls and arguments, and shortens what fails to the fewest steps.
"""

from collections import Counter
from contextlib import ExitStack
from typing import ClassVar, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lightning.codes import (
    AccountStatus,
    CommandFlag,
    CommandKind,
    OrderType,
    SelfTradePrevention,
    Side,
    SymbolStatus,
    TimeInForce,
)
from lightning.config import load_config
from lightning.rows import Command
from tests.conftest import LOOPBACK, run_server
from tests.twins import Twins

Item = TypeVar("Item")

CURRENCY_IDS = (1, 2, 3)
CONFIG = load_config(
    {
        "server": LOOPBACK,
        "currency": [
            {"id": id, "name": name, "scale": 2} for id, name in zip(CURRENCY_IDS, "ABC", strict=True)
        ],
        "symbol": [
            {
                "id": 1,
                "name": "A-C",
                "base": "A",
                "quote": "C",
                "tick": "0.01",
                "lot": "1",
                "maker_fee_ppm": -10_000,
                "taker_fee_ppm": 50_000,
            },
            {
                "id": 2,
                "name": "B-C",
                "base": "B",
                "quote": "C",
                "tick": "0.02",
                "lot": "0.5",
                "max_quantity": "8",
                "min_notional": "5",
                "self_trade_prevention": "decrement",
            },
        ],
    }
)
EXAMPLES = 40
STEPS = 40
FUNDS = 20_000
FUNDED = (1, 2, 3, 4)
POOR = 5
"""Has hardly anything, and tries to touch the orders of others."""
NEVER_SEEN = 77

ACCOUNTS = st.sampled_from([*FUNDED, *FUNDED, POOR])
CURRENCIES = st.sampled_from([1, 2, 3])
AMOUNTS = st.one_of(st.integers(1, 3_000), st.integers(1, FUNDS))
SYMBOLS = st.sampled_from([1, 2])
SIDES = st.sampled_from(list(Side))
PRICES = st.integers(97, 103)
LOTS = st.integers(1, 20)
PREVENTIONS = st.sampled_from(list(SelfTradePrevention))
TIMES = st.sampled_from([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK])
STOPS = st.sampled_from([OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP])
FAR_OFF_NS = 4_102_444_800 * 10**9
"""In 2100: by the clock of the oracle, which stands still, and by that of the server."""
IDS = st.one_of(st.just(0), st.integers(1, 12))
"""Few, so that some are used twice."""
INDEXES = st.integers(0, 1_000)
"""Of one of several, round and round."""
QUOTES = st.lists(st.tuples(SIDES, st.integers(0, 3), LOTS), min_size=1, max_size=8)


class Calls(RuleBasedStateMachine):
    """A rule per call. A new kind of order is a rule of its own that calls `place`."""

    reached: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.resources = ExitStack()
        self.twins = Twins(self.resources.enter_context(run_server(CONFIG)), CONFIG)
        self.with_id: list[Command] = []
        """Sent with an id, so that they may be sent again."""

    def teardown(self) -> None:
        self.reached.update(self.twins.reached)
        self.resources.close()

    def send(self, command: Command) -> None:
        self.twins.send(command)
        if command.request_id or (command.client_order_id and command.kind == CommandKind.PLACE):
            self.with_id.append(command)

    def place(self, command: Command) -> None:
        self.send(command._replace(kind=CommandKind.PLACE))

    @initialize()
    def fund(self) -> None:
        for account in FUNDED:
            for currency in CURRENCY_IDS:
                self.move(CommandKind.DEPOSIT, account, currency, FUNDS, 0, 0)
        self.move(CommandKind.DEPOSIT, POOR, CURRENCY_IDS[-1], 1, 0, 0)

    @rule(
        kind=st.sampled_from([CommandKind.DEPOSIT, CommandKind.WITHDRAW, CommandKind.TRANSFER]),
        account=ACCOUNTS,
        currency=CURRENCIES,
        amount=AMOUNTS,
        id=IDS,
        to=ACCOUNTS,
    )
    def move(self, kind: CommandKind, account: int, currency: int, amount: int, id: int, to: int) -> None:
        command = Command(kind=kind, account=account, currency=currency, amount=amount, request_id=id)
        if kind == CommandKind.TRANSFER:
            command = command._replace(counter_account=to if to != account else NEVER_SEEN)
        self.send(command)

    @rule(account=ACCOUNTS, symbol=SYMBOLS, quotes=QUOTES)
    def place_quotes(self, account: int, symbol: int, quotes: list[tuple[Side, int, int]]) -> None:
        """Limit orders around the middle, which mostly rest."""
        for side, away, qty in quotes:
            price = 100 - away if side == Side.BUY else 100 + away
            self.place(Command(account=account, symbol=symbol, side=side, price=price, qty=qty))

    @rule(
        account=ACCOUNTS,
        symbol=SYMBOLS,
        side=SIDES,
        price=PRICES,
        qty=LOTS,
        tif=TIMES,
        stp=PREVENTIONS,
        id=IDS,
    )
    def place_limit(
        self,
        account: int,
        symbol: int,
        side: Side,
        price: int,
        qty: int,
        tif: TimeInForce,
        stp: SelfTradePrevention,
        id: int,
    ) -> None:
        order = Command(account=account, symbol=symbol, side=side, price=price, qty=qty, tif=tif, stp=stp)
        self.place(order._replace(client_order_id=id))

    @rule(account=ACCOUNTS, symbol=SYMBOLS, side=SIDES, price=PRICES, qty=LOTS)
    def place_post_only(self, account: int, symbol: int, side: Side, price: int, qty: int) -> None:
        order = Command(account=account, symbol=symbol, side=side, price=price, qty=qty)
        self.place(order._replace(flags=CommandFlag.POST_ONLY))

    @rule(account=ACCOUNTS, symbol=SYMBOLS, side=SIDES, qty=LOTS, stp=PREVENTIONS, id=IDS)
    def place_market(
        self, account: int, symbol: int, side: Side, qty: int, stp: SelfTradePrevention, id: int
    ) -> None:
        order = Command(type=OrderType.MARKET, tif=TimeInForce.IOC, account=account, symbol=symbol)
        self.place(order._replace(side=side, qty=qty, stp=stp, client_order_id=id))

    @rule(account=ACCOUNTS, symbol=SYMBOLS, amount=AMOUNTS, id=IDS)
    def place_market_by_amount(self, account: int, symbol: int, amount: int, id: int) -> None:
        order = Command(type=OrderType.MARKET, tif=TimeInForce.IOC, account=account, symbol=symbol)
        self.place(order._replace(side=Side.BUY, amount=amount, client_order_id=id))

    @rule(
        kind=STOPS, account=ACCOUNTS, symbol=SYMBOLS, side=SIDES, price=PRICES, stop=PRICES, qty=LOTS, id=IDS
    )
    def place_stop(
        self, kind: OrderType, account: int, symbol: int, side: Side, price: int, stop: int, qty: int, id: int
    ) -> None:
        order = Command(type=kind, account=account, symbol=symbol, side=side, qty=qty, client_order_id=id)
        if kind == OrderType.TRAILING_STOP:
            self.place(order._replace(trail_amount=1 + stop % 4))
        elif kind == OrderType.STOP:
            self.place(order._replace(stop_price=stop))
        else:
            self.place(order._replace(stop_price=stop, price=price))

    @rule(account=ACCOUNTS, symbol=SYMBOLS, side=SIDES, price=PRICES, qty=LOTS, shown=st.integers(1, 5))
    def place_iceberg(self, account: int, symbol: int, side: Side, price: int, qty: int, shown: int) -> None:
        order = Command(account=account, symbol=symbol, side=side, price=price, qty=qty, display_qty=shown)
        self.place(order)

    @rule(account=ACCOUNTS, symbol=SYMBOLS, side=SIDES, price=PRICES, qty=LOTS)
    def place_until_far_off(self, account: int, symbol: int, side: Side, price: int, qty: int) -> None:
        order = Command(account=account, symbol=symbol, side=side, price=price, qty=qty)
        self.place(order._replace(tif=TimeInForce.GTD, expire_time_ns=FAR_OFF_NS))

    @rule(account=ACCOUNTS, symbol=SYMBOLS, side=SIDES, away=st.integers(0, 3), qty=LOTS)
    def place_one_cancels_other(self, account: int, symbol: int, side: Side, away: int, qty: int) -> None:
        """A limit on one side of the market, a stop on the other."""
        sign = -1 if side == Side.BUY else 1
        order = Command(
            kind=CommandKind.PLACE,
            account=account,
            symbol=symbol,
            side=side,
            price=100 + sign * away,
            qty=qty,
        )
        stop = order._replace(type=OrderType.STOP, price=0, stop_price=100 - sign * (1 + away))
        self.twins.send_pair(order, stop)

    @rule(symbol=SYMBOLS, status=st.sampled_from([SymbolStatus.TRADING, *SymbolStatus]))
    def set_symbol_status(self, symbol: int, status: SymbolStatus) -> None:
        self.send(Command(kind=CommandKind.SET_SYMBOL_STATUS, symbol=symbol, type=status))
        if status != SymbolStatus.AUCTION:  # most calls meet a symbol that trades
            self.send(Command(kind=CommandKind.SET_SYMBOL_STATUS, symbol=symbol, type=SymbolStatus.TRADING))

    @rule(account=st.sampled_from([1, NEVER_SEEN]), status=st.sampled_from(list(AccountStatus)))
    def set_account_status(self, account: int, status: AccountStatus) -> None:
        self.send(Command(kind=CommandKind.SET_ACCOUNT_STATUS, account=account, type=status))

    @precondition(lambda self: self.twins.oracle.matching.live)
    @rule(
        index=INDEXES,
        price=st.one_of(st.just(0), PRICES),
        qty=st.one_of(st.just(0), LOTS),
        by_anyone=st.booleans(),
    )
    def amend(self, index: int, price: int, qty: int, by_anyone: bool) -> None:
        if price or qty:  # or it is no request
            command = self.about_an_open_order(CommandKind.AMEND, index, by_anyone)
            self.send(command._replace(price=price, qty=qty))

    @precondition(lambda self: self.twins.oracle.matching.live)
    @rule(index=INDEXES, by_anyone=st.booleans())
    def cancel(self, index: int, by_anyone: bool) -> None:
        self.send(self.about_an_open_order(CommandKind.CANCEL, index, by_anyone))

    def about_an_open_order(self, kind: CommandKind, index: int, by_anyone: bool) -> Command:
        order = one_of(self.twins.oracle.open_orders(), index)
        account = POOR if by_anyone and index % 4 == 0 else order.account
        return Command(kind=kind, account=account, symbol=order.symbol, order_id=order.order_id)

    @precondition(lambda self: self.twins.past.orders)
    @rule(kind=st.sampled_from([CommandKind.AMEND, CommandKind.CANCEL]), index=INDEXES)
    def touch_any_order(self, kind: CommandKind, index: int) -> None:
        """By its client order id if it has one; mostly it is closed."""
        order = one_of(list(self.twins.past.orders.values()), index)
        order_id = 0 if order.client_order_id else order.order_id
        command = Command(kind=kind, account=order.account, symbol=order.symbol, order_id=order_id)
        qty = 1 if kind == CommandKind.AMEND else 0
        self.send(command._replace(client_order_id=order.client_order_id, qty=qty))

    @rule(
        account=st.sampled_from([*FUNDED, NEVER_SEEN]),
        symbol=st.sampled_from([0, 1, 2]),
        flags=st.sampled_from([0, CommandFlag.BUY_SIDE, CommandFlag.SELL_SIDE]),
    )
    def cancel_all(self, account: int, symbol: int, flags: int) -> None:
        self.send(Command(kind=CommandKind.CANCEL_ALL, account=account, symbol=symbol, flags=flags))

    @precondition(lambda self: self.with_id)
    @rule(index=INDEXES)
    def send_again(self, index: int) -> None:
        self.send(one_of(self.with_id, index))

    @rule(account=ACCOUNTS)
    def look_back(self, account: int) -> None:
        self.twins.check_past(account)

    @invariant()
    def all_that_is_shown_is_equal(self) -> None:
        self.twins.check()


def one_of(several: list[Item], index: int) -> Item:
    return several[index % len(several)]


REACHED = {
    *("DEPOSITED", "REPLAYED", "CANCEL_ALL_DONE"),
    *("ACCEPTED", "TRADE", "CANCELED", "CANCELED NO_LIQUIDITY", "AMENDED"),
    *("SYMBOL_STATUS_CHANGED", "REJECTED", "REJECTED INSUFFICIENT_FUNDS", "REJECTED UNKNOWN_ORDER"),
}
"""And more, but not in each run."""


def test_server_and_oracle_agree_whatever_is_called(warm_kernels: None) -> None:
    Calls.reached.clear()
    run_state_machine_as_test(
        Calls,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            phases=[Phase.reuse, Phase.generate, Phase.shrink],
        ),
    )
    print(Calls.reached)
    assert REACHED - Calls.reached.keys() == set()
