"""Local dates as requests give them."""

from __future__ import annotations

from datetime import date

from graph.errors import InvalidInput


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
