"""Making and growing the tables of `lightning.kernels.layout`."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lightning.kernels import layout, ledger_layout, scratch
from lightning.kernels.index import index_fill, index_rebuild
from lightning.kernels.intrinsics import INT64_MAX
from lightning.kernels.kernel import PURE
from lightning.kernels.layout import Accounts, Books, State
from lightning.kernels.run import room_in_accounts, room_in_books
from lightning.kernels.scratch import Out
from lightning.kernels.timers_alive import mark_alive
from lightning.rows import EVENT

Table = np.ndarray[tuple[int, ...], np.dtype[np.void]]

TRADES_KEPT = 2**14
"""Recent trades per symbol shard, for queries."""
CLOSED_KEPT = 2**14
"""Recently closed orders per symbol shard, for queries."""
TIMERS_MIN = 64
"""Room for timers at first."""
TIMERS_PER_COMMAND = 2
"""Most timers that one command adds."""
CACHE_LINE = 64
EVENT_ROWS = 2**14
"""Event rows that a kernel writes before they are carried off."""


def table(shape: tuple[int, ...], dtype: np.dtype[np.void]) -> Table:
    """A zeroed table that begins on a cache line; memory that is never touched is never taken."""
    size = math.prod(shape) * dtype.itemsize
    room = np.zeros(size + CACHE_LINE, np.uint8)
    first = -int(room.__array_interface__["data"][0]) % CACHE_LINE
    return as_rows(room[first : first + size].view(dtype).reshape(shape))


def as_rows(rows: Table) -> Table:
    """The same array, so that kernels can read its columns as attributes.

    Compiled kernels take a plain array: numba recognises it faster than a record array.
    """
    return rows.view(np.dtype((_PureRow, rows.dtype))) if PURE else rows


class _PureRow(np.record):  # type: ignore[misc]  # NumPy's stubs call its base final
    """A row for kernels that run as plain Python: a column wins over what NumPy calls `flags` or `base`."""

    def __getattribute__(self, name: str) -> object:
        fields = np.void.dtype.__get__(self).fields
        return self[name] if name in fields else super().__getattribute__(name)


def new_books(shards: int) -> Books:
    books = Books(
        head=table((shards,), layout.BOOKS_HEAD),
        books=table((shards, 4), layout.BOOK),
        ladders=table((shards, 8), layout.LADDER),
        stop_ladders=table((shards, 8), layout.LADDER),
        trails=table((shards, 8), layout.TRAIL),
        orders=table((shards, 1024), layout.ORDER),
        details=table((shards, 1024), layout.DETAIL),
        levels=table((shards, 512), layout.LEVEL),
        hidden=np.zeros((shards, 512), np.int64),
        nodes=table((shards, 512), layout.NODE),
        children=np.zeros((shards, 512 * layout.FAN_OUT), np.int32),
        traders=table((shards, 256), layout.TRADER),
        order_index=table((shards, 2048), layout.INDEX),
        client_index=table((shards, 2048), layout.INDEX),
        trader_index=table((shards, 512), layout.INDEX),
        trades=table((shards, TRADES_KEPT), layout.TRADE),
        closed=table((shards, CLOSED_KEPT), layout.ORDER),
        closed_details=table((shards, CLOSED_KEPT), layout.DETAIL),
    )
    for name in ("orders_free", "levels_free", "nodes_free", "traders_free"):
        books.head[name] = layout.NIL
    return books


def new_accounts(shards: int, once_window: int) -> Accounts:
    """The once-only rings have room for the whole window, spread over the shards: growing them costs much."""
    ids = max(1024, 1 << (once_window // shards).bit_length())
    return Accounts(
        head=table((shards,), ledger_layout.ACCOUNTS_HEAD),
        accounts=table((shards, 256), ledger_layout.ACCOUNT),
        balances=table((shards, 512), ledger_layout.BALANCE),
        account_index=table((shards, 512), layout.INDEX),
        balance_index=table((shards, 1024), layout.INDEX),
        once=table((shards, ids), ledger_layout.ONCE),
        once_index=table((shards, 2 * ids), layout.INDEX),
        answers=table((shards, 2 * ids), EVENT),
    )


def new_out(rows: int, postings: int) -> Out:
    return Out(
        events=table((rows,), EVENT),
        postings=table((postings,), scratch.POSTING),
        cursor=np.zeros(5, np.int64),
    )


def words_of(rows: np.ndarray) -> npt.NDArray[np.int64]:
    """128-byte rows as (n, 16) int64, sharing memory."""
    plain = rows.view(np.ndarray)
    return plain.view(np.int64).reshape(*plain.shape, 16)


def _doubled(old: Table, used: npt.NDArray[np.int64] | None = None) -> Table:
    """The same rows in a table of twice the capacity; `used` rows of each shard, None = all."""
    new = table((old.shape[0], 2 * old.shape[1]), old.dtype)
    source, target = _bytes_of(old), _bytes_of(new)
    for shard in range(old.shape[0]):
        count = old.shape[1] if used is None else int(used[shard])
        target[shard, :count] = source[shard, :count]
    return new


def _bytes_of(rows: Table) -> npt.NDArray[np.uint8]:
    """Shape (shards, rows, bytes of a row), sharing memory."""
    return rows.view(np.ndarray).view(np.uint8).reshape(*rows.shape, -1)


def _doubled_index(old: Table, used: npt.NDArray[np.int64]) -> Table:
    """The same entries in an index of twice the capacity; shards that never used a row have none."""
    new = table((old.shape[0], 2 * old.shape[1]), old.dtype)
    for shard in np.flatnonzero(used).tolist():
        index_rebuild(old[shard : shard + 1], new[shard : shard + 1])
    return new


def _doubled_ring(old: Table, first: npt.NDArray[np.int64], end: npt.NDArray[np.int64]) -> Table:
    """The same ring with twice the capacity; places keep their numbers."""
    capacity = old.shape[1]
    new = table((old.shape[0], 2 * capacity), old.dtype)
    source, target = _bytes_of(old), _bytes_of(new)
    for shard in range(old.shape[0]):
        place, last = int(first[shard]), int(end[shard])
        while place < last:
            count = min(last - place, capacity - place % capacity)
            at, to = place % capacity, place % (2 * capacity)
            target[shard, to : to + count] = source[shard, at : at + count]
            place += count
    return new


def grow_directory(state: State, symbol: int) -> State:
    """Room for a symbol id."""
    known = len(state.directory)
    if symbol < known:
        return state
    directory = np.full((max(symbol + 1, 2 * known), 2), layout.NIL, np.int32)
    directory[:known] = state.directory
    return state._replace(directory=directory)


def grow_totals(state: State, currency: int) -> State:
    """Room for a currency id."""
    known = len(state.totals)
    if currency < known:
        return state
    totals = table((max(currency + 1, 2 * known),), ledger_layout.TOTAL)
    totals[:known] = state.totals
    return state._replace(totals=totals)


def grow_shelf(state: State) -> State:
    """Twice the room for books."""
    books = state.books
    wider = books._replace(
        books=_doubled(books.books),
        ladders=_doubled(books.ladders),
        stop_ladders=_doubled(books.stop_ladders),
        trails=_doubled(books.trails),
    )
    return state._replace(books=wider)


def _grow_orders(books: Books) -> Books:
    return books._replace(
        orders=_doubled(books.orders, books.head["orders_used"]),
        details=_doubled(books.details, books.head["details_used"]),
        order_index=_doubled_index(books.order_index, books.head["orders_used"]),
        client_index=_doubled_index(books.client_index, books.head["orders_used"]),
    )


def _grow_nodes(books: Books) -> Books:
    shards, width = books.children.shape
    children = np.zeros((shards, 2 * width), np.int32)
    for shard, used in enumerate((books.head["nodes_used"] * layout.FAN_OUT).tolist()):
        children[shard, :used] = books.children[shard, :used]
    return books._replace(nodes=_doubled(books.nodes, books.head["nodes_used"]), children=children)


def _grow_traders(books: Books) -> Books:
    return books._replace(
        traders=_doubled(books.traders, books.head["traders_used"]),
        trader_index=_doubled_index(books.trader_index, books.head["traders_used"]),
    )


def _grow_levels(books: Books) -> Books:
    hidden = np.zeros((books.hidden.shape[0], 2 * books.hidden.shape[1]), np.int64)
    used = np.where(books.head["details_used"] == 0, 0, books.head["levels_used"])
    for shard, count in enumerate(used.tolist()):
        hidden[shard, :count] = books.hidden[shard, :count]
    return books._replace(levels=_doubled(books.levels, books.head["levels_used"]), hidden=hidden)


def grow_books(books: Books, commands: int = 1) -> Books:
    """Double every table in which some shard has no room for so many more commands, and what they set off."""
    for name, grow in _GROW.items():
        while int(rows_needed(books, name, commands).max()) > getattr(books, name).shape[1]:
            books = grow(books)
    return books


_GROW: dict[str, Callable[[Books], Books]] = {
    "orders": _grow_orders,
    "levels": _grow_levels,
    "nodes": _grow_nodes,
    "traders": _grow_traders,
}


def rows_needed(books: Books, name: str, commands: int | npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Of a table in each shard, so that `commands` more fit: each may open a level, and so may stops."""
    head = books.head
    levels = commands + head["stops_to_rest"]
    more = {"levels": levels, "nodes": layout.NODES_PER_LEVEL_MAX * levels}.get(name, commands)
    return np.asarray(head[f"{name}_live"] + more)


