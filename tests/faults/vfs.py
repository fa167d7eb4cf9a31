"""A VFS for SQLite that asks a `Watch` before it writes, syncs, cuts or removes.

It is registered by ctypes in the library that Python's own sqlite3 uses, as a copy of the default VFS;
connections are opened with `vfs=FAULTY`. A file belongs to the watch that was set when it was opened.
"""

import _sqlite3
import ctypes
import ctypes.util
import os
import sqlite3
from collections.abc import Callable
from ctypes import POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from dataclasses import dataclass
from typing import Any

from tests.faults.plan import Trouble, Watch

FAULTY = "faulty"

OK = 0
FULL = 13
IOERR = 10
IOERR_WRITE = IOERR | 3 << 8
IOERR_FSYNC = IOERR | 4 << 8
IOERR_TRUNCATE = IOERR | 6 << 8
IOERR_DELETE = IOERR | 10 << 8
CANTOPEN = 14
OPEN_CREATE = 0x4
OPENS_WITH_SYNC = 0x800 | 0x4000 | 0x80000
"""Flags of rollback journals and write-ahead logs: SQLite syncs the directory at their first sync."""

OPEN = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
DELETE = ctypes.CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
WRITE = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
TRUNCATE = ctypes.CFUNCTYPE(c_int, c_void_p, c_int64)
SYNC = ctypes.CFUNCTYPE(c_int, c_void_p, c_int)


