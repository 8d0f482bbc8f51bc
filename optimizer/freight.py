"""What bringing goods to a door costs, as far as choosing a warehouse needs to know it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FreightRates:
    """Rates in minor units (here: pesos), for choosing between warehouses; rounds are planned by real costs.

    A shipment costs ``per_km`` for its share of a round and ``per_tonne_km`` for its weight. Each one
    beyond the first of an order costs ``per_extra_shipment``: another hand-over and another set of papers.
    Each day after the promise costs ``per_day_late``, doubled for priority 1. A unit from an inbound
    receipt rather than from stock costs ``per_inbound_draw`` once for the line, one that is short
    ``per_short_draw``, since nothing is certain about it.
    """

    per_km: int = 90
    per_tonne_km: int = 400
    per_extra_shipment: int = 3_000
    per_day_late: int = 20_000
    per_inbound_draw: int = 500
    per_short_draw: int = 15_000

    def shipping(self, *, distance_m: int, weight_g: int) -> int:
        """The cost of bringing ``weight_g`` over ``distance_m`` as one shipment."""
        return (distance_m * (self.per_km * 1_000_000 + self.per_tonne_km * weight_g)) // 1_000_000_000

    def lateness(self, *, late_ms: int, priority: int) -> int:
        """The cost of being ``late_ms`` after the promise; every day begun counts."""
        days = -(-late_ms // 86_400_000) if late_ms > 0 else 0
        return days * self.per_day_late * (2 if priority == 1 else 1)
