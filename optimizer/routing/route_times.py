"""When a route's tasks start: waiting for windows, breaks put where they delay least, leaving late.

The one place that says how time passes on a route. Breaks are placed by dynamic programming over the tasks
and the number of breaks taken: of all ways to have taken ``k`` breaks when a task is done, the earliest is
kept, which no other can overtake, since whoever is earlier can wait. Ties go to the fewest metres, then to
the break taken first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from optimizer.routing.model import Break, TimeWindow, Travel


@dataclass(frozen=True)
class Task:
    """Something done at a location: starts within a window (any time without), not before ``ready_at``."""

    location: int
    windows: tuple[TimeWindow, ...] = ()
    ready_at: int = 0
    work_ms: int = 0

    def start_at(self, arrive_at: int) -> int:
        """The earliest start; on arrival (or when ready) if every window has closed by then."""
        able_at = max(arrive_at, self.ready_at)
        return min(
            (max(able_at, w.opens_at) for w in self.windows if w.closes_at >= able_at), default=able_at
        )

    def lateness_ms(self, start_at: int) -> int:
        """How long after its last window closed it starts; 0 within a window."""
        return max(0, start_at - max((w.closes_at for w in self.windows), default=start_at))

    def latest_start(self, by: int, *, earliest: int) -> int:
        """The last start no later than ``by``, which ``earliest`` is not after; what is late stays there."""
        if self.lateness_ms(earliest):
            return earliest
        if not self.windows:
            return by
        return max(min(w.closes_at, by) for w in self.windows if w.opens_at <= by)


@dataclass(frozen=True)
class Timed:
    """A task, or the break ``rest``, with its times."""

    task: Task
    arrive_at: int
    start_at: int
    rest: int | None = None

    @property
    def done_at(self) -> int:
        """When the vehicle may drive on."""
        return self.start_at + self.task.work_ms


@dataclass(frozen=True)
class RouteTimes:
    """The times of a route: breaks before it leaves, when it leaves, all that follows, breaks not taken."""

    rested: tuple[Timed, ...]
    left_at: int
    timed: tuple[Timed, ...]
    missed_breaks: int


def travel_ms(travel: Travel, origin: int, to: int) -> int:
    """The time of a leg; none where no way leads, which is reported apart."""
    duration_s = travel.duration_s[origin, to]
    return 0 if math.isinf(duration_s) else round(1000 * float(duration_s))


def travel_m(travel: Travel, origin: int, to: int) -> int:
    """The metres of a leg; none where no way leads."""
    distance_m = travel.distance_m[origin, to]
    return 0 if math.isinf(distance_m) else round(float(distance_m))


def route_times(
    start: Task,
    tasks: Sequence[Task],
    *,
    has_end: bool,
    breaks: Sequence[Break],
    travel: Travel,
    left_at: int | None,
    shift_starts_at: int,
) -> RouteTimes:
    """The times of a route that does ``tasks`` in order, the last of which is its end if it has one.

    It is done as early as it can be, and leaves as late as it may for that (or at ``left_at``, if it has
    left). ``start.ready_at`` is the earliest it may leave.
    """
    choice = _place_breaks(start, tasks, has_end, breaks, travel, left_at, shift_starts_at)
    rested, slots = [b for b, slot in choice.taken if slot < 0], [t for t in choice.taken if t[1] >= 0]
    before = _rests_before_leaving(start, [(b, breaks[b]) for b in rested], shift_starts_at)
    earliest_leave = max(start.ready_at, before[-1].done_at if before else start.ready_at)
    leave_at = earliest_leave if left_at is None else left_at
    sequence = _with_breaks(tasks, slots, breaks)
    timed = _drive(start.location, sequence, travel, leave_at)
    if left_at is None:
        leave_at = _latest_leave(start.location, timed, travel, earliest=leave_at)
        timed = _drive(start.location, sequence, travel, leave_at)
    back_at = timed[-1].done_at if timed else leave_at
    missed = sum(rest.window.closes_at < back_at for rest in breaks[len(choice.taken) :])
    return RouteTimes(tuple(before), leave_at, tuple(timed), missed)


class _Label(NamedTuple):
    """A way to get so far; smaller is better. ``taken``: each break with its slot, see :func:`_slot`."""

    late_ms: int
    at: int
    metres: int
    taken: tuple[tuple[int, int], ...]

    @property
    def key(self) -> tuple[int, int, int]:
        return self.late_ms, self.at, self.metres


def _slot(task: int, *, arrived: bool) -> int:
    """Where a break is: on the way to a task before the last leg (even) or on arrival there (odd)."""
    return 2 * task + arrived


def _place_breaks(
    start: Task,
    tasks: Sequence[Task],
    has_end: bool,
    breaks: Sequence[Break],
    travel: Travel,
    left_at: int | None,
    shift_starts_at: int,
) -> _Label:
    if not breaks:
        return _Label(0, 0, 0, ())
    labels = _labels_at_start(start, breaks, left_at, shift_starts_at)
    here = start.location
    for i, task in enumerate(tasks):
        is_end = has_end and i == len(tasks) - 1
        onward: dict[int, _Label] = {}
        for taken in range(len(breaks) + 1):
            ways = (
                way
                for before in range(taken, -1, -1)
                if before in labels
                for way in _ways(labels[before], here, i, task, breaks[:taken], travel, is_end)
            )
            best = min(ways, key=lambda way: way.key, default=None)  # the first of equals
            if best is not None:
                onward[taken] = best
        labels, here = onward, task.location
    return min(labels.values(), key=lambda way: (_missed(way, breaks), way.late_ms, way.at, len(way.taken)))


def _missed(way: _Label, breaks: Sequence[Break]) -> int:
    return sum(rest.window.closes_at < way.at for rest in breaks[len(way.taken) :])


def _labels_at_start(
    start: Task, breaks: Sequence[Break], left_at: int | None, shift_starts_at: int
) -> dict[int, _Label]:
    leave_at = start.ready_at if left_at is None else left_at
    labels = {0: _Label(0, leave_at, 0, ())}
    for taken in range(1, len(breaks) + 1):
        if breaks[taken - 1].location not in (None, start.location):
            break
        rests = _rests_before_leaving(start, list(enumerate(breaks[:taken])), shift_starts_at)
        on_time = rests[-1].start_at <= breaks[taken - 1].window.closes_at
        if not on_time or (left_at is not None and rests[-1].done_at > left_at):
            break
        labels[taken] = _Label(0, max(leave_at, rests[-1].done_at), 0, tuple((b, -1) for b in range(taken)))
    return labels


def _rests_before_leaving(
    start: Task, rests: Sequence[tuple[int, Break]], shift_starts_at: int
) -> list[Timed]:
    timed: list[Timed] = []
    at = shift_starts_at
    for b, rest in rests:
        task = Task(start.location, (rest.window,), 0, 1000 * rest.duration_s)
        timed.append(Timed(task, at, task.start_at(at), b))
        at = timed[-1].done_at
    return timed


def _ways(
    label: _Label, here: int, i: int, task: Task, breaks: Sequence[Break], travel: Travel, is_end: bool
) -> Iterator[_Label]:
    """The ways to do a task after taking the rest of ``breaks`` on the way there, the earliest first."""
    taken = len(label.taken)
    for arrived in range(len(breaks), taken - 1, -1):
        if is_end and arrived < len(breaks):
            return
        if any(rest.location not in (None, task.location) for rest in breaks[arrived:]):
            return
        leaving = breaks[taken:arrived]
        if i == 0 and leaving and leaving[0].location in (None, here):
            continue  # at the start itself breaks are taken before the vehicle leaves
        way = _way(label, here, task, leaving, breaks[arrived:], travel)
        if way is not None:
            slots = [(b, _slot(i, arrived=b >= arrived)) for b in range(taken, len(breaks))]
            yield way._replace(taken=(*label.taken, *slots))


def _way(
    label: _Label, here: int, task: Task, leaving: Sequence[Break], arrived: Sequence[Break], travel: Travel
) -> _Label | None:
    late_ms, at, metres, _ = label
    detour = False
    for rest in leaving:
        if rest.location is not None and rest.location != here:
            if math.isinf(travel.duration_s[here, rest.location]):
                return None
            at += travel_ms(travel, here, rest.location)
            metres += travel_m(travel, here, rest.location)
            here, detour = rest.location, True
        at, late_ms = _after_rest(rest, at, late_ms)
    if detour and math.isinf(travel.duration_s[here, task.location]):
        return None
    at += travel_ms(travel, here, task.location)
    metres += travel_m(travel, here, task.location)
    for rest in arrived:
        at, late_ms = _after_rest(rest, at, late_ms)
    start_at = task.start_at(at)
    return _Label(late_ms + task.lateness_ms(start_at), start_at + task.work_ms, metres, ())


def _after_rest(rest: Break, at: int, late_ms: int) -> tuple[int, int]:
    start_at = max(at, rest.window.opens_at)
    return start_at + 1000 * rest.duration_s, late_ms + max(0, start_at - rest.window.closes_at)


def _with_breaks(
    tasks: Sequence[Task], slots: Sequence[tuple[int, int]], breaks: Sequence[Break]
) -> list[tuple[Task, int | None]]:
    """The tasks with the breaks as tasks of their own; a break that has no place is where it is taken."""
    sequence: list[tuple[Task, int | None]] = []
    for i, task in enumerate(tasks):
        for arrived in (False, True):
            for b in (b for b, slot in slots if slot == _slot(i, arrived=arrived)):
                location = breaks[b].location
                if location is None:
                    location = task.location if arrived or not sequence else sequence[-1][0].location
                sequence.append((Task(location, (breaks[b].window,), 0, 1000 * breaks[b].duration_s), b))
        sequence.append((task, None))
    return sequence


def _drive(
    origin: int, sequence: Sequence[tuple[Task, int | None]], travel: Travel, leave_at: int
) -> list[Timed]:
    timed: list[Timed] = []
    here, at = origin, leave_at
    for task, rest in sequence:
        arrive_at = at + travel_ms(travel, here, task.location)
        timed.append(Timed(task, arrive_at, task.start_at(arrive_at), rest))
        here, at = task.location, timed[-1].done_at
    return timed


def _latest_leave(origin: int, timed: Sequence[Timed], travel: Travel, *, earliest: int) -> int:
    """When to leave at the latest, so that the last of ``timed`` (as early as can be) is done no later."""
    if not timed:
        return earliest
    by = timed[-1].start_at
    for one, after in reversed(list(pairwise(timed))):
        by -= travel_ms(travel, one.task.location, after.task.location) + one.task.work_ms
        by = one.task.latest_start(by, earliest=one.start_at)
    return by - travel_ms(travel, origin, timed[0].task.location)
