"""Whether the graph has the shape that every other rule reads it by: nothing missing, nothing twice."""

from __future__ import annotations

from collections.abc import Iterator

from api.check.findings import Finding
from graph.engines.port import Engine
from graph.schema.elements import Schema, VertexKind
from graph.traversals import audit

#: What each vertex has exactly one of: its label, the edge, and whether the edge leads away from it.
EXACTLY_ONE: tuple[tuple[str, str, bool], ...] = (
    ("Order", "PLACED", False),
    ("Order", "SHIPS_TO", True),
    ("OrderLine", "HAS_LINE", False),
    ("OrderLine", "ORDERS", True),
    ("Allocation", "HAS_ALLOCATION", False),
    ("Allocation", "TAKES", True),
    ("Hold", "HELD_BY", False),
    ("Paper", "NEEDS_PAPER", False),
    ("Shipment", "HAS_SHIPMENT", False),
    ("Stock", "HOLDS", False),
    ("Stock", "STOCK_OF", True),
    ("WarehouseDay", "DAY_OF", True),
    ("PurchaseOrder", "PLACED_WITH", True),
    ("PurchaseOrder", "DELIVERS_TO", True),
    ("PurchaseOrderLine", "HAS_LINE", False),
    ("PurchaseOrderLine", "BUYS", True),
    ("Vehicle", "BASED_AT", True),
    ("Plan", "PLAN_OF", True),
    ("Stop", "VISITS", False),
    ("Stop", "AT", True),
    ("RoadSegment", "STARTS_AT", True),
    ("RoadSegment", "ENDS_AT", True),
    ("TurnRestriction", "FROM", True),
    ("TurnRestriction", "TO", True),
)


def check_shape(engine: Engine, schema: Schema) -> Iterator[Finding]:
    """Properties that every vertex of a kind has, choices, ends of edges, and edges there is one of."""
    g = engine.g
    for kind in schema.vertices.values():
        yield from _properties(engine, kind)
    for edge in schema.edges.values():
        for row in engine.run(audit.misplaced_edges(g, edge.label, edge.ends)):
            yield Finding("shape", row["from"], f"has an edge {edge.label} to {row['to']}, which may not be")
        if edge.to_one:
            for start in sorted({start for start, _ in edge.ends}):
                for id in engine.run(audit.with_several(g, start, edge.label)):
                    yield Finding("shape", id, f"has several edges {edge.label}, and may have one")
    for label, edge_label, away in EXACTLY_ONE:
        for id in engine.run(audit.without_exactly_one(g, label, edge_label, away=away)):
            direction = "out" if away else "in"
            yield Finding(
                "shape", id, f"has to have exactly one edge {edge_label} ({direction}), and has not"
            )
    for id in engine.run(audit.routes_without_driver(g)):
        yield Finding("shape", id, "is in force and driven by no vehicle, or by several")


def _properties(engine: Engine, kind: VertexKind) -> Iterator[Finding]:
    required = [p.name for p in kind.properties if p.required]
    for id in engine.run(audit.incomplete(engine.g, kind.label, required)):
        yield Finding("shape", id, f"lacks a property that every {kind.label} has")
    for known in kind.properties:
        if known.one_of:
            for id in engine.run(audit.outside_choice(engine.g, kind.label, known.name, known.one_of)):
                yield Finding("shape", id, f"has a {known.name} other than {', '.join(known.one_of)}")
