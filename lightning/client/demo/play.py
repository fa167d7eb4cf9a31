"""Sends a flow to a server, each step at its time, through OrderEntry.Session."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import grpc
import numpy as np

from lightning.client.demo.flow import Flow
from lightning.client.demo.market import DemoError
from lightning.codes import EventKind
from lightning.pb.v1 import order_entry_pb2 as pb
from lightning.pb.v1.order_entry_pb2_grpc import OrderEntryStub
from lightning.rows import COMMAND, EVENT

BEHIND_S_MAX = 1.0
"""What is later than this is not made up for: the market goes on from there."""


@dataclass
class Played:
    seconds: float = 0.0
    commands: int = 0
    trades: int = 0


def play(
    channel: grpc.Channel,
    flow: Flow,
    speed: float,
    seconds: float | None,
    played: Played,
    on_progress: Callable[[], None],
) -> None:
    """For so long, or until interrupted; `played` tells how far it is.

    Raises DemoError if the server refuses a batch or ends.
    """
    start_s = time.monotonic()
    call = OrderEntryStub(channel).Session(_batches(flow, speed, seconds, played))
    try:
        for reply in call:
            if reply.HasField("error"):
                raise DemoError(f"the server refused a batch: {reply.error.message}")
            kinds = np.frombuffer(reply.rows, EVENT)["kind"]
            played.trades += int(np.count_nonzero(kinds == EventKind.TRADE))
            played.seconds = time.monotonic() - start_s
            on_progress()
    except grpc.RpcError as error:
        raise DemoError(f"the server is gone: {error.code().name}: {error.details()}") from error
    finally:
        call.cancel()


def _batches(flow: Flow, speed: float, seconds: float | None, played: Played) -> Iterator[pb.CommandBatch]:
    begin_s = start_s = time.monotonic()
    for batch_id, step in enumerate(flow, start=1):
        wait_s = start_s + step.at_s / speed - time.monotonic()
        if wait_s > 0:
            time.sleep(wait_s)
        elif wait_s < -BEHIND_S_MAX:
            start_s -= wait_s
        if seconds is not None and time.monotonic() >= begin_s + seconds:
            return
        if step.commands:
            played.commands += len(step.commands)
            rows = np.array(step.commands, COMMAND)
            yield pb.CommandBatch(batch_id=batch_id, rows=rows.tobytes())
