"""Pages of lists: their sizes, and tokens that only fit the request that they were given to."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from struct import Struct
from typing import Protocol
from zlib import crc32

from lightning.server.convert.fields import require_not_negative
from lightning.server.errors import BadField
from lightning.storage.history.paging import Asked, Position

PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_MAX = 1000

_POSITION = Struct(">qqq")
_CHECK = Struct(">I")


class Paged(Protocol):
    """What requests for pages have in common."""

    page_size: int
    page_token: str
    newest_first: bool


def read_asked(request: Paged, *filters: object) -> Asked:
    """filters : everything else in the request that decides what is listed"""
    size = require_not_negative("page_size", request.page_size) or PAGE_SIZE_DEFAULT
    after = None
    if request.page_token:
        after = _read_token(request.page_token, (type(request).__name__, request.newest_first, *filters))
    return Asked(after, min(size, PAGE_SIZE_MAX), request.newest_first)


def token(position: Position | None, request: Paged, *filters: object) -> str:
    """Where the next page begins; empty: there is none."""
    if position is None:
        return ""
    data = _POSITION.pack(*position)
    return urlsafe_b64encode(
        data + _check(data, (type(request).__name__, request.newest_first, *filters))
    ).decode()


def _read_token(text: str, filters: object) -> Position:
    try:
        data = urlsafe_b64decode(text.encode("ascii", "strict"))
    except (UnicodeEncodeError, binascii.Error):
        data = b""
    place, check = data[: _POSITION.size], data[_POSITION.size :]
    if len(place) != _POSITION.size or check != _check(place, filters):
        raise BadField("page_token", "is not a next_page_token that was given to this request")
    seq, trade_id, leg = _POSITION.unpack(place)
    return seq, trade_id, leg


def _check(data: bytes, filters: object) -> bytes:
    return _CHECK.pack(crc32(repr(filters).encode(), crc32(data)))
