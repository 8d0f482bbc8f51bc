"""Every test of the contract runs on every engine that is here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.engines.opening import open_engine
from graph.engines.port import EdgeRow, Engine, VertexRow
from tests.engines.small_schema import SMALL


@pytest.fixture(params=["memory", "store"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine with nothing in it."""
    urls = {"memory": "embedded:", "store": f"embedded:{tmp_path / 'store'}"}
    engine = open_engine(urls[request.param], SMALL)
    yield engine
    engine.close()


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """Two depots that hold bolts and nuts; a door is made of 8 bolts and 2 hinges, a hinge of 4 bolts."""
    items = [("bolt", 12), ("nut", 5), ("hinge", 200), ("door", 15_000)]
    stocks = [("N", "bolt", 500), ("N", "nut", 20), ("S", "bolt", 30), ("S", "nut", 0)]
    engine.prepare()
    engine.bulk_load(
        [
            *(VertexRow("Item", f"item/{code}", {"name": code.title(), "weight_g": g}) for code, g in items),
            *(VertexRow("Depot", f"depot/{code}", {"name": code}) for code in "NS"),
            *(VertexRow("Stock", f"stock/{d}/{i}", {"available": n}) for d, i, n in stocks),
        ],
        [
            *(EdgeRow("STOCK_OF", f"stock/{d}/{i}", f"item/{i}") for d, i, _ in stocks),
            *(EdgeRow("HOLDS", f"depot/{d}", f"stock/{d}/{i}") for d, i, _ in stocks),
            EdgeRow("PART_OF", "item/bolt", "item/door", {"quantity": 8}),
            EdgeRow("PART_OF", "item/hinge", "item/door", {"quantity": 2}),
            EdgeRow("PART_OF", "item/bolt", "item/hinge", {"quantity": 4}),
        ],
    )
    return engine
