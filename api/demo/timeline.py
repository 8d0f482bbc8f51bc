"""When things happen on the demo's first day: local times of day at which each phase reads the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

TIME_ZONE = "America/Santiago"
FIRST_DAY = date(2026, 3, 2)


@dataclass(frozen=True)
class Timeline:
    """The instants (UTC epoch ms) of the first day, and the day that is planned (ISO 8601)."""

    placed_at: int
    sourced_at: int
    assessed_at: int
    planned_at: int
    explained_at: int
    planning_day: str


def timeline(first_day: date = FIRST_DAY) -> Timeline:
    """Orders come in at 06:00 and are sourced at 08:00; after the cutoff, at 19:00, tomorrow is planned."""
    return Timeline(
        placed_at=_at(first_day, 6, 0),
        sourced_at=_at(first_day, 8, 0),
        assessed_at=_at(first_day, 19, 0),
        planned_at=_at(first_day, 19, 5),
        explained_at=_at(first_day, 19, 30),
        planning_day=(first_day + timedelta(days=1)).isoformat(),
    )


def _at(day: date, hour: int, minute: int) -> int:
    return round(datetime.combine(day, time(hour, minute), ZoneInfo(TIME_ZONE)).timestamp() * 1000)
