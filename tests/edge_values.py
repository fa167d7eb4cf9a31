"""Numbers at the ends of int64, and commands that carry them."""

from random import Random

from lightning.codes import CommandKind, OrderType
from lightning.rows import PRICE_TICKS_MAX, Command

INT64_MAX = 2**63 - 1
EDGES = (
    -(2**63),
    -1,
    0,
    1,
    2**31 - 1,
    2**31,
    2**31 + 1,
    2**40 - 1,
    2**40,
    2**40 + 1,
    2**53 - 1,
    2**53,
    2**53 + 1,
    2**62 - 1,
    2**62,
    2**62 + 1,
    INT64_MAX - 1,
    INT64_MAX,
)
INT32_EDGES = (-(2**31), -1_000_001, -1, 0, 1, 999_999, 1_000_000, 2**31 - 1)
WIDE_COLUMNS = (
    "price",
    "qty",
    "amount",
    "account",
    "client_order_id",
    "order_id",
    "request_id",
    "counter_account",
    "stop_price",
    "display_qty",
    "expire_time_ns",
    "trail_amount",
)
NARROW_COLUMNS = ("symbol", "currency", "taker_fee_ppm", "maker_fee_ppm")
LARGE_PRICES = (1, 2, 3, 2**31 - 1, 2**31 + 1, PRICE_TICKS_MAX - 1, PRICE_TICKS_MAX)
MONEY_KINDS = (CommandKind.DEPOSIT, CommandKind.WITHDRAW, CommandKind.TRANSFER)


def make_edgy(command: Command, random: Random) -> Command:
    """The command with up to three numbers from the ends of their range."""
    draw = random.random()
    if command.kind in MONEY_KINDS and draw < 0.8:
        return command._replace(amount=random.choice((*EDGES, 2**61, 2**60, 10**18)))
    if command.kind == CommandKind.PLACE and command.type >= OrderType.STOP and draw < 0.7:
        return edgy_stop(command, random)
    if command.kind in (CommandKind.PLACE, CommandKind.AMEND) and draw < 0.4:
        return at_largest_notional(command, random)
    if command.kind in (CommandKind.PLACE, CommandKind.AMEND) and draw < 0.8:
        return command._replace(price=random.choice(EDGES), qty=random.choice(EDGES))
    for _ in range(random.randint(1, 3)):
        if random.random() < 0.8:
            command = command._replace(**{random.choice(WIDE_COLUMNS): random.choice(EDGES)})
        else:
            command = command._replace(**{random.choice(NARROW_COLUMNS): random.choice(INT32_EDGES)})
    return command


def edgy_stop(command: Command, random: Random) -> Command:
    """Its stop price, its trail and its quantity at the ends of what is allowed, or beyond."""
    qty = random.choice((command.qty, command.qty, *EDGES))
    if command.type == OrderType.TRAILING_STOP:
        return command._replace(trail_amount=random.choice((*EDGES, *LARGE_PRICES)), qty=qty)
    stop = random.choice((*EDGES, *LARGE_PRICES, *LARGE_PRICES))
    if command.type == OrderType.STOP_LIMIT:
        return command._replace(stop_price=stop, price=random.choice((stop, command.price, *EDGES)), qty=qty)
    if random.random() < 0.5:
        return at_largest_notional(command._replace(stop_price=stop), random)._replace(price=0)
    return command._replace(stop_price=stop, qty=qty)


def at_largest_notional(command: Command, random: Random) -> Command:
    """Price and quantity whose notional is just within int64, or just beyond."""
    price = random.choice(LARGE_PRICES)
    tick_value = random.choice((1, 1, 10))
    fee = random.choice((1, 1, 2))
    qty = INT64_MAX // (price * tick_value * fee) + random.randint(-1, 1)
    return command._replace(price=price, qty=min(qty, INT64_MAX))
