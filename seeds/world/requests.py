"""What is asked of the service and what happens to it: the demo's orders and the events of its first day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graph.schema import ids

FieldValue = str | int | tuple[str, ...]


@dataclass(frozen=True)
class OrderLineRequest:
    """A quantity, in base units, of one SKU."""

    sku_id: str
    quantity: int


@dataclass(frozen=True)
class OrderRequest:
    """An order to place: wanted at the customer's usual address by ``requested_at`` (UTC epoch ms)."""

    number: str
    customer_id: str
    requested_at: int
    lines: tuple[OrderLineRequest, ...]
    priority: int = 3
    missing_papers: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The id that the order will have."""
        return ids.order(self.number)


@dataclass(frozen=True)
class DayEvent:
    """A fact to record: its kind, when it occurred (UTC epoch ms), who says so, and what it is.

    ``kind`` is one of :data:`graph.schema.events.FACT_KINDS`; ``fields`` are those of the fact, by name.
    ``key`` tells it from all others of the world.
    """

    kind: str
    occurred_at: int
    fields: Mapping[str, FieldValue]
    source: str
    key: str
