"""The stage on which storylines play: what they are made of, the calendar, places on the streets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from graph.schema import ids
from optimizer.calendar import instant_of, next_open_day
from seeds.road_network import ELQUI_BRIDGE_SEGMENTS, ELQUI_BRIDGES
from seeds.world.catalogue import Product
from seeds.world.customers import TRADES, Customer, address_of
from seeds.world.inventory import StockLevel
from seeds.world.purchasing import Purchase, PurchaseLine
from seeds.world.requests import DayEvent, OrderRequest
from seeds.world.streets import Pocket, Spot, Streets
from seeds.world.suppliers import DAY_S, Terms
from seeds.world.warehouses import CALENDAR, TIME_ZONE, Site

OPENS_S, CLOSES_S, SERVICE_S = 9 * 3600, 18 * 3600, 360
STEP_DEGREES = 0.002
"""About 200 m: a step from a warehouse to the customers of a storyline."""


@dataclass(frozen=True)
class Outcome:
    """What is to become of an order once its planning day is planned.

    ``late``: expected after its promise, and ``late_cause`` the kind of the first cause that explains it.
    ``blocker``: the kind of what keeps it from being ready after the first day. ``left_out``: the code of
    the reason for which the plan leaves it out.
    """

    late: bool = False
    late_cause: str | None = None
    blocker: str | None = None
    left_out: str | None = None


@dataclass(frozen=True)
class Storyline:
    """A planted story; ``expected`` has the outcome of each of its orders by id."""

    name: str
    description: str
    expected: Mapping[str, Outcome]

    @property
    def order_ids(self) -> tuple[str, ...]:
        """Its orders."""
        return tuple(self.expected)


@dataclass(frozen=True)
class PlantedSku:
    """A SKU of a storyline and how many days its only supplier needs."""

    product: Product
    lead_days: int = 6


@dataclass(frozen=True)
class Plot:
    """A storyline with all that is planted for it."""

    storyline: Storyline
    skus: tuple[PlantedSku, ...]
    customers: tuple[Customer, ...] = ()
    stock: tuple[StockLevel, ...] = ()
    purchases: tuple[Purchase, ...] = ()
    orders: tuple[OrderRequest, ...] = ()
    events: tuple[DayEvent, ...] = ()


@dataclass(frozen=True, eq=False)
class Stage:
    """Where and when storylines play: ``today`` is the first day of the world."""

    today: date
    streets: Streets
    sites: Sequence[Site]
    terms: Mapping[str, Sequence[Terms]]
    pocket: Pocket = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pocket", pocket_near_bridge(self.streets))

    def at(self, number: int, clock: str) -> int:
        """The instant ``clock`` (`hh:mm`, local time) on the ``number``-th day of delivery after today."""
        hours, minutes = clock.split(":")
        return self._on(number, 3600 * int(hours) + 60 * int(minutes))

    def by_delivery_day(self, number: int) -> int:
        """When addresses of storylines close on the ``number``-th day of delivery after today."""
        return self._on(number, CLOSES_S)

    def _on(self, number: int, seconds: int) -> int:
        day = self.today
        for _ in range(number):
            day = next_open_day(day + timedelta(days=1), CALENDAR)
        return instant_of(day, seconds, time_zone=TIME_ZONE)

    def customers(
        self, name: str, count: int, *, near: str, steps_east: int, steps_north: int = 1
    ) -> tuple[Customer, ...]:
        """``count`` customers, each in a street of its own, some way off a warehouse (its code)."""
        [site] = [site for site in self.sites if site.code == near]
        longitude = site.spot.longitude + STEP_DEGREES * steps_east
        latitude = site.spot.latitude + STEP_DEGREES * steps_north
        spots = self.streets.spots_near(longitude, latitude, count=count)
        return tuple(self.customer(f"{name}-{n}", spot) for n, spot in enumerate(spots, start=1))

    def customer(self, name: str, spot: Spot) -> Customer:
        """A customer of a storyline; their hours are the same for all."""
        address = address_of(spot, self.streets, house=100 + sum(map(ord, name)) % 900)
        shown = name.replace("-", " ").capitalize()
        return Customer(f"C-{name}", shown, TRADES[0], spot, address, OPENS_S, CLOSES_S, SERVICE_S)

    def purchase(self, number: str, sku: str, quantity: int, *, to: str, expected_at: int) -> Purchase:
        """A purchase order of one line, promised for when it is expected."""
        offer = self.terms[sku][0]
        return Purchase(
            number,
            offer.supplier.id,
            to,
            expected_at - offer.lead_days * DAY_S * 1000,
            expected_at,
            expected_at,
            (PurchaseLine(sku, quantity),),
        )

    def segment_ids(self, segments: Sequence[int]) -> tuple[str, ...]:
        """The ids of segments by their indices."""
        return tuple(self.streets.network.segment_ids[segment] for segment in segments)


def uninhabited(stage: Stage) -> set[int]:
    """The indices of segments on which nobody but the storylines' customers may live: pocket and bridges."""
    index = stage.streets.network.segment_index
    bridges = (ids.make("road-segment", number) for numbers in ELQUI_BRIDGES.values() for number in numbers)
    return {stage.pocket.gate, *stage.pocket.streets, *(index[id] for id in bridges if id in index)}


def bridge_segments(streets: Streets) -> list[int]:
    """The indices of the bridge's segments."""
    index = streets.network.segment_index
    return [index[ids.make("road-segment", number)] for number in ELQUI_BRIDGE_SEGMENTS]


def middle_of(streets: Streets, segment: int) -> tuple[float, float]:
    """Longitude and latitude of the middle of a segment's ends."""
    shape = streets.network.shape(segment)
    return float(shape[[0, -1], 0].mean()), float(shape[[0, -1], 1].mean())


def north_end(streets: Streets, segments: Sequence[int]) -> tuple[float, float]:
    """The northernmost end of segments."""
    ends = [streets.network.shape(segment)[end] for segment in segments for end in (0, -1)]
    longitude, latitude = max(ends, key=lambda point: float(point[1]))
    return float(longitude), float(latitude)


def pocket_near_bridge(streets: Streets) -> Pocket:
    """The pocket nearest to the bridge behind a named gate, with two named streets or more in it."""
    longitude, latitude = middle_of(streets, bridge_segments(streets)[0])

    def away(pocket: Pocket) -> tuple[float, int]:
        x, y = middle_of(streets, pocket.gate)
        return math.hypot((x - longitude) * math.cos(math.radians(y)), y - latitude), pocket.gate

    fit = [
        pocket
        for pocket in streets.pockets()
        if streets.segments[pocket.gate].name
        and len({streets.segments[segment].name for segment in pocket.streets} - {""}) > 1
    ]
    return min(fit, key=away)
