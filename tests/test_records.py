"""Records as bytes: whatever goes in comes out, and bytes that are no record are refused."""

from dataclasses import replace
from typing import get_args

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning.codes import CommandFlag, CommandKind, SelfTradePrevention, SymbolStatus
from lightning.config import Config, LimitsConfig, default_config
from lightning.decimals import Step
from lightning.engine.chains import goes_on
from lightning.engine.changes import (
    Change,
    CreateCurrency,
    CreateSymbol,
    DeleteCurrency,
    DeleteSymbol,
    Terms,
    UpdateCurrency,
    UpdateSymbol,
)
from lightning.engine.journal import AdminRecord, Batch
from lightning.engine.tables import words_of
from lightning.rows import COMMAND
from lightning.storage.records import (
    Packer,
    RecordError,
    RecordKind,
    Stored,
    decode_change,
    decode_config,
    decode_record,
    encode_change,
    encode_config,
    signed,
    unpack,
    unsigned,
)
from lightning.storage.rewind import cut
from lightning.storage.transaction import RECORD_ROWS_MAX, Taken, stored_records

CHANGES: list[Change] = [
    CreateCurrency("DOGE"),
    CreateCurrency("żółw", "A turtle"),
    UpdateCurrency(3, name="X"),
    UpdateCurrency(3, display_name=""),
    DeleteCurrency(999_999),
    CreateCurrency("YEN", "", 0),
    CreateSymbol("A-B", 1, 2),
    CreateSymbol(
        "A-B",
        1,
        2,
        SymbolStatus.AUCTION,
        Terms(
            tick=Step(25, 4),
            lot=Step(5, 3),
            maker_fee_ppm=-100,
            taker_fee_ppm=300,
            self_trade_prevention=SelfTradePrevention.DECREMENT,
            quantity_min="0.005",
            quantity_max="100.5",
            notional_min="0.0",
            fee_account=17,
            order_fee_ppm_min=-5,
            order_fee_ppm_max=6,
            price_band_ppm=100_000,
            market_protection_ppm=0,
            orders_max=200,
        ),
    ),
    UpdateSymbol(1, terms=Terms(lot=Step(1, 0), notional_min="5", price_band_ppm=0)),
    UpdateSymbol(1, name='"', base=2, quote=None),
    DeleteSymbol(7),
]


def rows_of(count: int, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    rows = np.zeros(count, COMMAND)
    rows["client_order_id"] = np.arange(count) + 1
    rows["price"] = random.integers(1, 2**40, count)
    rows["time_ns"] = 1_700_000_000_000_000_000
    return rows


def stored(taken: list[Taken]) -> list[tuple[Stored, int]]:
    return list(stored_records(taken, Packer()))


@pytest.mark.parametrize("change", CHANGES, ids=repr)
def test_a_change_comes_back(change: Change) -> None:
    assert decode_change(encode_change(change)) == change


def test_every_small_change_there_is_comes_back() -> None:
    for kind in get_args(Change):
        needed = {name: 1 for name, hint in kind.__annotations__.items() if hint is int or hint == "int"}
        try:
            change = kind(**needed)
        except TypeError:
            change = kind(name="n", **{name: 1 for name in needed if name != "name"})
        assert decode_change(encode_change(change)) == change


@pytest.mark.parametrize(
    ("body", "change"),
    [
        (
            b'{"type":"CreateCurrency","fields":{"name":"X","display_name":"y"}}',
            CreateCurrency("X", "y", scale=8),
        ),
        (b'{"type":"CreateSymbol","fields":{"name":"A-B","base":1,"quote":2}}', CreateSymbol("A-B", 1, 2)),
        (
            b'{"type":"UpdateSymbol","fields":{"id":1,"name":null,"base":2,"quote":null}}',
            UpdateSymbol(1, base=2),
        ),
    ],
)
def test_a_change_of_an_older_program_means_what_it_meant(body: bytes, change: Change) -> None:
    assert decode_change(body) == change


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"\xff",
        b'{"type":"Nothing","fields":{}}',
        b'{"type":"CreateCurrency","fields":{}}',
        b'{"type":"CreateCurrency","fields":{"name":1}}',
        b'{"type":"DeleteSymbol","fields":{"id":1},"more":1}',
        b'{"type":"CreateSymbol","fields":{"name":"A-B","base":1,"quote":2,"status":4}}',
        b'{"type":"UpdateSymbol","fields":{"id":1,"terms":{"tick":"0.01"}}}',
    ],
)
def test_other_bytes_are_no_change(body: bytes) -> None:
    with pytest.raises(RecordError):
        decode_change(body)


