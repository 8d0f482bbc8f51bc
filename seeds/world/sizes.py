"""How big a demo world is."""

from __future__ import annotations

from dataclasses import dataclass, fields

from graph.errors import InvalidInput


@dataclass(frozen=True)
class ClipBox:
    """A part of the road network, in degrees: what reaches outside of it is left out."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class WorldSize:
    """How many of each there are, the storylines' own included; ``clip`` is None for all streets.

    Of SKUs there may be one or two fewer, when kits lack room. Of customers and purchase orders there
    are always as many as the storylines need.
    """

    skus: int = 400
    suppliers: int = 40
    customers: int = 1_500
    vehicles: int = 25
    purchase_orders: int = 70
    clip: ClipBox | None = None

    def __post_init__(self) -> None:
        for size in fields(self):
            value = getattr(self, size.name)
            if size.name != "clip" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise InvalidInput(f"size.{size.name}", f"is {value!r}; it must be a whole number from 1")


FULL = WorldSize()

ELQUI_CROSSING = ClipBox(west=-71.272, south=-29.925, east=-71.225, north=-29.865)
"""The centre of La Serena, the bridges over the Elqui and the nearer part of Las Compañías."""

SMALL = WorldSize(skus=150, suppliers=12, customers=80, vehicles=6, purchase_orders=12, clip=ELQUI_CROSSING)
"""A world for tests: it is built and loaded in a second, and has all storylines."""
