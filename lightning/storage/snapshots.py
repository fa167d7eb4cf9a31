"""Snapshots: an image as files. A directory per seq: one `.npy` file per table, and `manifest.json`.

A snapshot is written beside its place, synced and renamed: what has its name is whole. Every file has its
digest in the manifest, and the manifest one of its own.
"""

import hashlib
import io
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np

import lightning
from lightning.config import Config
from lightning.engine.image import TABLES, Catalog, Image, statistics_begun
from lightning.rows import EVENT
from lightning.storage.damage import Damaged, FormatRefused, FormatTooNew, FormatTooOld
from lightning.storage.directory import DataDirectory, DirectoryNames
from lightning.storage.files import Files
from lightning.storage.records import RecordError, decode_config, encode_config

FORMAT = 3
FORMAT_OLDEST = 2
TABLES_ADDED = {"last": 3, "candles": 3}
"""Which format was the first to have them."""
MANIFEST = "manifest.json"
DIGEST = "sha256"
"""The quickest that the standard library has, with sha1: 1.9 GB/s; blake2b 1.2, sha512 1.1, md5 0.8."""
REMEDY = "The snapshot before it, or the journal from its beginning, can be used instead."
UNFINISHED = ".tmp"

_NAME = re.compile(r"\d{20}")
_ENVELOPE = re.compile(rb'\{"digest":"([0-9a-f]{64})","manifest":(.*)\}\n', re.DOTALL)


class _TableFile(msgspec.Struct, forbid_unknown_fields=True):
    rows: int
    bytes: int
    digest: str
    columns: list[tuple[str, str, int]]
    """Name, type and offset of each."""


class _Format(msgspec.Struct):
    format: int


class Manifest(msgspec.Struct, forbid_unknown_fields=True):
    """What a snapshot says of itself; the hashes are hexadecimal."""

    format: int
    program: str
    seq: int
    ids: int
    time_ns: int
    ledger: bool
    currency_id_last: int
    symbol_id_last: int
    state_hash: str
    window_hash: str
    founded: msgspec.Raw
    """The configuration, as `encode_config` has it, as is the next."""
    current: msgspec.Raw
    """The currencies and symbols that there are at `seq`."""
    tables: dict[str, _TableFile]


def list_snapshots(directory: DirectoryNames) -> list[tuple[int, Path]]:
    """(seq, path) of what is called a snapshot, ascending; it may yet be damaged."""
    if not directory.snapshots.is_dir():
        return []
    names = sorted(path.name for path in directory.snapshots.iterdir() if _NAME.fullmatch(path.name))
    return [(int(name), directory.snapshots / name) for name in names]


def write_snapshot(directory: DataDirectory, image: Image) -> Path:
    """The image as a snapshot, durable on return; one of its seq that is there and whole is kept.

    Raises OSError.
    """
    path, files = directory.snapshot(image.seq), directory.files
    remove_unfinished(directory)
    if path.exists():
        try:
            read_snapshot(path)
        except Damaged:
            files.remove_tree(path)
        else:
            return path
    unfinished = path.with_name(path.name + UNFINISHED)
    files.make_directory(unfinished)
    try:
        _write_files(unfinished, files, image)
        files.move(unfinished, path)
    except OSError:
        with suppress(OSError):  # its room may be what the disk is short of
            files.remove_tree(unfinished)
        raise
    return path


def _write_files(unfinished: Path, files: Files, image: Image) -> None:
    tables = {name: _table_of(image, name) for name in TABLES}
    with ThreadPoolExecutor(2, thread_name_prefix="snapshot") as pool:
        digests = list(pool.map(_digest_of, tables.values()))
    for name, rows in tables.items():
        files.write_new(unfinished / f"{name}.npy", _parts_of(rows))
    entries = {
        name: _TableFile(len(rows), _size_of(rows), digest, _columns_of(TABLES[name]))
        for (name, rows), digest in zip(tables.items(), digests, strict=True)
    }
    files.write_new(unfinished / MANIFEST, [_encode_manifest(_manifest_of(image, entries))])
    files.sync_directory(unfinished)


def remove_snapshot(directory: DataDirectory, seq: int) -> None:
    """It loses its name first, so that half of one is never taken for a whole one. Raises OSError."""
    path = directory.snapshot(seq)
    unfinished = path.with_name(path.name + UNFINISHED)
    directory.files.move(path, unfinished)
    directory.files.remove_tree(unfinished)


def remove_unfinished(directory: DataDirectory) -> None:
    """What a crash has left. Raises OSError."""
    for path in list(directory.snapshots.glob(f"*{UNFINISHED}")):
        directory.files.remove_tree(path)


def read_snapshot(path: Path) -> Image:
    """Read and verify everything. Raises Damaged, FormatRefused."""
    manifest = read_manifest(path)
    catalog = _catalog_of(path / MANIFEST, manifest)
    with ThreadPoolExecutor(2, thread_name_prefix="snapshot") as pool:
        names = _tables_in(manifest.format)
        read = pool.map(lambda name: read_table(path, name, manifest), names)
        tables = dict(zip(names, read, strict=True))
    if "last" not in tables:
        begun = statistics_begun(catalog, tables["books"], tables["trades"])
        tables["last"], tables["candles"] = begun
    return Image(
        catalog,
        **tables,
        state_hash=int(manifest.state_hash, 16),
        window_hash=int(manifest.window_hash, 16),
    )


