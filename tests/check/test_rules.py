"""Each rule of the checker finds the fault it is there for, in a world where it finds nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.check.run import check_graph
from graph.engines.embedded import EmbeddedEngine
from graph.engines.opening import open_engine
from graph.engines.port import EdgeRow, Engine, VertexRow
from graph.schema import ids
from graph.schema.model import SCHEMA
from tests.check.lived_day import (
    BOLTS,
    COLD,
    DANGEROUS,
    GONE,
    HELD,
    INBOUND,
    KITS,
    MOTORS,
    PAPERLESS,
    PLAN,
    SHORT,
    TUESDAY,
    add,
    cut,
    cut_into,
    first,
    into,
    join,
    lead,
    lived_day,
    out,
    put,
)
from tests.worlds import (
    BOLT,
    C1,
    DAY_MS,
    FRAME,
    MOTOR,
    PUMP,
    START_AT,
    UNIT,
    VALVE_INBOUND,
    W1,
    W2,
    location_of,
)

Corruption = Callable[[Engine], None]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the Monday that was lived through."""
    path = tmp_path_factory.mktemp("lived") / "store"
    lived_day(f"embedded:{path}").close()
    return path


@pytest.fixture
def engine(lived: Path, tmp_path: Path) -> Iterator[Engine]:
    """That Monday, to be spoiled."""
    copy = tmp_path / "store"
    shutil.copytree(lived, copy)
    engine = open_engine(f"embedded:{copy}", SCHEMA, create=False)
    yield engine
    engine.close()


def test_a_day_that_was_lived_through_contradicts_nothing(engine: Engine) -> None:
    report = check_graph(engine)
    assert [(f.rule, f.subject, f.message) for f in report.findings] == []
    assert report.looked_at["orders"] == 10
    assert report.looked_at["shipments"] >= 9
    assert report.looked_at["plans in force"] == 1
    statuses = {id: engine.run(engine.g.V(id).values("status"))[0] for id in (KITS, COLD, MOTORS, BOLTS)}
    assert set(statuses.values()) == {"routed"}, statuses
    assert engine.run(engine.g.V(HELD).values("status")) == ["blocked"]
    assert engine.run(engine.g.V(PLAN).out("LEFT_OUT").in_("HAS_SHIPMENT").id_()) == [DANGEROUS]


def stock_of_bolts() -> str:
    return ids.stock(W1, BOLT)


def allocation_of(engine: Engine, order_id: str) -> str:
    return out(engine, order_id, "HAS_LINE", "HAS_ALLOCATION")


def shipment_of(engine: Engine, order_id: str) -> str:
    return out(engine, order_id, "HAS_SHIPMENT")


def stop_of(engine: Engine, order_id: str) -> str:
    return into(engine, shipment_of(engine, order_id), "SERVES")


def route_of(engine: Engine, order_id: str) -> str:
    return into(engine, stop_of(engine, order_id), "VISITS")


def vehicle_of(engine: Engine, order_id: str) -> str:
    return into(engine, route_of(engine, order_id), "DRIVES")


def street_of(engine: Engine, order_id: str) -> str:
    return out(engine, route_of(engine, order_id), "CROSSES")


def drive_out(engine: Engine, order_id: str, **changed: str | int) -> None:
    """Write the first drive of an order's route anew, with other values."""
    before = ids.stop(route_of(engine, order_id), 0)
    after = out(engine, before, "NEXT")
    (values,) = engine.run(
        engine.g.V(before)
        .out_e("NEXT")
        .project("travel_s", "distance_m", "path")
        .by("travel_s")
        .by("distance_m")
        .by("path")
    )
    engine.bulk_load([], [EdgeRow("NEXT", before, after, {**values, **changed})])


def reason(engine: Engine, text: str) -> None:
    shipment_id = shipment_of(engine, DANGEROUS)
    engine.bulk_load([], [EdgeRow("LEFT_OUT", PLAN, shipment_id, {"reason": text, "detail": text})])


