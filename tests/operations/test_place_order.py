from __future__ import annotations

import json
import math
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from gremlin_python.process.graph_traversal import __
from gremlin_python.process.traversal import T

from api.check.run import check_graph
from api.operations.expectation import load_order_facts, load_warehouses, projection_of
from api.operations.idempotency import KEPT_MS
from api.operations.place_order import (
    LineRequest,
    NewLocation,
    PlacedOrder,
    PlaceOrder,
    Refusal,
    place_order,
    place_orders,
)
from graph.engines.port import EdgeRow, Engine
from graph.engines.round_trips import count_round_trips
from graph.errors import InvalidInput, OutOfStock, PerfectOrderError, UnknownId
from graph.schema import ids
from tests.worlds import (
    BOLT,
    C1,
    C2,
    C3,
    DAY_MS,
    FRAME,
    HOUR_MS,
    LAST,
    MOTOR,
    OLD,
    PAINT,
    PLATE,
    PUMP,
    START_AT,
    UNIT,
    VACCINE,
    VALVE,
    VALVE_INBOUND,
    W1,
    W2,
    small_engine,
)

NOW = START_AT
ASKED = NOW + HOUR_MS
TUESDAY_18 = START_AT + DAY_MS + 12 * HOUR_MS
"""When C-1 closes on Tuesday."""


@pytest.fixture
def engine() -> Engine:
    return small_engine()


def order(number: str = "SO-1", *lines: tuple[str, int], **others: Any) -> PlaceOrder:
    wanted = tuple(LineRequest(*line) for line in lines or [(BOLT, 5)])
    return PlaceOrder(
        **{"number": number, "customer_id": C1, "requested_at": ASKED, "lines": wanted, **others}
    )


def stock_of(engine: Engine, sku_id: str, warehouse_id: str = W1) -> tuple[int, int]:
    """Reserved and available."""
    [row] = engine.run(
        engine.g.V([ids.stock(warehouse_id, sku_id)]).project("r", "a").by("reserved").by("available")
    )
    return row["r"], row["a"]


def fingerprint(engine: Engine) -> tuple[Any, ...]:
    """Enough of the graph to see whether anything was written."""
    g = engine.g
    return (
        engine.run(g.V().label().group_count()),
        engine.run(g.E().label().group_count()),
        sorted(engine.run(g.V().has_label("Stock", "PurchaseOrderLine").values("reserved", "available"))),
    )


def test_an_order_is_promised_and_held_in_one_unit(engine: Engine) -> None:
    with count_round_trips() as trips:
        placed = place_order(engine, order("SO-1", (BOLT, 5), (PUMP, 2)), now=NOW)
    assert placed.promised_at == placed.expected_at == TUESDAY_18
    assert placed.day == "2026-03-03"
    assert placed.main_warehouse_id == W1
    assert stock_of(engine, BOLT) == (5, 9_995)
    assert stock_of(engine, PUMP) == (2, 98)
    assert trips.count == 5
    loaded = load_order_facts(engine, ["order/SO-1"])["order/SO-1"]
    assert loaded.status == "promised"
    assert loaded.event_count == 1
    assert [(a.state, a.source_id) for a in loaded.state.allocations] == [
        ("held", ids.stock(W1, BOLT)),
        ("held", ids.stock(W1, PUMP)),
    ]
    [event] = engine.run(engine.g.V([ids.order_event("order/SO-1", 1)]).values("data"))
    assert json.loads(event)["reason"] == placed.reason
    assert check_graph(engine).findings == ()


def test_a_kit_is_held_as_its_components_over_all_levels(engine: Engine) -> None:
    placed = place_order(engine, order("SO-1", (UNIT, 2)), now=NOW)
    assert {part.sku_id: part.quantity for part in placed.lines[0].parts} == {BOLT: 16, PLATE: 4, PUMP: 2}
    assert stock_of(engine, PLATE) == (4, 496)


def test_it_waits_for_an_inbound_receipt_and_says_so(engine: Engine) -> None:
    placed = place_order(engine, order("SO-1", (VALVE, 7), (BOLT, 1)), now=NOW)
    sources = {part.source_id: part.quantity for part in placed.lines[0].parts}
    assert sources == {ids.stock(W1, VALVE): 5, VALVE_INBOUND: 2}
    assert placed.day == "2026-03-05"
    assert VALVE_INBOUND in placed.reason
    assert "2026-03-04 10:00" in placed.reason


