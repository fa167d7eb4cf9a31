"""The orders of a real venue, at the times that it took them, over and over."""

from collections.abc import Iterator, Sequence
from itertools import count, groupby
from pathlib import Path
from typing import NamedTuple

from lightning.client.capture import CaptureError, convert, read_capture
from lightning.client.demo.flow import FIRST_TRADER, DemoSymbol, Flow, Step, cancel, cancel_all
from lightning.client.tape import Op, TapeError, TapeLine, read_tape
from lightning.codes import CommandFlag, CommandKind, Side
from lightning.rows import Command

BUYER, SELLER = ACCOUNTS = (FIRST_TRADER, FIRST_TRADER + 1)
"""All buys are of one account and all sells of the other, so that no order meets one of its own account."""
IDS_PER_S = 4_096_000
"""Bitstamp's order ids are a clock: 4,096 to the millisecond."""
STEPS_PER_S = 20
PAUSE_S = 3
"""Between the end of the tape and its beginning."""
TAPES = "*.tape.csv.gz"


class _Timed(NamedTuple):
    step: int
    line: TapeLine


def find_tape(path: Path) -> list[TapeLine]:
    """Of a tape, of a capture's directory, or of a directory with one tape. Raises TapeError."""
    if not path.is_dir():
        return read_tape(path)
    found = sorted(path.glob(TAPES))
    if len(found) == 1:
        return read_tape(found[0])
    if found:
        raise TapeError(f"{path}: has several tapes, name one: {', '.join(one.name for one in found)}")
    try:
        return list(convert(read_capture(path)))
    except CaptureError as error:
        raise TapeError(f"{error}; {path} has no {TAPES} either") from error


def tape_flow(symbol: DemoSymbol, lines: Sequence[TapeLine], first_id: int = 1) -> Flow:
    """Orders that were in the venue's book already come first, all at once."""
    ids = count(first_id)
    begin = 0
    while True:
        last = 0
        yield Step(begin / STEPS_PER_S, [cancel_all(account) for account in ACCOUNTS])
        own_ids: dict[int, int] = {}
        for number, timed in groupby(_by_time(lines), lambda one: one.step):
            commands: list[Command] = []
            for _, line in timed:
                if line.op != Op.CANCEL:
                    own_ids[line.order_id] = next(ids)
                commands.append(_command(symbol, line, own_ids.get(line.order_id, 0)))
            last = number
            yield Step((begin + last) / STEPS_PER_S, commands)
        begin += last + PAUSE_S * STEPS_PER_S


def _by_time(lines: Sequence[TapeLine]) -> Iterator[_Timed]:
    """A cancel has the id of an order that was there before: its time is that of the line before it."""
    start: int | None = None
    latest = 0
    for line in lines:
        if line.op in (Op.PLACE, Op.REFUSED):
            start = line.order_id if start is None else start
            latest = max(latest, line.order_id - start)
        yield _Timed(latest * STEPS_PER_S // IDS_PER_S, line)


def _command(symbol: DemoSymbol, line: TapeLine, client_order_id: int) -> Command:
    account = BUYER if line.buy else SELLER
    if line.op == Op.CANCEL:
        return cancel(symbol, account, client_order_id)
    return Command(
        kind=CommandKind.PLACE,
        account=account,
        symbol=symbol.id,
        side=Side.BUY if line.buy else Side.SELL,
        flags=CommandFlag.POST_ONLY if line.op == Op.REFUSED else 0,
        client_order_id=client_order_id,
        price=max(line.price, 1),
        qty=line.qty,
    )
