"""`Recorder`: what happens to the books of an in-process exchange while it runs."""

from collections.abc import Collection
from types import TracebackType
from typing import Self

import numpy as np

from lightning.analysis.following import Follower
from lightning.analysis.past import BookFlow
from lightning.engine.exchange import Exchange
from lightning.engine.journal import Batch


class Recorder:
    """Follows every `exchange.submit` until `close`.

        with Recorder(exchange) as recorder:
            exchange.submit(commands)
        flow = recorder.flow(1)

    symbols : ids; None: all, those that are created meanwhile too
    """

    def __init__(self, exchange: Exchange, symbols: Collection[int] | None = None) -> None:
        self.exchange = exchange
        self._follower = Follower(exchange, symbols)
        self._submit = exchange.submit
        exchange.submit = self._submit_and_follow  # type: ignore[method-assign]  # of this exchange only

    def _submit_and_follow(self, commands: np.ndarray) -> np.ndarray:
        self._follower.prepare()
        first_seq = self.exchange.seq + 1
        events = self._submit(commands)
        self._follower.add(Batch(first_seq, commands), events)
        return events

    def flow(self, symbol: int) -> BookFlow:
        """All since the recorder was made; what comes later does not change it. Raises KeyError."""
        return self._follower.flow(symbol)

    def close(self) -> None:
        """What comes later is not recorded. Recorders of one exchange are closed in the reverse order."""
        self.exchange.submit = self._submit  # type: ignore[method-assign]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
