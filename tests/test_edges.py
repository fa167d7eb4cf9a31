"""A4: numbers at the ends of int64 on price, quantity, money and ids: the engine answers as the oracle."""

import itertools

import numpy as np

from lightning.codes import CommandKind, EventKind, OrderType, Side
from lightning.engine.exchange import Exchange
from lightning.rows import COMMAND, Command
from tests.edge_values import EDGES
from tests.flows import new_oracle
from tests.lockstep import Run, describe_answers, describe_run, describe_state
from tests.shapes import SHAPES

FLOW_COMMANDS = 40_000


def test_flow_of_edge_numbers() -> None:
    failure = describe_run(Run("edges", seed=4, commands=FLOW_COMMANDS, shards=4))
    assert not failure, failure


def test_every_combination_of_price_quantity_and_balance() -> None:
    """One order for each price x quantity x money there is, on both sides, canceled again."""
    shape = SHAPES["edges"]
    oracle, exchange = new_oracle(shape), Exchange(config=shape.config)
    for money in (1, 2**31, 2**53 + 1, 2**62, 2**63 - 1):
        commands = [
            Command(kind=CommandKind.DEPOSIT, account=1, currency=currency, amount=money)
            for currency in (2, 3)
        ]
        for price, qty, side in itertools.product(EDGES, EDGES, Side):
            commands.append(
                Command(kind=CommandKind.PLACE, symbol=1, account=1, side=side, price=price, qty=qty)
            )
            commands.append(Command(kind=CommandKind.CANCEL_ALL, account=1))
        commands += [
            Command(
                kind=CommandKind.PLACE, symbol=1, account=1, type=OrderType.MARKET, qty=qty, amount=amount
            )
            for qty, amount in itertools.product(EDGES, EDGES)
        ]
        commands += [
            Command(kind=CommandKind.WITHDRAW, account=1, currency=currency, amount=money)
            for currency in (2, 3)
        ]
        rows = np.array(commands, COMMAND)
        expected = oracle.submit_rows(rows)
        failure = describe_answers(rows, expected, exchange.submit(rows)) or describe_state(oracle, exchange)
        assert not failure, failure
        assert (expected["kind"] == EventKind.ACCEPTED).any()
