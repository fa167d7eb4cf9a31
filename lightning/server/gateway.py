"""The event loop's door to the sequencer.

What is submitted in one turn of the loop is handed over as one array, and what comes back
in one delivery wakes the loop once: no thread, lock or wake-up per order. While many commands are under
way, those that come are gathered for a little longer: whoever waits for a commit can as well wait together.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar, overload

import numpy as np

from lightning.codes import CommandKind, EventFlag
from lightning.engine.changes import (
    Change,
    ChangeRefused,
    CreateCurrency,
    CreateSymbol,
    DeleteCurrency,
    DeleteSymbol,
    UpdateCurrency,
    UpdateSymbol,
)
from lightning.engine.durable_gate import Outcome
from lightning.engine.exchange import Exchange
from lightning.engine.sequencer import Sequencer, Stopped
from lightning.instruments import Currency, Symbol
from lightning.rows import COMMAND, Command, Event
from lightning.server.errors import Unavailable

T = TypeVar("T")
CONSEQUENCE = int(EventFlag.CONSEQUENCE)
"""As a plain int: looked at for every row."""


class Reply(NamedTuple):
    """What one command did itself, without what it set off or what was due before it; at least one event."""

    events: list[Event]
    seq: int
    """Of the command that did it: the first one, where this answer is given again."""
    time_ns: int


class Answer(NamedTuple, Generic[T]):
    """What one query read, and as of when."""

    value: T
    seq: int
    time_ns: int


class Catalog(NamedTuple):
    """Everything that is traded, by id; never changed, only replaced."""

    currencies: Mapping[int, Currency]
    symbols: Mapping[int, Symbol]


def read_catalog(exchange: Exchange) -> Catalog:
    return Catalog(dict(exchange.currencies), dict(exchange.symbols))


Read = Callable[[Exchange], object]
"""Runs on the engine thread between batches; what it returns belongs to the caller."""


GATHER_S_EACH = 0.0003
"""How long commands are gathered, for each that is under way."""
GATHER_S_MAX = 0.004
IN_TICKS_AND_LOTS = (CommandKind.PLACE, CommandKind.AMEND)


class Gateway:
    """Belongs to the event loop that it is made in."""

    def __init__(self, sequencer: Sequencer, catalog: Catalog) -> None:
        self.catalog = catalog
        self._sequencer = sequencer
        self._loop = asyncio.get_running_loop()
        self._commands: list[Command] = []
        self._replies: list[asyncio.Future[Reply]] = []
        self._under_way = 0
        """Commands handed over and not answered yet."""
        self._reads: list[Read] = []
        self._answers: list[asyncio.Future[Answer[Any]]] = []
        self._moving: list[int] = []
        """Symbols of which it is open what prices and quantities mean."""

    def now_ns(self) -> int:
        """The clock as commands see it: never behind one that was sequenced."""
        return max(time.time_ns(), self._sequencer.time_ns)

    @property
    def time_ns(self) -> int:
        """Of the last command or query; within a `Read`: of the query that it is part of."""
        return self._sequencer.time_ns

    async def submit(self, command: Command) -> Reply:
        return await self.send(command)

    async def submit_together(self, commands: Sequence[Command]) -> list[Reply]:
        """Their seqs follow each other, with nothing between."""
        return await asyncio.gather(*[self.send(command) for command in commands])

    def send(self, command: Command) -> "asyncio.Future[Reply]":
        """`submit` for those who do not wait: it is done whatever becomes of the caller.

        Raises Unavailable.
        """
        if self._moving and command.symbol in self._moving and command.kind in IN_TICKS_AND_LOTS:
            raise Unavailable("Nothing was done: the symbol is being changed")
        if not self._commands:
            wait_s = min(self._under_way * GATHER_S_EACH, GATHER_S_MAX)
            self._loop.call_later(wait_s, self._hand_over_commands)
        reply: asyncio.Future[Reply] = self._loop.create_future()
        self._commands.append(command)
        self._replies.append(reply)
        return reply

    def submit_rows(self, rows: np.ndarray) -> "asyncio.Future[Outcome]":
        """COMMAND rows, as `Sequencer.submit` takes them; it is done whatever becomes of the caller.

        The outcome has the events of all of them. Raises Unavailable.
        """
        done: asyncio.Future[Outcome] = self._loop.create_future()
        try:
            self._sequencer.submit(rows, partial(self._deliver, self._on_rows, done))
        except Stopped as error:
            raise _unavailable(error) from None
        return done

    async def query(self, read: Callable[[Exchange], T], quick: bool = False) -> Answer[T]:
        """quick : it takes microseconds, whatever the exchange holds; it may be done on this thread"""
        if quick and not self._commands and not self._reads:
            now = self._sequencer.query_now(read)
            if now is not None:
                return Answer(now.value, now.seq, now.time_ns)
        answer: asyncio.Future[Answer[T]] = self._loop.create_future()
        if not self._reads:
            self._loop.call_soon(self._hand_over_reads)
        self._reads.append(read)
        self._answers.append(answer)
        return await answer

    @overload
    async def change(self, change: CreateCurrency | UpdateCurrency) -> Currency: ...
    @overload
    async def change(self, change: CreateSymbol | UpdateSymbol) -> Symbol: ...
    @overload
    async def change(self, change: DeleteCurrency | DeleteSymbol) -> None: ...

    async def change(self, change: Change) -> Currency | Symbol | None:
        """Apply an admin change; `catalog` shows it when this returns, also where the caller gave up waiting.

        Raises ChangeRefused.
        """
        return await asyncio.shield(self._loop.create_task(self._change(change)))

    async def _change(self, change: Change) -> Currency | Symbol | None:
        """What was converted is sequenced before it; nothing is converted by a catalog that is going."""
        moving = [change.id] if isinstance(change, UpdateSymbol) and _moves(change, self.catalog) else []
        if moving and self._commands:
            self._hand_over_commands()
        self._moving += moving
        done: asyncio.Future[Currency | Symbol | None] = self._loop.create_future()
        try:
            self._sequencer.change(change, partial(self._deliver, self._on_changed, done))
            changed = await done
            self.catalog = (await self.query(read_catalog)).value
        except Stopped as error:
            raise _unavailable(error) from None
        finally:
            for symbol in moving:
                self._moving.remove(symbol)
        return changed

    def _hand_over_commands(self) -> None:
        commands, replies = self._commands, self._replies
        self._commands, self._replies = [], []
        if not commands:  # they went before a change
            return
        rows = np.array(commands, dtype=COMMAND)
        try:
            self._sequencer.submit(rows, partial(self._deliver, self._on_events, replies))
            self._under_way += len(rows)
        except Stopped as error:
            _fail(replies, _unavailable(error))

    def _hand_over_reads(self) -> None:
        reads, answers = self._reads, self._answers
        self._reads, self._answers = [], []
        try:
            self._sequencer.query(partial(_read_all, reads), partial(self._deliver, self._on_values, answers))
        except Stopped as error:
            _fail(answers, _unavailable(error))

    def _deliver(self, receive: Callable[[T, Outcome], None], waiting: T, outcome: Outcome) -> None:
        """On another thread: the one wake-up of the loop per delivery."""
        self._loop.call_soon_threadsafe(receive, waiting, outcome)

    def _on_events(self, replies: Sequence["asyncio.Future[Reply]"], outcome: Outcome) -> None:
        self._under_way -= len(replies)
        if outcome.error is not None:
            _fail(replies, _unavailable(outcome.error))
            return
        per_command: list[list[Event]] = [[] for _ in replies]
        for row in outcome.value.tolist():
            event = Event._make(row)
            if not event.flags & CONSEQUENCE:
                per_command[event.command].append(event)
        for reply, events in zip(replies, per_command, strict=True):
            if not reply.done():  # its caller gave up waiting
                reply.set_result(Reply(events, events[0].seq, outcome.time_ns))

    def _on_rows(self, done: "asyncio.Future[Outcome]", outcome: Outcome) -> None:
        if outcome.error is not None:
            _fail([done], _unavailable(outcome.error))
        elif not done.done():
            done.set_result(outcome)

    def _on_values(self, answers: Sequence["asyncio.Future[Answer[Any]]"], outcome: Outcome) -> None:
        if outcome.error is not None:
            _fail(answers, _unavailable(outcome.error))
            return
        for answer, (value, error) in zip(answers, outcome.value, strict=True):
            if answer.done():
                continue
            if error is None:
                answer.set_result(Answer(value, outcome.seq, outcome.time_ns))
            else:
                answer.set_exception(error)

    def _on_changed(self, done: "asyncio.Future[Currency | Symbol | None]", outcome: Outcome) -> None:
        if outcome.error is not None:
            refused = isinstance(outcome.error, ChangeRefused)
            _fail([done], outcome.error if refused else _unavailable(outcome.error))
        elif not done.done():
            done.set_result(outcome.value)


def _moves(change: UpdateSymbol, catalog: Catalog) -> bool:
    """Does the symbol get, if it may, other currencies or steps?"""
    symbol = catalog.symbols.get(change.id)
    if symbol is None:
        return False
    pairs = (
        (change.base, symbol.base.id),
        (change.quote, symbol.quote.id),
        (change.terms.tick, symbol.tick),
        (change.terms.lot, symbol.lot),
    )
    return any(new is not None and new != old for new, old in pairs)


def _read_all(reads: Sequence[Read], exchange: Exchange) -> list[tuple[object, Exception | None]]:
    """Every read's value or exception: one that fails spoils no other."""
    results: list[tuple[object, Exception | None]] = []
    for read in reads:
        try:
            results.append((read(exchange), None))
        except Exception as error:
            results.append((None, error))
    return results


def _unavailable(cause: BaseException) -> Unavailable:
    error = Unavailable()
    error.__cause__ = cause
    return error


def _fail(waiting: Sequence["asyncio.Future[Any]"], error: BaseException) -> None:
    for future in waiting:
        if not future.done():
            future.set_exception(error)
