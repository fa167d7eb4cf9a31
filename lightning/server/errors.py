"""Why a request is not done, and how each package says so."""

from google.protobuf.any_pb2 import Any
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from grpc import StatusCode

from lightning.codes import RejectReason
from lightning.engine.changes import ChangeRefused, RefusalKind

ERROR_DOMAIN = "lightning"


class BadField(Exception):
    """A field is not what it may be; `reason` completes the sentence that its name begins."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field} {reason}")
        self.field = field
        self.reason = reason


class Refused(Exception):
    """The exchange's no; `field` is the one that it is about, where a request has many alike."""

    def __init__(self, reason: int, field: str = "") -> None:
        self.reason = RejectReason(reason)
        self.field = field
        message = MESSAGES[self.reason]
        super().__init__(f"{field}: {message}" if field else message)


class Unavailable(Exception):
    """What was asked cannot be answered now; the message says why, and what became of the request."""

    def __init__(self, message: str = "The exchange is stopping: it may have been done or not") -> None:
        super().__init__(message)


class TooSlow(Exception):
    """A subscriber was cut off, since what it did not read in time may not be left out."""

    def __init__(self, goes_on: str) -> None:
        super().__init__(f"Read too slowly: go on with {goes_on}")


Refusal = BadField | Refused | ChangeRefused
REFUSALS = (BadField, Refused, ChangeRefused)

MESSAGES = {
    RejectReason.NONE: "",
    RejectReason.INSUFFICIENT_FUNDS: "Insufficient balance",
    RejectReason.UNKNOWN_ORDER: "Unknown order: no open order has this id",
    RejectReason.NOT_OWNER: "The order belongs to another account",
    RejectReason.ALREADY_CLOSED: "The order is closed already",
    RejectReason.INVALID_QUANTITY: "The quantity is not within what the symbol allows",
    RejectReason.INVALID_PRICE: "The price is not within what the symbol allows",
    RejectReason.WOULD_CROSS: "The post-only order would trade at once",
    RejectReason.UNKNOWN_ACCOUNT: "Unknown account: an account exists from its first deposit",
    RejectReason.UNKNOWN_SYMBOL: "Unknown symbol",
    RejectReason.DUPLICATE_ID: "The id was used before, with other content",
    RejectReason.NO_LIQUIDITY: "Nothing on the other side to trade with",
    RejectReason.OVERFLOW: "Too large: the amount does not fit 63 bits",
    RejectReason.HALTED: "The symbol does not take this now",
    RejectReason.PRICE_BAND: "The price is too far from the last trade",
    RejectReason.LIMIT_EXCEEDED: "A limit of the symbol is not kept",
    RejectReason.CAPACITY: "The exchange is full",
    RejectReason.UNKNOWN_CURRENCY: "Unknown currency",
    RejectReason.INVALID_AMOUNT: "The amount must be above zero",
    RejectReason.INVALID_COMMAND: "The request combines what does not go together",
    RejectReason.INVALID_FEE: "The fee rates are not within what the symbol allows",
    RejectReason.SELF_TRADE_PREVENTION: "Self-trade prevention",
    RejectReason.INVALID_STOP_PRICE: "The stop price is not within what the symbol allows, "
    "or a trailing stop has no trade to follow yet",
    RejectReason.INVALID_EXPIRE_TIME: "The time is not in the future",
    RejectReason.INVALID_DISPLAY_QUANTITY: "The display quantity is below a ten-thousandth of the quantity",
    RejectReason.ACCOUNT_HALTED: "The account is halted: it may cancel orders, but not place or amend any",
    RejectReason.LINKED: "What it is linked with was refused, traded or ended",
    RejectReason.AUCTION: "Not while an auction collects orders",
    RejectReason.CANCEL_ALL_AFTER: "The account's CancelAllAfter was not renewed in time",
}
assert set(MESSAGES) == set(RejectReason)

_SCHEMA_CODES = {
    RejectReason.NOT_OWNER: 403,
    RejectReason.UNKNOWN_ORDER: 404,
    RejectReason.UNKNOWN_ACCOUNT: 404,
    RejectReason.UNKNOWN_SYMBOL: 404,
    RejectReason.UNKNOWN_CURRENCY: 404,
    RejectReason.DUPLICATE_ID: 409,
    RejectReason.LIMIT_EXCEEDED: 429,
    RejectReason.CAPACITY: 429,
}
_CHANGE_CODES = {RefusalKind.INVALID: 400, RefusalKind.NOT_FOUND: 404, RefusalKind.IN_USE: 409}

_STATUS_CODES = {
    RejectReason.NOT_OWNER: StatusCode.PERMISSION_DENIED,
    RejectReason.UNKNOWN_ORDER: StatusCode.NOT_FOUND,
    RejectReason.UNKNOWN_ACCOUNT: StatusCode.NOT_FOUND,
    RejectReason.UNKNOWN_SYMBOL: StatusCode.NOT_FOUND,
    RejectReason.UNKNOWN_CURRENCY: StatusCode.NOT_FOUND,
    RejectReason.DUPLICATE_ID: StatusCode.ALREADY_EXISTS,
    RejectReason.CAPACITY: StatusCode.RESOURCE_EXHAUSTED,
    RejectReason.INVALID_AMOUNT: StatusCode.INVALID_ARGUMENT,
    RejectReason.INVALID_COMMAND: StatusCode.INVALID_ARGUMENT,
}
_CHANGE_STATUS_CODES = {
    RefusalKind.INVALID: StatusCode.INVALID_ARGUMENT,
    RefusalKind.NOT_FOUND: StatusCode.NOT_FOUND,
    RefusalKind.IN_USE: StatusCode.FAILED_PRECONDITION,
}


def schema_code(refusal: Refusal) -> int:
    """The `code` of package schema."""
    match refusal:
        case Refused():
            return _SCHEMA_CODES.get(refusal.reason, 400)
        case ChangeRefused():
            return _CHANGE_CODES[refusal.kind]
        case BadField():
            return 400


def status_code(refusal: Refusal) -> StatusCode:
    match refusal:
        case Refused():
            return _STATUS_CODES.get(refusal.reason, StatusCode.FAILED_PRECONDITION)
        case ChangeRefused():
            return _CHANGE_STATUS_CODES[refusal.kind]
        case BadField():
            return StatusCode.INVALID_ARGUMENT


def rich_status(refusal: Refusal) -> Status:
    """google.rpc.Status with BadRequest or ErrorInfo, for the trailing metadata."""
    detail = Any()
    match refusal:
        case Refused():
            metadata = {"field": refusal.field} if refusal.field else {}
            detail.Pack(ErrorInfo(reason=refusal.reason.name, domain=ERROR_DOMAIN, metadata=metadata))
        case ChangeRefused():
            detail.Pack(ErrorInfo(reason=refusal.kind.name, domain=ERROR_DOMAIN))
        case BadField():
            violation = BadRequest.FieldViolation(field=refusal.field, description=str(refusal))
            detail.Pack(BadRequest(field_violations=[violation]))
    code: int = status_code(refusal).value[0]
    return Status(code=code, message=str(refusal), details=[detail])
