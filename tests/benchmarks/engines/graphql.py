"""GraphQL: our service, one process of it, beside ``@neo4j/graphql`` on the same graph."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.clients import Client, at_once
from tests.benchmarks.engines.world import PLANNING_DAY, order_id
from tests.benchmarks.figures import Figure, Latencies
from tests.soak.processes import PERFECT_ORDER, ROOT, Watched, watched

HERE: Final = Path(__file__).parent / "neo4j_graphql"
CACHE: Final = ROOT / ".cache" / "neo4j_graphql"
CLIENTS: Final = (1, 8)
PAGE: Final = 50
ORDER_REACH_PER_S, PAGE_REACH_PER_S = 600, 25
_CLOCK: Final = "2026-03-02T19:30:00-03:00x1"

OUR_ORDER: Final = """query ($id: ID!) {
  order(id: $id) {
    id status promisedAt lateByS
    lines { id number quantity status sku { id name } } } }"""

OUR_PAGE: Final = """query ($day: String!, $first: Int!) {
  orders(first: $first, filter: {day: $day}) { nodes {
    id status promisedAt lateByS
    lines { id number quantity status sku { id name
      stocks { id onHand available warehouse { id name } } } } } } }"""

THEIR_ORDER: Final = """query ($id: ID!) {
  orders(where: {id: {eq: $id}}) {
    id status promised_at late_by_s
    lines(sort: [{number: ASC}]) { id number quantity status sku { id name } } } }"""

THEIR_PAGE: Final = """query ($day: String!, $first: Int!) {
  orders(where: {day: {eq: $day}}, sort: [{promised_at: ASC}, {id: ASC}], limit: $first) {
    id status promised_at late_by_s
    lines(sort: [{number: ASC}]) { id number quantity status sku { id name
      stocks(sort: [{available: ASC}]) { id on_hand available warehouse { id name } } } } } }"""


class AnchorMissing(Exception):
    """There is no Node to run ``@neo4j/graphql`` with; says what to do."""


@dataclass(frozen=True)
class Service:
    """A GraphQL service and how to ask it."""

    name: str
    url: str
    order: str
    page: str


@dataclass(frozen=True)
class Measured:
    """What was asked of a service by that many clients."""

    service: str
    what: str
    clients: int
    latencies: Latencies


def graphql_figures(store: Path, neo4j_url: str, orders: int, *, seconds: float) -> list[Figure]:
    """The services in turn, so that each has the machine, but for Neo4j, to itself."""
    starts: list[Callable[[], Any]] = [
        lambda: serving_neo4j_graphql(neo4j_url),
        lambda: serving_ours("embedded", f"embedded:{store}"),
        lambda: serving_ours("Neo4j", neo4j_url),
    ]
    found: list[Measured] = []
    for start in starts:
        with start() as service:
            check_answers(service)
            found += service_figures(service, orders, seconds=seconds)
    return [_figure(one, found) for one in found]


def service_figures(service: Service, orders: int, *, seconds: float) -> list[Measured]:
    """One order and a page, each by 1 client and by 8."""

    def order(client: Client, number: int) -> object:
        return client.post(service.order, {"id": order_id(number * 37 % orders)})

    def page(client: Client, _number: int) -> object:
        return client.post(service.page, {"day": PLANNING_DAY, "first": PAGE})

    return [
        Measured(service.name, what, clients, at_once(service.url, clients, call, seconds=seconds))
        for what, call in (("one order, its lines and SKUs", order), (f"page of {PAGE} orders", page))
        for clients in CLIENTS
    ]


def check_answers(service: Service) -> None:
    """Fail unless the service answers with the whole page and with an order's three lines."""
    client = Client(service.url)
    try:
        orders = client.ask(service.page, {"day": PLANNING_DAY, "first": PAGE})["orders"]
        nodes = orders["nodes"] if isinstance(orders, Mapping) else orders
        assert len(nodes) == PAGE, len(nodes)
        stocks = [stock for node in nodes for line in node["lines"] for stock in _sku(line)["stocks"]]
        assert len(stocks) > 500, len(stocks)
        body = client.ask(service.order, {"id": order_id(17)})
        order = body["order"] if "order" in body else body["orders"][0]
        assert [_sku(line)["id"] for line in order["lines"]], order
    finally:
        client.close()


