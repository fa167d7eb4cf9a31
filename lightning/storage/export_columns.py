"""Columns of exports: exact decimals, times, names; and a trade's or move's legs as whole columns."""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from lightning.codes import EventKind, Side
from lightning.decimals import Step, format_steps
from lightning.storage.history.entries import EntryKind, Leg
from lightning.storage.history.schema import Ints

INT64_MAX = 2**63 - 1
DIGITS_MAX = 38
HALF = np.uint64(32)
LOW_HALF = np.uint64(0xFFFFFFFF)

LEGS = (
    *("seq", "trade_id", "leg", "time_ns", "kind", "account", "currency", "amount", "symbol", "order_id"),
    "counter_account",
)


class Columns(NamedTuple):
    """Rows of integers under their names."""

    names: Sequence[str]
    rows: Ints

    def column(self, name: str) -> Ints:
        values: Ints = self.rows[:, self.names.index(name)]
        return values


class Decimals:
    """Counts of steps as decimals of one scale; `steps` by what a row is about: its symbol, its currency."""

    def __init__(self, steps: Mapping[int, Step]) -> None:
        self._steps = steps
        self._scale = max((step.scale for step in steps.values()), default=0)
        factors = {key: step.units * 10 ** (self._scale - step.scale) for key, step in steps.items()}
        # 19 digits of a count, 19 of a factor
        self._fits = self._scale <= DIGITS_MAX and max(factors.values(), default=0) <= INT64_MAX
        self._factors = factors

    def array(self, counts: Ints, keys: Ints) -> pa.Array:
        if not self._fits:
            pairs = zip(counts.tolist(), keys.tolist(), strict=True)
            return pa.array([format_steps(one, self._steps[key]) for one, key in pairs], pa.string())
        factors = np.zeros(max(self._factors, default=0) + 1, np.int64)
        factors[list(self._factors)] = list(self._factors.values())
        words = multiply_wide(counts, factors[keys])
        kind = pa.decimal128(DIGITS_MAX, self._scale)
        return pa.Array.from_buffers(kind, len(counts), [None, pa.py_buffer(words.tobytes())])


def multiply_wide(values: Ints, factors: Ints) -> np.ndarray:
    """Exact products as 128-bit integers, shape (n, 2), low word first; factors >= 0."""
    a, b = np.abs(values).view(np.uint64), factors.view(np.uint64)  # abs(-2**63) is right as unsigned
    a_low, a_high, b_low, b_high = a & LOW_HALF, a >> HALF, b & LOW_HALF, b >> HALF
    low, cross, other, high = a_low * b_low, a_low * b_high, a_high * b_low, a_high * b_high
    middle = (low >> HALF) + (cross & LOW_HALF) + (other & LOW_HALF)
    words = np.empty((len(values), 2), np.uint64)
    words[:, 0] = (low & LOW_HALF) | (middle << HALF)
    words[:, 1] = high + (cross >> HALF) + (other >> HALF) + (middle >> HALF)
    negative = values < 0
    words[negative] = ~words[negative]
    words[negative, 0] += np.uint64(1)
    words[negative, 1] += words[negative, 0] == 0
    return words


def times(ns: Ints) -> pa.Array:
    return pa.array(ns, pa.int64()).cast(pa.timestamp("ns", "UTC"))


def names(ids: Ints, known: Mapping[int, str]) -> pa.Array:
    """What the ids are called."""
    order = sorted(known)
    places = np.searchsorted(np.array(order, np.int64), ids).astype(np.int32)
    return pa.DictionaryArray.from_arrays(places, pa.array([known[one] for one in order], pa.string()))


def codes(numbers: Ints, members: type[IntEnum]) -> pa.Array:
    return names(numbers, {member.value: member.name for member in members})


