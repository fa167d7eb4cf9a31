"""Stored data that cannot be trusted, and what the operator can do about it."""

from pathlib import Path


class Damaged(Exception):
    """Stored data is damaged or missing. It is never skipped; the start is refused.

    file : the damaged file
    what : what is wrong, a clause
    remedy : what the operator can do, a clause
    offset : of the damage in `file`, where it could be found
    seq : the first command that is in doubt
    """

    def __init__(
        self, file: Path, what: str, remedy: str, offset: int | None = None, seq: int | None = None
    ) -> None:
        self.file = file
        self.what = what
        self.remedy = remedy
        self.offset = offset
        self.seq = seq
        place = "" if offset is None else f", offset {offset}"
        doubt = "" if seq is None else f", seq {seq}"
        advice = remedy[:1].upper() + remedy[1:].removesuffix(".")
        super().__init__(f"{file}{place}{doubt}: {what}. {advice}.")


class FormatRefused(Damaged):
    """Written by a program that this one does not understand; nothing need be wrong with the data."""


class FormatTooNew(FormatRefused):
    def __init__(self, file: Path, found: int, newest: int) -> None:
        super().__init__(
            file,
            f"is written in format {found}; this program reads up to format {newest}",
            "start the newer version of Lightning that wrote it",
        )


class FormatTooOld(FormatRefused):
    def __init__(self, file: Path, found: int, oldest: int) -> None:
        super().__init__(
            file,
            f"is written in format {found}; this program reads from format {oldest} on",
            "start the version of Lightning that wrote it, or one that can migrate it",
        )
