"""How goods reach the door: shipments, vehicles, plans, routes and stops."""

from __future__ import annotations

from graph.schema.elements import EdgeKind, VertexKind, choice, flag, instant, integer, text
from graph.schema.lifecycle import JOB, PLAN, ROUTE, SHIPMENT, STOP

CONDITIONS = ("intact", "damaged", "partial", "partial_and_damaged")

SHIPMENT_KIND = VertexKind(
    "Shipment",
    "shipment",
    "order number/warehouse",
    (
        choice("status", SHIPMENT.states, "see the state machine", indexed=True, contended=True),
        integer("weight_g", "g"),
        integer("volume_ml", "ml"),
        flag("cold_chain"),
        flag("hazardous"),
        text("received_by", "who took it in", required=False),
        choice(
            "condition",
            CONDITIONS,
            "of what was handed over; partial when something of it was missing",
            required=False,
        ),
        flag("papers_complete", "whether its papers were, when it was taken in", required=False),
        text("failure", "why it could not be handed over", required=False),
    ),
    "What of an order leaves one warehouse together.",
)

VEHICLE = VertexKind(
    "Vehicle",
    "vehicle",
    "vehicle code",
    (
        text("name", indexed=True),
        text("kind", "van, truck, refrigerated truck ...", indexed=True),
        integer("capacity_weight_g", "g"),
        integer("capacity_volume_ml", "ml"),
        flag("carries_cold", "keeps 2 to 8 °C"),
        flag("carries_hazardous", "is equipped and its driver licensed for dangerous goods"),
        integer("shift_start_s", "s after local midnight"),
        integer("shift_end_s", "s after local midnight"),
        integer("cost_fixed", "minor units of `currency`", "per day of use"),
        integer("cost_per_km", "minor units of `currency`"),
        integer("cost_per_h", "minor units of `currency`"),
        text("currency", "ISO 4217"),
    ),
    "A vehicle with its driver's shift.",
)

PLANNING_DAY = VertexKind(
    "PlanningDay",
    "planning-day",
    "local date",
    (text("date", "ISO 8601 local date", indexed=True),),
    "The day that plans are for; at most one plan is in force.",
)

PLAN_KIND = VertexKind(
    "Plan",
    "plan",
    "local date/number",
    (
        choice("status", PLAN.states, "see the state machine", indexed=True, contended=True),
        instant("created_at", indexed=True),
        text("seed", "of the search"),
        integer("road_version", "version", "of the road network it was planned on"),
        integer("cost", "minor units of `currency`"),
        text("currency", "ISO 4217"),
        integer("distance_m", "m"),
        integer("duration_s", "s", "sum over routes from leaving to returning"),
        integer("routes", "routes"),
        integer("served", "shipments"),
        integer("left_out", "shipments"),
    ),
    "The routes of one day, drafted and then published as a whole.",
)

ROUTE_KIND = VertexKind(
    "Route",
    "route",
    "local date/plan number/vehicle",
    (
        choice("status", ROUTE.states, "see the state machine", indexed=True, contended=True),
        instant("departs_at"),
        instant("returns_at"),
        integer("distance_m", "m"),
        integer("cost", "minor units of the plan's currency"),
        integer("weight_g", "g", "loaded at the start"),
        integer("volume_ml", "ml", "loaded at the start"),
    ),
    "One vehicle's round.",
)

STOP_KIND = VertexKind(
    "Stop",
    "stop",
    "local date/plan number/vehicle/sequence",
    (
        choice("status", STOP.states, "see the state machine", indexed=True, contended=True),
        integer("sequence", "position", "0 is the warehouse where the route starts"),
        instant("arrive_at"),
        integer("wait_s", "s", "before service may start"),
        integer("service_s", "s"),
        instant("depart_at"),
        integer("load_weight_g", "g", "on board after it"),
        integer("load_volume_ml", "ml", "on board after it"),
        instant("arrived_at", "when the vehicle really came", required=False),
    ),
    "A place on a route: the warehouse at both ends, addresses between.",
)

JOB_KIND = VertexKind(
    "Job",
    "job",
    "random",
    (
        choice("status", JOB.states, "see the state machine", indexed=True, contended=True),
        choice("kind", ("plan_routes",)),
        text("subject", "what it works on: a planning day"),
        text("arguments", "JSON, to start it again"),
        instant("started_at", indexed=True),
        instant("ended_at", required=False),
        text("outcome", "id of what it made, or what went wrong", required=False),
        text("runner", "which process runs it"),
        instant(
            "lease_ends_at", "machine time until which its runner answers for it, renewed", required=False
        ),
    ),
    "A long computation that was asked for.",
)

HAS_SHIPMENT = EdgeKind("HAS_SHIPMENT", (("Order", "Shipment"),), doc="What leaves for the order.")
PACKS = EdgeKind(
    "PACKS", (("Shipment", "Allocation"),), doc="What is in it: allocations of the order's lines."
)
SHIPS_FROM = EdgeKind(
    "SHIPS_FROM", (("Shipment", "WarehouseDay"),), to_one=True, doc="Where and on which day it is packed."
)
BASED_AT = EdgeKind(
    "BASED_AT", (("Vehicle", "Warehouse"),), to_one=True, doc="Where its routes start and end."
)
PLAN_OF = EdgeKind("PLAN_OF", (("Plan", "PlanningDay"),), to_one=True, doc="The day it is for.")
IN_FORCE = EdgeKind(
    "IN_FORCE",
    (("PlanningDay", "Plan"),),
    to_one=True,
    doc="The plan that counts: publishing switches this edge.",
)
HAS_ROUTE = EdgeKind("HAS_ROUTE", (("Plan", "Route"),), doc="The rounds of a plan.")
DRIVES = EdgeKind("DRIVES", (("Vehicle", "Route"),), doc="Who drives it.")
VISITS = EdgeKind(
    "VISITS", (("Route", "Stop"),), (integer("sequence", "position"),), doc="The places of a round, in order."
)
SERVES = EdgeKind("SERVES", (("Stop", "Shipment"),), doc="What is handed over there.")
AT = EdgeKind("AT", (("Stop", "Location"), ("Stop", "Warehouse")), to_one=True, doc="Where the stop is.")
NEXT = EdgeKind(
    "NEXT",
    (("Stop", "Stop"),),
    (
        integer("travel_s", "s"),
        integer("distance_m", "m"),
        text("path", "the way: road segment keys separated by commas, `-` before those driven backwards"),
    ),
    to_one=True,
    doc="The drive to the following stop.",
)
LEFT_OUT = EdgeKind(
    "LEFT_OUT",
    (("Plan", "Shipment"),),
    (
        text("reason", "code: skill, weight, volume, window, shift, unreachable, capacity ..."),
        text("detail", "the reason in words, with its amounts"),
        text("way_out", "the cheapest change that would admit it", required=False),
    ),
    doc="A shipment the plan could not serve, and why.",
)
CROSSES = EdgeKind(
    "CROSSES", (("Route", "RoadSegment"),), doc="A street the route drives; kept for plans in force."
)

VERTICES = (SHIPMENT_KIND, VEHICLE, PLANNING_DAY, PLAN_KIND, ROUTE_KIND, STOP_KIND, JOB_KIND)
EDGES = (
    HAS_SHIPMENT,
    PACKS,
    SHIPS_FROM,
    BASED_AT,
    PLAN_OF,
    IN_FORCE,
    HAS_ROUTE,
    DRIVES,
    VISITS,
    SERVES,
    AT,
    NEXT,
    LEFT_OUT,
    CROSSES,
)
