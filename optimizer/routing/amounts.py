"""Amounts as a person reads them."""

from __future__ import annotations

import math


def kilograms(grams: int) -> str:
    """1_400_000 is 1,400 kg."""
    return f"{_thousandths(grams)} kg"


def litres(millilitres: int) -> str:
    """12_500_000 is 12,500 l."""
    return f"{_thousandths(millilitres)} l"


def kilometres(metres: float) -> str:
    """12_340 is 12.3 km, rounded up."""
    return f"{math.ceil(metres / 100) / 10:,.1f} km"


def minutes(milliseconds: float) -> str:
    """720_000 is 12 min, rounded up; below a minute in seconds, from an hour on with hours."""
    seconds = math.ceil(milliseconds / 1000)
    if seconds < 60:
        return f"{seconds} s"
    hours, rest = divmod(math.ceil(seconds / 60), 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def _thousandths(amount: int) -> str:
    whole, rest = divmod(amount, 1000)
    return f"{whole:,}" + (f".{rest:03}".rstrip("0") if rest else "")