def have_room(books: Books, commands: npt.NDArray[np.int64]) -> bool:
    """For so many more commands in each shard."""
    return all(
        (rows_needed(books, name, commands) <= getattr(books, name).shape[1])[commands > 0].all()
        for name in _GROW
    )


def _grow_once(accounts: Accounts) -> Accounts:
    first, end = accounts.head["once_first"], accounts.head["once_end"]
    once = _doubled_ring(accounts.once, first, end)
    index = table((once.shape[0], 2 * once.shape[1]), layout.INDEX)
    for shard in range(once.shape[0]):
        slots = np.arange(first[shard], end[shard]) % once.shape[1]
        index_fill(index, shard, once["hash"][shard, slots], slots)
    return accounts._replace(once=once, once_index=index)


def grow_accounts(accounts: Accounts, rows: int, commands: int = 1, balances: int = 0) -> Accounts:
    """Double every table in which some shard has no room for so many commands, or `rows` rows of answers.

    balances : of one command; 0 = two, as most have at most
    """
    head = accounts.head
    if int(head["accounts_used"].max()) + commands > accounts.accounts.shape[1]:
        accounts = accounts._replace(
            accounts=_doubled(accounts.accounts, head["accounts_used"]),
            account_index=_doubled_index(accounts.account_index, head["accounts_used"]),
        )
    while int(head["balances_used"].max()) + max(2 * commands, balances) > accounts.balances.shape[1]:
        accounts = accounts._replace(
            balances=_doubled(accounts.balances, head["balances_used"]),
            balance_index=_doubled_index(accounts.balance_index, head["balances_used"]),
        )
    if int((head["once_end"] - head["once_first"]).max()) + commands > accounts.once.shape[1]:
        accounts = _grow_once(accounts)
    while int((head["answers_end"] - head["answers_first"]).max()) + rows > accounts.answers.shape[1]:
        answers = _doubled_ring(accounts.answers, head["answers_first"], head["answers_end"])
        accounts = accounts._replace(answers=answers)
    return accounts