def forget_in_plan(engine: Engine) -> None:
    """A shipment that stood ready long before the plan was made is on no route of it."""
    put(engine, BOLTS, status="ready", day=TUESDAY)
    for event_id in engine.run(engine.g.V(BOLTS).in_("ABOUT").id_()):
        put(engine, event_id, recorded_at=START_AT)
    cut(engine, stop_of(engine, BOLTS), "SERVES")


def in_force_twice(engine: Engine) -> None:
    wednesday = ids.planning_day("2026-03-04")
    engine.bulk_load([VertexRow("PlanningDay", wednesday, {"date": "2026-03-04"})], [])
    join(engine, "IN_FORCE", wednesday, PLAN)


def second_network(engine: Engine) -> None:
    engine.bulk_load([VertexRow("RoadNetwork", "road-network/other", {"version": 7, "attribution": "x"})], [])


def hurry(engine: Engine) -> None:
    """The same times on a street that turns out to be slow."""
    put(engine, street_of(engine, KITS), speed_kph=1.0)


# The rule, what is done to the graph, and the subject the finding must name (None: not checked).
CORRUPTIONS: tuple[tuple[str, str, Corruption], ...] = (
    ("shape", "a property is missing", lambda e: _drop_property(e, KITS, "day")),
    ("shape", "an unknown status", lambda e: _misspell(e, KITS)),
    ("shape", "an edge to the wrong kind", lambda e: join(e, "DRAWS_ON", allocation_of(e, SHORT), BOLT)),
    (
        "shape",
        "two of an edge there is one of",
        lambda e: join(e, "SHIPS_TO", KITS, location_of("customer/C-2")),
    ),
    ("shape", "an order without address", lambda e: cut(e, KITS, "SHIPS_TO")),
    ("shape", "an order of nobody", lambda e: cut_into(e, KITS, "PLACED")),
    ("shape", "a line of no order", lambda e: cut(e, KITS, "HAS_LINE")),
    ("shape", "two plans in force for a day", lambda e: _second_plan(e)),
    ("shape", "a route nobody drives", lambda e: cut_into(e, route_of(e, KITS), "DRIVES")),
    ("stock", "below zero", lambda e: put(e, stock_of_bolts(), on_hand=-1)),
    ("stock", "more reserved than there is", lambda e: put(e, stock_of_bolts(), on_hand=1, available=0)),
    ("stock", "reserved for nobody", lambda e: add(e, stock_of_bolts(), "reserved", 1)),
    ("stock", "a wrong number available", lambda e: add(e, stock_of_bolts(), "available", 1)),
    ("stock", "an allocation that nobody counted", lambda e: add(e, allocation_of(e, BOLTS), "quantity", 1)),
    ("inbound", "reserved for nobody", lambda e: add(e, VALVE_INBOUND, "reserved", 1)),
    ("inbound", "a wrong number available", lambda e: add(e, VALVE_INBOUND, "available", 1)),
    ("inbound", "more received than ordered", lambda e: put(e, VALVE_INBOUND, received=101)),
    ("allocation", "of nothing", lambda e: put(e, allocation_of(e, SHORT), quantity=0)),
    ("allocation", "reserved nowhere", lambda e: cut(e, allocation_of(e, BOLTS), "DRAWS_ON")),
    (
        "allocation",
        "short and yet somewhere",
        lambda e: put(e, allocation_of(e, BOLTS), state="short"),
    ),
    (
        "allocation",
        "of another SKU than its source",
        lambda e: lead(e, allocation_of(e, BOLTS), "DRAWS_ON", ids.stock(W2, MOTOR)),
    ),
    ("line", "wants more than it has", lambda e: add(e, ids.order_line(MOTORS, 1), "quantity", 1)),
    ("line", "takes what it does not need", lambda e: lead(e, allocation_of(e, BOLTS), "TAKES", PUMP)),
    ("line", "short without a shortage", lambda e: put(e, ids.order_line(BOLTS, 1), status="short")),
    ("line", "a shortage that is not said", lambda e: put(e, ids.order_line(SHORT, 1), status="sourced")),
    ("kit", "made of itself", lambda e: _circle(e)),
    ("packed", "packed nowhere", lambda e: cut(e, shipment_of(e, BOLTS), "PACKS")),
    (
        "packed",
        "packed twice",
        lambda e: join(e, "PACKS", shipment_of(e, MOTORS), allocation_of(e, BOLTS)),
    ),
    (
        "packed",
        "packed for somebody else",
        lambda e: _repack(e),
    ),
    ("measure", "a shipment lighter than its goods", lambda e: add(e, shipment_of(e, KITS), "weight_g", -1)),
    ("measure", "bulkier goods than the shipment", lambda e: add(e, PUMP, "volume_ml", 1)),
    ("measure", "an order that forgot to be cold", lambda e: put(e, COLD, cold_chain=False)),
    (
        "measure",
        "a shipment that forgot its danger",
        lambda e: put(e, shipment_of(e, DANGEROUS), hazardous=False),
    ),
    ("warehouse day", "leaves on no day", lambda e: cut(e, shipment_of(e, BOLTS), "SHIPS_FROM")),
    (
        "warehouse day",
        "leaves another warehouse",
        lambda e: lead(e, shipment_of(e, MOTORS), "SHIPS_FROM", ids.warehouse_day(W1, TUESDAY)),
    ),
    (
        "warehouse day",
        "more used than hang on it",
        lambda e: add(e, ids.warehouse_day(W1, TUESDAY), "used", 1),
    ),
    ("warehouse day", "over its capacity", lambda e: put(e, ids.warehouse_day(W1, TUESDAY), capacity=1)),
    ("history", "a version without an event", lambda e: add(e, BOLTS, "event_count", 1)),
    ("history", "an event that went missing", lambda e: cut(e, ids.order_event(BOLTS, 1), "ABOUT")),
    ("history", "an event twice", lambda e: put(e, ids.order_event(BOLTS, 2), sequence=1)),
    ("late", "not what its dates say", lambda e: add(e, BOLTS, "late_by_s", 1)),
    ("stopper", "released at no time", lambda e: put(e, first(e, "Hold"), status="released")),
    ("stopper", "missing and attached", lambda e: put(e, ids.paper(BOLTS, "invoice"), status="missing")),
    ("status", "ready though held", lambda e: put(e, HELD, status="ready")),
    ("status", "ready though a paper is missing", lambda e: put(e, PAPERLESS, status="ready")),
    ("status", "ready though it waits for a receipt", lambda e: put(e, INBOUND, status="ready")),
    ("status", "ready though short", lambda e: put(e, SHORT, status="ready")),
    ("status", "routed on no route", lambda e: cut(e, stop_of(e, BOLTS), "SERVES")),
    ("status", "promised though packed", lambda e: put(e, BOLTS, status="promised")),
    ("status", "cancelled with goods set aside", lambda e: put(e, BOLTS, status="cancelled")),
    ("status", "all cancelled but the order", lambda e: put(e, GONE, status="blocked")),
    ("status", "under way though nothing left", lambda e: put(e, BOLTS, status="in_transit")),
    ("status", "delivered though nothing was", lambda e: put(e, BOLTS, status="delivered")),
    ("status", "sourced without a shipment", lambda e: _drop(e, shipment_of(e, PAPERLESS))),
    ("road", "closed by nothing", lambda e: put(e, "road-segment/100", open=False)),
    ("road", "open though closed", lambda e: put(e, "road-segment/201", open=True)),
    ("road", "two networks", second_network),
    ("in force", "published and forgotten", lambda e: cut(e, ids.planning_day(TUESDAY), "IN_FORCE")),
    ("accounted", "served by two plans", in_force_twice),
    (
        "accounted",
        "served twice by one",
        lambda e: join(e, "SERVES", stop_of(e, BOLTS), shipment_of(e, KITS)),
    ),
    ("accounted", "left out for no reason", lambda e: reason(e, "")),
    ("accounted", "forgotten", forget_in_plan),
    ("accounted", "routed though cancelled", lambda e: put(e, BOLTS, status="cancelled")),
    ("plan", "another number served", lambda e: add(e, PLAN, "served", 1)),
    ("plan", "another way in all", lambda e: add(e, PLAN, "distance_m", 1)),
    ("plan", "another cost in all", lambda e: add(e, PLAN, "cost", 1)),
    ("plan", "a draft in force", lambda e: put(e, PLAN, status="draft")),
    ("plan", "a route that is a draft", lambda e: put(e, route_of(e, BOLTS), status="draft")),
    ("route", "ends elsewhere", lambda e: _end_elsewhere(e)),
    ("route", "another way than its drives", lambda e: add(e, route_of(e, BOLTS), "distance_m", 1)),
    (
        "route",
        "another departure than its first stop",
        lambda e: add(e, route_of(e, BOLTS), "departs_at", 1000),
    ),
    ("route", "a stop out of order", lambda e: add(e, stop_of(e, BOLTS), "sequence", 7)),
    ("stop", "departs before it is done", lambda e: add(e, stop_of(e, BOLTS), "depart_at", -1000)),
    ("stop", "leads nowhere", lambda e: cut(e, stop_of(e, BOLTS), "NEXT")),
    ("stop", "is there before the drive is over", lambda e: drive_out(e, BOLTS, travel_s=1)),
    ("shift", "begins later", lambda e: put(e, vehicle_of(e, KITS), shift_start_s=23 * 3600)),
    ("shift", "is over earlier", lambda e: put(e, vehicle_of(e, KITS), shift_end_s=8 * 3600 + 60)),
    ("shift", "the gates are still closed", lambda e: put(e, W1, departs_s=23 * 3600)),
    ("capacity", "too heavy", lambda e: put(e, vehicle_of(e, KITS), capacity_weight_g=1000)),
    ("capacity", "too bulky", lambda e: put(e, vehicle_of(e, KITS), capacity_volume_ml=1000)),
    ("load", "forgotten at a stop", lambda e: add(e, stop_of(e, KITS), "load_weight_g", 1)),
    ("load", "forgotten at the start", lambda e: add(e, route_of(e, KITS), "volume_ml", 1)),
    ("skill", "no cooling", lambda e: put(e, vehicle_of(e, COLD), carries_cold=False)),
    ("skill", "dangerous goods", lambda e: put(e, shipment_of(e, KITS), hazardous=True)),
    ("depot", "from another warehouse", lambda e: lead(e, vehicle_of(e, KITS), "BASED_AT", W2)),
    ("address", "at another door", lambda e: lead(e, stop_of(e, KITS), "AT", location_of("customer/C-3"))),
    ("window", "before it opens", lambda e: put(e, location_of(C1), opens_s=17 * 3600 + 1800)),
    ("window", "after it closed", lambda e: put(e, location_of(C1), closes_s=8 * 3600)),
    ("service", "in too short a time", lambda e: put(e, location_of(C1), service_s=3600)),
    ("release", "leaves before it is packed", lambda e: put(e, W1, pick_pack_s=30 * 3600)),
    ("cost", "cheaper than its vehicle", lambda e: add(e, route_of(e, BOLTS), "cost", -5)),
    (
        "crosses",
        "a street that it does not drive",
        lambda e: join(e, "CROSSES", route_of(e, KITS), "road-segment/201"),
    ),
    ("crosses", "a street that is forgotten", lambda e: cut(e, route_of(e, KITS), "CROSSES")),
    ("street", "faster than free flow", hurry),
    ("street", "a way that is torn", lambda e: drive_out(e, KITS, path="100,122")),
    ("street", "a way that begins elsewhere", lambda e: drive_out(e, KITS, path="120")),
    ("street", "a street that is not there", lambda e: drive_out(e, KITS, path="999")),
    ("street", "no way at all", lambda e: drive_out(e, KITS, path="")),
    ("street", "against its direction", lambda e: _one_way(e)),
    ("street", "closed", lambda e: put(e, street_of(e, KITS), open=False)),
    ("street", "another length", lambda e: drive_out(e, KITS, distance_m=1)),
    ("expectation", "another time", lambda e: add(e, HELD, "expected_at", DAY_MS)),
    ("expectation", "another day", lambda e: put(e, HELD, day="2026-03-30")),
    (
        "expectation",
        "a receipt that moved",
        lambda e: add(e, allocation_of(e, INBOUND), "available_at", 9 * DAY_MS),
    ),
    ("expectation", "a hold that lasts", lambda e: add(e, first(e, "Hold"), "expected_clear_at", 9 * DAY_MS)),
    ("expectation", "a stop that moved", lambda e: add(e, stop_of(e, BOLTS), "arrive_at", 60_000)),
)