def trade_legs(trades: Columns) -> Ints:
    """Rows of LEGS: what `fill_entries` and `fee_entry` say of each."""
    column = trades.column
    buys = np.where(column("taker_side") == Side.BUY, 1, -1)
    parts = []
    for role, first, sign in (("taker", Leg.TAKER, buys), ("maker", Leg.MAKER, -buys)):
        account, order_id, fee = (column(f"{role}_{one}") for one in ("account", "order_id", "fee"))
        own = {"account": account, "order_id": order_id}
        base, quote = sign * column("base_amount"), -sign * column("quote_amount")
        parts += [
            _leg(trades, first, EntryKind.TRADE, column("base"), base, own),
            _leg(trades, first + 1, EntryKind.TRADE, column("quote"), quote, own),
            _leg(
                trades,
                first + 2,
                EntryKind.FEE,
                column("quote"),
                -fee,
                own | {"counter_account": column("fee_account")},
            ),
        ]
    fees = {
        "account": column("fee_account"),
        "order_id": column("taker_order_id"),
        "counter_account": column("taker_account"),
    }
    both = column("taker_fee") + column("maker_fee")
    parts.append(_leg(trades, Leg.FEE_ACCOUNT, EntryKind.FEE_INCOME, column("quote"), both, fees))
    return _not_zero(np.concatenate(parts))


def _leg(
    trades: Columns, leg: int, kind: EntryKind, currency: Ints, amount: Ints, others: dict[str, Ints]
) -> Ints:
    shared = {name: trades.column(name) for name in ("seq", "trade_id", "time_ns", "symbol")}
    values = shared | {"currency": currency, "amount": amount} | others
    constants = {"leg": int(leg), "kind": int(kind), "counter_account": 0}
    rows = np.empty((len(trades.rows), len(LEGS)), np.int64)
    for i, name in enumerate(LEGS):
        rows[:, i] = values[name] if name in values else constants[name]
    return rows


def _not_zero(legs: Ints) -> Ints:
    kept: Ints = legs[legs[:, LEGS.index("amount")] != 0]
    return kept


def move_legs(moves: Columns) -> Ints:
    """Rows of LEGS: what `move_entry` says of each, for both sides of transfers."""
    kind = moves.column("kind")
    amount = moves.column("amount")
    signed = np.where(kind == EventKind.DEPOSITED, amount, -amount)
    out = np.select(
        [kind == EventKind.DEPOSITED, kind == EventKind.WITHDRAWN],
        [int(EntryKind.DEPOSIT), int(EntryKind.WITHDRAWAL)],
        int(EntryKind.TRANSFER_OUT),
    )
    moved = kind == EventKind.TRANSFERRED
    received = Columns(moves.names, moves.rows[moved])
    parts = [
        _side(moves, 0, out, "account", "counter_account", signed),
        _side(
            received,
            1,
            np.full(len(received.rows), int(EntryKind.TRANSFER_IN)),
            "counter_account",
            "account",
            amount[moved],
        ),
    ]
    return np.concatenate(parts)


def _side(moves: Columns, leg: int, kind: Ints, account: str, counter: str, amount: Ints) -> Ints:
    zero = np.zeros(len(moves.rows), np.int64)
    values = {
        "leg": zero + leg,
        "kind": kind,
        "account": moves.column(account),
        "amount": amount,
        "counter_account": moves.column(counter),
        **{name: moves.column(name) for name in ("seq", "time_ns", "currency")},
    }
    return np.column_stack([values.get(name, zero) for name in LEGS])


def carried_legs(carried: Columns, seq: int, time_ns: int) -> Columns:
    """Rows of LEGS: sums up to `seq`."""
    zero = np.zeros(len(carried.rows), np.int64)
    values = {
        "seq": zero + seq,
        "leg": carried.column("currency"),
        "time_ns": zero + time_ns,
        "kind": zero + int(EntryKind.CARRIED_FORWARD),
        **{name: carried.column(name) for name in ("account", "currency", "amount")},
    }
    return Columns(LEGS, np.column_stack([values.get(name, zero) for name in LEGS]))
