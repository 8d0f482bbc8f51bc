"""What the server answers beside GraphQL, and to what is no GraphQL at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from graphql import get_introspection_query
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from graph.engines.port import VertexRow
from graph.schema.elements import PropertyValue
from tests.api.serving import Served, serving
from tests.worlds import small_engine

JSON = {"content-type": "application/json"}


def test_it_is_alive_and_ready(served: Served) -> None:
    assert served.http.get("/healthz").json() == {"status": "alive"}
    assert served.http.get("/readyz").json() == {"status": "ready"}


def test_it_is_alive_but_not_ready_once_its_store_is_gone(tmp_path: Path) -> None:
    engine = small_engine(f"embedded:{tmp_path / 'store'}")
    with serving(engine) as served:
        engine.close()
        assert served.http.get("/healthz").status_code == 200
        ready = served.http.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["code"] == "ENGINE_ERROR"


def test_a_browser_gets_the_page_to_write_queries_in(served: Served) -> None:
    page = served.http.get("/graphql", headers={"accept": "text/html"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Perfect Order" in page.text
    assert served.http.get("/").headers["location"] == "/graphql"


def test_operations_are_not_run_from_addresses(served: Served) -> None:
    before = served.engine.round_trips
    response = served.http.get("/graphql", params={"query": "mutation { sourceOrders { untouched } }"})
    assert response.headers["content-type"].startswith("text/html")
    assert served.engine.round_trips == before


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "says"),
    [
        ("GET", "/nothing", None, {}, 404, "Not Found"),
        ("PUT", "/graphql", "{}", JSON, 405, "asked by POST"),
        ("POST", "/healthz", "{}", JSON, 405, "Method Not Allowed"),
        ("POST", "/graphql", "{}", {"content-type": "text/plain"}, 415, "application/json"),
        ("POST", "/graphql", "{", JSON, 400, "as JSON"),
        ("POST", "/graphql", "\udcff", JSON, 400, "UTF-8"),
        ("POST", "/graphql", "3", JSON, 400, "JSON object"),
        ("POST", "/graphql", "{}", JSON, 400, "No GraphQL query"),
        ("POST", "/graphql", '{"query": 3}', JSON, 400, "query"),
        ("POST", "/graphql", '{"query": "{__typename}", "variables": []}', JSON, 400, "variables"),
        ("POST", "/graphql", '[{"query": "{__typename}"}]', JSON, 400, "Batching"),
        (
            "POST",
            "/graphql",
            '{"query": "{__typename}", "variables": {"a": -Infinity}}',
            JSON,
            400,
            "JSON has no",
        ),
        ("POST", "/graphql", "[" * 100_000, JSON, 400, "too deep"),
        ("POST", "/graphql", " " * (1 << 20) + "{}", JSON, 413, "at most 1,048,576 bytes"),
    ],
)
def test_what_is_no_request_is_a_problem_that_says_why(
    served: Served, method: str, path: str, body: str | None, headers: dict[str, str], status: int, says: str
) -> None:
    content = None if body is None else body.encode("utf-8", "surrogateescape")
    response = served.http.request(method, path, content=content, headers=headers)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert says in problem["detail"]


@pytest.mark.parametrize(
    ("request_body", "status"),
    [
        ({"query": "query A { __typename }", "operationName": "\ud800"}, 400),
        (
            {
                "query": "query ($f: SkuFilter) { skus(filter: $f) { nodes { id } } }",
                "variables": {"f": {"\ud800": 1}},
            },
            200,
        ),
    ],
)
def test_half_a_surrogate_is_quoted_in_escapes(
    served: Served, request_body: dict[str, object], status: int
) -> None:
    response = served.http.post("/graphql", content=json.dumps(request_body), headers=JSON)
    assert response.status_code == status
    assert "\\ud800" in response.text


def test_a_body_of_unknown_length_is_cut_off_too(served: Served) -> None:
    chunks = (b" " * 65_536 for _ in range(32))
    response = served.http.post("/graphql", content=chunks, headers=JSON)
    assert response.status_code == 413


@pytest.mark.parametrize(
    ("query", "code", "says"),
    [
        ("{", "GRAPHQL_PARSE_FAILED", "Syntax Error"),
        ("{ nonsense }", "BAD_REQUEST", "Cannot query field 'nonsense'"),
        (
            "{ skus { nodes { " + "stocks { sku { " * 8 + "id" + " } }" * 8 + " } } }",
            "QUERY_TOO_LARGE",
            "19 levels deep",
        ),
        ("{ " + "a { " * 300 + "b" + " }" * 300 + " }", "GRAPHQL_PARSE_FAILED", "nested too deeply"),
        (
            "{ " + " ".join(f'a{i}: sku(id: "sku/BOLT") {{ id }}' for i in range(61)) + " }",
            "QUERY_TOO_LARGE",
            "61 aliases",
        ),
        ("{ " + "__typename " * 5_000 + "}", "GRAPHQL_PARSE_FAILED", "more than 4000 tokens"),
        (
            "{ customers(first: 100) { nodes { orders(first: 100) { nodes { "
            "events(first: 100) { nodes { id } } } } } } }",
            "QUERY_TOO_LARGE",
            "ask for smaller pages",
        ),
        ("subscription { planProgress(jobId: 1) { number } }", "BAD_REQUEST", "over a WebSocket"),
        ('{ sku(id: "sku/NONE") { id } }', "UNKNOWN_ID", "names no Sku of the graph: 'sku/NONE'"),
        (
            '{ order(id: "sku/BOLT") { id } }',
            "INVALID_INPUT",
            "wants order/ and the order number",
        ),
        (
            '{ node(id: "request/placeOrder/k") { id } }',
            "INVALID_INPUT",
            "wants an id that starts with one of",
        ),
        ('{ node(id: "") { id } }', "INVALID_INPUT", "wants an id that starts with one of"),
    ],
)
def test_a_query_that_cannot_be_answered_says_why(served: Served, query: str, code: str, says: str) -> None:
    before = served.engine.round_trips
    error = served.error(query)
    assert error["extensions"]["code"] == code
    assert says in error["message"]
    assert served.engine.round_trips <= before + 1


def test_what_graphiql_asks_first_is_within_the_limits(served: Served) -> None:
    assert served.ask(get_introspection_query())["__schema"]["queryType"]["name"] == "Query"


def test_an_error_nobody_expected_is_told_by_its_id_alone(served: Served) -> None:
    times = ("placed_at", "requested_at", "promised_at", "expected_at", "assessed_at")
    amounts = ("late_by_s", "priority", "weight_g", "volume_ml", "event_count")
    order: dict[str, PropertyValue] = dict.fromkeys((*times, *amounts), 1)
    order |= {"status": "promised", "day": "2026-03-03", "cold_chain": False, "hazardous": False}
    event: dict[str, PropertyValue] = {"kind": "order_promised", "occurred_at": 1, "recorded_at": 1}
    event |= {"source": "x", "subject": "order/SO-9", "sequence": 1, "data": "not JSON"}
    rows = [VertexRow("Event", "event/SO-9/1", event), VertexRow("Order", "order/SO-9", order)]
    served.engine.bulk_load(rows, [])
    error = served.error('{ order(id: "order/SO-9") { promise { reason } } }')
    assert error["extensions"] == {"code": "INTERNAL"}
    assert error["message"].startswith("internal error ")
    assert "JSON" not in error["message"]


def test_a_page_of_another_origin_may_not_open_a_websocket(served: Served) -> None:
    address = served.address.replace("http://", "ws://") + "/graphql"
    with pytest.raises(InvalidStatus, match="403"):
        connect(address, additional_headers={"Origin": "https://elsewhere.example"})
