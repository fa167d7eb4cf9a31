"""Replies lost and servers killed (D1); `python -m tests.kills proxy --requests 100000` does more."""

import secrets
import shutil
from pathlib import Path

from tests.kills.lost_answers import lost_answers


def test_2000_requests_through_a_proxy_that_loses_replies_take_effect_once_each(
    warm_kernels: None, tmp_path: Path
) -> None:
    tally = lost_answers(tmp_path, 2000, secrets.randbelow(10**9))
    assert tally.requests >= 2000
    assert tally.lost > tally.requests * 0.2 and tally.attempts > tally.requests + tally.lost // 2
    assert tally.kills > 0 and tally.trades > 0
    shutil.rmtree(tmp_path)
