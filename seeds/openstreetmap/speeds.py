"""How fast a road is driven in free flow: its posted limit, else what is usual on roads of its class."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from seeds.openstreetmap.elements import Tags

USUAL_KPH: Final[Mapping[str, float]] = MappingProxyType(
    {
        "motorway": 110.0,
        "motorway_link": 60.0,
        "trunk": 85.0,
        "trunk_link": 50.0,
        "primary": 60.0,
        "primary_link": 40.0,
        "secondary": 50.0,
        "secondary_link": 35.0,
        "tertiary": 40.0,
        "tertiary_link": 30.0,
        "unclassified": 35.0,
        "residential": 30.0,
        "road": 30.0,
        "living_street": 15.0,
        "service": 15.0,
        "track": 15.0,
        "pedestrian": 10.0,
    }
)
"""By highway class, where no limit is posted. The classes named here are the roads that are read."""

USUAL_ON_SERVICE_KPH: Final[Mapping[str, float]] = MappingProxyType(
    {"parking_aisle": 10.0, "driveway": 10.0, "drive-through": 10.0}
)

CREEPING: Final = frozenset({"service", "track", "pedestrian"})
"""Classes on which nobody drives faster than usual, whatever limit is posted."""

ZONE_KPH: Final[Mapping[str, float]] = MappingProxyType(
    {"living_street": 10.0, "urban": 50.0, "rural": 80.0, "trunk": 100.0, "motorway": 120.0}
)
"""Of limits that name a zone, such as ``DE:urban``; countries differ, mostly by 10 km/h."""

NAMED_KPH: Final[Mapping[str, float]] = MappingProxyType({"walk": 7.0, "none": 130.0})
UNITS_KPH: Final[Mapping[str, float]] = MappingProxyType(
    {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}
)
SLOWEST_KPH, FASTEST_KPH = 3.0, 150.0

_NUMBER = re.compile(r"(\d{1,4}(?:\.\d+)?)\s*([a-z/]*)")
_ZONE = re.compile(r"[a-z]{2}(?:-[a-z]+)?:(?:zone:?)?([a-z_]+|\d{1,3})")


def free_flow_kph(road_class: str, tags: Tags, *, forward: bool, backward: bool) -> float:
    """The free-flow speed of a road driven ``forward``, ``backward`` or both; then the slower of both.

    Raises nothing: a limit that cannot be understood counts as none.
    """
    usual = USUAL_KPH[road_class]
    if road_class == "service":
        usual = USUAL_ON_SERVICE_KPH.get(tags.get("service", ""), usual)
    ways = [name for name, driven in (("forward", forward), ("backward", backward)) if driven]
    limits = [limit for way in ways if (limit := _limit_of(tags, way)) is not None]
    if not limits:
        return usual
    posted = min(max(min(limits), SLOWEST_KPH), FASTEST_KPH)
    return min(posted, usual) if road_class in CREEPING else posted


def limit_kph(posted: str) -> float | None:
    """A value of ``maxspeed`` in km/h, the lowest of several; None where it says no number.

    >>> limit_kph("30 mph"), limit_kph("80; 50"), limit_kph("PT:urban"), limit_kph("signals")
    (48.28032, 50.0, 50.0, None)
    """
    limits = [limit for one in re.split(r"[;|]", posted.lower()) if (limit := _single(one.strip()))]
    return min(limits, default=None)


def _limit_of(tags: Tags, way: str) -> float | None:
    keys = (f"maxspeed:{way}", "maxspeed", f"maxspeed:type:{way}", "maxspeed:type", "source:maxspeed")
    return next((limit for key in keys if key in tags and (limit := limit_kph(tags[key])) is not None), None)


def _single(posted: str) -> float | None:
    if posted in NAMED_KPH:
        return NAMED_KPH[posted]
    if number := _NUMBER.fullmatch(posted):
        unit = UNITS_KPH.get(number[2])
        return float(number[1]) * unit if unit is not None and float(number[1]) > 0 else None
    if zone := _ZONE.fullmatch(posted):
        return float(zone[1]) if zone[1].isdigit() else ZONE_KPH.get(zone[1])
    return None