def test_what_was_asked_for_is_kept_beside_what_was_promised(engine: Engine) -> None:
    friday = START_AT + 4 * DAY_MS
    place_order(engine, order(requested_at=friday), now=NOW)
    [row] = engine.run(engine.g.V(["order/SO-1"]).project("r", "p").by("requested_at").by("promised_at"))
    assert row == {"r": friday, "p": friday + 12 * HOUR_MS}


def test_a_short_order_is_promised_for_its_replenishment(engine: Engine) -> None:
    placed = place_order(engine, order("SO-1", (LAST, 103)), now=NOW)
    assert placed.short
    [line] = placed.lines
    assert [(part.quantity, part.source_id) for part in line.parts] == [
        (100, ids.stock(W1, LAST)),
        (3, None),
    ]
    assert line.parts[1].available_at == NOW + 5 * DAY_MS
    assert placed.day == "2026-03-09"
    assert check_graph(engine).findings == ()


def test_with_a_latest_date_it_is_refused_with_why_and_when(engine: Engine) -> None:
    before = fingerprint(engine)
    with pytest.raises(OutOfStock) as refused:
        place_order(engine, order("SO-1", (LAST, 103), latest_at=ASKED + DAY_MS), now=NOW)
    assert "3 of 103 are neither free nor inbound" in str(refused.value)
    assert "by 2026-03-09 18:00 at the earliest" in str(refused.value)
    assert fingerprint(engine) == before


def test_a_missing_paper_makes_the_order_expected_later_than_promised(engine: Engine) -> None:
    placed = place_order(engine, order("SO-1", (PAINT, 1), missing_papers=("invoice",)), now=NOW)
    assert placed.promised_at == TUESDAY_18
    assert placed.expected_at == TUESDAY_18 + DAY_MS
    papers = engine.run(
        engine.g.V(["order/SO-1"]).out("NEEDS_PAPER").project("k", "s").by("kind").by("status")
    )
    assert {row["k"]: row["s"] for row in papers} == {
        "invoice": "missing",
        "dangerous_goods_declaration": "attached",
    }


def test_an_address_given_with_the_order_is_put_on_the_road(engine: Engine) -> None:
    place = NewLocation("Calle nueva 1", -71.2525, -29.9052)
    placed = place_order(engine, order(location=place), now=NOW)
    [row] = engine.run(
        engine.g.V([placed.order_id])
        .out("SHIPS_TO")
        .project("id", "segments", "ways")
        .by(T.id)
        .by(__.out("SNAPS_TO").id_().fold())
        .by(__.out("REACHED_FROM").id_().fold())
    )
    assert row["id"] == "location/order/SO-1"
    assert len(row["segments"]) == 1
    assert sorted(row["ways"]) == [W1, W2]


QUANTITIES: tuple[Any, ...] = (0, -1, 10**12, 1_000_001, math.nan, 1.0, True)
BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("an unknown customer", {"customer_id": "customer/C-9"}, "customerId", "customer/C-9 is no customer"),
    ("a customer that is none", {"customer_id": W1}, "customerId", "is no customer"),
    ("no lines", {"lines": ()}, "lines", "has 0 entries"),
    ("too many lines", {"lines": (LineRequest(BOLT, 1),) * 101}, "lines", "has 101 entries"),
    ("an unknown SKU", {"lines": (LineRequest("sku/NO", 1),)}, "lines[0].skuId", "sku/NO is no SKU"),
    ("a SKU that is none", {"lines": (LineRequest(C1, 1),)}, "lines[0].skuId", "is no SKU"),
    ("an empty number", {"number": "  "}, "number", "1 to 60 characters"),
    ("a number that cannot be printed", {"number": "SO\x00"}, "number", "cannot be printed"),
    ("a number that is no Unicode", {"number": "\ud800"}, "number", "cannot be printed"),
    ("a number of 60 emoji", {"number": "\U0001f600" * 60}, "number", "too long for an id"),
    ("a SKU that is no Unicode", {"lines": (LineRequest("\ud800", 1),)}, "lines[0].skuId", "is no SKU"),
    ("a date gone by", {"requested_at": NOW - 1}, "requestedAt", "lies in the past"),
    (
        "a date in ten years",
        {"requested_at": NOW + 3650 * DAY_MS},
        "requestedAt",
        "lies too far ahead: 2036-",
    ),
    ("a latest date before", {"latest_at": NOW}, "latestAt", "before requestedAt"),
    ("a priority of 0", {"priority": 0}, "priority", "from 1 to 9"),
    ("an unknown paper", {"missing_papers": ("poem",)}, "missingPapers[0]", "is one of invoice"),
    (
        "a discontinued SKU",
        {"lines": (LineRequest(BOLT, 1), LineRequest(OLD, 1))},
        "lines[1].skuId",
        "is discontinued; order sku/PUMP instead",
    ),
    (
        "an address off the roads",
        {"location": NewLocation("sea", -71.5, -29.9)},
        "location",
        "is on no road",
    ),
    (
        "an address that is none",
        {"location": NewLocation("?", math.nan, -29.9)},
        "location",
        "longitude nan",
    ),
    ("no address", {"location": NewLocation(" ", -71.2525, -29.9)}, "location.address", "1 to 300"),
    (
        "an address that closes before it opens",
        {"location": NewLocation("x", -71.2525, -29.9052, opens_s=600, closes_s=600)},
        "location.closesS",
        "from 601",
    ),
    (
        "an address that closes before any vehicle comes",
        {"location": NewLocation("x", -71.2525, -29.9052, opens_s=0, closes_s=3600)},
        "location",
        "cannot be delivered to",
    ),
]
BAD += [
    (
        f"a quantity of {q}",
        {"lines": (LineRequest(BOLT, 1), LineRequest(PUMP, q))},
        "lines[1].quantity",
        "1000000",
    )
    for q in QUANTITIES
]