def test_a_config_comes_back() -> None:
    config = default_config()
    assert decode_config(encode_config(config)) == config


def test_everything_about_a_symbol_comes_back() -> None:
    config = default_config()
    symbol = replace(
        config.symbols[0],
        tick=Step(25, 4),
        lot=Step(5, 3),
        maker_fee_ppm=-100,
        taker_fee_ppm=300,
        self_trade_prevention=SelfTradePrevention.DECREMENT,
        self_trade_prevention_given=True,
        status=SymbolStatus.HALTED,
        quantity_min=2,
        quantity_max=2**62,
        notional_min=2**63 - 1,
        fee_account=17,
        order_fee_ppm_min=-5,
        order_fee_ppm_max=6,
        price_band_ppm=7,
        market_protection_ppm=8,
        orders_max=9,
    )
    changed = Config(config.currencies, (symbol,), limits=LimitsConfig(1_000_000, 7, 8))
    back = decode_config(encode_config(changed))
    assert back == changed
    assert back.symbols[0].tick_value == symbol.tick_value


def test_a_config_of_an_older_program_has_the_defaults_of_what_it_does_not_know() -> None:
    stored = msgspec.json.decode(encode_config(default_config()))
    for symbol in stored["symbols"]:
        del symbol["price_band_ppm"], symbol["market_protection_ppm"], symbol["orders_max"]
    assert decode_config(msgspec.json.encode(stored)) == default_config()


def test_other_bytes_are_no_config() -> None:
    good = msgspec.json.decode(encode_config(default_config()))
    for key, value in (("version", 2), ("currencies", []), ("symbols", 1), ("more", 1), ("limits", 1)):
        with pytest.raises(RecordError):
            decode_config(msgspec.json.encode({**good, key: value}))
    good["symbols"][0]["quantity_min"] = 0
    with pytest.raises(RecordError, match="quantity_min"):
        decode_config(msgspec.json.encode(good))


def test_small_batches_are_joined_and_large_ones_cut() -> None:
    rows = rows_of(3 * RECORD_ROWS_MAX + 1)
    taken = [Taken(Batch(1 + at, rows[at : at + 1]), 1) for at in range(10)]
    taken.append(Taken(Batch(11, rows[10:]), 1))
    parts = stored(taken)
    assert [(part.first_seq, part.seqs) for part, _ in parts] == [
        (1, 10),
        (11, RECORD_ROWS_MAX),
        (11 + RECORD_ROWS_MAX, RECORD_ROWS_MAX),
        (11 + 2 * RECORD_ROWS_MAX, RECORD_ROWS_MAX - 9),
    ]
    assert np.array_equal(np.concatenate([unpack(part.body, part.seqs) for part, _ in parts]), rows)


@pytest.mark.parametrize("links", [1, 2, 999, 2 * RECORD_ROWS_MAX])
def test_a_cut_waits_for_the_end_of_a_chain(links: int) -> None:
    """Also of one that is too long to be done: cut, its end would be."""
    rows = rows_of(4 * RECORD_ROWS_MAX)
    first = RECORD_ROWS_MAX - 1
    rows["kind"][first : first + links + 1] = CommandKind.TRANSFER
    rows["flags"][first : first + links] = CommandFlag.LINKED
    parts = stored([Taken(Batch(1, rows), 1)])
    ends = [part.first_seq - 1 + part.seqs for part, _ in parts]
    assert ends[0] == first + links + 1
    assert [part.first_seq - 1 for part, _ in parts] == [0, *ends[:-1]] and ends[-1] == len(rows)
    assert np.array_equal(np.concatenate([unpack(part.body, part.seqs) for part, _ in parts]), rows)


