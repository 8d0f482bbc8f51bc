"""A store that is served backs itself up, and what comes of the backup is the same graph."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.backups import ask_for_backup
from graph.engines.opening import open_engine
from graph.engines.stores import restore_backup
from graph.errors import EngineError, InvalidInput
from graph.schema.model import SCHEMA
from tests.api.serving import Served, serving, settings
from tests.worlds import small_engine

PLACE = """
mutation ($number: String!) {
  placeOrder(input: {number: $number, customerId: "customer/C-1", requestedAt: "2026-03-03T18:00-03:00",
                     lines: [{skuId: "sku/BOLT", quantity: 1}]}) { order { id } userErrors { message } }
}"""


@pytest.fixture
def served_store(tmp_path: Path) -> Iterator[Served]:
    """The small world in a store, served with a folder for backups."""
    engine = small_engine(f"embedded:{tmp_path / 'store'}")
    with serving(engine, with_settings=settings(backups=tmp_path / "backups")) as running:
        yield running
    engine.close()


def test_a_backup_taken_twice_holds_what_was_written_between(served_store: Served, tmp_path: Path) -> None:
    served_store.ask(PLACE, number="SO-1")
    ask_for_backup(served_store.address, "nightly")
    served_store.ask(PLACE, number="SO-2")
    where = ask_for_backup(served_store.address, "nightly")
    served_store.ask(PLACE, number="SO-3")

    restore_backup(Path(where), tmp_path / "restored")
    restored = open_engine(f"embedded:{tmp_path / 'restored'}", SCHEMA, create=False)
    orders = restored.run(restored.g.V().has_label("Order").id_())
    restored.close()
    assert sorted(orders) == ["order/SO-1", "order/SO-2"]


def test_a_name_that_leads_elsewhere_is_refused_by_both_sides(served_store: Served, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="TARGET is a name made of"):
        ask_for_backup(served_store.address, "../elsewhere")
    answer = served_store.http.post("/backups/..%2Felsewhere", headers={"x-perfect-order": "backup"})
    assert answer.status_code in (404, 422)
    assert not (tmp_path / "elsewhere").exists()


def test_a_page_of_another_origin_cannot_ask_for_one(served_store: Served, tmp_path: Path) -> None:
    assert served_store.http.post("/backups/nightly").status_code == 403
    assert not (tmp_path / "backups").exists()


def test_nobody_there_is_said_so() -> None:
    with pytest.raises(
        EngineError, match=r"gave no answer \(connection refused\); is a `perfect-order serve` there"
    ):
        ask_for_backup("http://127.0.0.1:9", "nightly")


def test_a_graph_in_memory_says_that_it_has_no_files(served: Served) -> None:
    with pytest.raises(EngineError, match="this graph is in memory alone"):
        ask_for_backup(served.address, "nightly")
