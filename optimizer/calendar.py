"""When goods that are ready in a warehouse can be at a door: local days, cutoffs and receiving hours.

The rule: what is ready at a warehouse before its cutoff goes out on the next day of delivery, leaves
not before the first vehicle does, and is handed over while the address takes goods in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from optimizer.errors import NoDeliveryDay

DAY_S = 86_400


@dataclass(frozen=True)
class WarehouseCalendar:
    """The times of day a warehouse works by; seconds count from local midnight."""

    time_zone: str
    cutoff_s: int
    departs_s: int
    pick_pack_s: int
    closed_weekdays: frozenset[int]


@dataclass(frozen=True)
class ReceivingHours:
    """When an address takes goods in, in seconds from local midnight, and how long handing over takes."""

    opens_s: int
    closes_s: int
    service_s: int


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The IANA time zone ``name``."""
    return ZoneInfo(name)


def local_date(at: int, *, time_zone: str) -> date:
    """The calendar day in ``time_zone`` of the instant ``at`` (UTC epoch ms)."""
    return datetime.fromtimestamp(at / 1000, zone(time_zone)).date()


def instant_of(day: date, seconds: int, *, time_zone: str) -> int:
    """The instant (UTC epoch ms) of the wall-clock time ``seconds`` after midnight on ``day``.

    Wall-clock, so that 08:00 stays 08:00 on the day the clocks change.
    """
    days, rest = divmod(seconds, DAY_S)
    wall = datetime.combine(day + timedelta(days=days), time(), zone(time_zone)) + timedelta(seconds=rest)
    return round(wall.timestamp() * 1000)


def first_delivery_day(ready_at: int, calendar: WarehouseCalendar) -> date:
    """The first day on which goods ready at ``ready_at`` (UTC epoch ms) can be delivered."""
    today = local_date(ready_at, time_zone=calendar.time_zone)
    in_time = ready_at <= instant_of(
        today, calendar.cutoff_s - calendar.pick_pack_s, time_zone=calendar.time_zone
    )
    return next_open_day(today + timedelta(days=1 if in_time else 2), calendar)


def first_day_to_leave(now: int, calendar: WarehouseCalendar) -> date:
    """The first day whose vehicles have not left by ``now`` (UTC epoch ms): today or tomorrow."""
    today = local_date(now, time_zone=calendar.time_zone)
    left = now >= instant_of(today, calendar.departs_s, time_zone=calendar.time_zone)
    return today + timedelta(days=1 if left else 0)


def next_open_day(day: date, calendar: WarehouseCalendar) -> date:
    """``day``, or the first one after it on which the warehouse delivers."""
    for ahead in range(8):
        if (day + timedelta(days=ahead)).isoweekday() not in calendar.closed_weekdays:
            return day + timedelta(days=ahead)
    raise NoDeliveryDay("the warehouse delivers on no day of the week")


def earliest_arrival(
    day: date, *, transit_s: int, calendar: WarehouseCalendar, hours: ReceivingHours
) -> int | None:
    """The earliest handing over on ``day`` (UTC epoch ms); None if the vehicle comes too late."""
    arrives_s = max(calendar.departs_s + transit_s, hours.opens_s)
    if arrives_s > hours.closes_s:
        return None
    return instant_of(day, arrives_s, time_zone=calendar.time_zone)


def door_by(
    ready_at: int,
    *,
    not_before: date,
    transit_s: int,
    calendar: WarehouseCalendar,
    hours: ReceivingHours,
) -> int:
    """By when (UTC epoch ms) goods ready at ``ready_at`` are at the door, on ``not_before`` or later.

    It is the end of the receiving hours of the first day that fits, since the round decides when on
    that day the vehicle comes. Raises :class:`NoDeliveryDay` when no day fits.
    """
    if earliest_arrival(not_before, transit_s=transit_s, calendar=calendar, hours=hours) is None:
        raise NoDeliveryDay(
            f"the drive takes {transit_s // 60} min: a vehicle that leaves at "
            f"{_clock(calendar.departs_s)} comes after {_clock(hours.closes_s)}, when the address closes"
        )
    day = next_open_day(max(first_delivery_day(ready_at, calendar), not_before), calendar)
    return instant_of(day, hours.closes_s, time_zone=calendar.time_zone)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
