"""K1: named one-line defects, each of which must turn a named test red.

Each is made in a copy of the project, whose kernels run as plain Python; the copy as it is must be green.
One in three is run; with LIGHTNING_FULL=1 every one.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.shapes import SHAPES

ROOT = Path(__file__).parent.parent
RUNS_AT_ONCE = 2
LOCKSTEP = "tests/test_oracle_lockstep.py::test_engine_and_oracle_agree[{}]"
LOCKSTEP_COMMANDS = 600 * len(SHAPES)
"""Of all shapes together; a defect meets one of them."""
CASE = "tests/test_scenarios.py::test_library[hand_{}]"
KERNELS = "tests/test_kernels.py::test_{}"
SEQUENCER = "tests/test_sequencer.py::test_{}"
TIMERS = "tests/test_sequencer_timers.py::test_{}"
CHAINS = "tests/test_chains.py::test_{}"
AUCTION = "tests/test_auction.py::test_{}"
CHECK = "tests/test_check.py::test_{}"
IMAGE = "tests/test_image.py::test_what_is_restored_tells_the_same_at_once[{}]"
GROWTH = "tests/test_growth.py::test_{}"


@dataclass(frozen=True)
class Defect:
    name: str
    path: str
    good: str
    bad: str
    test: str
    """The one that must fail."""


DEFECTS = [
    Defect(
        "last in, first out",
        "kernels/match.py",
        "slot = np.int64(level.head)",
        "slot = np.int64(level.tail)",
        CASE.format("earlier_order_goes_first_at_one_price"),
    ),
    Defect(
        "the taker's price instead of the maker's",
        "kernels/match.py",
        "notional = notional_of(book, level.price, qty)",
        "notional = notional_of(book, worst_price(taker), qty)",
        CASE.format("limit_sell_gets_the_bids_price"),
    ),
    Defect(
        "a partial fill loses its place",
        "kernels/match.py",
        "    else:\n        maker.update_time = time",
        "    else:\n        from lightning.kernels.queue import enqueue as e; "
        "dequeue(books, shard, slot); e(books, shard, slot)",
        CASE.format("partial_fill_keeps_the_place"),
    ),
    Defect(
        "self-trade prevention ignored",
        "kernels/match.py",
        "mine = own and maker.account == taker.account and stp != SelfTradePrevention.NONE",
        "mine = False",
        CASE.format("default_mode_cancels_the_taker"),
    ),
    Defect(
        "hold not released on cancel",
        "kernels/close.py",
        "released = release_order(st, out, shard, book, order, taken, 1)\n    dequeue(books, shard, slot)",
        "released = release_order(st, out, shard, book, order, 0, 1)\n    dequeue(books, shard, slot)",
        CASE.format("cancel_after_a_partial_fill_releases_the_rest"),
    ),
    Defect(
        "price improvement kept",
        "kernels/settle.py",
        "taker.account, slots[1], released - notional - fee, -released, closed)",
        "taker.account, slots[1], 0, -released, closed)",
        CASE.format("improvement_of_each_fill_comes_back_at_once"),
    ),
    Defect(
        "taker's fee not charged",
        "kernels/settle.py",
        "fee_of(notional, taker.taker_fee_ppm)",
        "np.int64(0)",
        CASE.format("fees_by_role_go_to_the_fee_account"),
    ),
    Defect(
        "fees paid to nobody",
        "kernels/settle.py",
        "if fees != 0:",
        "if fees < 0:",
        CASE.format("fees_by_role_go_to_the_fee_account"),
    ),
    Defect(
        "fees rounded up",
        "kernels/money.py",
        "return notional // MILLION * rate + notional % MILLION * rate // MILLION",
        "return notional // MILLION * rate + (notional % MILLION * rate + MILLION - 1) // MILLION",
        LOCKSTEP.format("fees"),
    ),
    Defect(
        "rebates rounded in the client's favour",
        "kernels/money.py",
        "return -(notional // MILLION * -rate + notional % MILLION * -rate // MILLION)",
        "return notional // MILLION * rate + notional % MILLION * rate // MILLION",
        LOCKSTEP.format("fees"),
    ),
    Defect(
        "a buy held without its fee",
        "kernels/admit.py",
        "return buy_hold(book, c.price, c.qty, rate_of(c, book))",
        "return notional_of(book, c.price, c.qty)",
        CASE.format("money_without_the_fee_is_not_enough"),
    ),
    Defect(
        "post-only ignored",
        "kernels/place.py",
        "adds_only = np.int64(order.flags) & CommandFlag.POST_ONLY != 0 and order.type == OrderType.LIMIT",
        "adds_only = False",
        CASE.format("post_only_that_would_trade_is_refused"),
    ),
    Defect(
        "fill-or-kill filled partly",
        "kernels/place.py",
        "c.tif != TimeInForce.FOK or can_fill(",
        "True or can_fill(",
        CASE.format("fok_short_of_one_lot_does_nothing"),
    ),
    Defect(
        "fill-or-kill looks beyond its limit",
        "kernels/fill_or_kill.py",
        "crosses(taker.side, books.levels[shard, place].price, limit):\n        wanted -=",
        "True:\n        wanted -=",
        CASE.format("fok_does_not_count_what_lies_beyond_its_limit"),
    ),
    Defect(
        "immediate-or-cancel rests",
        "kernels/place.py",
        "c.type == OrderType.LIMIT and c.tif == TimeInForce.GTC\n    released",
        "c.type == OrderType.LIMIT\n    released",
        CASE.format("ioc_remainder_is_canceled_and_its_hold_released"),
    ),
    Defect(
        "a larger quantity keeps its place",
        "kernels/amend.py",
        "keeps_place = not pending and price == order.price and qty <= order.leaves",
        "keeps_place = not pending and price == order.price",
        CASE.format("amend_larger_loses_its_place"),
    ),
    Defect(
        "anyone may cancel",
        "kernels/cancel.py",
        "st.books.orders[shard, slot].account != c.account:",
        "False:",
        CASE.format("cancel_of_anothers_order_is_refused"),
    ),
    Defect(
        "held money withdrawn",
        "kernels/funds.py",
        "st.accounts.balances[shard, slot].available < c.amount:",
        "st.accounts.balances[shard, slot].available + st.accounts.balances[shard, slot].held < c.amount:",
        CASE.format("held_money_cannot_be_withdrawn"),
    ),
    Defect(
        "once-only id forgotten",
        "kernels/run.py",
        "evict_before = number - st.globals[0].once_window",
        "evict_before = number",
        LOCKSTEP.format("money"),
    ),
    Defect(
        "reused id taken for a retry",
        "kernels/once.py",
        "if row.content != content:",
        "if False:",
        LOCKSTEP.format("money"),
    ),
    Defect(
        "depth off by one level",
        "kernels/read.py",
        "counts[i, side] = row - first",
        "counts[i, side] = max(row - first - 1, 0)",
        LOCKSTEP.format("money"),
    ),
    Defect(
        "a gap in an index left open",
        "kernels/index.py",
        "if ((i - home) & mask) >= ((i - gap) & mask):",
        "if ((i - home) & mask) > ((i - gap) & mask):",
        KERNELS.format("index_finds_what_is_in_it_and_nothing_else[all in one place]"),
    ),
    Defect(
        "a node of the ladder lost",
        "kernels/ladder.py",
        "        node_free(books, shard, node)\n        node = parent",
        "        node = parent",
        KERNELS.format("an_empty_side_costs_no_node_and_one_level_costs_one[SELL]"),
    ),
    Defect(
        "answer before durable",
        "engine/durable_gate.py",
        "while self._waiting and (self._failed or self._waiting[0][1].seq <= self._durable):",
        "while self._waiting:",
        SEQUENCER.format("an_answer_waits_until_its_seq_is_durable"),
    ),
    Defect(
        "what is read here overtakes what was handed in before",
        "engine/sequencer.py",
        "if self._handed or not self._open or",
        "if not self._open or",
        "tests/test_query_now.py::test_what_waits_for_the_engine_is_not_overtaken",
    ),
    Defect(
        "queries answered before durable",
        "engine/sequencer.py",
        "outcome = Outcome(item.read(self._exchange), seq, now)",
        "outcome = Outcome(item.read(self._exchange), 0, now)",
        SEQUENCER.format("a_query_waits_for_everything_it_could_see"),
    ),
    Defect(
        "an iceberg keeps its place",
        "kernels/queue.py",
        "    _cut_out(books, shard, slot, level)\n    _append(books, shard, slot, level)",
        "    pass",
        LOCKSTEP.format("iceberg"),
    ),
    Defect(
        "hidden lots shown",
        "kernels/read.py",
        "level.qty - books.hidden[shard, place]",
        "level.qty",
        LOCKSTEP.format("iceberg"),
    ),
    Defect(
        "a stop waits for more than its price",
        "kernels/stops.py",
        "return book.last_price >= book.buy_trigger or",
        "return book.last_price > book.buy_trigger or",
        LOCKSTEP.format("stops"),
    ),
    Defect(
        "a trailing stop stays where it was",
        "kernels/match.py",
        "if book.trailing != 0 and book.last_price != price:",
        "if False:",
        LOCKSTEP.format("stops"),
    ),
    Defect(
        "a stop that buys held without protection",
        "kernels/extended.py",
        "return protection_of(book, stop) if c.side == Side.BUY else np.int64(0)",
        "return stop if c.side == Side.BUY else np.int64(0)",
        LOCKSTEP.format("stops"),
    ),
    Defect(
        "stops by the price that triggers last",
        "kernels/queue.py",
        "_join_level(books, shard, slot, ladder, 1 - np.int64(order.side), detail.stop_price)",
        "_join_level(books, shard, slot, ladder, np.int64(order.side), detail.stop_price)",
        CHECK.format("a_state_with_something_of_everything_is_sound"),
    ),
    Defect(
        "an order trades at the time when it expires",
        "kernels/run.py",
        "if c.time_ns >= st.globals[0].next_timer and",
        "if c.time_ns > st.globals[0].next_timer and",
        LOCKSTEP.format("gtd"),
    ),
    Defect(
        "nothing happens without traffic",
        "engine/sequencer.py",
        "return self._apply([]) if self._is_due() else []",
        "return []",
        TIMERS.format("what_is_due_happens_without_traffic"),
    ),
    Defect(
        "a deadline that was put off counts",
        "kernels/due.py",
        "if account.cancel_all_after == expire_time:",
        "if account.cancel_all_after != 0:",
        GROWTH.format("a_deadline_that_is_put_off_again_and_again_takes_no_more_room"),
    ),
    Defect(
        "a pair of which both trade",
        "kernels/enter.py",
        "if filled > 0 and is_extended(order):",
        "if False:",
        LOCKSTEP.format("oco"),
    ),
    Defect(
        "a halted account trades",
        "kernels/admit.py",
        "if st.accounts.accounts[home, owner].status != AccountStatus.ACTIVE:",
        "if False:",
        LOCKSTEP.format("controls"),
    ),
    Defect(
        "half a chain done",
        "kernels/chain.py",
        "                move_funds_back(st, commands[k])",
        "                pass",
        CHAINS.format("random_chains_leave_what_plain_dictionaries_do"),
    ),
    Defect(
        "the younger order makes in an uncross",
        "kernels/auction.py",
        "if books.orders[shard, ask].order_id < books.orders[shard, bid].order_id:",
        "if books.orders[shard, ask].order_id > books.orders[shard, bid].order_id:",
        AUCTION.format("fees_go_by_role_the_older_order_makes"),
    ),
    Defect(
        "what a command set off kept as its answer",
        "kernels/once.py",
        "while end > first and out.events[end - 1].flags & EventFlag.CONSEQUENCE:",
        "while False:",
        "tests/test_consequences.py::test_a_stop_set_off_stands_behind_the_command_and_not_in_its_answer",
    ),
    Defect(
        "an image without the stops that wait",
        "kernels/restore.py",
        "elif pending == STATIC:",
        "elif False:",
        IMAGE.format("gtd"),
    ),
    Defect(
        "an image that forgets how far a trailing stop came",
        "kernels/image.py",
        "row.watermark = watermark",
        "row.watermark = watermark + 1",
        IMAGE.format("stops"),
    ),
    Defect(
        "an image whose orders never expire",
        "engine/image.py",
        'expiring = np.flatnonzero(image.details["expire_time"])',
        "expiring = np.empty(0, np.int64)",
        IMAGE.format("gtd"),
    ),
    Defect(
        "timers that are needed dropped with the others",
        "kernels/timers_alive.py",
        "        alive[i] = slot != NIL",
        "        alive[i] = slot == NIL",
        GROWTH.format("timers_of_what_is_gone_make_room_and_those_that_are_left_keep_their_order"),
    ),
]


CHOSEN = DEFECTS if os.environ.get("LIGHTNING_FULL") == "1" else DEFECTS[::3]


def copy_project(folder: Path) -> Path:
    without = shutil.ignore_patterns("_build", "*.so")
    for name in ("lightning", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=without)
    shutil.copy2(ROOT / "pyproject.toml", folder)
    return folder


def run_tests(folder: Path, tests: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    mode = {
        "NUMBA_DISABLE_JIT": "1",
        "PYTHONPATH": str(folder),
        "LIGHTNING_LOCKSTEP_COMMANDS": str(LOCKSTEP_COMMANDS),
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests],
        cwd=folder,
        env={**os.environ, **mode},
        capture_output=True,
        text=True,
        check=False,
    )


def sabotage(folder: Path, defect: Defect) -> "subprocess.CompletedProcess[str]":
    path = copy_project(folder) / "lightning" / defect.path
    source = path.read_text(encoding="utf-8")
    path.write_text(source.replace(defect.good, defect.bad), encoding="utf-8")
    return run_tests(folder, [defect.test])


Runs = dict[str, "Future[subprocess.CompletedProcess[str]]"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """One per defect, by its name; '' is the copy as it is, with all their tests."""
    with ThreadPoolExecutor(RUNS_AT_ONCE) as pool:
        tests = sorted({defect.test for defect in CHOSEN})
        started = {"": pool.submit(run_tests, copy_project(tmp_path_factory.mktemp("whole")), tests)}
        for i, defect in enumerate(CHOSEN):
            started[defect.name] = pool.submit(sabotage, tmp_path_factory.mktemp(f"defect{i}"), defect)
        yield started


def test_a_copy_without_a_defect_is_green(runs: Runs) -> None:
    run = runs[""].result()
    assert run.returncode == pytest.ExitCode.OK, run.stdout + run.stderr


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_can_be_made(defect: Defect) -> None:
    source = (ROOT / "lightning" / defect.path).read_text(encoding="utf-8")
    assert source.count(defect.good) == 1
    file, _, test = defect.test.partition("::")
    assert f"def {test.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("defect", CHOSEN, ids=lambda defect: defect.name)
def test_a_defect_turns_its_test_red(runs: Runs, defect: Defect) -> None:
    run = runs[defect.name].result()
    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout + run.stderr
    for mistake in ("NameError", "SyntaxError", "TypeError", "ImportError", "errors in"):
        assert mistake not in run.stdout  # red because of what it does, not because it does not run
