"""Orders as they are placed: who orders, where it goes, and writing all of a new order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import T

from graph.engines.port import Statement
from graph.schema import ids
from graph.schema.elements import PropertyValue
from graph.traversals.elements import Properties, add_vertices, link, link_with
from graph.traversals.events import NewEvent, OrderEntry, new_order_events
from graph.traversals.supply import still_expected


@dataclass(frozen=True)
class WayTo:
    """The standard way from a warehouse to an address."""

    warehouse_id: str
    travel_s: int
    distance_m: int


@dataclass(frozen=True)
class Address:
    """An address that takes goods in, seconds counting from local midnight."""

    id: str
    opens_s: int
    closes_s: int
    service_s: int
    ways: tuple[WayTo, ...]


@dataclass(frozen=True)
class CustomerAddress:
    """A customer with the usual address, when there is one."""

    id: str
    address: Address | None


@dataclass(frozen=True)
class NewAddress:
    """An address given with an order, with the street it is reached on."""

    id: str
    properties: Properties
    segment_id: str
    snap: Properties
    ways: tuple[WayTo, ...]


@dataclass(frozen=True)
class NewAllocation:
    """A quantity of a SKU set aside for a line; ``source_id`` is None for what is short."""

    id: str
    line_id: str
    sku_id: str
    source_id: str | None
    properties: Properties


@dataclass(frozen=True)
class NewLine:
    """A line of a new order."""

    id: str
    sku_id: str
    properties: Properties


@dataclass(frozen=True)
class NewPaper:
    """A document of a new order."""

    id: str
    properties: Properties


@dataclass(frozen=True)
class NewOrder:
    """All of an order to write; its ``event_count`` is the number of ``events``."""

    id: str
    customer_id: str
    location_id: str
    properties: Mapping[str, PropertyValue]
    lines: tuple[NewLine, ...]
    allocations: tuple[NewAllocation, ...]
    papers: tuple[NewPaper, ...]
    events: tuple[NewEvent, ...]
    address: NewAddress | None = None


def customer_addresses(g: GraphTraversalSource, customer_ids: Sequence[str]) -> GraphTraversal:
    """One row per customer that exists; :func:`customer_address` reads it."""
    return (
        g.V(list(customer_ids))
        .has_label("Customer")
        .project("id", "locations")
        .by(T.id)
        .by(_address_rows(__.out("TAKES_IN_AT")))
    )


def customer_address(row: Mapping[str, Any]) -> CustomerAddress:
    """The customer in a row of :func:`customer_addresses`; of several addresses the first."""
    found = sorted(row["locations"], key=lambda place: str(place["id"]))
    return CustomerAddress(row["id"], address(found[0]) if found else None)


def address(row: Mapping[str, Any]) -> Address:
    """The address in a row of a customer."""
    return Address(
        row["id"],
        row["opens_s"],
        row["closes_s"],
        row["service_s"],
        tuple(WayTo(**way) for way in row["ways"]),
    )


def numbers_taken(g: GraphTraversalSource, order_ids: Sequence[str]) -> GraphTraversal:
    """Those of the order ids that are in use."""
    return g.V(list(order_ids)).id_()


def write_orders(g: GraphTraversalSource, orders: Sequence[NewOrder], *, recorded_at: int) -> list[Statement]:
    """All of some new orders, with their events. A constant number of statements, however many orders."""
    addresses = [order.address for order in orders if order.address is not None]
    lines = [line for order in orders for line in order.lines]
    papers = [paper for order in orders for paper in order.papers]
    return [
        *_write_addresses(g, addresses),
        *add_vertices(g, "Order", {order.id: order.properties for order in orders}),
        *add_vertices(g, "OrderLine", {line.id: line.properties for line in lines}),
        *_of_each_shape(g, "Paper", {paper.id: paper.properties for paper in papers}),
        *link(g, "PLACED", [(order.customer_id, order.id) for order in orders]),
        *link(g, "SHIPS_TO", [(order.id, order.location_id) for order in orders]),
        *link(g, "HAS_LINE", [(order.id, line.id) for order in orders for line in order.lines]),
        *link(g, "ORDERS", [(line.id, line.sku_id) for line in lines]),
        *link(g, "NEEDS_PAPER", [(order.id, paper.id) for order in orders for paper in order.papers]),
        *write_allocations(g, [allocation for order in orders for allocation in order.allocations]),
        *new_order_events(g, [OrderEntry(order.id, 0, order.events) for order in orders], recorded_at),
    ]


def write_allocations(g: GraphTraversalSource, allocations: Sequence[NewAllocation]) -> list[Statement]:
    """New allocations with their line, what they take and what they draw on.

    The unit fails when an inbound receipt is no longer expected when the allocations on it say.
    """
    inbound = [
        (a.source_id, int(a.properties["available_at"]))
        for a in allocations
        if a.source_id is not None and ids.is_purchase_order_line(a.source_id)
    ]
    return [
        *still_expected(g, inbound),
        *add_vertices(g, "Allocation", {a.id: a.properties for a in allocations}),
        *link(g, "HAS_ALLOCATION", [(a.line_id, a.id) for a in allocations]),
        *link(g, "TAKES", [(a.id, a.sku_id) for a in allocations]),
        *link(g, "DRAWS_ON", [(a.id, a.source_id) for a in allocations if a.source_id is not None]),
    ]


def _write_addresses(g: GraphTraversalSource, addresses: Sequence[NewAddress]) -> list[Statement]:
    return [
        *add_vertices(g, "Location", {a.id: a.properties for a in addresses}),
        *link_with(g, "SNAPS_TO", {(a.id, a.segment_id): a.snap for a in addresses}),
        *link_with(
            g,
            "REACHED_FROM",
            {
                (a.id, way.warehouse_id): {"travel_s": way.travel_s, "distance_m": way.distance_m}
                for a in addresses
                for way in a.ways
            },
        ),
    ]


def _of_each_shape(
    g: GraphTraversalSource, label: str, rows: Mapping[str, Properties]
) -> Iterable[Statement]:
    """One statement for each set of properties that the rows have."""
    shapes: dict[frozenset[str], dict[str, Properties]] = {}
    for id, values in rows.items():
        shapes.setdefault(frozenset(values), {})[id] = values
    for together in shapes.values():
        yield from add_vertices(g, label, together)


def _address_rows(locations: GraphTraversal) -> GraphTraversal:
    return (
        locations.project("id", "opens_s", "closes_s", "service_s", "ways")
        .by(T.id)
        .by("opens_s")
        .by("closes_s")
        .by("service_s")
        .by(
            __.out_e("REACHED_FROM")
            .project("warehouse_id", "travel_s", "distance_m")
            .by(__.in_v().id_())
            .by("travel_s")
            .by("distance_m")
            .fold()
        )
        .fold()
    )
