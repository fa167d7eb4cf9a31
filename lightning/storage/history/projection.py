"""EVENT rows to rows of the history: trades, orders as they are after them, moves.

Whole columns at a time; nothing is done per event.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lightning.codes import (
    CommandKind,
    EventFlag,
    EventKind,
    OrderStatus,
    OrderTerms,
    OrderType,
    RejectReason,
    Side,
    TimeInForce,
)
from lightning.engine.journal import Batch
from lightning.engine.replay import Applied
from lightning.instruments import Symbol
from lightning.rows import COMMAND, EVENT
from lightning.storage.history.schema import Ints, Move, PastOrder, Trade

INT64_MAX = 2**63 - 1
STATES = (
    EventKind.ACCEPTED,
    EventKind.CANCELED,
    EventKind.AMENDED,
    EventKind.REDUCED,
    EventKind.EXPIRED,
    EventKind.TRIGGERED,
)
"""Events that say everything about an order."""
FIRST = (EventKind.ACCEPTED, EventKind.REJECTED)
MOVES = (EventKind.DEPOSITED, EventKind.WITHDRAWN, EventKind.TRANSFERRED)


class Specs:
    """What symbols' trades are worth, in columns by symbol id."""

    NAMES = ("tick_value", "lot_value", "base", "quote", "fee_account")

    def __init__(self) -> None:
        self._table: Ints = np.zeros((64, len(self.NAMES)), np.int64)
        self._known: npt.NDArray[np.bool_] = np.zeros(64, np.bool_)

    def put(self, symbol: Symbol) -> None:
        values = (symbol.tick_value, symbol.lot_value, symbol.base.id, symbol.quote.id, symbol.fee_account)
        self.put_row(symbol.id, values)

    def put_row(self, symbol: int, values: Sequence[int]) -> None:
        """`values` in the order of NAMES."""
        if symbol >= len(self._known):
            more = max(symbol + 1, 2 * len(self._known)) - len(self._known)
            self._table = np.concatenate([self._table, np.zeros((more, len(self.NAMES)), np.int64)])
            self._known = np.concatenate([self._known, np.zeros(more, np.bool_)])
        self._table[symbol] = values
        self._known[symbol] = True

    def known(self, symbols: Ints) -> npt.NDArray[np.bool_]:
        inside = (symbols > 0) & (symbols < len(self._known))
        return inside & self._known[np.where(inside, symbols, 0)]

    def of(self, symbols: Ints, name: str) -> Ints:
        column: Ints = self._table[symbols, self.NAMES.index(name)]
        return column


class Facts(NamedTuple):
    """Events of which each is news, and the commands that they belong to or came with, row by row."""

    events: np.ndarray
    commands: np.ndarray

    @property
    def time_ns(self) -> Ints:
        times: Ints = self.commands["time_ns"]
        return times


class Projected(NamedTuple):
    """Rows in the columns of their tables."""

    trades: Ints
    orders: Ints
    """Whole rows: of orders that are new, or whose events say all about them."""
    filled: Ints
    """Rows of orders that are there already and were filled; sums are what is added."""
    linked: Ints
    """Ids of orders that are linked with the one before them."""
    unlinked: Ints
    """Ids of orders that were canceled because of their sibling."""
    moves: Ints


def gather(applied: Sequence[Applied], after_seq: int) -> Facts:
    """The events behind `after_seq` of records of commands; answers given again are left out."""
    parts = [_facts_of(one, after_seq) for one in applied]
    events, commands = (np.concatenate(column).reshape(-1) for column in zip(*parts, strict=True))
    return Facts(events.view(EVENT), commands.view(COMMAND))


def _facts_of(applied: Applied, after_seq: int) -> tuple[Ints, Ints]:
    """Both as words: rows of which many are joined as rows take far longer."""
    assert isinstance(applied.record, Batch)
    events = applied.events
    fresh = (events["flags"] & EventFlag.REPLAYED == 0) & (events["seq"] > after_seq)
    words = np.ascontiguousarray(events).view(np.int64).reshape(-1, 16)[fresh]
    at = words[:, 0] - applied.record.first_seq  # a row's first word is its seq
    return words, np.ascontiguousarray(applied.record.rows).view(np.int64).reshape(-1, 16)[at]


