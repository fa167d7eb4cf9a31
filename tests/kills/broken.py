"""A promise was not kept."""

from collections.abc import Sequence

SHOWN_MAX = 10


class Broken(AssertionError):
    """What the judge found; the server's data directory is kept."""


def require(kept: object, what: str) -> None:
    if not kept:
        raise Broken(what)


def require_none(problems: Sequence[str], what: str) -> None:
    if problems:
        shown = "\n  ".join(problems[:SHOWN_MAX])
        raise Broken(f"{what}: {len(problems)} times\n  {shown}")
