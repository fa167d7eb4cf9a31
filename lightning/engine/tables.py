"""Making and growing the tables of `lightning.kernels.layout`."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lightning.kernels import layout
from lightning.kernels.index import index_fill, index_rebuild
from lightning.kernels.kernel import PURE
from lightning.kernels.layout import Accounts, Books, Out, State
from lightning.kernels.run import room_in_accounts, room_in_books
from lightning.rows import EVENT

Table = np.ndarray[tuple[int, ...], np.dtype[np.void]]

TRADES_KEPT = 2**14
"""Recent trades per symbol shard, for queries."""
CLOSED_KEPT = 2**14
"""Recently closed orders per symbol shard, for queries."""
EVENT_ROWS = 2**14
"""Event rows that a kernel writes before they are carried off."""


def table(shape: tuple[int, ...], dtype: np.dtype[np.void]) -> Table:
    """A zeroed table; memory that is never touched is never taken."""
    return as_rows(np.zeros(shape, dtype))


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
        orders=table((shards, 1024), layout.ORDER),
        levels=table((shards, 512), layout.LEVEL),
        nodes=table((shards, 512), layout.NODE),
        children=np.zeros((shards, 512 * layout.FAN_OUT), np.int32),
        traders=table((shards, 256), layout.TRADER),
        order_index=table((shards, 2048), layout.INDEX),
        client_index=table((shards, 2048), layout.INDEX),
        trader_index=table((shards, 512), layout.INDEX),
        trades=table((shards, TRADES_KEPT), layout.TRADE),
        closed=table((shards, CLOSED_KEPT), layout.ORDER),
    )
    for name in ("orders_free", "levels_free", "nodes_free", "traders_free"):
        books.head[name] = layout.NIL
    return books


def new_accounts(shards: int, once_window: int) -> Accounts:
    """The once-only rings have room for the whole window, spread over the shards: growing them costs much."""
    ids = max(1024, 1 << (once_window // shards).bit_length())
    return Accounts(
        head=table((shards,), layout.ACCOUNTS_HEAD),
        accounts=table((shards, 256), layout.ACCOUNT),
        balances=table((shards, 512), layout.BALANCE),
        account_index=table((shards, 512), layout.INDEX),
        balance_index=table((shards, 1024), layout.INDEX),
        once=table((shards, ids), layout.ONCE),
        once_index=table((shards, 2 * ids), layout.INDEX),
        answers=table((shards, 2 * ids), EVENT),
    )


def new_out(rows: int, postings: int) -> Out:
    return Out(
        events=table((rows,), EVENT),
        postings=table((postings,), layout.POSTING),
        cursor=np.zeros(3, np.int64),
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
    totals = table((max(currency + 1, 2 * known),), layout.TOTAL)
    totals[:known] = state.totals
    return state._replace(totals=totals)


def grow_shelf(state: State) -> State:
    """Twice the room for books."""
    books = state.books
    return state._replace(books=books._replace(books=_doubled(books.books), ladders=_doubled(books.ladders)))


def _grow_orders(books: Books) -> Books:
    return books._replace(
        orders=_doubled(books.orders, books.head["orders_used"]),
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
    return books._replace(levels=_doubled(books.levels, books.head["levels_used"]))


def grow_books(books: Books, commands: int = 1) -> Books:
    """Double every table in which some shard has no room for so many more commands."""
    kinds: list[tuple[str, str, int, Callable[[Books], Books]]] = [
        ("orders", "orders_live", 1, _grow_orders),
        ("levels", "levels_live", 1, _grow_levels),
        ("nodes", "nodes_live", layout.NODES_PER_LEVEL_MAX, _grow_nodes),
        ("traders", "traders_live", 1, _grow_traders),
    ]
    for name, live, margin, grow in kinds:
        if int(books.head[live].max()) + commands * margin > getattr(books, name).shape[1]:
            books = grow(books)
    return books


def _grow_once(accounts: Accounts) -> Accounts:
    first, end = accounts.head["once_first"], accounts.head["once_end"]
    once = _doubled_ring(accounts.once, first, end)
    index = table((once.shape[0], 2 * once.shape[1]), layout.INDEX)
    for shard in range(once.shape[0]):
        slots = np.arange(first[shard], end[shard]) % once.shape[1]
        index_fill(index, shard, once["hash"][shard, slots], slots)
    return accounts._replace(once=once, once_index=index)


def grow_accounts(accounts: Accounts, rows: int, commands: int = 1) -> Accounts:
    """Double every table in which some shard has no room for so many commands, or `rows` rows of answers."""
    head = accounts.head
    if int(head["accounts_used"].max()) + commands > accounts.accounts.shape[1]:
        accounts = accounts._replace(
            accounts=_doubled(accounts.accounts, head["accounts_used"]),
            account_index=_doubled_index(accounts.account_index, head["accounts_used"]),
        )
    if int(head["balances_used"].max()) + 2 * commands > accounts.balances.shape[1]:
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


def make_room(state: State, rows: int) -> State:
    """Grow whatever is too full for one more command, in any shard, that is answered by `rows` event rows."""
    shards = range(state.books.head.shape[0])
    if not all(room_in_books(state.books, shard) for shard in shards):
        state = state._replace(books=grow_books(state.books))
    if not all(room_in_accounts(state.accounts, shard, rows) for shard in shards):
        state = state._replace(accounts=grow_accounts(state.accounts, rows))
    return state
