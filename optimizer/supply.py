"""What there is to give: stocks and inbound receipts, and how much of them is still free."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from optimizer.calendar import WarehouseCalendar


@dataclass(frozen=True, slots=True)
class Source:
    """A stock (``expected_at`` is None) or an inbound receipt of one SKU in one warehouse."""

    id: str
    sku_id: str
    warehouse_id: str
    free: int
    expected_at: int | None = None

    def available_at(self, now: int) -> int:
        """When its goods are in the warehouse (UTC epoch ms)."""
        return now if self.expected_at is None else self.expected_at


@dataclass(frozen=True, slots=True)
class Site:
    """A warehouse with its calendar and how many shipments it can pack in a day."""

    id: str
    calendar: WarehouseCalendar
    daily_shipments: int


@dataclass(frozen=True, slots=True)
class Way:
    """The standard way from a warehouse to an address."""

    warehouse_id: str
    travel_s: int
    distance_m: int


@dataclass(frozen=True, slots=True)
class Need:
    """``quantity`` base units of a stocked SKU for line number ``line``.

    ``assembly_s`` is what assembling the line's kit takes once all is there; ``weight_g`` is of one unit.
    """

    line: int
    sku_id: str
    quantity: int
    assembly_s: int = 0
    weight_g: int = 0


class Supply:
    """The sources of each SKU, with a running account of what is free.

    ``lead_times_s`` is the shortest supplier lead time of each SKU that somebody supplies.
    """

    def __init__(self, sources: Iterable[Source], lead_times_s: Mapping[str, int]) -> None:
        self.lead_times_s = lead_times_s
        self.by_id: dict[str, Source] = {}
        self.free: dict[str, int] = {}
        by_sku: dict[str, list[Source]] = defaultdict(list)
        for source in sources:
            self.by_id[source.id] = source
            self.free[source.id] = source.free
            by_sku[source.sku_id].append(source)
        self._by_sku = {
            sku_id: tuple(sorted(found, key=lambda s: (s.expected_at or 0, s.id)))
            for sku_id, found in by_sku.items()
        }

    def sources(self, sku_id: str) -> Sequence[Source]:
        """The sources of a SKU: stocks first, then inbound receipts, the earliest first."""
        return self._by_sku.get(sku_id, ())

    def take(self, source_id: str, quantity: int) -> None:
        """Set ``quantity`` aside, which must be free."""
        left = self.free[source_id] - quantity
        if left < 0:
            raise ValueError(f"{source_id} has {left + quantity} free, {quantity} were taken")
        self.free[source_id] = left

    def give_back(self, source_id: str, quantity: int) -> None:
        """Undo :meth:`take`."""
        self.free[source_id] += quantity
