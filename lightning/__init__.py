"""Lightning: an exchange core. Balances, order matching and market data.

Library mode is `Exchange`: rows of `COMMAND` in, rows of `EVENT` out.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from lightning import codes

if TYPE_CHECKING:
    from lightning.engine.exchange import Exchange
    from lightning.rows import COMMAND, EVENT, Command, Event

__version__ = "0.6.0"

__all__ = ["COMMAND", "EVENT", "Command", "Event", "Exchange", "__version__", "codes"]

# What takes numpy or numba is imported when it is first asked for: `lightning --version` needs neither.
_HOMES = {
    "COMMAND": "lightning.rows",
    "EVENT": "lightning.rows",
    "Command": "lightning.rows",
    "Event": "lightning.rows",
    "Exchange": "lightning.engine.exchange",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'lightning' has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value
