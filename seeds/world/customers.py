"""Who orders, where on the streets they are, and when they take goods in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.engines.port import EdgeRow, VertexRow
from graph.errors import InvalidInput
from graph.schema import ids
from optimizer.roads.travel import TravelMatrix
from seeds.world.streets import Spot, Streets, snap_edge
from seeds.world.warehouses import CENTRE, NORTH, PORT, Site

HOUR_S = 3600
WAREHOUSE_SHARES = {NORTH: 0.32, CENTRE: 0.35, PORT: 0.33}
"""The share of customers whose nearest warehouse it is: about that of what its vehicles carry."""
FARTHEST_S = 2_400
"""Nobody is farther than this from the nearest warehouse."""
OFF_STREET_M = (4.0, 22.0)
SERVICE_MIN = (4, 10)
CITY_LIMIT_LATITUDE = -29.9445
"""About where La Serena ends and Coquimbo begins."""

RECEIVING_HOURS: tuple[tuple[int, int, float], ...] = (
    (8, 12, 0.16),
    (8, 14, 0.12),
    (9, 18, 0.34),
    (14, 20, 0.12),
    (8, 20, 0.26),
)
"""From, until (o'clock) and the share of customers."""


@dataclass(frozen=True)
class Trade:
    """A line of business: its share of customers, names, what it buys (weights) and how heavy a line is."""

    name: str
    share: float
    prefixes: tuple[str, ...]
    buys: Mapping[str, float]
    line_weight_kg: float
    cold_share: float = 0.0
    hazardous_share: float = 0.0


TRADES = (
    Trade(
        "grocer",
        0.36,
        ("Almacén", "Minimarket", "Autoservicio"),
        {"food": 0.42, "drinks": 0.27, "cleaning": 0.14, "paper": 0.09, "chilled": 1.0, "corrosives": 0.5}
        | {"aerosols and gas": 0.5, "pharmacy": 0.04, "garden": 0.04},
        line_weight_kg=58,
        cold_share=0.10,
        hazardous_share=0.06,
    ),
    Trade(
        "restaurant",
        0.20,
        ("Restaurant", "Picada", "Café"),
        {"food": 0.45, "drinks": 0.30, "cleaning": 0.15, "paper": 0.10, "chilled": 1.0, "corrosives": 0.4}
        | {"aerosols and gas": 0.6},
        line_weight_kg=50,
        cold_share=0.16,
        hazardous_share=0.05,
    ),
    Trade(
        "pharmacy",
        0.10,
        ("Farmacia", "Botica"),
        {"pharmacy": 0.70, "paper": 0.15, "cleaning": 0.15, "pharmacy cold chain": 1.0},
        line_weight_kg=16,
        cold_share=0.22,
    ),
    Trade(
        "hardware shop",
        0.16,
        ("Ferretería", "Comercial"),
        {"hardware": 0.56, "electrical": 0.24, "garden": 0.20, "paint": 0.7, "aerosols and gas": 0.3},
        line_weight_kg=78,
        hazardous_share=0.18,
    ),
    Trade(
        "office",
        0.12,
        ("Oficinas", "Colegio", "Estudio"),
        {"paper": 0.42, "drinks": 0.22, "cleaning": 0.24, "electrical": 0.12},
        line_weight_kg=34,
    ),
    Trade(
        "workshop",
        0.06,
        ("Taller", "Maestranza"),
        {"hardware": 0.60, "electrical": 0.30, "cleaning": 0.10, "paint": 0.5, "aerosols and gas": 0.5},
        line_weight_kg=60,
        hazardous_share=0.22,
    ),
)

_NAME_LIST = (
    "San Martín, O'Higgins, Los Copihues, El Faro, La Herradura, Las Rojas, Doña Rosa, Don Luis, El Molle, "
    "Santa Inés, San Joaquín, La Recova, El Romeral, Peñuelas, Guanaqueros, Tongoy, La Pampa, Altovalsol, "
    "Gabriela, El Olivar, Tierras Blancas, Sindempart, San Juan, El Llano, Los Lagos, El Culebrón, "
    "La Cantera, Cuatro Esquinas, Cerro Grande, Caleta San Pedro, Punta Mira, Playa Blanca, Araya, "
    "Contreras, Tapia, Cortés, Rivera, Álvarez, Pizarro, Godoy, Barraza, Castillo, Vega, Olivares, Varela, "
    "Carvajal, Aguirre, Zepeda, Ledezma, Robledo, Marín, Flores, Herrera, Segovia, Campusano, Alfaro"
)
_NAMES = tuple(_NAME_LIST.split(", "))


@dataclass(frozen=True)
class Customer:
    """A customer at a spot; hours in seconds after local midnight."""

    code: str
    name: str
    trade: Trade
    spot: Spot
    address: str
    opens_s: int
    closes_s: int
    service_s: int

    @property
    def id(self) -> str:
        """The id of its vertex."""
        return ids.make("customer", self.code)

    @property
    def location_id(self) -> str:
        """The id of its usual address."""
        return ids.make("location", self.code)


def build_customers(
    count: int,
    streets: Streets,
    sites: Sequence[Site],
    rng: np.random.Generator,
    *,
    spared: Collection[int],
) -> tuple[Customer, ...]:
    """``count`` customers on named streets, but for the segments ``spared``."""
    spots = _spots(count, streets, sites, rng, spared=spared)
    trades = rng.choice(len(TRADES), size=count, p=_normal([trade.share for trade in TRADES]))
    hours = rng.choice(len(RECEIVING_HOURS), size=count, p=_normal([share for *_, share in RECEIVING_HOURS]))
    service_min = rng.integers(SERVICE_MIN[0], SERVICE_MIN[1], size=count, endpoint=True)
    prefix, name = rng.random(count), rng.integers(len(_NAMES), size=count)
    house = rng.integers(101, 2999, size=count)
    customers = []
    for place, spot in enumerate(spots):
        trade = TRADES[trades[place]]
        opens, closes, _ = RECEIVING_HOURS[hours[place]]
        title = trade.prefixes[int(prefix[place] * len(trade.prefixes))]
        customers.append(
            Customer(
                code=f"C-{place + 1:04d}",
                name=f"{title} {_NAMES[name[place]]}",
                trade=trade,
                spot=spot,
                address=address_of(spot, streets, house=int(house[place])),
                opens_s=opens * HOUR_S,
                closes_s=closes * HOUR_S,
                service_s=int(service_min[place]) * 60,
            )
        )
    return tuple(customers)


def address_of(spot: Spot, streets: Streets, *, house: int) -> str:
    """Street, number and town."""
    town = "La Serena" if spot.latitude > CITY_LIMIT_LATITUDE else "Coquimbo"
    return f"{streets.segments[spot.segment].name} {house}, {town}"


def customer_rows(customers: Sequence[Customer]) -> Iterator[VertexRow]:
    """The customers and their addresses."""
    for customer in customers:
        yield VertexRow("Customer", customer.id, {"name": customer.name})
    for customer in customers:
        yield VertexRow(
            "Location",
            customer.location_id,
            {
                "address": customer.address,
                "longitude": customer.spot.longitude,
                "latitude": customer.spot.latitude,
                "opens_s": customer.opens_s,
                "closes_s": customer.closes_s,
                "service_s": customer.service_s,
            },
        )


def customer_edges(
    customers: Sequence[Customer], streets: Streets, sites: Sequence[Site], travel: TravelMatrix
) -> Iterator[EdgeRow]:
    """Which address is whose, where it is on the road, and the drives from the warehouses (``travel``)."""
    for customer in customers:
        yield EdgeRow("TAKES_IN_AT", customer.id, customer.location_id)
    for customer in customers:
        yield snap_edge(customer.location_id, customer.spot, streets)
    for column, customer in enumerate(customers):
        for row, site in enumerate(sites):
            way = {
                "travel_s": int(travel.duration_s[row, column]),
                "distance_m": int(travel.distance_m[row, column]),
            }
            yield EdgeRow("REACHED_FROM", customer.location_id, site.id, {**way})


def _spots(
    count: int,
    streets: Streets,
    sites: Sequence[Site],
    rng: np.random.Generator,
    *,
    spared: Collection[int],
) -> list[Spot]:
    """Spots in random order, the nearest warehouses in the shares wanted as far as streets allow."""
    wanted = 4 * count + 50
    likely = streets.network.segment_length_m * streets.named
    likely[list(spared)] = 0.0
    if not likely.any():
        raise InvalidInput("size.clip", "leaves no named street for customers to live on")
    segment = rng.choice(len(likely), size=wanted, p=_normal(likely))
    side = rng.choice((-1.0, 1.0), size=wanted)
    points = streets.beside(segment, rng.random(wanted), side * rng.uniform(*OFF_STREET_M, size=wanted))
    spots = [
        spot for spot in streets.spots(*points) if streets.named[spot.segment] and spot.segment not in spared
    ]
    away_s = streets.travel([site.spot for site in sites], spots).duration_s
    near = away_s.argmin(axis=0)
    by_site: list[list[int]] = [[] for _ in sites]
    for place in np.flatnonzero(away_s.min(axis=0) <= FARTHEST_S):
        by_site[near[place]].append(int(place))
    chosen: list[int] = []
    for site, places in zip(sites, by_site, strict=True):
        chosen += places[: round(count * WAREHOUSE_SHARES[site.code])]
    rest = sorted({place for places in by_site for place in places} - set(chosen))
    chosen = sorted([*chosen, *rest[: max(0, count - len(chosen))]])[:count]
    return [spots[place] for place in chosen]


def _normal(weights: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights as probabilities."""
    values = np.asarray(weights, dtype=np.float64)
    return np.asarray(values / values.sum(), dtype=np.float64)