def project(facts: Facts, specs: Specs) -> Projected:
    trades = trade_rows(facts, specs)
    orders, filled = order_rows(facts, trades, specs)
    return Projected(trades, orders, filled, *_links(facts), move_rows(facts))


def _links(facts: Facts) -> tuple[Ints, Ints]:
    """(linked, unlinked), as Projected has them."""
    kind, order_id = facts.events["kind"], facts.events["order_id"]
    linked = (kind == EventKind.ACCEPTED) & (facts.events["order_terms"] & OrderTerms.LINKED != 0)
    unlinked = (kind == EventKind.CANCELED) & (facts.events["reason"] == RejectReason.LINKED)
    return order_id[linked], order_id[unlinked]


def trade_rows(facts: Facts, specs: Specs) -> Ints:
    chosen = facts.events["kind"] == EventKind.TRADE
    rows = facts.events[chosen]
    symbol = rows["symbol"].astype(np.int64)
    return _rows(
        Trade._fields,
        seq=rows["seq"],
        trade_id=rows["trade_id"],
        symbol=symbol,
        time_ns=facts.time_ns[chosen],
        price=rows["price"],
        qty=rows["qty"],
        taker_side=rows["side"],
        taker_account=rows["account"],
        maker_account=rows["maker_account"],
        taker_order_id=rows["taker_order_id"],
        maker_order_id=rows["maker_order_id"],
        taker_client_order_id=rows["taker_client_order_id"],
        maker_client_order_id=rows["maker_client_order_id"],
        taker_fee=rows["fee"],
        maker_fee=rows["maker_fee"],
        fee_account=specs.of(symbol, "fee_account"),
        base=specs.of(symbol, "base"),
        quote=specs.of(symbol, "quote"),
        base_amount=rows["qty"] * specs.of(symbol, "lot_value"),
        quote_amount=rows["price"] * rows["qty"] * specs.of(symbol, "tick_value"),
    )


def move_rows(facts: Facts) -> Ints:
    chosen = np.isin(facts.events["kind"], MOVES)
    rows = facts.events[chosen]
    return _rows(
        Move._fields,
        seq=rows["seq"],
        kind=rows["kind"],
        account=rows["account"],
        counter_account=np.where(rows["kind"] == EventKind.TRANSFERRED, rows["counter_account"], 0),
        currency=rows["currency"],
        amount=rows["amount"],
        time_ns=facts.time_ns[chosen],
    )


def _rows(fields: Sequence[str], **columns: np.ndarray) -> Ints:
    return np.column_stack([columns[name].astype(np.int64) for name in fields])


def order_rows(facts: Facts, trades: Ints, specs: Specs) -> tuple[Ints, Ints]:
    """(whole rows, rows of what was filled) of every order that the events touch."""
    states, places = _states(facts, specs)
    fills = _fills(facts, trades)
    ids = states[:, _ORDER.order_id]
    at = np.searchsorted(ids, fills.order_id)
    has_state = at < len(ids)
    has_state[has_state] = ids[at[has_state]] == fills.order_id[has_state]
    later = has_state.copy()
    later[has_state] = fills.place[has_state] > places[at[has_state]]
    _add_fills(states, at[later], fills.take(later))
    rest = fills.take(~has_state)
    touched, at = np.unique(rest.order_id, return_inverse=True)
    filled = np.zeros((len(touched), len(PastOrder._fields)), np.int64)
    filled[:, _ORDER.order_id] = touched
    _add_fills(filled, at.astype(np.int64), rest)
    return states, filled


class _Fills(NamedTuple):
    """One row per trade and order, in the order of the trades."""

    order_id: Ints
    place: Ints
    """In the events."""
    qty: Ints
    quote: Ints
    fee: Ints
    leaves: Ints
    time_ns: Ints
    seq: Ints

    def take(self, chosen: npt.NDArray[np.bool_]) -> "_Fills":
        return _Fills(*(column[chosen] for column in self))


