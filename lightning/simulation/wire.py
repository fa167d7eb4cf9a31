"""The way from agents to the exchange: every command arrives its sender's latency after it was sent."""

import numpy as np

from lightning.engine.tables import table, words_of
from lightning.rows import COMMAND
from lightning.simulation.kernels.wire import IN_THE_PAST, SIZE, WORDS, Wire, arrive, send

ROWS_MIN = 4096


class AgentError(ValueError):
    """An agent sent what it may not send."""


class Block:
    """COMMAND rows that an agent writes into; zeros before it does."""

    def __init__(self, rows: int) -> None:
        self.rows = table((rows,), COMMAND)
        self.words = words_of(self.rows)


class Way:
    """All commands that are under way."""

    def __init__(self) -> None:
        self._wire = _empty(ROWS_MIN)
        self._batch = np.empty((ROWS_MIN, WORDS), np.int64)

    def send(self, block: Block, count: int, account: int, symbol: int, now_ns: int, latency_ns: int) -> None:
        """The first `count` rows of a block; they are zeros again. Raises AgentError."""
        size = int(self._wire.counts[SIZE])
        if size + count > len(self._wire.rows):
            self._wire = _wider(self._wire, size + count)
        row, why = send(self._wire, block.rows, block.words, count, account, symbol, now_ns, latency_ns)
        if why:
            problem = "is sent in the past" if why == IN_THE_PAST else "is no order, cancel or amend"
            raise AgentError(f"account {account}: row {row} of {count} {problem}: {block.rows[row]}")

    def arrived(self, until_ns: int) -> np.ndarray:
        """COMMAND rows that arrive before `until_ns`, `time_ns` is when; they are overwritten by the next."""
        count = int(arrive(self._wire, until_ns, self._batch))
        while count == len(self._batch):
            wider = np.empty((2 * count, WORDS), np.int64)
            wider[:count] = self._batch
            self._batch = wider
            count += int(arrive(self._wire, until_ns, self._batch[count:]))
        return self._batch[:count].view(COMMAND).reshape(count)


def _empty(rows: int) -> Wire:
    return Wire(
        arrivals=np.empty(rows, np.int64),
        numbers=np.empty(rows, np.int64),
        slots=np.empty(rows, np.int64),
        rows=np.empty((rows, WORDS), np.int64),
        free=np.arange(rows),
        counts=np.zeros(2, np.int64),
    )


def _wider(wire: Wire, rows: int) -> Wire:
    size, old = int(wire.counts[SIZE]), len(wire.rows)
    wider = _empty(2 * rows)
    for before, after in zip(wire[:3], wider[:3], strict=True):
        after[:size] = before[:size]
    wider.rows[:old] = wire.rows
    wider.free[:old] = wire.free
    wider.counts[:] = wire.counts
    return wider
