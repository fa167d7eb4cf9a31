"""kill -9 of the server at random moments under a mixed load, into the same directory, again and again."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from lightning.codes import CommandKind
from lightning.engine.journal import Batch
from lightning.pb.v1 import admin_pb2
from lightning.storage.directory import DirectoryNames
from lightning.storage.journal_reader import JournalReader
from lightning.storage.verify import verify
from tests.kills.broken import Broken, require
from tests.kills.calls import Connection
from tests.kills.diary import Diary
from tests.kills.flow import Flow, Mix
from tests.kills.judge import Judge, connected, require_conserved
from tests.kills.server import ServerProcess

CLIENTS = 6
REQUESTS_PER_CLIENT = 6
"""In flight on each client's connection."""
LOAD_S_MAX = 0.8
"""A kill comes within this time from the first request."""
STOPPING_S_MAX = 0.6


class Ending(Enum):
    KILL_UNDER_LOAD = "killed under load"
    KILL_IN_QUIET = "killed in quiet"
    KILL_WHILE_STOPPING = "killed while stopping"
    STOP = "stopped under load"


ENDINGS = (
    Ending.KILL_UNDER_LOAD,
    Ending.KILL_UNDER_LOAD,
    Ending.KILL_IN_QUIET,
    Ending.KILL_UNDER_LOAD,
    Ending.KILL_WHILE_STOPPING,
    Ending.KILL_UNDER_LOAD,
    Ending.KILL_UNDER_LOAD,
    Ending.STOP,
)
"""One after the other, over and over."""
STARTS_KILLED_EVERY = 4
RECOVERY_S_MAX = (0.0, 0.02, 0.1)


@dataclass
class Tally:
    acknowledged: int = 0
    unknown: int = 0
    kills: int = 0
    kills_while_starting: int = 0
    orders: int = 0
    trades: int = 0
    journal_files: int = 0
    snapshots: int = 0
    starts: str = ""


Say = Callable[[str], None]


