"""Replies are lost, the server is killed, and clients send the same again until they have an answer."""

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.message import Message

from tests.kills.broken import Broken, require
from tests.kills.calls import Connection
from tests.kills.diary import Diary, Entry
from tests.kills.flow import Flow, Mix
from tests.kills.judge import Judge
from tests.kills.proxy import LossyProxy
from tests.kills.rounds import Say
from tests.kills.server import ServerProcess

CLIENTS = 24
LOSS = 0.3
ANSWERS_BETWEEN_KILLS = (200, 600)
CALL_S_MAX = 1.0
"""Short: a client gives up while the server still works, and sends the same again."""
ANSWERED_S_MAX = 300.0
"""Within this time a request must have got its answer, kills and all."""
JUDGED_EVERY = 20_000
"""Requests after which the load pauses and the books are compared."""


@dataclass
class Tally:
    requests: int = 0
    attempts: int = 0
    lost: int = 0
    kills: int = 0
    orders: int = 0
    trades: int = 0
    starts: str = ""


class LostAnswers:
    def __init__(self, folder: Path, seed: int, say: Say) -> None:
        self.server = ServerProcess(folder)
        self.tally = Tally()
        self._rng = random.Random(seed)
        self._flow = Flow(self._rng, Mix.ONLY_WITH_IDS)
        self._diary = Diary()
        self._judge = Judge(self._rng)
        self._proxy = LossyProxy(self._rng, LOSS, self._count_answer)
        self._up = asyncio.Event()
        self._answers_to_kill = self._rng.randint(*ANSWERS_BETWEEN_KILLS)
        self._say = say

    async def run(self, count: int) -> Tally:
        keeper = asyncio.create_task(self._keep_serving())
        work = asyncio.create_task(self._work(count))
        try:
            await asyncio.wait({keeper, work}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                await keeper  # it ends only by failing
            await work
            keeper.cancel()
            self.server.terminate()
            require(await self.server.wait() == 0, f"the last stop failed:\n{self.server.tail()}")
        finally:
            keeper.cancel()
            work.cancel()
            await self._proxy.close()
            await self.server.close()
        books = self._judge.books
        self.tally.orders, self.tally.trades = len(books.orders), sum(books.trades.values())
        self.tally.lost, self.tally.starts = self._proxy.lost, self.server.starts
        return self.tally

    async def _work(self, count: int) -> None:
        await self._proxy.start()
        await self._send(iter(self._flow.opening()))
        for first in range(0, count, JUDGED_EVERY):
            await self._send(self._flow.next() for _ in range(min(JUDGED_EVERY, count - first)))
            await self._compare(everyone=first + JUDGED_EVERY >= count)

    def _count_answer(self) -> None:
        """The server has just answered: by now and then it dies at such a moment, with others under way."""
        self._answers_to_kill -= 1
        if self._answers_to_kill == 0:
            self._answers_to_kill = self._rng.randint(*ANSWERS_BETWEEN_KILLS)
            if self._up.is_set():
                self._up.clear()
                self.tally.kills += 1
                self.server.kill()

    async def _keep_serving(self) -> None:
        while True:
            await self.server.start()
            await self._proxy.connect(self.server.address)
            self._up.set()
            code = await self.server.ended()
            require(not self._up.is_set(), f"the server ended by itself with {code}:\n{self.server.tail()}")

    async def _send(self, requests: Iterator[Message]) -> None:
        """All of them, each until it is answered."""

        async def client() -> None:
            connection = Connection(self._proxy.address)
            for request in requests:
                entry = self._diary.send(request)
                async with asyncio.timeout(ANSWERED_S_MAX):
                    await self._until_answered(connection, entry)
            await connection.close()

        await asyncio.gather(*(client() for _ in range(CLIENTS)))

    async def _until_answered(self, connection: Connection, entry: Entry) -> None:
        while entry.answer is None:
            await self._up.wait()
            self.tally.attempts += 1
            entry.answer = await connection.call(entry.request, CALL_S_MAX)
        self.tally.requests += 1
        self._flow.seen(entry.request, entry.answer)

    async def _compare(self, everyone: bool) -> None:
        """The books, directly, after one more kill in quiet."""
        self._up.clear()
        self.server.kill()
        await self._up.wait()
        await self._judge.judge(self.server.address, self._diary.take(), everyone)
        self._say(
            f"{self.tally.requests:,} requests in {self.tally.attempts:,} attempts, "
            f"{self._proxy.lost:,} replies lost, {self.tally.kills} kills: the books agree"
        )


def lost_answers(folder: Path, requests: int, seed: int, say: Say = print) -> Tally:
    """Raises Broken, with how to do the same again."""
    started = time.monotonic()
    say(f"seed {seed}, data in {folder}")

    async def run() -> Tally:
        return await LostAnswers(folder, seed, say).run(requests)

    try:
        tally = asyncio.run(run())
    except Broken as error:
        raise Broken(
            f"{error}\n\nthe data directory is kept: {folder}\n"
            f"again: python -m tests.kills proxy --requests {requests} --seed {seed}"
        ) from error
    seconds = time.monotonic() - started
    say(
        f"{tally.requests:,} requests in {tally.attempts:,} attempts and {seconds:.0f} s, "
        f"{tally.lost:,} replies lost, {tally.kills} kills under way: "
        f"{tally.orders:,} orders, {tally.trades:,} trades, each effect once; {tally.starts}"
    )
    return tally
