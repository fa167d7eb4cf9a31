"""What became of commands that were sent by the thousand: EVENT rows to one RESULT row a command."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning.codes import CommandKind, EventFlag, EventKind, OrderStatus, OrderTerms
from lightning.rows import EVENT

Rows = np.ndarray[tuple[int], np.dtype[np.void]]
Integers = npt.NDArray[np.int64]

RESULT = np.dtype(
    [
        ("seq", "<i8"),
        ("order_id", "<i8"),  # of a PLACE, CANCEL or AMEND that was done; else 0
        ("once_id", "<i8"),  # that was sent: the client order id of a PLACE, the request id of others
        ("filled_qty", "<i8"),  # lots, this and the next
        ("leaves_qty", "<i8"),
        ("acknowledged", "?"),  # it was answered; else all other columns but once_id are 0
        ("replayed", "?"),  # the first answer to its id, given again
        ("event", "u1"),  # EventKind of the command's first event
        ("status", "u1"),  # OrderStatus
        ("reject_reason", "u1"),  # RejectReason: why it was refused, or its order canceled
    ]
)
"""An order is told of as it was right after its own command: what later ones do to it is not in here."""

_IS_ORDER = np.zeros(256, bool)
_IS_ORDER[[CommandKind.PLACE, CommandKind.CANCEL, CommandKind.AMEND]] = True
"""By the kind of the command."""


@dataclass(frozen=True)
class BulkResult:
    commands: Rows
    """COMMAND rows as they were sent, with the ids that were given to them."""
    rows: Rows
    """RESULT rows, one a command."""
    events: Rows
    """EVENT rows, if they were to be kept; `command` counts from 0 over all commands."""

    def __len__(self) -> int:
        return len(self.commands)


def digest(commands: Rows, events: Rows, out: Rows) -> None:
    """Write what `events` say about `commands` into RESULT rows.

    commands : COMMAND rows of one batch
    events : EVENT rows that answer it
    out : as many RESULT rows, of which once_id is left as it is
    """
    assert events.dtype == EVENT
    own = events["flags"] & EventFlag.CONSEQUENCE == 0
    if not own.all():
        events = events[own]
    command = events["command"].astype(np.int64)
    kind = events["kind"].copy()
    first = np.flatnonzero(np.diff(command, prepend=-1))
    of = command[first]
    out["acknowledged"][of] = True
    out["seq"][of] = events["seq"][first]
    out["event"][of] = kind[first]
    out["replayed"][of] = events["flags"][first] & EventFlag.REPLAYED != 0
    refused = kind[first] == EventKind.REJECTED
    out["reject_reason"][of[refused]] = events["reason"][first[refused]]
    is_order = _IS_ORDER[commands["kind"]]
    out["status"][of[refused & is_order[of]]] = OrderStatus.REJECTED
    done = is_order[of] & ~refused
    _put_orders(events, command, kind, first, of, done, out)


def _put_orders(
    events: Rows,
    command: Integers,
    kind: npt.NDArray[np.uint8],
    first: Integers,
    of: Integers,
    done: npt.NDArray[np.bool_],
    out: Rows,
) -> None:
    """first, of : place of each command's first event, and the command; done : those that are about an
    order
    """
    order_of = np.zeros(len(out), np.int64)
    order_of[of[done]] = events["order_id"][first[done]]
    mine = np.flatnonzero((events["order_id"] == order_of[command]) & (order_of[command] != 0))
    last = mine[np.flatnonzero(np.diff(command[mine], append=-1))]
    """Of each order the last event: in the order of the commands, as of[done] is."""
    first, of = first[done], of[done]
    is_mine = np.zeros(len(events), bool)
    is_mine[mine] = True
    traded = _sums(np.where(is_mine & (kind == EventKind.TRADE), events["qty"], 0), command, of)
    triggered = _sums((is_mine & (kind == EventKind.TRIGGERED)).astype(np.int64), command, of) > 0
    filled = events["filled_qty"][first] + traded
    canceled, expired = kind[last] == EventKind.CANCELED, kind[last] == EventKind.EXPIRED
    leaves = np.where(canceled | expired, 0, events["leaves_qty"][last])
    waits = (events["order_terms"][first] & OrderTerms.PENDING != 0) & ~triggered
    out["order_id"][of] = order_of[of]
    out["filled_qty"][of] = filled
    out["leaves_qty"][of] = leaves
    out["reject_reason"][of[canceled]] = events["reason"][last[canceled]]
    out["status"][of] = np.select(
        [canceled, expired, waits, filled == 0, leaves == 0],
        [
            OrderStatus.CANCELED,
            OrderStatus.EXPIRED,
            OrderStatus.PENDING,
            OrderStatus.NEW,
            OrderStatus.FILLED,
        ],
        OrderStatus.PARTIALLY_FILLED,
    )


def _sums(values: Integers, command: Integers, of: Integers) -> Integers:
    """Of the values of each command in `of`, exactly."""
    running = np.concatenate([[0], np.cumsum(values)])
    begins, ends = np.searchsorted(command, of), np.searchsorted(command, of, side="right")
    sums: Integers = running[ends] - running[begins]
    return sums
