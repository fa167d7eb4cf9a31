"""What is meant by "when": a seq, or a time in UTC."""

from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

When = int | datetime | np.datetime64
"""A seq, or a time; one without a time zone is UTC."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(NamedTuple):
    """Exactly one of the two."""

    seq: int | None = None
    time_ns: int | None = None


def to_moment(when: When) -> Moment:
    """Raises TypeError."""
    if isinstance(when, np.datetime64):
        return Moment(time_ns=int(when.astype("datetime64[ns]").astype(np.int64)))
    if isinstance(when, datetime):
        since = (when if when.tzinfo is not None else when.replace(tzinfo=UTC)) - EPOCH
        return Moment(time_ns=((since.days * 86_400 + since.seconds) * 10**6 + since.microseconds) * 1000)
    if isinstance(when, int | np.integer) and not isinstance(when, bool):
        return Moment(seq=int(when))
    raise TypeError(f"a moment is a seq (int) or a time (datetime, numpy.datetime64), not {when!r}")
