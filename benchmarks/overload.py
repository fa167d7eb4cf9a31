"""Ten times too much for a server of its own, for a minute: unary calls, then sessions.

    ./run bench overload

The server is durable, in a process of its own on this machine; this process is the client. First the peak,
closed loop; then calls that are due at ten times that rate whatever becomes of them, and ten times as many
rows in flight as one session needs. What the client cannot send in time, on the same cores, is told.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks.durability import scratch
from benchmarks.overload_calls import Overloaded, overload_calls
from benchmarks.process import resident_bytes
from lightning.client.load.checks import state_hash
from lightning.client.load.config import config_text
from lightning.client.load.result import PhaseResult, Settings, StreamResult
from lightning.client.load.run import run_load
from lightning.client.own_server import Serving, own_durable_server

SECONDS = 60.0
PEAK_SECONDS = 10.0
TIMES = 10
CALLS_IN_FLIGHT = 64
"""At the peak."""
CALLS_IN_FLIGHT_MAX = 15_000
"""In the overload. More than `requests_in_flight_max` of the server."""
CONNECTIONS = 8
ACCOUNTS = 1_000
GOODPUT_MIN = 0.8
LOOK_S = 0.5
STOP_S_MAX = 300.0


class Memory:
    """What a process had in RAM, from time to time."""

    def __init__(self) -> None:
        self.bytes: list[int] = []

    @property
    def parts(self) -> list[int]:
        """At the beginning, after a quarter, half, three quarters and at the end."""
        return [self.bytes[(len(self.bytes) - 1) * quarter // 4] for quarter in range(5)]


@contextmanager
def watched(pid: int) -> Iterator[Memory]:
    memory, over = Memory(), threading.Event()

    def look() -> None:
        memory.bytes.append(resident_bytes(pid))
        while not over.wait(LOOK_S):
            memory.bytes.append(resident_bytes(pid))
        memory.bytes.append(resident_bytes(pid))

    thread = threading.Thread(target=look, name="memory")
    thread.start()
    try:
        yield memory
    finally:
        over.set()
        thread.join()


class Calls(NamedTuple):
    peak_per_s: float
    overloaded: Overloaded
    memory: Memory
    journaled: int
    """Commands that the server has taken meanwhile."""

    @property
    def goodput(self) -> float:
        return self.overloaded.in_time / self.overloaded.seconds / self.peak_per_s

    @property
    def accounted(self) -> bool:
        """Every call has a status; every OK is a command; no other command is there but for unknown ends."""
        given = self.overloaded
        others = sum(given.others.values())
        sure = given.setup_commands + given.ok + given.probes_ok
        counted = given.ok + given.refused + others + given.probes_ok + given.probes_refused
        return counted == given.sent + given.probes and sure <= self.journaled <= sure + others


class Sessions(NamedTuple):
    peak: StreamResult
    overloaded: StreamResult
    memory: Memory
    journaled: int
    setup_commands: int

    @property
    def goodput(self) -> float:
        return self.overloaded.per_s / self.peak.per_s

    @property
    def accounted(self) -> bool:
        """Every row that was sent is answered, and is a command."""
        one, many = self.peak, self.overloaded
        all_answered = one.sent == one.answered and many.sent == many.answered
        return all_answered and self.journaled == self.setup_commands + one.answered + many.answered


@contextmanager
def server(directory: Path) -> Iterator[Serving]:
    with scratch(directory) as path:
        config = path / "overload.toml"
        config.write_text(config_text(), encoding="utf-8")
        with own_durable_server(path / "data", config, stop_timeout_s=STOP_S_MAX) as serving:
            yield serving


def load(serving: Serving, work: str, seconds: float, sessions: int) -> tuple[StreamResult, int]:
    """Closed loop; what came of it, and the commands that were sent to prepare it."""
    settings = Settings(
        work=work,
        seconds=seconds,
        rate=None,
        in_flight=CALLS_IN_FLIGHT if work == "unary" else None,
        batch=None,
        sessions=sessions,
        accounts=ACCOUNTS,
        connections=CONNECTIONS if work == "unary" else sessions,
        data=None,
    )
    done = run_load(serving.address, settings, serving.pid, lambda what, passed, of: None)
    phase: PhaseResult = done.phases[0]
    return phase.streams[0], done.setup_commands


def measure_calls(directory: Path) -> Calls:
    with server(directory) as serving:
        peak, _ = load(serving, "unary", PEAK_SECONDS, 1)
        before = state_hash(serving.address).seq
        with watched(serving.pid) as memory:
            overloaded = overload_calls(
                serving.address, TIMES * peak.per_s, SECONDS, CONNECTIONS, CALLS_IN_FLIGHT_MAX
            )
        return Calls(peak.per_s, overloaded, memory, state_hash(serving.address).seq - before)


def measure_sessions(directory: Path) -> Sessions:
    with server(directory) as serving:
        before = state_hash(serving.address).seq
        peak, setup = load(serving, "session", PEAK_SECONDS, 1)
        with watched(serving.pid) as memory:
            overloaded, more = load(serving, "session", SECONDS, TIMES)
        return Sessions(peak, overloaded, memory, state_hash(serving.address).seq - before, setup + more)


def calls_table(measured: Calls) -> Table:
    given, peak = measured.overloaded, measured.peak_per_s
    table = Table(
        "PlaceOrder", title=f"{TIMES} times too many calls, {given.seconds:.0f} s", title_justify="left"
    )
    table.add_column("", justify="right")
    table.add_column("a second", justify="right")

    def line(name: str, count: int) -> None:
        table.add_row(name, f"{count:,}", f"{count / given.seconds:,.0f}")

    table.add_row(f"peak, {CALLS_IN_FLIGHT} in flight", "", f"{peak:,.0f}")
    line("due", given.due)
    line(f"sent ({given.sent / given.seconds / peak:.1f} times the peak)", given.sent)
    line("OK, while it lasted", given.in_time)
    line("OK, in all", given.ok)
    line("RESOURCE_EXHAUSTED", given.refused)
    for name, count in sorted(given.others.items()):
        line(name, count)
    for name in ("p50", "p99", "max"):
        table.add_row(f"of what was OK, {name}", f"{given.latency_us.get(name, 0) / 1e3:,.1f} ms", "")
    return table


def sessions_table(measured: Sessions) -> Table:
    title = f"{TIMES} sessions with {TIMES} times the rows in flight, {measured.overloaded.seconds:.0f} s"
    table = Table("sessions", title=title, title_justify="left")
    for name in ("rows in flight", "commands/s", "sent", "answered", "refused", "p50 ms", "p99 ms"):
        table.add_column(name, justify="right")
    for sessions, one in (1, measured.peak), (TIMES, measured.overloaded):
        rows = f"{sessions * one.in_flight * one.turn_size:,}"
        times = (f"{one.latency_us.get(name, 0) / 1e3:,.0f}" for name in ("p50", "p99"))
        counts = (f"{count:,}" for count in (one.sent, one.answered, one.shed + one.failed))
        table.add_row(str(sessions), rows, f"{one.per_s:,.0f}", *counts, *times)
    return table


def memory_line(memory: Memory) -> str:
    parts = ", ".join(f"{size / 1e6:,.0f}" for size in memory.parts)
    return f"server in RAM, MB: {parts} (beginning, quarters, end), {max(memory.bytes) / 1e6:,.0f} at most"


def verdict(holds: bool) -> str:
    return "holds" if holds else "DOES NOT HOLD"


def goodput_line(goodput: float) -> str:
    return f"goodput {goodput:.2f} of the peak, at least {GOODPUT_MIN}: {verdict(goodput >= GOODPUT_MIN)}"


def calls_lines(measured: Calls) -> Iterator[str]:
    given = measured.overloaded
    yield memory_line(measured.memory)
    others = sum(given.others.values())
    yield f"what is not done is refused with RESOURCE_EXHAUSTED, {others:,} otherwise: {verdict(others == 0)}"
    yield goodput_line(measured.goodput)
    left = f"when the time was over, up to {CALLS_IN_FLIGHT_MAX:,} calls were in flight"
    yield f"{left}: they were answered within {given.drained_s:.2f} s"
    then = "not within the time" if given.recovery_s is None else f"{given.recovery_s:.2f} s later"
    before, after = f"{given.p50_before_us:,.0f} us before", f"{given.p50_after_us:,.0f} us then"
    yield f"a call alone took as long as before the overload {then} (p50 {before}, {after})"
    yield f"every call is answered, what was OK is in the journal, no more is: {verdict(measured.accounted)}"


def sessions_lines(measured: Sessions) -> Iterator[str]:
    yield memory_line(measured.memory)
    yield goodput_line(measured.goodput)
    yield f"every row that was sent is answered, and in the journal: {verdict(measured.accounted)}"


def print_tables(console: Console, directory: Path) -> None:
    calls = measure_calls(directory)
    console.print(calls_table(calls))
    for line in calls_lines(calls):
        console.print(line)
    sessions = measure_sessions(directory)
    console.print(sessions_table(sessions))
    for line in sessions_lines(sessions):
        console.print(line)
