"""A real server process on one data directory: started, killed, and started again."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from lightning.client.own_server import LISTENING
from tests.kills.broken import Broken

CONFIG = """
[[currency]]
id = 1
name = "BTC"
scale = 8
[[currency]]
id = 2
name = "USDT"
scale = 8
[[currency]]
id = 3
name = "ETH"
scale = 8
[[symbol]]
id = 1
name = "BTC-USDT"
base = "BTC"
quote = "USDT"
tick = "0.01"
lot = "0.000001"
maker_fee_ppm = -100
taker_fee_ppm = 750
[[symbol]]
id = 2
name = "ETH-USDT"
base = "ETH"
quote = "USDT"
tick = "0.01"
lot = "0.00001"
maker_fee_ppm = 20
taker_fee_ppm = 333
[[symbol]]
id = 3
name = "ETH-BTC"
base = "ETH"
quote = "BTC"
tick = "0.000001"
lot = "0.01"
[storage]
journal_file_bytes = 65_536
snapshot_commands = 400
snapshot_seconds = 2
snapshots_kept = 2
"""
"""Snapshots and new journal files all the time; fees and rebates."""

START_S_MAX = 120.0
"""Also for compiling the kernels."""
STOP_S_MAX = 60.0
POLL_S = 0.001


class ServerProcess:
    """One server at a time; `address` is where the running one answers."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.address = ""
        self.start_seconds: list[float] = []
        """From each spawn to `listening`."""
        self._log = folder / "server.log"
        self._config = folder / "server.toml"
        self._config.write_text(CONFIG, encoding="utf-8")
        self._process: asyncio.subprocess.Process | None = None
        self._output: asyncio.Task[None] | None = None
        self._listening: asyncio.Future[str] | None = None
        self._spawned = 0.0

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Returns when it answers."""
        await self.launch()
        assert self._listening is not None
        async with asyncio.timeout(START_S_MAX):
            self.address = await self._listening
        if not self.address:
            raise Broken(
                f"the server ended with exit code {await self.wait()} before it answered:\n{self.tail()}"
            )
        self.start_seconds.append(time.monotonic() - self._spawned)

    async def launch(self) -> None:
        """Returns at once. The one before must have ended."""
        assert self._process is None or self._process.returncode is not None
        command = [sys.executable, "-m", "lightning", "serve", "--config", str(self._config)]
        command += ["--data", str(self.data), "--host", "127.0.0.1", "--port", "0", "--no-http"]
        self._spawned = time.monotonic()
        self._process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        self._listening = asyncio.get_running_loop().create_future()
        self._output = asyncio.create_task(self._follow(self._process, self._listening))

    async def until_it_holds_the_directory(self) -> None:
        """Or has ended, or answers already: from here on it recovers."""
        descriptors = Path(f"/proc/{self.pid}/fd")
        async with asyncio.timeout(START_S_MAX):
            while not self.answers and not _opens(descriptors, self.data):
                await asyncio.sleep(POLL_S)

    @property
    def starts(self) -> str:
        """How long they took."""
        longest, shortest = max(self.start_seconds), min(self.start_seconds)
        return f"{len(self.start_seconds)} starts took {shortest:.2f} s to {longest:.2f} s"

    @property
    def journal_files(self) -> int:
        """As many as were ever begun."""
        return max((int(path.stem) for path in (self.data / "journal").glob("*.sqlite")), default=0)

    @property
    def snapshots(self) -> int:
        """As many as are kept."""
        return len([path for path in (self.data / "snapshots").glob("*") if path.name.isdigit()])

    @property
    def answers(self) -> bool:
        """Has it come so far?"""
        return self._listening is not None and self._listening.done()

    def kill(self) -> None:
        """kill -9."""
        self._signal(signal.SIGKILL)

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    async def wait(self) -> int:
        """Until the process, which is to end, is gone; its exit code."""
        async with asyncio.timeout(STOP_S_MAX):
            return await self.ended()

    async def ended(self) -> int:
        """However long it lives."""
        assert self._process is not None and self._output is not None
        code = await self._process.wait()
        await asyncio.shield(self._output)
        return code

    async def close(self) -> None:
        """Leave nothing behind, whatever happened before."""
        if self._process is not None:
            self.kill()
            await self.wait()

    def tail(self) -> str:
        """The last that the server said."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)

    async def _follow(self, process: asyncio.subprocess.Process, listening: asyncio.Future[str]) -> None:
        assert process.stdout is not None
        with self._log.open("ab", buffering=0) as log:
            async for line in process.stdout:
                log.write(line)
                text = line.decode(errors="replace")
                if text.startswith(LISTENING):
                    listening.set_result(text.removeprefix(LISTENING).strip())
        if not listening.done():
            listening.set_result("")


def _opens(descriptors: Path, folder: Path) -> bool:
    """Does a process, by its list of descriptors, have a file in `folder` open?"""
    try:
        return any(os.readlink(one).startswith(f"{folder}/") for one in descriptors.iterdir())
    except OSError:  # the process, or the descriptor, has just gone
        return False
