"""Exploring: rings around a vertex, never more than asked for, and it says where it cut."""

from __future__ import annotations

from typing import Any

import pytest

from api.settings import Limits
from graph.engines.port import VertexRow
from graph.schema.elements import PropertyValue
from tests.api.serving import Served, serving, settings
from tests.worlds import small_engine

AROUND = """
query ($id: ID!, $depth: Int!, $labels: [String!], $fanOut: Int!, $limit: Int!) {
  neighbourhood(id: $id, depth: $depth, labels: $labels, fanOut: $fanOut, limit: $limit) {
    truncated cutOff { id label leaving }
    vertices { id kind distance node { id __typename } }
    edges { label fromId toId }
  }
}"""


def around(served: Served, id: str, **changed: Any) -> Any:
    arguments = {"depth": 1, "labels": None, "fanOut": 50, "limit": 500, **changed}
    return served.ask(AROUND, id=id, **arguments)["neighbourhood"]


def test_the_first_ring_is_all_that_an_edge_joins_in_either_direction(served: Served) -> None:
    found = around(served, "sku/UNIT")
    assert not found["truncated"]
    assert {(v["id"], v["distance"]) for v in found["vertices"]} == {
        ("sku/UNIT", 0),
        ("sku/FRAME", 1),
        ("sku/PUMP", 1),
    }
    assert {(e["label"], e["fromId"], e["toId"]) for e in found["edges"]} == {
        ("COMPONENT_OF", "sku/FRAME", "sku/UNIT"),
        ("COMPONENT_OF", "sku/PUMP", "sku/UNIT"),
    }


def test_each_further_ring_costs_one_round_trip(served: Served) -> None:
    trips = []
    for depth in (1, 2, 3):
        before = served.engine.round_trips
        found = around(served, "sku/UNIT", depth=depth, labels=["COMPONENT_OF", "STOCK_OF", "HOLDS"])
        trips.append(served.engine.round_trips - before)
    assert trips == [3, 4, 5]
    assert {v["distance"] for v in found["vertices"]} == {0, 1, 2, 3}


def test_only_the_labels_asked_for_are_followed(served: Served) -> None:
    found = around(served, "warehouse/W-1", labels=["BASED_AT"])
    assert {edge["label"] for edge in found["edges"]} == {"BASED_AT"}
    assert [v["id"] for v in found["vertices"]] == ["warehouse/W-1", "vehicle/V-1"]


def test_a_hub_is_cut_off_at_the_fan_out_and_says_so(served: Served) -> None:
    found = around(served, "warehouse/W-1", labels=["HOLDS", "BASED_AT"], fanOut=3)
    assert found["truncated"]
    assert found["cutOff"] == [{"id": "warehouse/W-1", "label": "HOLDS", "leaving": True}]
    assert sum(edge["label"] == "HOLDS" for edge in found["edges"]) == 3
    exact = around(served, "warehouse/W-1", labels=["HOLDS"], fanOut=8)
    assert (exact["truncated"], len(exact["edges"])) == (False, 8)


def test_no_more_vertices_come_than_the_limit(served: Served) -> None:
    found = around(served, "warehouse/W-1", depth=3, limit=7)
    assert found["truncated"]
    assert len(found["vertices"]) == 7
    known = {vertex["id"] for vertex in found["vertices"]}
    assert all({edge["fromId"], edge["toId"]} <= known for edge in found["edges"])


@pytest.mark.parametrize(
    ("arguments", "field", "code"),
    [
        ({"id": "sku/NONE"}, "id", "UNKNOWN_ID"),
        ({"id": "nonsense"}, "id", "INVALID_INPUT"),
        ({"depth": 0}, "depth", "INVALID_INPUT"),
        ({"depth": 4}, "depth", "INVALID_INPUT"),
        ({"fanOut": 51}, "fanOut", "INVALID_INPUT"),
        ({"limit": 501}, "limit", "INVALID_INPUT"),
        ({"labels": ["LIKES"]}, "labels", "INVALID_INPUT"),
    ],
)
def test_what_cannot_be_explored_is_refused(
    served: Served, arguments: dict[str, Any], field: str, code: str
) -> None:
    given = {"id": "sku/BOLT", "depth": 1, "labels": None, "fanOut": 10, "limit": 100, **arguments}
    assert served.error(AROUND, **given)["extensions"] == {"code": code, "field": field}


def test_anything_is_found_by_its_id_as_what_it_is(served: Served) -> None:
    for id, kind in (("sku/BOLT", "Sku"), ("location/C-1", "Location"), ("road-segment/100", "RoadSegment")):
        node = served.ask("query ($id: ID!) { node(id: $id) { id __typename } }", id=id)["node"]
        assert node == {"id": id, "__typename": kind}


def test_reading_that_takes_too_long_is_given_up() -> None:
    engine = small_engine()
    supplier: dict[str, PropertyValue] = {"name": "Supplier", "country": "CL"}
    engine.bulk_load([VertexRow("Supplier", f"supplier/{n}", supplier) for n in range(5_000)], [])
    with serving(engine, with_settings=settings(limits=Limits(read_ms=1))) as served:
        error = served.error("{ suppliers { nodes { id } } }")
    assert error["extensions"]["code"] == "QUERY_TIMEOUT"
    engine.close()
