"""The `lightning` command, as a shell sees it."""

import io
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import numba
import pytest
from rich.console import Console
from typer.testing import CliRunner

from lightning import __version__
from lightning.cli.app import app
from lightning.cli.progress import count_progress, steps_progress
from lightning.client.own_server import LISTENING, OwnServerError, own_server
from lightning.client.tape import TAPE_CONFIG, Op, TapeLine, read_tape, write_tape
from lightning.pb.v1 import admin_pb2, market_data_pb2
from lightning.pb.v1.admin_pb2_grpc import AdminStub
from lightning.pb.v1.market_data_pb2_grpc import MarketDataStub
from lightning.server import warm

RESTING = TapeLine(Op.OPENING, 1, True, 9_900, 100, (), True)
CANCEL = TapeLine(Op.CANCEL, 1, True, 9_900, 100, (), True)


def lightning(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "lightning", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@contextmanager
def serving(*arguments: str) -> Iterator["tuple[subprocess.Popen[str], str, list[str]]"]:
    """The process, its address and what it printed before that; killed at the end if it still runs."""
    command = [sys.executable, "-m", "lightning", "serve", "--host", "127.0.0.1", "--port", "0"]
    command += [] if "--http-port" in arguments else ["--no-http"]
    command += arguments if "--data" in arguments else ["--in-memory", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            printed: list[str] = []
            for line in process.stdout:
                if line.startswith(LISTENING):
                    yield process, line.removeprefix(LISTENING).strip(), printed
                    return
                printed.append(line)
            raise AssertionError(f"it never listened: {printed}")
        finally:
            process.kill()


def test_version() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == f"lightning {__version__}\n"


def test_help_names_every_command() -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    for command in (
        *("serve", "verify", "dump", "replay-journal", "export", "bench"),
        *("warm", "replay", "convert-capture", "demo", "top"),
    ):
        assert command in result.output


def test_help_and_version_import_nothing_heavy() -> None:
    code = "import sys, lightning.cli; print([m for m in ('numba', 'numpy', 'grpc') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_serve_answers_and_ends_with_0_on_sigterm() -> None:
    with serving("--shards", "3", "--workers", "2") as (process, address, printed):
        assert f"Lightning {__version__}\n" in printed
        assert any("in memory only" in line for line in printed)
        with grpc.insecure_channel(address) as channel:
            status = AdminStub(channel).GetStatus(admin_pb2.GetStatusRequest(), timeout=10)
            assert status.version == __version__
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_serve_takes_its_symbols_from_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "exchange.toml"
    path.write_text(TAPE_CONFIG)
    with serving("--config", str(path)) as (_, address, _), grpc.insecure_channel(address) as channel:
        response = MarketDataStub(channel).ListSymbols(market_data_pb2.ListSymbolsRequest(), timeout=10)
        assert [symbol.name for symbol in response.symbols] == ["BTC-USD"]


def test_a_bad_configuration_is_told_with_file_line_and_field(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(TAPE_CONFIG.replace("scale = 10", 'scale = "ten"'))
    done = lightning("serve", "--config", str(path))
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {path}")
    assert "scale" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = lightning("serve", "--host", "127.0.0.1", "--port", str(port))
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "70000"],
        ["--shards", "0"],
        ["--shards", "65"],
        ["--workers", "0"],
        ["--workers", "65"],
        ["--frobnicate"],
    ],
)
def test_bad_options_are_usage_errors(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, ["serve", *arguments])
    assert result.exit_code == 2


def compile_something() -> None:
    def nothing() -> int:
        return 0

    numba.njit()(nothing)()


def test_warm_shows_what_it_compiles_and_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        warm, "kernels", lambda: [("match", compile_something), ("settle", compile_something)]
    )
    result = CliRunner().invoke(app, ["warm"])
    assert result.output.splitlines() == [
        "loading numba",
        "compiling the kernels (first start only): match, function 1: nothing 0/2",
        "compiling the kernels (first start only): settle, function 1: nothing 1/2",
        "The kernels are in the cache.",
    ]


