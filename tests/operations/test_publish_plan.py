"""Publishing: the day's plan is switched as a whole, orders follow it, and nobody sees two plans."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any, cast

import pytest

from api.operations.plan_routes import plan_routes
from api.operations.publish_plan import Published, publish_plan
from graph.engines.port import EdgeRow, Engine, Statement
from graph.errors import Conflict, InvalidInput, StatementMissed, UnknownId
from graph.schema import ids
from graph.traversals import planning
from tests.operations.made_orders import TUESDAY, values
from tests.operations.ready_day import (
    MONDAY_19,
    V1,
    V2,
    change,
    close_street,
    contradictions,
    crossed,
    depart,
    driven,
    empty,
    plan_in_force,
    ready_world,
    refit,
    served_and_left_out,
    shipments_of,
)
from tests.worlds import DAY_MS, W2

SO_1, SO_4 = ids.order("SO-1"), ids.order("SO-4")


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = ready_world()
    yield engine
    engine.close()


class Meddling:
    """An engine to which somebody does something just before a plan is published."""

    def __init__(self, engine: Engine, meddle: Callable[[], object]) -> None:
        self._engine = engine
        self._meddle: Callable[[], object] | None = meddle

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)

    def transact(self, statements: Sequence[Statement]) -> list[list[Any]]:
        """The engine's, after the meddling if this publishes a plan."""
        if self._meddle is not None and any(s.name.endswith("is a draft") for s in statements):
            meddle, self._meddle = self._meddle, None
            meddle()
        return self._engine.transact(statements)


def draft(engine: Engine, *, seed: int = 1, day: str = TUESDAY) -> str:
    return plan_routes(engine, day=day, now=MONDAY_19, seed=seed, iterations=50, in_process=True).plan_id


def statuses(engine: Engine, plan_id: str) -> tuple[set[str], set[str], set[str]]:
    """Of the plan, of its routes and of its stops."""
    g = engine.g
    return (
        set(engine.run(g.V(plan_id).values("status"))),
        set(engine.run(g.V(plan_id).out("HAS_ROUTE").values("status"))),
        set(engine.run(g.V(plan_id).out("HAS_ROUTE").out("VISITS").values("status"))),
    )


def test_a_published_plan_routes_its_orders_and_expects_them_at_their_stops(engine: Engine) -> None:
    plan_id = draft(engine)
    published = publish_plan(engine, plan_id, now=MONDAY_19)
    assert published == Published(plan_id, TUESDAY, None, routed=6, back_to_ready=0, put_off=0, changed=True)
    assert plan_in_force(engine) == [plan_id]
    assert statuses(engine, plan_id) == ({"published"}, {"published"}, {"planned"})
    for shipment_id in shipments_of(engine, [SO_1]):
        [arrive_at] = engine.run(engine.g.V(shipment_id).in_("SERVES").values("arrive_at"))
        order = values(engine, SO_1)
        assert (order["status"], order["expected_at"], order["event_count"]) == ("routed", arrive_at, 1)
        [event] = engine.run(engine.g.V(SO_1).in_("ABOUT").project("kind", "data").by("kind").by("data"))
        assert event["kind"] == "order_routed"
        assert json.loads(event["data"])["to"] == arrive_at
    assert contradictions(engine) == []


def test_publishing_twice_changes_nothing(engine: Engine) -> None:
    plan_id = draft(engine)
    publish_plan(engine, plan_id, now=MONDAY_19)
    before = engine.run(engine.g.V().has_label("Order").value_map())
    assert publish_plan(engine, plan_id, now=MONDAY_19 + 1).changed is False
    assert engine.run(engine.g.V().has_label("Order").value_map()) == before


def test_a_draft_of_a_day_that_is_over_is_not_published(engine: Engine) -> None:
    plan_id = draft(engine)
    with pytest.raises(InvalidInput, match="lies in the past: today is 2026-03-04, and 2026-03-03 is over"):
        publish_plan(engine, plan_id, now=MONDAY_19 + 2 * DAY_MS)
    assert plan_in_force(engine) == []


def test_planning_again_supersedes_the_whole_plan_and_never_mixes_two(engine: Engine) -> None:
    first = draft(engine)
    publish_plan(engine, first, now=MONDAY_19)
    empty(engine, V2)
    second = draft(engine, seed=2)
    published = publish_plan(engine, second, now=MONDAY_19)
    assert published.superseded_id == first
    assert plan_in_force(engine) == [second]
    assert statuses(engine, first) == ({"superseded"}, {"superseded"}, {"superseded"})
    assert statuses(engine, second) == ({"published"}, {"published"}, {"planned"})
    served, left_out = served_and_left_out(engine, second)
    assert set(left_out) == {id for id in shipments_of(engine) if id.endswith("/W-2")}
    assert set(served) | set(left_out) == shipments_of(engine)
    assert contradictions(engine) == []


