"""What the fields of a request must look like, whatever the graph says."""

from __future__ import annotations

from graph.errors import InvalidInput, UnknownId

LONGEST_ID = 500


def demand_whole(field: str, value: object, *, least: int, most: int, unit: str = "") -> None:
    """Raise :class:`InvalidInput` unless ``value`` is a whole number from ``least`` to ``most``."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise InvalidInput(field, f"has to be a whole number from {least} to {most}{unit}, got {value!r:.40}")


def demand_number(field: str, value: object) -> None:
    """Raise :class:`InvalidInput` unless ``value`` is a number."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise InvalidInput(field, f"has to be a number, got {value!r:.40}")


def demand_text(field: str, value: object, *, most: int, least: int = 1, lines: bool = False) -> None:
    """Raise :class:`InvalidInput` unless ``value`` is printable text; ``lines``: it may break into lines."""
    if not isinstance(value, str) or not least <= len(value.strip()) or len(value) > most:
        raise InvalidInput(field, f"has to have {least} to {most} characters, got {value!r:.80}")
    shown = value.replace("\n", "").replace("\r", "").replace("\t", "") if lines else value
    if not shown.isprintable():
        raise InvalidInput(field, f"has characters that cannot be printed: {value!r:.80}")


def demand_id(field: str, value: object, kind: str) -> None:
    """Raise :class:`UnknownId` for what can be the id of nothing."""
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_ID or not value.isprintable():
        raise UnknownId(field, f"{value!r:.80} is no {kind}")
