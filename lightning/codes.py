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


class EventFlag(IntEnum):
    """Bits of an event's `flags`."""

    REPLAYED = 1
    """The first answer to this id, given again; nothing was done now."""
    MAKER = 2
    """CANCELED or REDUCED: a resting order that an incoming one removed, not the commanded order."""


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
