"""Following orders and jobs: every event once, in its sequence, across broken connections."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from api.clock import RunningClock
from api.operations.jobs import JobRunner
from graph.engines.port import Engine
from graph.traversals.events import NewEvent, order_events
from tests.api.serving import Served, serving
from tests.operations.made_orders import TUESDAY
from tests.operations.ready_day import MONDAY_19, ready_world
from tests.worlds import START_AT

FOLLOW = """
subscription ($order: ID!, $after: Int!) {
  deliveryStatus(orderId: $order, after: $after) { sequence cursor kind order { status } }
}"""
PROGRESS = """
subscription ($job: ID!) {
  planProgress(jobId: $job) { number status iterations cost outcome job { id } plan { id status } }
}"""
PLAN = """
mutation ($input: PlanRoutesInput!) {
  planRoutes(input: $input) { job { id status subject } userErrors { field message } }
}"""
ORDER = "order/SO-1"


def place(served: Served, number: str = "SO-1") -> None:
    placed = served.ask(
        """mutation ($number: String!) { placeOrder(input: {
             number: $number, customerId: "customer/C-1", requestedAt: "2026-03-03T18:00-03:00",
             lines: [{skuId: "sku/BOLT", quantity: 1}]}) { userErrors { message } } }""",
        number=number,
    )
    assert placed["placeOrder"]["userErrors"] == []


def write_events(engine: Engine, *, seen: int, count: int) -> None:
    """So many events of the order, one by one, by somebody who writes beside the server."""
    for sequence in range(seen, seen + count):
        event = NewEvent("order_expected_changed", START_AT, "test", ORDER)
        engine.transact(
            order_events(engine.g, order_id=ORDER, seen=sequence, events=[event], recorded_at=START_AT)
        )


def sequence_of(served: Served) -> int:
    count: int = served.ask('{ order(id: "order/SO-1") { eventCount } }')["order"]["eventCount"]
    return count


def test_what_has_happened_comes_first_and_then_what_happens(served: Served) -> None:
    place(served)
    with served.following(FOLLOW, order=ORDER, after=0) as following:
        first = following.next()["deliveryStatus"]
        assert first == {
            "sequence": 1,
            "cursor": 1,
            "kind": "ORDER_PROMISED",
            "order": {"status": "PROMISED"},
        }
        served.ask("mutation { sourceOrders { untouched } }")
        second = following.next()["deliveryStatus"]
        assert (second["sequence"], second["kind"]) == (2, "ORDER_SOURCED")
        assert second["order"] == {"status": "SOURCED"}


def test_a_write_beside_the_server_is_seen_all_the_same(served: Served) -> None:
    place(served)
    with served.following(FOLLOW, order=ORDER, after=1) as following:
        write_events(served.engine, seen=1, count=2)
        seen = [following.next()["deliveryStatus"]["sequence"] for _ in range(2)]
    assert seen == [2, 3]


def test_a_client_that_keeps_losing_its_connection_misses_and_repeats_nothing(served: Served) -> None:
    place(served)
    writer = Thread(target=write_events, args=(served.engine,), kwargs={"seen": 1, "count": 30})
    writer.start()
    seen: list[int] = []
    while len(seen) < 31:
        after = seen[-1] if seen else 0
        with served.following(FOLLOW, order=ORDER, after=after) as following:
            for _ in range(1 + len(seen) % 4):
                if len(seen) < 31:
                    seen.append(following.next()["deliveryStatus"]["cursor"])
    writer.join()
    assert seen == list(range(1, 32))
    assert sequence_of(served) == 31


def test_more_events_than_one_read_takes_come_in_their_sequence(served: Served) -> None:
    place(served)
    write_events(served.engine, seen=1, count=60)
    with served.following(FOLLOW, order=ORDER, after=0) as following:
        seen = [following.next()["deliveryStatus"]["sequence"] for _ in range(61)]
    assert seen == list(range(1, 62))


@pytest.mark.parametrize(
    ("order", "after", "says"),
    [
        ("order/NONE", 0, "orderId names no Order of the graph: 'order/NONE'"),
        ("sku/BOLT", 0, "orderId wants order/ and the order number, the id of an Order"),
        (ORDER, 2, "after wants the sequence of an event of the order, 0 to 1, got 2"),
        (ORDER, -1, "after wants the sequence of an event of the order, 0 to 1, got -1"),
    ],
)
def test_what_cannot_be_followed_is_refused(served: Served, order: str, after: int, says: str) -> None:
    place(served)
    with served.following(FOLLOW, order=order, after=after) as following:
        message = following.message()
    payload = message["payload"]
    (error,) = payload if message["type"] == "error" else payload["errors"]
    assert error["message"].startswith(says)


def test_a_client_that_does_not_introduce_itself_is_shown_out(served: Served) -> None:
    address = served.address.replace("http://", "ws://") + "/graphql"
    with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        socket.send('{"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }"}}')
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=30)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


@pytest.fixture
def evening() -> Iterator[Served]:
    """Ready orders for Tuesday, on Monday evening; searches run in the server's process."""
    engine = ready_world(12)
    clock = RunningClock(MONDAY_19, speed=0)
    with serving(engine, clock=clock, jobs=JobRunner(clock.now, in_process=True)) as served:
        yield served
    engine.close()


