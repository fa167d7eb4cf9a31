"""Agents that trade against an in-process `Exchange`: deterministic by seed, each with a latency of its own.

crowd = zero_intelligence(account=1, price=5_000_000)
maker = MarketMaker(account=2, latency_ns=5_000_000)
simulation = Simulation(Exchange(), symbol=1, agents=[crowd, maker], seed=1)
record = Record(simulation, accounts=[2])
simulation.run(60 * 10**9)
record.accounts["pnl"], record.fills, record.book
"""

from lightning.simulation.agent import Agent, CompiledAgent
from lightning.simulation.desk import Desk, OpenOrder
from lightning.simulation.market_maker import InventoryModel, MarketMaker
from lightning.simulation.record import Record
from lightning.simulation.sight import ACCOUNT_SERIES, BOOK_SERIES, FILL, Fill, Sight
from lightning.simulation.simulation import Simulation
from lightning.simulation.wire import AgentError
from lightning.simulation.zero_intelligence import Rates, zero_intelligence

__all__ = [
    "ACCOUNT_SERIES",
    "BOOK_SERIES",
    "FILL",
    "Agent",
    "AgentError",
    "CompiledAgent",
    "Desk",
    "Fill",
    "InventoryModel",
    "MarketMaker",
    "OpenOrder",
    "Rates",
    "Record",
    "Sight",
    "Simulation",
    "zero_intelligence",
]
