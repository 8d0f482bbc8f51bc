"""Mutations: what they answer; what is refused says what, where and what to do, and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from api.operations.cancel_order import CancelOrder, cancel_order
from graph.engines.port import Engine
from tests.api.serving import Served
from tests.operations.made_orders import Draw, make_order
from tests.worlds import START_AT

PLACE = """
mutation ($input: PlaceOrderInput!, $key: String) {
  placeOrder(input: $input, idempotencyKey: $key) {
    order { id status requestedAt promisedAt lines { quantity sku { id } allocations { quantity state } } }
    promise { onRequest reason mainWarehouse { id } }
    userErrors { field code message }
  }
}"""
RECORD = """
mutation ($event: RecordEventInput!, $key: String!) {
  recordEvent(event: $event, idempotencyKey: $key) {
    event { id kind subject occurredAt source } orderCount orders { id status } repeated
    userErrors { field code message }
  }
}"""
TUESDAY_EVENING = "2026-03-03T18:00-03:00"


def order_input(**changed: Any) -> dict[str, Any]:
    return {
        "number": "SO-1",
        "customerId": "customer/C-1",
        "requestedAt": TUESDAY_EVENING,
        "lines": [{"skuId": "sku/BOLT", "quantity": 10}],
        **changed,
    }


def place(served: Served, *, key: str | None = None, **changed: Any) -> Any:
    return served.ask(PLACE, input=order_input(**changed), key=key)["placeOrder"]


def graph_of(engine: Engine) -> dict[str, Mapping[str, Any]]:
    """Every vertex, with its properties."""
    return {row["id"]: row for row in engine.run(engine.g.V().element_map())}


def test_an_order_is_promised_and_all_it_needs_is_held(served: Served) -> None:
    placed = place(served)
    assert placed["userErrors"] == []
    order = placed["order"]
    assert (order["id"], order["status"]) == ("order/SO-1", "PROMISED")
    assert order["requestedAt"] == order["promisedAt"] == "2026-03-03T21:00:00Z"
    assert order["lines"] == [
        {"quantity": 10, "sku": {"id": "sku/BOLT"}, "allocations": [{"quantity": 10, "state": "HELD"}]}
    ]
    assert placed["promise"]["onRequest"]
    assert served.ask(
        '{ order(id: "order/SO-1") { promise { onRequest reason mainWarehouse { id } } } }'
    ) == {"order": {"promise": placed["promise"]}}


@pytest.mark.parametrize(
    ("changed", "field", "code", "says"),
    [
        ({"customerId": "customer/NOBODY"}, "customerId", "UNKNOWN_ID", "customer/NOBODY"),
        ({"lines": [{"skuId": "sku/NONE", "quantity": 1}]}, "lines.0.skuId", "UNKNOWN_ID", "sku/NONE"),
        ({"lines": [{"skuId": "sku/BOLT", "quantity": 0}]}, "lines.0.quantity", "INVALID_INPUT", "got 0"),
        ({"lines": [{"skuId": "sku/BOLT", "quantity": -1}]}, "lines.0.quantity", "INVALID_INPUT", "got -1"),
        (
            {"lines": [{"skuId": "sku/BOLT", "quantity": 1e12}]},
            "lines.0.quantity",
            "INVALID_INPUT",
            "got 1000000000000",
        ),
        (
            {"lines": [{"skuId": "sku/OLD", "quantity": 1}]},
            "lines.0.skuId",
            "INVALID_INPUT",
            "is discontinued; order sku/PUMP instead",
        ),
        ({"lines": []}, "lines", "INVALID_INPUT", "1 to 100"),
        ({"requestedAt": "2026-03-02T05:59:59-03:00"}, "requestedAt", "INVALID_INPUT", "requestedAt"),
        ({"number": ""}, "number", "INVALID_INPUT", "1 to 60 characters"),
        ({"priority": 0}, "priority", "INVALID_INPUT", "from 1 to 9"),
        (
            {"location": {"address": "At sea", "longitude": -80.0, "latitude": -30.0}},
            "location",
            "INVALID_INPUT",
            "is on no road",
        ),
        (
            {"location": {"address": "Nowhere", "longitude": 500.0, "latitude": -30.0}},
            "location",
            "INVALID_INPUT",
            "500",
        ),
    ],
)
def test_an_order_that_cannot_be_is_refused_and_the_graph_is_as_before(
    served: Served, changed: dict[str, Any], field: str, code: str, says: str
) -> None:
    before = graph_of(served.engine)
    placed = place(served, **changed)
    assert (placed["order"], placed["promise"]) == (None, None)
    (error,) = placed["userErrors"]
    assert (error["field"], error["code"]) == (field, code)
    assert says in error["message"]
    assert graph_of(served.engine) == before


def test_a_quantity_that_is_no_number_is_refused_before_anything_runs(served: Served) -> None:
    body = (
        '{"query": "mutation($q: Long!){placeOrder(input:{number:\\"X\\",customerId:\\"customer/C-1\\",'
        'requestedAt:\\"2026-03-03T18:00-03:00\\",lines:[{skuId:\\"sku/BOLT\\",quantity:$q}]}){order{id}}}",'
        '"variables": {"q": NaN}}'
    )
    response = served.http.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert response.json()["detail"] == "JSON has no NaN; use a number"
    error = served.error(PLACE, input=order_input(lines=[{"skuId": "sku/BOLT", "quantity": "NaN"}]))
    assert "Long wants a whole number of 64 bits, got 'NaN'" in error["message"]


def test_the_same_number_twice_is_refused(served: Served) -> None:
    place(served)
    (error,) = place(served)["userErrors"]
    assert error["field"] == "number"


def test_the_same_key_with_the_same_order_gives_the_same_answer_and_holds_once(served: Served) -> None:
    first = place(served, key="k-1")
    held = graph_of(served.engine)["stock/W-1/BOLT"]["reserved"]
    assert place(served, key="k-1") == first
    assert graph_of(served.engine)["stock/W-1/BOLT"]["reserved"] == held == 10


def test_the_same_key_with_another_order_is_refused(served: Served) -> None:
    place(served, key="k-1")
    before = graph_of(served.engine)
    (error,) = place(served, key="k-1", number="SO-2")["userErrors"]
    assert error["field"] == "idempotencyKey"
    assert "take a new key" in error["message"]
    assert graph_of(served.engine) == before


def test_what_can_only_come_too_late_is_refused_saying_when_it_could(served: Served) -> None:
    placed = place(served, lines=[{"skuId": "sku/LAST", "quantity": 101}], latestAt=TUESDAY_EVENING)
    (error,) = placed["userErrors"]
    assert (error["field"], error["code"]) == (None, "OUT_OF_STOCK")
    assert "at the earliest" in error["message"]


def test_an_order_is_sourced_assessed_and_cancelled(served: Served) -> None:
    place(served)
    sourced = served.ask(
        """mutation { sourceOrders(orderIds: ["order/SO-1"]) {
             sourced { order { id status } warehouses { id } day short } waiting { reason } untouched
             userErrors { message } } }"""
    )["sourceOrders"]
    assert sourced["userErrors"] == sourced["waiting"] == []
    (one,) = sourced["sourced"]
    assert one["order"] == {"id": "order/SO-1", "status": "SOURCED"}
    assert (one["day"], one["short"]) == ("2026-03-03", False)
    again = served.ask(
        """mutation { sourceOrders(orderIds: ["order/SO-1"]) {
             sourced { day } untouched untouchedOrders { order { id status } reason } } }"""
    )["sourceOrders"]
    assert (again["sourced"], again["untouched"]) == ([], 1)
    (untouched,) = again["untouchedOrders"]
    assert untouched["order"] == {"id": "order/SO-1", "status": "SOURCED"}
    assert "only what is promised or blocked is sourced" in untouched["reason"]

    assessed = served.ask(
        """mutation { assessReadiness(day: "2026-03-03") {
             day ready later changed blocked { order { id } } userErrors { message } } }"""
    )["assessReadiness"]
    assert (assessed["ready"], assessed["changed"], assessed["blocked"]) == (1, 1, [])

    cancelled = served.ask(
        'mutation { cancelOrder(orderId: "order/SO-1", reason: "changed my mind") '
        "{ order { status } userErrors { message } } }"
    )["cancelOrder"]
    assert cancelled == {"order": {"status": "CANCELLED"}, "userErrors": []}


def test_a_held_order_is_blocked_and_readiness_names_the_hold(served: Served) -> None:
    place(served)
    served.ask("mutation { sourceOrders { untouched } }")
    hold = {
        "occurredAt": "2026-03-02T06:00-03:00",
        "source": "finance",
        "orderId": "order/SO-1",
        "kind": "CREDIT",
        "note": "limit exceeded",
        "expectedClearAt": "2026-03-04T12:00-03:00",
    }
    recorded = served.ask(RECORD, event={"holdSet": hold}, key="h-1")["recordEvent"]
    assert recorded["userErrors"] == []
    assert (recorded["event"]["kind"], recorded["orderCount"], recorded["repeated"]) == ("HOLD_SET", 1, False)

    (blocked,) = served.ask(
        """mutation { assessReadiness(day: "2026-03-03") {
             blocked { order { id } blockers { kind evidence { id } expectedClearAt } } } }"""
    )["assessReadiness"]["blocked"]
    order = served.ask(
        """{ order(id: "order/SO-1") { status
             readiness { ready blockers { kind evidence { id } expectedClearAt } }
             lateness { lateByS causes { kind lateByS chain { id } } } } }"""
    )["order"]
    assert order["status"] == "BLOCKED"
    assert not order["readiness"]["ready"]
    assert order["readiness"]["blockers"] == blocked["blockers"]
    (blocker,) = blocked["blockers"]
    assert (blocker["kind"], blocker["expectedClearAt"]) == ("hold", "2026-03-04T15:00:00Z")
    assert [node["id"] for node in blocker["evidence"]] == ["order/SO-1", "hold/SO-1/credit"]

    (cause,) = order["lateness"]["causes"]
    assert (cause["kind"], cause["lateByS"]) == ("hold", order["lateness"]["lateByS"])
    assert cause["chain"][0]["id"] == "order/SO-1"
    late = served.ask("{ lateOrders { totalCount nodes { id lateByS } } }")["lateOrders"]
    assert late == {"totalCount": 1, "nodes": [{"id": "order/SO-1", "lateByS": cause["lateByS"]}]}


COUNTED = {
    "occurredAt": "2026-03-02T05:30-03:00",
    "source": "wms",
    "stockId": "stock/W-1/BOLT",
    "onHand": 9_000,
}


def test_a_fact_is_recorded_once_for_its_key(served: Served) -> None:
    first = served.ask(RECORD, event={"stockCounted": COUNTED}, key="c-1")["recordEvent"]
    assert first["event"] == {
        "id": "event/by/wms/c-1",
        "kind": "STOCK_COUNTED",
        "subject": "stock/W-1/BOLT",
        "occurredAt": "2026-03-02T08:30:00Z",
        "source": "wms",
    }
    again = served.ask(RECORD, event={"stockCounted": COUNTED}, key="c-1")["recordEvent"]
    assert again == {**first, "repeated": True}
    other = served.ask(RECORD, event={"stockCounted": {**COUNTED, "onHand": 8_000}}, key="c-1")["recordEvent"]
    assert [error["field"] for error in other["userErrors"]] == ["idempotencyKey"]
    assert served.ask('{ node(id: "stock/W-1/BOLT") { ... on Stock { onHand } } }')["node"]["onHand"] == 9_000


SAID = {"occurredAt": "2026-03-02T05:30-03:00", "source": "test"}


@pytest.mark.parametrize(
    ("branch", "fields", "field"),
    [
        (
            "stockReceived",
            {"purchaseOrderLineId": "purchase-order-line/X/1", "quantity": 1},
            "purchaseOrderLineId",
        ),
        ("stockReceived", {"purchaseOrderLineId": "purchase-order-line/PO-1/1", "quantity": 0}, "quantity"),
        (
            "stockReceived",
            {"purchaseOrderLineId": "purchase-order-line/PO-1/1", "quantity": 10**12},
            "quantity",
        ),
        ("stockCounted", {"stockId": "stock/W-1/NONE", "onHand": 1}, "stockId"),
        ("stockCounted", {"stockId": "stock/W-1/BOLT", "onHand": -1}, "onHand"),
        (
            "purchaseOrderDelayed",
            {"purchaseOrderLineId": "purchase-order-line/X/1", "expectedAt": TUESDAY_EVENING},
            "purchaseOrderLineId",
        ),
        (
            "holdSet",
            {
                "orderId": "order/NONE",
                "kind": "FRAUD",
                "note": "n",
                "expectedClearAt": TUESDAY_EVENING,
            },
            "orderId",
        ),
        ("holdReleased", {"holdId": "hold/NONE/credit"}, "holdId"),
        ("paperAttached", {"orderId": "order/NONE", "kind": "INVOICE", "reference": "r"}, "orderId"),
        (
            "roadClosed",
            {
                "code": "B",
                "segmentIds": ["road-segment/none"],
                "note": "n",
                "expectedEndAt": TUESDAY_EVENING,
            },
            "segmentIds",
        ),
        ("roadOpened", {"roadEventId": "road-event/none"}, "roadEventId"),
        ("shipmentPicked", {"shipmentId": "shipment/NONE/W-1"}, "shipmentId"),
        ("shipmentDeparted", {"shipmentId": "shipment/NONE/W-1"}, "shipmentId"),
        ("shipmentArrived", {"shipmentId": "shipment/NONE/W-1"}, "shipmentId"),
        (
            "shipmentDelivered",
            {"shipmentId": "shipment/NONE/W-1", "papersComplete": True, "receivedBy": "Ana"},
            "shipmentId",
        ),
        ("shipmentFailed", {"shipmentId": "shipment/NONE/W-1", "reason": "closed"}, "shipmentId"),
    ],
)
def test_every_kind_of_fact_is_taken_and_refused_where_it_is_wrong(
    served: Served, branch: str, fields: dict[str, Any], field: str
) -> None:
    before = graph_of(served.engine)
    recorded = served.ask(RECORD, event={branch: {**SAID, **fields}}, key="k")["recordEvent"]
    assert recorded["event"] is None
    assert [error["field"] for error in recorded["userErrors"]] == [field]
    assert graph_of(served.engine) == before


def test_a_fact_from_the_future_is_refused(served: Served) -> None:
    counted = {**COUNTED, "occurredAt": "2026-03-02T07:00-03:00"}
    recorded = served.ask(RECORD, event={"stockCounted": counted}, key="k")["recordEvent"]
    assert [error["field"] for error in recorded["userErrors"]] == ["occurredAt"]


@pytest.mark.parametrize(
    "event", [{}, {"stockCounted": COUNTED, "holdReleased": {**SAID, "holdId": "hold/x/credit"}}]
)
def test_exactly_one_fact_is_recorded_at_a_time(served: Served, event: dict[str, Any]) -> None:
    error = served.error(RECORD, event=event, key="k")
    assert "must specify exactly one key" in error["message"]


def test_what_the_state_machine_forbids_is_refused_with_what_it_allows(served: Served) -> None:
    place(served)
    cancel = 'mutation { cancelOrder(orderId: "order/SO-1") { userErrors { field code message } } }'
    cancel_order(served.engine, CancelOrder("order/SO-1"), now=START_AT)
    assert served.ask(cancel)["cancelOrder"]["userErrors"] == []  # cancelling again changes nothing
    hold = {
        **SAID,
        "orderId": "order/SO-1",
        "kind": "CREDIT",
        "note": "n",
        "expectedClearAt": TUESDAY_EVENING,
    }
    (error,) = served.ask(RECORD, event={"holdSet": hold}, key="k")["recordEvent"]["userErrors"]
    assert error["code"] == "FORBIDDEN_TRANSITION"
    assert "cancelled" in error["message"]


def test_a_hold_is_set_again_only_once_it_is_released(served: Served) -> None:
    place(served)
    hold = {
        **SAID,
        "orderId": "order/SO-1",
        "kind": "CREDIT",
        "note": "n",
        "expectedClearAt": TUESDAY_EVENING,
    }
    released = {**SAID, "holdId": "hold/SO-1/credit"}
    steps = [
        ({"holdSet": hold}, None),
        ({"holdSet": hold}, ("kind", "hold/SO-1/credit is active: release it before")),
        ({"holdReleased": released}, None),
        ({"holdReleased": released}, ("holdId", "hold/SO-1/credit is released")),
        ({"holdSet": hold}, None),
        ({"holdSet": hold}, ("kind", "hold/SO-1/credit/2 is active")),
    ]
    for key, (event, refused) in enumerate(steps):
        errors = served.ask(RECORD, event=event, key=str(key))["recordEvent"]["userErrors"]
        if refused is None:
            assert errors == []
            continue
        (error,) = errors
        assert (error["code"], error["field"]) == ("FORBIDDEN_TRANSITION", refused[0])
        assert refused[1] in error["message"]


@pytest.mark.parametrize(
    ("mutation", "field", "says"),
    [
        ('cancelOrder(orderId: "order/NONE")', "orderId", "order/NONE"),
        ('publishPlan(id: "plan/2026-03-03/9")', "plan", "plan/2026-03-03/9"),
        ('restartJob(id: "job/none")', "job", "job/none"),
        ('cancelJob(id: "job/none")', "job", "job/none"),
        ('planRoutes(input: {day: "tomorrow"})', "day", "tomorrow"),
        ('planRoutes(input: {day: "2026-03-03", seconds: -1})', "seconds", "more than 0"),
        ('assessReadiness(day: "tomorrow")', "day", "tomorrow"),
        ('sourceOrders(orderIds: ["order/NONE"])', "orderIds.0", "order/NONE"),
        ("sourceOrders(orderIds: [])", "orderIds", "0 entries"),
    ],
)
def test_unknown_ids_and_impossible_arguments_are_user_errors(
    served: Served, mutation: str, field: str, says: str
) -> None:
    before = graph_of(served.engine)
    (answer,) = served.ask(f"mutation {{ {mutation} {{ userErrors {{ field message }} }} }}").values()
    (error,) = answer["userErrors"]
    assert error["field"] == field
    assert says in error["message"]
    assert graph_of(served.engine) == before


def test_what_was_not_handed_over_or_damaged_can_be_asked_for(served: Served) -> None:
    order_id = make_order(served.engine, "SO-9", [Draw("sku/BOLT", 4, "stock/W-1/BOLT")], status="routed")
    event = {"occurredAt": "2026-03-02T06:00-03:00", "source": "driver", "shipmentId": "shipment/SO-9/W-1"}
    departed = served.ask(RECORD, event={"shipmentDeparted": event}, key="d-1")["recordEvent"]
    assert departed["userErrors"] == []
    line = {"lineId": "order-line/SO-9/1"}
    delivery = {
        **event,
        "papersComplete": False,
        "receivedBy": "Ana",
        "lines": [{**line, "quantity": 1}, {**line, "quantity": 2, "condition": "DAMAGED"}],
    }
    delivered = served.ask(RECORD, event={"shipmentDelivered": delivery}, key="d-2")["recordEvent"]
    assert delivered["userErrors"] == []
    order = served.ask(
        """query($id: ID!) { order(id: $id) { status
             lines { quantity deliveredQuantity damagedQuantity missingQuantity }
             shipments { condition papersComplete } } }""",
        id=order_id,
    )["order"]
    assert order == {
        "status": "DELIVERED",
        "lines": [{"quantity": 4, "deliveredQuantity": 3, "damagedQuantity": 2, "missingQuantity": 1}],
        "shipments": [{"condition": "PARTIAL_AND_DAMAGED", "papersComplete": False}],
    }
