"""Scenes: a few commands that belong together and lead where chance alone seldom does."""

from lightning.codes import (
    CommandFlag,
    CommandKind,
    OrderType,
    SelfTradePrevention,
    Side,
    SymbolStatus,
    TimeInForce,
)
from lightning.rows import Command
from tests.edge_values import INT64_MAX
from tests.flow_terms import TermsFlow

IOC = TimeInForce.IOC
Mode = SelfTradePrevention
QUIET = 9
"""A symbol without trades, where the shape has one."""
NO_PREVENTION = {"stp": Mode.NONE}


class ScenesFlow(TermsFlow):
    def scene(self, *commands: Command) -> Command:
        """The first now, the others next."""
        self.next.extend(commands[1:])
        return commands[0]

    def clear(self, symbol: int) -> Command:
        return Command(kind=CommandKind.CANCEL_ALL, symbol=symbol, flags=CommandFlag.EVERY_ACCOUNT)

    def unbanded(self) -> int:
        """A symbol whose prices may move."""
        books = self.oracle.books
        free = [symbol for symbol in self.shape.symbols if not books[symbol].spec.price_band_ppm]
        return self.random.choice(free)

    def stage(self, symbol: int) -> list[Command]:
        """An empty book whose last trade is at what is taken for the last price."""
        price = self.last_price(symbol)
        maker = self.by(symbol, Side.SELL, 1, price=price)
        return [self.clear(symbol), maker, maker._replace(side=Side.BUY, tif=IOC, **NO_PREVENTION)]

    def by(self, symbol: int, side: int, qty: int, **columns: int) -> Command:
        """An order of some account."""
        return Command(
            kind=CommandKind.PLACE, account=self.account(), symbol=symbol, side=side, qty=qty, **columns
        )

    def ahead(self, symbol: int, side: int, ticks: int) -> int:
        """The price so many ticks from the last one, in the direction in which orders of `side` push it."""
        return max(1, self.last_price(symbol) + (ticks if side == Side.BUY else -ticks))

    def make_cascade(self) -> Command:
        """Stops on one side, each set off by the trade of the one before, on an otherwise empty book."""
        symbol, side = self.unbanded(), self.random.choice((Side.BUY, Side.SELL))
        qty, step = self.random.randint(1, 3), self.random.randint(1, 2)
        commands = self.stage(symbol)
        depth = self.random.randint(3, 5)
        for i in range(1, depth + 2):
            price = self.ahead(symbol, side, i * step)
            commands.append(self.by(symbol, 1 - side, qty, price=price))
        for i in self.random.sample(range(1, depth + 1), depth):
            stop = self.ahead(symbol, side, i * step)
            kind = self.random.choice((OrderType.STOP, OrderType.STOP_LIMIT))
            limit = self.ahead(symbol, side, 20 * step) if kind == OrderType.STOP_LIMIT else 0
            order = self.by(symbol, side, qty, type=kind, stop_price=stop, price=limit, **NO_PREVENTION)
            commands.append(order)
        spark = self.ahead(symbol, side, step)
        return self.scene(*commands, self.by(symbol, side, qty, price=spark, tif=IOC, **NO_PREVENTION))

    def make_cross_fire(self) -> Command:
        """One sweep leaves the last price above a buy stop and below a sell stop that trailed it."""
        symbol = self.unbanded()
        last = self.last_price(symbol)
        return self.scene(
            *self.stage(symbol),
            self.by(symbol, Side.SELL, 1, type=OrderType.TRAILING_STOP, trail_amount=3),
            self.by(symbol, Side.BUY, 1, type=OrderType.STOP, stop_price=last + 1),
            self.by(symbol, Side.BUY, 1, price=last + 6),
            self.by(symbol, Side.BUY, 2, price=last + 2),
            self.by(symbol, Side.SELL, 2, price=last + 2, tif=IOC, **NO_PREVENTION),
        )

    def make_auction_round(self) -> Command:
        """A small book in an auction, and the uncross."""
        symbol = self.unbanded()
        last = self.last_price(symbol)
        to_auction = Command(kind=CommandKind.SET_SYMBOL_STATUS, symbol=symbol, type=SymbolStatus.AUCTION)
        commands = [*self.stage(symbol), to_auction]
        middle = last + self.random.randint(-3, 3)
        for _ in range(self.random.randint(2, 8)):
            side = self.random.choice((Side.BUY, Side.SELL))
            away = self.random.choice((0, 1, 2, 2, 4, 8)) * (1 if side == Side.BUY else -1)
            order = self.by(symbol, side, self.random.randint(1, 3), price=max(1, middle + away))
            draw = self.random.random()
            if draw < 0.15:
                order = order._replace(qty=5, display_qty=self.random.choice((1, 2)))
            commands.append(order)
            if 0.15 < draw < 0.3:
                leg = order._replace(flags=CommandFlag.ONE_CANCELS_OTHER, price=max(1, order.price + 1))
                commands.append(leg)
            elif draw < 0.5:
                stop = max(1, last + self.random.choice((-2, -1, 0, 1, 2)))
                commands.append(self.by(symbol, side, 1, type=OrderType.STOP, stop_price=stop))
        if self.random.random() < 0.3:
            commands.append(to_auction._replace(type=SymbolStatus.CANCEL_ONLY))
        return self.scene(*commands, to_auction._replace(type=SymbolStatus.TRADING))

    def make_tie(self) -> Command:
        """An auction of which two prices let the same volume trade."""
        symbol = self.unbanded()
        last = self.last_price(symbol)
        to_auction = Command(kind=CommandKind.SET_SYMBOL_STATUS, symbol=symbol, type=SymbolStatus.AUCTION)
        low, wide = max(1, last + self.random.randint(-4, 2)), self.random.randint(1, 4)
        qty, more = self.random.randint(1, 3), self.random.choice((0, 0, 1, 2))
        extra = self.random.choice((Side.BUY, Side.SELL))
        price = low + wide if extra == Side.SELL else low
        return self.scene(
            *self.stage(symbol),
            to_auction,
            self.by(symbol, Side.BUY, qty, price=low + wide),
            self.by(symbol, Side.SELL, qty, price=low),
            self.by(symbol, extra, max(more, 1), price=price if more else max(1, price - 50)),
            to_auction._replace(type=SymbolStatus.TRADING),
        )

    def make_fok_of_pair(self) -> Command:
        """A pair with both legs near the touch, and a FOK order that would need both."""
        symbol, side = self.unbanded(), self.random.choice((Side.BUY, Side.SELL))
        qty, price = self.qty(), self.ahead(symbol, side, 1)
        first = self.by(symbol, 1 - side, qty, price=price)
        second = first._replace(price=self.ahead(symbol, side, 2), flags=CommandFlag.ONE_CANCELS_OTHER)
        fok = self.by(symbol, side, 2 * qty, price=second.price, tif=TimeInForce.FOK, **NO_PREVENTION)
        return self.scene(*self.stage(symbol), first, second, fok)

    def make_own_pair(self) -> Command:
        """A pair that its own account's order meets, with prevention."""
        symbol, side = self.unbanded(), self.random.choice((Side.BUY, Side.SELL))
        mode = self.random.choice((Mode.CANCEL_MAKER, Mode.DECREMENT, Mode.DECREMENT))
        first = self.by(symbol, side, 4, price=self.ahead(symbol, side, 0))
        second = first._replace(price=self.ahead(symbol, 1 - side, 3), flags=CommandFlag.ONE_CANCELS_OTHER)
        taker = first._replace(side=1 - side, qty=self.random.choice((2, 4, 5)), stp=mode, tif=IOC)
        return self.scene(*self.stage(symbol), first, second, taker)

    def make_waiting_pair(self) -> Command:
        """Two stops of a pair, far and near."""
        symbol, side = self.unbanded(), self.random.choice((Side.BUY, Side.SELL))
        first = self.by(symbol, side, self.qty(), type=OrderType.STOP, stop_price=self.ahead(symbol, side, 3))
        stop = self.ahead(symbol, side, self.random.randint(1, 6))
        flags = CommandFlag.ONE_CANCELS_OTHER
        return self.scene(first, first._replace(stop_price=stop, flags=flags, client_order_id=self.new_id()))

    def make_band(self) -> Command:
        """Orders that the price band stops, on an otherwise empty book: the next ask is too far off."""
        banded = [symbol for symbol in self.shape.symbols if self.oracle.books[symbol].spec.price_band_ppm]
        symbol, side = self.random.choice(banded), self.random.choice((Side.BUY, Side.SELL))
        book = self.oracle.books[symbol]
        last = self.last_price(symbol)
        width = max(1, last * book.spec.price_band_ppm // 1_000_000)
        near, far = self.ahead(symbol, side, 1), self.ahead(symbol, side, width)
        beyond = self.ahead(symbol, side, width + 1)
        commands = [
            *self.stage(symbol),
            self.by(symbol, 1 - side, 1, price=near),
            self.by(symbol, 1 - side, 1, price=far),
            self.by(symbol, 1 - side, 1, price=beyond),
            # a trade the other way, from where the far ones are out of reach
            self.by(symbol, side, 1, price=self.ahead(symbol, 1 - side, 2)),
            self.by(symbol, 1 - side, 1, price=self.ahead(symbol, 1 - side, 2), tif=IOC, **NO_PREVENTION),
        ]
        amend = Command(
            kind=CommandKind.AMEND,
            account=commands[3].account,
            symbol=symbol,
            order_id=self.seq + 4,
            price=beyond,
        )
        draw = self.random.random()
        if draw < 0.25:
            return self.scene(*commands, amend)
        if draw < 0.5:
            market = {"type": OrderType.MARKET, "tif": self.random.choice((IOC, TimeInForce.GTC))}
            return self.scene(*commands, self.by(symbol, side, 4, **market, **NO_PREVENTION))
        at = self.ahead(symbol, 1 - side, 2)
        kind = self.random.choice((OrderType.STOP, OrderType.STOP, OrderType.STOP, OrderType.STOP_LIMIT))
        limit = beyond if kind == OrderType.STOP_LIMIT else 0
        stop = self.by(symbol, side, 4, type=kind, price=limit, stop_price=at, **NO_PREVENTION)
        return self.scene(*commands, stop)

    def make_late(self) -> Command:
        """A command about an order that expires before it, or a retry of anything then."""
        orders = self.oracle.matching.expiring.values()
        expiring = [order for order in orders if 0 <= order.expire_time_ns - self.time_ns < 100_000]
        if not expiring:
            return Command(kind=CommandKind.TIMER)
        order = self.random.choice(expiring)
        self.time_ns = max(self.time_ns, order.expire_time_ns - self.random.choice((0, 0, 1)))
        if self.random.random() < 0.5:
            with_id = [command for command in self.past if command.client_order_id or command.request_id]
            return self.random.choice(with_id or self.past)
        kind = self.random.choice((CommandKind.CANCEL, CommandKind.AMEND))
        return self.naming(kind, order)._replace(qty=1)

    def make_push(self) -> Command:
        """An amend that goes to the other side of the book."""
        live = self.oracle.matching.live
        chosen = [order for order in live.values() if not order.is_pending]
        if not chosen:
            return self.amend_of(*self.live_order())
        special = [order for order in chosen if order.sibling is not None or order.post_only]
        order = self.random.choice(special if special and self.random.random() < 0.6 else chosen)
        best = self.oracle.books[order.symbol].sides[1 - order.side].best()
        worse = self.random.randint(0, 3) * (1 if order.side == Side.BUY else -1)
        price = order.price if best is None else max(1, best.price + worse)
        return self.naming(CommandKind.AMEND, order)._replace(price=price)

    def make_theft(self) -> Command:
        """Another account's order, by its order id."""
        live = list(self.oracle.matching.live.values())
        if not live:
            return Command(kind=CommandKind.TIMER)
        kind = self.random.choice((CommandKind.CANCEL, CommandKind.AMEND))
        return self.naming(kind, self.random.choice(live))._replace(account=self.account(), qty=1)

    def make_halted_stop(self) -> Command:
        """An account is halted: its stop is set off all the same, it may cancel but not amend."""
        symbol, mine = self.unbanded(), self.account()
        others = [account for account in self.shape.accounts if account != mine]
        one, other = self.random.sample(others, 2)
        price = self.ahead(symbol, Side.SELL, 1)
        halt = Command(kind=CommandKind.SET_ACCOUNT_STATUS, account=mine, type=1)
        far = self.by(symbol, Side.SELL, 1, price=price + 8)._replace(account=mine)
        amend = Command(
            kind=CommandKind.AMEND, account=mine, symbol=symbol, order_id=self.seq + 4, price=price + 9
        )
        return self.scene(
            *self.stage(symbol),
            far,
            far._replace(type=OrderType.STOP, price=0, stop_price=price),
            halt,
            self.by(symbol, Side.BUY, 2, price=price)._replace(account=one),
            self.by(symbol, Side.SELL, 1, price=price, tif=IOC, **NO_PREVENTION)._replace(account=other),
            amend,
            amend._replace(kind=CommandKind.CANCEL, price=0),
            halt._replace(type=0),
        )

    def make_halted_deadline(self) -> Command:
        """An account's orders are canceled soon, and one expires, in a symbol that is halted meanwhile."""
        symbol, account = self.unbanded(), self.account()
        order = self.by(symbol, Side.BUY, 1, price=self.ahead(symbol, Side.SELL, 5))._replace(account=account)
        deadline = Command(kind=CommandKind.CANCEL_ALL_AFTER, account=account, expire_time_ns=self.soon())
        status = Command(kind=CommandKind.SET_SYMBOL_STATUS, symbol=symbol, type=SymbolStatus.HALTED)
        waits = [Command(kind=CommandKind.TIMER)] * 3
        refused = Command(kind=CommandKind.CANCEL_ALL, account=account, symbol=symbol)
        gtd = order._replace(tif=TimeInForce.GTD, expire_time_ns=self.soon())
        return self.scene(
            order, gtd, deadline, status, refused, *waits, status._replace(type=SymbolStatus.TRADING)
        )

    def make_quiet_auction(self) -> Command:
        """Nothing crosses, but stops wait whose price is reached; another order is canceled meanwhile."""
        symbol, side = self.unbanded(), self.random.choice((Side.BUY, Side.SELL))
        status = Command(kind=CommandKind.SET_SYMBOL_STATUS, symbol=symbol, type=SymbolStatus.AUCTION)
        limit = self.by(symbol, 1 - side, 2, price=self.ahead(symbol, side, 1))
        stop = self.by(
            symbol, side, 1, type=OrderType.STOP, stop_price=self.ahead(symbol, 1 - side, 1), **NO_PREVENTION
        )
        cancel = Command(kind=CommandKind.CANCEL, account=limit.account, symbol=symbol, order_id=self.seq + 5)
        return self.scene(
            *self.stage(symbol),
            status,
            limit,
            limit._replace(account=self.account()),
            stop,
            status._replace(type=SymbolStatus.CANCEL_ONLY),
            cancel,
            status._replace(type=SymbolStatus.TRADING),
        )

    def make_own_book(self) -> Command:
        """An account meets only itself: post-only, and with money that DECREMENT takes off."""
        symbol = self.unbanded()
        offer = self.by(symbol, Side.SELL, 5, price=self.ahead(symbol, Side.BUY, 1))
        bid = offer._replace(side=Side.BUY)
        if self.random.random() < 0.5:
            return self.scene(self.clear(symbol), offer, bid._replace(flags=CommandFlag.POST_ONLY))
        amount = 3 * offer.price * self.oracle.books[symbol].spec.tick_value
        spend = bid._replace(type=OrderType.MARKET, price=0, qty=0, amount=amount)
        return self.scene(self.clear(symbol), offer, spend._replace(stp=Mode.DECREMENT))

    def make_rebate(self) -> Command:
        """A taker that is paid, where a symbol allows that."""
        allowing = [symbol for symbol, book in self.oracle.books.items() if book.spec.order_fee_ppm_min < 0]
        command = self.order(qty=self.qty())._replace(taker_fee_ppm=-12_000, maker_fee_ppm=12_000)
        symbol = self.random.choice(allowing)
        price = self.ahead(symbol, command.side, 4)
        return command._replace(symbol=symbol, flags=CommandFlag.OWN_FEES, price=price)

    def make_borrowed(self) -> Command:
        """The id of an order on a deposit of the same account."""
        ids = [command for command in self.past if command.client_order_id]
        if not ids:
            return Command(kind=CommandKind.TIMER)
        command = self.random.choice(ids)
        return Command(
            kind=CommandKind.DEPOSIT,
            account=command.account,
            currency=1,
            amount=5,
            request_id=command.client_order_id,
            flags=CommandFlag.SHARED_ID,
        )

    def make_flood(self) -> Command:
        """More of a currency than can be."""
        return Command(
            kind=CommandKind.DEPOSIT,
            account=self.account(),
            currency=self.random.choice((1, 2, 77)),
            amount=INT64_MAX,
        )

    def make_spark(self) -> Command:
        """An amend trades and sets off a stop-limit order, which trades too and rests; or it ends a pair."""
        symbol, side = self.unbanded(), self.random.choice((Side.BUY, Side.SELL))
        at = self.ahead(symbol, side, 1)
        far = self.by(symbol, side, 1, price=self.ahead(symbol, 1 - side, 2), **NO_PREVENTION)
        amend = Command(
            kind=CommandKind.AMEND, account=far.account, symbol=symbol, order_id=self.seq + 4, price=at
        )
        second = self.by(symbol, side, 4, type=OrderType.STOP_LIMIT, price=at, stop_price=at, **NO_PREVENTION)
        if self.random.random() < 0.5:
            farther = self.ahead(symbol, 1 - side, 4)
            second = far._replace(price=farther, flags=CommandFlag.ONE_CANCELS_OTHER)
        return self.scene(*self.stage(symbol), far, second, self.by(symbol, 1 - side, 3, price=at), amend)

    def make_expiring(self) -> Command:
        """An order that most likely expires before the very next command, which is about it."""
        symbol = self.unbanded()
        gtd = {"tif": TimeInForce.GTD, "expire_time_ns": self.time_ns + 1_001}
        order = self.by(symbol, Side.BUY, 1, price=self.ahead(symbol, Side.SELL, 5), **gtd)
        kind = self.random.choice((CommandKind.CANCEL, CommandKind.AMEND))
        about = Command(kind=kind, account=order.account, symbol=symbol, order_id=self.seq + 1, qty=1)
        return self.scene(order, about._replace(qty=about.qty if kind == CommandKind.AMEND else 0))

    def make_crowd(self) -> Command:
        """One order more than an account may have open in a symbol."""
        capped = [book for book in self.oracle.books.values() if book.spec.orders_max]
        book = self.random.choice(capped)
        symbol, account = book.spec.id, self.account()
        price = self.ahead(symbol, Side.SELL, 3)
        order = self.by(symbol, Side.BUY, 1, price=price)._replace(account=account)
        stop = order._replace(type=OrderType.STOP, price=0, stop_price=price + 9)
        orders = [self.random.choice((order, stop)) for _ in range(book.spec.orders_max + 1)]
        return self.scene(self.clear(symbol), *orders)

    def make_early_trail(self) -> Command:
        """A trailing stop where nothing ever traded."""
        side = self.random.choice((Side.BUY, Side.SELL))
        return self.by(QUIET, side, 1, type=OrderType.TRAILING_STOP, trail_amount=3)

    def soon(self) -> int:
        """Within the next few commands, but not before the next three."""
        return self.time_ns + 4_000 + self.random.randint(0, 2_000)
