"""The ten most used questions: as the service asks them, and in Cypher as one would write it by hand.

By hand means with the schema in mind: vertices are found by their indexed id or by their label's index,
and only what is asked for is returned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource
from gremlin_python.process.traversal import P

from graph.schema.model import SCHEMA
from graph.traversals import browse, lateness, neighbourhood, readiness, sourcing, supply
from graph.traversals.browse import Condition, Origin, Slice, Sort
from tests.benchmarks.engines import asked
from tests.benchmarks.engines.side_by_side import in_any_order
from tests.benchmarks.engines.world import DAYS, HOUR_MS, PLANNING_DAY, START_AT, order_id, sku_id, stock_ids

Parameters = dict[str, Any]

TAKE: int = 3


@dataclass(frozen=True)
class Question:
    """Asked by ``traversal``, and by ``cypher`` with ``parameters``, whose one column holds the results."""

    what: str
    traversal: Callable[[GraphTraversalSource], GraphTraversal]
    cypher: str
    parameters: Parameters = field(default_factory=dict)
    same: Callable[[Any], Any] | None = in_any_order


def questions() -> list[Question]:
    """Those that can be asked again and again; all but the stock take only read."""
    orders = [order_id(n) for n in range(50)]
    late_orders = [order_id(3 * n) for n in range(50)]
    skus = [sku_id(n) for n in range(40, 60)]
    stock = stock_ids()[100]
    leaving, arriving = neighbourhood.labels_around(SCHEMA, {"Order"}, among=None)
    return [
        Question("page of 50 orders of a day", _page, PAGE, {"day": PLANNING_DAY}, same=list),
        Question(
            "one order with its lines and SKUs",
            lambda g: asked.order_with_lines(g, order_id(17)),
            ORDER_WITH_LINES,
            {"id": order_id(17)},
            same=list,
        ),
        Question("supply of 20 SKUs", lambda g: supply.sku_supplies(g, skus), SKU_SUPPLIES, {"ids": skus}),
        Question(
            "distances of 50 orders", lambda g: sourcing.distances(g, orders), DISTANCES, {"ids": orders}
        ),
        Question(
            "orders to assess for a day",
            lambda g: readiness.orders_to_assess(
                g, day=PLANNING_DAY, promised_before=START_AT + 48 * HOUR_MS
            ),
            ORDERS_TO_ASSESS,
            {
                "day": PLANNING_DAY,
                "promised_before": START_AT + 48 * HOUR_MS,
                "undecided": list(readiness.UNDECIDED),
            },
            same=list,
        ),
        Question(
            "warehouse days from a day on",
            lambda g: sourcing.warehouse_days(g, since=DAYS[7]),
            WAREHOUSE_DAYS,
            {"since": DAYS[7]},
        ),
        Question(
            "facts behind 50 late orders",
            lambda g: lateness.facts_behind(g, late_orders),
            FACTS_BEHIND,
            {
                "ids": late_orders,
                "outside": list(lateness.OUTSIDE_FACTS),
                "own": list(lateness.OWN_FACTS),
            },
        ),
        Question(
            "what lies around 20 orders",
            lambda g: neighbourhood.ring(g, orders[:20], leaving=leaving, arriving=arriving, fan_out=25),
            _ring(leaving, arriving),
            {"ids": orders[:20], "most": 26},
        ),
        Question(
            "conditional take of a stock",
            lambda g: supply.reserve(g, {stock: TAKE})[0].traversal,
            TAKE_STOCK,
            {"id": stock, "amount": TAKE},
        ),
    ]


def _page(g: GraphTraversalSource) -> GraphTraversal:
    return browse.page(
        g,
        Origin("Order"),
        conditions=[Condition("day", P.eq(PLANNING_DAY))],
        cut=Slice(Sort("promised_at"), limit=50),
    )


PAGE = """
MATCH (o:Order {day: $day})
WITH o ORDER BY o.promised_at, o.id LIMIT 50
RETURN o {.*, label: 'Order'} AS r
"""

ORDER_WITH_LINES = """
MATCH (o:V {id: $id})
RETURN {id: o.id, status: o.status, promised_at: o.promised_at, late_by_s: o.late_by_s, lines: COLLECT {
  MATCH (o)-[:HAS_LINE]->(l:OrderLine)-[:ORDERS]->(s)
  WITH l, s ORDER BY l.number, l.id
  RETURN {id: l.id, number: l.number, quantity: l.quantity, status: l.status,
          sku: {id: s.id, name: s.name, price: s.price}}
}} AS r
"""

SKU_SUPPLIES = """
MATCH (asked:V) WHERE asked.id IN $ids
MATCH (asked)<-[:COMPONENT_OF*0..8]-(s:Sku)
WITH DISTINCT s
RETURN s {.id, .name, .weight_g, .volume_ml, .cold_chain, .hazard_class, .kit, .assembly_s, .discontinued,
  components: COLLECT { MATCH (s)<-[e:COMPONENT_OF]-(c) RETURN {id: c.id, quantity: e.quantity} },
  stocks: COLLECT { MATCH (s)<-[:STOCK_OF]-(k) RETURN {id: k.id, available: k.available} },
  receipts: COLLECT {
    MATCH (s)<-[:BUYS]-(l)<-[:HAS_LINE]-()-[:DELIVERS_TO]->(w) WHERE l.available > 0
    RETURN {id: l.id, available: l.available, expected_at: l.expected_at, warehouse_id: w.id} },
  lead_times_s: COLLECT { MATCH (s)<-[e:SUPPLIES]-() RETURN e.lead_time_s },
  substitutes: COLLECT { MATCH (s)<-[e:SUBSTITUTES]-(i) WITH i, e ORDER BY e.priority RETURN i.id }
} AS r
"""

DISTANCES = """
MATCH (o:V) WHERE o.id IN $ids AND o:Order
RETURN {id: o.id, ways: COLLECT {
  MATCH (o)-[:SHIPS_TO]->()-[e:REACHED_FROM]->(w) RETURN {warehouse_id: w.id, distance_m: e.distance_m}
}} AS r
"""

ORDERS_TO_ASSESS = """
CALL () {
  MATCH (o:Order) WHERE o.day <= $day AND o.status IN $undecided RETURN o
  UNION
  MATCH (o:Order) WHERE o.promised_at < $promised_before AND o.status IN $undecided RETURN o
  UNION
  MATCH (o:Order {day: $day, status: 'routed'}) RETURN o
}
RETURN o.id AS r ORDER BY r
"""

WAREHOUSE_DAYS = """
MATCH (d:WarehouseDay) WHERE d.date >= $since
RETURN d {.id, .date, .capacity, .used} AS r
"""

FACTS_BEHIND = """
MATCH (o:V) WHERE o.id IN $ids AND o:Order
RETURN {id: o.id,
  outside: COLLECT {
    MATCH (o)<-[:ABOUT]-()-[:CAUSED_BY]->(f) WHERE f.kind IN $outside
    WITH DISTINCT f
    RETURN f {.id, .kind, .subject, .occurred_at} },
  own: COLLECT {
    MATCH (o)<-[:ABOUT]-(f) WHERE f.kind IN $own
    RETURN f {.id, .kind, .subject, .occurred_at, .data} }
} AS r
"""

TAKE_STOCK = """
MATCH (s:V {id: $id})
SET s.`~lock` = true
WITH s WHERE s.available >= $amount
SET s.available = s.available - $amount, s.reserved = s.reserved + $amount
RETURN s.id AS r
"""

MERGE_VERTICES = """
UNWIND $rows AS row
MERGE (v:V {id: row.id})
ON CREATE SET v:OrderLine, v.number = row.number, v.quantity = row.quantity, v.status = row.status
RETURN v.id AS r
"""

MERGE_EDGES = """
UNWIND $rows AS row
MATCH (a:V {id: row.from}), (b:V {id: row.to})
MERGE (a)-[e:ORDERS]->(b)
RETURN type(e) AS r
"""


def _ring(leaving: tuple[str, ...], arriving: tuple[str, ...]) -> str:
    ways = [
        *(_way(f"(v)-[:{label}]->(x)", label, start="v", end="x") for label in leaving),
        *(_way(f"(v)<-[:{label}]-(x)", label, start="x", end="v") for label in arriving),
    ]
    return f"MATCH (v:V) WHERE v.id IN $ids RETURN {{id: v.id, edges: {' + '.join(ways)}}} AS r"


def _way(pattern: str, label: str, *, start: str, end: str) -> str:
    edge = f"{{label: '{label}', from: {start}.id, to: {end}.id}}"
    return f"COLLECT {{ MATCH {pattern} RETURN {edge} LIMIT $most }}"
