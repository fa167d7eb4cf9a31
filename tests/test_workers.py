"""What more workers give: the stages that are timed are those of the pipeline, and do what it does."""

import pytest

from benchmarks import workers
from benchmarks.__main__ import main
from benchmarks.workers import STAGES, Timed, exchange, shares, speedup, works

MESSAGES = 3_000


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("work", works(MESSAGES), ids=lambda work: work.name)
def test_timed_stages_have_the_outcome_of_the_serial_kernel(work: workers.Work, count: int) -> None:
    serial, staged = exchange(work.funds), exchange(work.funds)
    timed = Timed(count)
    staged._pipeline = timed
    events = serial.submit(work.rows)
    assert (staged.submit(work.rows) == events).all()
    assert staged.state_hash() == serial.state_hash()
    timed.close()


def test_a_flow_without_amends_goes_through_the_stages_and_is_cut_only_when_money_is_short() -> None:
    amends, without, one_symbol, short = (shares(work, 1, rounds=1) for work in works(MESSAGES))
    assert amends.staged == 0 and set(amends.stage_ns) == set(STAGES)
    assert without.staged == one_symbol.staged == 1.0
    assert without.cuts == one_symbol.cuts == 0
    assert short.cuts > 0 and 0 < short.staged < 1
    assert without.stage_ns["serial"] == 0 and all(without.stage_ns[name] > 0 for name in STAGES[:-1])


def test_one_symbol_is_matched_by_one_worker() -> None:
    on_all = {work.name: work.on_all_workers for work in works(MESSAGES)}
    assert on_all["no amends, 1 symbol"] == ("hold", "settle")
    assert on_all["no amends, 100 symbols"] == ("hold", "match", "settle")


def test_amdahls_law() -> None:
    assert speedup(0.0, 16) == 1.0
    assert speedup(1.0, 16) == 16.0
    assert speedup(0.5, 2) == pytest.approx(4 / 3)


def test_the_command_prints_the_shares_and_the_arithmetic(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    main(["workers", "--messages", str(MESSAGES), "--rounds", "1"])
    printed = capsys.readouterr().out
    for words in ("merge", "rows a segment", "is done by all workers", "16 cores: at most 1 / ("):
        assert words in printed
