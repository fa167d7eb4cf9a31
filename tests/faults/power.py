"""What a power cut leaves of a directory: what was synced, and any part of what was not.

A file's bytes last from its fsync on, its name from the fsync of its directory on. After a failed fsync
the bytes written before it are never written again, as Linux does it: the pages count as clean.
"""

import random
from dataclasses import dataclass, field
from pathlib import Path

BLOCK = 4096


@dataclass
class File:
    synced: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)
    """Since the last fsync, in order: bytes at an offset, or (None) the cut at an offset."""
    unseen: bool = False
    """Its writes do not come through here: an fsync makes durable what is there."""

    def sync(self) -> None:
        for offset, data in self.pending:
            apply(self.synced, offset, data)
        self.pending.clear()

    def after_the_cut(self, chance: random.Random | None) -> bytes:
        """Synced content; with `chance`, some blocks of the rest too."""
        content = bytearray(self.synced)
        for offset, data in self.pending if chance is not None else ():
            assert chance is not None
            if data is None:
                if chance.random() < 0.5:
                    apply(content, offset, None)
                continue
            start = offset
            while start < offset + len(data):
                end = min((start // BLOCK + 1) * BLOCK, offset + len(data))
                if chance.random() < 0.5:
                    apply(content, start, data[start - offset : end - offset])
                start = end
        return bytes(content)


@dataclass
class Directory:
    names: "dict[str, File | Directory]" = field(default_factory=dict)
    synced: "dict[str, File | Directory]" = field(default_factory=dict)

    def sync(self) -> None:
        self.synced = dict(self.names)


def apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        content[offset:] = bytes(max(0, offset - len(content)))
        return
    if offset > len(content):
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


class Disk:
    """The model of all below `root`, which begins empty and durable."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.top = Directory()

    @classmethod
    def of(cls, root: Path) -> "Disk":
        """Of a directory as it is, all of it durable."""
        disk = cls(root)
        disk.top = _read(root)
        return disk

    def has_below(self, path: str | Path) -> bool:
        """Does the path lie below the root?"""
        return Path(path).resolve().is_relative_to(self.root)

    def directory(self, path: str | Path) -> Directory:
        found = self._find(path)
        assert isinstance(found, Directory), path
        return found

    def file(self, path: str | Path) -> File:
        found = self._find(path)
        assert isinstance(found, File), path
        return found

    def create(self, path: str | Path) -> None:
        """A new empty file, unless there is one."""
        folder, name = self._place(path)
        folder.names.setdefault(name, File())

    def make_directory(self, path: str | Path) -> None:
        folder, name = self._place(path)
        folder.names.setdefault(name, Directory())

    def write(self, path: str | Path, offset: int, data: bytes) -> None:
        self.file(path).pending.append((offset, data))

    def truncate(self, path: str | Path, size: int) -> None:
        self.file(path).pending.append((size, None))

    def sync(self, path: str | Path) -> None:
        folder, name = self._place(path)
        found = folder.names.setdefault(name, File(unseen=True))
        assert isinstance(found, File), path
        found.sync()
        if found.unseen:
            found.synced = bytearray(Path(path).read_bytes())

    def sync_failed(self, path: str | Path) -> None:
        folder, name = self._place(path)
        found = folder.names.get(name)
        if isinstance(found, File):
            found.pending.clear()

    def sync_directory(self, path: str | Path) -> None:
        self.directory(path).sync()

    def rename(self, old: str | Path, new: str | Path) -> None:
        folder, name = self._place(old)
        moved = folder.names.pop(name)
        folder, name = self._place(new)
        folder.names[name] = moved

    def remove(self, path: str | Path) -> None:
        """A file, or a directory with all in it."""
        folder, name = self._place(path)
        folder.names.pop(name, None)

    def cut(self, target: Path, chance: random.Random | None = None) -> None:
        """Write what the cut leaves into `target`; with `chance`, with some of what was not synced."""
        _write(self.top, target, chance)

    def _parts(self, path: str | Path) -> tuple[str, ...]:
        return Path(path).resolve().relative_to(self.root).parts

    def _find(self, path: str | Path) -> File | Directory:
        found: File | Directory = self.top
        for part in self._parts(path):
            assert isinstance(found, Directory), path
            found = found.names[part]
        return found

    def _place(self, path: str | Path) -> tuple[Directory, str]:
        path = Path(path)
        return self.directory(path.parent), path.name


def _read(folder: Path) -> Directory:
    made = Directory()
    for path in folder.iterdir():
        made.names[path.name] = _read(path) if path.is_dir() else File(bytearray(path.read_bytes()))
    made.sync()
    return made


def _write(folder: Directory, target: Path, chance: random.Random | None) -> None:
    target.mkdir(parents=True, exist_ok=True)
    live = chance is not None and chance.random() < 0.5
    for name, entry in (folder.names if live else folder.synced).items():
        if isinstance(entry, Directory):
            _write(entry, target / name, chance)
        else:
            (target / name).write_bytes(entry.after_the_cut(chance))
