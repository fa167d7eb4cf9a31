"""Real order flow in, and what came of it out: LOBSTER, Bitstamp, CSV and Parquet."""

from lightning.analysis.loaders.lobster import LOBSTER_CONFIG, read_lobster
from lightning.analysis.loaders.play import Played, play
from lightning.analysis.loaders.stream import LoadError, OrderStream

__all__ = ["LOBSTER_CONFIG", "LoadError", "OrderStream", "Played", "play", "read_lobster"]
