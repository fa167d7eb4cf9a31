"""The durable watermark: how far the journal was durable, kept outside of the journal.

It tells a torn tail, which was never acknowledged, from damage to what was. Two slots are written in
turn, so that a torn write leaves the other; each has its own checksum.
"""

import os
import struct
import threading
import zlib
from pathlib import Path
from typing import NamedTuple

from lightning.storage.damage import Damaged, FormatTooNew
from lightning.storage.files import Files

FORMAT = 1
SLOT_BYTES = 64
SLOT_OFFSETS = (0, 4096)
"""In different blocks of the disk."""
_MAGIC = b"LTNGMARK"
_BODY = struct.Struct("<8sIIQqQI16x")  # magic, format, 0, number of the write, seq, epoch, chain
_CRC = struct.Struct("<I")
assert _BODY.size + _CRC.size == SLOT_BYTES


class Mark(NamedTuple):
    """All up to `seq` is durable; the record that ends there has the checksum `chain`."""

    seq: int
    chain: int
    epoch: int


def _slot(number: int, mark: Mark) -> bytes:
    body = _BODY.pack(_MAGIC, FORMAT, 0, number, mark.seq, mark.epoch, mark.chain)
    return body + _CRC.pack(zlib.crc32(body))


def read_mark(path: Path) -> Mark | None:
    """None: there is no such file. Raises Damaged when neither slot can be read."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    found = []
    for offset in SLOT_OFFSETS:
        slot = content[offset : offset + SLOT_BYTES]
        if len(slot) == SLOT_BYTES and zlib.crc32(slot[:-4]) == _CRC.unpack(slot[-4:])[0]:
            magic, version, _, number, seq, epoch, chain = _BODY.unpack(slot[:-4])
            if magic == _MAGIC and version > FORMAT:
                raise FormatTooNew(path, version, FORMAT)
            if magic == _MAGIC:
                found.append((number, Mark(seq, chain, epoch)))
    if not found:
        raise Damaged(
            path,
            "neither slot of the durable watermark can be read, so it is not known how far commands were"
            " acknowledged",
            "restore it from a copy; if the journal is known to be whole, remove it: the start then accepts"
            " the journal's end as it is, and says so",
            offset=0,
        )
    return max(found)[1]


class Watermark:
    """The open file. Any thread may call; `write` is seen by the next process, `sync` outlives the power."""

    def __init__(self, files: Files, path: Path, mark: Mark) -> None:
        """Replaces what is there by `mark`, durably."""
        self._files = files
        self._lock = threading.Lock()
        self._number = 2
        self._mark = mark
        self._dirty = False
        beside = path.with_name(path.name + ".new")
        gap = bytes(SLOT_OFFSETS[1] - SLOT_BYTES)
        files.write_new(beside, [_slot(1, mark), gap, _slot(2, mark)])
        files.move(beside, path)
        self._file = files.open(path)

    def write(self, seq: int, chain: int) -> None:
        with self._lock:
            self._write(Mark(seq, chain, self._mark.epoch))

    def fence(self, epoch: int) -> None:
        """Durable on return."""
        with self._lock:
            self._write(self._mark._replace(epoch=epoch))
            self._sync()

    def sync(self) -> None:
        with self._lock:
            if self._dirty:
                self._sync()

    def close(self, exact: bool) -> None:
        """exact : leave the last mark in both slots, durably."""
        with self._lock:
            if self._file < 0:
                return
            try:
                if exact:
                    self._write(self._mark)
                    self._write(self._mark)
                    self._sync()
            finally:
                os.close(self._file)
                self._file = -1

    def _write(self, mark: Mark) -> None:
        self._number += 1
        self._files.write_at(self._file, SLOT_OFFSETS[self._number & 1], _slot(self._number, mark))
        self._mark = mark
        self._dirty = True

    def _sync(self) -> None:
        self._files.sync(self._file)
        self._dirty = False
