"""One engine, one flow, in a process of its own: what crashes or hangs there harms nothing else."""

import gc
import hashlib
import multiprocessing
import time
from collections.abc import Iterable
from importlib import import_module
from multiprocessing.connection import Connection
from typing import NamedTuple

from benchmarks.orderflow import Rows
from benchmarks.peers import ours
from benchmarks.peers.engine import Engine, Trade
from benchmarks.peers.steps import Step, steps
from lightning.engine import rehearsal

SLICE = 1_000
"""Steps between two looks at the clock."""
ROUND_S_MAX = 15.0
"""An engine that takes longer for a flow is measured on as much of it as it has done by then."""
FILL_S_MAX = 180.0
"""For what rests before; an engine that takes longer has no figure."""
START_S_MAX = 120.0


class Contender(NamedTuple):
    name: str
    adapter: str
    """`module:class` of an Engine; of `batch` rows at a time: ''."""
    distribution: str = ""
    """What pip calls it; '' = Lightning."""
    batch: int = 0
    ledger: bool = False


class Workload(NamedTuple):
    name: str
    resting: Rows
    """In the book before the clock starts."""
    rows: Rows
    """As `steps.plain` makes them, like the former."""


class Played(NamedTuple):
    steps: int
    seconds: list[float]
    """Of each round."""
    trades: int
    digest: str


class Failed(NamedTuple):
    why: str


def digest_of(trades: Iterable[Trade]) -> tuple[int, str]:
    """How many, and the SHA-256 of `price,qty,maker,taker` a line."""
    lines = [b"%d,%d,%d,%d\n" % trade for trade in trades]
    return len(lines), hashlib.sha256(b"".join(lines)).hexdigest()


def play(engine: Engine, given: list[Step], seconds_max: float) -> tuple[int, float]:
    """(steps done, seconds): all, or as many as were done when the time was over."""
    place, cancel = engine.place, engine.cancel
    done = 0
    begin = time.perf_counter()
    while done < len(given) and (done == 0 or time.perf_counter() - begin < seconds_max):
        for order_id, is_buy, price, qty in given[done : done + SLICE]:
            if qty:
                place(order_id, is_buy, price, qty)
            else:
                cancel(order_id)
        done = min(done + SLICE, len(given))
    return done, time.perf_counter() - begin


def play_calls(adapter: str, work: Workload, rounds: int) -> Played | Failed:
    module, _, name = adapter.partition(":")
    make = getattr(import_module(module), name)
    resting, given = steps(work.resting), steps(work.rows)
    seconds: list[float] = []
    told = (0, "")
    for _ in range(rounds):
        engine: Engine = make()
        filled, _ = play(engine, resting, FILL_S_MAX)
        if filled < len(resting):
            return Failed(f"its book had {filled:,} of {len(resting):,} orders after {FILL_S_MAX:.0f} s")
        gc.collect()
        done, taken = play(engine, given, ROUND_S_MAX)
        if seconds and done != len(given):
            break  # of another length: its digest would be another
        seconds.append(taken)
        told = digest_of(engine.trades())
        given = given[:done]
    return Played(len(given), seconds, *told)


def play_batches(contender: Contender, work: Workload, rounds: int) -> Played:
    taken = [ours.batched(work.rows, work.resting, contender.ledger, contender.batch) for _ in range(rounds)]
    return Played(len(work.rows), [seconds for seconds, _ in taken], *digest_of(taken[-1][1]))


def _child(sender: Connection, contender: Contender, work: Workload, rounds: int) -> None:
    try:
        if not contender.distribution:
            rehearsal.commands()
            rehearsal.growth()
        if contender.batch:
            sender.send(play_batches(contender, work, rounds))
        else:
            sender.send(play_calls(contender.adapter, work, rounds))
    except Exception as error:  # whatever a peer raises is its result
        sender.send(Failed(f"{type(error).__name__}: {error}"))


def measure(contender: Contender, work: Workload, rounds: int) -> Played | Failed:
    """In a process of its own, which is killed if it does not answer in time."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(sender, contender, work, rounds), daemon=True)
    process.start()
    sender.close()
    seconds_max = START_S_MAX + rounds * (FILL_S_MAX + 2 * ROUND_S_MAX)
    try:
        if not receiver.poll(seconds_max):
            return Failed(f"did not end within {seconds_max:.0f} s")
        result: Played | Failed = receiver.recv()
        return result
    except EOFError:
        process.join()
        return Failed(f"its process ended with exit code {process.exitcode}")
    finally:
        process.kill()
        process.join()
        receiver.close()