@pytest.mark.parametrize(
    ("rule", "corruption"),
    [pytest.param(rule, corruption, id=f"{rule}: {words}") for rule, words, corruption in CORRUPTIONS],
)
def test_a_rule_finds_its_fault(engine: Engine, rule: str, corruption: Corruption) -> None:
    corruption(engine)
    found = check_graph(engine).findings
    assert rule in {finding.rule for finding in found}, found


def test_every_rule_has_a_fault_that_it_finds() -> None:
    source = Path(__file__).parents[2] / "api" / "check"
    text = "".join(path.read_text(encoding="utf-8") for path in source.glob("*.py"))
    named = {part.split('"')[1] for part in text.replace("\n", " ").split("Finding(")[1:] if '"' in part[:80]}
    assert {rule for rule, _, _ in CORRUPTIONS} >= named - {""}, named


def _drop_property(engine: Engine, id: str, name: str) -> None:
    """As no traversal of ours would."""
    assert isinstance(engine, EmbeddedEngine)
    engine._graph.execute(f'g.V("{id}").properties("{name}").drop()')


def _misspell(engine: Engine, id: str) -> None:
    """As no traversal of ours would."""
    assert isinstance(engine, EmbeddedEngine)
    engine._graph.execute(f'g.V("{id}").property(Cardinality.single,"status","rdy")')


