"""BOOK_EVENT rows of order tapes: through an exchange in process, its events retold in plain Python.

Only limit orders and cancels: what is derived here must be simple enough to be right at sight.
"""

import os
import random
import tomllib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lightning.analysis.flow import BOOK_EVENT, BookEventKind
from lightning.client.tape import TAPE_CONFIG, Op, TapeLine, read_tape
from lightning.codes import CommandFlag, CommandKind, EventKind, Side
from lightning.engine.exchange import Exchange
from lightning.rows import COMMAND

REAL_TAPE = "data/bitstamp_20260502.tape.csv.gz"
START_NS = 1_777_680_000_000_000_000
LINES = 4_000
"""Of the tape made up here."""


class TapeFlow(NamedTuple):
    rows: np.ndarray
    opening: int
    """Rows at the beginning that are the opening book."""


def real_tape() -> Path | None:
    shared = os.environ.get("LIGHTNING_SHARED")
    return Path(shared, REAL_TAPE) if shared else None


@cache
def real_flow() -> TapeFlow:
    path = real_tape()
    assert path is not None
    return flow_of(read_tape(path))


@cache
def made_up_flow() -> TapeFlow:
    """Few prices and many cancels, so that queues are long, sides empty and takers take several levels."""
    return flow_of(list(made_up_tape(random.Random(7))))


def made_up_tape(chance: random.Random) -> Iterable[TapeLine]:
    alive: list[TapeLine] = []
    for number in range(1, LINES + 1):
        opening = number <= 40
        if alive and not opening and chance.random() < 0.45:
            line = alive.pop(chance.randrange(len(alive)))
            yield line._replace(op=Op.CANCEL)
            continue
        buy = chance.random() < 0.5
        toward = -1 if buy else 1
        op, price, qty = Op.PLACE, 1_000 + toward * chance.randint(1, 12), chance.randint(1, 50)
        if opening:
            op, price = Op.OPENING, 1_000 + toward * chance.randint(1, 30)
        elif chance.random() < 0.2:
            price = 1_000 - toward * chance.randint(1, 6)
        elif chance.random() < 0.005:
            price, qty = 1_000 - toward * 40, 5_000
        line = TapeLine(op, number, buy, price, qty, (), True)
        alive.append(line)
        yield line


def flow_of(lines: list[TapeLine]) -> TapeFlow:
    commands = commands_of(lines)
    exchange = Exchange(tomllib.loads(TAPE_CONFIG), ledger=False)
    events = exchange.submit(commands)
    rows = tell(commands, events)
    opened = np.array([line.op == Op.OPENING for line in lines])
    return TapeFlow(rows, int(opened[rows["seq"] - 1].sum()))


def commands_of(lines: list[TapeLine]) -> np.ndarray:
    """Buys of account 1, sells of 2; a command about every 8 ms, some at one time."""
    columns = list(zip(*lines, strict=True))
    commands = np.zeros(len(lines), COMMAND)
    cancel = np.array([op == Op.CANCEL for op in columns[0]])
    commands["kind"] = np.where(cancel, CommandKind.CANCEL, CommandKind.PLACE)
    commands["symbol"] = 1
    commands["account"] = np.where(columns[2], 1, 2)
    commands["client_order_id"] = columns[1]
    commands["side"] = np.where(cancel | np.array(columns[2]), Side.BUY, Side.SELL)
    commands["price"] = np.where(cancel, 0, np.maximum(columns[3], 1))
    commands["qty"] = np.where(cancel, 0, columns[4])
    commands["flags"] = [CommandFlag.POST_ONLY if op == Op.REFUSED else 0 for op in columns[0]]
    steps = np.arange(len(lines)) % 7 * 4_100_000
    commands["time_ns"] = START_NS + np.cumsum(steps)
    return commands


def tell(commands: np.ndarray, events: np.ndarray) -> np.ndarray:
    """The events of one symbol, whose first command has seq 1."""
    names = "kind", "seq", "order_id", "account", "side", "price", "qty", "leaves_qty", "trade_id"
    makers = "maker_order_id", "maker_account", "maker_leaves_qty"
    times = commands["time_ns"].tolist()
    resting: dict[int, tuple[int, int, int, int]] = {}
    told: list[tuple[int, ...]] = []

    def say(seq: int, order_id: int, kind: BookEventKind, qty: int, delta: int, *trade: int) -> None:
        side, account, price, _ = resting[order_id]
        trade_id, taker, taker_account = trade or (0, 0, 0)
        what = price, qty, delta, trade_id, taker, taker_account, kind, side
        told.append((seq, times[seq - 1], order_id, account, *what))
        resting[order_id] = side, account, price, qty

    incoming: tuple[int, int, int, int, int, int] | None = None
    every = zip(*(events[name].tolist() for name in names + makers), strict=True)
    for kind, seq, order, account, side, price, qty, leaves, trade_id, maker, _, maker_leaves in every:
        if incoming is not None and incoming[0] != seq:
            settle(incoming, resting, say)
            incoming = None
        if kind == EventKind.ACCEPTED:
            incoming = seq, order, side, account, price, leaves
        elif kind == EventKind.TRADE:
            assert incoming is not None
            incoming = (*incoming[:5], leaves)
            say(seq, maker, BookEventKind.TRADED, maker_leaves, -qty, trade_id, order, account)
        elif kind == EventKind.CANCELED:
            say(seq, order, BookEventKind.REMOVED, 0, -resting[order][3])
        else:
            assert kind == EventKind.REJECTED
    if incoming is not None:
        settle(incoming, resting, say)
    rows = np.zeros(len(told), BOOK_EVENT)
    columns = zip(*told, strict=True)
    for name, column in zip([name for name in BOOK_EVENT.names or () if name != "pad"], columns, strict=True):
        rows[name] = column
    return rows


def settle(
    incoming: tuple[int, int, int, int, int, int],
    resting: dict[int, tuple[int, int, int, int]],
    say: Callable[[int, int, BookEventKind, int, int], None],
) -> None:
    """What is left of the order that came in rests."""
    seq, order, side, account, price, leaves = incoming
    if leaves:
        resting[order] = side, account, price, 0
        say(seq, order, BookEventKind.ADDED, leaves, leaves)
