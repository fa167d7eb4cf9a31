"""A snapshot is read as it was written, or refused; there is no third way."""

import hashlib
import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest

import lightning.storage.snapshots as module
from lightning.engine.capture import image_of_exchange
from lightning.engine.image import TABLES, Image, restore
from lightning.kernels.candles_layout import Interval
from lightning.storage.damage import Damaged, FormatRefused, FormatTooNew, FormatTooOld
from lightning.storage.directory import DataDirectory
from lightning.storage.files import Data, Files
from lightning.storage.snapshots import (
    MANIFEST,
    UNFINISHED,
    list_snapshots,
    read_manifest,
    read_snapshot,
    remove_snapshot,
    write_snapshot,
)
from tests.stories import make_story
from tests.test_image import assert_same, new_exchange_after

FLIPS = 120
"""Bits that are flipped in each table's header, and in its rows; in the manifest every one is."""
HEADER_BYTES = 128
"""The least of an `.npy` file before its rows."""


@cache
def sample_image() -> Image:
    """A small one, in which no table is empty."""
    exchange = new_exchange_after("symbols", make_story("symbols", 3, 500))
    return image_of_exchange(exchange, time_ns=2**60)


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[DataDirectory]:
    with DataDirectory(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def snapshot(directory: DataDirectory) -> Path:
    return write_snapshot(directory, sample_image())


def assert_equal(one: Image, other: Image) -> None:
    assert one.catalog == other.catalog
    assert (one.state_hash, one.window_hash) == (other.state_hash, other.window_hash)
    for name, dtype in TABLES.items():
        assert getattr(other, name).dtype == dtype
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name


def test_a_snapshot_is_read_as_it_was_written(directory: DataDirectory) -> None:
    image = sample_image()
    assert all(len(getattr(image, name)) for name in TABLES)
    path = write_snapshot(directory, image)
    assert path == directory.snapshots / f"{image.seq:020}"
    assert list_snapshots(directory) == [(image.seq, path)]
    assert sorted(one.name for one in path.iterdir()) == sorted(
        [MANIFEST, *(f"{name}.npy" for name in TABLES)]
    )
    read = read_snapshot(path)
    assert_equal(image, read)
    assert read.catalog.time_ns == 2**60
    assert_same(restore(image), restore(read, 3, 2))


def test_the_files_are_what_numpy_writes(snapshot: Path) -> None:
    for name in TABLES:
        rows = np.load(snapshot / f"{name}.npy", allow_pickle=False)
        assert rows.tobytes() == getattr(sample_image(), name).tobytes()


def test_the_manifest_tells_what_the_snapshot_is(snapshot: Path) -> None:
    manifest, image = read_manifest(snapshot), sample_image()
    assert (manifest.format, manifest.seq, manifest.time_ns) == (3, image.seq, 2**60)
    assert int(manifest.state_hash, 16) == image.state_hash
    assert int(manifest.window_hash, 16) == image.window_hash
    assert msgspec.json.decode((snapshot / MANIFEST).read_bytes())["manifest"]["program"]


def test_an_empty_exchange_makes_a_snapshot(directory: DataDirectory) -> None:
    image = image_of_exchange(new_exchange_after("matching", []))
    assert_equal(image, read_snapshot(write_snapshot(directory, image)))


@contextmanager
def flipped(file: Path, bit: int) -> Iterator[None]:
    """Within, one bit of the file is the other way round."""
    with file.open("r+b", buffering=0) as opened:
        before = os.pread(opened.fileno(), 1, bit // 8)
        os.pwrite(opened.fileno(), bytes([before[0] ^ 1 << bit % 8]), bit // 8)
        yield
        os.pwrite(opened.fileno(), before, bit // 8)


def test_every_flipped_bit_of_the_manifest_is_noticed(snapshot: Path) -> None:
    file = snapshot / MANIFEST
    for bit in range(8 * file.stat().st_size):
        with flipped(file, bit), pytest.raises(Damaged, match=MANIFEST):
            read_manifest(snapshot)
    assert_equal(sample_image(), read_snapshot(snapshot))


@pytest.mark.parametrize("name", TABLES)
def test_a_flipped_bit_of_a_table_is_noticed(snapshot: Path, name: str) -> None:
    file = snapshot / f"{name}.npy"
    bits = random.Random(name)
    flips = [bits.randrange(8 * HEADER_BYTES) for _ in range(FLIPS)]
    flips += [bits.randrange(8 * HEADER_BYTES, 8 * file.stat().st_size) for _ in range(FLIPS)]
    for bit in flips:
        with flipped(file, bit), pytest.raises(Damaged, match=file.name):
            read_snapshot(snapshot)
    assert_equal(sample_image(), read_snapshot(snapshot))


@pytest.mark.parametrize("name", [MANIFEST, *(f"{name}.npy" for name in TABLES)])
def test_a_file_that_was_cut_or_is_longer_or_missing_is_noticed(snapshot: Path, name: str) -> None:
    file = snapshot / name
    contents = file.read_bytes()
    sizes = {0, 1, 10, 127, 128, 129, len(contents) - 1, *range(0, len(contents), 1 + len(contents) // 60)}
    for damaged in [contents + contents, contents + b"\0", *(contents[:size] for size in sorted(sizes))]:
        file.unlink()
        file.write_bytes(damaged)
        with pytest.raises(Damaged, match=name):
            read_snapshot(snapshot)
    file.unlink()
    with pytest.raises(Damaged, match=f"{name}.*cannot be read"):
        read_snapshot(snapshot)


def test_damage_says_which_file_and_what_to_do(snapshot: Path) -> None:
    file = snapshot / "orders.npy"
    with flipped(file, 5_000), pytest.raises(Damaged) as damage:
        read_snapshot(snapshot)
    assert damage.value.file == file and "digest" in damage.value.what and damage.value.remedy


def rewrite(snapshot: Path, **fields: object) -> None:
    """Another manifest, with the digest that it should have."""
    manifest = read_manifest(snapshot)
    for name, value in fields.items():
        setattr(manifest, name, value)
    (snapshot / MANIFEST).write_bytes(module._encode_manifest(manifest))


@pytest.mark.parametrize(("number", "refusal"), [(4, FormatTooNew), (99, FormatTooNew), (1, FormatTooOld)])
def test_another_format_is_refused_by_its_number(
    snapshot: Path, number: int, refusal: type[FormatRefused]
) -> None:
    rewrite(snapshot, format=number)
    with pytest.raises(refusal, match=f"format {number}"):
        read_snapshot(snapshot)


def test_one_from_before_there_were_statistics_is_read_and_they_begin_with_it(snapshot: Path) -> None:
    tables = read_manifest(snapshot).tables
    for name in ("last", "candles"):
        del tables[name]
        (snapshot / f"{name}.npy").unlink()
    rewrite(snapshot, format=2, tables=tables)
    image = sample_image()
    old, exchange = read_snapshot(snapshot), restore(image)
    assert_equal(image, old._replace(last=image.last, candles=image.candles))
    assert old.last[["symbol", "price", "qty"]].tolist() == image.last[["symbol", "price", "qty"]].tolist()
    assert (old.last["since"] == image.catalog.time_ns + 1).all() and len(old.candles) == 0
    restored = restore(old)
    assert restored.tickers(2**60).best.tolist() == exchange.tickers(2**60).best.tolist()
    for symbol in restored.symbols:
        traded = len(exchange.candles(symbol, Interval.DAY).rows) > 0
        held = restored.candles(symbol, Interval.DAY)
        assert (len(held.rows), held.from_ns) == (0, 2**60 + 1 if traded else 0)


def test_a_table_of_other_columns_is_refused_by_its_name(snapshot: Path) -> None:
    tables = read_manifest(snapshot).tables
    tables["orders"].columns[3] = ("leaves", "<i4", 24)
    rewrite(snapshot, tables=tables, program="7.7.7")
    with pytest.raises(FormatRefused, match=r"table orders .* 7\.7\.7"):
        read_snapshot(snapshot)


def test_fields_that_this_program_does_not_know_are_refused(snapshot: Path) -> None:
    body = msgspec.json.encode(read_manifest(snapshot))[:-1] + b',"later":1}'
    digest = hashlib.sha256(body).hexdigest().encode()
    (snapshot / MANIFEST).write_bytes(b'{"digest":"' + digest + b'","manifest":' + body + b"}\n")
    with pytest.raises(FormatRefused, match="later"):
        read_snapshot(snapshot)


def test_a_snapshot_under_the_name_of_another_seq_is_refused(snapshot: Path) -> None:
    other = snapshot.with_name(f"{7:020}")
    snapshot.rename(other)
    with pytest.raises(Damaged, match="its directory"):
        read_snapshot(other)


def test_one_that_is_whole_is_kept_and_a_damaged_one_replaced(directory: DataDirectory) -> None:
    path = write_snapshot(directory, sample_image())
    before = (path / MANIFEST).stat().st_ino
    assert write_snapshot(directory, sample_image()) == path
    assert (path / MANIFEST).stat().st_ino == before
    (path / "once.npy").write_bytes(b"")
    write_snapshot(directory, sample_image())
    assert_equal(sample_image(), read_snapshot(path))


def test_only_what_is_named_as_a_snapshot_is_listed(directory: DataDirectory) -> None:
    for name in (f"{5:020}{UNFINISHED}", "5", "notes", f"{3:020}", f"{12:020}"):
        (directory.snapshots / name).mkdir()
    assert [seq for seq, _ in list_snapshots(directory)] == [3, 12]


def test_a_snapshot_is_removed_and_what_a_crash_left_too(directory: DataDirectory, snapshot: Path) -> None:
    left = directory.snapshots / f"{5:020}{UNFINISHED}"
    left.mkdir()
    (left / "orders.npy").write_bytes(b"half")
    remove_snapshot(directory, sample_image().seq)
    assert list_snapshots(directory) == []
    write_snapshot(directory, sample_image())
    assert [one.name for one in directory.snapshots.iterdir()] == [snapshot.name]


class Killed(BaseException):
    """The process ends here."""


class Failing(Files):
    """The n-th step fails; its trouble is what it raises."""

    def __init__(self, at: int, trouble: BaseException) -> None:
        self.steps: list[str] = []
        self._at = at
        self._trouble = trouble

    def _step(self, name: str) -> None:
        self.steps.append(name)
        if len(self.steps) == self._at:
            raise self._trouble

    def open(self, path: Path) -> int:
        self._step("open")
        return super().open(path)

    def write(self, file: int, data: Data, offset: int) -> int:
        self._step("write")
        return super().write(file, data, offset)

    def sync(self, file: int) -> None:
        self._step("sync")
        super().sync(file)

    def rename(self, old: Path, new: Path) -> None:
        self._step("rename")
        super().rename(old, new)

    def make_directory(self, path: Path) -> None:
        self._step("make")
        super().make_directory(path)

    def sync_directory(self, path: Path) -> None:
        self._step("sync directory")
        super().sync_directory(path)


def steps_of_a_write(directory: DataDirectory) -> list[str]:
    directory.files = counting = Failing(0, OSError())
    write_snapshot(directory, sample_image())
    remove_snapshot(directory, sample_image().seq)
    return counting.steps[: counting.steps.index("rename") + 2]


def test_everything_is_synced_before_it_gets_its_name(directory: DataDirectory) -> None:
    steps = steps_of_a_write(directory)
    assert steps[0] == "make" and steps[-3:] == ["sync directory", "rename", "sync directory"]
    assert steps.count("open") == steps.count("sync") == len(TABLES) + 1
    assert all(before == "write" for before, step in pairwise(steps) if step == "sync")


@pytest.mark.parametrize("trouble", [OSError(28, os.strerror(28)), Killed()], ids=["full", "killed"])
def test_wherever_a_write_fails_there_is_a_whole_snapshot_or_none(
    directory: DataDirectory, trouble: BaseException
) -> None:
    for at in range(1, len(steps_of_a_write(directory)) + 1):
        directory.files = Failing(at, trouble)
        with pytest.raises(type(trouble)):
            write_snapshot(directory, sample_image())
        left = [path.name for path in directory.snapshots.iterdir()]
        if isinstance(trouble, OSError):
            assert not any(name.endswith(UNFINISHED) for name in left)
        for _, path in list_snapshots(directory):
            assert_equal(sample_image(), read_snapshot(path))
        directory.files = Files()
        assert_equal(sample_image(), read_snapshot(write_snapshot(directory, sample_image())))
        assert len(list(directory.snapshots.iterdir())) == 1
        shutil.rmtree(directory.snapshot(sample_image().seq))
