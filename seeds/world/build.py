"""Building the demo world: rows for the graph, orders to place, and what happens on the first day."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from graph.engines.port import EdgeRow, VertexRow
from graph.errors import InvalidInput
from optimizer.calendar import instant_of, local_date, next_open_day
from optimizer.roads.travel import TravelMatrix
from seeds.road_network import RoadExtract, read_road_extract
from seeds.world.catalogue import Catalogue, build_catalogue, product_edges, product_rows
from seeds.world.customers import Customer, build_customers, customer_edges, customer_rows
from seeds.world.demand import build_orders, demand_by_warehouse
from seeds.world.fleet import Vehicle, build_fleet, vehicle_edges, vehicle_rows
from seeds.world.inventory import StockLevel, build_inventory, stock_edges, stock_rows
from seeds.world.purchasing import Purchase, build_purchases, purchase_edges, purchase_rows, receipts
from seeds.world.requests import DayEvent, OrderRequest
from seeds.world.sizes import FULL, WorldSize
from seeds.world.stage import Plot, Stage, Storyline, uninhabited
from seeds.world.storylines import planted_skus, plots
from seeds.world.streets import Streets, build_streets, street_edges, street_rows
from seeds.world.suppliers import (
    Supplier,
    Terms,
    build_suppliers,
    build_terms,
    supplier_edges,
    supplier_rows,
)
from seeds.world.warehouses import CALENDAR, TIME_ZONE, Site, build_sites, warehouse_edges, warehouse_rows

START_AT = 1_772_442_000_000
"""2026-03-02T06:00-03:00, a Monday, in UTC epoch ms."""
LATEST_START_S = 8 * 3600
"""The first day's events begin at this time of day."""

_CUSTOMERS, _TERMS, _DEMAND, _STOCK, _PURCHASES, _RECEIPTS = range(6)
"""Streams of random numbers: a change in one part of the world leaves the others as they were."""


@dataclass(frozen=True)
class World:
    """A demo world at ``start_at`` (UTC epoch ms): nothing is promised in it, nothing has happened yet.

    ``order_requests`` are to be placed in this order, those of the storylines first; ``day_events`` are
    to be recorded in this order. ``planning_day`` is the local date whose deliveries the first day ends
    with planning.
    """

    seed: int
    start_at: int
    planning_day: date
    vertices: tuple[VertexRow, ...]
    edges: tuple[EdgeRow, ...]
    order_requests: tuple[OrderRequest, ...]
    day_events: tuple[DayEvent, ...]
    storylines: tuple[Storyline, ...]

    def counts(self) -> Counter[str]:
        """How many vertices and edges there are of each label."""
        return Counter(v.label for v in self.vertices) + Counter(e.label for e in self.edges)

    def digest(self) -> str:
        """A fingerprint of everything in it; the same in every process."""
        digest = hashlib.sha256()
        for part in self._told():
            digest.update(json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode())
        return digest.hexdigest()

    def _told(self) -> Iterator[Any]:
        yield self.seed, self.start_at, self.planning_day.isoformat()
        for vertex in self.vertices:
            yield vertex.label, vertex.id, vertex.properties
        for edge in self.edges:
            yield edge.label, edge.from_id, edge.to_id, edge.properties
        yield from map(asdict, self.order_requests)
        yield from map(asdict, self.day_events)
        for storyline in self.storylines:
            yield storyline.name, {id: asdict(outcome) for id, outcome in storyline.expected.items()}


def build_world(
    *,
    seed: int,
    orders: int = 2000,
    start_at: int = START_AT,
    size: WorldSize = FULL,
    roads: RoadExtract | None = None,
) -> World:
    """The world of a seed; the same arguments give the same world.

    There are ``orders`` order requests in all. Those of the storylines come first and are always
    there, so that of fewer orders than they are, only they are left. ``start_at`` (UTC epoch ms) is
    not after 08:00 local time; from a Saturday the storylines do not all end as they are told.
    ``roads`` is the extract to build on if it has been read already.
    :class:`InvalidInput` for arguments that cannot be.
    """
    today = _checked(seed=seed, orders=orders, start_at=start_at)
    planted = frozenset(sku.product.code for sku in planted_skus())
    market = _market(seed, size)
    streets = build_streets(roads or read_road_extract(), size.clip)
    sites = build_sites(streets)
    stage = Stage(today, streets, sites, market.terms)
    told = plots(stage)

    customers = _customers(seed, size, stage, told)
    everybody = (*(customer for plot in told for customer in plot.customers), *customers)
    travel = streets.travel([site.spot for site in sites], [customer.spot for customer in everybody])
    requests = _requests(seed, orders, market.catalogue, customers, told, today=today, planted=planted)
    demand = demand_by_warehouse(requests, market.catalogue, _nearest(everybody, sites, travel))
    inventory = build_inventory(market.catalogue, sites, demand, _stream(seed, _STOCK), planted=planted)
    purchases = build_purchases(
        size.purchase_orders - sum(len(plot.purchases) for plot in told),
        market.catalogue,
        market.terms,
        sites,
        inventory.inbound,
        _stream(seed, _PURCHASES),
        today=today,
        planted=planted,
    )
    ground = _Ground(
        streets,
        sites,
        market,
        build_fleet(size.vehicles),
        everybody,
        travel,
        stock=(*(level for plot in told for level in plot.stock), *inventory.levels),
        purchases=(*(purchase for plot in told for purchase in plot.purchases), *purchases),
    )
    events = [
        *(event for plot in told for event in plot.events),
        *receipts(purchases, _stream(seed, _RECEIPTS), today=today),
    ]
    return World(
        seed=seed,
        start_at=start_at,
        planning_day=next_open_day(today + timedelta(days=1), CALENDAR),
        vertices=tuple(ground.vertices()),
        edges=tuple(ground.edges()),
        order_requests=requests,
        day_events=tuple(sorted(events, key=lambda event: (event.occurred_at, event.key))),
        storylines=tuple(plot.storyline for plot in told),
    )


