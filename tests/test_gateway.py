"""The event loop's door to the sequencer, where admin changes and orders meet."""

import asyncio
from collections.abc import Iterator

import pytest

from lightning.codes import CommandKind, EventKind, Side
from lightning.decimals import Step
from lightning.engine.changes import ChangeRefused, CreateCurrency, DeleteCurrency, Terms, UpdateSymbol
from lightning.rows import Command
from lightning.server.errors import Unavailable
from lightning.server.gateway import Gateway, read_catalog
from tests.desk import DEPOSIT, Desk

ORDER = Command(kind=CommandKind.PLACE, account=1, symbol=1, side=Side.BUY, price=100, qty=1)
MOVE = UpdateSymbol(1, terms=Terms(tick=Step(1, 1)))
TURNS = 5
"""Turns of the event loop in which everything is done that waits for nothing else."""


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    desk.sequencer.start()
    yield desk
    desk.durable(2**62)
    desk.sequencer.stop()


async def turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


def open_gateway(desk: Desk) -> Gateway:
    return Gateway(desk.sequencer, read_catalog(desk.exchange))


def test_no_order_is_read_by_a_tick_that_is_being_changed(desk: Desk) -> None:
    async def run() -> None:
        gateway = open_gateway(desk)
        before = asyncio.create_task(gateway.submit(DEPOSIT))
        change = asyncio.create_task(gateway.change(MOVE))
        await turns()
        for kind in (CommandKind.PLACE, CommandKind.AMEND):
            with pytest.raises(Unavailable, match=r"^Nothing was done: the symbol is being changed"):
                await gateway.submit(ORDER._replace(kind=kind))
        others = [
            asyncio.create_task(gateway.submit(command))
            for command in (ORDER._replace(symbol=2), ORDER._replace(kind=CommandKind.CANCEL, order_id=9))
        ]
        await turns()
        desk.durable(2**62)
        assert (await change).tick == gateway.catalog.symbols[1].tick == Step(1, 1)
        await asyncio.gather(before, *others)
        assert (await gateway.submit(ORDER)).events[0].kind == EventKind.ACCEPTED

    asyncio.run(run())


def test_what_was_read_before_a_change_is_done_before_it(desk: Desk) -> None:
    async def run() -> None:
        gateway = open_gateway(desk)
        desk.durable(2**62)
        await gateway.submit(DEPOSIT)
        change = asyncio.create_task(gateway.change(MOVE))
        await asyncio.sleep(0)  # it was asked for, and begins after this turn
        order = gateway.send(ORDER)
        with pytest.raises(ChangeRefused, match=r"^tick must stay: symbol 1 has 1 open order"):
            await change
        assert (await order).events[0].kind == EventKind.ACCEPTED
        assert (await gateway.submit(ORDER)).events[0].kind == EventKind.ACCEPTED, "refused: goes on"

    asyncio.run(run())


def test_orders_go_on_while_fees_change(desk: Desk) -> None:
    async def run() -> None:
        gateway = open_gateway(desk)
        change = asyncio.create_task(
            gateway.change(UpdateSymbol(1, terms=Terms(tick=Step(1, 2), taker_fee_ppm=5)))
        )
        await turns()
        order = gateway.send(ORDER)
        desk.durable(2**62)
        await asyncio.gather(change, order)

    asyncio.run(run())


def test_the_catalog_shows_a_change_that_nobody_waits_for_any_more(desk: Desk) -> None:
    async def run() -> None:
        gateway = open_gateway(desk)
        changes = [gateway.change(CreateCurrency("DOGE")), gateway.change(DeleteCurrency(1))]
        waiting = [asyncio.create_task(change) for change in changes]
        await turns()
        for task in waiting:
            task.cancel()
        await turns()
        assert all(task.cancelled() for task in waiting)
        desk.durable(2**62)
        while 4 not in gateway.catalog.currencies:
            await asyncio.sleep(0.001)
        await turns()

    asyncio.run(asyncio.wait_for(run(), 20))


def test_what_comes_while_others_are_under_way_goes_together(desk: Desk) -> None:
    async def run() -> None:
        gateway = open_gateway(desk)
        first = gateway.send(DEPOSIT)
        while not desk.journal.records:
            await asyncio.sleep(0.001)
        later = []
        for _ in range(3):
            later.append(gateway.send(DEPOSIT))
            await asyncio.sleep(0)
        while len(desk.journal.records) < 2:
            await asyncio.sleep(0.001)
        assert desk.batches() == [(1, 1), (2, 4)]
        desk.durable(4)
        replies = await asyncio.gather(first, *later)
        assert [reply.seq for reply in replies] == [1, 2, 3, 4]

    asyncio.run(asyncio.wait_for(run(), 20))