def test_a_plan_is_followed_to_its_end_and_published(evening: Served) -> None:
    started = evening.ask(PLAN, input={"day": TUESDAY, "iterations": 200})["planRoutes"]
    assert started["userErrors"] == []
    job = started["job"]
    assert job["subject"] == f"planning-day/{TUESDAY}"
    with evening.following(PROGRESS, job=job["id"]) as following:
        reports = [following.next(30)["planProgress"]]
        while reports[-1]["status"] == "RUNNING":
            reports.append(following.next(30)["planProgress"])
        assert following.message()["type"] == "complete"
    last = reports[-1]
    assert (last["status"], last["plan"]) == ("FINISHED", {"id": last["outcome"], "status": "DRAFT"})
    assert [report["number"] for report in reports] == sorted({report["number"] for report in reports})

    published = evening.ask(
        """mutation ($id: ID!) { publishPlan(id: $id) {
             plan { id status inForce } superseded { id } routed changed userErrors { message } } }""",
        id=last["outcome"],
    )["publishPlan"]
    assert published["plan"] == {"id": last["outcome"], "status": "PUBLISHED", "inForce": True}
    assert published["changed"]
    assert published["routed"] > 0


def test_a_job_that_has_ended_is_reported_once(evening: Served) -> None:
    job = evening.ask(PLAN, input={"day": TUESDAY, "iterations": 10})["planRoutes"]["job"]
    for _ in range(2):
        with evening.following(PROGRESS, job=job["id"]) as following:
            status = "RUNNING"
            while status == "RUNNING":
                status = following.next(30)["planProgress"]["status"]
            assert following.message()["type"] == "complete"


def test_a_running_job_is_cancelled_and_started_again(evening: Served) -> None:
    job = evening.ask(PLAN, input={"day": TUESDAY, "seconds": 60})["planRoutes"]["job"]["id"]
    change = "mutation ($id: ID!) { %s(id: $id) { job { status } userErrors { code message } } }"
    with evening.following(PROGRESS, job=job) as following:
        following.next(30)
        assert evening.ask(change % "cancelJob", id=job)["cancelJob"]["userErrors"] == []
        status = "RUNNING"
        while status == "RUNNING":
            status = following.next(30)["planProgress"]["status"]
    assert status == "CANCELLED"
    (error,) = evening.ask(change % "restartJob", id=job)["restartJob"]["userErrors"]
    assert error["code"] == "FORBIDDEN_TRANSITION"


def test_while_a_plan_is_computed_the_api_goes_on_answering(evening: Served) -> None:
    job = evening.ask(PLAN, input={"day": TUESDAY, "seconds": 60})["planRoutes"]["job"]["id"]
    with evening.following(PROGRESS, job=job) as following:
        following.next(30)
        names = [evening.ask("{ warehouses { nodes { name } } }")["warehouses"]["nodes"] for _ in range(20)]
        assert len(names) == 20
        assert evening.ask(f'{{ job(id: "{job}") {{ status }} }}')["job"]["status"] == "RUNNING"
        evening.ask(f'mutation {{ cancelJob(id: "{job}") {{ userErrors {{ message }} }} }}')


def test_a_server_that_ends_interrupts_its_jobs_and_the_next_one_starts_them_again() -> None:
    engine = ready_world(12)
    clock = RunningClock(MONDAY_19, speed=0)
    with serving(engine, clock=clock, jobs=JobRunner(clock.now, in_process=True)) as served:
        job = served.ask(PLAN, input={"day": TUESDAY, "seconds": 60})["planRoutes"]["job"]["id"]
    with serving(engine, clock=clock, jobs=JobRunner(clock.now, in_process=True)) as again:
        assert again.ask(f'{{ job(id: "{job}") {{ status }} }}')["job"]["status"] == "INTERRUPTED"
        restarted = again.ask(
            f'mutation {{ restartJob(id: "{job}") {{ job {{ status }} userErrors {{ message }} }} }}'
        )["restartJob"]
        assert restarted == {"job": {"status": "RUNNING"}, "userErrors": []}
    engine.close()


def test_queries_and_mutations_go_over_the_websocket_too(served: Served) -> None:
    place(served)
    with served.following(
        'mutation { cancelOrder(orderId: "order/SO-1") { order { status } } }'
    ) as following:
        assert following.next() == {"cancelOrder": {"order": {"status": "CANCELLED"}}}
        assert following.message()["type"] == "complete"
