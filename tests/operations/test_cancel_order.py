from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from gremlin_python.process.traversal import Cardinality

from api.check.run import check_graph
from api.operations.cancel_order import CancelledOrder, CancelOrder, cancel_order
from api.operations.expectation import load_order_facts
from api.operations.place_order import LineRequest, PlaceOrder, place_order
from api.operations.source_orders import source_orders
from graph.engines.port import Engine
from graph.errors import ForbiddenTransition, InvalidInput, UnknownId
from graph.schema import ids
from tests.worlds import (
    C1,
    HOUR_MS,
    LAST,
    MOTOR,
    MOTOR_INBOUND,
    PUMP,
    START_AT,
    VALVE,
    VALVE_INBOUND,
    W1,
    W2,
    small_engine,
)

NOW = START_AT + 2 * HOUR_MS
ORDER = "order/SO-1"


@pytest.fixture
def engine() -> Engine:
    """A world with one order for stock of two warehouses, for inbound receipts, and for what is short."""
    engine = small_engine()
    wanted = ((PUMP, 2), (MOTOR, 25), (VALVE, 7), (LAST, 101))
    lines = tuple(LineRequest(*line) for line in wanted)
    place_order(engine, PlaceOrder("SO-1", C1, START_AT + HOUR_MS, lines), now=START_AT)
    return engine


HELD = {
    ids.stock(W1, PUMP): 2,
    ids.stock(W2, MOTOR): 20,
    MOTOR_INBOUND: 5,
    ids.stock(W1, VALVE): 5,
    VALVE_INBOUND: 2,
    ids.stock(W1, LAST): 100,
}


def reserved(engine: Engine) -> int:
    [total] = engine.run(engine.g.V().has_label("Stock", "PurchaseOrderLine").values("reserved").sum_())
    return int(total)


def everything(engine: Engine) -> list[Any]:
    g = engine.g
    return [sorted(map(str, engine.run(g.V().element_map()))), engine.run(g.E().label().group_count())]


@pytest.mark.parametrize("sourced", [False, True], ids=["promised", "sourced"])
def test_cancelling_lets_go_of_everything(engine: Engine, sourced: bool) -> None:
    if sourced:
        source_orders(engine, now=NOW)
    assert reserved(engine) == sum(HELD.values())
    assert cancel_order(engine, CancelOrder(ORDER, "changed their mind"), now=NOW).released == HELD
    assert reserved(engine) == 0
    state = load_order_facts(engine, [ORDER])[ORDER].state
    assert state.status == "cancelled"
    assert {line.status for line in state.lines} == {"cancelled"}
    assert state.allocations == ()
    assert {shipment.status for shipment in state.shipments} <= {"cancelled"}
    used = engine.run(engine.g.V().has_label("WarehouseDay").values("used"))
    assert used == [0, 0][: len(used)]
    last = ids.order_event(ORDER, state.event_count)
    assert engine.run(engine.g.V([last]).values("kind")) == ["order_cancelled"]
    assert check_graph(engine).findings == ()


def test_cancelling_again_changes_nothing(engine: Engine) -> None:
    cancel_order(engine, CancelOrder(ORDER), now=NOW)
    before = everything(engine)
    assert cancel_order(engine, CancelOrder(ORDER), now=NOW) == CancelledOrder(ORDER, {})
    assert everything(engine) == before


def test_with_a_key_it_gives_the_first_answer_again(engine: Engine) -> None:
    first = cancel_order(engine, CancelOrder(ORDER), now=NOW, idempotency_key="k")
    assert cancel_order(engine, CancelOrder(ORDER), now=NOW, idempotency_key="k") == first
    with pytest.raises(InvalidInput, match="was used for another cancelOrder"):
        cancel_order(engine, CancelOrder(ORDER, "other"), now=NOW, idempotency_key="k")


def test_many_who_cancel_at_once_release_once(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: cancel_order(engine, CancelOrder(ORDER), now=NOW), range(8)))
    assert sorted(map(len, (answer.released for answer in answers))) == [0] * 7 + [len(HELD)]
    assert reserved(engine) == 0
    assert check_graph(engine).findings == ()


def test_what_is_on_its_way_cannot_be_cancelled(engine: Engine) -> None:
    engine.run(engine.g.V([ORDER]).property(Cardinality.single, "status", "in_transit").id_())
    before = everything(engine)
    with pytest.raises(ForbiddenTransition) as refused:
        cancel_order(engine, CancelOrder(ORDER), now=NOW)
    assert refused.value.field == "orderId"
    assert "cannot become cancelled" in str(refused.value)
    assert everything(engine) == before


@pytest.mark.parametrize("order_id", ["order/NO", W1, ""])
def test_an_unknown_order_is_named(engine: Engine, order_id: str) -> None:
    with pytest.raises(UnknownId, match="is no order"):
        cancel_order(engine, CancelOrder(order_id), now=NOW)


def test_stock_that_was_overbooked_is_free_again_only_as_far_as_it_is_there(engine: Engine) -> None:
    """A count found fewer than are reserved: cancelling frees no more than what lies there."""
    stock_id = ids.stock(W1, LAST)
    engine.run(
        engine.g.V([stock_id])
        .property(Cardinality.single, "safety_stock", 30)
        .property(Cardinality.single, "available", 0)
        .id_()
    )
    cancel_order(engine, CancelOrder(ORDER), now=NOW)
    assert engine.run(engine.g.V([stock_id]).values("available")) == [70]