def page_bytes(service: Service) -> int:
    """How long the page's answer is."""
    client = Client(service.url)
    try:
        return len(client.post(service.page, {"day": PLANNING_DAY, "first": PAGE}))
    finally:
        client.close()


def _sku(line: Mapping[str, Any]) -> Mapping[str, Any]:
    sku: Any = line["sku"]
    one: Mapping[str, Any] = sku[0] if isinstance(sku, list) else sku
    return one


def _figure(one: Measured, all_of_them: list[Measured]) -> Figure:
    anchor = all_of_them[[(m.what, m.clients) for m in all_of_them].index((one.what, one.clients))]
    plural = "s" if one.clients > 1 else ""
    beside = (
        "the anchor"
        if anchor is one
        else (
            f"{anchor.service} {anchor.latencies.per_s:,.0f}/s; "
            f"{one.latencies.per_s / anchor.latencies.per_s:.2f} times as many{_verdict(one)}"
        )
    )
    return Figure(f"{one.what}, {one.clients} client{plural}: {one.service}", str(one.latencies), beside)


def _verdict(one: Measured) -> str:
    if "embedded" not in one.service:
        return ""
    reach = PAGE_REACH_PER_S if one.what.startswith("page") else ORDER_REACH_PER_S
    return f"; reach {reach}/s" + ("" if one.latencies.per_s >= reach else " missed")


@contextmanager
def serving_ours(engine: str, url: str) -> Iterator[Service]:
    """``perfect-order serve`` over what stands at ``url``."""
    command = [str(PERFECT_ORDER), "serve", "--port", "0", "--clock", _CLOCK, "--engine", url]
    with watched(command) as process:
        yield Service(f"ours on {engine}", _address(process), OUR_ORDER, OUR_PAGE)


def _address(process: Watched) -> str:
    ends_at = time.monotonic() + 60
    while time.monotonic() < ends_at and process.running:
        said = process.errors
        if "answers at " in said and "\n" in said.split("answers at ")[1]:
            return said.split("answers at ")[1].split("/graphql")[0]
        time.sleep(0.01)
    raise AssertionError(f"it does not serve: {process.errors}")


@contextmanager
def serving_neo4j_graphql(neo4j_url: str) -> Iterator[Service]:
    """The Node server of ``neo4j_graphql``, whose packages are installed as its lock says."""
    home = installed()
    process = subprocess.Popen(
        ["node", str(home / "server.mjs")],
        cwd=home,
        env={
            **os.environ,
            "NODE_ENV": "production",
            "NEO4J_URL": neo4j_url,
            "TYPE_DEFS": str(home / "types.graphql"),
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = process.stdout.readline().strip()
        if not port:
            raise AssertionError(f"{home}/server.mjs ended at its start with code {process.wait(10)}")
        yield Service("@neo4j/graphql on Neo4j", f"http://127.0.0.1:{port}", THEIR_ORDER, THEIR_PAGE)
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def installed() -> Path:
    """Where the anchor's server stands with its packages; :class:`AnchorMissing` says what is missing."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise AnchorMissing("@neo4j/graphql wants node and npm on the PATH (Debian: apt install npm)")
    files = sorted(path for path in HERE.iterdir() if path.is_file())
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
    home = CACHE / digest
    if not (home / ".ready").exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        for path in files:
            shutil.copy(path, home)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AnchorMissing(
                f"npm could not install @neo4j/graphql; it says:\n{done.stderr.strip()[:800]}"
            )
        (home / ".ready").touch()
    return home