TERMS = ("stop_price", "trail_amount", "display_qty", "expire_time_ns", "sibling_id")
assert PastOrder._fields[-len(TERMS) :] == TERMS

_ORDER = PastOrder(*range(len(PastOrder._fields)))
"""Where each column stands."""
_TRADE = Trade(*range(len(Trade._fields)))


def _fills(facts: Facts, trades: Ints) -> _Fills:
    place = np.flatnonzero(facts.events["kind"] == EventKind.TRADE)
    rows = facts.events[place]
    own = (
        (trades[:, _TRADE.taker_order_id], trades[:, _TRADE.maker_order_id]),
        (trades[:, _TRADE.taker_fee], trades[:, _TRADE.maker_fee]),
        (rows["leaves_qty"], rows["maker_leaves_qty"]),
    )
    order_id, fee, leaves = (np.column_stack(pair).ravel() for pair in own)
    shared = (trades[:, one] for one in (_TRADE.qty, _TRADE.quote_amount, _TRADE.time_ns, _TRADE.seq))
    qty, quote, time_ns, seq = (np.repeat(column, 2) for column in shared)
    return _Fills(order_id, np.repeat(place, 2), qty, quote, fee, leaves, time_ns, seq)


def _states(facts: Facts, specs: Specs) -> tuple[Ints, Ints]:
    """The last word on each order, ascending by id, and where in the events it was said."""
    kind = facts.events["kind"]
    rejected = (kind == EventKind.REJECTED) & (facts.commands["kind"] == CommandKind.PLACE)
    rejected &= _is_order(facts, specs)
    chosen = np.flatnonzero(np.isin(kind, STATES) | rejected)
    ids = np.where(rejected[chosen], facts.events["seq"][chosen], facts.events["order_id"][chosen])
    order = np.argsort(ids, kind="stable")
    ids, chosen = ids[order], chosen[order]
    last = np.ones(len(ids), np.bool_)
    last[:-1] = ids[1:] != ids[:-1]
    places, ids = chosen[last], ids[last]
    return np.column_stack([_state_rows(facts, places, ids, rejected[places]), _terms(facts, ids)]), places


def _terms(facts: Facts, ids: Ints) -> Ints:
    """What the commands that placed the orders say of them; nothing of those that were placed before."""
    kind = facts.events["kind"]
    placed = np.flatnonzero((facts.commands["kind"] == CommandKind.PLACE) & np.isin(kind, FIRST))
    rows, seqs = facts.commands[placed], facts.events["seq"][placed]
    linked = (kind[placed] == EventKind.ACCEPTED) & (
        facts.events["order_terms"][placed] & OrderTerms.LINKED != 0
    )
    told = np.column_stack([*(rows[name] for name in TERMS[:-1]), np.where(linked, seqs - 1, 0)])
    special = np.any(told != 0, axis=1) & np.isin(seqs, ids)
    terms = np.zeros((len(ids), len(TERMS)), np.int64)
    terms[np.searchsorted(ids, seqs[special])] = told[special]
    return terms


def _is_order(facts: Facts, specs: Specs) -> npt.NDArray[np.bool_]:
    """Can it be told as an order: its codes are codes, its symbol was there?"""
    known: npt.NDArray[np.bool_] = specs.known(facts.events["symbol"].astype(np.int64))
    codes = (facts.commands["type"] <= max(OrderType)) & (facts.commands["tif"] <= max(TimeInForce))
    return known & codes & (facts.events["side"] <= max(Side))


def _state_rows(facts: Facts, places: Ints, ids: Ints, rejected: npt.NDArray[np.bool_]) -> Ints:
    rows, commands = facts.events[places], facts.commands[places]
    return _rows(
        PastOrder._fields[: -len(TERMS)],
        order_id=ids,
        client_order_id=rows["client_order_id"],
        account=rows["account"],
        symbol=rows["symbol"],
        side=rows["side"],
        type=np.where(rejected, commands["type"], rows["order_type"]),
        tif=np.where(rejected, commands["tif"], rows["order_tif"]),
        price=rows["price"],
        qty=np.where(rejected, rows["qty"], rows["order_qty"]),
        filled_qty=rows["filled_qty"],
        leaves_qty=rows["leaves_qty"],
        filled_quote=rows["filled_quote"],
        fee=rows["filled_fee"],
        status=_statuses(rows, rejected),
        create_time_ns=rows["create_time_ns"],
        update_time_ns=commands["time_ns"],
        update_seq=rows["seq"],
        reason=rows["reason"],
    )


