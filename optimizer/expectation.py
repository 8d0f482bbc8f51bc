"""When an order will be at the door, as things stand, and which fact decides it.

One function serves every write that changes it, so that the stored projection can always be
recomputed from its causes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from optimizer.calendar import ReceivingHours, WarehouseCalendar, door_by, local_date


@dataclass(frozen=True)
class Constraint:
    """A fact that keeps (a part of) an order in the warehouse until ``clears_at`` (UTC epoch ms).

    ``kind`` says what it is (stock, inbound, short, hold, paper, left_out), ``evidence`` are the ids of
    the vertices that prove it, the most specific last.
    """

    kind: str
    clears_at: int
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """What leaves one warehouse for the order: its own constraints, its way, and where it stands.

    ``arrives_at`` is the planned arrival of a route in force, ``delivered_at`` the real one.
    """

    warehouse_id: str
    transit_s: int
    calendar: WarehouseCalendar
    constraints: tuple[Constraint, ...]
    arrives_at: int | None = None
    delivered_at: int | None = None


@dataclass(frozen=True)
class OrderFacts:
    """All that decides when an order will be there; ``not_before`` is the day it is meant for."""

    order_id: str
    promised_at: int
    not_before: date
    hours: ReceivingHours
    parts: tuple[Part, ...]
    constraints: tuple[Constraint, ...] = ()


@dataclass(frozen=True)
class Expectation:
    """By when the order is at the door (UTC epoch ms), on which local day, and how late that is."""

    expected_at: int
    late_by_s: int
    day: date


def expect(facts: OrderFacts, *, now: int) -> Expectation:
    """The expectation for an order of at least one part: that of its latest part."""
    expected_at = max(part_expected_at(facts, part, now=now) for part in facts.parts)
    time_zone = facts.parts[0].calendar.time_zone
    return Expectation(
        expected_at,
        max(0, -(-(expected_at - facts.promised_at) // 1000)),
        local_date(expected_at, time_zone=time_zone),
    )


def part_expected_at(facts: OrderFacts, part: Part, *, now: int) -> int:
    """By when (UTC epoch ms) one part is at the door."""
    if part.delivered_at is not None:
        return part.delivered_at
    if part.arrives_at is not None:
        return part.arrives_at
    return door_if_ready_at(facts, part, ready_at(facts.constraints + part.constraints, now=now))


def ready_at(constraints: Sequence[Constraint], *, now: int) -> int:
    """When the last constraint is gone; never in the past."""
    return max([now, *(constraint.clears_at for constraint in constraints)])


def door_if_ready_at(facts: OrderFacts, part: Part, ready: int) -> int:
    """By when (UTC epoch ms) the part would be at the door if it were ready at ``ready``."""
    return door_by(
        ready,
        not_before=facts.not_before,
        transit_s=part.transit_s,
        calendar=part.calendar,
        hours=facts.hours,
    )
