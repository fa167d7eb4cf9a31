"""Packed rows: lossless for every bit pattern, and unpacking is safe for every byte string."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning.kernels.pack import PACKED_ROW_MAX, PACKED_ROW_MIN, WORDS, pack_rows, unpack_rows
from lightning.rows import COMMAND

Words = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
GUARD = 0xA5
EDGES = [0, 1, -1, 255, 256, -256, 2**31, 2**55 - 1, 2**55, 2**56, 2**62, 2**63 - 1, -(2**63)]
PURE = os.environ.get("NUMBA_DISABLE_JIT") == "1"


def pack(words: Words) -> bytes:
    """With a guard behind the memory that packing may use."""
    memory = np.full(len(words) * PACKED_ROW_MAX + 16, GUARD, np.uint8)
    size = pack_rows(words, memory)
    assert (memory[len(words) * PACKED_ROW_MAX :] == GUARD).all()
    return memory[:size].tobytes()


def unpack(packed: bytes, count: int) -> Words | None:
    """None when they are not so many rows; with guards around what unpacking may write."""
    memory = np.full((count + 2, WORDS), GUARD, np.int64)
    error = unpack_rows(np.frombuffer(packed, np.uint8), memory[1 : count + 1])
    assert (memory[0] == GUARD).all() and (memory[-1] == GUARD).all()
    assert error in (0, 1)
    return memory[1:-1] if error == 0 else None


def assert_lossless(words: Words) -> None:
    packed = pack(words)
    assert PACKED_ROW_MIN * len(words) <= len(packed) <= PACKED_ROW_MAX * len(words)
    back = unpack(packed, len(words))
    assert back is not None and np.array_equal(back, words)


def test_a_word_is_a_column_or_two() -> None:
    assert COMMAND.itemsize == 8 * WORDS


def test_rows_as_the_docstring_says() -> None:
    words = np.zeros((3, WORDS), np.int64)
    words[0, 0], words[0, 2], words[0, 15] = 0x0102, 7, -1
    words[1] = words[0]
    words[2] = words[0]
    words[2, 2] = 0x010007
    first = bytes([0b101, 0b1000_0000, 0x01, 0x07, 0x02, 0x01, 7, *[255] * 8])
    assert pack(words) == first + bytes([0, 0]) + bytes([0b100, 0, 0x02, 0, 0, 1])


def test_nothing_packs_to_nothing() -> None:
    assert pack(np.zeros((0, WORDS), np.int64)) == b""
    assert unpack(b"", 0) is not None
    assert unpack(b"\0", 0) is None


@pytest.mark.parametrize("value", EDGES)
def test_every_word_keeps_every_edge_value(value: int) -> None:
    words = np.zeros((2 * WORDS, WORDS), np.int64)
    for column in range(WORDS):
        words[2 * column, column] = value
        words[2 * column + 1, column] = ~value
    assert_lossless(words)


@given(st.lists(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=WORDS, max_size=WORDS), max_size=6))
@settings(max_examples=200, deadline=None)
def test_any_rows_come_back(rows: list[list[int]]) -> None:
    assert_lossless(np.array(rows, np.int64).reshape(len(rows), WORDS))


def test_random_bits_of_every_density_come_back() -> None:
    random = np.random.default_rng(20)
    for shift in range(0, 64, 4 if not PURE else 16):
        full = random.integers(-(2**63), 2**63 - 1, (200, WORDS), endpoint=True) >> shift
        assert_lossless(np.where(random.random(full.shape) < 0.5, full, 0))


def test_any_bytes_unpack_to_rows_or_an_error() -> None:
    random = np.random.default_rng(21)
    for _ in range(200 if PURE else 20_000):
        packed = random.integers(0, 256, int(random.integers(0, 200)), np.uint8)
        packed[random.random(len(packed)) < 0.5] = 0
        unpack(packed.tobytes(), int(random.integers(0, 20)))


def test_a_cut_or_longer_string_is_an_error() -> None:
    random = np.random.default_rng(22)
    words = random.integers(-(2**63), 2**63 - 1, (5, WORDS)) >> random.integers(0, 64, (5, WORDS))
    packed = pack(words)
    for size in range(len(packed)):
        assert unpack(packed[:size], 5) is None
    assert unpack(packed + b"\0", 5) is None
    assert unpack(packed + b"\0\0", 5) is None
    assert unpack(packed, 4) is None and unpack(packed, 6) is None


def test_a_length_above_eight_bytes_is_an_error() -> None:
    assert unpack(bytes([1, 0, 0x07, *[1] * 8]), 1) is not None
    assert unpack(bytes([1, 0, 0x08, *[1] * 9]), 1) is None
    assert unpack(bytes([1, 0, 0x0F, *[1] * 16]), 1) is None


@pytest.mark.skipif(PURE, reason="this is the run without the compiler")
def test_it_is_the_same_as_plain_python() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(Path(__file__))],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
