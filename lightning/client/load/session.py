"""A session of a load: what is sent and answered is counted."""

import grpc
from grpc import StatusCode

from lightning.client import session
from lightning.client.load.flow import Rows
from lightning.client.load.tally import Tally

NO_COMMAND = -1


class SessionEnded(Exception):
    """Nothing more can be sent; the tally's errors say why."""


class Session:
    def __init__(self, channel: grpc.aio.Channel, tally: Tally) -> None:
        self._tally = tally
        self._session = session.Session(channel)
        self._end_is_noted = False

    async def send(self, rows: Rows) -> int:
        """How many of the rows were answered, once they were. The rows may change after the first await.

        Raises SessionEnded.
        """
        if self._session.is_over:
            raise SessionEnded
        self._tally.sent += len(rows)
        try:
            parts = await self._session.send(rows)
        except session.BatchRefused as error:
            self._tally.failed += len(rows)
            self._tally.add_error(f"batch refused: {error}")
            return 0
        except session.SessionEnded as end:
            self._note(end)
            if end.status is not None and end.status.code() == StatusCode.RESOURCE_EXHAUSTED:
                self._tally.shed += len(rows)
            raise SessionEnded from None
        last_command, answered = NO_COMMAND, 0
        for part in parts:
            last_command, count = self._tally.add_events(part, last_command)
            answered += count
        return answered

    async def close(self) -> None:
        """Send nothing more; what is not answered soon stays unanswered."""
        try:
            await self._session.close()
        except session.SessionEnded as end:
            self._note(end)

    def _note(self, end: session.SessionEnded) -> None:
        if not self._end_is_noted:
            self._end_is_noted = True
            self._tally.add_error(str(end))