class Vfs(Structure):
    """`sqlite3_vfs`. `open` gets a bare address as name: SQLite keeps it as long as the file is open."""

    _fields_ = (
        ("version", c_int),
        ("file_bytes", c_int),
        ("path_bytes_max", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", OPEN),
        ("delete", DELETE),
        ("others", c_void_p * 14),
    )


class Methods(Structure):
    _fields_ = (
        ("version", c_int),
        ("close", c_void_p),
        ("read", c_void_p),
        ("write", WRITE),
        ("truncate", TRUNCATE),
        ("sync", SYNC),
        ("others", c_void_p * 13),
    )


@dataclass
class OpenFile:
    watch: Watch
    path: str
    real: Methods
    first_sync_is_of_name: bool


class Unreachable(Exception):
    """This Python's SQLite library cannot be reached by ctypes."""


def library() -> ctypes.CDLL:
    """The one that `sqlite3` uses: told by the source id of both."""
    wanted = sqlite3.connect(":memory:").execute("SELECT sqlite_source_id()").fetchone()[0]
    for path in _candidates():
        try:
            found = ctypes.CDLL(path)
            found.sqlite3_sourceid.restype = c_char_p
            if found.sqlite3_sourceid().decode() == wanted:
                found.sqlite3_vfs_find.restype = POINTER(Vfs)
                found.sqlite3_vfs_find.argtypes = [c_char_p]
                found.sqlite3_vfs_register.argtypes = [POINTER(Vfs), c_int]
                return found
        except (OSError, AttributeError):
            continue
    raise Unreachable(f"no shared library here is SQLite {sqlite3.sqlite_version} of Python's sqlite3")


def _candidates() -> list[str]:
    """Libraries of this process first: another file of the same version would be another SQLite."""
    paths = []
    try:
        with open("/proc/self/maps", encoding="utf-8") as maps:
            mapped = {line.split(maxsplit=5)[5].strip() for line in maps if "/" in line}
        paths += sorted(path for path in mapped if "libsqlite3" in path)
    except FileNotFoundError:  # not Linux
        if name := ctypes.util.find_library("sqlite3"):
            paths.append(name)
    return [*paths, getattr(_sqlite3, "__file__", "")]


def guarded(work: Callable[..., int], code: int) -> Callable[..., int]:
    """An exception cannot leave a callback of C: it is kept as a mistake of this layer; the call fails."""

    def call(*arguments: Any) -> int:
        try:
            return work(*arguments)
        except BaseException as error:
            if FaultyVfs.watch is not None:
                FaultyVfs.watch.mistakes.append(f"{work.__name__}: {error!r}")
            return code

    return call


class FaultyVfs:
    """Registered once per process, and never taken away: connections may still use it."""

    watch: Watch | None = None
    """Asked about files opened from now on."""
    _only: "FaultyVfs | None" = None

    @classmethod
    def install(cls) -> None:
        """Raises Unreachable."""
        if cls._only is None:
            cls._only = cls(library())

    def __init__(self, sqlite: ctypes.CDLL) -> None:
        self._real = sqlite.sqlite3_vfs_find(None).contents
        self._files: dict[int, OpenFile] = {}
        """By address; SQLite uses an address again after a file is closed."""
        self._methods: dict[int, tuple[Methods, Methods]] = {}
        """By the address of the real ones: these, and the copy with our calls."""
        self._vfs = Vfs.from_buffer_copy(self._real)
        self._vfs.name = FAULTY.encode()
        self._vfs.next = None
        self._vfs.open = OPEN(guarded(self._open, CANTOPEN))
        self._vfs.delete = DELETE(guarded(self._delete, IOERR_DELETE))
        self._write_call = WRITE(guarded(self._write, IOERR_WRITE))
        self._truncate_call = TRUNCATE(guarded(self._truncate, IOERR_TRUNCATE))
        self._sync_call = SYNC(guarded(self._sync, IOERR_FSYNC))
        if code := sqlite.sqlite3_vfs_register(ctypes.byref(self._vfs), 0):
            raise Unreachable(f"sqlite3_vfs_register answered {code}")

    def _open(self, vfs: int, name: int | None, address: int, flags: int, flags_out: int) -> int:
        watch = FaultyVfs.watch
        if watch is None or not name:
            return int(self._real.open(vfs, name, address, flags, flags_out))
        path = ctypes.string_at(name).decode()
        if not flags & OPEN_CREATE or os.path.exists(path):
            code = int(self._real.open(vfs, name, address, flags, flags_out))
        else:
            with watch.call("create", path) as trouble:
                if trouble is not None:
                    ctypes.cast(address, POINTER(c_void_p))[0] = None
                    return CANTOPEN
                code = int(self._real.open(vfs, name, address, flags, flags_out))
                if code == OK:
                    watch.disk.create(path)
        if code == OK:
            first_sync_is_of_name = bool(flags & OPEN_CREATE and flags & OPENS_WITH_SYNC)
            self._take_over(address, watch, path, first_sync_is_of_name)
        return code

    def _take_over(self, address: int, watch: Watch, path: str, first_sync_is_of_name: bool) -> None:
        place = ctypes.cast(address, POINTER(c_void_p))
        at = place[0]
        assert at is not None
        if at not in self._methods:
            real = Methods.from_address(at)
            ours = Methods.from_buffer_copy(real)
            ours.write, ours.truncate, ours.sync = self._write_call, self._truncate_call, self._sync_call
            self._methods[at] = real, ours
        real, ours = self._methods[at]
        self._files[address] = OpenFile(watch, path, real, first_sync_is_of_name)
        place[0] = ctypes.addressof(ours)

    def _write(self, address: int, data: int, count: int, offset: int) -> int:
        file = self._files[address]
        with file.watch.call("write", file.path) as trouble:
            if trouble is Trouble.BROKEN:
                return IOERR_WRITE
            if trouble is not None:
                count = count // 2 if trouble is Trouble.SHORT else 0
            code = int(file.real.write(address, data, count, offset)) if count else OK
            if code == OK and count:
                file.watch.disk.write(file.path, offset, ctypes.string_at(data, count))
            return code if trouble is None else FULL

    def _truncate(self, address: int, size: int) -> int:
        file = self._files[address]
        with file.watch.call("truncate", file.path) as trouble:
            if trouble is not None:
                return IOERR_TRUNCATE
            code = int(file.real.truncate(address, size))
            if code == OK:
                file.watch.disk.truncate(file.path, size)
            return code

    def _sync(self, address: int, flags: int) -> int:
        file = self._files[address]
        with file.watch.call("sync", file.path) as trouble:
            if trouble is not None:
                file.watch.disk.sync_failed(file.path)
                return IOERR_FSYNC
            code = int(file.real.sync(address, flags))
            if code == OK:
                file.watch.disk.sync(file.path)
                if file.first_sync_is_of_name:
                    file.first_sync_is_of_name = False
                    file.watch.disk.sync_directory(os.path.dirname(file.path))
            return code

    def _delete(self, vfs: int, name: bytes, sync_directory: int) -> int:
        watch, path = FaultyVfs.watch, name.decode()
        if watch is None or not watch.disk.has_below(path):
            return int(self._real.delete(vfs, name, sync_directory))
        with watch.call("delete", path) as trouble:
            if trouble is not None:
                return IOERR_DELETE
            code = int(self._real.delete(vfs, name, sync_directory))
            if code == OK:
                watch.disk.remove(path)
                if sync_directory:
                    watch.disk.sync_directory(os.path.dirname(path))
            return code
