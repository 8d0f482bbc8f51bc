"""What the demo says about itself: one value, printed as tables or as JSON with stable keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table

from api.demo.progress import PhaseTiming


@dataclass(frozen=True)
class OrderFigures:
    """Counts of orders over all days."""

    placed: int
    refused: int
    on_requested_date: int
    sourced: int
    split: int
    short: int


@dataclass(frozen=True)
class DayFigures:
    """Counts of the planning day's orders when it was assessed."""

    date: str
    ready: int
    blocked: int
    blocked_by: Mapping[str, int]


@dataclass(frozen=True)
class PlanFigures:
    """The plan in force: shipments, vehicles, the way and what it costs."""

    plan: str
    routed: int
    not_served: int
    not_served_by: Mapping[str, int]
    vehicles: int
    distance_km: float
    hours: float
    cost: int
    currency: str


@dataclass(frozen=True)
class LateOrderLine:
    """One late order in a line: how late, and the chain from the order down to the fact."""

    order: str
    late_by_min: int
    cause: str
    chain: Sequence[str]
    why: str


@dataclass(frozen=True)
class LateFigures:
    """Late orders by their main cause, and the worst of them."""

    orders: int
    by_cause: Mapping[str, int]
    worst: Sequence[LateOrderLine]


@dataclass(frozen=True)
class Summary:
    """All figures of a demo run; only ``timings`` depends on the machine."""

    seed: int
    world: Mapping[str, int]
    world_digest: str
    orders: OrderFigures
    day: DayFigures
    plan: PlanFigures
    late: LateFigures
    timings: Sequence[PhaseTiming]

    def as_json(self) -> dict[str, Any]:
        """The figures under their documented keys (docs/summary.md)."""
        figures = asdict(self)
        figures["timings"] = {
            timing.phase: {"wall_s": round(timing.wall_s, 3), "round_trips": timing.round_trips}
            for timing in self.timings
        }
        return figures

    def print_to(self, console: Console) -> None:
        """Print the tables."""
        console.print(Group(*self._tables()))

    def _tables(self) -> list[RenderableType]:
        return [
            _table("Orders", _order_rows(self.orders)),
            _table(f"Planning day {self.day.date}", _day_rows(self.day)),
            _table(f"Routes: {self.plan.plan}", _plan_rows(self.plan)),
            _table("Late", _late_rows(self.late)),
            _worst(self.late),
            _timings(self.timings),
        ]


def count_by(values: Sequence[str]) -> dict[str, int]:
    """How often each value occurs, the most frequent first, then by name."""
    return dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))


def _order_rows(orders: OrderFigures) -> list[tuple[str, object]]:
    return [
        ("promised", orders.placed),
        ("refused", orders.refused),
        ("on the requested date", orders.on_requested_date),
        ("sourced", orders.sourced),
        ("split over warehouses", orders.split),
        ("short", orders.short),
    ]


def _day_rows(day: DayFigures) -> list[tuple[str, object]]:
    return [("ready", day.ready), ("blocked", day.blocked), *_by("by", day.blocked_by)]


def _plan_rows(plan: PlanFigures) -> list[tuple[str, object]]:
    return [
        ("shipments routed", plan.routed),
        ("shipments not served", plan.not_served),
        *_by("because of", plan.not_served_by),
        ("vehicles", plan.vehicles),
        ("km", f"{plan.distance_km:,.1f}"),
        ("hours", f"{plan.hours:,.1f}"),
        ("cost", f"{plan.cost:,} {plan.currency}"),
    ]


def _late_rows(late: LateFigures) -> list[tuple[str, object]]:
    return [("orders", late.orders), *_by("because of", late.by_cause)]


def _by(word: str, counts: Mapping[str, int]) -> list[tuple[str, object]]:
    return [(f"  {word} {kind}", count) for kind, count in counts.items()]


def _table(title: str, rows: Sequence[tuple[str, object]]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, min_width=48)
    table.add_column()
    table.add_column(justify="right")
    for name, value in rows:
        table.add_row(name, f"{value:,}" if isinstance(value, int) else str(value))
    return table


def _worst(late: LateFigures) -> Table:
    title = f"Late, and why: the worst {len(late.worst)} of {late.orders}"
    table = Table(title=title, title_justify="left")
    for column in ("order", "late by", "cause", "why"):
        table.add_column(column, justify="right" if column == "late by" else "left")
    for line in late.worst:
        table.add_row(line.order, f"{line.late_by_min / 60:,.1f} h", line.cause, line.why)
    return table


def _timings(timings: Sequence[PhaseTiming]) -> Table:
    table = Table(title="Phases", title_justify="left")
    table.add_column("phase")
    table.add_column("wall time", justify="right")
    table.add_column("round trips", justify="right")
    for timing in timings:
        table.add_row(timing.phase, f"{timing.wall_s:.2f} s", f"{timing.round_trips:,}")
    table.add_row(
        "all",
        f"{sum(timing.wall_s for timing in timings):.2f} s",
        f"{sum(timing.round_trips for timing in timings):,}",
    )
    return table
