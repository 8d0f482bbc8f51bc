"""When an order will be at the door, as things stand, and which fact decides it.

One function serves every write that changes it, so that the stored projection can always be
recomputed from its causes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from optimizer.calendar import ReceivingHours, WarehouseCalendar, door_by, first_day_to_leave, local_date


@dataclass(frozen=True)
class Constraint:
    """A fact that keeps (a part of) an order in the warehouse until ``clears_at`` (UTC epoch ms).

    ``kind`` says what it is (placed, stock, inbound, short, hold, paper, left_out), ``evidence`` are the
    ids of the vertices that prove it, the most specific last. An ``open`` one still stands: until it is
    gone, it clears at ``clears_at`` or now, whichever is later. One that is not open cleared at
    ``clears_at``, and that moment stays what it was. ``work_s`` is what has to be done once it is gone:
    to assemble a kit when its components are there.
    """

    kind: str
    clears_at: int
    evidence: tuple[str, ...]
    open: bool = True
    work_s: int = 0

    def cleared_by(self, now: int) -> int:
        """When it is gone and worked off (UTC epoch ms), as far as is known at ``now``."""
        return (max(self.clears_at, now) if self.open else self.clears_at) + 1000 * self.work_s


@dataclass(frozen=True)
class Part:
    """What leaves one warehouse for the order: its own constraints, its way, and where it stands.

    ``arrives_at`` is the arrival by a plan in force, ``delivered_at`` the real one. ``leaves_at`` is when
    that plan's vehicle leaves: what is not ready by then misses it. None: the goods are on their way.
    """

    warehouse_id: str
    transit_s: int
    calendar: WarehouseCalendar
    constraints: tuple[Constraint, ...]
    arrives_at: int | None = None
    leaves_at: int | None = None
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
    """By when (UTC epoch ms) one part is at the door; not in the past unless it was delivered."""
    if part.delivered_at is not None:
        return part.delivered_at
    ready = ready_at((*facts.constraints, *part.constraints), now=now)
    if part.arrives_at is not None and (part.leaves_at is None or ready <= part.leaves_at):
        return max(part.arrives_at, now)
    return door_if_ready_at(facts, part, ready, now=now)


def ready_at(constraints: Iterable[Constraint], *, now: int) -> int:
    """When the last constraint is gone, which may be long ago; ``now`` if there is none at all."""
    return max((constraint.cleared_by(now) for constraint in constraints), default=now)


def door_if_ready_at(facts: OrderFacts, part: Part, ready: int, *, now: int) -> int:
    """By when (UTC epoch ms) the part would be at the door if it were ready at ``ready``.

    On the first day that goods ready then can be delivered, not before the day the order is meant
    for, and not on a day whose vehicles have left by ``now``.
    """
    return door_by(
        ready,
        not_before=max(facts.not_before, first_day_to_leave(now, part.calendar)),
        transit_s=part.transit_s,
        calendar=part.calendar,
        hours=facts.hours,
    )
