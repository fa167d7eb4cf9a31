"""The codes that commands, events and books are written in.

Every code is an IntEnum member that fits in one byte. Numbers are given once and only
ever appended to: the journal stores them and `lightning.v1` uses the same ones.
"""

from enum import IntEnum


class CommandKind(IntEnum):
    NONE = 0
    PLACE = 1
    CANCEL = 2
    AMEND = 3
    CANCEL_ALL = 4
    DEPOSIT = 5
    WITHDRAW = 6
    TRANSFER = 7
    CREATE_CURRENCY = 8
    CREATE_SYMBOL = 9
    TIMER = 10
    """Lets time pass: what is due expires, as before any command."""
    SET_SYMBOL_STATUS = 11
    SET_ACCOUNT_STATUS = 12
    CANCEL_ALL_AFTER = 13
    """Cancels all of an account's orders at `expire_time_ns`, unless given again before; 0: never."""


class EventKind(IntEnum):
    NONE = 0
    ACCEPTED = 1
    TRADE = 2
    CANCELED = 3
    AMENDED = 4
    REJECTED = 5
    EXPIRED = 6
    TRIGGERED = 7
    REDUCED = 8
    """Self-trade prevention took quantity off an order that stays open."""
    DEPOSITED = 9
    WITHDRAWN = 10
    TRANSFERRED = 11
    CANCEL_ALL_DONE = 12
    """Ends the CANCELED rows of one CANCEL_ALL; `qty` is how many there were."""
    CREATED = 13
    SYMBOL_STATUS_CHANGED = 14
    """`qty` is the SymbolStatus from now on."""
    ACCOUNT_STATUS_CHANGED = 15
    """`qty` is the AccountStatus from now on."""
    CANCEL_ALL_AFTER_SET = 16
    """`create_time_ns` is when; 0: never."""
    UNCROSSED = 17
    """An auction ended: `price`, and `qty` lots; the TRADE rows follow."""


class Side(IntEnum):
    BUY = 0
    SELL = 1


class OrderType(IntEnum):
    LIMIT = 0
    MARKET = 1
    STOP = 2
    STOP_LIMIT = 3
    TRAILING_STOP = 4


class TimeInForce(IntEnum):
    GTC = 0
    IOC = 1
    FOK = 2
    GTD = 3


class SelfTradePrevention(IntEnum):
    DEFAULT = 0
    """The symbol's own mode."""
    NONE = 1
    CANCEL_TAKER = 2
    CANCEL_MAKER = 3
    CANCEL_BOTH = 4
    DECREMENT = 5


class SymbolStatus(IntEnum):
    TRADING = 0
    CANCEL_ONLY = 1
    HALTED = 2
    AUCTION = 3


class AccountStatus(IntEnum):
    ACTIVE = 0
    HALTED = 1
    """No new orders and no amends; cancels, and money in and out, go on."""


class OrderStatus(IntEnum):
    UNSPECIFIED = 0
    NEW = 1
    PARTIALLY_FILLED = 2
    FILLED = 3
    CANCELED = 4
    REJECTED = 5
    EXPIRED = 6
    PENDING = 7


class CommandFlag(IntEnum):
    """Bits of a command's `flags`, added with `|`."""

    POST_ONLY = 1
    """PLACE: refuse the order if it would trade."""
    SHARED_ID = 2
    """`request_id` is of the same id space as client order ids (package `schema` has one space)."""
    OWN_FEES = 4
    """PLACE: `taker_fee_ppm` and `maker_fee_ppm` replace the symbol's."""
    BUY_SIDE = 8
    """CANCEL_ALL: only buys. Together with SELL_SIDE, or neither: both sides."""
    SELL_SIDE = 16
    """CANCEL_ALL: only sells."""
    ONE_CANCELS_OTHER = 32
    """PLACE: it and the order of the command before (its seq less one) take each other along."""
    LINKED = 64
    """TRANSFER: this row and the next are done together or not at all; the last row of a chain has it not."""
    EVERY_ACCOUNT = 128
    """CANCEL_ALL: of all accounts."""


class EventFlag(IntEnum):
    """Bits of an event's `flags`."""

    REPLAYED = 1
    """The first answer to this id, given again; nothing was done now."""
    MAKER = 2
    """CANCELED or REDUCED: a resting order that an incoming one removed, not the commanded order."""
    CONSEQUENCE = 4
    """Not of the command itself: something that was due before it, or a stop that it set off."""


class OrderTerms(IntEnum):
    """Bits of `order_terms` in events about orders."""

    STOP = 1
    ICEBERG = 2
    GTD = 4
    LINKED = 8
    """One of two that take each other along."""
    PENDING = 16
    """Waits for its stop price."""


class RejectReason(IntEnum):
    NONE = 0
    INSUFFICIENT_FUNDS = 1
    UNKNOWN_ORDER = 2
    NOT_OWNER = 3
    ALREADY_CLOSED = 4
    INVALID_QUANTITY = 5
    INVALID_PRICE = 6
    WOULD_CROSS = 7
    UNKNOWN_ACCOUNT = 8
    UNKNOWN_SYMBOL = 9
    DUPLICATE_ID = 10
    NO_LIQUIDITY = 11
    OVERFLOW = 12
    HALTED = 13
    PRICE_BAND = 14
    LIMIT_EXCEEDED = 15
    CAPACITY = 16
    UNKNOWN_CURRENCY = 17
    INVALID_AMOUNT = 18
    INVALID_COMMAND = 19
    INVALID_FEE = 20
    SELF_TRADE_PREVENTION = 21
    INVALID_STOP_PRICE = 22
    INVALID_EXPIRE_TIME = 23
    INVALID_DISPLAY_QUANTITY = 24
    ACCOUNT_HALTED = 25
    LINKED = 26
    """The command or order that this one is linked with was refused, traded or ended."""
    AUCTION = 27
    """Not while an auction collects orders."""
    CANCEL_ALL_AFTER = 28
