"""From the columns of LOBSTER files, through the kernels, to an OrderStream."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from lightning.analysis.loaders.lobster_kernel import translate
from lightning.analysis.loaders.lobster_layout import (
    CURSOR,
    FOUND,
    LEVEL,
    NAMED,
    ORDER,
    REVEAL,
    STEP,
    LobsterType,
    Problem,
    Replica,
)
from lightning.analysis.loaders.lobster_sight import find_reveals
from lightning.analysis.loaders.stream import (
    EXPECTED_FILL,
    LoadError,
    OrderStream,
    mismatch_frame,
)
from lightning.codes import CommandKind, Side
from lightning.decimals import format_steps, format_units
from lightning.engine.tables import as_rows, table
from lightning.instruments import Symbol
from lightning.kernels.layout import NIL
from lightning.rows import COMMAND

PRICE_SCALE = 4
"""Decimals of the dollars that a price counts."""
REVEALS_MIN = 1024

CAUSES = {
    Problem.DUPLICATE_ORDER: "order {id} is submitted while it is in the book",
    Problem.WOULD_TRADE: "order {id} is submitted at a price that would trade",
    Problem.UNKNOWN_ORDER: "order {id} is not in the book",
    Problem.OTHER_LEVEL: "order {id} is in the book at another price",
    Problem.SIZE_TOO_LARGE: "order {id} has less than the size of the message",
    Problem.SIZE_LEFT: "order {id} is deleted with another size than is left of it",
    Problem.NOT_BEST: "order {id} is executed, and there is a better price",
    Problem.NOT_FIRST: "order {id} is executed, and another is before it in its level",
    Problem.LEVEL_DIFFERS: "the order book file has a level of another size than the messages make it{about}",
    Problem.LEVEL_TOO_SMALL: "order {id} is named later, and its level has less",
}


class Day(NamedTuple):
    """What the files say about all of their messages."""

    path: Path
    symbol: Symbol
    buyer: int
    seller: int
    times: npt.NDArray[np.int64]
    """ns since 1970, of each message."""


def order_stream(
    day: Day,
    messages: npt.NDArray[np.void],
    ids: npt.NDArray[np.int64],
    book: npt.NDArray[np.int64],
    annotations: pl.DataFrame,
) -> OrderStream:
    """messages : (n,) MESSAGE without `id`, but NIL where no order is named, `level` and `reveal`
    ids : (n,) order ids; book : (n, 4 * levels)
    """
    named = messages["id"] != NIL
    known_ids, messages["id"][named] = np.unique(ids[named], return_inverse=True)
    prices = _prices_of(messages["price"][named], book)
    ticks = _ticks(day, prices, messages)
    messages["level"] = 2 * np.searchsorted(prices, messages["price"]) + messages["side"]
    rows = as_rows(messages)
    reveals = _reveals(book, rows, prices)
    seeds = _seeds(messages, reveals)
    replica = _replica(messages, known_ids, prices, len(reveals), len(seeds))
    translate(replica, book, rows, as_rows(reveals), as_rows(seeds))
    steps = replica.steps[: int(replica.cursor["steps"][0])].view(np.ndarray)
    found = replica.found[: int(replica.cursor["found"][0])].view(np.ndarray)
    prices_of_steps = ticks[np.searchsorted(prices, steps["price"]).clip(max=len(prices) - 1)]
    return OrderStream(
        source=str(day.path),
        commands=_commands(day, steps, prices_of_steps),
        lines=steps["line"].copy(),
        expect=steps["expect"].copy(),
        left=_lots(day, steps["left"], steps["line"]),
        fills=_fills(day, steps, prices_of_steps),
        annotations=annotations,
        mismatches=_mismatches(found, known_ids),
    )


def _prices_of(messages: npt.NDArray[np.int64], book: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Every price of an order or level, ascending."""
    parts = [pl.Series(messages).unique()]
    for column in range(0, book.shape[1], 2):
        parts.append(pl.Series(book[:, column][book[:, column + 1] != 0]).unique())
    return np.ascontiguousarray(pl.concat(parts).unique().sort().to_numpy())


