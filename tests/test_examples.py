"""Every example, run as a newcomer would run it, against a real server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lightning.client.own_server import own_server

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def running() -> Iterator[str]:
    with own_server("") as address:
        yield address


def run_example(name: str, server: str) -> list[str]:
    command = [sys.executable, str(EXAMPLES / name), "--target", server]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def test_every_example_is_run_here() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    assert [path.name for path in EXAMPLES.glob("*.py") if f'"{path.name}"' not in here] == []


def test_matching_demo(running: str) -> None:
    lines = run_example("matching_demo.py", running)
    assert lines[-5:] == [
        "A BTC total 0.1 available 0.1 frozen 0.0",
        "A USDT total 5000.0 available 5000.0 frozen 0.0",
        "B BTC total 0.9 available 0.9 frozen 0.0",
        "B USDT total 5000.0 available 5000.0 frozen 0.0",
        "The book has 0 bids and 0 asks now",
    ]
    assert "A USDT total 10000.0 available 5000.0 frozen 5000.0" in lines


def test_matching_demo_can_be_run_again(running: str) -> None:
    assert run_example("matching_demo.py", running)[-5:] == run_example("matching_demo.py", running)[-5:]


def test_level2_demo(running: str) -> None:
    lines = run_example("level2_demo.py", running)
    assert lines[1:10] == [
        "bid quantity price ask quantity",
        "3002.0 10.0",
        "3000.5 5.0",
        "3000.0 1.0",
        "2.0 2999.0",
        "3.0 2998.5",
        "8.0 2997.0",
        "best bid 2999.0, best ask 3000.0, spread 1.0",
        "Another account buys for 9000 USDT at the market: the best asks go first",
    ]
    # 1 at 3000.0, then the 6000 left buy 1.99966 (in lots of 0.00001) at 3000.5
    assert "it has 2.99966 ETH now" in lines
    assert "3000.5 3.00034" in lines
    assert lines[-1] == "the book is empty"


def test_bulk_demo(running: str) -> None:
    assert run_example("bulk_demo.py", running) == [
        "ACCEPTED: 20,000",
        "TRADE: 10,000",
        "REJECTED: 0",
        "lots traded: 10,000,000",
    ]


def test_order_demo(running: str) -> None:
    lines = run_example("order_demo.py", running)
    answers = [line.split(", order ")[0] for line in lines if line.startswith("code ")]
    assert [answer.split(":")[0] for answer in answers] == [
        "code 0",
        "code 0",
        "code 409",
        "code 400",
        "code 400",
        "code 400",
        "code 404",
        "code 403",
        "code 0",
        "code 404",
    ]
    first, again = (line for line in lines if ", order " in line)
    assert first == again
    assert lines.count("USDT: available 800.0, frozen 200.0, total 1000.0") == 2
    assert lines.count("USDT: available 1000.0, frozen 0.0, total 1000.0") == 2
    assert "code 0: Success, canceled 0.01, released 200.0" in lines