def test_orders_a_new_plan_leaves_out_are_ready_again_and_expected_on_a_later_day(engine: Engine) -> None:
    publish_plan(engine, draft(engine), now=MONDAY_19)
    empty(engine, V2)
    published = publish_plan(engine, draft(engine), now=MONDAY_19)
    only_w2 = [
        id
        for id in engine.run(engine.g.V().has_label("Order").id_())
        if shipments_of(engine, [id]) == {ids.shipment(id, W2)}
    ]
    assert published.back_to_ready == len(only_w2) > 0
    for order_id in only_w2:
        order = values(engine, order_id)
        assert (order["status"], order["day"]) == ("ready", "2026-03-04")
        assert order["late_by_s"] != 0
    assert contradictions(engine) == []


def test_an_order_of_two_shipments_is_taken_back_whole_when_a_vehicle_returns(engine: Engine) -> None:
    publish_plan(engine, draft(engine), now=MONDAY_19)
    empty(engine, V2)
    publish_plan(engine, draft(engine), now=MONDAY_19)
    assert values(engine, ids.order("SO-3"))["day"] == "2026-03-04"  # one of its parts waits
    refit(engine, V2)
    third = draft(engine)
    publish_plan(engine, third, now=MONDAY_19)
    served, left_out = served_and_left_out(engine, third)
    assert (set(served), set(left_out)) == (shipments_of(engine), set())
    assert {values(engine, id)["day"] for id in engine.run(engine.g.V().has_label("Order").id_())} == {
        TUESDAY
    }
    assert contradictions(engine) == []


def test_what_waits_for_the_next_day_goes_then_and_its_other_part_stays_where_it_is(engine: Engine) -> None:
    empty(engine, V2)
    tuesday = draft(engine)
    publish_plan(engine, tuesday, now=MONDAY_19)
    refit(engine, V2)
    wednesday = draft(engine, day="2026-03-04")
    publish_plan(engine, wednesday, now=MONDAY_19)
    assert sorted(plan_in_force(engine)) == [tuesday, wednesday]
    on_tuesday, _ = served_and_left_out(engine, tuesday)
    on_wednesday, _ = served_and_left_out(engine, wednesday)
    assert set(on_wednesday) == {id for id in shipments_of(engine) if id.endswith("/W-2")}
    assert not set(on_tuesday) & set(on_wednesday)
    assert contradictions(engine) == []


def test_routes_of_the_plan_in_force_alone_cross_streets(engine: Engine) -> None:
    first = draft(engine)
    assert crossed(engine, first) == set()
    publish_plan(engine, first, now=MONDAY_19)
    assert crossed(engine, first) == driven(engine, first) != set()
    second = draft(engine)
    publish_plan(engine, second, now=MONDAY_19)
    assert crossed(engine, first) == set()
    assert crossed(engine, second) == driven(engine, second)


def test_what_a_crash_after_the_switch_left_is_tidied_by_publishing_again(engine: Engine) -> None:
    first, second = draft(engine), draft(engine)
    publish_plan(engine, first, now=MONDAY_19)
    publish_plan(engine, second, now=MONDAY_19)
    engine.bulk_load([], [EdgeRow("CROSSES", ids.route(first, V1), "road-segment/100")])
    publish_plan(engine, second, now=MONDAY_19)
    assert crossed(engine, first) == set()


@pytest.mark.parametrize("status", ["cancelled", "blocked", "sourced"])
def test_a_draft_whose_order_changed_is_refused_and_names_it(engine: Engine, status: str) -> None:
    plan_id = draft(engine)
    change(engine, SO_4, status=status)
    with pytest.raises(Conflict, match=f"{SO_4} is {status}"):
        publish_plan(engine, plan_id, now=MONDAY_19)
    assert plan_in_force(engine) == []
    assert statuses(engine, plan_id) == ({"draft"}, {"draft"}, {"planned"})


def test_a_draft_whose_shipment_grew_is_refused_and_names_the_route(engine: Engine) -> None:
    plan_id = draft(engine)
    [shipment_id] = shipments_of(engine, [ids.order("SO-2")])
    change(engine, shipment_id, weight_g=2_000)
    with pytest.raises(Conflict, match="its shipments weigh"):
        publish_plan(engine, plan_id, now=MONDAY_19)


def test_a_draft_over_a_street_closed_since_is_refused_and_names_it(engine: Engine) -> None:
    plan_id = draft(engine)
    street = sorted(driven(engine, plan_id))[0]
    close_street(engine, street)
    with pytest.raises(Conflict, match=street):
        publish_plan(engine, plan_id, now=MONDAY_19)
    assert plan_in_force(engine) == []