def with_timers(state: State, timers: Table, capacity: int = TIMERS_MIN) -> State:
    """The state with these timers and no others, and room for as many and some more.

    timers : (n,) TIMER in any order, each once or more often
    capacity : the least
    """
    order = np.lexsort((timers["id"], timers["symbol"], timers["expire_time"]))
    first = np.ones(len(order), np.bool_)
    for name in ("expire_time", "symbol", "id"):
        first[1:] &= timers[name][order[1:]] == timers[name][order[:-1]]
    first[1:] = ~first[1:]
    count = int(first.sum())
    while capacity < 2 * (count + TIMERS_PER_COMMAND):
        capacity *= 2
    rows = table((capacity,), layout.TIMER)
    rows[:count] = timers[order[first]]  # sorted they are a heap
    state.globals[0]["timers_used"] = count
    state.globals[0]["next_timer"] = rows["expire_time"][0] if count else INT64_MAX
    return state._replace(timers=rows)


def grow_timers(state: State) -> State:
    """Drop the timers whose thing is gone; if more than half are left, double the room for them."""
    timers = state.timers[: int(state.globals[0]["timers_used"])]
    alive = np.zeros(len(timers), np.bool_)
    mark_alive(state, alive)
    return with_timers(state, timers[alive], len(state.timers))


def room_in_timers(state: State, commands: int = 1) -> bool:
    return int(state.globals[0]["timers_used"]) + TIMERS_PER_COMMAND * commands <= len(state.timers)


def make_room(state: State, rows: int, balances: int = 0) -> State:
    """Grow whatever is too full for one more command, in any shard, that is answered by `rows` event rows.

    balances : that it may open; 0 = two, as most do at most
    """
    shards = range(state.books.head.shape[0])
    if not all(room_in_books(state.books, shard) for shard in shards):
        state = state._replace(books=grow_books(state.books))
    if balances or not all(room_in_accounts(state.accounts, shard, rows) for shard in shards):
        state = state._replace(accounts=grow_accounts(state.accounts, rows, balances=balances))
    return state if room_in_timers(state) else grow_timers(state)