def _drop(engine: Engine, id: str) -> None:
    engine.run(engine.g.V(id).drop())


def _second_plan(engine: Engine) -> None:
    (values,) = engine.run(engine.g.V(PLAN).value_map())
    second = ids.plan(TUESDAY, 2)
    engine.bulk_load([VertexRow("Plan", second, {name: value for name, (value,) in values.items()})], [])
    join(engine, "PLAN_OF", second, ids.planning_day(TUESDAY))
    join(engine, "IN_FORCE", ids.planning_day(TUESDAY), second)


def _circle(engine: Engine) -> None:
    engine.bulk_load([], [EdgeRow("COMPONENT_OF", UNIT, FRAME, {"quantity": 1})])


def _repack(engine: Engine) -> None:
    allocation_id = allocation_of(engine, BOLTS)
    cut_into(engine, allocation_id, "PACKS")
    join(engine, "PACKS", shipment_of(engine, MOTORS), allocation_id)


def _end_elsewhere(engine: Engine) -> None:
    route_id = route_of(engine, KITS)
    elsewhere = W2 if out(engine, ids.stop(route_id, 0), "AT") == W1 else W1
    lead(engine, ids.stop(route_id, 0), "AT", elsewhere)


def _one_way(engine: Engine) -> None:
    """The first street of the way to the kits may only be driven the other way."""
    (path,) = engine.run(engine.g.V(ids.stop(route_of(engine, KITS), 0)).out_e("NEXT").values("path"))
    key = path.split(",")[0]
    put(
        engine,
        f"road-segment/{key.removeprefix('-')}",
        direction="forward" if key.startswith("-") else "backward",
    )