def test_a_draft_that_was_cut_off_is_refused(engine: Engine) -> None:
    plan_id = draft(engine)
    engine.run(engine.g.V(ids.stop(ids.route(plan_id, V1), 0)).out_e("NEXT").drop())
    with pytest.raises(Conflict, match="was not written to its end"):
        publish_plan(engine, plan_id, now=MONDAY_19)


def test_what_is_no_draft_is_refused(engine: Engine) -> None:
    first, second = draft(engine), draft(engine)
    publish_plan(engine, first, now=MONDAY_19)
    publish_plan(engine, second, now=MONDAY_19)
    with pytest.raises(Conflict, match=f"{first} is superseded"):
        publish_plan(engine, first, now=MONDAY_19)
    with pytest.raises(UnknownId, match="plan/2026-03-03/99"):
        publish_plan(engine, ids.plan(TUESDAY, 99), now=MONDAY_19)


def test_a_plan_whose_vehicle_has_left_is_not_superseded(engine: Engine) -> None:
    first, second = draft(engine), draft(engine)
    publish_plan(engine, first, now=MONDAY_19)
    depart(engine, ids.route(first, V1))
    with pytest.raises(Conflict, match="has left"):
        publish_plan(engine, second, now=MONDAY_19)
    assert plan_in_force(engine) == [first]


def test_a_unit_decided_on_what_is_no_longer_so_writes_nothing(engine: Engine) -> None:
    first, second, third = draft(engine), draft(engine), draft(engine)
    publish_plan(engine, first, now=MONDAY_19)
    publish_plan(engine, second, now=MONDAY_19)
    stale = planning.publish(engine.g, day=TUESDAY, plan_id=third, superseded_id=first, routes=2)
    with pytest.raises(StatementMissed, match=f"{first} is in force"):
        engine.transact(stale)
    assert plan_in_force(engine) == [second]
    assert statuses(engine, third)[0] == {"draft"}


def test_of_many_publishing_at_once_one_plan_is_in_force_whenever_one_looks(engine: Engine) -> None:
    drafts = [draft(engine, seed=seed) for seed in range(1, 7)]
    barrier, done = Barrier(len(drafts)), Event()
    seen: list[int] = []

    def publish(plan_id: str) -> str:
        barrier.wait()
        try:
            publish_plan(engine, plan_id, now=MONDAY_19)
        except Conflict:
            return ""
        return plan_id

    def look() -> None:
        while not done.is_set():
            seen.append(len(plan_in_force(engine)))

    with ThreadPoolExecutor(len(drafts) + 1) as threads:
        looking = threads.submit(look)
        winners = [plan_id for plan_id in threads.map(publish, drafts) if plan_id]
        done.set()
        looking.result()
    [in_force] = plan_in_force(engine)
    assert in_force in winners
    assert max(seen) == 1
    published = [id for id in drafts if statuses(engine, id)[0] == {"published"}]
    assert published == [in_force]
    assert contradictions(engine) == []


def test_the_same_plan_published_by_many_at_once_is_published_once(engine: Engine) -> None:
    plan_id = draft(engine)
    barrier = Barrier(4)

    def publish(_: int) -> bool:
        barrier.wait()
        return publish_plan(engine, plan_id, now=MONDAY_19).changed

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(publish, range(4))) == [False, False, False, True]
    assert values(engine, SO_1)["event_count"] == 1


def test_an_order_that_moved_while_publishing_is_read_again(engine: Engine) -> None:
    plan_id = draft(engine)
    meddling = Meddling(engine, lambda: change(engine, SO_1, event_count=5))
    publish_plan(cast(Engine, meddling), plan_id, now=MONDAY_19)
    assert (values(engine, SO_1)["status"], values(engine, SO_1)["event_count"]) == ("routed", 6)


def test_an_order_cancelled_while_publishing_keeps_the_plan_from_being_published(engine: Engine) -> None:
    plan_id = draft(engine)
    meddling = Meddling(engine, lambda: change(engine, SO_1, event_count=1, status="cancelled"))
    with pytest.raises(Conflict, match=f"{SO_1} is cancelled"):
        publish_plan(cast(Engine, meddling), plan_id, now=MONDAY_19)
    assert plan_in_force(engine) == []
    assert values(engine, SO_4)["status"] == "ready"


def test_of_two_drafts_published_at_once_the_second_is_told_of_the_first(engine: Engine) -> None:
    first, second = draft(engine), draft(engine)
    meddling = Meddling(engine, lambda: publish_plan(engine, first, now=MONDAY_19))
    with pytest.raises(Conflict, match=f"{first} was published for {TUESDAY} at the same time"):
        publish_plan(cast(Engine, meddling), second, now=MONDAY_19)
    assert plan_in_force(engine) == [first]
    assert statuses(engine, second)[0] == {"draft"}
