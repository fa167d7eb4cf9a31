"""Calls as bytes: what was sent and what was answered can be compared to the last bit."""

from types import ModuleType
from typing import Any, NamedTuple

import grpc
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc import StatusCode

from lightning.pb.schema import lightning_pb2, management_pb2
from lightning.pb.v1 import accounts_pb2, admin_pb2, market_data_pb2, trading_pb2
from tests.kills.broken import Broken

CALL_S_MAX = 20.0
NOT_A_VERDICT = {StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED, StatusCode.CANCELLED}
"""Statuses after which nobody knows whether it was done."""
FAULTS = {StatusCode.INTERNAL, StatusCode.UNKNOWN, StatusCode.UNIMPLEMENTED, StatusCode.DATA_LOSS}
DETAILS = "grpc-status-details-bin"


def _paths(module: ModuleType) -> dict[str, tuple[str, type[Message]]]:
    """Of every request message its method's path and its reply's class."""
    return {
        method.input_type.full_name: (f"/{service.full_name}/{name}", _class_of(method.output_type))
        for service in module.DESCRIPTOR.services_by_name.values()
        for name, method in service.methods_by_name.items()
    }


def _class_of(descriptor: Any) -> type[Message]:
    message: type[Message] = descriptor._concrete_class
    return message


METHODS: dict[str, tuple[str, type[Message]]] = {}
for _module in (lightning_pb2, management_pb2, accounts_pb2, admin_pb2, market_data_pb2, trading_pb2):
    METHODS.update(_paths(_module))


class Answer(NamedTuple):
    """A verdict: a reply, or a refusal with its reason."""

    code: StatusCode
    reply: bytes
    reason: str

    @property
    def done(self) -> bool:
        return self.code == StatusCode.OK


def path_of(request: Message) -> str:
    return METHODS[request.DESCRIPTOR.full_name][0]


def reply_of(request: Message, answer: Answer) -> Any:
    """The reply as the message that it is."""
    reply = METHODS[request.DESCRIPTOR.full_name][1]()
    reply.ParseFromString(answer.reply)
    return reply


class Connection:
    """One client's own connection to a server."""

    def __init__(self, address: str) -> None:
        options = [("grpc.use_local_subchannel_pool", 1)]
        self._channel = grpc.aio.insecure_channel(address, options=options)

    async def call(self, request: Message, timeout_s: float = CALL_S_MAX) -> Answer | None:
        """None: it may have been done or not."""
        method: Any = self._channel.unary_unary(path_of(request))
        try:
            reply: bytes = await method(request.SerializeToString(), timeout=timeout_s)
        except grpc.aio.AioRpcError as error:
            if error.code() in NOT_A_VERDICT:
                return None
            if error.code() in FAULTS:
                raise Broken(f"{path_of(request)} answered {error.code()}: {error.details()}") from error
            return Answer(error.code(), b"", _reason(error))
        return Answer(StatusCode.OK, reply, "")

    async def ask(self, request: Message) -> Any:
        """The reply, which there must be."""
        answer = await self.call(request)
        if answer is None or not answer.done:
            raise Broken(f"{path_of(request)} was answered {answer} by a server that runs: {request}")
        return reply_of(request, answer)

    async def close(self) -> None:
        await self._channel.close()


def _reason(error: grpc.aio.AioRpcError) -> str:
    """The reject reason's name where there is one."""
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS and isinstance(value, bytes):
            for detail in Status.FromString(value).details:
                if detail.Is(ErrorInfo.DESCRIPTOR):
                    return str(ErrorInfo.FromString(detail.value).reason)
    return error.details() or ""
