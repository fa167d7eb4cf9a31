"""gRPC's methods called by HTTP, without a socket: same access rule, limits, deadline and refusals."""

from collections.abc import Sequence
from typing import Any, NoReturn

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc import StatusCode

from lightning.server.errors import Unavailable
from lightning.server.interceptors import Guard
from lightning.server.web.errors import HttpRefused, of_status

Metadata = Sequence[tuple[str, bytes]]


class CallContext:
    """What the layers of a Guard ask of grpc.aio.ServicerContext."""

    def __init__(self, peer: str) -> None:
        self.refused: HttpRefused | None = None
        self._peer = peer

    def peer(self) -> str:
        return self._peer

    def time_remaining(self) -> None:
        """No deadline of the client's own."""

    async def abort(self, code: StatusCode, message: str = "", metadata: Metadata = ()) -> NoReturn:
        self.refused = of_status(code, message, dict(metadata).get("grpc-status-details-bin"))
        raise grpc.aio.AbortError(message)


async def call(guard: Guard, method: MethodDescriptor, request: Message, peer: str) -> Message:
    """Raises HttpRefused."""
    context: Any = CallContext(peer)
    try:
        unary = guard.unary(f"/{method.containing_service.full_name}/{method.name}")
        answer = await unary(request.SerializeToString(), context)
    except Unavailable as error:
        raise HttpRefused(StatusCode.UNAVAILABLE, str(error)) from None
    except grpc.aio.AbortError:
        raise context.refused from None
    if isinstance(answer, bytes):
        return GetMessageClass(method.output_type).FromString(answer)
    message: Message = answer
    return message
