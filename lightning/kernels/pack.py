"""COMMAND rows packed for the journal: each as what differs from the row before it.

A row is 16 words. Packed it is a mask of the words that differ, 2 bytes; the length of each of those
differences (xor), two to a byte, as bytes - 1; the differences, low byte first, without their leading
zero bytes. The row before the first is all zeros.
"""

import numpy as np

from lightning.kernels.kernel import entry, kernel

WORDS = 16
PACKED_ROW_MIN = 2
"""Fewest bytes of a packed row."""
PACKED_ROW_MAX = 2 + WORDS // 2 + 8 * WORDS
"""Most bytes of a packed row."""


@kernel
def _bytes_needed(word):
    """1 to 8, for a word that is not 0."""
    if word < 0:
        return 8
    needed = 1
    rest = word >> 8
    while rest:
        needed += 1
        rest >>= 8
    return needed


@kernel
def _pack_row(words, row, packed, at):
    """Returns where the next row goes."""
    mask = 0
    found = 0
    lengths = at + 2
    for column in range(WORDS):
        difference = words[row, column] ^ words[row - 1, column] if row > 0 else words[row, column]
        if difference:
            mask |= 1 << column
            found += 1
    end = lengths + ((found + 1) >> 1)
    packed[end - 1] = 0  # the half that an odd number of lengths leaves; the mask overwrites it if none
    packed[at] = mask & 255
    packed[at + 1] = mask >> 8
    found = 0
    for column in range(WORDS):
        difference = words[row, column] ^ words[row - 1, column] if row > 0 else words[row, column]
        if difference:
            needed = _bytes_needed(difference)
            place = lengths + (found >> 1)
            if found & 1:
                packed[place] |= (needed - 1) << 4
            else:
                packed[place] = needed - 1
            found += 1
            for byte in range(needed):
                packed[end + byte] = (difference >> (8 * byte)) & 255
            end += needed
    return end


@entry
def pack_rows(words, packed):
    """Pack rows of (n, 16) int64 into uint8 memory of at least n * PACKED_ROW_MAX; returns how many bytes."""
    at = 0
    for row in range(words.shape[0]):
        at = _pack_row(words, row, packed, at)
    return at


@kernel
def _unpack_row(packed, at, words, row):
    """Returns where the next row is; -1 when these bytes are no row."""
    size = packed.shape[0]
    if at + 2 > size:
        return -1
    mask = np.int64(packed[at]) | (np.int64(packed[at + 1]) << 8)
    found = 0
    rest = mask
    while rest:
        found += 1
        rest &= rest - 1
    lengths = at + 2
    at = lengths + ((found + 1) >> 1)
    if at > size:
        return -1
    found = 0
    for column in range(WORDS):
        difference = np.int64(0)
        if mask >> column & 1:
            needed = (np.int64(packed[lengths + (found >> 1)]) >> (4 * (found & 1)) & 15) + 1
            found += 1
            if needed > 8 or at + needed > size:
                return -1
            for byte in range(needed):
                difference |= np.int64(packed[at + byte]) << np.int64(8 * byte)
            at += needed
        words[row, column] = difference ^ words[row - 1, column] if row > 0 else difference
    return at


@entry
def unpack_rows(packed, words):
    """The reverse, into rows of (n, 16) int64. Returns 0; 1 when the bytes are not exactly n packed rows.

    Safe for any bytes; the rows are meaningless after 1.
    """
    at = np.int64(0)
    for row in range(words.shape[0]):
        at = _unpack_row(packed, at, words, row)
        if at < 0:
            return 1
    return 0 if at == packed.shape[0] else 1