@pytest.mark.parametrize(("others", "field", "message"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_bad_input_is_refused_and_nothing_is_written(
    engine: Engine, others: dict[str, Any], field: str, message: str
) -> None:
    before = fingerprint(engine)
    request = order(**others)
    with pytest.raises(InvalidInput) as refused:
        place_order(engine, request, now=NOW)
    assert refused.value.field == field
    assert message in refused.value.message
    [answer] = place_orders(engine, [request], now=NOW)
    assert isinstance(answer, Refusal)
    assert str(answer.error) == str(refused.value)
    assert fingerprint(engine) == before


def test_an_order_heavier_than_any_is_refused(engine: Engine) -> None:
    heavy = order("SO-1", *[(UNIT, 1_000_000)] * 60)
    with pytest.raises(InvalidInput, match="makes the order weigh"):
        place_order(engine, heavy, now=NOW)


def test_a_kit_that_contains_itself_is_refused(engine: Engine) -> None:
    engine.bulk_load([], [EdgeRow("COMPONENT_OF", UNIT, FRAME, {"quantity": 1})])
    with pytest.raises(InvalidInput, match="contains itself"):
        place_order(engine, order("SO-1", (UNIT, 1)), now=NOW)


def test_a_number_is_taken_once(engine: Engine) -> None:
    place_order(engine, order(), now=NOW)
    before = fingerprint(engine)
    with pytest.raises(InvalidInput, match="SO-1 is taken"):
        place_order(engine, order(priority=1), now=NOW)
    assert fingerprint(engine) == before


def test_the_same_key_with_the_same_content_gets_the_same_answer(engine: Engine) -> None:
    first = place_order(engine, order("SO-1", (UNIT, 1)), now=NOW, idempotency_key="k")
    before = fingerprint(engine)
    assert place_order(engine, order("SO-1", (UNIT, 1)), now=NOW + DAY_MS, idempotency_key="k") == first
    assert fingerprint(engine) == before


def test_the_same_key_with_other_content_is_refused(engine: Engine) -> None:
    place_order(engine, order(), now=NOW, idempotency_key="k")
    with pytest.raises(InvalidInput) as refused:
        place_order(engine, order("SO-2"), now=NOW, idempotency_key="k")
    assert refused.value.field == "idempotencyKey"
    assert engine.run(engine.g.V(["order/SO-2"]).count()) == [0]


def test_keys_are_forgotten_after_a_week(engine: Engine) -> None:
    place_order(engine, order(), now=NOW, idempotency_key="k")
    later = NOW + KEPT_MS + 1
    place_order(engine, order("SO-2", requested_at=later), now=later, idempotency_key="other")
    assert engine.run(engine.g.V().has_label("Request").id_()) == ["request/placeOrder/other"]


def test_one_request_sent_by_many_at_once_is_carried_out_once(engine: Engine) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(lambda _: place_order(engine, order(), now=NOW, idempotency_key="k"), range(16))
        )
    assert all(answer == answers[0] for answer in answers)
    assert stock_of(engine, BOLT)[0] == 5


@pytest.mark.parametrize("latest_at", [ASKED + 2 * DAY_MS, None])
def test_two_hundred_customers_at_once_for_the_last_hundred(engine: Engine, latest_at: int | None) -> None:
    def place(i: int) -> PlacedOrder | PerfectOrderError:
        try:
            return place_order(engine, order(f"SO-{i}", (LAST, 1), latest_at=latest_at), now=NOW)
        except PerfectOrderError as error:
            return error

    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(place, range(200)))
    held = [one for one in answers if isinstance(one, PlacedOrder) and not one.short]
    others = [one for one in answers if one not in held]
    assert len(held) == 100
    assert stock_of(engine, LAST) == (100, 0)
    assert len(others) == 100
    for other in others:
        if latest_at is None:
            assert isinstance(other, PlacedOrder)
            assert other.day == "2026-03-09"
        else:
            assert isinstance(other, OutOfStock)
            assert "bought now they come on 2026-03-07 06:00" in str(other)
    assert check_graph(engine).findings == ()


