"""Orders with terms: stops of every kind, icebergs, such that expire, pairs that take each other along."""

from itertools import islice

from lightning.codes import CommandFlag, CommandKind, OrderType, Side, TimeInForce
from lightning.rows import Command
from tests.flow_base import BaseFlow
from tests.oracle.book import Order

TIFS = tuple(TimeInForce)
RESTING = (TimeInForce.GTC, TimeInForce.GTD)


class TermsFlow(BaseFlow):
    def last_price(self, symbol: int) -> int:
        """Or the middle, of a symbol that never traded."""
        book = self.oracle.books.get(symbol)
        last = 0 if book is None else book.last_price
        return last or self.mids.get(symbol, self.shape.mid)

    def stop_price(self, symbol: int, side: int) -> int:
        """Near the last price, on the side where it waits; now and then where it is set off at once."""
        reach = self.shape.stop_reach
        away = self.random.randint(0 if self.random.random() < 0.1 else 1, reach)
        if self.random.random() < 0.1:
            away = -self.random.randint(0, reach)
        last = self.last_price(symbol)
        return max(1, last + away if side == Side.BUY else last - away)

    def with_terms(self, command: Command) -> Command:
        """A limit that may rest: shown in slices, or expiring, by the shape's chances."""
        shape = self.shape
        if command.tif == TimeInForce.GTC and shape.gtd and self.random.random() < shape.gtd:
            command = command._replace(tif=TimeInForce.GTD, expire_time_ns=self.later())
        if command.tif in RESTING and shape.icebergs and self.random.random() < shape.icebergs:
            display = self.random.choice((1, 1, 2, 3, max(1, command.qty // 3), command.qty, 2 * command.qty))
            command = command._replace(display_qty=display)
        return command

    def with_tif(self, command: Command) -> Command:
        """Any time in force, for a stop."""
        tif = self.random.choice(TIFS)
        expire = self.later() if tif == TimeInForce.GTD else 0
        return command._replace(tif=tif, expire_time_ns=expire)

    def make_stop(self) -> Command:
        command = self.with_tif(self.order(type=OrderType.STOP, qty=self.qty()))
        return command._replace(stop_price=self.stop_price(command.symbol, command.side))

    def make_stop_limit(self) -> Command:
        command = self.order(type=OrderType.STOP_LIMIT, qty=self.qty() * self.random.choice((1, 3)))
        stop = self.stop_price(command.symbol, command.side)
        worse = self.random.randint(-2, self.random.choice((1, 1, 3)) * self.shape.stop_reach // 2)
        price = max(1, stop + worse if command.side == Side.BUY else stop - worse)
        command = command._replace(stop_price=stop, price=price)
        if self.random.random() < 0.4:
            return self.with_tif(command)
        if self.random.random() < 0.45:
            command = command._replace(flags=command.flags | CommandFlag.POST_ONLY)
        return self.with_terms(command)

    def make_trailing(self) -> Command:
        command = self.with_tif(self.order(type=OrderType.TRAILING_STOP, qty=self.qty()))
        last = self.last_price(command.symbol)
        beyond = self.random.random() < 0.08
        trail = last + self.random.randint(0, 2) if beyond else self.random.randint(1, self.shape.stop_reach)
        return command._replace(trail_amount=trail)

    def make_sweep(self) -> Command:
        """A limit order that takes some levels, or the whole other side."""
        command = self.order(qty=self.qty() * self.random.choice((1, 2, 5)))
        worse = self.random.randint(1, 2 * self.shape.stop_reach)
        last = self.last_price(command.symbol)
        price = max(1, last + worse if command.side == Side.BUY else last - worse)
        tif = self.random.choice((TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK))
        return command._replace(price=price, tif=tif)

    def make_iceberg(self) -> Command:
        """A large one, shown in small slices."""
        command = self.order(qty=self.qty() * self.random.choice((1, 3)))
        display = self.random.choice((1, 2, 2, 3, 5, max(1, command.qty // 2), command.qty + 1))
        command = command._replace(price=self.price(command.symbol, command.side), display_qty=display)
        if self.random.random() < 0.03:
            command = command._replace(qty=10_000 * display + self.random.choice((0, 1, 1)))
        return command

    def make_gtd(self) -> Command:
        """A limit order that expires, soon or never."""
        command = self.order(qty=self.qty(), tif=TimeInForce.GTD)
        expire = self.random.choice((self.later(), self.later(), self.later(), self.time_ns + 10**15))
        if self.random.random() < 0.05:
            expire = self.random.choice((self.time_ns, self.time_ns - 1, 0, -1))
        command = command._replace(expire_time_ns=expire, price=self.price(command.symbol, command.side))
        return self.with_terms(command)

    def make_fok(self) -> Command:
        """One that needs about all that is on the other side near the touch."""
        command = self.order(tif=TimeInForce.FOK, qty=self.qty())
        book = self.oracle.books[command.symbol]
        opposite = book.sides[1 - command.side]
        orders = list(islice(opposite.orders(), self.random.randint(1, 6)))
        if not orders:
            return command._replace(price=self.price(command.symbol, command.side))
        there = sum(order.open_qty for order in orders)
        qty = max(1, there - self.random.choice((0, 0, 1, orders[-1].open_qty // 2)))
        return command._replace(price=orders[-1].price, qty=min(qty, 2**40))

    def make_pair(self) -> Command:
        """Two that take each other along: the second comes next, and may be refused."""
        first = self.with_terms(self.order(qty=self.qty()))
        side = first.side
        last = self.last_price(first.symbol)
        near = self.random.randint(0, self.shape.spread)
        first = first._replace(price=max(1, last - near if side == Side.BUY else last + near))
        second = first._replace(client_order_id=self.new_id(), display_qty=0, expire_time_ns=0)
        second = self.second_leg(second._replace(tif=TimeInForce.GTC))
        if self.random.random() < 0.2:
            first, second = second, first._replace(client_order_id=self.new_id())
        linked = second._replace(flags=second.flags | CommandFlag.ONE_CANCELS_OTHER)
        self.next.append(self.spoiled(linked) if self.random.random() < 0.15 else linked)
        return first

    def second_leg(self, leg: Command) -> Command:
        """From a limit order: the stop below a sell that takes profit, or another limit."""
        side, last = leg.side, self.last_price(leg.symbol)
        kind = self.random.choice((OrderType.LIMIT, OrderType.STOP, OrderType.STOP, OrderType.STOP_LIMIT))
        if kind == OrderType.LIMIT:
            away = self.random.randint(-2, self.shape.spread)
            return leg._replace(price=max(1, last - away if side == Side.BUY else last + away))
        stop = self.stop_price(leg.symbol, side)
        if kind == OrderType.STOP:
            tif = self.random.choice((TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK))
            return leg._replace(type=kind, price=0, stop_price=stop, tif=tif)
        price = max(1, stop + self.random.choice((-1, 0, 2)) * (1 if side == Side.BUY else -1))
        return leg._replace(type=kind, price=price, stop_price=stop)

    def spoiled(self, leg: Command) -> Command:
        """A second leg that is refused."""
        wrongs: tuple[dict[str, int], ...] = (
            {"qty": 0},
            {"qty": 2**50},
            {"price": -1},
            {"side": 1 - leg.side},
            {"account": self.account()},
            {"currency": 1},
            {"stop_price": -1},
            {"symbol": self.random.choice(self.shape.symbols)},
            {"type": OrderType.MARKET, "price": 0},
            {"side": 7},
        )
        return leg._replace(**self.random.choice(wrongs))

    def make_unpaired(self) -> Command:
        """A second leg to whatever came before."""
        command = self.order(qty=self.qty(), tif=TimeInForce.GTC)
        price = self.price(command.symbol, command.side)
        return command._replace(price=price, flags=command.flags | CommandFlag.ONE_CANCELS_OTHER)

    def make_reshape(self) -> Command:
        """An amend of an order with terms, if there is one: within its slice, beyond it, at its price."""
        live = self.oracle.matching.live
        chosen = [order for order in live.values() if order.terms]
        if not chosen:
            return self.amend_of(*self.live_order())
        order = self.random.choice(chosen)
        display = order.display_qty or 1
        qty = self.random.choice(
            (
                0,
                order.open_qty - 1,
                order.shown,
                order.shown - 1,
                order.open_qty + 1,
                1_000_000 * order.open_qty,
                10_000 * display + 1,
            )
        )
        price = self.random.choice((0, 0, order.price, max(1, order.price + self.random.randint(-2, 2))))
        return self.naming(CommandKind.AMEND, order)._replace(price=price, qty=min(max(qty, 0), 2**62 + 1))

    def make_drop(self) -> Command:
        """A cancel of an order with terms, or of one that traded."""
        live = self.oracle.matching.live.values()
        chosen = [order for order in live if order.is_pending or order.sibling or order.filled_qty]
        if not chosen:
            return self.about(CommandKind.CANCEL, *self.live_order())._replace(price=0, qty=0)
        return self.naming(CommandKind.CANCEL, self.random.choice(chosen))

    def make_costly(self) -> Command:
        """A market buy of all there is, by one of the poorest."""
        symbol = self.random.choice(self.shape.symbols)
        book, ledger = self.oracle.books[symbol], self.oracle.ledger
        there = sum(order.open_qty for order in book.sides[Side.SELL].orders())
        command = self.order(
            type=OrderType.MARKET, tif=self.random.choice((TimeInForce.FOK, TimeInForce.GTC))
        )
        account = command.account
        if ledger is not None:
            money = {one: ledger.available(one, book.spec.quote.id) for one in self.shape.accounts}
            poor = sorted((one for one in money if money[one] > 0), key=lambda one: (money[one], one))
            account = self.random.choice(poor[:4] or [account])
        qty = min(max(there, 1), 2**40)
        return command._replace(symbol=symbol, side=Side.BUY, account=account, qty=qty)

    def naming(self, kind: CommandKind, order: Order) -> Command:
        return Command(
            kind=kind,
            account=order.account,
            symbol=order.symbol,
            order_id=order.order_id,
            request_id=self.new_id(),
        )

    def amend_of(self, seq: int, placed: Command) -> Command:
        command = self.about(CommandKind.AMEND, seq, placed)
        price = self.random.choice((0, 0, command.price, self.price(command.symbol, placed.side)))
        qty = self.random.choice((0, command.qty, max(1, command.qty // 2), 1, self.qty(), 3 * self.qty()))
        return command._replace(price=price, qty=qty)
