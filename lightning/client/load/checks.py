"""Is everything as it should be behind a load? Mostly of a server of one's own: nobody else commands it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import grpc
import numpy as np

from lightning.client.load.market import MarketError, own_accounts, send_all
from lightning.client.load.result import Check, StreamResult
from lightning.client.own_server import OwnServerError
from lightning.client.totals import not_conserved
from lightning.codes import CommandKind
from lightning.engine.exchange import Exchange
from lightning.pb.v1 import admin_pb2
from lightning.pb.v1.admin_pb2_grpc import AdminStub
from lightning.pb.v1.market_data_pb2_grpc import MarketDataStub
from lightning.rows import COMMAND
from lightning.storage.damage import Damaged
from lightning.storage.directory import DirectoryNames
from lightning.storage.rewind import exchange_at

HASH_TIMEOUT_S = 600.0
HASH_MASK = 2**64 - 1
PROBLEMS_MAX = 5
"""That are told."""
QUERIES = ("GetOrderBook", "GetAccount", "BatchGetOrderBooks")


class StateHash(NamedTuple):
    seq: int
    hash: str


@contextmanager
def told_in(checks: list[Check], name: str) -> Iterator[None]:
    """What cannot be checked is a check that fails, not the end of the report."""
    try:
        yield
    except grpc.RpcError as error:
        checks.append(Check(name, False, f"{error.code().name}: {error.details()}"))
    except (OwnServerError, Damaged, LookupError) as error:
        checks.append(Check(name, False, str(error)))


def state_hash(address: str) -> StateHash:
    with grpc.insecure_channel(address) as channel:
        found = AdminStub(channel).GetStateHash(admin_pb2.GetStateHashRequest(), timeout=HASH_TIMEOUT_S)
        return StateHash(found.seq, found.hash)


def check_totals(address: str) -> Check:
    with grpc.insecure_channel(address) as channel:
        names = not_conserved(MarketDataStub(channel), AdminStub(channel))
    return Check(
        "totals", not names, f"NOT conserved: {', '.join(names)}" if names else "conserved in every currency"
    )


def check_commands(before: int, after: int, setup: int, streams: list[StreamResult]) -> Check:
    """Every command that was answered has a seq, and nothing else has."""
    commands = [stream for stream in streams if stream.name not in QUERIES]
    sure = setup + sum(stream.answered for stream in commands)
    unsure = sum(stream.unanswered + stream.failed for stream in commands)
    found = after - before
    expected = f"{sure:,} were answered" + (f", of {unsure:,} it is not known" if unsure else "")
    return Check("commands", sure <= found <= sure + unsure, f"{found:,} in the journal, {expected}")


def check_directory(data: Path, expected: StateHash) -> list[Check]:
    """Of a stopped server: its snapshot, and the journal behind it, read by this process."""
    exchange = exchange_at(DirectoryNames(data), None, lambda done, total: None)
    problems = exchange.check()
    invariants = "; ".join(problems[:PROBLEMS_MAX]) or f"hold at seq {exchange.seq:,}"
    return [
        Check("invariants", not problems, invariants),
        same("data directory", hash_of(exchange), expected),
    ]


def check_restart(address: str, expected: StateHash) -> Check:
    return same("restart", state_hash(address), expected)


def check_left_behind(address: str, accounts: int) -> Check:
    """Cancels all orders of a load on somebody's server; its accounts keep their money."""
    rows = np.zeros(accounts, COMMAND)
    rows["kind"] = CommandKind.CANCEL_ALL
    rows["account"] = np.arange(1, accounts + 1)
    try:
        asyncio.run(send_all(address, own_accounts(rows)))
    except MarketError as error:
        return Check("orders", False, f"not all canceled: {error}")
    return Check("orders", True, "those that were left are canceled")


def hash_of(exchange: Exchange) -> StateHash:
    return StateHash(exchange.seq, f"{exchange.state_hash() & HASH_MASK:016x}")


def same(name: str, found: StateHash, expected: StateHash) -> Check:
    if found == expected:
        return Check(name, True, f"same state hash {found.hash} at seq {found.seq:,}")
    told = f"{found.hash} at seq {found.seq:,}, not {expected.hash} at seq {expected.seq:,}"
    return Check(name, False, f"ANOTHER state hash: {told}")
