"""WebSocket frames that are made once and sent to many, where a message of ASGI is one frame to one."""

from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode

FRAMES = "frames"
"""A key of ASGI's `websocket.send`, in place of `text`: any number of whole frames, as they are."""


def text_frame(text: str) -> bytes:
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


class FramesProtocol(WebSocketsSansIOProtocol):
    async def send(self, message: Any) -> None:
        frames = message.get(FRAMES)
        if frames is None:
            if message["type"] == "websocket.close" and not self.writable.is_set():
                self.transport.abort()  # a close frame would wait behind what is not read
            else:
                await super().send(message)
            return
        await self.writable.wait()
        if self.disconnected or self.transport.is_closing():
            raise ClientDisconnected
        if not self.close_sent:
            self.transport.write(frames)
