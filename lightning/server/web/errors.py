"""What HTTP says of a refusal: the status code, and the same reason and fields as gRPC in JSON."""

from dataclasses import dataclass, field

from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from grpc import StatusCode
from starlette.responses import JSONResponse

HTTP_CODES = {
    StatusCode.INVALID_ARGUMENT: 400,
    StatusCode.FAILED_PRECONDITION: 400,
    StatusCode.OUT_OF_RANGE: 400,
    StatusCode.UNAUTHENTICATED: 403,
    StatusCode.PERMISSION_DENIED: 403,
    StatusCode.NOT_FOUND: 404,
    StatusCode.ALREADY_EXISTS: 409,
    StatusCode.RESOURCE_EXHAUSTED: 429,
    StatusCode.UNIMPLEMENTED: 501,
    StatusCode.UNAVAILABLE: 503,
    StatusCode.DEADLINE_EXCEEDED: 504,
}
"""Any other is 500."""


@dataclass(frozen=True, slots=True)
class FieldViolation:
    field: str
    description: str


@dataclass
class HttpRefused(Exception):
    """A request that is not done, as its client is told."""

    status: StatusCode
    message: str
    reason: str = ""
    violations: list[FieldViolation] = field(default_factory=list)
    http_code: int = 0
    """0: that of `status`."""

    def response(self) -> JSONResponse:
        body = {
            "status": self.status.name,
            "message": self.message,
            "reason": self.reason,
            "field_violations": [
                {"field": one.field, "description": one.description} for one in self.violations
            ],
        }
        return JSONResponse(body, self.http_code or HTTP_CODES.get(self.status, 500))


def bad_field(name: str, problem: str) -> HttpRefused:
    """problem : completes the sentence that the name begins"""
    message = f"{name} {problem}"
    return HttpRefused(StatusCode.INVALID_ARGUMENT, message, violations=[FieldViolation(name, message)])


def of_status(code: StatusCode, message: str, details: bytes | None) -> HttpRefused:
    """details : a google.rpc.Status, as gRPC has it in grpc-status-details-bin"""
    refused = HttpRefused(code, message)
    for detail in Status.FromString(details or b"").details:
        info, request = ErrorInfo(), BadRequest()
        if detail.Unpack(info):
            refused.reason = info.reason
        elif detail.Unpack(request):
            refused.violations += [
                FieldViolation(one.field, one.description) for one in request.field_violations
            ]
    return refused
