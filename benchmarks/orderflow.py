"""The two published order flows: messages in as COMMAND rows, reports out as the published text."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lightning.codes import CommandKind, EventKind, Side, TimeInForce
from lightning.rows import COMMAND

Rows = np.ndarray[tuple[int], np.dtype[np.void]]

SYMBOL = 1
HASHES = {
    "normal": "e9b2e3926854410b01a035aeb25dd05f1e597c233be8263de9eb49b6713d367e",
    "flash-crash": "cff8d3f94b709fc64a8b2058a6ca4fb6920364904796e46906895e362d2bb16b",
}
"""Published SHA-256 of each flow's report text."""

NEW, CANCEL, MODIFY = 0, 1, 2
KINDS = np.array([CommandKind.PLACE, CommandKind.CANCEL, CommandKind.AMEND], np.uint8)
CHUNK = 200_000


def load_orderflow(data: Path, name: str, messages: int | None = None) -> Rows:
    """`data` is the directory of the files, `name` one of HASHES; only the first `messages`, if given."""
    with np.load(data / f"orderflow_{name}.npz") as file:
        columns = {column: file[column][:messages] for column in file.files}
        kinds = columns["type"]
        rows = np.zeros(len(kinds), COMMAND)
        rows["kind"] = KINDS[kinds]
        rows["symbol"] = SYMBOL
        rows["client_order_id"] = columns["order_id"]
        is_new = kinds == NEW
        rows["side"] = np.where(is_new, columns["side"], Side.BUY)
        rows["tif"] = np.where(is_new & (columns["ioc"] == 1), TimeInForce.IOC, TimeInForce.GTC)
        for column in ("price", "qty"):
            rows[column] = np.where(kinds == CANCEL, 0, columns[column])
    return rows


def report_sha256(commands: Rows, events: Rows) -> str:
    """Hash of the report text of `events`, the answers of a fresh exchange to `commands`."""
    digest = hashlib.sha256()
    separator = ""
    for lines in report_lines(commands, events):
        digest.update((separator + "\n".join(lines)).encode())
        separator = "\n"
    return digest.hexdigest()


def report_lines(commands: Rows, events: Rows) -> Iterator[list[str]]:
    """The lines in their order, some hundred thousand at a time."""
    kinds = np.full(256, -1)
    kinds[EventKind.ACCEPTED] = 0
    kinds[EventKind.TRADE] = 1
    kinds[EventKind.CANCELED] = 2
    kinds[EventKind.AMENDED] = 3
    messages = events["seq"] - 1
    report_kinds = kinds[events["kind"]]
    is_refusal = events["kind"] == EventKind.REJECTED
    of_modify = commands["kind"][messages] == CommandKind.AMEND
    report_kinds = np.where(is_refusal, np.where(of_modify, 5, 4), report_kinds)
    order = np.lexsort((report_kinds, messages))
    for start in range(0, len(order), CHUNK):
        part = order[start : start + CHUNK]
        yield format_reports(events[part], messages[part], report_kinds[part])


def format_reports(events: Rows, messages: Rows, kinds: Rows) -> list[str]:
    names = ("side", "client_order_id", "price", "qty", "maker_client_order_id")
    columns = [events[name].tolist() for name in names]
    rows = zip(kinds.tolist(), messages.tolist(), *columns, strict=True)
    lines = []
    for kind, message, side, order_id, price, qty, maker in rows:
        if kind == 1:
            lines.append(f"1,{message},{price},{qty},{maker},{order_id}")
        elif kind in (0, 3):
            lines.append(f"{kind},{message},{side},{order_id},{price},{qty}")
        elif kind == 2:
            lines.append(f"2,{message},{side},{order_id},{price}")
        else:
            lines.append(f"{kind},{message},{order_id}")
    return lines
