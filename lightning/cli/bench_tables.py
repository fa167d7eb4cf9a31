"""How `lightning bench` shows a report."""

from collections.abc import Iterator, Sequence

from rich.table import Table

from lightning.client.load.latency import PERCENTILES
from lightning.client.load.result import Check, PhaseResult, StreamResult

MIB = 2**20


def phase_table(phase: PhaseResult) -> Table:
    """A column for each kind of request."""
    table = Table("", title=phase.name, title_justify="left")
    for stream in phase.streams:
        table.add_column(stream.name, justify="right")
    lines = {
        "loop": [
            "closed" if stream.rate is None else f"{stream.rate:,.0f}/s due" for stream in phase.streams
        ],
        "answered": [f"{stream.answered:,}" for stream in phase.streams],
        "per second": [f"{stream.per_s:,.0f} {stream.unit}" for stream in phase.streams],
    }
    for percentile in PERCENTILES:
        lines[percentile] = [_milliseconds(stream.latency_us.get(percentile)) for stream in phase.streams]
    for name, cells in lines.items():
        table.add_row(name, *cells)
    return table


def phase_lines(phase: PhaseResult) -> Iterator[str]:
    for stream in phase.streams:
        yield f"{stream.name}: {', '.join(_counts(stream))}"
        yield from (f"  error, {count:,} times: {text}" for text, count in stream.errors.items())
    yield ", ".join(_used(phase))


def check_table(checks: Sequence[Check]) -> Table:
    table = Table("", "", "", show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, good, detail in ((check.name, check.good, check.detail) for check in checks):
        table.add_row(name, "good" if good else "NOT GOOD", detail, style="" if good else "red")
    return table


def _milliseconds(us: float | None) -> str:
    return "" if us is None else f"{us / 1_000:,.2f} ms"


def _counts(stream: StreamResult) -> Iterator[str]:
    """What is 0 and mostly is 0 is left out."""
    yield f"{stream.sent:,} {stream.unit} sent, {stream.turn_size:,} at a time"
    for name, count in stream.verdicts.items():
        yield f"{count:,} {name}"
    if stream.trades:
        yield f"{stream.trades:,} trades"
    for name, count in stream.refused.items():
        yield f"{count:,} refused {name}"
    for count, words in (
        (stream.shed, "shed (RESOURCE_EXHAUSTED)"),
        (stream.failed, "failed"),
        (stream.unanswered, "NOT ANSWERED"),
        (stream.replayed, "REPLAYED"),
        (stream.late, "sent late"),
        (stream.never_sent, "due and never sent"),
    ):
        if count:
            yield f"{count:,} {words}"


def _used(phase: PhaseResult) -> Iterator[str]:
    yield f"{phase.seconds:,.1f} s"
    yield f"client {phase.client_cpu_seconds:,.1f} s of CPU"
    if phase.server_cpu_seconds is not None:
        yield f"server {phase.server_cpu_seconds:,.1f} s"
    if phase.server_memory_peak_bytes is not None:
        yield f"server memory at most {phase.server_memory_peak_bytes / MIB:,.0f} MiB"
