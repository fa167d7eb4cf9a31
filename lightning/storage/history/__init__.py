"""The history: past orders, trades and ledger entries, off the way of orders."""

from lightning.storage.history.history import History
from lightning.storage.history.waiting import HistoryUnavailable

__all__ = ["History", "HistoryUnavailable"]
