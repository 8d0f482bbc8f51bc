"""Two hundred clients at once order the last 100 units of a SKU."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx

from api.check.run import check_graph
from tests.api.serving import Served

CLIENTS = 200
UNITS = 100
PLACE = """
mutation ($number: String!) {
  placeOrder(
    idempotencyKey: $number
    input: {
      number: $number, customerId: "customer/C-1", requestedAt: "2026-03-03T18:00-03:00",
      latestAt: "2026-03-03T18:00-03:00", lines: [{skuId: "sku/LAST", quantity: 1}]
    }
  ) { order { id lines { allocations { quantity state stock { id } } } } userErrors { code message } }
}"""


async def all_at_once(address: str) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(
        base_url=address, timeout=120, limits=httpx.Limits(max_connections=CLIENTS)
    ) as http:

        async def order(n: int) -> dict[str, Any]:
            body = {"query": PLACE, "variables": {"number": f"SO-{n:03d}"}}
            answer: dict[str, Any] = (await http.post("/graphql", json=body)).json()
            assert "errors" not in answer, answer
            return dict(answer["data"]["placeOrder"])

        return await asyncio.gather(*(order(n) for n in range(CLIENTS)))


def test_exactly_what_there_is_is_reserved_and_the_others_hear_why_and_when(served: Served) -> None:
    answers = asyncio.run(all_at_once(served.address))

    placed = [answer["order"] for answer in answers if answer["order"]]
    refused = [answer["userErrors"][0] for answer in answers if not answer["order"]]
    assert (len(placed), len(refused)) == (UNITS, CLIENTS - UNITS)
    taken: Counter[tuple[str, str]] = Counter()
    for order in placed:
        for allocation in order["lines"][0]["allocations"]:
            taken[allocation["stock"]["id"], allocation["state"]] += allocation["quantity"]
    assert taken == {("stock/W-1/LAST", "HELD"): UNITS}

    stock = served.ask('{ node(id: "stock/W-1/LAST") { ... on Stock { onHand reserved available } } }')[
        "node"
    ]
    assert stock == {"onHand": UNITS, "reserved": UNITS, "available": 0}
    for refusal in refused:
        assert refusal["code"] == "OUT_OF_STOCK"
        assert "the order could be there by 2026-03-" in refusal["message"]
        assert "at the earliest: line 1 (sku/LAST)" in refusal["message"]
    report = check_graph(served.engine)
    assert report.ok, report
