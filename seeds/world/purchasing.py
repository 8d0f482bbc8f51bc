"""Open purchase orders: what is on its way, from whom, to which warehouse, and when it should come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from graph.engines.port import EdgeRow, VertexRow
from graph.schema import ids
from optimizer.calendar import instant_of, local_date, next_open_day
from seeds.world.catalogue import Catalogue
from seeds.world.requests import DayEvent
from seeds.world.suppliers import DAY_S, Terms
from seeds.world.warehouses import CALENDAR, TIME_ZONE, Site

DAYS_AHEAD = (0, 14)
AWAITED_DAYS_AHEAD = (0, 5)
"""What the demand needs comes sooner than what only fills up stock."""
GATES_OPEN_S = (8 * 3600 + 1800, 14 * 3600)
"""Between these times of day receipts are expected: early enough to go out the next day."""
LATE_SHARE = 0.08
"""Of the purchase orders: expected later than first promised already."""
REFILL_UNITS = (10, 120)
MOST_REFILL_LINES = 4
RECEIPT_EARLY_S, RECEIPT_LATE_S = 1200, 2400
"""A receipt comes up to so much before and after it is expected."""


@dataclass(frozen=True)
class PurchaseLine:
    """What is bought of a SKU (its code)."""

    sku: str
    quantity: int


@dataclass(frozen=True)
class Purchase:
    """A purchase order; times in UTC epoch ms."""

    number: str
    supplier_id: str
    warehouse: str
    ordered_at: int
    promised_at: int
    expected_at: int
    lines: tuple[PurchaseLine, ...]

    @property
    def id(self) -> str:
        """The id of its vertex."""
        return ids.make("purchase-order", self.number)

    def line_id(self, number: int) -> str:
        """The id of the vertex of a line, counted from 1."""
        return ids.purchase_order_line(self.id, number)


def build_purchases(
    count: int,
    catalogue: Catalogue,
    terms: Mapping[str, Sequence[Terms]],
    sites: Sequence[Site],
    inbound: Mapping[tuple[str, str], int],
    rng: np.random.Generator,
    *,
    today: date,
    planted: frozenset[str],
) -> tuple[Purchase, ...]:
    """``count`` purchase orders, and more if it takes more to bring all that must be ``inbound``.

    ``inbound`` is by (warehouse code, SKU code); nothing else is bought of those, nor of ``planted`` SKUs.
    """
    loads = [_Load(*load, AWAITED_DAYS_AHEAD) for load in _awaited(inbound, terms)]
    refills = _refills(catalogue, terms, inbound, planted)
    while len(loads) < count and refills:
        supplier_id = sorted(refills)[int(rng.integers(len(refills)))]
        site = sites[int(rng.integers(len(sites)))]
        loads.append(_refill(supplier_id, site.code, refills[supplier_id], rng))
    return tuple(
        _purchase(f"PO-{number:04d}", load, terms, rng, today=today)
        for number, load in enumerate(loads, start=1)
    )


@dataclass(frozen=True)
class _Load:
    """What a supplier sends to a warehouse together, and how many days ahead, from and to."""

    supplier_id: str
    warehouse: str
    lines: tuple[PurchaseLine, ...]
    days_ahead: tuple[int, int]


def _awaited(
    inbound: Mapping[tuple[str, str], int], terms: Mapping[str, Sequence[Terms]]
) -> Iterator[tuple[str, str, tuple[PurchaseLine, ...]]]:
    together: dict[tuple[str, str], list[PurchaseLine]] = defaultdict(list)
    for (warehouse, sku), quantity in inbound.items():
        offer = terms[sku][0]
        together[offer.supplier.id, warehouse].append(PurchaseLine(sku, offer.lot(quantity)))
    for (supplier_id, warehouse), lines in sorted(together.items()):
        yield supplier_id, warehouse, tuple(lines)


def _refills(
    catalogue: Catalogue,
    terms: Mapping[str, Sequence[Terms]],
    inbound: Mapping[tuple[str, str], int],
    planted: frozenset[str],
) -> dict[str, list[Terms]]:
    """By supplier the terms of what may be bought to fill up stock."""
    awaited = {sku for _, sku in inbound}
    by_supplier: dict[str, list[Terms]] = defaultdict(list)
    for product in catalogue.stocked:
        if product.code not in awaited | planted and not product.discontinued:
            for offer in terms[product.code]:
                by_supplier[offer.supplier.id].append(offer)
    return by_supplier


def _refill(supplier_id: str, warehouse: str, offers: Sequence[Terms], rng: np.random.Generator) -> _Load:
    some = rng.permutation(len(offers))[: int(rng.integers(1, MOST_REFILL_LINES, endpoint=True))]
    lines = tuple(PurchaseLine(offers[i].sku, offers[i].lot(int(rng.integers(*REFILL_UNITS)))) for i in some)
    return _Load(supplier_id, warehouse, lines, DAYS_AHEAD)


def _purchase(
    number: str, load: _Load, terms: Mapping[str, Sequence[Terms]], rng: np.random.Generator, *, today: date
) -> Purchase:
    lead_days = max(
        offer.lead_days
        for line in load.lines
        for offer in terms[line.sku]
        if offer.supplier.id == load.supplier_id
    )
    ahead = int(rng.integers(*load.days_ahead, endpoint=True))
    day = next_open_day(today + timedelta(days=ahead), CALENDAR)
    minutes = int(rng.integers(GATES_OPEN_S[0] // 60, GATES_OPEN_S[1] // 60, endpoint=True))
    expected_at = instant_of(day, 60 * minutes, time_zone=TIME_ZONE)
    late_days = int(rng.integers(1, 4)) if rng.random() < LATE_SHARE else 0
    promised_at = expected_at - late_days * DAY_S * 1000
    ordered_at = min(promised_at - lead_days * DAY_S * 1000, instant_of(today, 0, time_zone=TIME_ZONE))
    return Purchase(
        number, load.supplier_id, load.warehouse, ordered_at, promised_at, expected_at, load.lines
    )


def receipts(purchases: Sequence[Purchase], rng: np.random.Generator, *, today: date) -> Iterator[DayEvent]:
    """The receipts of all lines that are expected ``today``, a little before or after that."""
    for purchase in purchases:
        if local_date(purchase.expected_at, time_zone=TIME_ZONE) == today:
            about_s = int(rng.integers(-RECEIPT_EARLY_S, RECEIPT_LATE_S))
            for number, line in enumerate(purchase.lines, start=1):
                yield DayEvent(
                    "stock_received",
                    purchase.expected_at + 1000 * (about_s + 60 * number),
                    {"purchase_order_line_id": purchase.line_id(number), "quantity": line.quantity},
                    source=f"goods-in {purchase.warehouse}",
                    key=f"{purchase.number}-{number}",
                )


def purchase_rows(purchases: Sequence[Purchase]) -> Iterator[VertexRow]:
    """The purchase orders and their lines, nothing of which has come yet."""
    for purchase in purchases:
        yield VertexRow("PurchaseOrder", purchase.id, {"ordered_at": purchase.ordered_at, "status": "open"})
    for purchase in purchases:
        for number, line in enumerate(purchase.lines, start=1):
            yield VertexRow(
                "PurchaseOrderLine",
                purchase.line_id(number),
                {
                    "quantity": line.quantity,
                    "received": 0,
                    "reserved": 0,
                    "available": line.quantity,
                    "promised_at": purchase.promised_at,
                    "expected_at": purchase.expected_at,
                },
            )


def purchase_edges(purchases: Sequence[Purchase]) -> Iterator[EdgeRow]:
    """From whom, to which warehouse, which lines, of what."""
    for purchase in purchases:
        yield EdgeRow("PLACED_WITH", purchase.id, purchase.supplier_id)
    for purchase in purchases:
        yield EdgeRow("DELIVERS_TO", purchase.id, ids.make("warehouse", purchase.warehouse))
    for purchase in purchases:
        for number, _ in enumerate(purchase.lines, start=1):
            yield EdgeRow("HAS_LINE", purchase.id, purchase.line_id(number))
    for purchase in purchases:
        for number, line in enumerate(purchase.lines, start=1):
            yield EdgeRow("BUYS", purchase.line_id(number), ids.make("sku", line.sku))