@dataclass(frozen=True)
class _Market:
    """What is traded, who supplies it, and at which terms."""

    catalogue: Catalogue
    suppliers: tuple[Supplier, ...]
    terms: Mapping[str, Sequence[Terms]]


@dataclass(frozen=True)
class _Ground:
    """All that lies in the graph before anything is ordered."""

    streets: Streets
    sites: tuple[Site, ...]
    market: _Market
    fleet: tuple[Vehicle, ...]
    customers: tuple[Customer, ...]
    travel: TravelMatrix
    stock: tuple[StockLevel, ...]
    purchases: tuple[Purchase, ...]

    def vertices(self) -> Iterator[VertexRow]:
        yield from street_rows(self.streets)
        yield from warehouse_rows(self.sites)
        yield from supplier_rows(self.market.suppliers)
        yield from product_rows(self.market.catalogue)
        yield from stock_rows(self.stock)
        yield from purchase_rows(self.purchases)
        yield from customer_rows(self.customers)
        yield from vehicle_rows(self.fleet)

    def edges(self) -> Iterator[EdgeRow]:
        yield from street_edges(self.streets)
        yield from warehouse_edges(self.sites, self.streets)
        yield from supplier_edges(self.market.catalogue, self.market.terms)
        yield from product_edges(self.market.catalogue)
        yield from stock_edges(self.stock)
        yield from purchase_edges(self.purchases)
        yield from customer_edges(self.customers, self.streets, self.sites, self.travel)
        yield from vehicle_edges(self.fleet)


def _market(seed: int, size: WorldSize) -> _Market:
    skus = planted_skus()
    catalogue = build_catalogue(size.skus, planted=[sku.product for sku in skus])
    suppliers = build_suppliers(size.suppliers)
    lead_days = {sku.product.code: sku.lead_days for sku in skus}
    terms = build_terms(catalogue, suppliers, _stream(seed, _TERMS), planted_lead_days=lead_days)
    return _Market(catalogue, suppliers, terms)


def _customers(seed: int, size: WorldSize, stage: Stage, told: Sequence[Plot]) -> tuple[Customer, ...]:
    """The customers beside those of the storylines, at least one."""
    return build_customers(
        max(1, size.customers - sum(len(plot.customers) for plot in told)),
        stage.streets,
        stage.sites,
        _stream(seed, _CUSTOMERS),
        spared=uninhabited(stage),
    )


def _checked(*, seed: int, orders: int, start_at: int) -> date:
    """The local date of the start; :class:`InvalidInput` for what cannot be built."""
    for name, value, least in (("seed", seed, 0), ("orders", orders, 1), ("start_at", start_at, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 2**53:
            raise InvalidInput(name, f"is {value!r}; it has to be a whole number from {least}")
    today = local_date(start_at, time_zone=TIME_ZONE)
    if start_at > instant_of(today, LATEST_START_S, time_zone=TIME_ZONE):
        raise InvalidInput(
            "start_at",
            f"comes after 08:00 on {today} in {TIME_ZONE}; start earlier on a day, as its events do",
        )
    return today


def _stream(seed: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, stream]))


def _requests(
    seed: int,
    orders: int,
    catalogue: Catalogue,
    customers: Sequence[Customer],
    told: Sequence[Plot],
    *,
    today: date,
    planted: frozenset[str],
) -> tuple[OrderRequest, ...]:
    of_storylines = tuple(order for plot in told for order in plot.orders)
    at_random = build_orders(
        max(0, orders - len(of_storylines)),
        catalogue,
        customers,
        _stream(seed, _DEMAND),
        today=today,
        planted=planted,
    )
    return (*of_storylines, *at_random)


def _nearest(customers: Sequence[Customer], sites: Sequence[Site], travel: TravelMatrix) -> dict[str, str]:
    """By customer id the code of the warehouse from which the drive is shortest."""
    rows = travel.duration_s.argmin(axis=0)
    return {customer.id: sites[row].code for customer, row in zip(customers, rows, strict=True)}
