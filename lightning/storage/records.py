"""What a journal record looks like as bytes: commands packed, everything else as JSON.

The structs below are the format: a field is added with a default, never renamed or given another
meaning.
"""

from enum import IntEnum
from typing import Any, Literal, NamedTuple, get_args

import msgspec
import numpy as np
import numpy.typing as npt

from lightning.codes import SelfTradePrevention, SymbolStatus
from lightning.config import Config, LimitsConfig
from lightning.decimals import Step
from lightning.engine.changes import Change
from lightning.engine.journal import AdminRecord, Batch, Record
from lightning.engine.tables import words_of
from lightning.instruments import Currency, Symbol
from lightning.kernels.pack import PACKED_ROW_MAX, PACKED_ROW_MIN, WORDS, pack_rows, unpack_rows
from lightning.rows import COMMAND

WORD = 2**64
SIGN = 2**63


class RecordKind(IntEnum):
    COMMANDS = 1
    CHANGE = 2
    FOUNDING = 3
    """The configuration that the exchange began with: seq 0, once."""


class RecordError(ValueError):
    """Bytes that are no record."""


class Stored(NamedTuple):
    """A record as its columns."""

    first_seq: int
    seqs: int
    """How many seqs it takes."""
    kind: int
    time_ns: int
    """Of the first command."""
    state_hash: int | None
    """As SQLite has integers: signed."""
    body: bytes


def signed(word: int | None) -> int | None:
    """An unsigned 64-bit number as the signed one of the same bits."""
    return None if word is None else (word + SIGN) % WORD - SIGN


def unsigned(word: int | None) -> int | None:
    return None if word is None else word % WORD


class Packer:
    """Packs commands, in memory that it keeps for the next."""

    def __init__(self) -> None:
        self._memory = np.empty(0, np.uint8)
        unpack(self.pack(np.zeros((1, WORDS), np.int64)), 1)  # loads the machine code before it is needed

    def pack(self, words: npt.NDArray[np.int64]) -> bytes:
        """Of rows as `words_of` has them."""
        need = PACKED_ROW_MAX * len(words)
        if need > len(self._memory):
            self._memory = np.empty(need, np.uint8)
        if not words.flags.carray:  # the kernel is compiled for one kind of array
            words = words.copy()
        return self._memory[: pack_rows(words, self._memory)].tobytes()


def unpack(body: bytes, count: int) -> np.ndarray:
    """`count` COMMAND rows. Raises RecordError unless `body` is exactly that many."""
    return unpack_all([body], [count])


def unpack_all(bodies: list[bytes], counts: list[int]) -> np.ndarray:
    """The rows of several bodies behind each other. Raises RecordError."""
    for body, count in zip(bodies, counts, strict=True):
        if not PACKED_ROW_MIN * count <= len(body):
            raise RecordError(f"{len(body)} bytes cannot hold {count} commands")
    rows = np.empty(sum(counts), COMMAND)
    words = words_of(rows)
    packed = np.frombuffer(b"".join(bodies), np.uint8)
    at = row = 0
    for body, count in zip(bodies, counts, strict=True):
        end, last = at + len(body), row + count
        if unpack_rows(packed[at:end], words[row:last]):
            raise RecordError(f"{len(body)} bytes are not {count} packed commands")
        at, row = end, last
    return rows


class _StoredChange(msgspec.Struct, forbid_unknown_fields=True):
    type: str
    fields: msgspec.Raw


_CHANGES: dict[str, type] = {one.__name__: one for one in get_args(Change)}


def encode_change(change: Change) -> bytes:
    fields = msgspec.Raw(msgspec.json.encode(change))
    return msgspec.json.encode(_StoredChange(type(change).__name__, fields))


def decode_change(body: bytes) -> Change:
    """Raises RecordError."""
    try:
        stored = msgspec.json.decode(body, type=_StoredChange)
        if stored.type not in _CHANGES:
            raise RecordError(f"this program knows no change of type {stored.type!r}")
        change: Change = msgspec.json.decode(stored.fields, type=_CHANGES[stored.type])
    except msgspec.MsgspecError as error:
        raise RecordError(f"an admin change cannot be read: {error}") from error
    return change


def decode_record(stored: Stored) -> Record:
    """Raises RecordError."""
    if stored.kind == RecordKind.COMMANDS:
        return Batch(stored.first_seq, unpack(stored.body, stored.seqs), unsigned(stored.state_hash))
    if stored.kind == RecordKind.CHANGE and stored.seqs == 1:
        return AdminRecord(stored.first_seq, stored.time_ns, decode_change(stored.body))
    raise RecordError(f"this program knows no record of kind {stored.kind} with {stored.seqs} seqs")


class _StoredSymbol(msgspec.Struct, forbid_unknown_fields=True):
    id: int
    name: str
    base: int
    quote: int
    tick: Step
    lot: Step
    maker_fee_ppm: int
    taker_fee_ppm: int
    self_trade_prevention: SelfTradePrevention
    status: SymbolStatus
    quantity_min: int
    quantity_max: int
    notional_min: int
    fee_account: int
    order_fee_ppm_min: int
    order_fee_ppm_max: int
    self_trade_prevention_given: bool
    price_band_ppm: int = 0
    market_protection_ppm: int = 50_000
    orders_max: int = 0


class _StoredConfig(msgspec.Struct, forbid_unknown_fields=True):
    currencies: list[Currency]
    symbols: list[_StoredSymbol]
    limits: LimitsConfig
    version: Literal[1] = 1


def encode_config(config: Config) -> bytes:
    """The currencies, symbols and limits as JSON; nothing else of a configuration outlives its process."""
    symbols = []
    for symbol in config.symbols:
        values: dict[str, Any] = {name: getattr(symbol, name) for name in _StoredSymbol.__struct_fields__}
        symbols.append(_StoredSymbol(**values | {"base": symbol.base.id, "quote": symbol.quote.id}))
    return msgspec.json.encode(_StoredConfig(list(config.currencies), symbols, config.limits))


def decode_config(body: bytes) -> Config:
    """Raises RecordError."""
    try:
        stored = msgspec.json.decode(body, type=_StoredConfig)
        currencies = {currency.id: currency for currency in stored.currencies}
        symbols = []
        for symbol in stored.symbols:
            values: dict[str, Any] = {name: getattr(symbol, name) for name in _StoredSymbol.__struct_fields__}
            pair = {"base": currencies[symbol.base], "quote": currencies[symbol.quote]}
            symbols.append(Symbol(**values | pair))
    except (msgspec.MsgspecError, KeyError, ValueError) as error:
        raise RecordError(f"the configuration cannot be read: {error}") from error
    return Config(tuple(stored.currencies), tuple(symbols), limits=stored.limits)
