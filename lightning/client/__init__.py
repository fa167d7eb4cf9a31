"""Clients of a running server: AsyncClient and Client, and what is built on the wire directly (the replay
of order tapes, load, simulated traders).
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lightning.client.aio import AsyncClient
    from lightning.client.bulk_result import RESULT, BulkResult
    from lightning.client.errors import (
        BadRequest,
        BulkInterrupted,
        ChangeRefused,
        LightningError,
        OutcomeUnknown,
        Overloaded,
        PermissionDenied,
        Refused,
        Rejected,
        ServerFault,
        Unauthenticated,
        Unavailable,
    )
    from lightning.client.local_book import LocalBook
    from lightning.client.model.accounts import Transfer
    from lightning.client.model.admin import SymbolTerms
    from lightning.client.model.orders import NewOrder
    from lightning.client.sync import Client
    from lightning.client.tables import columns

# Imported when first asked for: `lightning --version` needs no gRPC.
_HOMES = {
    "AsyncClient": "aio",
    "BadRequest": "errors",
    "BulkInterrupted": "errors",
    "BulkResult": "bulk_result",
    "ChangeRefused": "errors",
    "Client": "sync",
    "LightningError": "errors",
    "LocalBook": "local_book",
    "NewOrder": "model.orders",
    "OutcomeUnknown": "errors",
    "Overloaded": "errors",
    "PermissionDenied": "errors",
    "RESULT": "bulk_result",
    "Refused": "errors",
    "Rejected": "errors",
    "ServerFault": "errors",
    "SymbolTerms": "model.admin",
    "Transfer": "model.accounts",
    "Unauthenticated": "errors",
    "Unavailable": "errors",
    "columns": "tables",
}

__all__ = [
    "RESULT",
    "AsyncClient",
    "BadRequest",
    "BulkInterrupted",
    "BulkResult",
    "ChangeRefused",
    "Client",
    "LightningError",
    "LocalBook",
    "NewOrder",
    "OutcomeUnknown",
    "Overloaded",
    "PermissionDenied",
    "Refused",
    "Rejected",
    "ServerFault",
    "SymbolTerms",
    "Transfer",
    "Unauthenticated",
    "Unavailable",
    "columns",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'lightning.client' has no attribute {name!r}")
    value: object = getattr(import_module(f"lightning.client.{home}"), name)
    globals()[name] = value
    return value