class Rounds:
    def __init__(self, folder: Path, seed: int, say: Say) -> None:
        self.server = ServerProcess(folder)
        self.tally = Tally()
        self._rng = random.Random(seed)
        self._flow = Flow(self._rng, Mix.EVERYTHING)
        self._diary = Diary()
        self._judge = Judge(self._rng)
        self._hash: admin_pb2.GetStateHashResponse | None = None
        """Of a quiet moment just before the kill."""
        self._say = say

    async def run(self, count: int) -> Tally:
        """As many rounds as it takes for `count` kills, and a last start to judge. Raises Broken."""
        try:
            number = 0
            while self.tally.kills < count:
                await self._round(ENDINGS[number % len(ENDINGS)], number)
                number += 1
            await self._start_and_judge(everyone=True)
            self.server.terminate()
            require(await self.server.wait() == 0, f"the last stop failed:\n{self.server.tail()}")
            report = await asyncio.to_thread(verify, self.server.data)
            wrong = [finding for finding in report.findings if not finding.good]
            require(not wrong, f"lightning verify: {wrong}")
        finally:
            await self.server.close()
        books = self._judge.books
        self.tally.orders, self.tally.trades = len(books.orders), sum(books.trades.values())
        self.tally.journal_files, self.tally.snapshots = self.server.journal_files, self.server.snapshots
        self.tally.starts = self.server.starts
        return self.tally

    async def _round(self, ending: Ending, number: int) -> None:
        if number % STARTS_KILLED_EVERY == STARTS_KILLED_EVERY - 1:
            await self._kill_while_starting()
        await self._start_and_judge()
        if number == 0:
            await self._open_accounts()
        await self._load(ending)
        entries = self._diary.entries
        unknown = sum(entry.answer is None for entry in entries)
        self.tally.acknowledged += len(entries) - unknown
        self.tally.unknown += unknown
        self._say(
            f"round {number}: started in {self.server.start_seconds[-1]:.2f} s, {ending.value}; "
            f"{len(entries) - unknown:,} acknowledged, {unknown} unknown"
        )

    async def _kill_while_starting(self) -> None:
        await self.server.launch()
        await self.server.until_it_holds_the_directory()
        longest = self._rng.choice(RECOVERY_S_MAX)
        await asyncio.sleep(self._rng.uniform(0, longest))  # mostly before it answers
        self.tally.kills_while_starting += not self.server.answers
        self.server.kill()
        await self.server.wait()

    async def _start_and_judge(self, everyone: bool = False) -> None:
        await self.server.start()
        if self._hash is not None:
            async with connected(self.server.address) as connection:
                after = await connection.ask(admin_pb2.GetStateHashRequest())
            same = after == self._hash or self._only_time_passed(self._hash.seq)
            require(same, f"the state before the kill was\n{self._hash}and is now\n{after}")
            self._hash = None
        await self._judge.judge(self.server.address, self._diary.take(), everyone)

    def _only_time_passed(self, seq: int) -> bool:
        """Is there nothing behind `seq` but what fell due meanwhile?"""
        records = list(JournalReader(DirectoryNames(self.server.data)).records_from(seq + 1))
        return bool(records) and all(
            isinstance(record, Batch) and (record.rows["kind"] == CommandKind.TIMER).all()
            for record in records
        )

    async def _open_accounts(self) -> None:
        async with connected(self.server.address) as connection:
            for request in self._flow.opening():
                entry = self._diary.send(request)
                entry.answer = await connection.call(request)

    async def _load(self, ending: Ending) -> None:
        over = asyncio.Event()
        connections = [Connection(self.server.address) for _ in range(CLIENTS)]
        clients = [
            asyncio.create_task(self._client(connection, over))
            for connection in connections
            for _ in range(REQUESTS_PER_CLIENT)
        ]
        await asyncio.sleep(self._rng.uniform(0.05, LOAD_S_MAX))  # the random moment
        match ending:
            case Ending.KILL_UNDER_LOAD:
                self.server.kill()
            case Ending.KILL_IN_QUIET:
                over.set()
                await asyncio.gather(*clients)
                self._hash = await connections[0].ask(admin_pb2.GetStateHashRequest())
                self.server.kill()
            case Ending.KILL_WHILE_STOPPING:
                self.server.terminate()
                await asyncio.sleep(self._rng.uniform(0, STOPPING_S_MAX))
                self.server.kill()
            case Ending.STOP:
                self.server.terminate()
        code = await self.server.wait()
        over.set()
        await asyncio.gather(*clients)
        for connection in connections:
            await connection.close()
        if ending == Ending.STOP:
            require(code == 0, f"a stop under load ended with {code}:\n{self.server.tail()}")
        else:
            self.tally.kills += 1

    async def _client(self, connection: Connection, over: asyncio.Event) -> None:
        while not over.is_set():
            request = self._flow.next()
            entry = self._diary.send(request)
            entry.answer = await connection.call(request)
            if entry.answer is None:  # the server is gone, or going
                return
            self._flow.seen(request, entry.answer)
            if isinstance(request, admin_pb2.GetTotalsRequest):
                require_conserved(admin_pb2.GetTotalsResponse.FromString(entry.answer.reply))


def kill_rounds(folder: Path, count: int, seed: int, say: Say = print) -> Tally:
    """Raises Broken, with how to do the same again."""
    started = time.monotonic()
    say(f"seed {seed}, data in {folder}")
    try:
        tally = asyncio.run(Rounds(folder, seed, say).run(count))
    except Broken as error:
        raise Broken(
            f"{error}\n\nthe data directory is kept: {folder}\n"
            f"again: python -m tests.kills rounds --count {count} --seed {seed}"
        ) from error
    seconds = time.monotonic() - started
    say(
        f"{tally.kills} kills (and {tally.kills_while_starting} while starting) in {seconds:.0f} s: "
        f"{tally.acknowledged:,} requests acknowledged, {tally.unknown:,} unknown, "
        f"{tally.orders:,} orders, {tally.trades:,} trades: nothing lost, nothing twice; "
        f"{tally.journal_files} journal files; {tally.starts}"
    )
    return tally