def test_a_chain_ends_where_it_says_so_or_another_kind_comes() -> None:
    transfer, cancel, linked = CommandKind.TRANSFER, CommandKind.CANCEL, CommandFlag.LINKED
    rows = rows_of(7)
    rows["kind"] = [transfer, transfer, transfer, transfer, cancel, cancel, transfer]
    rows["flags"] = [linked, linked, 0, linked, linked, 0, linked]
    assert goes_on(rows).tolist() == [True, True, False, False, False, False, True]
    assert goes_on(rows[:0]).tolist() == []


def test_a_record_is_cut_anywhere_but_within_a_chain() -> None:
    rows = rows_of(5)
    rows["kind"][1:4] = CommandKind.TRANSFER
    rows["flags"][1:3] = CommandFlag.LINKED
    record = Batch(11, rows)
    assert [part.first_seq for part in cut(record, [11, 14])] == [11, 12, 15]
    for stop in (12, 13):
        with pytest.raises(LookupError, match=f"seq {stop} is of a chain"):
            list(cut(record, [stop]))


def test_a_state_hash_an_epoch_and_a_change_begin_a_record() -> None:
    rows = rows_of(6)
    change = CreateCurrency("DOGE")
    taken = [
        Taken(Batch(1, rows[:1]), 1),
        Taken(Batch(2, rows[1:3], 2**64 - 1), 1),
        Taken(Batch(4, rows[3:4]), 1),
        Taken(AdminRecord(5, 77, change), 1),
        Taken(AdminRecord(6, 78, change), 1),
        Taken(Batch(7, rows[4:5]), 1),
        Taken(Batch(8, rows[5:6]), 2),
    ]
    parts = stored(taken)
    assert [(part.first_seq, part.seqs, part.state_hash, epoch) for part, epoch in parts] == [
        (1, 1, None, 1),
        (2, 3, -1, 1),
        (5, 1, None, 1),
        (6, 1, None, 1),
        (7, 1, None, 1),
        (8, 1, None, 2),
    ]
    assert decode_record(parts[2][0]) == AdminRecord(5, 77, change)
    batch = decode_record(parts[1][0])
    assert isinstance(batch, Batch)
    assert batch.state_hash == 2**64 - 1
    assert np.array_equal(batch.rows, rows[1:4])
    assert parts[1][0].time_ns == 1_700_000_000_000_000_000


def test_rows_that_lie_apart_or_may_not_be_written_are_packed_too() -> None:
    rows = rows_of(10)
    frozen = rows[5:].copy()
    frozen.flags.writeable = False
    (part, _), *_ = stored([Taken(Batch(1, rows[::2]), 1), Taken(Batch(6, frozen), 1)])
    assert np.array_equal(unpack(part.body, 10), np.concatenate([rows[::2], frozen]))
    (part, _), *_ = stored([Taken(Batch(1, frozen), 1)])
    assert np.array_equal(unpack(part.body, 5), frozen)


def test_a_count_that_the_bytes_cannot_hold_allocates_nothing() -> None:
    with pytest.raises(RecordError, match="cannot hold"):
        unpack(b"\0" * 100, 10**15)


def test_other_kinds_are_refused() -> None:
    body = encode_change(CreateCurrency("DOGE"))
    for kind, seqs in ((RecordKind.FOUNDING, 1), (0, 1), (99, 1), (RecordKind.CHANGE, 2)):
        with pytest.raises(RecordError):
            decode_record(Stored(1, seqs, kind, 0, None, body))


@given(st.binary(max_size=300), st.integers(1, 20))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_batch_or_refused(body: bytes, count: int) -> None:
    try:
        batch = decode_record(Stored(1, count, RecordKind.COMMANDS, 0, None, body))
    except RecordError:
        return
    assert isinstance(batch, Batch) and len(batch.rows) == count


def test_a_word_keeps_its_bits() -> None:
    for word in (0, 1, 2**63 - 1, 2**63, 2**64 - 1):
        assert unsigned(signed(word)) == word
    assert signed(None) is unsigned(None) is None
    assert signed(2**63) == -(2**63)


def test_packing_keeps_the_words() -> None:
    rows = rows_of(1000)
    assert np.array_equal(unpack(Packer().pack(words_of(rows)), 1000), rows)
