"""What kernels hand to one another within a batch; nothing of it outlives the batch."""

from typing import NamedTuple

import numpy as np

POSTING = np.dtype(
    [
        ("account", "<i8"),
        ("slot", "<i4"),  # of the balance
        ("closed", "<i4"),  # open orders that ended
        ("available", "<i8"),  # change
        ("held", "<i8"),  # change
    ]
)


assert POSTING.itemsize == 32


STAGED = np.dtype(  # what the hold stage hands to the match stage, one row per command
    [
        ("hold", "<i8"),
        ("base_slot", "<i4"),
        ("quote_slot", "<i4"),
        ("maker_fee_ppm", "<i4"),
        ("taker_fee_ppm", "<i4"),
        ("reason", "<i4"),  # RejectReason, or REPLAY
        ("account_shard", "<i4"),
        ("id_number", "<i8"),  # commands with an id so far, this one included
        ("symbol_shard", "<i4"),
        ("book_slot", "<i4"),  # NIL: no such symbol
        ("answer", "<i8"),  # REPLAY: place of the kept answer; base_slot: its rows
        ("entry", "<i4"),  # its own place in the once-only ring, or NIL
        ("pad", "<i4"),
    ]
)


assert STAGED.itemsize == 64


class Out(NamedTuple):
    """Where a kernel writes: events, and in parallel runs the postings that settle later."""

    events: np.ndarray  # (n,) EVENT
    postings: np.ndarray  # (n,) POSTING; empty: postings are applied at once
    cursor: np.ndarray  # int64: rows written to each; what a command needs: rows, kept rows, balances
