"""The clock every rule reads: the machine's, or one with a start and a speed of its own."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final, Protocol

from graph.errors import InvalidInput

FASTEST: Final = 1_000_000.0
"""The highest speed a clock may run at: a day in 86 ms."""

LATEST: Final = 253_402_300_799_999
"""The last millisecond of the year 9999 (UTC epoch ms)."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_START_AND_SPEED: Final = re.compile(r"(?P<start>.+?)(?:x(?P<speed>[^x]*))?", re.DOTALL)


class Clock(Protocol):
    """Tells the time; never an earlier one than it told before."""

    def now(self) -> int:
        """UTC epoch milliseconds."""


class SystemClock:
    """The machine's clock. When that is set back, this one stands still until it is overtaken."""

    def __init__(self, read_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        self._read_ms = read_ms
        self._latest = 0
        self._lock = Lock()

    def now(self) -> int:
        """UTC epoch milliseconds."""
        with self._lock:
            self._latest = max(self._latest, self._read_ms())
            return self._latest


class RunningClock:
    """Starts at ``start_at`` (UTC epoch ms) when it is made and runs ``speed`` times as fast as time does.

    A speed of 0 stands still.
    """

    def __init__(
        self, start_at: int, *, speed: float = 1.0, read_s: Callable[[], float] = time.monotonic
    ) -> None:
        self.start_at = start_at
        self.speed = speed
        self._read_s = read_s
        self._began_s = read_s()

    def now(self) -> int:
        """UTC epoch milliseconds."""
        return self.start_at + round((self._read_s() - self._began_s) * 1000 * self.speed)


def parse_clock(text: str) -> Clock:
    """The clock that ``text`` describes: ``system``, or ``START`` or ``STARTxSPEED``.

    START is ISO 8601 with an offset, SPEED a number from 0 (stands still) to :data:`FASTEST`:
    ``2026-03-02T19:00-03:00x60`` makes a minute of every second. Raises
    :class:`~graph.errors.InvalidInput` for anything else.
    """
    if text.strip() == "system":
        return SystemClock()
    match = _START_AND_SPEED.fullmatch(text.strip())
    if match is None:
        raise InvalidInput("clock", "wants system or START[xSPEED], got nothing")
    speed = 1.0 if match["speed"] is None else _speed(match["speed"])
    return RunningClock(parse_instant(match["start"], field="clock"), speed=speed)


def parse_instant(text: str, *, field: str) -> int:
    """The instant (UTC epoch ms) from 1970 on that ``text`` says in ISO 8601 with an offset.

    Raises :class:`~graph.errors.InvalidInput` naming ``field``.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            field, f"wants a time as in 2026-03-02T06:00:00-03:00 (ISO 8601), got {text!r:.80}"
        ) from None
    if moment.tzinfo is None:
        raise InvalidInput(
            field, f"wants a time with its offset from UTC, as in 2026-03-05T18:00-03:00, got {text!r:.80}"
        )
    at = (moment - _EPOCH) // timedelta(milliseconds=1)
    if not 0 <= at <= LATEST:
        raise InvalidInput(field, f"wants a time between the years 1970 and 9999, got {text!r:.80}")
    return at


def format_instant(at: int) -> str:
    """``at`` (UTC epoch ms) in ISO 8601 and UTC; with milliseconds where there are any."""
    text = (_EPOCH + timedelta(milliseconds=at)).isoformat(
        timespec="milliseconds" if at % 1000 else "seconds"
    )
    return f"{text[:-6]}Z"


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not 0 <= speed <= FASTEST:
        raise InvalidInput(
            "clock", f"wants a speed from 0 to {FASTEST:,.0f} after the x, as in START x60, got {text!r:.40}"
        )
    return speed
