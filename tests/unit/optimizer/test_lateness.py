"""Why an order is late: the causes' seconds add up, and what has slack is no cause."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from optimizer.calendar import ReceivingHours, WarehouseCalendar, instant_of
from optimizer.expectation import Constraint, OrderFacts, Part, expect
from optimizer.lateness import Attribution, attribute

ZONE = "America/Santiago"
H = 3600
DAY_S = 86_400
CALENDAR = WarehouseCalendar(ZONE, 18 * H, 8 * H, 2 * H, frozenset())
MONDAY = date(2026, 3, 2)
ORDER = "order/1"


def at(day: int, hour: float) -> int:
    """An hour of a day of March 2026; the 2nd is the Monday of the order."""
    return instant_of(date(2026, 3, day), round(hour * H), time_zone=ZONE)


def constraint(kind: str, clears_at: int, *, name: str = "1", is_open: bool = True) -> Constraint:
    return Constraint(kind, clears_at, (ORDER, f"{kind}/{name}"), open=is_open)


PLACED = Constraint("placed", at(2, 6), (ORDER,), open=False)
PART = Part("warehouse/W-1", 1800, CALENDAR, ())
FACTS = OrderFacts(ORDER, at(3, 18), date(2026, 3, 3), ReceivingHours(9 * H, 18 * H, 600), (PART,), (PLACED,))


def explain(
    facts: OrderFacts, *, now: int = at(2, 7), evidence: nx.DiGraph[str] | None = None
) -> Attribution:
    return attribute(
        facts,
        nx.DiGraph() if evidence is None else evidence,
        expected_at=expect(facts, now=now).expected_at,
        now=now,
        carried_out={"warehouse/W-1": (ORDER, "shipment/1", "stop/1", "route/1", "vehicle/1")},
    )


def told(attribution: Attribution) -> list[tuple[str, int]]:
    return [(cause.constraint.kind, cause.late_by_s) for cause in attribution.causes]


def test_an_order_in_time_has_no_cause_only_slack() -> None:
    early = replace(FACTS, promised_at=at(6, 18), constraints=(PLACED, constraint("inbound", at(4, 10))))
    attribution = explain(early)
    assert (attribution.late_by_s, attribution.causes) == (0, ())
    assert [(s.constraint.kind, s.slack_s) for s in attribution.slack] == [("inbound", DAY_S)]


def test_each_cause_gets_what_it_adds_to_the_next_one() -> None:
    late = replace(
        FACTS,
        constraints=(
            PLACED,
            constraint("hold", at(3, 12)),  # alone: there on the 4th
            constraint("inbound", at(6, 12)),  # alone: there on the 7th
            constraint("paper", at(2, 12)),  # in time
        ),
    )
    attribution = explain(late)
    assert attribution.late_by_s == 4 * DAY_S
    assert told(attribution) == [("inbound", 3 * DAY_S), ("hold", DAY_S)]
    assert [s.constraint.kind for s in attribution.slack] == ["paper"]


def test_causes_that_imply_the_same_day_share_it() -> None:
    late = replace(FACTS, constraints=(constraint("hold", at(3, 12)), constraint("paper", at(3, 9))))
    assert told(explain(late)) == [("hold", DAY_S // 2), ("paper", DAY_S // 2)]


def test_lines_that_wait_for_one_fact_are_one_cause() -> None:
    graph: nx.DiGraph[str] = nx.DiGraph()
    lines = []
    for n in (1, 2):
        evidence = (ORDER, f"order-line/{n}", f"allocation/{n}", "purchase-order-line/1")
        nx.add_path(graph, (*evidence, "event/delay"))
        lines.append(Constraint("inbound", at(4, 10), evidence))
    nx.add_path(graph, ("purchase-order-line/1", "event/older"))
    graph.nodes["event/delay"]["at"] = at(2, 12)
    graph.nodes["event/older"]["at"] = at(2, 11)
    late = replace(FACTS, parts=(replace(PART, constraints=tuple(lines)),))
    (cause,) = explain(late, evidence=graph).causes
    assert cause.late_by_s == 2 * DAY_S
    assert cause.chain == (
        ORDER,
        "order-line/1",
        "allocation/1",
        "purchase-order-line/1",
        "event/delay",
    )


def test_a_constraint_of_one_part_counts_by_that_parts_calendar() -> None:
    slow = replace(CALENDAR, closed_weekdays=frozenset({3, 4, 5, 6, 7}))
    waits = (constraint("short", at(3, 10)),)
    parts = (PART, Part("warehouse/W-2", 1800, slow, waits))
    assert told(explain(replace(FACTS, parts=parts))) == [("short", 6 * DAY_S)]


def test_what_no_constraint_explains_fell_to_how_it_was_carried_out() -> None:
    unplanned = explain(FACTS, now=at(4, 9))
    assert told(unplanned) == [("unplanned", 2 * DAY_S)]
    driven = replace(FACTS, parts=(replace(PART, arrives_at=at(4, 11), leaves_at=at(4, 8)),))
    by_vehicle = explain(driven)
    assert told(by_vehicle) == [("vehicle", 17 * H)]
    assert by_vehicle.causes[0].chain[-1] == "vehicle/1"
    handed_over = replace(FACTS, parts=(replace(PART, delivered_at=at(3, 19)),))
    assert told(explain(handed_over, now=at(5, 9))) == [("delivery", H)]


def test_a_vehicle_that_comes_early_on_the_later_day_takes_from_the_cause() -> None:
    late = replace(
        FACTS,
        parts=(replace(PART, arrives_at=at(4, 11), leaves_at=at(4, 8)),),
        constraints=(constraint("hold", at(3, 12), is_open=False),),
    )
    assert told(explain(late)) == [("hold", 17 * H)]


constraints = st.lists(
    st.builds(
        constraint,
        st.sampled_from(["inbound", "short", "hold", "paper", "left_out", "stock"]),
        st.integers(at(1, 0), at(2, 0) + 12 * DAY_S * 1000),
        name=st.sampled_from("abc"),
        is_open=st.booleans(),
    ),
    max_size=6,
)
parts = st.lists(
    st.builds(
        Part,
        st.sampled_from(["warehouse/W-1", "warehouse/W-2"]),
        st.integers(0, 5 * H),
        st.builds(
            WarehouseCalendar,
            st.just(ZONE),
            st.integers(12 * H, 20 * H),
            st.integers(6 * H, 9 * H),
            st.just(2 * H),
            st.frozensets(st.integers(1, 7), max_size=4),
        ),
        constraints.map(tuple),
        arrives_at=st.none() | st.integers(at(3, 0), at(12, 0)),
        leaves_at=st.none() | st.integers(at(3, 0), at(12, 0)),
        delivered_at=st.none() | st.integers(at(3, 0), at(12, 0)),
    ),
    min_size=1,
    max_size=3,
)
orders = st.builds(
    lambda parts, constraints, promised_at: replace(
        FACTS, parts=tuple(parts), constraints=(PLACED, *constraints), promised_at=promised_at
    ),
    parts,
    constraints,
    st.integers(at(3, 9), at(9, 9)),
)


@given(facts=orders, now=st.integers(at(2, 6), at(10, 0)))
def test_the_seconds_of_the_causes_add_up_to_the_lateness(facts: OrderFacts, now: int) -> None:
    attribution = explain(facts, now=now)
    assert attribution.late_by_s == expect(facts, now=now).late_by_s
    assert sum(cause.late_by_s for cause in attribution.causes) == attribution.late_by_s
    assert all(cause.late_by_s > 0 for cause in attribution.causes)
    assert all(slack.slack_s >= 0 for slack in attribution.slack)


@given(facts=orders, now=st.integers(at(2, 6), at(10, 0)), harmless=constraints)
def test_what_has_slack_changes_nothing(facts: OrderFacts, now: int, harmless: list[Constraint]) -> None:
    before = explain(facts, now=now)
    in_time = [
        replace(c, open=False, evidence=(ORDER, f"harmless/{n}"), clears_at=min(c.clears_at, at(1, 12)))
        for n, c in enumerate(harmless)
    ]
    with_them = replace(facts, constraints=(*facts.constraints, *in_time))
    after = explain(with_them, now=now)
    late = [slack for slack in after.slack if slack.constraint in in_time]
    if len(late) == len(in_time):
        assert after.causes == before.causes
