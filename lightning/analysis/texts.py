"""Ticks, lots and money as people read them: exactly, with thousands apart."""

from collections.abc import Sequence

from lightning.decimals import Step, format_steps
from lightning.instruments import Symbol


def price_texts(ticks: Sequence[int], symbol: Symbol) -> list[str]:
    return [fixed(one, symbol.tick) for one in ticks]


def quantity_texts(lots: Sequence[int], symbol: Symbol) -> list[str]:
    return [fixed(one, symbol.lot) for one in lots]


def fixed(count: int, step: Step) -> str:
    """Exactly, with thousands apart and as many decimals as the step has: "50,000.10"."""
    whole, _, fraction = apart(format_steps(count, step)).partition(".")
    return f"{whole}.{fraction.ljust(step.scale, '0')}" if step.scale else whole


def apart(text: str) -> str:
    """Decimal text with its thousands apart: "-1234.5" is "-1,234.5"."""
    whole, point, fraction = text.partition(".")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.removeprefix('-')):,}{point}{fraction}"
