"""verify, dump and replay-journal: what they say of a whole directory, and of one that is not."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from lightning.cli.app import app
from lightning.codes import AccountStatus, CommandFlag, CommandKind, SymbolStatus
from lightning.engine.changes import CreateCurrency, Terms, UpdateSymbol
from lightning.engine.exchange import Exchange
from lightning.engine.journal import AdminRecord, Batch
from lightning.engine.replay import apply_record
from lightning.rows import COMMAND, Command
from lightning.storage.directory import DirectoryNames
from lightning.storage.dump import dump
from lightning.storage.rewind import exchange_at
from lightning.storage.snapshots import list_snapshots
from lightning.storage.venue import open_venue
from lightning.storage.verify import Report, verify
from tests.flows import make_commands, parts_of
from tests.test_venue import DEPOSIT, FLOW, PATIENCE_S, SHAPE, change, submit, submit_rows, with_storage

COUNT = 6_000
SNAPSHOT_AT = 4_000


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, warm_kernels: None) -> Path:
    """A directory that a venue was stopped on: 6,000 commands, snapshots at 4,000 and at the end."""
    path = tmp_path_factory.mktemp("written") / "data"
    venue = open_venue(path, FLOW, 3, 1)
    for part in parts_of(make_commands(SHAPE, seed=21, count=COUNT), 12):
        submit_rows(venue, part)
        if venue.exchange.seq == SNAPSHOT_AT:
            venue.create_snapshot().result(PATIENCE_S)
    venue.stop()
    return path


@pytest.fixture
def data(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "data"))


def bad(report: Report) -> list[str]:
    return [finding.what for finding in report.findings if not finding.good]


def test_a_whole_directory_is_whole(data: Path) -> None:
    report = verify(data)
    assert bad(report) == []
    assert [finding.what for finding in report.findings] == [
        "journal",
        "snapshot 4,000",
        "snapshot 6,000",
        "hashes at 4,000",
        "hashes at 6,000",
        "history at 6,000",
        "replay",
        "invariants",
    ]


def test_verify_changes_nothing(data: Path) -> None:
    def contents() -> dict[str, bytes]:
        return {
            str(file): file.read_bytes()
            for file in sorted(data.rglob("*"))
            if file.is_file() and not file.name.endswith(("-shm", "-wal"))
        }

    before = contents()
    verify(data)
    assert contents() == before


def test_verify_while_a_venue_runs(data: Path) -> None:
    venue = open_venue(data, FLOW, 3, 1)
    try:
        submit(venue, DEPOSIT._replace(request_id=777_777_777))
        report = verify(data)
    finally:
        venue.stop()
    assert bad(report) == []


def test_verify_names_a_damaged_journal(data: Path) -> None:
    file = DirectoryNames(data).journal_file(1)
    contents = bytearray(file.read_bytes())
    contents[len(contents) // 2] ^= 1
    file.write_bytes(contents)
    report = verify(data)
    assert "journal" in bad(report)
    assert any(str(file) in finding.detail for finding in report.findings if not finding.good)


def test_verify_names_a_damaged_snapshot(data: Path) -> None:
    _, path = list_snapshots(DirectoryNames(data))[0]
    orders = path / "orders.npy"
    orders.write_bytes(orders.read_bytes()[:-1] + b"!")
    assert bad(verify(data)) == ["snapshot 4,000"]


def test_verify_finds_a_history_that_does_not_sum_to_the_balances(data: Path) -> None:
    with closing(sqlite3.connect(DirectoryNames(data).history)) as connection:
        connection.execute("UPDATE moves SET amount = amount + 1 WHERE seq = (SELECT min(seq) FROM moves)")
        connection.commit()
    assert bad(verify(data)) == ["history at 6,000"]


def test_verify_finds_a_snapshot_that_is_not_what_the_journal_makes(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect of the program, not of the disk: the digests are right, the state is not."""
    state_hash = Exchange.state_hash
    monkeypatch.setattr(Exchange, "state_hash", lambda exchange: state_hash(exchange) ^ 1)
    assert bad(verify(data)) == ["hashes at 4,000", "hashes at 6,000"]


def test_the_commands_exit_code_says_it_too(data: Path) -> None:
    good = CliRunner().invoke(app, ["verify", str(data)])
    assert good.exit_code == 0, good.output
    assert good.output.splitlines()[-1] == "whole"
    DirectoryNames(data).journal_file(1).write_bytes(b"")
    damaged = CliRunner().invoke(app, ["verify", str(data)])
    assert damaged.exit_code == 1
    assert damaged.output.splitlines()[-1] == "NOT whole"
    assert CliRunner().invoke(app, ["verify", str(data / "nothing")]).exit_code == 2


@pytest.mark.parametrize("seq", [0, 1, 777, SNAPSHOT_AT - 1, SNAPSHOT_AT, SNAPSHOT_AT + 1, COUNT])
def test_the_state_at_any_seq(data: Path, seq: int) -> None:
    expected = Exchange(SHAPE.config, shards=2)
    names = DirectoryNames(data)
    venue = open_venue(data, FLOW, 3, 1)
    try:
        for record in venue.journal.read_from(1):
            assert not isinstance(record, AdminRecord)
            apply_record(expected, record._replace(rows=record.rows[: max(0, seq - expected.seq)]))
            if expected.seq == seq:
                break
    finally:
        venue.stop()
    found = exchange_at(names, seq, lambda done, total: None)
    assert (found.seq, found.state_hash(), found.window_hash()) == (
        expected.seq,
        expected.state_hash(),
        expected.window_hash(),
    )
    printed = CliRunner().invoke(app, ["replay-journal", str(data), "--until", str(seq)])
    assert printed.output.splitlines()[-1] == f"seq {seq} state hash {expected.state_hash():016x}"


