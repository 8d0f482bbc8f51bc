"""200 clients at once, over HTTP, for the last 100 units of one SKU."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.check.run import check_graph
from graph.engines.opening import open_engine
from graph.schema import ids
from graph.schema.model import SCHEMA
from tests.soak.served import PLACE, Served, order_input, served, small_store
from tests.worlds import LAST, W1

pytestmark = pytest.mark.soak

CLIENTS = 200
LAST_UNITS = 100
LATEST_AT = "2026-03-04T23:00:00-03:00"


async def _rush(service: Served, latest_at: str | None) -> list[Any]:
    """All clients ask at once, each on a connection of its own that stands already."""
    limits = httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS)
    async with httpx.AsyncClient(base_url=service.url, timeout=60.0, limits=limits) as client:
        await asyncio.gather(*(client.get("/healthz") for _ in range(CLIENTS)))
        return list(await asyncio.gather(*(_want_one(client, n, latest_at) for n in range(CLIENTS))))


async def _want_one(client: httpx.AsyncClient, number: int, latest_at: str | None) -> Any:
    wanted = {**order_input(f"RUSH-{number}", LAST, 1), "latestAt": latest_at}
    answer = await client.post("/graphql", json={"query": PLACE, "variables": {"input": wanted}})
    body = answer.json()
    assert "errors" not in body, body
    return body["data"]["placeOrder"]


def test_exactly_the_last_units_are_reserved_and_the_others_hear_why_and_when(tmp_path: Path) -> None:
    store = small_store(tmp_path / "store")
    with served(store) as service:
        answers = asyncio.run(_rush(service, LATEST_AT))
        service.process.terminate()
        assert service.process.wait() == 0
    codes = Counter(error["code"] for answer in answers for error in answer["userErrors"])
    placed = [answer for answer in answers if not answer["userErrors"]]
    assert (len(placed), codes) == (LAST_UNITS, {"OUT_OF_STOCK": CLIENTS - LAST_UNITS})
    for answer in answers:
        for error in answer["userErrors"]:
            assert "LAST" in error["message"]
            assert "2026-03-" in error["message"], "it says when it could be had"
    engine = open_engine(f"embedded:{store}", SCHEMA, create=False)
    (stock,) = engine.run(engine.g.V(ids.stock(W1, LAST)).value_map("on_hand", "reserved", "available"))
    assert stock == {"on_hand": [LAST_UNITS], "reserved": [LAST_UNITS], "available": [0]}
    assert engine.run(engine.g.V().has_label("Order").count()) == [LAST_UNITS]
    assert check_graph(engine).findings == ()
    engine.close()


def test_without_a_latest_date_the_others_are_promised_for_later(tmp_path: Path) -> None:
    store = small_store(tmp_path / "store")
    with served(store) as service:
        answers = asyncio.run(_rush(service, None))
    assert [answer["userErrors"] for answer in answers if answer["userErrors"]] == []
    later = [answer["promise"] for answer in answers if answer["promise"]["promisedAt"] > LATEST_AT]
    assert len(later) == CLIENTS - LAST_UNITS
    engine = open_engine(f"embedded:{store}", SCHEMA, create=False)
    taken = engine.run(engine.g.V(ids.stock(W1, LAST)).values("reserved"))
    short = engine.run(engine.g.V().has_label("Allocation").has("state", "short").values("quantity").sum_())
    assert (taken, short) == ([LAST_UNITS], [CLIENTS - LAST_UNITS])
    assert check_graph(engine).findings == ()
    engine.close()
