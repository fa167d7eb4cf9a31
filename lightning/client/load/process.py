"""What a process uses, where the system tells (Linux)."""

import os
import re
from pathlib import Path


def cpu_seconds(pid: int) -> float | None:
    """Of a running process; None: the system does not tell."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def memory_peak_bytes(pid: int) -> int | None:
    """The most that was resident so far; None: the system does not tell."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else None
