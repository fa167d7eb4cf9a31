"""The client's benchmark: every order is acknowledged. How fast is not looked at."""

from pathlib import Path

import pytest

from benchmarks.__main__ import main


def test_the_command_prints_seconds_and_acknowledgements(
    warm_kernels: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    main(["client", "--messages", "2000", "--rounds", "2", "--directory", str(tmp_path)])
    printed = capsys.readouterr().out
    for text in ("2,000 orders from a dataframe", "client's CPU seconds", "FILLED", "not acknowledged: 0"):
        assert text in printed
    assert list(tmp_path.iterdir()) == []
