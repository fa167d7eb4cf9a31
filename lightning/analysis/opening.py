"""`open`: a market from whatever it is kept in."""

import os
import re
from pathlib import Path

from lightning.analysis.directory import DirectoryMarket, SnapshotMarket
from lightning.analysis.in_process import ExchangeMarket
from lightning.analysis.market import Market
from lightning.analysis.parquet import ParquetMarket
from lightning.analysis.remote import ServerMarket
from lightning.engine.exchange import Exchange
from lightning.storage.export import EXPORTS
from lightning.storage.snapshots import MANIFEST

_ADDRESS = re.compile(r"[^/\\\s]+:\d{1,5}")


def open(target: str | os.PathLike[str] | Exchange) -> Market:
    """What there is to see of an exchange.

    target : a running server's "host:port"; a data directory (a server may be running on it), a snapshot
        in it, the directory of a Parquet export; or an `Exchange` of this process
    Raises FileNotFoundError for a path that is none of these, Damaged, LightningError.
    """
    if isinstance(target, Exchange):
        return ExchangeMarket(target)
    path = Path(target)
    if isinstance(target, str) and _ADDRESS.fullmatch(target) and not path.exists():
        return ServerMarket(target)
    if path.name == MANIFEST:
        path = path.parent
    if (path / MANIFEST).is_file():
        return SnapshotMarket(path)
    if (path / "journal").is_dir():
        return DirectoryMarket(path)
    if any((path / f"{name}.parquet").is_file() for name in EXPORTS):
        return ParquetMarket(path)
    raise FileNotFoundError(
        f"{path}: this is no data directory (with a journal), snapshot (with a {MANIFEST}) or Parquet export"
        f" (with a {EXPORTS[0]}.parquet), and no address of a server (host:port)"
    )
