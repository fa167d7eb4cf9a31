"""Fault runs in processes of their own: forks need one without threads, and halves run at once."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROCESSES = 2
SECONDS_MAX = 3_000


def run_parts(*arguments: str) -> list[str]:
    """`python -m tests.faults` with these, in two halves at once; what was wrong, one line for each."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.faults", *arguments, "--part", f"{part}/{PROCESSES}"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for part in range(1, PROCESSES + 1)
    ]
    wrong = []
    try:
        for process in processes:
            output, _ = process.communicate(timeout=SECONDS_MAX)
            *lines, summary = output.splitlines() or [""]
            print(summary)  # shown by pytest when the test fails, or with -s
            if process.returncode:
                wrong += [*lines, summary]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return wrong


def spread(every: int) -> str:
    """One case in so many, or every case with LIGHTNING_FULL=1."""
    return "1" if os.environ.get("LIGHTNING_FULL") == "1" else str(every)