def _ticks(day: Day, prices: npt.NDArray[np.int64], messages: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
    tick = day.symbol.tick
    up, down = 10 ** max(tick.scale - PRICE_SCALE, 0), 10 ** max(PRICE_SCALE - tick.scale, 0)
    scaled = prices * up
    odd = scaled % (tick.units * down) != 0
    if odd.any():
        price = prices[odd][0]
        lines = np.flatnonzero((messages["price"] == price) & (messages["id"] != NIL))
        where = f"line {lines[0] + 1}: " if len(lines) else ""
        raise LoadError(
            f"{day.path}: {where}price must be a multiple of {day.symbol.name}'s tick, "
            f"{format_steps(1, tick)}, not {format_units(int(price), PRICE_SCALE)}"
        )
    return np.asarray(scaled // (tick.units * down))


def _lots(day: Day, shares: npt.NDArray[np.int64], lines: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    lot = day.symbol.lot
    scaled = shares * 10**lot.scale
    odd = scaled % lot.units != 0
    if odd.any():
        row = int(np.argmax(odd))
        raise LoadError(
            f"{day.path}: line {lines[row]}: size must be a multiple of {day.symbol.name}'s lot, "
            f"{format_steps(1, lot)}, not {shares[row]}"
        )
    return np.asarray(scaled // lot.units)


def _reveals(
    book: npt.NDArray[np.int64], messages: np.ndarray, prices: npt.NDArray[np.int64]
) -> npt.NDArray[np.void]:
    """REVEAL in the order of their rows; each message's `reveal` is set."""
    levels = table((2 * len(prices),), LEVEL)
    levels["reveal"] = NIL
    reveals = table((max(REVEALS_MIN, 2 * book.shape[1]),), REVEAL)
    row = count = 0
    while row < len(book):
        row, count = map(int, find_reveals(book, messages, levels, prices, reveals, row, count))
        if row < len(book):
            wider = table((2 * len(reveals),), REVEAL)
            wider[:count] = reveals[:count]
            reveals = wider
    return reveals[:count].view(np.ndarray)


def _seeds(messages: npt.NDArray[np.void], reveals: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """NAMED of every reveal, by id: orders that messages name, and that none submitted since."""
    names = np.flatnonzero(messages["id"] != NIL)
    columns = {name: messages[name][names] for name in ("reveal", "id", "level", "size", "type")}
    frame = pl.DataFrame({"row": names, **columns})
    submitted = pl.col("type") == int(LobsterType.SUBMISSION)
    submissions = frame.filter(submitted).unique("id", keep="first")
    known = (
        frame.filter(pl.col("reveal") != NIL)
        .group_by("reveal", "id", "level")
        .agg(
            pl.col("row").min(),
            pl.col("size").filter(~submitted).sum(),
            deleted=(pl.col("type") == int(LobsterType.DELETION)).any(),
        )
        .join(submissions.select("id", by="row", at="level"), on="id", how="left")
        .filter(pl.col("by").is_null() | ((pl.col("by") < pl.col("row")) & (pl.col("at") == pl.col("level"))))
        .sort("reveal", "id")
    )
    seeds = np.zeros(len(known), NAMED)
    seeds["reveal"], seeds["id"], seeds["qty"] = known["reveal"], known["id"], known["size"]
    seeds["deleted"] = known["deleted"].cast(pl.Int64)
    counts = np.bincount(seeds["reveal"], minlength=len(reveals))
    reveals["named_count"] = counts
    reveals["named"] = np.cumsum(counts) - counts
    return seeds


def _replica(
    messages: npt.NDArray[np.void],
    ids: npt.NDArray[np.int64],
    prices: npt.NDArray[np.int64],
    reveals: int,
    seeds: int,
) -> Replica:
    """With room for every order that can be made, and twice as many commands and more: untouched, it costs
    no memory.
    """
    orders = 2 * len(messages) + seeds + reveals
    replica = Replica(
        levels=table((2 * len(prices),), LEVEL),
        orders=table((orders,), ORDER),
        slots=np.full(len(ids), NIL, np.int64),
        ids=ids,
        used=np.zeros(len(ids), np.uint8),
        prices=prices,
        steps=table((2 * orders + 2 * len(messages),), STEP),
        found=table((len(messages) + seeds,), FOUND),
        cursor=table((1,), CURSOR),
    )
    for name in ("head", "tail", "seen"):
        replica.levels[name] = NIL
    replica.cursor["client_order_id"] = int(ids[-1]) if len(ids) else 0
    return replica


def _commands(day: Day, steps: npt.NDArray[np.void], price: npt.NDArray[np.int64]) -> npt.NDArray[np.void]:
    commands = np.zeros(len(steps), COMMAND)
    places = steps["kind"] == CommandKind.PLACE
    commands["kind"], commands["tif"] = steps["kind"], steps["tif"]
    commands["side"] = np.where(places, steps["side"], 0)
    commands["symbol"] = day.symbol.id
    commands["account"] = np.where(steps["side"] == Side.BUY, day.buyer, day.seller)
    commands["client_order_id"] = steps["client_order_id"]
    commands["price"] = np.where(steps["kind"] == CommandKind.CANCEL, 0, price)
    commands["qty"] = _lots(day, steps["qty"], steps["line"])
    commands["time_ns"] = day.times[np.maximum(steps["line"] - 1, 0)]
    return commands


def _fills(day: Day, steps: npt.NDArray[np.void], price: npt.NDArray[np.int64]) -> npt.NDArray[np.void]:
    rows = np.flatnonzero(steps["maker_client_order_id"] != 0)
    fills = np.zeros(len(rows), EXPECTED_FILL)
    fills["row"], fills["price"] = rows, price[rows]
    fills["maker_client_order_id"] = steps["maker_client_order_id"][rows]
    fills["qty"] = _lots(day, steps["qty"][rows], steps["line"][rows])
    return fills


def _mismatches(found: npt.NDArray[np.void], ids: npt.NDArray[np.int64]) -> pl.DataFrame:
    rows = []
    for line, problem, number, expected, got in found.tolist():
        known = number != NIL
        about = f", behind one about order {ids[number]}" if known else ""
        cause = CAUSES[Problem(problem)].format(id=ids[number] if known else 0, about=about)
        rows.append((line, cause, str(expected), str(got)))
    return mismatch_frame(rows)
