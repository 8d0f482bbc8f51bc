"""In which directions a road may be driven, seen along the line of its way."""

from __future__ import annotations

from typing import Final

from seeds.openstreetmap.access import may_deliver
from seeds.openstreetmap.elements import Tags

KEYS: Final = ("oneway:goods", "oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway")
"""The most particular first."""

ALONG: Final = frozenset({"yes", "true", "1"})
AGAINST: Final = frozenset({"-1", "reverse"})
EITHER: Final = frozenset({"no", "false", "0", "alternating"})
NEITHER: Final = frozenset({"reversible"})
"""Its direction changes with the hour, so nobody can count on it."""


def driven_ways(road_class: str, tags: Tags) -> tuple[bool, bool]:
    """Whether a delivery van may drive the road forward, and whether backward."""
    along, against = _oneway(road_class, tags)
    return (
        along and may_deliver(road_class, tags, way="forward"),
        against and may_deliver(road_class, tags, way="backward"),
    )


def _oneway(road_class: str, tags: Tags) -> tuple[bool, bool]:
    for key in KEYS:
        value = tags.get(key)
        if value in ALONG:
            return True, False
        if value in AGAINST:
            return False, True
        if value in EITHER:
            return True, True
        if value in NEITHER:
            return False, False
    implied = road_class == "motorway" or tags.get("junction") in ("roundabout", "circular")
    return True, not implied
