"""Real order flow in, and what came of it out: LOBSTER, Bitstamp, CSV and Parquet.

stream = read_lobster(messages, orderbook, symbol)     or read_bitstamp, read_tape, read_orders
played = play(stream, exchange)                        into an `Exchange`; `send` into a server
played.mismatches                                      what came out otherwise than the source says
write_events(path, played.events)                      and back: read_events
"""

from lightning.analysis.loaders.bitstamp import BITSTAMP_CONFIG, read_bitstamp, read_tape
from lightning.analysis.loaders.lobster import LOBSTER_CONFIG, read_lobster
from lightning.analysis.loaders.orders import Action, Columns, read_orders
from lightning.analysis.loaders.parquet import (
    BOOKS,
    FLOW,
    TRADES,
    level_rows,
    read_events,
    read_rows,
    trade_rows,
    write_events,
    write_rows,
)
from lightning.analysis.loaders.play import Played, play
from lightning.analysis.loaders.send import send
from lightning.analysis.loaders.stream import LoadError, OrderStream

__all__ = [
    "BITSTAMP_CONFIG",
    "BOOKS",
    "FLOW",
    "LOBSTER_CONFIG",
    "TRADES",
    "Action",
    "Columns",
    "LoadError",
    "OrderStream",
    "Played",
    "level_rows",
    "play",
    "read_bitstamp",
    "read_events",
    "read_lobster",
    "read_orders",
    "read_rows",
    "read_tape",
    "send",
    "trade_rows",
    "write_events",
    "write_rows",
]
