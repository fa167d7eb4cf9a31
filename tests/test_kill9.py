"""`kill -9` of the real server under load (B1); `python -m tests.kills rounds --count 200` does more."""

import secrets
import shutil
from pathlib import Path

from tests.kills.rounds import kill_rounds


def test_20_kills_under_load_lose_nothing_that_was_answered_and_do_nothing_twice(
    warm_kernels: None, tmp_path: Path
) -> None:
    tally = kill_rounds(tmp_path, 20, secrets.randbelow(10**9))
    assert tally.kills == 20 and tally.kills_while_starting > 0
    assert tally.unknown > 0, "no kill came while requests were under way: this has tested little"
    assert tally.orders > 0 and tally.trades > 0
    assert tally.journal_files > 1 and tally.snapshots > 0
    shutil.rmtree(tmp_path)