def read_manifest(path: Path) -> Manifest:
    """Raises Damaged, FormatRefused."""
    file = path / MANIFEST
    body = _checked_body(file)
    try:
        found = msgspec.json.decode(body, type=_Format).format
        if found > FORMAT:
            raise FormatTooNew(file, found, FORMAT)
        if found < FORMAT_OLDEST:
            raise FormatTooOld(file, found, FORMAT_OLDEST)
        manifest = msgspec.json.decode(body, type=Manifest)
    except msgspec.MsgspecError as error:
        raise FormatRefused(file, f"the manifest is not what this program writes: {error}", REMEDY) from error
    if path.name != f"{manifest.seq:020}":
        raise Damaged(file, f"it is of seq {manifest.seq}, its directory of {path.name}", REMEDY)
    for name in _tables_in(found):
        if name not in manifest.tables or manifest.tables[name].columns != _columns_of(TABLES[name]):
            raise FormatRefused(
                file,
                f"table {name} has other columns than in this program; it was written by {manifest.program}",
                f"Start Lightning {manifest.program}, or replay the journal from its beginning.",
            )
    return manifest


def _tables_in(number: int) -> list[str]:
    """What a snapshot of a format has."""
    return [name for name in TABLES if TABLES_ADDED.get(name, 0) <= number]


def _checked_body(file: Path) -> bytes:
    envelope = _ENVELOPE.fullmatch(_read(file, None))
    if envelope is None or envelope[1].decode("ascii") != hashlib.new(DIGEST, envelope[2]).hexdigest():
        raise Damaged(file, "the manifest does not have the digest that it names", REMEDY)
    return envelope[2]


def _encode_manifest(manifest: Manifest) -> bytes:
    body = msgspec.json.encode(manifest)
    digest = hashlib.new(DIGEST, body).hexdigest().encode("ascii")
    return b'{"digest":"' + digest + b'","manifest":' + body + b"}\n"


def _manifest_of(image: Image, tables: dict[str, _TableFile]) -> Manifest:
    catalog = image.catalog
    current = Config(catalog.currencies, catalog.symbols, limits=catalog.config.limits)
    return Manifest(
        format=FORMAT,
        program=lightning.__version__,
        seq=catalog.seq,
        ids=catalog.ids,
        time_ns=catalog.time_ns,
        ledger=catalog.ledger,
        currency_id_last=catalog.currency_id_last,
        symbol_id_last=catalog.symbol_id_last,
        state_hash=f"{image.state_hash:016x}",
        window_hash=f"{image.window_hash:016x}",
        founded=msgspec.Raw(encode_config(catalog.config)),
        current=msgspec.Raw(encode_config(current)),
        tables=tables,
    )


def _catalog_of(file: Path, manifest: Manifest) -> Catalog:
    try:
        founded, current = decode_config(manifest.founded), decode_config(manifest.current)
    except RecordError as error:
        raise FormatRefused(file, str(error), f"Start Lightning {manifest.program}.") from error
    return Catalog(
        config=founded,
        currencies=current.currencies,
        symbols=current.symbols,
        currency_id_last=manifest.currency_id_last,
        symbol_id_last=manifest.symbol_id_last,
        ledger=manifest.ledger,
        seq=manifest.seq,
        ids=manifest.ids,
        time_ns=manifest.time_ns,
    )


def _columns_of(dtype: np.dtype[np.void] | np.dtype[np.int64]) -> list[tuple[str, str, int]]:
    if dtype.fields is None:
        return [("", dtype.str, 0)]
    return [(name, field[0].str, field[1]) for name, field in dtype.fields.items()]


def _table_of(image: Image, name: str) -> np.ndarray:
    """As it is stored: EVENT rows as bytes, since a header cannot say that columns share some."""
    rows: np.ndarray = getattr(image, name)
    plain = np.ascontiguousarray(rows.view(np.ndarray))
    return plain.view(f"V{EVENT.itemsize}") if plain.dtype == EVENT else plain


def _parts_of(rows: np.ndarray) -> Iterator[bytes | memoryview]:
    """The contents of an `.npy` file: header, rows."""
    yield _header_of(rows)
    yield rows.view(np.uint8).data


def _header_of(rows: np.ndarray) -> bytes:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(rows))
    return header.getvalue()


def _size_of(rows: np.ndarray) -> int:
    return len(_header_of(rows)) + rows.nbytes


def _digest_of(rows: np.ndarray) -> str:
    digest = hashlib.new(DIGEST)
    for part in _parts_of(rows):
        digest.update(part)
    return digest.hexdigest()


def read_table(path: Path, name: str, manifest: Manifest) -> np.ndarray:
    """Read and verify one table of a snapshot. Raises Damaged."""
    file, expected = path / f"{name}.npy", manifest.tables[name]
    contents = _read(file, expected.bytes)
    if hashlib.new(DIGEST, contents).hexdigest() != expected.digest:
        raise Damaged(file, "it does not have the digest that the manifest names", REMEDY)
    size = expected.rows * TABLES[name].itemsize
    return np.frombuffer(contents, np.uint8)[len(contents) - size :].view(TABLES[name])


def _read(file: Path, size: int | None) -> bytearray:
    """All of a file, which must have `size` bytes if given."""
    try:
        with file.open("rb", buffering=0) as source:
            found = os.fstat(source.fileno()).st_size
            if size is not None and found != size:
                raise Damaged(file, f"it has {found} bytes, the manifest says {size}", REMEDY)
            contents = bytearray(found)
            left = memoryview(contents)
            while len(left) and (count := source.readinto(left)):
                left = left[count:]
            if len(left):
                raise Damaged(file, "it ends early", REMEDY, offset=found - len(left))
            return contents
    except OSError as error:
        raise Damaged(file, f"it cannot be read: {error.strerror}", REMEDY) from error