def test_a_warm_start_loads_the_kernels_without_a_word_on_each(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(warm, "kernels", lambda: [("match", lambda: done.append("match"))])
    result = CliRunner().invoke(app, ["warm"])
    assert result.output.splitlines() == ["loading numba", "The kernels are in the cache."]
    assert done == ["match"]


def terminal() -> tuple[Console, io.StringIO]:
    screen = io.StringIO()
    return Console(file=screen, force_terminal=True, width=120, highlight=False, markup=False), screen


def test_a_terminal_gets_a_live_display_of_the_steps() -> None:
    console, screen = terminal()
    with steps_progress(console) as show:
        show("loading numba", 0, 0)
        show("compiling match", 3, 12)
    assert "compiling match" in screen.getvalue()
    assert "3/12" in screen.getvalue()


def test_a_terminal_gets_a_bar_of_the_lines() -> None:
    console, screen = terminal()
    with count_progress(console, "lines") as show:
        show(0, 200)
        show(200, 200)
    assert "200/200" in screen.getvalue()


def test_no_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr("lightning.cli.progress.PLAIN_INTERVAL_S", 0.0)
    with count_progress(Console(file=screen, highlight=False), "lines") as show:
        show(0, 2_000)
        show(1_000, 2_000)
    assert screen.getvalue().startswith("1,000 of 2,000 lines, ")
    assert "\x1b" not in screen.getvalue()


def test_replay_into_a_server_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "small.csv.gz"
    write_tape(path, [RESTING, CANCEL])
    result = CliRunner().invoke(app, ["replay", str(path)])
    assert result.exit_code == 0, result.output
    assert "opening orders" in result.output
    assert "2 lines in " in result.output
    assert result.output.splitlines()[-2:] == ["totals: conserved", "exact"]


def test_replay_into_a_running_server_ends_with_1_on_a_difference(tmp_path: Path) -> None:
    path = tmp_path / "small.csv.gz"
    write_tape(path, [RESTING, CANCEL._replace(qty=99)])
    with own_server(TAPE_CONFIG) as address:
        result = CliRunner().invoke(app, ["replay", str(path), "--target", address])
        assert result.exit_code == 1, result.output
        assert "first differences" in result.output
        assert "canceled 99" in result.output
        assert "canceled 100" in result.output
        assert result.output.splitlines()[-1] == "NOT exact"
        limited = CliRunner().invoke(
            app, ["replay", str(path), "--target", address, "--limit", "1", "--account", "7"]
        )
        assert limited.exit_code == 0, limited.output
        assert "1 lines in " in limited.output


def test_replay_tells_of_a_bad_tape_and_of_no_server(tmp_path: Path) -> None:
    missing = CliRunner().invoke(app, ["replay", str(tmp_path / "none.csv.gz")])
    assert missing.exit_code == 2
    assert "cannot be read: No such file or directory" in missing.stderr
    path = tmp_path / "small.csv.gz"
    write_tape(path, [RESTING])
    unreachable = CliRunner().invoke(app, ["replay", str(path), "--target", "127.0.0.1:1"])
    assert unreachable.exit_code == 2
    assert "no server answers at 127.0.0.1:1" in unreachable.stderr


def test_a_server_of_its_own_that_cannot_start_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OwnServerError, match="exit code 2"), own_server("nonsense = 1"):
        pass
    assert "nonsense" in capfd.readouterr().err


def test_a_server_of_its_own_is_stopped_at_the_end() -> None:
    with own_server("") as address:
        pass
    host, port = address.rsplit(":", 1)
    with socket.socket() as probe:
        assert probe.connect_ex((host, int(port))) != 0


def test_convert_capture_writes_a_tape(tmp_path: Path) -> None:
    header = "id,timestamp,exchange_timestamp,price,volume,action,direction"
    (tmp_path / "orders.csv").write_text(
        f"{header}\n1,1,1,99.0,0.000001,created,bid\n1,2,2,99.0,1e-06,deleted,bid\n"
    )
    (tmp_path / "trades.csv").write_text("price,amount,buy_order_id,sell_order_id,side\n")
    out = tmp_path / "out.csv.gz"
    result = CliRunner().invoke(app, ["convert-capture", str(tmp_path), str(out)])
    assert result.exit_code == 0, result.output
    assert result.output.strip() == f"{out}: 1 opening orders, 0 orders, 0 refusals, 1 cancels"
    assert read_tape(out) == [RESTING, CANCEL]


def test_convert_capture_tells_what_is_wrong(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["convert-capture", str(tmp_path), str(tmp_path / "out.csv.gz")])
    assert result.exit_code == 2
    assert "orders.csv.gz: cannot be read" in result.stderr
    assert not os.path.exists(tmp_path / "out.csv.gz")