def _statuses(rows: np.ndarray, rejected: npt.NDArray[np.bool_]) -> Ints:
    status = np.where(rows["filled_qty"] > 0, OrderStatus.PARTIALLY_FILLED, OrderStatus.NEW)
    waits = rows["order_terms"] & OrderTerms.PENDING != 0
    status[waits & (rows["kind"] != EventKind.TRIGGERED)] = OrderStatus.PENDING
    status[rows["kind"] == EventKind.CANCELED] = OrderStatus.CANCELED
    status[rows["kind"] == EventKind.EXPIRED] = OrderStatus.EXPIRED
    status[rejected] = OrderStatus.REJECTED
    return status


def _add_fills(orders: Ints, at: Ints, fills: _Fills) -> None:
    """Add `fills` to rows `at` of `orders`."""
    by_row = np.argsort(at, kind="stable")
    touched, first = np.unique(at[by_row], return_index=True)
    if not len(touched):
        return
    last = by_row[np.append(first[1:], len(by_row)) - 1]
    for column, values in (
        (_ORDER.filled_qty, fills.qty),
        (_ORDER.filled_quote, fills.quote),
        (_ORDER.fee, fills.fee),
    ):
        orders[touched, column] = _sums(orders[touched, column], values[by_row], first)
    leaves = fills.leaves[last]
    by_amount = (orders[touched, _ORDER.qty] == 0) & (orders[touched, _ORDER.status] != 0)
    orders[touched[by_amount], _ORDER.qty] = orders[touched[by_amount], _ORDER.filled_qty]
    orders[touched, _ORDER.leaves_qty] = leaves
    orders[touched, _ORDER.status] = np.where(leaves > 0, OrderStatus.PARTIALLY_FILLED, OrderStatus.FILLED)
    orders[touched, _ORDER.update_time_ns] = fills.time_ns[last]
    orders[touched, _ORDER.update_seq] = fills.seq[last]


def _sums(before: Ints, values: Ints, first: Ints) -> Ints:
    """`before` plus the sum of each group of `values`, at the ends of int64 where it is beyond them."""
    bound = np.add.reduceat(np.abs(values.astype(np.float64)), first) + np.abs(before.astype(np.float64))
    sums: Ints = before + np.add.reduceat(values, first)
    ends = np.append(first[1:], len(values))
    for i in np.flatnonzero(bound > INT64_MAX // 2).tolist():
        exact = sum(values[first[i] : ends[i]].tolist(), int(before[i]))
        sums[i] = min(max(exact, -INT64_MAX - 1), INT64_MAX)
    return sums


def _assign(*names: str, how: Callable[[str], str] = "{0} = excluded.{0}".format) -> str:
    return ", ".join(how(name) for name in names)


def _saturated(name: str) -> str:
    """SQL's sum beyond int64 would be a float."""
    new, highest = f"excluded.{name}", INT64_MAX
    return (
        f"{name} = CASE WHEN {new} > 0 AND {name} > {highest} - {new} THEN {highest}"
        f" WHEN {new} < 0 AND {name} < -{highest} - 1 - {new} THEN -{highest} - 1 ELSE {name} + {new} END"
    )


_AS_TOLD = ("leaves_qty", "status", "update_time_ns", "update_seq")
_ADDED = ("filled_qty", "filled_quote", "fee")
REPLACE = f"ON CONFLICT (order_id) DO UPDATE SET {_assign('price', 'qty', 'reason', *_AS_TOLD, *_ADDED)}"
"""What a whole row does to the order's row of before."""
ADD = f"ON CONFLICT (order_id) DO UPDATE SET {_assign(*_AS_TOLD)}, {_assign(*_ADDED, how=_saturated)}"
"""What a row of fills does to it."""
