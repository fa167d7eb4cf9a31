"""A subscriber's queue: what waits, what is too much, and how it ends."""

import asyncio

import pytest

from lightning.pb.v1 import market_data_pb2 as pb
from lightning.server import updates
from lightning.server.errors import TooSlow
from lightning.server.updates import Subscription, Update


def update(seq: int, weight: int = 1) -> Update:
    return Update(pb.SubscribeOrderBookResponse(seq=seq), weight)


async def read(subscription: Subscription, count: int) -> list[int]:
    found = []
    async with asyncio.timeout(10):
        async for one in subscription.updates():
            found.append(one.message.seq)
            if len(found) == count:
                return found
    raise AssertionError


async def test_what_waits_is_read_in_order_and_what_comes_later_too() -> None:
    subscription = Subscription(list)
    subscription.put(update(1))
    subscription.put(update(2))
    assert subscription.waiting == 2
    assert await read(subscription, 2) == [1, 2]
    assert subscription.waiting == 0
    later = asyncio.create_task(read(subscription, 1))
    await asyncio.sleep(0)
    subscription.put(update(3))
    assert await later == [3]


@pytest.mark.parametrize(("count", "weight"), [(updates.UPDATES_MAX + 1, 1), (3, updates.WEIGHT_MAX // 2)])
async def test_too_much_gives_way_to_a_fresh_start(count: int, weight: int) -> None:
    state = [7]
    subscription = Subscription(lambda: [update(one) for one in state])
    for seq in range(count):
        subscription.put(update(seq, weight))
    subscription.put(update(8))  # the fresh start, made when it is read, has it
    state[:] = [8, 9]
    assert await read(subscription, 2) == [8, 9]
    subscription.put(update(10))
    assert await read(subscription, 1) == [10]


async def test_where_nothing_may_be_left_out_too_much_is_the_end() -> None:
    subscription = Subscription(lambda: TooSlow("from_seq = 5"))
    for seq in range(updates.UPDATES_MAX + 1):
        subscription.put(update(seq))
    with pytest.raises(TooSlow, match="from_seq = 5"):
        await read(subscription, 1)


async def test_what_was_told_before_the_end_is_still_read() -> None:
    subscription = Subscription(list)
    subscription.put(update(1))
    subscription.end(LookupError("over"))
    subscription.put(update(2))
    assert await read(subscription, 1) == [1]
    with pytest.raises(LookupError, match="over"):
        await read(subscription, 1)


async def test_a_message_is_written_once_per_format() -> None:
    one = update(5)
    assert one.data is one.data and one.json is one.json
    assert pb.SubscribeOrderBookResponse.FromString(one.data).seq == 5 and '"seq": "5"' in one.json
