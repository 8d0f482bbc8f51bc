"""The demo world: whole and valid, the same in every process, in balance, and with its storylines planted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph.engines.opening import open_engine
from graph.engines.port import EdgeRow
from graph.errors import InvalidInput
from graph.schema import ids
from graph.schema.events import FACT_KINDS
from graph.schema.model import SCHEMA
from optimizer.calendar import ReceivingHours, door_by, instant_of, local_date
from optimizer.roads.network import Position, Positions, RoadNetwork
from optimizer.roads.travel import fastest_path, travel_matrix
from seeds.road_network import ELQUI_BRIDGE_SEGMENTS, read_road_extract
from seeds.world.build import START_AT, World, build_world
from seeds.world.sizes import FULL, SMALL, WorldSize
from seeds.world.streets import build_streets
from seeds.world.warehouses import CALENDAR, TIME_ZONE

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 3, 2)
CENTRE = "warehouse/W-CENTRE"


@dataclass(frozen=True)
class Built:
    """A world with ways to look into its rows."""

    world: World
    size: WorldSize

    @cached_property
    def of(self) -> Mapping[str, Mapping[str, Any]]:
        """Properties by id."""
        return {row.id: row.properties for row in self.world.vertices}

    @cached_property
    def label(self) -> Mapping[str, str]:
        return {row.id: row.label for row in self.world.vertices}

    @cached_property
    def edges(self) -> Mapping[str, list[EdgeRow]]:
        by_label: dict[str, list[EdgeRow]] = defaultdict(list)
        for edge in self.world.edges:
            by_label[edge.label].append(edge)
        return by_label

    def ids(self, label: str) -> list[str]:
        return [id for id, found in self.label.items() if found == label]

    def to_one(self, label: str) -> dict[str, str]:
        return {edge.from_id: edge.to_id for edge in self.edges[label]}

    @cached_property
    def components(self) -> Mapping[str, Mapping[str, int]]:
        parts: dict[str, dict[str, int]] = defaultdict(dict)
        for edge in self.edges["COMPONENT_OF"]:
            parts[edge.to_id][edge.from_id] = int(edge.properties["quantity"])
        return parts

    def exploded(self, sku_id: str, quantity: int) -> Counter[str]:
        if sku_id not in self.components:
            return Counter({sku_id: quantity})
        need: Counter[str] = Counter()
        for part, each in self.components[sku_id].items():
            need.update(self.exploded(part, each * quantity))
        return need

    @cached_property
    def network(self) -> RoadNetwork:
        return build_streets(read_road_extract(), self.size.clip).network

    def position(self, id: str) -> Position:
        """Where a location or warehouse is on the road."""
        [edge] = [edge for edge in self.edges["SNAPS_TO"] if edge.from_id == id]
        segment = self.network.segment_index[edge.to_id]
        return Position(segment, edge.properties["offset_m"] / self.network.segment_length_m[segment])

    def address_of(self, order_id: str) -> str:
        [order] = [order for order in self.world.order_requests if order.id == order_id]
        return self.to_one("TAKES_IN_AT")[order.customer_id]

    def warehouses_of(self, sku_id: str) -> set[str]:
        return {ids.warehouse_of(edge.from_id) for edge in self.edges["STOCK_OF"] if edge.to_id == sku_id}


@pytest.fixture(scope="module")
def whole() -> Built:
    return Built(build_world(seed=1), FULL)


@pytest.fixture(scope="module")
def small() -> Built:
    return Built(build_world(seed=1, orders=60, size=SMALL), SMALL)


@pytest.fixture(params=["whole", "small"])
def built(request: pytest.FixtureRequest) -> Built:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Built)
    return found


def test_every_row_follows_the_schema(built: Built) -> None:
    for vertex in built.world.vertices:
        kind = SCHEMA.vertex(vertex.label)
        kind.check(vertex.properties, whole=True)
        assert vertex.id.startswith(kind.prefix + "/")
    assert len(built.of) == len(built.world.vertices), "ids are unique"
    for edge in built.world.edges:
        kind_of_edge = SCHEMA.edge(edge.label)
        kind_of_edge.check(edge.properties, whole=True)
        assert (built.label[edge.from_id], built.label[edge.to_id]) in kind_of_edge.ends
    for label, edges in built.edges.items():
        distinct = {
            edge.from_id if SCHEMA.edge(label).to_one else (edge.from_id, edge.to_id) for edge in edges
        }
        assert len(distinct) == len(edges), label


def test_the_whole_world_is_as_big_as_it_says(whole: Built) -> None:
    counts = whole.world.counts()
    assert {label: counts[label] for label in ("Warehouse", "Supplier", "Sku", "Customer", "Location")} == {
        "Warehouse": 3,
        "Supplier": 40,
        "Sku": 400,
        "Customer": 1500,
        "Location": 1500,
    }
    assert counts["Junction"] == 15_591
    assert counts["RoadSegment"] == 19_846
    assert counts["Vehicle"] == 25
    assert len({whole.of[id]["kind"] for id in whole.ids("Vehicle")}) == 3
    assert len(whole.world.order_requests) == 2000
    assert Counter(len(order.lines) for order in whole.world.order_requests).keys() == set(range(1, 9))
    assert 0.85 < counts["Stock"] / (3 * (400 - len(whole.components))) <= 1


def test_a_world_is_the_same_in_every_process() -> None:
    script = (
        "from seeds.world.build import build_world\nfrom seeds.world.sizes import SMALL\n"
        "print(build_world(seed=7, orders=40, size=SMALL).digest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("0", "1")
    }
    assert digests == {build_world(seed=7, orders=40, size=SMALL).digest() + "\n"}


def test_another_seed_is_another_world_with_the_same_storylines(small: Built) -> None:
    other = build_world(seed=2, orders=60, size=SMALL)
    assert other.digest() != small.world.digest()
    assert [(s.name, s.expected) for s in other.storylines] == [
        (s.name, s.expected) for s in small.world.storylines
    ]


def test_the_document_tells_every_storyline(small: Built) -> None:
    document = (ROOT / "docs" / "storylines.md").read_text(encoding="utf-8")
    told = " ".join(document.split())
    for storyline in small.world.storylines:
        assert storyline.description in told
        for order_id, outcome in storyline.expected.items():
            [row] = [line for line in document.splitlines() if line.startswith(f"| `{order_id}` |")]
            _, _, _, _, readiness, plan, late_because, _ = (cell.strip() for cell in row.split("|"))
            assert readiness == (outcome.blocker or "ready")
            assert late_because == (outcome.late_cause or "–")
            assert plan.removeprefix("left out: ") == (outcome.left_out or plan)
            assert outcome.late == (outcome.late_cause is not None)


def test_few_orders_leave_all_storylines(small: Built) -> None:
    planted = [id for storyline in small.world.storylines for id in storyline.order_ids]
    few = build_world(seed=1, orders=1, size=SMALL)
    assert [order.id for order in few.order_requests] == planted
    assert [order.id for order in small.world.order_requests][: len(planted)] == planted
    assert len(small.world.order_requests) == 60


def test_it_loads_into_an_engine(small: Built) -> None:
    engine = open_engine("embedded:", SCHEMA)
    try:
        engine.prepare()
        loaded = engine.bulk_load(small.world.vertices, small.world.edges)
        assert loaded == len(small.world.vertices) + len(small.world.edges)
        for label in ("Junction", "Stock", "Customer"):
            assert engine.run(engine.g.V().has_label(label).count()) == [len(small.ids(label))]
        assert engine.run(engine.g.E().count()) == [len(small.world.edges)]
    finally:
        engine.close()


def test_addresses_lie_on_connected_streets_with_their_names(built: Built) -> None:
    routable = built.network.routable
    for edge in built.edges["SNAPS_TO"]:
        assert routable[built.network.segment_index[edge.to_id]]
        distance_m, offset_m = edge.properties["distance_m"], edge.properties["offset_m"]
        assert isinstance(distance_m, float)
        assert isinstance(offset_m, float)
        assert distance_m < 60
        assert 0 <= offset_m <= built.of[edge.to_id]["length_m"] + 0.01
        if edge.from_id.startswith("location/"):
            street = built.of[edge.to_id]["name"]
            assert street
            assert str(built.of[edge.from_id]["address"]).startswith(f"{street} ")


def test_drives_from_warehouses_are_those_of_the_road_network(built: Built) -> None:
    some = built.edges["REACHED_FROM"][:: len(built.edges["REACHED_FROM"]) // 25]
    for edge in some:
        path = fastest_path(built.network, built.position(edge.to_id), built.position(edge.from_id))
        assert path is not None
        assert (path.travel_s, path.distance_m) == (
            edge.properties["travel_s"],
            edge.properties["distance_m"],
        )
    assert len(built.edges["REACHED_FROM"]) == 3 * len(built.ids("Location"))


def test_every_address_can_be_delivered_to_the_day_after_the_start(built: Built) -> None:
    for edge in built.edges["REACHED_FROM"]:
        place = built.of[edge.from_id]
        hours = ReceivingHours(place["opens_s"], place["closes_s"], place["service_s"])
        at = door_by(
            START_AT,
            not_before=TODAY,
            transit_s=int(edge.properties["travel_s"]),
            calendar=CALENDAR,
            hours=hours,
        )
        assert local_date(at, time_zone=TIME_ZONE) == built.world.planning_day == TODAY + timedelta(days=1)


def test_kits_weigh_what_is_in_them_and_everything_else_has_a_supplier(built: Built) -> None:
    supplied = {edge.to_id for edge in built.edges["SUPPLIES"]}
    assert any(part in built.components for parts in built.components.values() for part in parts), (
        "two levels"
    )
    for sku_id in built.ids("Sku"):
        sku = built.of[sku_id]
        assert sku["kit"] == (sku_id in built.components) == (sku_id not in supplied)
        if sku["kit"]:
            parts = built.exploded(sku_id, 1)
            assert sku["weight_g"] == sum(built.of[part]["weight_g"] * n for part, n in parts.items())
            assert sku["volume_ml"] == sum(built.of[part]["volume_ml"] * n for part, n in parts.items())
            assert sku["cold_chain"] == any(built.of[part]["cold_chain"] for part in parts)
            assert 2 <= len(built.components[sku_id]) <= 5
            assert not any(edge.to_id == sku_id for edge in built.edges["STOCK_OF"])


def test_random_orders_fit_the_smallest_vehicle_and_never_touch_what_is_planted(built: Built) -> None:
    planted = {id for storyline in built.world.storylines for id in storyline.order_ids}
    smallest_g = min(built.of[id]["capacity_weight_g"] for id in built.ids("Vehicle"))
    smallest_ml = min(built.of[id]["capacity_volume_ml"] for id in built.ids("Vehicle"))
    days = set()
    for order in built.world.order_requests:
        if order.id in planted:
            continue
        skus = [built.of[line.sku_id] for line in order.lines]
        assert not any("/ST-" in line.sku_id for line in order.lines)
        assert not any(sku["discontinued"] for sku in skus)
        assert not (any(sku["cold_chain"] for sku in skus) and any(sku["hazard_class"] for sku in skus))
        amounts = [(line.quantity, sku) for line, sku in zip(order.lines, skus, strict=True)]
        assert sum(quantity * sku["weight_g"] for quantity, sku in amounts) <= smallest_g
        assert sum(quantity * sku["volume_ml"] for quantity, sku in amounts) <= smallest_ml
        assert len({line.sku_id for line in order.lines}) == len(order.lines)
        assert 1 <= order.priority <= 5
        days.add(local_date(order.requested_at, time_zone=TIME_ZONE))
    assert days <= {TODAY + timedelta(days=ahead) for ahead in range(1, 7)}


@pytest.mark.parametrize("seed", [1, 2])
def test_supply_suffices_for_most_lines_but_not_for_all(seed: int, whole: Built) -> None:
    """Drawn in the order of placing, from stock anywhere first and then from what is inbound."""
    built = whole if seed == 1 else Built(build_world(seed=seed), FULL)
    stock: Counter[str] = Counter()
    for edge in built.edges["STOCK_OF"]:
        stock[edge.to_id] += built.of[edge.from_id]["available"]
    inbound: Counter[str] = Counter()
    for edge in built.edges["BUYS"]:
        inbound[edge.to_id] += built.of[edge.from_id]["available"]
    lines = waiting = short = 0
    for order in built.world.order_requests:
        for line in order.lines:
            needs = built.exploded(line.sku_id, line.quantity)
            missing = {sku: max(0, n - stock[sku]) for sku, n in needs.items()}
            lacking = any(n > inbound[sku] for sku, n in missing.items())
            lines, waiting, short = lines + 1, waiting + any(missing.values()), short + lacking
            for sku, n in needs.items():
                stock[sku] -= n - missing[sku]
                inbound[sku] -= min(missing[sku], inbound[sku])
    assert 0.04 < waiting / lines < 0.09
    assert 0 < short / lines < 0.02


def test_the_planning_day_is_about_as_much_as_the_vehicles_carry(whole: Built) -> None:
    """Of what is wanted for it, about an eighth waits for receipts and goes later."""
    wanted = [
        order
        for order in whole.world.order_requests
        if local_date(order.requested_at, time_zone=TIME_ZONE) == whole.world.planning_day
        and order.id != "order/SO-HEAVY-1"
    ]
    weight_g = sum(whole.of[line.sku_id]["weight_g"] * line.quantity for o in wanted for line in o.lines)
    capacity_g = sum(whole.of[id]["capacity_weight_g"] for id in whole.ids("Vehicle"))
    assert 330 <= len(wanted) <= 400
    assert 0.85 < weight_g / capacity_g < 1.15


def test_each_warehouse_has_vehicles_for_cold_and_for_dangerous_goods(built: Built) -> None:
    for skill in ("carries_cold", "carries_hazardous"):
        able = {edge.to_id for edge in built.edges["BASED_AT"] if built.of[edge.from_id][skill]}
        assert able == set(built.ids("Warehouse"))


def test_day_events_come_in_order_and_speak_of_what_there_is(built: Built) -> None:
    orders = {order.id for order in built.world.order_requests}
    known = {**built.label, **dict.fromkeys(orders, "Order")}
    events = built.world.day_events
    assert [event.occurred_at for event in events] == sorted(event.occurred_at for event in events)
    assert len({event.key for event in events}) == len(events)
    for event in events:
        assert event.kind in FACT_KINDS
        assert event.occurred_at >= instant_of(TODAY, 8 * 3600, time_zone=TIME_ZONE)
        assert event.occurred_at <= instant_of(TODAY, 18 * 3600 + 1800, time_zone=TIME_ZONE)
        for name in ("purchase_order_line_id", "stock_id", "order_id"):
            assert event.fields.get(name) is None or event.fields[name] in known
        segments = event.fields.get("segment_ids", ())
        assert isinstance(segments, tuple)
        assert all(known[segment] == "RoadSegment" for segment in segments)


def test_what_is_due_on_the_first_day_and_not_put_off_comes_in_time(built: Built) -> None:
    due = {id for id in built.ids("PurchaseOrderLine") if _day(built.of[id]["expected_at"]) == TODAY}
    put_off = {e.fields["purchase_order_line_id"] for e in _events(built, "purchase_order_delayed")}
    received = _events(built, "stock_received")
    assert Counter(e.fields["purchase_order_line_id"] for e in received) == Counter(due - put_off)
    latest = instant_of(TODAY, CALENDAR.cutoff_s - CALENDAR.pick_pack_s, time_zone=TIME_ZONE)
    for event in received:
        line = built.of[str(event.fields["purchase_order_line_id"])]
        assert event.fields["quantity"] == line["quantity"]
        assert event.occurred_at < latest


@pytest.mark.parametrize("days_later", [0, 3, 4, 6])
def test_late_purchase_orders_reach_the_door_after_and_before_the_promise(days_later: int) -> None:
    start_at = START_AT + days_later * 86_400_000
    built = Built(build_world(seed=1, orders=1, start_at=start_at, size=SMALL), SMALL)
    for story, harms in (("late purchase order", True), ("late purchase order with slack", False)):
        orders = _orders_of(built, story)
        sku_id = orders[0].lines[0].sku_id
        [line_id] = [edge.from_id for edge in built.edges["BUYS"] if edge.to_id == sku_id]
        [delay] = [
            e
            for e in _events(built, "purchase_order_delayed")
            if e.fields["purchase_order_line_id"] == line_id
        ]
        expected_at = delay.fields["expected_at"]
        assert isinstance(expected_at, int)
        assert sum(order.lines[0].quantity for order in orders) <= built.of[line_id]["available"]
        assert not built.warehouses_of(sku_id)
        for order in orders:
            wanted = _day(order.requested_at)
            assert _door_day(built, order.id, built.of[line_id]["expected_at"], wanted) == wanted
            assert (_door_day(built, order.id, expected_at, wanted) > wanted) is harms


def test_the_count_leaves_enough_for_exactly_the_orders_that_go_first(built: Built) -> None:
    orders = _orders_of(built, "short SKU")
    [stock_id] = [e.from_id for e in built.edges["STOCK_OF"] if e.to_id == orders[0].lines[0].sku_id]
    [count] = [e for e in _events(built, "stock_counted") if e.fields["stock_id"] == stock_id]
    assert sum(order.lines[0].quantity for order in orders) == built.of[stock_id]["available"]
    [storyline] = [s for s in built.world.storylines if s.name == "short SKU"]
    kept = [order for order in orders if not storyline.expected[order.id].late]
    assert sum(order.lines[0].quantity for order in kept) == count.fields["on_hand"]
    assert max(o.priority for o in kept) < min(o.priority for o in orders if o not in kept)


def test_no_vehicle_carries_the_heavy_order(built: Built) -> None:
    [order] = _orders_of(built, "too heavy for every vehicle")
    weight_g = built.of[order.lines[0].sku_id]["weight_g"] * order.lines[0].quantity
    assert weight_g > max(built.of[id]["capacity_weight_g"] for id in built.ids("Vehicle"))


def test_the_order_beyond_the_bridge_is_brought_another_way(built: Built) -> None:
    bridge = [ids.make("road-segment", number) for number in ELQUI_BRIDGE_SEGMENTS]
    [order] = _orders_of(built, "closed bridge")
    assert built.warehouses_of(order.lines[0].sku_id) == {CENTRE}
    ends = built.position(CENTRE), built.position(built.address_of(order.id))
    usual = fastest_path(built.network, *ends)
    other = fastest_path(built.network.without(bridge), *ends)
    assert usual is not None
    assert other is not None
    assert set(bridge) <= {built.network.segment_ids[step.segment] for step in usual.steps}
    assert other.travel_ms > usual.travel_ms


def test_the_closures_cut_off_one_address_and_no_other(built: Built) -> None:
    closed = [
        segment
        for event in _events(built, "road_closed")
        for segment in _segments(event.fields["segment_ids"])
    ]
    places = [*built.ids("Warehouse"), *built.ids("Location")]
    snapped = {edge.from_id: edge for edge in built.edges["SNAPS_TO"]}
    segment = np.array([built.network.segment_index[snapped[id].to_id] for id in places])
    offset = np.array([float(snapped[id].properties["offset_m"]) for id in places])
    positions = Positions(segment, np.clip(offset / built.network.segment_length_m[segment], 0, 1))
    ways = travel_matrix(built.network.without(closed), positions.take([0, 1, 2]), positions).duration_s
    lost = {id for id, way in zip(places, ways.T, strict=True) if not np.isfinite(way).all()}
    [order] = _orders_of(built, "address cut off")
    assert lost == {built.address_of(order.id)}


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"orders": 0}, "orders"),
        ({"orders": True}, "orders"),
        ({"seed": -1}, "seed"),
        ({"start_at": START_AT + 3 * 3_600_000}, "start_at"),
        ({"size": WorldSize(skus=5)}, "size.skus"),
        ({"size": WorldSize(skus=5_000)}, "size.skus"),
        ({"size": WorldSize(vehicles=26)}, "size.vehicles"),
    ],
)
def test_what_cannot_be_built_is_refused(arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        build_world(**{"seed": 1, **arguments})
    assert refused.value.field == field


def _orders_of(built: Built, story: str) -> list[Any]:
    [storyline] = [storyline for storyline in built.world.storylines if storyline.name == story]
    return [order for order in built.world.order_requests if order.id in storyline.order_ids]


def _events(built: Built, kind: str) -> list[Any]:
    return [event for event in built.world.day_events if event.kind == kind]


def _segments(value: object) -> tuple[str, ...]:
    assert isinstance(value, tuple)
    return value


def _day(at: object) -> date:
    assert isinstance(at, int)
    return local_date(at, time_zone=TIME_ZONE)


def _door_day(built: Built, order_id: str, ready_at: int, wanted: date) -> date:
    place = built.of[built.address_of(order_id)]
    hours = ReceivingHours(place["opens_s"], place["closes_s"], place["service_s"])
    return _day(door_by(ready_at, not_before=wanted, transit_s=0, calendar=CALENDAR, hours=hours))
