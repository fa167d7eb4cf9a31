"""The bank: clients trade and transfer, readers add up all the time, the server is killed under them."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from lightning.pb.v1 import accounts_pb2, admin_pb2
from tests.kills.bookkeeping import units
from tests.kills.broken import Broken, require
from tests.kills.calls import Connection, reply_of
from tests.kills.diary import Diary
from tests.kills.flow import Flow, Mix
from tests.kills.judge import Judge, connected, require_conserved
from tests.kills.markets import ACCOUNTS
from tests.kills.rounds import Say
from tests.kills.server import ServerProcess

CLIENTS = 16
READERS = 2
"""Of totals, and as many of accounts."""
ALIVE_S = (2.0, 6.0)
"""From the first request after a start to the next kill."""


@dataclass
class Tally:
    requests: int = 0
    reads: int = 0
    kills: int = 0
    trades: int = 0
    starts: str = ""


class Bank:
    def __init__(self, folder: Path, seed: int, say: Say) -> None:
        self.server = ServerProcess(folder)
        self.tally = Tally()
        self._rng = random.Random(seed)
        self._flow = Flow(self._rng, Mix.BANK)
        self._diary = Diary()
        self._judge = Judge(self._rng)
        self._up = asyncio.Event()
        self._over = False
        self._seq_shown = 0
        """The highest that any read has shown: a crash takes nothing back."""
        self._say = say

    async def run(self, seconds: float) -> Tally:
        """Raises Broken."""
        end = time.monotonic() + seconds
        readers: list[asyncio.Task[None]] = []
        try:
            await self._open()
            for _ in range(READERS):
                readers.append(asyncio.create_task(self._read_totals()))
                readers.append(asyncio.create_task(self._read_accounts()))
            while time.monotonic() < end:
                await self._live_and_die(min(self._rng.uniform(*ALIVE_S), end - time.monotonic()))
                for reader in readers:
                    if reader.done():
                        await reader
            self._over = True
            await asyncio.gather(*readers)
            self.server.terminate()
            require(await self.server.wait() == 0, f"the last stop failed:\n{self.server.tail()}")
        finally:
            for reader in readers:
                reader.cancel()
            await self.server.close()
        self.tally.trades = sum(self._judge.books.trades.values())
        self.tally.starts = self.server.starts
        return self.tally

    async def _open(self) -> None:
        await self._start()
        async with connected(self.server.address) as connection:
            for request in self._flow.opening():
                entry = self._diary.send(request)
                entry.answer = await connection.call(request)

    async def _start(self) -> None:
        await self.server.start()
        self._up.set()
        await self._judge.judge(self.server.address, self._diary.take())

    async def _live_and_die(self, seconds: float) -> None:
        connections = [Connection(self.server.address) for _ in range(CLIENTS)]
        clients = [asyncio.create_task(self._client(connection)) for connection in connections]
        await asyncio.sleep(seconds)  # the random moment
        self._up.clear()
        self.server.kill()
        self.tally.kills += 1
        await asyncio.gather(*clients)
        await self.server.wait()
        for connection in connections:
            await connection.close()
        self._say(
            f"kill {self.tally.kills}: {self.tally.requests:,} requests, {self.tally.reads:,} reads, "
            f"started in {self.server.start_seconds[-1]:.2f} s"
        )
        await self._start()

    async def _client(self, connection: Connection) -> None:
        while self._up.is_set():
            request = self._flow.next()
            entry = self._diary.send(request)
            entry.answer = await connection.call(request)
            if entry.answer is None:
                return
            self.tally.requests += 1
            self._flow.seen(request, entry.answer)

    async def _read_totals(self) -> None:
        first: dict[int, tuple[str, str]] = {}

        def check(reply: admin_pb2.GetTotalsResponse) -> None:
            require_conserved(reply)
            for total in reply.totals:
                moved = (total.deposited, total.withdrawn)
                require(first.setdefault(total.currency_id, moved) == moved, f"money came or went:\n{reply}")

        await self._read(admin_pb2.GetTotalsRequest, check)

    async def _read_accounts(self) -> None:
        def check(account: accounts_pb2.Account) -> None:
            for one in account.balances:
                available, held = units(one.available), units(one.held)
                require(available >= 0 and held >= 0, f"negative at seq {account.seq}:\n{account}")
                require(
                    available + held == units(one.total), f"not the total at seq {account.seq}:\n{account}"
                )

        def request() -> accounts_pb2.GetAccountRequest:
            return accounts_pb2.GetAccountRequest(account_id=self._rng.choice(ACCOUNTS))

        await self._read(request, check)

    async def _read(self, request_of: Callable[[], Message], check: Callable[[Any], None]) -> None:
        """All the time, whoever is killed meanwhile."""
        connection, address = Connection(self.server.address), self.server.address
        while not self._over:
            await self._up.wait()
            if address != self.server.address:
                await connection.close()
                connection, address = Connection(self.server.address), self.server.address
            shown = self._seq_shown
            request = request_of()
            answer = await connection.call(request)
            if answer is None:
                continue
            reply = reply_of(request, answer)
            require(answer.done and reply.seq >= shown, f"seq {shown} was shown, and then {answer}:\n{reply}")
            self._seq_shown = max(self._seq_shown, reply.seq)
            check(reply)
            self.tally.reads += 1
        await connection.close()


def bank(folder: Path, seconds: float, seed: int, say: Say = print) -> Tally:
    """Raises Broken, with how to do the same again."""
    say(f"seed {seed}, data in {folder}")

    async def run() -> Tally:
        return await Bank(folder, seed, say).run(seconds)

    try:
        tally = asyncio.run(run())
    except Broken as error:
        raise Broken(
            f"{error}\n\nthe data directory is kept: {folder}\n"
            f"again: python -m tests.kills bank --seconds {seconds:g} --seed {seed}"
        ) from error
    say(
        f"{seconds:g} s, {tally.kills} kills: {tally.requests:,} requests, {tally.trades:,} trades, "
        f"money conserved and nothing negative at each of {tally.reads:,} reads; {tally.starts}"
    )
    return tally
