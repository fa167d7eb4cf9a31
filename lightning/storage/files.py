"""What storage does to files itself. SQLite's own writing is not among it.

Each of the first group is one step that the disk can refuse: tests replace those to make the n-th one
fail. The others are made of them.
"""

import os
from collections.abc import Iterable
from pathlib import Path

Data = bytes | bytearray | memoryview


class Files:
    """Raises OSError. What was written is durable after `sync`, a new name after `sync_directory`."""

    def open(self, path: Path) -> int:
        """A descriptor for writing; the file is made if there is none."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def write(self, file: int, data: Data, offset: int) -> int:
        """How many bytes were written, at least one."""
        return os.pwrite(file, data, offset)

    def sync(self, file: int) -> None:
        os.fdatasync(file)

    def rename(self, old: Path, new: Path) -> None:
        os.replace(old, new)

    def unlink(self, path: Path) -> None:
        path.unlink()

    def make_directory(self, path: Path) -> None:
        path.mkdir()

    def remove_directory(self, path: Path) -> None:
        path.rmdir()

    def sync_directory(self, path: Path) -> None:
        directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def write_at(self, file: int, offset: int, data: Data) -> None:
        """All of `data`."""
        left = memoryview(data).cast("B")
        while len(left):
            written = self.write(file, left, offset)
            if written <= 0:
                raise OSError(f"{written} of {len(left)} bytes were written")
            left = left[written:]
            offset += written

    def write_new(self, path: Path, buffers: Iterable[Data]) -> None:
        """A new file of these contents, synced; its name is not. Replaces what is left of another try."""
        if path.exists():
            self.unlink(path)
        file = self.open(path)
        try:
            offset = 0
            for buffer in buffers:
                self.write_at(file, offset, buffer)
                offset += memoryview(buffer).nbytes
            self.sync(file)
        finally:
            os.close(file)

    def move(self, old: Path, new: Path) -> None:
        """Rename within a directory, replacing `new`; durable on return."""
        self.rename(old, new)
        self.sync_directory(new.parent)

    def make_directories(self, path: Path) -> None:
        """`path` and what is missing above it, durably."""
        missing = [one for one in (path, *path.parents) if not one.exists()]
        for one in reversed(missing):
            self.make_directory(one)
            self.sync_directory(one.parent)

    def remove_tree(self, path: Path) -> None:
        """A directory with all its files; not synced."""
        for one in sorted(path.iterdir()):
            if one.is_dir() and not one.is_symlink():
                self.remove_tree(one)
            else:
                self.unlink(one)
        self.remove_directory(path)