def test_a_seq_beyond_the_end_is_a_mistake_of_the_caller(data: Path) -> None:
    result = CliRunner().invoke(app, ["replay-journal", str(data), "--until", str(COUNT + 1)])
    assert result.exit_code == 2
    assert "ends at seq 6000" in result.output


def test_dump_begins_with_the_oldest_that_is_kept(tmp_path: Path) -> None:
    venue = open_venue(tmp_path, with_storage(FLOW, journal_file_bytes=65_536, snapshots_kept=1), 1, 1)
    for part in parts_of(make_commands(SHAPE, seed=6, count=20_000), 10):
        submit_rows(venue, part)
        venue.create_snapshot().result(PATIENCE_S)
    oldest = venue.journal.first_seq
    venue.stop()
    first = CliRunner().invoke(app, ["dump", str(tmp_path), "--limit", "1"])
    assert oldest > 1 and first.output.startswith(f"seq={oldest} ")
    gone = CliRunner().invoke(app, ["dump", str(tmp_path), "--from", "1"])
    assert gone.exit_code == 2 and f"the oldest is {oldest}" in gone.output


def test_a_directory_without_a_journal_is_told(tmp_path: Path) -> None:
    for command in ("dump", "replay-journal", "verify"):
        result = CliRunner().invoke(app, [command, str(tmp_path)])
        assert result.exit_code == 1 and "there is no journal here" in " ".join(result.output.split())


def test_dump_in_words_and_as_json(tmp_path: Path) -> None:
    venue = open_venue(tmp_path, FLOW, 1, 1)
    submit(venue, DEPOSIT)
    change(venue, CreateCurrency("DOGE"))
    order = Command(
        kind=CommandKind.PLACE, account=1, symbol=1, price=5, qty=7, flags=CommandFlag.POST_ONLY | 128
    )
    submit(venue, order, Command(kind=99, account=3))
    venue.stop()
    result = CliRunner().invoke(app, ["dump", str(tmp_path), "--json"])
    lines = [json.loads(line) for line in result.output.splitlines()]
    times = [line.pop("time_ns") for line in lines]
    assert times == sorted(times)
    assert lines == [
        {"seq": 1, "kind": "DEPOSIT", "currency": 2, "account": 1, "request_id": 1, "amount": 10**12},
        {"seq": 2, "kind": "CreateCurrency", "name": "DOGE", "display_name": "", "scale": 8},
        {
            "seq": 3,
            "kind": "PLACE",
            "side": "BUY",
            "type": "LIMIT",
            "tif": "GTC",
            "flags": "POST_ONLY|EVERY_ACCOUNT",
            "symbol": 1,
            "account": 1,
            "price": 5,
            "qty": 7,
        },
        {"seq": 4, "kind": 99, "account": 3},
    ]
    text = CliRunner().invoke(app, ["dump", str(tmp_path), "--from", "3", "--limit", "1"])
    assert text.output.startswith("seq=3 time_ns=") and " side=BUY " in text.output
    assert len(text.output.splitlines()) == 1


def test_dump_tells_the_state_hashes_that_the_journal_carries() -> None:
    rows = make_commands(SHAPE, seed=1, count=2)
    lines = list(dump([Batch(1, rows, 255)], 1))
    assert lines[0] == {"before_seq": 1, "state_hash": "00000000000000ff"}
    assert [line["seq"] for line in lines[1:]] == [1, 2]
    assert [line["seq"] for line in dump([Batch(1, rows, 255)], 2)] == [2]


def test_dump_tells_a_status_by_its_name_and_of_terms_what_is_given() -> None:
    rows = np.array(
        [
            Command(kind=CommandKind.SET_SYMBOL_STATUS, symbol=1, type=SymbolStatus.TRADING),
            Command(kind=CommandKind.SET_SYMBOL_STATUS, symbol=1, type=SymbolStatus.AUCTION),
            Command(kind=CommandKind.SET_ACCOUNT_STATUS, account=7, type=AccountStatus.HALTED),
            Command(kind=CommandKind.TIMER),
        ],
        COMMAND,
    )
    update = UpdateSymbol(1, terms=Terms(maker_fee_ppm=0, quantity_min="0.5"))
    lines = list(dump([Batch(1, rows), AdminRecord(5, 9, update), AdminRecord(6, 9, UpdateSymbol(1))], 1))
    assert lines == [
        {"seq": 1, "time_ns": 0, "kind": "SET_SYMBOL_STATUS", "status": "TRADING", "symbol": 1},
        {"seq": 2, "time_ns": 0, "kind": "SET_SYMBOL_STATUS", "status": "AUCTION", "symbol": 1},
        {"seq": 3, "time_ns": 0, "kind": "SET_ACCOUNT_STATUS", "status": "HALTED", "account": 7},
        {"seq": 4, "time_ns": 0, "kind": "TIMER"},
        {
            "seq": 5,
            "time_ns": 9,
            "kind": "UpdateSymbol",
            "id": 1,
            "terms": {"maker_fee_ppm": 0, "quantity_min": "0.5"},
        },
        {"seq": 6, "time_ns": 9, "kind": "UpdateSymbol", "id": 1},
    ]
