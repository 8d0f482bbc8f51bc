"""A Tuesday of ready orders in the small world, and reading plans back from the graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from gremlin_python.process.graph_traversal import __
from gremlin_python.process.traversal import Cardinality

from api.check.run import check_graph
from graph.engines.port import EdgeRow, Engine, VertexRow
from graph.schema import ids
from graph.schema.elements import PropertyValue
from graph.traversals import audit
from tests.operations.made_orders import Draw, make_order, values
from tests.worlds import (
    BOLT,
    C1,
    C2,
    C3,
    DAY_MS,
    HOUR_MS,
    MOTOR,
    ROAD_NETWORK,
    START_AT,
    W1,
    W2,
    small_engine,
)

MONDAY_19 = START_AT + 13 * HOUR_MS
BOLTS_1, BOLTS_2, MOTORS_2 = ids.stock(W1, BOLT), ids.stock(W2, BOLT), ids.stock(W2, MOTOR)
MADE_UP = {"allocation", "inbound", "line", "measure", "packed", "stock", "warehouse day"}
V1, V2 = "vehicle/V-1", "vehicle/V-2"


def ready_orders(engine: Engine, count: int = 6) -> list[str]:
    """Orders ready for Tuesday; every fourth leaves from both warehouses, the others from W-1 or W-2."""
    draws = (
        [Draw(BOLT, 10, BOLTS_1)],
        [Draw(BOLT, 10, BOLTS_2)],
        [Draw(BOLT, 20, BOLTS_1)],
        [Draw(BOLT, 5, BOLTS_1), Draw(MOTOR, 1, MOTORS_2)],
    )
    return [
        make_order(
            engine,
            f"SO-{n}",
            draws[n % 4],
            customer_id=(C1, C2, C3)[n % 3],
            status="ready",
            priority=1 + n % 4,
        )
        for n in range(1, count + 1)
    ]


def ready_world(count: int = 6) -> Engine:
    """The small world with that many ready orders."""
    engine = small_engine()
    ready_orders(engine, count)
    return engine


def change(engine: Engine, id: str, **changed: PropertyValue) -> None:
    """Set properties of a vertex, as if it had always been so."""
    label = engine.run(engine.g.V(id).label())[0]
    engine.bulk_load([VertexRow(label, id, {**values(engine, id), **changed})], [])


def close_street(engine: Engine, *segment_ids: str, code: str = "CLOSED") -> str:
    """Close streets, as a road event in effect does; returns its id."""
    event_id = ids.make("road-event", code)
    event: dict[str, PropertyValue] = {
        "kind": "closed",
        "note": "a bridge is being repaired",
        "since_at": START_AT,
        "expected_end_at": START_AT + 3 * DAY_MS,
    }
    engine.bulk_load(
        [VertexRow("RoadEvent", event_id, event)],
        [EdgeRow("AFFECTS", event_id, segment_id) for segment_id in segment_ids],
    )
    for segment_id in segment_ids:
        change(engine, segment_id, open=False)
    version = values(engine, ROAD_NETWORK)["version"]
    assert isinstance(version, int)
    change(engine, ROAD_NETWORK, version=version + 1)
    return event_id


def retire(engine: Engine, *vehicle_ids: str) -> None:
    """Base vehicles nowhere."""
    engine.run(engine.g.V(list(vehicle_ids)).out_e("BASED_AT").drop())


def empty(engine: Engine, vehicle_id: str) -> None:
    """Let nothing fit into a vehicle."""
    change(engine, vehicle_id, capacity_weight_g=0)


def refit(engine: Engine, vehicle_id: str) -> None:
    """Let a ton fit into a vehicle."""
    change(engine, vehicle_id, capacity_weight_g=1_000_000)


def depart(engine: Engine, route_id: str) -> None:
    """Let a route's vehicle leave."""
    engine.run(engine.g.V(route_id).property(Cardinality.single, "status", "departed").id_())


def served_and_left_out(engine: Engine, plan_id: str) -> tuple[Counter[str], Counter[str]]:
    """How often a plan serves each shipment, and how often it leaves each out."""
    served = engine.run(engine.g.V(plan_id).out("HAS_ROUTE").out("VISITS").out("SERVES").id_())
    return Counter(served), Counter(engine.run(engine.g.V(plan_id).out("LEFT_OUT").id_()))


def refusals(engine: Engine, plan_id: str) -> dict[str, dict[str, Any]]:
    """Why a plan left shipments out, by shipment."""
    return {row["shipment"]: row for row in engine.run(audit.left_out_of(engine.g, [plan_id]))}


def shipments_of(engine: Engine, order_ids: Sequence[str] = ()) -> set[str]:
    """The shipments of orders, or all there are."""
    g = engine.g
    return set(
        engine.run(
            g.V(list(order_ids)).out("HAS_SHIPMENT").id_() if order_ids else g.V().has_label("Shipment").id_()
        )
    )


def plan_in_force(engine: Engine) -> list[str]:
    """The ids of all plans in force."""
    return list(engine.run(engine.g.V().has_label("PlanningDay").out("IN_FORCE").id_()))


def contradictions(engine: Engine) -> list[str]:
    """What the checker, which shares nothing with the planner, finds wrong.

    The orders are made up straight away, so what it says of their stock and measures is left aside.
    """
    return [
        f"{finding.rule}: {finding.subject} {finding.message}"
        for finding in check_graph(engine).findings
        if finding.rule not in MADE_UP
    ]


def crossed(engine: Engine, plan_id: str) -> set[str]:
    """The streets that the routes of a plan cross, by the CROSSES edges."""
    return set(engine.run(engine.g.V(plan_id).out("HAS_ROUTE").out("CROSSES").id_()))


def driven(engine: Engine, plan_id: str) -> set[str]:
    """The streets that the routes of a plan drive, by the paths between its stops."""
    paths = engine.run(
        engine.g.V(plan_id).out("HAS_ROUTE").out("VISITS").out_e("NEXT").where(__.has("path")).values("path")
    )
    return {f"road-segment/{key.lstrip('-')}" for path in paths for key in path.split(",") if key}
