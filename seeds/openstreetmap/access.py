"""Which roads, and which barriers on them, a delivery vehicle may pass.

The most particular key decides (``goods`` before ``motor_vehicle`` before ``access``), as the map's community
has it. A value that allows only some trips (``destination``, ``customers``, ``delivery``) lets a delivery in;
private ground and what is for others (``agricultural``, ``psv``) does not. What holds only at times
(``access:conditional``) is not read: the value without a condition holds all day.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from seeds.openstreetmap.elements import Tags
from seeds.openstreetmap.speeds import USUAL_KPH

DELIVERY_KEYS: Final = ("goods", "motorcar", "motor_vehicle", "vehicle", "access")
"""Keys about vans, the most particular one first."""

HEAVY_KEYS: Final = ("hgv", "motor_vehicle", "vehicle", "access")
"""Keys about heavy goods vehicles (over 3.5 t), the most particular one first."""

ALLOWED: Final = frozenset(
    {"yes", "permissive", "designated", "destination", "delivery", "customers", "public", "discouraged"}
)
REFUSED: Final = frozenset(
    {
        "no",
        "private",
        "agricultural",
        "forestry",
        "psv",
        "bus",
        "taxi",
        "emergency",
        "military",
        "official",
        "permit",
        "residents",
        "use_sidepath",
    }
)

ON_INVITATION: Final = frozenset({"track", "pedestrian"})
"""Classes that are driven only where a key about vehicles allows it."""

CLOSED_SERVICES: Final = frozenset({"emergency_access", "emergency", "bus"})

PASSABLE_BARRIERS: Final = frozenset(
    {
        "border_control",
        "bump_gate",
        "cattle_grid",
        "entrance",
        "gate",
        "height_restrictor",
        "kerb",
        "lift_gate",
        "no",
        "sally_port",
        "sliding_gate",
        "spikes",
        "swing_gate",
        "toll_booth",
    }
)
"""Barriers that open, or that only oversized vehicles do not fit through. Others are in everybody's way."""


def road_class(tags: Tags) -> str | None:
    """The class of a road that is read, or None for a way that is none (a footpath, a square, a plan)."""
    if tags.get("area") == "yes":
        return None
    classes = (one.strip() for one in tags.get("highway", "").split(";"))
    return next((one for one in classes if one in USUAL_KPH), None)


def may_deliver(road_class: str, tags: Tags, *, way: str = "") -> bool:
    """Whether a delivery van may drive the road; ``way`` asks for one direction, forward or backward."""
    if road_class == "service" and tags.get("service") in CLOSED_SERVICES:
        return False
    invited = _allowed(tags, DELIVERY_KEYS[:-1], way)
    if road_class in ON_INVITATION:
        return invited is True
    return _allowed(tags, DELIVERY_KEYS, way) is not False


def may_drive_heavy(tags: Tags) -> bool:
    """Whether a heavy goods vehicle may drive a road on which vans may."""
    return _allowed(tags, HEAVY_KEYS, "") is not False


def bars_the_way(tags: Tags) -> bool:
    """Whether a node stops vehicles: a bollard, a locked gate."""
    if tags.get("barrier", "no") == "no":
        return False
    allowed = _allowed(tags, DELIVERY_KEYS, "")
    return not allowed if allowed is not None else tags["barrier"] not in PASSABLE_BARRIERS


def _allowed(tags: Tags, keys: Sequence[str], way: str) -> bool | None:
    """What the first key with a known value says; None where none does."""
    for key in keys:
        for name in (f"{key}:{way}", key) if way else (key,):
            value = tags.get(name)
            if value in ALLOWED:
                return True
            if value in REFUSED:
                return False
    return None
