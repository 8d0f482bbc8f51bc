"""Lists: filtered, in a total order, in pages that join without gap or overlap."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.serving import Served, serving, settings

SKUS = """
query ($first: Int, $after: String, $last: Int, $before: String, $by: SkuSort!, $down: Boolean!) {
  skus(first: $first, after: $after, last: $last, before: $before, orderBy: $by, descending: $down) {
    totalCount
    nodes { id name category price { amount } weightG }
    edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""


def page(served: Served, **arguments: Any) -> Any:
    return served.ask(SKUS, **{"by": "CATEGORY", "down": False, **arguments})["skus"]


def ids_of(found: Any) -> list[str]:
    return [node["id"] for node in found["nodes"]]


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("by", ["NAME", "CATEGORY", "PRICE", "WEIGHT"])
def test_pages_join_to_the_whole_list_in_both_directions(served: Served, by: str, down: bool) -> None:
    whole = ids_of(page(served, first=100, by=by, down=down))
    assert len(whole) == 11

    forwards: list[str] = []
    after = None
    while after is not None or not forwards:
        found = page(served, first=4, after=after, by=by, down=down)
        forwards += ids_of(found)
        after = found["pageInfo"]["endCursor"] if found["pageInfo"]["hasNextPage"] else None

    backwards: list[str] = []
    before = None
    while before is not None or not backwards:
        found = page(served, last=4, before=before, by=by, down=down)
        backwards = ids_of(found) + backwards
        before = found["pageInfo"]["startCursor"] if found["pageInfo"]["hasPreviousPage"] else None

    assert forwards == backwards == whole


def test_equal_values_come_in_the_order_of_their_ids(served: Served) -> None:
    nodes = page(served, first=100)["nodes"]
    assert nodes == sorted(nodes, key=lambda node: (node["category"], node["id"]))


def test_a_page_says_what_is_around_it(served: Served) -> None:
    first = page(served, first=4)
    assert first["totalCount"] == 11
    assert [edge["node"]["id"] for edge in first["edges"]] == ids_of(first)
    assert first["pageInfo"]["startCursor"] == first["edges"][0]["cursor"]
    second = page(served, first=100, after=first["pageInfo"]["endCursor"])
    assert second["pageInfo"]["hasPreviousPage"]
    assert not second["pageInfo"]["hasNextPage"]


def test_an_empty_page_has_no_cursors(served: Served) -> None:
    found = page(served, first=0)
    assert found["nodes"] == []
    assert found["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }


@pytest.mark.parametrize(
    ("arguments", "field", "says"),
    [
        ({"first": 101}, "first", "wants a number from 0 to 100, got 101"),
        ({"first": -1}, "first", "wants a number from 0 to 100, got -1"),
        ({"last": 1000}, "last", "wants a number from 0 to 100, got 1000"),
        ({"first": 1, "last": 1}, "last", "cannot be asked for together with first"),
        ({"after": "c3VyZQ"}, "after", "is not a cursor of this server"),
        ({"before": "%"}, "before", "is not a cursor of this server"),
    ],
)
def test_a_page_that_cannot_be_is_refused(
    served: Served, arguments: dict[str, Any], field: str, says: str
) -> None:
    before = served.engine.round_trips
    error = served.error(SKUS, by="NAME", down=False, **arguments)
    assert error["extensions"] == {"code": "INVALID_INPUT", "field": field}
    assert error["message"].startswith(f"{field} {says}")
    assert served.engine.round_trips == before


def test_a_cursor_that_was_tampered_with_or_is_of_another_list_is_refused(served: Served) -> None:
    cursor = page(served, first=1)["pageInfo"]["endCursor"]
    changed = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    assert (
        "is not a cursor of this server"
        in served.error(SKUS, by="CATEGORY", down=False, after=changed)["message"]
    )
    other = served.error(SKUS, by="NAME", down=False, after=cursor)
    assert "is a cursor of a list in the order Sku by category" in other["message"]


def test_a_cursor_is_valid_after_a_restart_with_the_same_key(served: Served) -> None:
    first = page(served, first=4)
    with serving(served.engine) as again:
        assert ids_of(page(again, first=1, after=first["pageInfo"]["endCursor"]))
    with serving(served.engine, with_settings=settings(cursor_key=b"some other key")) as other:
        error = other.error(SKUS, by="CATEGORY", down=False, after=first["pageInfo"]["endCursor"])
        assert "start at the first page" in error["message"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("skus(filter: {kit: true})", ["sku/FRAME", "sku/UNIT"]),
        ("skus(filter: {discontinued: true})", ["sku/OLD"]),
        ("skus(filter: {coldChain: true})", ["sku/VACCINE"]),
        ("skus(filter: {hazardous: true})", ["sku/PAINT"]),
        ('skus(filter: {namePrefix: "P", hazardous: false})', ["sku/PLATE", "sku/PUMP"]),
        (
            'stocks(filter: {warehouseId: "warehouse/W-2", availableBelow: 25})',
            ["stock/W-2/PUMP", "stock/W-2/MOTOR"],
        ),
        ('stocks(filter: {skuId: "sku/VACCINE"})', ["stock/W-2/VACCINE", "stock/W-1/VACCINE"]),
        ('purchaseOrders(filter: {supplierId: "supplier/SUP-2"})', ["purchase-order/PO-2"]),
        ('purchaseOrders(filter: {warehouseId: "warehouse/W-1", status: OPEN})', ["purchase-order/PO-1"]),
        ('vehicles(filter: {warehouseId: "warehouse/W-1"})', ["vehicle/V-1"]),
        ("warehouses(descending: true)", ["warehouse/W-2", "warehouse/W-1"]),
        ("customers(last: 1)", ["customer/C-3"]),
        ('plans(filter: {day: "2026-03-03"})', []),
        ("lateOrders", []),
    ],
)
def test_filters_narrow_lists(served: Served, query: str, expected: list[str]) -> None:
    (found,) = served.ask(f"{{ {query} {{ nodes {{ id }} }} }}").values()
    assert ids_of(found) == expected


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ('orders(filter: {customerId: "customer/NOBODY"})', "filter", "UNKNOWN_ID"),
        ('orders(filter: {skuId: "customer/C-1"})', "filter.skuId", "INVALID_INPUT"),
        (
            'stocks(filter: {skuId: "sku/PUMP", warehouseId: "warehouse/W-1"})',
            "filter.skuId",
            "INVALID_INPUT",
        ),
        ('plans(filter: {day: "tomorrow"})', "filter.day", "INVALID_INPUT"),
        ('orders(filter: {day: "x"})', "filter.day", "INVALID_INPUT"),
        ('shipments(filter: {day: "2026-03-03"})', "filter.warehouseId", "INVALID_INPUT"),
    ],
)
def test_a_filter_that_cannot_be_is_refused(served: Served, query: str, field: str, code: str) -> None:
    error = served.error(f"{{ {query} {{ nodes {{ id }} }} }}")
    assert error["extensions"] == {"code": code, "field": field}


def test_lists_within_lists_are_paged_for_all_together(served: Served) -> None:
    query = """{ warehouses { nodes { name stocks(first: 2) { totalCount nodes { available }
                 pageInfo { hasNextPage endCursor } } } } }"""
    assert served.round_trips(query) == 3
    first, second = served.ask(query)["warehouses"]["nodes"]
    assert [node["available"] for node in first["stocks"]["nodes"]] == [3, 5]
    assert [node["available"] for node in second["stocks"]["nodes"]] == [10, 20]
    assert (first["stocks"]["totalCount"], second["stocks"]["totalCount"]) == (8, 4)
    cursor = first["stocks"]["pageInfo"]["endCursor"]
    further = served.ask(
        'query ($after: String) { warehouse(id: "warehouse/W-1") '
        "{ stocks(first: 2, after: $after) { nodes { available } } } }",
        after=cursor,
    )
    assert [node["available"] for node in further["warehouse"]["stocks"]["nodes"]] == [40, 50]
