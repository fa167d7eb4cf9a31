"""The overload benchmark: every call and every row is accounted for. How fast it went is not looked at."""

from itertools import count, repeat
from pathlib import Path

import grpc
import pytest
from grpc import StatusCode

from benchmarks import overload, overload_calls
from benchmarks.__main__ import main
from benchmarks.overload import Calls, Memory
from benchmarks.overload_calls import Caller, Overloaded
from lightning.client.load import phases
from lightning.pb.v1.trading_pb2 import ExecutionReport

Context = grpc.aio.ServicerContext[bytes, bytes]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, number in (("SECONDS", 0.8), ("PEAK_SECONDS", 0.4), ("ACCOUNTS", 40), ("LOOK_S", 0.1)):
        monkeypatch.setattr(overload, name, number)
    monkeypatch.setattr(overload, "CALLS_IN_FLIGHT_MAX", 300)
    monkeypatch.setattr(overload_calls, "PROBES", 30)
    monkeypatch.setattr(overload_calls, "ACCOUNTS", 40)
    monkeypatch.setattr(phases, "SESSION_ROWS", 20_000)
    monkeypatch.setattr(phases, "BATCH", 256)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.mark.usefixtures("small")
def test_the_command_prints_what_became_of_every_call_and_of_every_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["overload", "--directory", str(tmp_path)])
    printed = capsys.readouterr().out
    for words in ("RESOURCE_EXHAUSTED", "goodput", "at most", "a call alone", "10 sessions"):
        assert words in printed
    assert "what was OK is in the journal, no more is: holds" in printed
    assert "every row that was sent is answered, and in the journal: holds" in printed
    assert list(tmp_path.iterdir()) == []


async def test_calls_are_counted_by_their_status() -> None:
    calls = count(1)

    async def answer(request: bytes, context: Context) -> bytes:
        call = next(calls)
        if call % 5 == 0:
            await context.abort(StatusCode.UNAVAILABLE, "")
        if call % 3 == 0:
            await context.abort(StatusCode.RESOURCE_EXHAUSTED, "")
        return ExecutionReport().SerializeToString()

    server = grpc.aio.server()
    _, service, method = overload_calls.METHOD.split("/")
    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(answer)
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, {method: handler})])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        caller = Caller([channel], repeat(b""))
        taken = [await caller.call() for _ in range(30)]
    await server.stop(None)
    tally = caller.tally
    assert (tally.sent, tally.answered, tally.shed, tally.failed) == (30, 16, 8, 6)
    assert dict(tally.errors) == {"UNAVAILABLE": 6}
    assert caller.latencies.count == 16
    assert sum(one is None for one in taken) == 14


GIVEN = Overloaded(
    seconds=1.0,
    due=200,
    sent=100,
    in_time=50,
    ok=60,
    refused=30,
    others={"DEADLINE_EXCEEDED": 10},
    latency_us={},
    p50_before_us=1.0,
    drained_s=0.0,
    recovery_s=0.0,
    p50_after_us=1.0,
    probes=6,
    probes_ok=5,
    probes_refused=1,
    setup_commands=7,
)


@pytest.mark.parametrize(
    ("given", "journaled", "accounted"),
    [
        (GIVEN, 72, True),
        (GIVEN, 82, True),  # what ran out of time may have been done
        (GIVEN, 83, False),
        (GIVEN, 71, False),  # an OK that is not in the journal
        (GIVEN._replace(sent=101), 72, False),  # a call without an answer
    ],
)
def test_a_call_that_is_lost_is_told(given: Overloaded, journaled: int, accounted: bool) -> None:
    assert Calls(100.0, given, Memory(), journaled).accounted is accounted
