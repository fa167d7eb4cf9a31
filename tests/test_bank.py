"""The bank under kills (E1); `python -m tests.kills bank --seconds 600` does more."""

import secrets
import shutil
from pathlib import Path

from tests.kills.bank import bank


def test_money_is_conserved_and_nothing_negative_at_every_read_for_30_s_of_kills(
    warm_kernels: None, tmp_path: Path
) -> None:
    tally = bank(tmp_path, 30, secrets.randbelow(10**9))
    assert tally.kills > 1 and tally.reads > 0 and tally.requests > 0 and tally.trades > 0
    shutil.rmtree(tmp_path)
