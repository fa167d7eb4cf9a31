"""The kernel that writes order books as protobuf: lightning.v1.OrderBook, alone or in a list."""

import numpy as np

from lightning.kernels.kernel import entry, kernel

HEAD_BYTES = 6
"""Room for the tag and the length of a book in a list."""
POINT, COLON, SEMICOLON, ZERO = 46, 58, 59, 48
SYMBOL_ID, SEQ, BIDS, ASKS, TIME_NS, CHECKSUM, STATUS, INDICATIVE_PRICE, INDICATIVE_QUANTITY = (
    0x08,
    0x10,
    0x1A,
    0x22,
    0x28,
    0x30,
    0x38,
    0x42,
    0x4A,
)
"""Tags of OrderBook's fields."""
PRICE, QUANTITY, ORDER_COUNT = 0x0A, 0x12, 0x18
"""Tags of PriceLevel's fields."""
BOOKS = 0x0A
"""Tag of a book in a list."""


def _crc_table():
    """CRC-32 of every byte (polynomial 0xEDB88320, as zlib's)."""
    table = np.arange(256, dtype=np.int64)
    for _ in range(8):
        table = np.where(table & 1, table >> 1 ^ 0xEDB88320, table >> 1)
    return table


_CRC = _crc_table()
_POWERS = 10 ** np.arange(19, dtype=np.int64)


@kernel
def _put_varint(out, at, value):
    while value > 0x7F:
        out[at] = value & 0x7F | 0x80
        at += 1
        value >>= 7
    out[at] = value
    return at + 1


@kernel
def _put_number(out, at, tag, value):
    """A field that is left out when it is 0."""
    if value == 0:
        return at
    out[at] = tag
    return _put_varint(out, at + 1, value)


@kernel
def _put_digits(out, at, value, count):
    """The last `count` digits."""
    for place in range(at + count - 1, at - 1, -1):
        rest = value // 10
        out[place] = ZERO + (value - 10 * rest)
        value = rest
    return at + count


@kernel
def _put_decimal(out, at, tag, units, scale):
    """A string field: the decimal without needless zeros, with one digit behind the point at least."""
    out[at] = tag
    begin = at + 2
    whole = units // _POWERS[scale]
    part = units - whole * _POWERS[scale]
    digits = 1
    while digits < 19 and whole >= _POWERS[digits]:
        digits += 1
    end = _put_digits(out, begin, whole, digits)
    out[end] = POINT
    end += 1
    if scale == 0:
        out[end] = ZERO
        end += 1
    else:
        first = end
        end = _put_digits(out, end, part, scale)
        while end > first + 1 and out[end - 1] == ZERO:
            end -= 1
    out[at + 1] = end - begin
    return end


@kernel
def _checksum(out, begin, end, crc):
    for place in range(begin, end):
        crc = crc >> 8 ^ _CRC[(crc ^ np.int64(out[place])) & 0xFF]
    return crc


@kernel
def _checksum_byte(crc, byte):
    return crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]


@kernel
def _put_level(out, at, tag, step, level, crc):
    """Returns (where it ends, the checksum so far)."""
    out[at] = tag
    begin = at + 2
    end = _put_decimal(out, begin, PRICE, level[0] * step[1], step[2])
    crc = _checksum_byte(_checksum(out, begin + 2, end, crc), COLON)
    second = end
    end = _put_decimal(out, second, QUANTITY, level[1] * step[3], step[4])
    crc = _checksum_byte(_checksum(out, second + 2, end, crc), SEMICOLON)
    end = _put_number(out, end, ORDER_COUNT, level[2])
    out[at + 1] = end - begin
    return end, crc


@kernel
def _put_head(out, begin, end):
    """Tag and length before what stands HEAD_BYTES behind `begin`, which moves up to them."""
    size = end - begin - HEAD_BYTES
    out[begin] = BOOKS
    at = _put_varint(out, begin + 1, size)
    for i in range(size):
        out[at + i] = out[begin + HEAD_BYTES + i]
    return at + size


@entry
def write_books(steps, statuses, indicative, counts, rows, seq, time_ns, in_list, out):
    """Write them into `out`, uint8, which has room. Returns how many bytes.

    steps : (n, 5) int64: symbol id, units and scale of the tick, units and scale of the lot
    statuses, indicative, counts, rows : as `encode_books` has them; statuses are the wire's numbers
    """
    at = np.int64(0)
    row = np.int64(0)
    for i in range(steps.shape[0]):
        step = steps[i]
        begin = at
        if in_list:
            at += HEAD_BYTES
        at = _put_number(out, at, SYMBOL_ID, step[0])
        at = _put_number(out, at, SEQ, np.int64(seq))
        crc = np.int64(0xFFFFFFFF)
        for side in range(2):
            tag = BIDS if side == 0 else ASKS
            for _ in range(counts[i, side]):
                at, crc = _put_level(out, at, tag, step, rows[row], crc)
                row += 1
        at = _put_number(out, at, TIME_NS, np.int64(time_ns))
        at = _put_number(out, at, CHECKSUM, crc ^ 0xFFFFFFFF)
        at = _put_number(out, at, STATUS, statuses[i])
        if indicative[i, 1] != 0:
            at = _put_decimal(out, at, INDICATIVE_PRICE, indicative[i, 0] * step[1], step[2])
            at = _put_decimal(out, at, INDICATIVE_QUANTITY, indicative[i, 1] * step[3], step[4])
        if in_list:
            at = _put_head(out, begin, at)
    return at
