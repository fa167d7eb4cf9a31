"""What became of everything that was sent."""

from collections import Counter

import numpy as np

from lightning.codes import EventFlag, EventKind, RejectReason
from lightning.pb.v1 import trading_pb2, types_pb2
from lightning.rows import EVENT

_WORDS = EVENT.itemsize // 4
_COMMAND_WORD, _CODES_WORD = 28, 30
"""Where an EVENT row has `command`, and the bytes `kind`, `reason`, `side`, `flags`, in words of 4 bytes."""
_KIND, _REASON, _FLAGS = 0, 1, 3

ERROR_TEXTS_MAX = 20
"""Errors are counted by their text, up to so many texts."""
OTHER_ERRORS = "other errors"


class Tally:
    """sent = answered + shed + failed + what was never answered."""

    def __init__(self) -> None:
        self.sent = 0
        self.answered = 0
        self.shed = 0
        """RESOURCE_EXHAUSTED: not done, the server has too much to do."""
        self.failed = 0
        self.late = 0
        """Sent later than they were due."""
        self.trades = 0
        self.replayed = 0
        self.errors: Counter[str] = Counter()
        self._verdicts = np.zeros(256, np.int64)
        self._refused = np.zeros(256, np.int64)

    @property
    def unanswered(self) -> int:
        return self.sent - self.answered - self.shed - self.failed

    @property
    def verdicts(self) -> dict[str, int]:
        """Of every command that was answered the first event, by its kind."""
        return {EventKind(kind).name: count for kind, count in enumerate(self._verdicts.tolist()) if count}

    @property
    def refused(self) -> dict[str, int]:
        return {RejectReason(code).name: count for code, count in enumerate(self._refused.tolist()) if count}

    def add_error(self, text: str) -> None:
        known = text in self.errors or len(self.errors) < ERROR_TEXTS_MAX
        self.errors[text if known else OTHER_ERRORS] += 1

    def add_events(self, data: bytes, last_command: int) -> tuple[int, int]:
        """Count EVENT rows; returns the last row's `command`, and how many commands' first events there were.

        last_command : of the rows before, of the same batch; -1 = none
        """
        words = np.frombuffer(data, "<i4").reshape(-1, _WORDS)
        commands = words[:, _COMMAND_WORD].copy()
        codes = words[:, _CODES_WORD].copy().view(np.uint8).reshape(-1, 4)
        own = codes[:, _FLAGS] & EventFlag.CONSEQUENCE == 0
        if not own.all():
            codes, commands = codes[own], commands[own]
        if len(commands) == 0:
            return last_command, 0
        kinds = codes[:, _KIND]
        is_first = np.diff(commands, prepend=np.int32(last_command)) != 0
        first = codes[is_first]
        self.answered += len(first)
        self._verdicts += np.bincount(first[:, _KIND], minlength=256)
        self._refused += np.bincount(first[first[:, _KIND] == EventKind.REJECTED, _REASON], minlength=256)
        self.replayed += int(np.count_nonzero(first[:, _FLAGS] & EventFlag.REPLAYED))
        self.trades += int(np.count_nonzero(kinds == EventKind.TRADE))
        return int(commands[-1]), len(first)

    def add_report(self, data: bytes) -> None:
        """Count the answer to one PlaceOrder."""
        report = trading_pb2.ExecutionReport.FromString(data)
        self.answered += 1
        self.trades += len(report.fills)
        if report.order.status == types_pb2.ORDER_STATUS_REJECTED:
            self._verdicts[EventKind.REJECTED] += 1
            self._refused[report.reject_reason] += 1
        else:
            self._verdicts[EventKind.ACCEPTED] += 1
