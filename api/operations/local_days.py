"""Local dates as requests give them, and which of them can still be worked on."""

from __future__ import annotations

from datetime import date, timedelta

from api.operations.expectation import Warehouses
from graph.errors import InvalidInput
from optimizer.calendar import local_date, next_open_day

DAYS_A_WEEK = 7


def parse_day(day: str) -> date:
    """The local date that ``day`` says as YYYY-MM-DD; :class:`InvalidInput` for anything else.

    Other notations of ISO 8601 are refused: days are compared as text.
    """
    try:
        parsed = date.fromisoformat(day)
    except ValueError:
        parsed = None
    if parsed is None or parsed.isoformat() != day:
        raise InvalidInput("day", f"wants a date as in 2026-03-03, got {day!r:.40}")
    return parsed


def demand_not_past(day: date, warehouses: Warehouses, *, now: int) -> None:
    """Refuse a day that is over: today is the local date at ``now`` (UTC epoch ms), in several time zones
    the earliest of theirs.
    """
    today = min(local_date(now, time_zone=name) for name in _zones(warehouses))
    if day < today:
        raise InvalidInput("day", f"lies in the past: today is {today}, and {day} is over; give a later day")


def demand_open(day: date, warehouses: Warehouses) -> None:
    """Refuse a day of the week on which no warehouse delivers."""
    calendars = warehouses.values()
    if calendars and all(day.isoweekday() in calendar.closed_weekdays for calendar in calendars):
        open_days = [
            next_open_day(day + timedelta(days=1), calendar)
            for calendar in calendars
            if len(calendar.closed_weekdays) < DAYS_A_WEEK
        ]
        instead = f"; the next day with deliveries is {min(open_days)}" if open_days else ""
        raise InvalidInput("day", f"{day} is a {day:%A}, on which no warehouse delivers{instead}")


def _zones(warehouses: Warehouses) -> set[str]:
    return {calendar.time_zone for calendar in warehouses.values()} or {"UTC"}
