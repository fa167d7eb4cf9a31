"""Is a data directory whole? Everything in it is read, replayed and compared.

The journal's chain from its first record on; every snapshot's digests; the state hashes that snapshots and
the journal carry against a replay; the invariants of the state at the end; and the history's entries against
the balances that they must sum to. The directory may be in use: nothing in it is changed.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from lightning.engine.exchange import Exchange
from lightning.engine.image import Image
from lightning.storage.audit import CannotAudit, Sums, entry_sums
from lightning.storage.damage import Damaged
from lightning.storage.directory import DirectoryNames
from lightning.storage.recovery import Progress
from lightning.storage.rewind import Rewind
from lightning.storage.snapshots import list_snapshots, read_snapshot

TOLD_MAX = 20
"""Differences of one kind that are told."""


class Finding(NamedTuple):
    what: str
    good: bool
    detail: str


@dataclass
class Report:
    findings: list[Finding] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return all(finding.good for finding in self.findings)

    def add(self, what: str, good: bool, detail: str) -> None:
        self.findings.append(Finding(what, good, detail))


class _Expected(NamedTuple):
    """What a snapshot says the state is."""

    name: str
    state_hash: int
    window_hash: int


def verify(path: Path, progress: Progress = lambda done, total: None) -> Report:
    """Never raises Damaged: that is what the report is for."""
    report, names = Report(), DirectoryNames(path)
    sums = _read_history(names, report)  # before the journal, which may be growing
    try:
        rewind = Rewind(names)
        last_seq = rewind.last_seq()
    except Damaged as damage:
        report.add("journal", False, str(damage))
        _read_snapshots(names, report)
        return report
    report.add("journal", True, f"seq {rewind.first_seq:,} to {last_seq:,}, chained without a gap")
    expected = _read_snapshots(names, report)
    try:
        _replay(rewind, last_seq, expected, sums, report, progress)
    except Damaged as damage:
        report.add("replay", False, str(damage))
    return report


def _read_snapshots(names: DirectoryNames, report: Report) -> dict[int, _Expected]:
    expected = {}
    for seq, path in list_snapshots(names):
        try:
            image: Image = read_snapshot(path)
        except Damaged as damage:
            if path.exists():  # or it was dropped meanwhile
                report.add(f"snapshot {seq:,}", False, str(damage))
            continue
        expected[seq] = _Expected(path.name, image.state_hash, image.window_hash)
        report.add(f"snapshot {seq:,}", True, f"digests of {len(image.orders):,} orders and all else")
    return expected


def _read_history(names: DirectoryNames, report: Report) -> Sums | None:
    if not names.history.exists():
        report.add("history", True, "there is none; it is made from the journal at the next start")
        return None
    try:
        return entry_sums(names.history)
    except CannotAudit as error:
        report.add("history", False, f"{error}; it is made anew from the journal at the next start")
        return None


def _replay(
    rewind: Rewind,
    last_seq: int,
    expected: dict[int, _Expected],
    sums: Sums | None,
    report: Report,
    progress: Progress,
) -> None:
    exchange = rewind.earliest()
    start = exchange.seq
    stops = {last_seq, *expected} | ({sums.seq} if sums is not None else set())
    for seq in rewind.replay(exchange, sorted(stop for stop in stops if stop <= last_seq), progress):
        if seq in expected:
            _compare_hashes(exchange, expected[seq], report)
        if sums is not None and seq == sums.seq:
            _compare_sums(exchange, sums, report)
    report.add("replay", True, f"seq {start:,} to {exchange.seq:,}, state hash {exchange.state_hash():016x}")
    problems = exchange.check()
    report.add("invariants", not problems, "; ".join(problems[:TOLD_MAX]) or "all hold")
    if sums is not None and not start <= sums.seq <= last_seq:
        report.add("history", sums.seq <= last_seq, f"at seq {sums.seq:,}, which was not replayed")


def _compare_hashes(exchange: Exchange, snapshot: _Expected, report: Report) -> None:
    found = exchange.state_hash(), exchange.window_hash()
    good = found == (snapshot.state_hash, snapshot.window_hash)
    words = "equal" if good else f"{found[0]:016x}, {found[1]:016x} by replay: NOT equal"
    told = f"{snapshot.state_hash:016x}, {snapshot.window_hash:016x}"
    report.add(f"hashes at {exchange.seq:,}", good, f"{told} in the snapshot, {words}")


def _compare_sums(exchange: Exchange, sums: Sums, report: Report) -> None:
    """The entries of every account and currency sum to its balance."""
    balances: dict[tuple[int, int], int] = defaultdict(int)
    for account, currency, available, held in exchange.balances().tolist():
        balances[account, currency] = available + held
    wrong = [
        f"account {account}, currency {currency}: entries {sums.amounts.get((account, currency), 0)}, "
        f"balance {balances.get((account, currency), 0)}"
        for account, currency in sorted(sums.amounts.keys() | balances.keys())
        if sums.amounts.get((account, currency), 0) != balances.get((account, currency), 0)
    ]
    detail = "; ".join(wrong[:TOLD_MAX]) or f"{sums.entries:,} entries sum to {len(balances):,} balances"
    report.add(f"history at {sums.seq:,}", not wrong, detail)
