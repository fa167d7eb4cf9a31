"""What a process takes (Linux)."""

import os
import resource
from pathlib import Path


def resident_bytes(pid: int | None = None) -> int:
    """Memory of a running process that is in RAM; of this one, if none is given."""
    pages = Path(f"/proc/{os.getpid() if pid is None else pid}/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


def peak_resident_bytes() -> int:
    """The most that this process ever had in RAM."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def descriptors(pid: int) -> int:
    """Files and sockets that a running process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def raise_descriptor_limit() -> int:
    """This process, and those it starts from now on, may open as many as the system lets it; how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
