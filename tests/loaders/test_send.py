"""A stream into a running server: the same outcome as in process."""

import tomllib
from pathlib import Path

import pytest

from lightning.analysis import open as open_market
from lightning.analysis.loaders import BITSTAMP_CONFIG, LoadError, OrderStream, play, read_tape, send
from lightning.analysis.remote import ServerMarket
from lightning.client.tape import write_tape
from lightning.config import load_config
from lightning.engine.exchange import Exchange
from tests.conftest import StartServer
from tests.test_replay import TAPE

TABLES = tomllib.loads(BITSTAMP_CONFIG)


def opened(start_server: StartServer) -> ServerMarket:
    market = open_market(start_server(**TABLES).address)
    assert isinstance(market, ServerMarket)
    return market


def tape(directory: Path, market: ServerMarket) -> OrderStream:
    path = directory / "tape.csv.gz"
    write_tape(path, TAPE)
    return read_tape(path, market.symbols[0])


def test_a_server_does_what_an_exchange_in_process_does(start_server: StartServer, tmp_path: Path) -> None:
    market = opened(start_server)
    stream = tape(tmp_path, market)
    sent = send(stream, market.client, market.symbols[0])
    played = play(stream, Exchange(load_config(TABLES)))
    assert sent.exact and sent.fills_exact == played.fills_exact == 4
    for name in ("kind", "client_order_id", "price", "qty", "command", "maker_client_order_id"):
        assert (sent.events[name] == played.events[name]).all()
    assert market.book(1).bids.tolist() == []


def test_what_comes_out_otherwise_is_told_with_its_line(start_server: StartServer, tmp_path: Path) -> None:
    market = opened(start_server)
    stream = tape(tmp_path, market)
    stream.fills["qty"][0] -= 1
    sent = send(stream, market.client, market.symbols[0], keep_events=False)
    assert [(line, cause) for line, cause, _, _ in sent.mismatches.rows()] == [(8, "the fills are others")]
    assert len(sent.events) == 0


def test_a_server_that_has_had_the_orders_before_is_told(start_server: StartServer, tmp_path: Path) -> None:
    market = opened(start_server)
    stream = tape(tmp_path, market)
    send(stream, market.client, market.symbols[0])
    with pytest.raises(LoadError, match="has had these orders before: give other accounts"):
        send(stream, market.client, market.symbols[0])


def test_accounts_that_cannot_be_given_their_money_are_told(tmp_path: Path) -> None:
    path = tmp_path / "tape.csv.gz"
    write_tape(path, TAPE)
    exchange = Exchange(load_config(TABLES))
    for accounts in ((1, 2), (3, 4), (5, 6), (7, 8)):
        stream = read_tape(path, exchange.symbols[1], *accounts)
        if accounts != (7, 8):
            play(stream, exchange)
            continue
        with pytest.raises(LoadError, match="account 8 cannot be given its money: OVERFLOW"):
            play(stream, exchange)
