"""What `lightning bench` sends, and how it counts what comes back."""

import numpy as np
import pytest

from lightning.client.load.flow import (
    deposits,
    movements,
    resting_levels,
    synthetic_flow,
    with_accounts,
    with_every_order_closed,
)
from lightning.client.load.latency import Latencies
from lightning.client.load.rows import RowBlocks
from lightning.client.load.tally import ERROR_TEXTS_MAX, OTHER_ERRORS, Tally
from lightning.codes import CommandKind, EventFlag, EventKind, RejectReason
from lightning.engine.exchange import Exchange
from lightning.rows import COMMAND, EVENT

ACCOUNTS = 30
FUNDS = (10**12, 10**12)


def flow(messages: int = 4_000) -> np.ndarray:
    return with_accounts(with_every_order_closed(synthetic_flow(500, messages, 7, 0.85), 7), ACCOUNTS)


def test_a_flow_in_which_every_order_is_closed_leaves_an_empty_book_and_trades() -> None:
    exchange = Exchange()
    exchange.submit(deposits(ACCOUNTS, (1, 2), FUNDS))
    rows = flow()
    rests = 0
    for part in np.array_split(rows, 8):
        events = exchange.submit(part)
        rests = max(rests, len(exchange.depth(1, 100).bids))
        assert not {RejectReason.INSUFFICIENT_FUNDS, RejectReason.DUPLICATE_ID} & set(
            events["reason"].tolist()
        )
    depth = exchange.depth(1, 100)
    assert len(depth.bids) == len(depth.asks) == 0
    assert rests > 5
    assert len(exchange.trades(1, None, 1_000)) > 100


def test_movements_together_leave_every_balance_as_it_was() -> None:
    exchange = Exchange()
    exchange.submit(deposits(ACCOUNTS, (1, 2), FUNDS))
    before = exchange.balances()
    events = exchange.submit(movements(ACCOUNTS, 2, 2_000, seed=3))
    assert set(events["kind"].tolist()) == {
        EventKind.DEPOSITED,
        EventKind.WITHDRAWN,
        EventKind.TRANSFERRED,
    }
    assert (exchange.balances() == before).all()


def test_resting_levels_rest_on_both_sides_of_every_book() -> None:
    exchange = Exchange(ledger=False)
    exchange.submit(resting_levels(np.array([1, 2], np.int32), 5))
    for symbol in (1, 2):
        depth = exchange.depth(symbol, 100)
        assert len(depth.bids) == len(depth.asks) == 5


@pytest.mark.parametrize("size", [7, 64, 100, 250])
def test_blocks_go_round_and_round_under_new_ids(size: int) -> None:
    rows = np.zeros(100, COMMAND)
    rows["kind"] = CommandKind.PLACE
    rows["client_order_id"] = np.arange(1, 101)
    rows["price"] = np.arange(1, 101)
    blocks = RowBlocks(rows, "client_order_id", 100, size, first_id=5_000)
    taken = np.concatenate([blocks.take().copy() for _ in range(1_000 // size)])
    count = np.arange(len(taken))
    assert (taken["client_order_id"] == 5_001 + count).all()
    assert (taken["price"] == 1 + count % 100).all()
    assert (taken["kind"] == CommandKind.PLACE).all()


def events(*rows: tuple[int, EventKind, int, int]) -> bytes:
    """Rows of (command, kind, reason, flags)."""
    made = np.zeros(len(rows), EVENT)
    for name, column in zip(("command", "kind", "reason", "flags"), zip(*rows, strict=True), strict=True):
        made[name] = column
    return made.tobytes()


def test_each_command_is_counted_by_its_first_event_also_across_messages() -> None:
    tally = Tally()
    last, count = tally.add_events(
        events(
            (0, EventKind.EXPIRED, 0, EventFlag.CONSEQUENCE),
            (0, EventKind.ACCEPTED, 0, 0),
            (0, EventKind.TRADE, 0, 0),
            (1, EventKind.REJECTED, RejectReason.UNKNOWN_ORDER, 0),
            (2, EventKind.ACCEPTED, 0, EventFlag.REPLAYED),
            (3, EventKind.ACCEPTED, 0, 0),
        ),
        -1,
    )
    assert (last, count) == (3, 4)
    more = events(
        (3, EventKind.TRADE, 0, 0),
        (3, EventKind.CANCELED, RejectReason.NO_LIQUIDITY, 0),
        (4, EventKind.CANCELED, 0, 0),
        (4, EventKind.TRIGGERED, 0, EventFlag.CONSEQUENCE),
    )
    assert tally.add_events(more, last) == (4, 1)
    assert tally.answered == 5
    assert tally.verdicts == {"ACCEPTED": 3, "CANCELED": 1, "REJECTED": 1}
    assert tally.refused == {"UNKNOWN_ORDER": 1}
    assert (tally.trades, tally.replayed) == (2, 1)
    assert tally.add_events(b"", 4) == (4, 0)


def test_a_tally_agrees_with_the_events_of_an_exchange() -> None:
    exchange = Exchange()
    exchange.submit(deposits(ACCOUNTS, (1, 2), FUNDS))
    rows = flow()
    answers = exchange.submit(rows)
    tally = Tally()
    last = -1
    for part in np.array_split(answers, 7):
        last, _ = tally.add_events(part.tobytes(), last)
    assert tally.answered == len(rows) == sum(tally.verdicts.values())
    assert tally.trades == (answers["kind"] == EventKind.TRADE).sum()
    assert sum(tally.refused.values()) == (answers["kind"] == EventKind.REJECTED).sum()


def test_errors_are_counted_by_their_text_and_others_together() -> None:
    tally = Tally()
    for number in range(ERROR_TEXTS_MAX + 5):
        tally.add_error(f"error {number}")
        tally.add_error("error 0")
    assert tally.errors["error 0"] == ERROR_TEXTS_MAX + 6
    assert tally.errors[OTHER_ERRORS] == 5
    assert len(tally.errors) == ERROR_TEXTS_MAX + 1


def test_percentiles_are_of_what_was_counted() -> None:
    latencies = Latencies()
    assert latencies.microseconds() == {}
    latencies.record(1_000_000, 90)
    latencies.record(5_000_000, 9)
    latencies.record(10**18, 1)
    found = latencies.microseconds()
    assert latencies.count == 100
    assert found["p50"] == found["p90"] == pytest.approx(1_000, rel=0.001)
    assert found["p99"] == pytest.approx(5_000, rel=0.001)
    assert found["max"] == pytest.approx(3_600e6, rel=0.001)
