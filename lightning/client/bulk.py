"""Commands by the thousand through OrderEntry.Session, each acknowledged, whatever happens to the
connection.
"""

import asyncio
from collections import deque
from collections.abc import Iterator

import numpy as np

from lightning.client.bulk_result import RESULT, BulkResult, Rows, digest
from lightning.client.calls import Calls
from lightning.client.connection import FIRST_PAUSE_S, PAUSE_S_MAX, Connection
from lightning.client.errors import BadRequest, BulkInterrupted, ServerFault, error_of
from lightning.client.frames import Frame, commands_of, with_results
from lightning.client.session import BatchRefused, Session, SessionEnded
from lightning.client.values import SideLike
from lightning.codes import CommandFlag, CommandKind
from lightning.rows import COMMAND, EVENT

BATCH = 8_192
BATCHES_IN_FLIGHT = 6

Task = asyncio.Task[list[bytes]]


class BulkCalls(Calls):
    async def submit(
        self, commands: Rows, *, keep_events: bool = False, timeout: float | None = None
    ) -> BulkResult:
        """Send COMMAND rows in batches, in their order, and wait until each is answered.

        Rows without a once-only id get one: `client_order_id` of a PLACE, `request_id` of the others. So
        what is under way when the connection is lost is sent again, and done once.

        keep_events : return all EVENT rows, too
        timeout : seconds without an answer until it is given up
        Raises BulkInterrupted, which has what was answered; BadRequest for a batch that cannot be read.
        """
        if commands.dtype != COMMAND or commands.ndim != 1:
            raise BadRequest.of_field("commands", f"must be one array of COMMAND rows, not {commands.dtype}")
        return await self._submit(commands.copy(), keep_events, timeout)

    async def submit_orders(
        self,
        frame: Frame,
        *,
        account: int | None = None,
        symbol: int | str | None = None,
        side: SideLike | None = None,
        timeout: float | None = None,
    ) -> Frame:
        """Send the rows of a dataframe as orders and return it with what became of each beside it.

        frame : polars, pandas or Arrow; docs/client.md lists the columns, which are converted as a whole
        account, symbol, side : of all rows, in place of the columns of these names
        timeout : seconds without an answer until it is given up
        Returns a frame of the same kind. Raises BadRequest naming column and row, TypeError for columns of
        floats, BulkInterrupted with `frame`.
        """
        symbols = {one.symbol_id: one for one in await self._catalog.symbols()}
        currencies = {one.currency_id: one for one in await self._catalog.currencies()}
        constants = {"account": account, "symbol": symbol, "side": side}
        rows = commands_of(frame, symbols, currencies, constants)
        try:
            result = await self._submit(rows, False, timeout)
        except BulkInterrupted as error:
            error.frame = with_results(frame, error.result, symbols)
            raise
        return with_results(frame, result, symbols)

    async def _submit(self, rows: Rows, keep_events: bool, timeout: float | None) -> BulkResult:
        """The rows are kept, and get their ids."""
        place = rows["kind"] == CommandKind.PLACE
        for column, wants in (("client_order_id", place), ("request_id", ~place)):
            missing = np.flatnonzero(wants & (rows[column] == 0))
            rows[column][missing] = self._ids.take(len(missing)) + np.arange(len(missing))
        result = BulkResult(rows, np.zeros(len(rows), RESULT), np.zeros(0, EVENT))
        result.rows["once_id"] = np.where(place, rows["client_order_id"], rows["request_id"])
        seconds = self._connection.settings.timeout_s if timeout is None else timeout
        return await _Upload(self._connection, result, seconds, keep_events).run()


class _Upload:
    def __init__(
        self, connection: Connection, result: BulkResult, timeout_s: float, keep_events: bool
    ) -> None:
        self._connection = connection
        self._result = result
        self._timeout_s = timeout_s
        self._events: list[Rows] | None = [] if keep_events else None
        self._batches = list(batches_of(result.commands))
        self._answered = 0
        """Batches."""

    async def run(self) -> BulkResult:
        pause_s = FIRST_PAUSE_S
        now = asyncio.get_running_loop().time
        ends = now() + self._timeout_s
        while self._answered < len(self._batches):
            before = self._answered
            session = Session(self._connection.channel, self._connection.metadata)
            try:
                await self._feed(session)
                await session.close()
            except TimeoutError as error:
                raise self._interrupted("no answer") from error
            except BatchRefused as refusal:
                raise BadRequest(str(refusal)) from refusal
            except SessionEnded as end:
                if not end.is_cut_off:
                    fault = ServerFault(str(end)) if end.status is None else error_of(end.status)
                    raise fault from end
                if self._answered > before:
                    pause_s, ends = FIRST_PAUSE_S, now() + self._timeout_s
                if now() + pause_s >= ends:
                    raise self._interrupted(str(end)) from end
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, PAUSE_S_MAX)
            finally:
                session.cancel()
        if self._events is None:
            return self._result
        return BulkResult(self._result.commands, self._result.rows, np.concatenate(self._events))

    async def _feed(self, session: Session) -> None:
        """All batches that are not answered. Raises TimeoutError: no answer came for too long."""
        under_way: deque[Task] = deque()
        unsent = iter(self._batches[self._answered :])
        try:
            while True:
                for start, end in unsent:
                    sending = session.send(self._result.commands[start:end])
                    under_way.append(asyncio.ensure_future(sending))
                    if len(under_way) == BATCHES_IN_FLIGHT:
                        break
                if not under_way:
                    return
                async with asyncio.timeout(self._timeout_s):
                    parts = await under_way[0]
                under_way.popleft()
                self._take(parts)
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    def _take(self, parts: list[bytes]) -> None:
        start, end = self._batches[self._answered]
        events: Rows = np.frombuffer(b"".join(parts) if len(parts) > 1 else parts[0], EVENT)
        digest(self._result.commands[start:end], events, self._result.rows[start:end])
        if self._events is not None:
            events = events.copy()
            events["command"] += start
            self._events.append(events)
        self._answered += 1

    def _interrupted(self, why: str) -> BulkInterrupted:
        answered = int(np.count_nonzero(self._result.rows["acknowledged"]))
        return BulkInterrupted(
            f"{answered:,} of {len(self._result):,} commands were answered, then for {self._timeout_s:g} s "
            f"none: {why}. The others may have been done or not",
            self._result,
        )


def batches_of(commands: Rows) -> Iterator[tuple[int, int]]:
    """Begin and end of each; what must be done together is in one."""
    start, count = 0, len(commands)
    while start < count:
        end = min(start + BATCH, count)
        while end < count and _together(commands, end):
            end += 1
        yield start, end
        start = end


def _together(commands: Rows, at: int) -> bool:
    """Must this row be in one batch with the one before?"""
    before, here = commands[at - 1], commands[at]
    linked = before["kind"] == CommandKind.TRANSFER and before["flags"] & CommandFlag.LINKED
    paired = here["kind"] == CommandKind.PLACE and here["flags"] & CommandFlag.ONE_CANCELS_OTHER
    return bool(linked or paired)
