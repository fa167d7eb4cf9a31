"""`lightning bench`: load on a running server, or on one of its own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lightning.cli.progress import PLAIN_INTERVAL_S, steps_progress
from lightning.cli.terminal import FAILED, USAGE_ERROR, console, fail

if TYPE_CHECKING:
    from lightning.client.load.result import Report

BATCH_MAX = 32_000
"""Rows of a message that a server takes by default: 4 MiB."""
MODULE_OF_EXTRA = "hdrh"


def bench(
    server: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Without it, one of its own is started and checked."),
    ] = None,
    work: Annotated[str, typer.Option(help="session, unary, queries, balances or mixed.")] = "session",
    seconds: Annotated[float, typer.Option(min=0.1, max=86_400, help="Of each phase.")] = 10.0,
    rate: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            max=100_000_000,
            help="Commands or requests per second, each at its time, and latency from then on (open loop). "
            "Without it the next is sent when one is answered (closed loop). Of mixed: the session's.",
        ),
    ] = None,
    in_flight: Annotated[
        int | None,
        typer.Option(
            min=1, max=100_000, help="Calls, or batches of each session, that wait for answers at a time."
        ),
    ] = None,
    batch: Annotated[
        int | None, typer.Option(metavar="ROWS", min=1, max=BATCH_MAX, help="Commands of a session's batch.")
    ] = None,
    sessions: Annotated[int, typer.Option(min=1, max=1_000, help="Streams side by side.")] = 1,
    accounts: Annotated[int, typer.Option(min=2, max=1_000_000, help="That trade.")] = 1_000,
    connections: Annotated[int, typer.Option(min=1, max=10_000, help="That calls and sessions share.")] = 1,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Of its own server; without it one in this directory, removed at the end."
        ),
    ] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Every figure and every setting.")] = None,
) -> None:
    """Put load on a server and measure what it answers.

    It pays money into accounts of its own, from 1000000000001 on, and trades among them. Without --server it
    starts one that keeps everything on disk, and at the end checks totals, invariants and a restart's state.
    Ctrl-C ends the load early. The exit code is 1 if anything was not answered or is not as it should be.
    """
    try:
        from lightning.client.load.bench import bench as run
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith(MODULE_OF_EXTRA):
            raise
        fail("this needs the extra bench: pip install 'lightning-exchange[bench]'", USAGE_ERROR)
    from lightning.client.load.market import MarketError
    from lightning.client.load.phases import WORKS
    from lightning.client.load.result import Settings
    from lightning.client.own_server import OwnServerError

    if work not in WORKS:
        fail(f"--work must be {', '.join(WORKS[:-1])} or {WORKS[-1]}, not {work}", USAGE_ERROR)
    if accounts < 2 * sessions:
        fail(f"--accounts must be at least 2 for each of {sessions} sessions, not {accounts}", USAGE_ERROR)
    if server is not None and data is not None:
        fail("--data is of a server that is started here: not together with --server", USAGE_ERROR)
    settings = Settings(
        work=work,
        seconds=seconds,
        rate=rate,
        in_flight=in_flight,
        batch=batch,
        sessions=sessions,
        accounts=accounts,
        connections=connections,
        data=None if data is None else str(data),
    )
    step = 1.0 if console.is_terminal else PLAIN_INTERVAL_S
    try:
        with steps_progress(console) as show:

            def on_progress(doing: str, passed: float, total: float) -> None:
                show(doing, int(passed // step * step), int(total))

            report = run(server, settings, lambda line: show(f"server: {line}", 0, 0), on_progress)
    except (MarketError, OwnServerError) as error:
        fail(error, FAILED)
    print_report(report)
    if json is not None:
        _write(json, report)
    if not report.good:
        raise typer.Exit(FAILED)


def _write(path: Path, report: "Report") -> None:
    import msgspec

    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    except OSError as error:
        fail(f"{path}: cannot be written: {error.strerror}", FAILED)


def print_report(report: "Report") -> None:
    from lightning.cli.bench_tables import check_table, phase_lines, phase_table

    for phase in report.phases:
        console.print(phase_table(phase))
        for line in phase_lines(phase):
            console.print(line, soft_wrap=True)
    if report.checks:
        console.print(check_table(report.checks))
    if report.interrupted:
        console.print("interrupted: the figures are of the time until then")
    console.print("good" if report.good else "NOT good", style="green" if report.good else "red")
