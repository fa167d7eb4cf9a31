"""What can go wrong with a call: one tree, by what a caller would do about it.

LightningError
  BadRequest          the request cannot be understood; `violations` name the fields
  Refused             the exchange's no: nothing was changed
    Rejected          ... to an order, an account, money; `reason` says why
    ChangeRefused     ... to a change of currencies or symbols
  Unauthenticated     no token, or a wrong one; or this server serves its own machine only
  PermissionDenied    a token that may not do this
  Overloaded          too much at a time: nothing was done
  Unavailable         no answer within the deadline
    OutcomeUnknown    ... to a command: it may have been done or not
    BulkInterrupted   ... to some rows of many; `result` has those that were answered
  ServerFault         the server failed, or answers what this client does not understand
"""

from typing import TYPE_CHECKING, NamedTuple

from google.rpc.error_details_pb2 import BadRequest as BadRequestDetail
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc import StatusCode
from grpc.aio import AioRpcError

from lightning.codes import RejectReason

if TYPE_CHECKING:
    from lightning.client.bulk_result import BulkResult

LOST = frozenset({StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED, StatusCode.CANCELLED})
"""Statuses after which nobody knows whether it was done."""
CUT_OFF = LOST | {StatusCode.RESOURCE_EXHAUSTED}
"""Those that end a stream which may be opened again: lost connections, stopped servers, readers too slow."""
_DETAILS = "grpc-status-details-bin"


class LightningError(Exception):
    """Whatever a client raises about a call."""


class FieldViolation(NamedTuple):
    field: str
    """As `lightning.v1` names it."""
    description: str


class BadRequest(LightningError):
    def __init__(self, message: str, violations: tuple[FieldViolation, ...] = ()) -> None:
        super().__init__(message)
        self.violations = violations

    @classmethod
    def of_field(cls, field: str, reason: str) -> "BadRequest":
        """reason : completes the sentence that the field's name begins"""
        message = f"{field} {reason}"
        return cls(message, (FieldViolation(field, message),))


class Refused(LightningError):
    pass


class Rejected(Refused):
    """order_id, client_order_id, seq : of what was refused, where it was about an order; else 0"""

    def __init__(
        self,
        reason: RejectReason,
        message: str,
        order_id: int = 0,
        client_order_id: int = 0,
        seq: int = 0,
    ) -> None:
        super().__init__(f"{reason.name}: {message}")
        self.reason = reason
        self.order_id = order_id
        self.client_order_id = client_order_id
        self.seq = seq


class ChangeRefused(Refused):
    """reason : NOT_FOUND, IN_USE"""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Unauthenticated(LightningError):
    pass


class PermissionDenied(LightningError):
    pass


class Overloaded(LightningError):
    pass


class Unavailable(LightningError):
    pass


class OutcomeUnknown(Unavailable):
    """once_id : what was sent as its client order id or request id; under it the same may be asked again.
    0: none
    """

    def __init__(self, message: str, once_id: int) -> None:
        super().__init__(f"{message}: it may have been done or not")
        self.once_id = once_id


class BulkInterrupted(Unavailable):
    """result : of all rows; `acknowledged` tells which were answered. The others may have been done or not"""

    def __init__(self, message: str, result: "BulkResult") -> None:
        super().__init__(message)
        self.result = result
        self.frame: object | None = None
        """Of `submit_orders`: what it would have returned."""


class ServerFault(LightningError):
    pass


_BY_STATUS: dict[StatusCode, type[LightningError]] = {
    StatusCode.INVALID_ARGUMENT: BadRequest,
    StatusCode.UNAUTHENTICATED: Unauthenticated,
    StatusCode.PERMISSION_DENIED: PermissionDenied,
    StatusCode.RESOURCE_EXHAUSTED: Overloaded,
    **dict.fromkeys(LOST, Unavailable),
}


def error_of(error: AioRpcError) -> LightningError:
    """What a gRPC status means."""
    message = error.details() or error.code().name
    for detail in _details(error):
        if detail.Is(BadRequestDetail.DESCRIPTOR):
            found = BadRequestDetail.FromString(detail.value).field_violations
            return BadRequest(message, tuple(FieldViolation(one.field, one.description) for one in found))
        if detail.Is(ErrorInfo.DESCRIPTOR):
            reason = ErrorInfo.FromString(detail.value).reason
            if reason in RejectReason.__members__:
                return Rejected(RejectReason[reason], message)
            return ChangeRefused(reason, message)
    kind = _BY_STATUS.get(error.code())
    return kind(message) if kind else ServerFault(f"{error.code().name}: {message}")


def _details(error: AioRpcError) -> Status:
    for key, value in error.trailing_metadata() or ():
        if key == _DETAILS and isinstance(value, bytes):
            return Status.FromString(value).details
    return ()
