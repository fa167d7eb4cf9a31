"""Where in a file of SQLite the damage is: for the message only."""

import mmap
import struct
from functools import cache
from pathlib import Path

import numpy as np

_HEADER = struct.Struct(
    ">8I"
)  # magic, version, page size, checkpoints, salt 1, salt 2, checksum 1, checksum 2
_FRAME = struct.Struct(">6I")  # page, pages after commit or 0, salt 1, salt 2, checksum 1, checksum 2
_MAGIC = 0x377F0682  # its lowest bit: checksums are of big-endian words
_WORD = 2**32 - 1


def find_bytes(path: Path, needle: bytes) -> int | None:
    """Offset of the last place in a file that holds `needle`."""
    if not needle or not path.is_file() or path.stat().st_size == 0:
        return None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = content.rfind(needle)
    return None if found < 0 else found


def end_of_chain(path: Path) -> int | None:
    """Offset of the first byte of a write-ahead log that SQLite would not use; None: no such file.

    That is the end of the file, what is left of an earlier use, or damage.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return 0
        magic, _, page_bytes, _, salt_1, salt_2, *stored = _HEADER.unpack(header)
        order = ">" if magic & 1 else "<"
        sums = _checksum(header[:24], order, (0, 0))
        if magic & ~1 != _MAGIC or sums != tuple(stored) or not 512 <= page_bytes <= 65_536:
            return 0
        offset = _HEADER.size
        while len(frame := file.read(_FRAME.size + page_bytes)) == _FRAME.size + page_bytes:
            _, _, frame_salt_1, frame_salt_2, *stored = _FRAME.unpack_from(frame)
            sums = _checksum(frame[:8] + frame[_FRAME.size :], order, sums)
            if (frame_salt_1, frame_salt_2) != (salt_1, salt_2) or sums != tuple(stored):
                break
            offset += len(frame)
    return offset


def _checksum(data: bytes, order: str, sums: tuple[int, int]) -> tuple[int, int]:
    """SQLite's, going on from `sums`: each is a word and the two sums before it, like a Fibonacci number."""
    words = np.frombuffer(data, f"{order}u4").astype(np.uint32)
    steps = np.concatenate((np.array([sums[0], (sums[1] - sums[0]) & _WORD], np.uint32), words))
    counts = _fibonacci(len(steps))
    return int(np.dot(steps[:-1], counts[1:])), int(np.dot(steps, counts))


@cache
def _fibonacci(count: int) -> np.ndarray:
    """Modulo 2**32, the last first: ..., 3, 2, 1, 1."""
    numbers = [1, 1]
    while len(numbers) < count:
        numbers.append((numbers[-1] + numbers[-2]) & _WORD)
    return np.array(numbers[count - 1 :: -1], np.uint32)
