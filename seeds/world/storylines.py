"""What is planted in every demo world, whatever its seed, to be found again in its orders.

Each storyline has SKUs, customers and purchase orders of its own, which random demand never touches,
so that its outcome is known beforehand. docs/storylines.md tells them to people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from graph.schema import ids
from seeds.world.catalogue import Product
from seeds.world.customers import Customer
from seeds.world.inventory import StockLevel
from seeds.world.purchasing import Purchase
from seeds.world.requests import DayEvent, FieldValue, OrderLineRequest, OrderRequest
from seeds.world.stage import (
    STEP_DEGREES,
    Outcome,
    PlantedSku,
    Plot,
    Stage,
    Storyline,
    bridge_segments,
    middle_of,
    north_end,
)
from seeds.world.warehouses import CENTRE, NORTH, PORT


def planted_skus() -> tuple[PlantedSku, ...]:
    """The SKUs of all storylines."""
    return tuple(_SKUS.values())


def plots(stage: Stage) -> tuple[Plot, ...]:
    """All storylines, in the order in which they are told."""
    return tuple(tell(stage) for tell in _TOLD)


def _sku(
    code: str,
    name: str,
    category: str,
    weight_g: int,
    volume_ml: int,
    price: int,
    *,
    hazard_class: str = "",
    lead_days: int = 6,
) -> PlantedSku:
    product = Product(code, name, category, weight_g, volume_ml, price, hazard_class=hazard_class)
    return PlantedSku(product, lead_days)


_SKUS = {
    planted.product.code: planted
    for planted in (
        _sku("ST-LATE-PO", "Solar inverter 3 kW", "electrical", 14_500, 38_000, 389_000, lead_days=9),
        _sku("ST-SLACK-PO", "Water heater 80 l", "hardware", 29_000, 140_000, 214_000, lead_days=8),
        _sku("ST-SHORT", "Espresso capsules 200 pcs", "food", 2_600, 9_800, 62_000, lead_days=6),
        _sku("ST-HELD", "Label printer", "electrical", 2_200, 9_500, 98_000),
        _sku("ST-PAPER", "Epoxy floor coating 20 l", "paint", 24_000, 22_000, 128_000, hazard_class="3"),
        _sku("ST-HEAVY", "Paving stones, pallet", "hardware", 1_250_000, 900_000, 318_000),
        _sku("ST-BRIDGE", "Copao jam crate", "food", 9_000, 18_000, 74_000),
        _sku("ST-POCKET", "Bottled water crate", "drinks", 12_000, 14_000, 9_800),
        _sku("ST-QUIET", "Desk fan", "electrical", 3_100, 24_000, 27_000),
    )
}


def _late_purchase_order(stage: Stage) -> Plot:
    sku, name = _SKUS["ST-LATE-PO"], "LATE-PO"
    customers = stage.customers(name, 3, near=CENTRE, steps_east=3, steps_north=1)
    purchase = stage.purchase("PO-LATE", sku.product.code, 60, to=CENTRE, expected_at=stage.at(0, "14:00"))
    wanted = [stage.by_delivery_day(number) for number in (1, 1, 2)]
    orders = _orders(name, customers, sku, quantities=(24, 18, 12), wanted=wanted)
    late = Outcome(late=True, late_cause="purchase_order", blocker="inbound")
    return Plot(
        Storyline(
            "late purchase order",
            "PO-LATE is to bring inverters on the first day at 14:00, and three orders wait for them. At "
            "10:20 its supplier puts it off to the third day, 11:00: all three orders come after their "
            "promise.",
            {order.id: late for order in orders},
        ),
        (sku,),
        customers,
        purchases=(purchase,),
        orders=orders,
        events=(_delayed(purchase, stage.at(0, "10:20"), to=stage.at(2, "11:00")),),
    )


def _purchase_order_with_slack(stage: Stage) -> Plot:
    sku, name = _SKUS["ST-SLACK-PO"], "SLACK-PO"
    customers = stage.customers(name, 1, near=NORTH, steps_east=2, steps_north=2)
    purchase = stage.purchase("PO-SLACK", sku.product.code, 16, to=NORTH, expected_at=stage.at(0, "13:30"))
    orders = _orders(name, customers, sku, quantities=(10,), wanted=[stage.by_delivery_day(4)])
    return Plot(
        Storyline(
            "late purchase order with slack",
            "PO-SLACK is put off as well, from the first day to the third. The order that waits for it is "
            "wanted only on the fourth day of delivery: it is not late, and the purchase order causes "
            "nothing.",
            {order.id: Outcome(blocker="inbound") for order in orders},
        ),
        (sku,),
        customers,
        purchases=(purchase,),
        orders=orders,
        events=(_delayed(purchase, stage.at(0, "11:05"), to=stage.at(2, "12:00")),),
    )


def _short_sku(stage: Stage) -> Plot:
    sku, name = _SKUS["ST-SHORT"], "SHORT"
    customers = stage.customers(name, 4, near=PORT, steps_east=-1, steps_north=-3)
    stock = StockLevel(PORT, sku.product.code, 40)
    wanted = [stage.by_delivery_day(1)] * 4
    orders = _orders(name, customers, sku, quantities=(10,) * 4, wanted=wanted, priorities=(1, 2, 4, 5))
    short = Outcome(late=True, late_cause="short", blocker="short")
    return Plot(
        Storyline(
            "short SKU",
            "Four orders take all 40 packs of coffee capsules. A count at 16:40 finds 20: the two orders "
            "that go first keep theirs, the other two are short until the supplier, who needs six days, "
            "sends more.",
            dict(zip((order.id for order in orders), (Outcome(), Outcome(), short, short), strict=True)),
        ),
        (sku,),
        customers,
        stock=(stock,),
        orders=orders,
        events=(_counted(stock, stage.at(0, "16:40"), on_hand=20),),
    )


def _held_order(stage: Stage) -> Plot:
    sku, name = _SKUS["ST-HELD"], "HELD"
    customers = stage.customers(name, 2, near=CENTRE, steps_east=1, steps_north=4)
    orders = _orders(name, customers, sku, quantities=(12, 8), wanted=[stage.by_delivery_day(1)] * 2)
    held, released = orders
    return Plot(
        Storyline(
            "held order",
            "A credit hold is set on SO-HELD-1 at 11:30 and should be cleared on the fourth day: the "
            "order waits, though all its goods are there. SO-HELD-2 is held at 09:10 and released at "
            "15:30, in time.",
            {held.id: Outcome(late=True, late_cause="hold", blocker="hold"), released.id: Outcome()},
        ),
        (sku,),
        customers,
        stock=(StockLevel(CENTRE, sku.product.code, 60),),
        orders=orders,
        events=(
            _held(released, stage.at(0, "09:10"), "customer", "asked to confirm", stage.at(0, "16:00")),
            _held(held, stage.at(0, "11:30"), "credit", "limit exceeded", stage.at(3, "12:00")),
            DayEvent(
                "hold_released",
                stage.at(0, "15:30"),
                {"hold_id": ids.hold(released.id, "customer")},
                source="customer desk",
                key=f"{released.number}-released",
            ),
        ),
    )


def _missing_paper(stage: Stage) -> Plot:
    sku, name, paper = _SKUS["ST-PAPER"], "PAPER", "dangerous_goods_declaration"
    customers = stage.customers(name, 2, near=NORTH, steps_east=4)
    wanted = [stage.by_delivery_day(1)] * 2
    orders = _orders(name, customers, sku, quantities=(3, 2), wanted=wanted, missing_papers=(paper,))
    missing, attached = orders
    return Plot(
        Storyline(
            "missing paper",
            "Two orders of floor coating, dangerous goods of class 3, are placed without their "
            "declaration. That of SO-PAPER-2 is attached at 13:15; that of SO-PAPER-1 is still missing in "
            "the evening.",
            {missing.id: Outcome(late=True, late_cause="paper", blocker="paper"), attached.id: Outcome()},
        ),
        (sku,),
        customers,
        stock=(StockLevel(NORTH, sku.product.code, 20),),
        orders=orders,
        events=(
            DayEvent(
                "paper_attached",
                stage.at(0, "13:15"),
                {"order_id": attached.id, "kind": paper, "reference": "DGD-2026-0117"},
                source="documents desk",
                key=f"{attached.number}-paper",
            ),
        ),
    )


def _too_heavy(stage: Stage) -> Plot:
    sku, name = _SKUS["ST-HEAVY"], "HEAVY"
    customers = stage.customers(name, 1, near=CENTRE, steps_east=5, steps_north=-1)
    orders = _orders(name, customers, sku, quantities=(5,), wanted=[stage.by_delivery_day(1)])
    return Plot(
        Storyline(
            "too heavy for every vehicle",
            "Five pallets of paving stones, 6,250 kg, are in stock and promised, but the largest truck "
            "carries 4,200 kg: the plan leaves the shipment out and says so.",
            {order.id: Outcome(late=True, late_cause="vehicle", left_out="too_heavy") for order in orders},
        ),
        (sku,),
        customers,
        stock=(StockLevel(CENTRE, sku.product.code, 8),),
        orders=orders,
    )


def _closed_bridge(stage: Stage) -> Plot:
    sku, name = _SKUS["ST-BRIDGE"], "BRIDGE"
    bridge = bridge_segments(stage.streets)
    longitude, latitude = north_end(stage.streets, bridge)
    [spot] = stage.streets.spots_near(longitude, latitude + STEP_DEGREES)
    customer = stage.customer(f"{name}-1", spot)
    orders = _orders(name, (customer,), sku, quantities=(4,), wanted=[stage.by_delivery_day(1)])
    return Plot(
        Storyline(
            "closed bridge",
            "Puente El Libertador over the Elqui is closed at 18:05 until the third day. The jam for "
            "SO-BRIDGE-1 lies in La Serena Centro, its address just beyond the bridge: it is brought over "
            "another one, in time.",
            {order.id: Outcome() for order in orders},
        ),
        (sku,),
        (customer,),
        stock=(StockLevel(CENTRE, sku.product.code, 30),),
        orders=orders,
        events=(
            _closed(
                stage,
                "BRIDGE",
                bridge,
                note="Puente El Libertador: repairs",
                closed_at=stage.at(0, "18:05"),
                until=stage.at(2, "12:00"),
            ),
        ),
    )


def _cut_off(stage: Stage) -> Plot:
    sku, name, pocket = _SKUS["ST-POCKET"], "POCKET", stage.pocket
    longitude, latitude = middle_of(stage.streets, pocket.gate)
    [spot] = stage.streets.spots_near(longitude, latitude, among=pocket.streets)
    customer = stage.customer(f"{name}-1", spot)
    orders = _orders(name, (customer,), sku, quantities=(6,), wanted=[stage.by_delivery_day(1)])
    street = stage.streets.segments[pocket.gate].name
    return Plot(
        Storyline(
            "address cut off",
            "The one street that leads to the address of SO-POCKET-1 is closed at 18:15 until the fourth "
            "day: no way leads there, so the plan leaves the shipment out and names the closure.",
            {order.id: Outcome(late=True, late_cause="road", left_out="unreachable") for order in orders},
        ),
        (sku,),
        (customer,),
        stock=(StockLevel(NORTH, sku.product.code, 90),),
        orders=orders,
        events=(
            _closed(
                stage,
                "POCKET",
                [pocket.gate],
                note=f"{street}: burst water main",
                closed_at=stage.at(0, "18:15"),
                until=stage.at(3, "18:00"),
            ),
        ),
    )


def _nothing_happens(stage: Stage) -> Plot:
    sku = _SKUS["ST-QUIET"]
    stock = StockLevel(PORT, sku.product.code, 120)
    purchase = stage.purchase("PO-QUIET", sku.product.code, 40, to=PORT, expected_at=stage.at(1, "10:00"))
    return Plot(
        Storyline(
            "harmless events",
            "A count of desk fans finds two fewer than were thought, and PO-QUIET is put off by two days. "
            "Nobody ordered any: nothing follows from it.",
            {},
        ),
        (sku,),
        stock=(stock,),
        purchases=(purchase,),
        events=(
            _counted(stock, stage.at(0, "08:40"), on_hand=118),
            _delayed(purchase, stage.at(0, "12:10"), to=stage.at(3, "10:00")),
        ),
    )


_TOLD: tuple[Callable[[Stage], Plot], ...] = (
    _late_purchase_order,
    _purchase_order_with_slack,
    _short_sku,
    _held_order,
    _missing_paper,
    _too_heavy,
    _closed_bridge,
    _cut_off,
    _nothing_happens,
)


def _orders(
    name: str,
    customers: Sequence[Customer],
    sku: PlantedSku,
    *,
    quantities: Sequence[int],
    wanted: Sequence[int],
    priorities: Sequence[int] = (),
    missing_papers: tuple[str, ...] = (),
) -> tuple[OrderRequest, ...]:
    """One order of the SKU for each customer."""
    return tuple(
        OrderRequest(
            number=f"SO-{name}-{place}",
            customer_id=customer.id,
            requested_at=wanted_at,
            lines=(OrderLineRequest(sku.product.id, quantity),),
            priority=priority,
            missing_papers=missing_papers,
        )
        for place, (customer, quantity, wanted_at, priority) in enumerate(
            zip(customers, quantities, wanted, priorities or [3] * len(customers), strict=True), start=1
        )
    )


def _delayed(purchase: Purchase, occurred_at: int, *, to: int) -> DayEvent:
    fields: dict[str, FieldValue] = {"purchase_order_line_id": purchase.line_id(1), "expected_at": to}
    source = f"supplier {purchase.supplier_id}"
    return DayEvent("purchase_order_delayed", occurred_at, fields, source, key=f"{purchase.number}-delayed")


def _counted(stock: StockLevel, occurred_at: int, *, on_hand: int) -> DayEvent:
    fields: dict[str, FieldValue] = {"stock_id": stock.id, "on_hand": on_hand}
    source = f"stocktaking {stock.warehouse}"
    return DayEvent("stock_counted", occurred_at, fields, source, key=f"{stock.sku}-counted")


def _held(order: OrderRequest, occurred_at: int, kind: str, note: str, clear_at: int) -> DayEvent:
    fields: dict[str, FieldValue] = {
        "order_id": order.id,
        "kind": kind,
        "note": note,
        "expected_clear_at": clear_at,
    }
    return DayEvent("hold_set", occurred_at, fields, source=f"{kind} desk", key=f"{order.number}-held")


def _closed(
    stage: Stage, code: str, segments: Sequence[int], *, note: str, closed_at: int, until: int
) -> DayEvent:
    segment_ids = stage.segment_ids(segments)
    fields: dict[str, FieldValue] = {
        "code": code,
        "segment_ids": segment_ids,
        "note": note,
        "expected_end_at": until,
    }
    return DayEvent("road_closed", closed_at, fields, source="traffic control", key=f"{code}-closed")
