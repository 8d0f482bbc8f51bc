"""The served store: orders placed, pages read, lateness explained, and stalls while a plan is made."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import T

from api.clock import RunningClock
from graph.engines.port import Engine
from seeds.world.build import World
from tests.api.serving import serving
from tests.benchmarks.clients import Client, at_once
from tests.benchmarks.figures import Figure, Latencies, repeated
from tests.benchmarks.requests import JOB, LATE_ORDERS, LATENESS, ORDER_PAGE, PLACE, PLAN
from tests.benchmarks.world import CLOCK, TIMES, Size
from tests.soak.served import served

PAGE = 50
REQUESTED_AT = "2026-03-06T12:00:00-03:00"


def page_by_hand(g: GraphTraversalSource, day: str, first: int) -> GraphTraversal:
    """What the order page shows, as one traversal."""
    sku = __.out("ORDERS").project("id", "name").by(T.id).by("name")
    allocations = (
        __.out("HAS_ALLOCATION")
        .project("quantity", "state", "availableAt", "reason")
        .by("quantity")
        .by("state")
        .by("available_at")
        .by("reason")
        .fold()
    )
    vehicle = __.in_("DRIVES").project("id", "name").by(T.id).by("name")
    route = (
        __.in_("VISITS").project("id", "departsAt", "vehicle").by(T.id).by("departs_at").by(vehicle).fold()
    )
    stop = (
        __.in_("SERVES")
        .has("status", "planned")
        .project("sequence", "arriveAt", "route")
        .by("sequence")
        .by("arrive_at")
        .by(route)
        .fold()
    )
    lines = (
        __.out("HAS_LINE")
        .project("number", "quantity", "status", "sku", "allocations")
        .by("number")
        .by("quantity")
        .by("status")
        .by(sku)
        .by(allocations)
        .fold()
    )
    shipments = (
        __.out("HAS_SHIPMENT")
        .project("id", "status", "weightG", "stop")
        .by(T.id)
        .by("status")
        .by("weight_g")
        .by(stop)
        .fold()
    )
    return (
        g.V()
        .has("Order", "day", day)
        .order()
        .by("promised_at")
        .by(T.id)
        .limit(first)
        .project("id", "status", "promisedAt", "expectedAt", "lateByS", "lines", "shipments")
        .by(T.id)
        .by("status")
        .by("promised_at")
        .by("expected_at")
        .by("late_by_s")
        .by(lines)
        .by(shipments)
    )


def page_without_graphql(engine: Engine, size: Size) -> tuple[Latencies, list[Figure]]:
    """The order page by one traversal and JSON; and how often GraphQL asks the graph for it."""
    by_hand = repeated(
        lambda: json.dumps(engine.run(page_by_hand(engine.g, TIMES.planning_day, PAGE))),
        seconds=size.seconds / 2,
    )
    clock = RunningClock(TIMES.explained_at, speed=0)
    with serving(engine, clock=clock) as service:
        nodes = service.ask(ORDER_PAGE, first=PAGE)["orders"]["nodes"]
        trips = service.round_trips(ORDER_PAGE, first=PAGE)
    assert len(nodes) == PAGE
    lines = sum(len(order["lines"]) for order in nodes)
    shipments = [shipment for order in nodes for shipment in order["shipments"]]
    stops = sum(shipment["stop"] is not None for shipment in shipments)
    return by_hand, [
        Figure(
            f"round trips of the order page ({PAGE} orders)",
            str(trips),
            f"{lines} lines, {len(shipments)} shipments, {stops} stops on it",
        )
    ]


def served_figures(store: Path, world: World, by_hand: Latencies, size: Size) -> list[Figure]:
    """All that is measured over HTTP."""
    with served(store, clock=CLOCK) as service:
        return [
            *_pages(service.url, by_hand, size),
            *_lateness(service.url, size),
            *_placing(service.url, world, size),
            *_stall(service.url, size),
        ]


def _pages(url: str, by_hand: Latencies, size: Size) -> list[Figure]:
    figures = []
    for clients in (1, 8, 32):
        found = at_once(url, clients, lambda c, _: c.post(ORDER_PAGE, {"first": PAGE}), seconds=size.seconds)
        ratio = found.percentile_ms(50) / by_hand.percentile_ms(50)
        beside = (
            f"one hand-written traversal and json, in process: p50 {by_hand.percentile_ms(50):.1f} ms; "
            f"GraphQL over HTTP takes {ratio:.1f} times that"
            if clients == 1
            else ""
        )
        figures.append(Figure(f"order page, {clients} client{'s' * (clients > 1)}", str(found), beside))
    return figures


def _lateness(url: str, size: Size) -> list[Figure]:
    client = Client(url)
    late = [node["id"] for node in client.ask(LATE_ORDERS)["lateOrders"]["nodes"]]
    client.close()
    found = at_once(
        url, 1, lambda c, n: c.post(LATENESS, {"id": late[n % len(late)]}), seconds=size.seconds / 2
    )
    return [Figure("lateness of one order, with its causes", str(found), f"{len(late)} late orders in turn")]


def _placing(url: str, world: World, size: Size) -> list[Figure]:
    customers = [v.id for v in world.vertices if v.label == "Customer"]
    skus = [v.id for v in world.vertices if v.label == "Sku" and not v.properties["discontinued"]]
    figures = []
    for clients in (1, 8):

        def place(client: Client, number: int, clients: int = clients) -> None:
            dice = random.Random(number)
            wanted = {
                "number": f"BENCH-{clients}-{number}",
                "customerId": dice.choice(customers),
                "requestedAt": REQUESTED_AT,
                "lines": [
                    {"skuId": sku_id, "quantity": dice.randint(1, 5)} for sku_id in dice.sample(skus, 3)
                ],
            }
            payload = client.ask(PLACE, {"input": wanted})["placeOrder"]
            if payload["userErrors"]:
                raise RuntimeError(f"an order was refused: {payload['userErrors']}")

        found = at_once(url, clients, place, seconds=size.seconds)
        figures.append(
            Figure(
                f"orders placed through GraphQL, {clients} client{'s' * (clients > 1)}",
                f"{found.per_s:,.0f}/s",
                f"3 lines each; {found}",
            )
        )
    return figures


def _stall(url: str, size: Size) -> list[Figure]:
    """How long the event loop keeps a ping waiting, at most: idle, and while a plan is made."""
    idle = _pings_while(url, lambda: time.sleep(1.0))
    planning = _pings_while(url, lambda: _plan(url, size.plan_seconds))
    return [
        Figure(
            f"longest stall of the event loop while a plan is made ({size.plan_seconds:.0f} s of search)",
            f"{planning.percentile_ms(100):.1f} ms",
            f"pings of /healthz: p50 {planning.percentile_ms(50):.2f} ms, "
            f"p99 {planning.percentile_ms(99):.2f} ms; "
            f"idle: p50 {idle.percentile_ms(50):.2f} ms, longest {idle.percentile_ms(100):.1f} ms",
        )
    ]


def _pings_while(url: str, work: Callable[[], object]) -> Latencies:
    each: list[float] = []
    over = Event()

    def ping() -> None:
        client = Client(url)
        client.ping()
        while not over.is_set():
            began = time.perf_counter()
            client.ping()
            each.append(time.perf_counter() - began)
            time.sleep(0.0005)
        client.close()

    pinging = Thread(target=ping)
    pinging.start()
    began = time.perf_counter()
    try:
        work()
    finally:
        over.set()
        pinging.join()
    return Latencies(each, time.perf_counter() - began)


def _plan(url: str, seconds: float) -> None:
    client = Client(url)
    wanted = {"day": TIMES.planning_day, "seed": 2, "seconds": seconds}
    payload = client.ask(PLAN, {"input": wanted})["planRoutes"]
    if payload["userErrors"]:
        raise RuntimeError(f"no plan was started: {payload['userErrors']}")
    job = payload["job"]
    while job["status"] == "RUNNING":
        time.sleep(0.1)
        job = client.ask(JOB, {"id": payload["job"]["id"]})["job"]
    client.close()
    if job["status"] != "FINISHED":
        raise RuntimeError(f"the plan ended {job['status']}: {job['outcome']}")
