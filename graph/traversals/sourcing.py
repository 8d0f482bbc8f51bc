"""Where orders come from: writing allocations for good, with shipments and what was rejected."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Cardinality, P, T

from graph.engines.port import Statement
from graph.schema import ids
from graph.schema.lifecycle import ALLOCATION, ORDER_LINE, ROUTE, SHIPMENT, STOP
from graph.traversals.elements import (
    Properties,
    add_vertices,
    change_vertices,
    link,
    link_with,
    move_status,
)
from graph.traversals.ordering import NewAllocation, write_allocations


@dataclass(frozen=True)
class NewShipment:
    """What leaves one warehouse for an order, on the local date ``day``."""

    order_id: str
    warehouse_id: str
    day: str
    properties: Properties

    @property
    def id(self) -> str:
        """The id it gets."""
        return ids.shipment(self.order_id, self.warehouse_id)

    @property
    def warehouse_day_id(self) -> str:
        """The day of the warehouse that it counts on."""
        return ids.warehouse_day(self.warehouse_id, self.day)


@dataclass(frozen=True)
class SourcedOrder:
    """What sourcing changes about an order.

    ``confirmed`` are the allocations that stay, by id, with their new reason and cost; ``reserved`` those of
    them that are held until now, ``released`` those that end. ``lines`` maps each line to its new status,
    ``rejected`` the ends (line, warehouse) to why not. Of shipments that were there before, ``repacked`` has
    the new measures of those that stay and ``cancelled`` the others, with their warehouse days. ``packs``
    are the new ends (shipment, allocation), ``unpacked`` the allocations that were in another shipment.
    """

    order_id: str
    lines: Mapping[str, str]
    confirmed: Mapping[str, Properties]
    reserved: tuple[str, ...]
    released: tuple[str, ...]
    added: tuple[NewAllocation, ...]
    rejected: Mapping[tuple[str, str], Properties]
    shipments: tuple[NewShipment, ...]
    repacked: Mapping[str, Properties]
    cancelled: Mapping[str, str]
    packs: tuple[tuple[str, str], ...]
    unpacked: tuple[str, ...]


def orders_in_status(g: GraphTraversalSource, status: str) -> GraphTraversal:
    """The ids of all orders in a status."""
    return g.V().has("Order", "status", status).id_()


def distances(g: GraphTraversalSource, order_ids: Sequence[str]) -> GraphTraversal:
    """One row per order: its id, and warehouse and metres of each way to its address."""
    return (
        g.V(list(order_ids))
        .has_label("Order")
        .project("id", "ways")
        .by(T.id)
        .by(
            __.out("SHIPS_TO")
            .out_e("REACHED_FROM")
            .project("warehouse_id", "distance_m")
            .by(__.in_v().id_())
            .by("distance_m")
            .fold()
        )
    )


def warehouse_days(g: GraphTraversalSource, *, since: str) -> GraphTraversal:
    """One row per warehouse day from the local date ``since`` on."""
    return (
        g.V()
        .has("WarehouseDay", "date", P.gte(since))
        .project("id", "date", "capacity", "used")
        .by(T.id)
        .by("date")
        .by("capacity")
        .by("used")
    )


def write_sourced(
    g: GraphTraversalSource, orders: Sequence[SourcedOrder], capacities: Mapping[str, int]
) -> list[Statement]:
    """Everything sourcing writes about some orders but supply, status and events.

    ``capacities`` says how many shipments each warehouse can pack in a day. A constant number of
    statements, and one for each distinct number of shipments of a warehouse day.
    """
    shipments = [shipment for order in orders for shipment in order.shipments]
    cancelled = {id: day_id for order in orders for id, day_id in order.cancelled.items()}
    return [
        *give_back_room(g, Counter(cancelled.values())),
        *_take_room(g, shipments, capacities),
        *_move_lines(g, orders),
        *_move(g, [id for order in orders for id in order.reserved], "reserved"),
        *_move(g, [id for order in orders for id in order.released], "released"),
        *change_vertices(g, "Allocation", _merged([order.confirmed for order in orders])),
        *write_allocations(g, [allocation for order in orders for allocation in order.added]),
        *_forget_rejected(g, orders),
        *link_with(g, "REJECTED", {ends: why for order in orders for ends, why in order.rejected.items()}),
        *add_vertices(g, "Shipment", {shipment.id: shipment.properties for shipment in shipments}),
        *link(g, "HAS_SHIPMENT", [(shipment.order_id, shipment.id) for shipment in shipments]),
        *change_vertices(g, "Shipment", _merged([order.repacked for order in orders])),
        *_cancel(g, list(cancelled), SHIPMENT.before("cancelled")),
        *_unpack(g, [id for order in orders for id in order.unpacked]),
        *link(g, "PACKS", [ends for order in orders for ends in order.packs]),
        *link(g, "SHIPS_FROM", [(shipment.id, shipment.warehouse_day_id) for shipment in shipments]),
    ]


def give_back_room(g: GraphTraversalSource, shipments_of_day: Mapping[str, int]) -> list[Statement]:
    """Let a number of shipments go from each warehouse day."""
    return [
        Statement(
            f"free {amount} of {', '.join(day_ids)}",
            g.V(day_ids)
            .has("used", P.gte(amount))
            .property(Cardinality.single, "used", _changed(-amount))
            .id_(),
            expect=len(day_ids),
        )
        for amount, day_ids in _by_amount(shipments_of_day)
    ]


def _take_room(
    g: GraphTraversalSource, shipments: Sequence[NewShipment], capacities: Mapping[str, int]
) -> list[Statement]:
    """Make the warehouse days that are missing, and count shipments on them while there is room."""
    wanted = Counter(shipment.warehouse_day_id for shipment in shipments)
    days: dict[str, Properties] = {
        s.warehouse_day_id: {"date": s.day, "capacity": capacities[s.warehouse_id], "used": 0}
        for s in shipments
    }
    together: dict[tuple[int, int], list[str]] = defaultdict(list)
    for day_id, amount in sorted(wanted.items()):
        together[amount, capacities[ids.warehouse_of(day_id)]].append(day_id)
    return [
        *add_vertices(g, "WarehouseDay", days),
        *link(g, "DAY_OF", [(day_id, ids.warehouse_of(day_id)) for day_id in days]),
        *(
            Statement(
                f"room for {amount} more on {', '.join(day_ids)}",
                g.V(day_ids)
                .has("used", P.lte(capacity - amount))
                .property(Cardinality.single, "used", _changed(amount))
                .id_(),
                expect=len(day_ids),
            )
            for (amount, capacity), day_ids in together.items()
        ),
    ]


def _forget_rejected(g: GraphTraversalSource, orders: Sequence[SourcedOrder]) -> list[Statement]:
    """What was rejected when orders were sourced before."""
    line_ids = [id for order in orders if order.repacked or order.cancelled for id in order.lines]
    if not line_ids:
        return []
    return [Statement("forget what was rejected before", g.V(line_ids).out_e("REJECTED").drop())]


def _unpack(g: GraphTraversalSource, allocation_ids: list[str]) -> list[Statement]:
    if not allocation_ids:
        return []
    return [Statement("take out of shipments", g.V(allocation_ids).in_e("PACKS").drop())]


def _move_lines(g: GraphTraversalSource, orders: Sequence[SourcedOrder]) -> list[Statement]:
    together: dict[str, list[str]] = defaultdict(list)
    for order in orders:
        for line_id, status in order.lines.items():
            together[status].append(line_id)
    return [
        statement
        for target, line_ids in together.items()
        for statement in move_status(
            g, line_ids, key="status", before=ORDER_LINE.before(target), target=target
        )
    ]


def _move(g: GraphTraversalSource, allocation_ids: Sequence[str], target: str) -> list[Statement]:
    return move_status(g, allocation_ids, key="state", before=ALLOCATION.before(target), target=target)


def _merged(rows: Sequence[Mapping[str, Properties]]) -> dict[str, Properties]:
    return {id: values for some in rows for id, values in some.items()}


def _changed(by: int) -> GraphTraversal:
    return __.union(__.values("used"), __.constant(by)).sum_()


def _by_amount(amounts: Mapping[str, int]) -> list[tuple[int, list[str]]]:
    together: dict[int, list[str]] = defaultdict(list)
    for id, amount in sorted(amounts.items()):
        if amount:
            together[amount].append(id)
    return sorted(together.items())


@dataclass(frozen=True)
class EndedOrder:
    """What ends with an order: its lines and shipments, the ``stops`` that were to serve them, and its
    allocations by id with their state.
    """

    order_id: str
    line_ids: tuple[str, ...]
    allocations: Mapping[str, str]
    shipment_ids: tuple[str, ...]
    stop_ids: tuple[str, ...]


def shipment_days(g: GraphTraversalSource, order_ids: Sequence[str]) -> GraphTraversal:
    """One row per shipment of the orders: its id, its status, and the warehouse day it counts on."""
    return (
        g.V(list(order_ids))
        .out("HAS_SHIPMENT")
        .project("id", "status", "day")
        .by(T.id)
        .by("status")
        .by(__.out("SHIPS_FROM").id_())
    )


def write_ended(g: GraphTraversalSource, order: EndedOrder) -> list[Statement]:
    """Cancel lines and shipments, release allocations, strike stops; supply and room go beside it.

    What lies picked at the dock is put back first.
    """
    picked = [id for id, state in order.allocations.items() if state == "picked"]
    return [
        *_cancel(g, order.line_ids, ORDER_LINE.before("cancelled")),
        *_move(g, picked, "reserved"),
        *_move(g, list(order.allocations), "released"),
        *_cancel(g, order.shipment_ids, SHIPMENT.before("cancelled")),
        *_strike(g, order.stop_ids),
    ]


def strike_stops(g: GraphTraversalSource, routes: Mapping[str, str]) -> list[Statement]:
    """Take planned stops, given with their routes, off routes that have not departed."""
    route_ids = sorted(set(routes.values()))
    if not route_ids:
        return []
    waiting = g.V(route_ids).has("status", P.within(list(ROUTE.before("departed")))).id_()
    return [
        Statement(f"{', '.join(route_ids)} not departed", waiting, expect=len(route_ids)),
        *_strike(g, list(routes)),
    ]


def _strike(g: GraphTraversalSource, stop_ids: Sequence[str]) -> list[Statement]:
    return move_status(g, stop_ids, key="status", before=STOP.before("superseded"), target="superseded")


def _cancel(g: GraphTraversalSource, vertex_ids: Sequence[str], before: Sequence[str]) -> list[Statement]:
    return move_status(g, vertex_ids, key="status", before=before, target="cancelled")
