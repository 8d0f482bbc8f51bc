"""How high and how heavy a vehicle may be on a road."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from seeds.openstreetmap.elements import Tags

HEIGHT_KEYS: Final = ("maxheight", "maxheight:physical", "maxheight:hgv", "maxheight:legal")
WEIGHT_KEYS: Final = ("maxweight", "maxweight:hgv", "maxweightrating", "maxweightrating:hgv")
"""The weight on the road, and the weight the vehicle may have: a loaded vehicle keeps both."""

UNITS_CM: Final[Mapping[str, float]] = MappingProxyType(
    {"": 100.0, "m": 100.0, "cm": 1.0, "ft": 30.48, "'": 30.48}
)
UNITS_KG: Final[Mapping[str, float]] = MappingProxyType(
    {
        "": 1000.0,
        "t": 1000.0,
        "st": 907.18474,
        "lt": 1016.0469,
        "kg": 1.0,
        "lbs": 0.45359237,
        "lb": 0.45359237,
    }
)

_AMOUNT = re.compile(r"(\d{1,6}(?:[.,]\d+)?)\s*([a-z']*)")
_FEET_AND_INCHES = re.compile(r"(\d{1,4})\s*(?:'|ft)\s*(\d+(?:\.\d+)?)\s*(?:\"|''|in)")


def max_height_cm(tags: Tags) -> int | None:
    """The lowest clearance that the tags name, in whole centimetres; None where they name none."""
    return _lowest(tags, HEIGHT_KEYS, height_cm)


def max_weight_kg(tags: Tags) -> int | None:
    """The lowest weight limit that the tags name, in whole kilograms; None where they name none."""
    return _lowest(tags, WEIGHT_KEYS, weight_kg)


def height_cm(text: str) -> float | None:
    """A height in centimetres; metres where it has no unit.

    >>> height_cm("3.5"), height_cm("13'8\\""), height_cm("below_default")
    (350.0, 416.56, None)
    """
    if feet := _FEET_AND_INCHES.fullmatch(text.strip().lower()):
        return float(feet[1]) * 30.48 + float(feet[2]) * 2.54
    return _amount(text, UNITS_CM)


def weight_kg(text: str) -> float | None:
    """A weight in kilograms; metric tons where it has no unit.

    >>> weight_kg("3.5 t"), weight_kg("7,5"), weight_kg("none")
    (3500.0, 7500.0, None)
    """
    return _amount(text, UNITS_KG)


def _amount(text: str, units: Mapping[str, float]) -> float | None:
    amount = _AMOUNT.fullmatch(text.strip().lower())
    if amount is None or amount[2] not in units:
        return None
    return float(amount[1].replace(",", ".")) * units[amount[2]]


def _lowest(tags: Tags, keys: tuple[str, ...], read: Callable[[str], float | None]) -> int | None:
    texts = (one for key in keys if key in tags for one in tags[key].split(";"))
    # Rounded before it is cut off, or 3.3 m would become 329 cm.
    limits = [int(round(limit, 6)) for text in texts if (limit := read(text))]
    return min((limit for limit in limits if limit > 0), default=None)