def test_orders_for_several_lines_at_once_never_take_more_than_there_is(engine: Engine) -> None:
    def place(i: int) -> PlacedOrder:
        wanted = ((MOTOR, 1 + i % 3), (PUMP, 2), (VALVE, i % 4 + 1))
        return place_order(engine, order(f"SO-{i}", *wanted), now=NOW)

    with ThreadPoolExecutor(16) as pool:
        placed = list(pool.map(place, range(60)))
    assert len({one.order_id for one in placed}) == 60
    assert check_graph(engine).findings == ()


def test_a_batch_promises_each_order_from_what_those_before_leave(engine: Engine) -> None:
    wanted = [
        order("SO-1", (LAST, 60)),
        order("SO-2", (LAST, 60)),
        order("SO-2", (BOLT, 1)),
        order("SO-3", ("sku/NO", 1)),
        order("SO-4", (LAST, 1), latest_at=ASKED),
    ]
    heard: list[int] = []
    answers = place_orders(engine, wanted[:2] + wanted[3:], now=NOW, on_progress=heard.append)
    assert [type(answer) for answer in answers] == [PlacedOrder, PlacedOrder, Refusal, Refusal]
    first, second, third, fourth = answers
    assert isinstance(first, PlacedOrder)
    assert isinstance(second, PlacedOrder)
    assert (first.short, second.short) == (False, True)
    assert isinstance(third, Refusal)
    assert isinstance(third.error, UnknownId)
    assert isinstance(fourth, Refusal)
    assert isinstance(fourth.error, OutOfStock)
    assert heard == [4]
    assert stock_of(engine, LAST) == (100, 0)
    twice = place_orders(engine, [replace(one, number="SO-9") for one in wanted[:2]], now=NOW)
    assert all(isinstance(one, Refusal) and "occurs twice" in str(one.error) for one in twice)


def test_a_batch_that_loses_a_race_is_placed_one_by_one(engine: Engine) -> None:
    """While units are written, another customer takes what the batch has counted on."""
    wanted = [order(f"SO-{i}", (LAST, 2)) for i in range(50)]

    def rival(done: int) -> None:
        if done == 25:
            place_order(engine, order("RIVAL", (LAST, 40)), now=NOW)

    answers = place_orders(engine, wanted, now=NOW, on_progress=rival)
    placed = [answer for answer in answers if isinstance(answer, PlacedOrder)]
    assert len(placed) == 50
    assert Counter(one.short for one in placed) == {False: 30, True: 20}
    assert stock_of(engine, LAST) == (100, 0)
    assert check_graph(engine).findings == ()


@pytest.mark.parametrize(("orders", "round_trips"), [(10, 5 + 1), (1_000, 5 + 40)])
def test_a_batch_takes_few_round_trips(engine: Engine, orders: int, round_trips: int) -> None:
    wanted = [
        order(f"SO-{i}", (BOLT, 1), (VACCINE, 1), customer_id=(C1, C2, C3)[i % 3]) for i in range(orders)
    ]
    with count_round_trips() as trips:
        answers = place_orders(engine, wanted, now=NOW)
    assert all(isinstance(answer, PlacedOrder) for answer in answers)
    assert trips.count <= round_trips
    warehouses = load_warehouses(engine)
    for one in load_order_facts(engine, [f"order/SO-{i}" for i in range(orders)]).values():
        state = one.state
        again = projection_of(state, warehouses, now=state.assessed_at)
        assert (again.expected_at, again.day) == (state.expected_at, state.day)
