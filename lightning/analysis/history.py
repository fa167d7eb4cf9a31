"""Trades of a data directory's history that the exchange has forgotten."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np

from lightning.analysis.frames import NotGiven
from lightning.engine.views import TRADE_VIEW
from lightning.storage.history.schema import TRADES, OtherFormat, check_format, open_for_reading

_SELECT = f"SELECT {', '.join(TRADE_VIEW.names or ())} FROM {TRADES}"


def older_trades(history: Path, symbol: int, last_id: int, limit: int) -> np.ndarray:
    """TRADE_VIEW rows of the last `limit` trades up to `last_id`, oldest first. Raises NotGiven."""
    if not history.exists():
        raise NotGiven(
            f"{history}: there is no history of older trades; a server makes it anew when it starts"
        )
    try:
        with closing(open_for_reading(history)) as connection:
            check_format(connection)
            where = "WHERE symbol = ? AND trade_id <= ? ORDER BY trade_id DESC LIMIT ?"
            found = connection.execute(f"{_SELECT} {where}", (symbol, last_id, limit)).fetchall()
    except (OtherFormat, sqlite3.Error) as error:
        raise NotGiven(f"{history}: cannot be read: {error}") from error
    if not found or found[0][0] != last_id:
        raise NotGiven(
            f"{history}: it has no trade {last_id} of symbol {symbol} yet: wait for the server, or ask it"
        )
    return np.array(found[::-1], TRADE_VIEW)
