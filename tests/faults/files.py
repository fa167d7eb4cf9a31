"""`Files` that ask a `Watch` first: one counter for all that storage does, itself or through SQLite."""

import errno
import os
from pathlib import Path

from lightning.storage.files import Data, Files
from tests.faults.plan import Trouble, Watch


class FaultyFiles(Files):
    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._paths: dict[int, Path] = {}

    def open(self, path: Path) -> int:
        if path.exists():
            file = super().open(path)
        else:
            with self._watch.call("create", str(path)) as trouble:
                refuse(trouble)
                file = super().open(path)
                self._watch.disk.create(path)
        self._paths[file] = path
        return file

    def write(self, file: int, data: Data, offset: int) -> int:
        path = self._paths[file]
        with self._watch.call("write", str(path)) as trouble:
            if trouble is Trouble.SHORT:
                data = memoryview(data).cast("B")[: memoryview(data).nbytes // 2]
            else:
                refuse(trouble)
            written = super().write(file, data, offset)
            self._watch.disk.write(path, offset, bytes(memoryview(data).cast("B")[:written]))
            if trouble is not None and (self._watch.plan.for_good or written == 0):
                refuse(trouble)
            return written

    def sync(self, file: int) -> None:
        path = self._paths[file]
        with self._watch.call("sync", str(path)) as trouble:
            if trouble is not None:
                self._watch.disk.sync_failed(path)
            refuse(trouble)
            super().sync(file)
            self._watch.disk.sync(path)

    def rename(self, old: Path, new: Path) -> None:
        with self._watch.call("rename", str(new)) as trouble:
            refuse(trouble)
            super().rename(old, new)
            self._watch.disk.rename(old, new)

    def unlink(self, path: Path) -> None:
        with self._watch.call("delete", str(path)) as trouble:
            refuse(trouble)
            super().unlink(path)
            self._watch.disk.remove(path)

    def make_directory(self, path: Path) -> None:
        with self._watch.call("make directory", str(path)) as trouble:
            refuse(trouble)
            super().make_directory(path)
            self._watch.disk.make_directory(path)

    def remove_directory(self, path: Path) -> None:
        with self._watch.call("remove directory", str(path)) as trouble:
            refuse(trouble)
            super().remove_directory(path)
            self._watch.disk.remove(path)

    def sync_directory(self, path: Path) -> None:
        with self._watch.call("sync directory", str(path)) as trouble:
            refuse(trouble)
            super().sync_directory(path)
            self._watch.disk.sync_directory(path)


def refuse(trouble: Trouble | None) -> None:
    if trouble is not None:
        code = errno.EIO if trouble is Trouble.BROKEN else errno.ENOSPC
        raise OSError(code, os.strerror(code))
