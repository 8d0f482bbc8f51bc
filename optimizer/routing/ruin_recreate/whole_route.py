# mypy: disable-error-code=no-any-return
"""What a route costs, every constraint checked: the compiled twin of plan mode for one route.

A route is spelled as stops, and ``-1 - depot`` for a reload. Each constraint stands in the function of its
name and nowhere else in the search, but for the tests that insertion makes before, which only spare calls.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.ruin_recreate.arrays import (
    BREAKS_FROM,
    BREAKS_TO,
    CLOSES,
    COLLECTION,
    DELIVERY,
    DEPOT,
    DROP,
    FIRST_LOAD,
    FIXED,
    FROM,
    HOME,
    LEFT,
    MOST_DISTANCE,
    MOST_DRIVING,
    MOST_DURATION,
    MOST_RELOADS,
    MOST_STOPS,
    OPENS,
    OVERRUN_ENDS,
    PER_M,
    PER_MS,
    PER_OVERRUN_MS,
    PICKUP,
    PROFILE,
    RELOADS_FROM,
    RELOADS_TO,
    SETUP,
    SHIFT_ENDS,
    SHIFT_STARTS,
    SHIPMENT,
    TO,
    TYPE,
    UNREACHABLE,
    WINDOWS_FROM,
    WINDOWS_TO,
    WORK,
    Instance,
)
from optimizer.routing.ruin_recreate.handles import entry, kernel

Ints = NDArray[np.int64]

# Columns of Desk.tasks
PLACE, READY, FIRST_WINDOW, LAST_WINDOW, LABOUR, NODE, START_AT, PINNED = range(8)
NO_WINDOW = -1
OF_NODE = -2  # the window is that of the node
OF_BREAK = -3  # and less: that of break OF_BREAK - window
ABSENT = 1 << 60


class Desk(NamedTuple):
    """Space to work in, reused from route to route."""

    tasks: Ints
    """The calls of the route; tasks[0] is leaving."""
    rests: Ints
    """The same with breaks between."""
    seen: Ints
    """[shipment]: the route's number when last seen."""
    first: Ints
    last: Ints
    number: Ints
    aboard: Ints
    at: Ints
    """[task, breaks taken]: earliest end, metres, breaks taken before, on arrival."""
    out: Ints
    """Metres, driving, leaving, back: of the last route evaluated."""


def desk(instance: Instance) -> Desk:
    """Room for any route of the instance."""
    most = instance.stops + int(instance.kinds[:, MOST_RELOADS].max()) + 4
    most = min(most, 2 * instance.stops + 4 + int(instance.kinds[:, MOST_RELOADS].max()))
    rests = int((instance.kinds[:, BREAKS_TO] - instance.kinds[:, BREAKS_FROM]).max())
    shipments = len(instance.worth)
    return Desk(
        tasks=np.zeros((most, 8), np.int64),
        rests=np.zeros((most + rests, 8), np.int64),
        seen=np.zeros(shipments, np.int64),
        first=np.zeros(shipments, np.int64),
        last=np.zeros(shipments, np.int64),
        number=np.zeros(1, np.int64),
        aboard=np.zeros(instance.capacity.shape[1], np.int64),
        at=np.zeros((most, rests + 1, 4), np.int64),
        out=np.zeros(4, np.int64),
    )


@kernel
def route_cost(x: Instance, w: Desk, route: Ints, n: int, kind: int, pinned: int) -> float:
    """The cost of a route of ``n`` visits on a kind of vehicle; infinite where it breaks anything.

    What its first ``pinned`` visits break by themselves does not count.
    """
    w.number[0] += 1
    if not (
        _order_kept(x, w, route, n)
        and _set_apart(x, w, route, n)
        and _loads_fit(x, route, n, kind)
        and _depots_allowed(x, route, n, kind)
        and _reloads_allowed(x, route, n, kind)
    ):
        return np.inf
    charges = _charges(x, route, n, kind)
    if charges == np.inf:
        return np.inf
    count = _spell(x, w, route, n, kind, pinned)
    total = count
    if x.kinds[kind, BREAKS_TO] > x.kinds[kind, BREAKS_FROM]:
        total = _place_breaks(x, w, count, kind)
        if total < 0:
            return np.inf
        sequence = w.rests
    else:
        sequence = w.tasks
    if not _drive(x, w, sequence, total, kind):
        return np.inf
    if w.out[0] > x.kinds[kind, MOST_DISTANCE] or w.out[1] > x.kinds[kind, MOST_DRIVING]:
        return np.inf
    if w.out[3] - w.out[2] > x.kinds[kind, MOST_DURATION]:
        return np.inf
    overtime = max(0, w.out[3] - x.kinds[kind, SHIFT_ENDS])
    return (
        x.prices[kind, FIXED]
        + x.prices[kind, PER_M] * w.out[0]
        + x.prices[kind, PER_MS] * (w.out[3] - w.out[2])
        + x.prices[kind, PER_OVERRUN_MS] * overtime
        + _soft_windows(x, sequence, total)
        + charges
    )


@kernel
def _order_kept(x: Instance, w: Desk, route: Ints, n: int) -> bool:
    """Pickup before delivery, and one shipment before another; how many stops."""
    number = w.number[0]
    for i in range(n):
        node = route[i]
        if node < 0:
            continue
        s = x.calls[node, SHIPMENT]
        if w.seen[s] != number:
            w.seen[s] = number
            w.first[s] = i
            if x.calls[node, TYPE] == DROP:
                return False
        w.last[s] = i
    for i in range(n):
        node = route[i]
        if node < 0:
            continue
        s = x.calls[node, SHIPMENT]
        if x.calls[node, TYPE] == PICKUP and w.last[s] == w.first[s]:
            return False
        if x.ruled and w.first[s] == i:
            for q in range(x.before_from[s], x.before_from[s + 1]):
                other = x.before[q]
                if w.seen[other] == number and w.last[other] > i:
                    return False
    return True


@kernel
def _set_apart(x: Instance, w: Desk, route: Ints, n: int) -> bool:
    if not x.ruled:
        return True
    for i in range(n):
        if route[i] >= 0:
            s = x.calls[route[i], SHIPMENT]
            for q in range(x.apart_from[s], x.apart_from[s + 1]):
                if w.seen[x.apart[q]] == w.number[0]:
                    return False
    return True


@kernel
def _loads_fit(x: Instance, route: Ints, n: int, kind: int) -> bool:
    """What comes from a depot is on board from the loading on, what goes to one until the next call there."""
    for d in range(x.capacity.shape[1]):
        most = x.capacity[kind, d]
        kept = 0  # of pairs: stays on board at a reload
        collected = 0
        to_deliver = _delivered_from(x, route, n, 0, d)
        if to_deliver > most:
            return False
        for i in range(n):
            node = route[i]
            if node < 0:
                collected = 0
                to_deliver = _delivered_from(x, route, n, i + 1, d)
            else:
                load = x.load[x.calls[node, SHIPMENT], d]
                what = x.calls[node, TYPE]
                if what == DELIVERY:
                    to_deliver -= load
                elif what == COLLECTION:
                    collected += load
                elif what == PICKUP:
                    kept += load
                else:
                    kept -= load
            if kept + collected + to_deliver > most:
                return False
    return True


@kernel
def _delivered_from(x: Instance, route: Ints, n: int, i: int, d: int) -> int:
    total = 0
    while i < n and route[i] >= 0:
        if x.calls[route[i], TYPE] == DELIVERY:
            total += x.load[x.calls[route[i], SHIPMENT], d]
        i += 1
    return total


@kernel
def _depots_allowed(x: Instance, route: Ints, n: int, kind: int) -> bool:
    """The depots where goods are loaded, and those they are brought to."""
    depot = x.kinds[kind, DEPOT]
    for i in range(n):
        node = route[i]
        if node < 0:
            depot = -1 - node
        elif x.calls[node, TYPE] == DELIVERY and not x.at_depot[x.calls[node, SHIPMENT], depot]:
            return False
    depot = -1
    for i in range(n - 1, -1, -1):
        node = route[i]
        if node < 0:
            depot = -1 - node
        elif x.calls[node, TYPE] == COLLECTION:
            s = x.calls[node, SHIPMENT]
            if depot >= 0:
                if not x.at_depot[s, depot]:
                    return False
            else:
                found = False
                for one in range(x.depots.shape[0]):
                    if x.depots[one, 0] == x.kinds[kind, TO] and x.at_depot[s, one]:
                        found = True
                if not found:
                    return False
    return True


@kernel
def _reloads_allowed(x: Instance, route: Ints, n: int, kind: int) -> bool:
    """How often, and where, the vehicle loads again; how many stops it makes."""
    reloads = 0
    for i in range(n):
        if route[i] < 0:
            reloads += 1
            found = False
            for q in range(x.kinds[kind, RELOADS_FROM], x.kinds[kind, RELOADS_TO]):
                if x.reload_depots[q] == -1 - route[i]:
                    found = True
            if not found:
                return False
    return reloads <= x.kinds[kind, MOST_RELOADS] and n - reloads <= x.kinds[kind, MOST_STOPS]


@kernel
def _charges(x: Instance, route: Ints, n: int, kind: int) -> float:
    """What vehicles cost that are not preferred, or not those in force; infinite where they may not."""
    total = 0.0
    for i in range(n):
        if route[i] >= 0 and x.calls[route[i], TYPE] != DROP:
            total += x.charge[kind, x.calls[route[i], SHIPMENT]]
    return total


@kernel
def _spell(x: Instance, w: Desk, route: Ints, n: int, kind: int, pinned: int) -> int:
    """Write the route's tasks, leaving first; their number."""
    tasks = w.tasks
    released = _release_from(x, route, n, 0)
    first_load = x.kinds[kind, FIRST_LOAD]
    tasks[0, PLACE] = x.kinds[kind, FROM]
    tasks[0, READY] = x.kinds[kind, SHIFT_STARTS]
    if first_load < 0:
        tasks[0, READY] = max(tasks[0, READY], released)
    count = 1
    if first_load >= 0:
        _depot_task(x, tasks, count, first_load, released)
        tasks[count, PINNED] = 1 if pinned > 0 else 0
        count += 1
    spent = 0
    here = -1
    for i in range(n):
        node = route[i]
        if node < 0:
            _depot_task(x, tasks, count, -1 - node, _release_from(x, route, n, i + 1))
            here = -1
        else:
            place = x.calls[node, HOME]
            if place != here:
                spent = 0
            setup = x.calls[node, SETUP]
            tasks[count, PLACE] = place
            tasks[count, READY] = 0
            tasks[count, FIRST_WINDOW] = OF_NODE
            if x.calls[node, WINDOWS_TO] - x.calls[node, WINDOWS_FROM] > 1:
                tasks[count, FIRST_WINDOW] = x.calls[node, WINDOWS_FROM]
                tasks[count, LAST_WINDOW] = x.calls[node, WINDOWS_TO]
            tasks[count, LABOUR] = x.calls[node, WORK] + max(0, setup - spent)
            tasks[count, NODE] = node
            spent = max(spent, setup)
            here = place
        tasks[count, PINNED] = 1 if i < pinned else 0
        count += 1
    if x.kinds[kind, TO] < x.distance.shape[1] - 1:
        tasks[count, PLACE] = x.kinds[kind, TO]
        tasks[count, READY] = 0
        tasks[count, FIRST_WINDOW] = NO_WINDOW
        tasks[count, LABOUR] = 0
        tasks[count, NODE] = -1
        tasks[count, PINNED] = 0
        count += 1
    return count


@kernel
def _release_from(x: Instance, route: Ints, n: int, i: int) -> int:
    """When all that is loaded before visit ``i`` is ready."""
    released = 0
    while i < n and route[i] >= 0:
        if x.calls[route[i], TYPE] == DELIVERY:
            released = max(released, x.release[x.calls[route[i], SHIPMENT]])
        i += 1
    return released


@kernel
def _depot_task(x: Instance, tasks: Ints, i: int, depot: int, released: int) -> None:
    tasks[i, PLACE] = x.depots[depot, 0]
    tasks[i, READY] = released
    tasks[i, FIRST_WINDOW] = NO_WINDOW
    if x.depots[depot, 3] > x.depots[depot, 2]:
        tasks[i, FIRST_WINDOW] = x.depots[depot, 2]
        tasks[i, LAST_WINDOW] = x.depots[depot, 3]
    tasks[i, LABOUR] = x.depots[depot, 1]
    tasks[i, NODE] = -1


@kernel
def _earliest(x: Instance, tasks: Ints, i: int, arrive: int) -> int:
    """The earliest start within a window, or ABSENT; what is pinned starts whenever it can."""
    able = max(arrive, tasks[i, READY])
    window = tasks[i, FIRST_WINDOW]
    if window == NO_WINDOW:
        return able
    best = ABSENT
    if window == OF_NODE:
        node = tasks[i, NODE]
        if able <= x.calls[node, CLOSES]:
            best = max(able, x.calls[node, OPENS])
    elif window <= OF_BREAK:
        if able <= x.breaks[OF_BREAK - window, 1]:
            best = max(able, x.breaks[OF_BREAK - window, 0])
    else:
        for q in range(window, tasks[i, LAST_WINDOW]):
            if x.windows[q, 1] >= able:
                best = min(best, max(able, x.windows[q, 0]))
    if best == ABSENT and tasks[i, PINNED]:
        return able
    return best


@kernel
def _latest(x: Instance, tasks: Ints, i: int, by: int) -> int:
    """The last start no later than ``by``; what is late stays."""
    earliest = tasks[i, START_AT]
    window = tasks[i, FIRST_WINDOW]
    if window == NO_WINDOW:
        return by
    if window == OF_NODE:
        closes = x.calls[tasks[i, NODE], CLOSES]
        return earliest if earliest > closes else min(by, closes)
    if window <= OF_BREAK:
        return min(by, x.breaks[OF_BREAK - window, 1])
    best = -ABSENT
    closed = True
    for q in range(window, tasks[i, LAST_WINDOW]):
        if x.windows[q, 1] >= earliest:
            closed = False
        if x.windows[q, 0] <= by:
            best = max(best, min(by, x.windows[q, 1]))
    return earliest if closed else best


@kernel
def _drive(x: Instance, w: Desk, tasks: Ints, count: int, kind: int) -> bool:
    """As early as can be, then leaving as late as may be for that; False where something is late."""
    profile = x.kinds[kind, PROFILE]
    left = x.kinds[kind, LEFT]
    leave = tasks[0, READY] if left < 0 else left
    at = leave
    here = tasks[0, PLACE]
    metres, ticks = 0, 0
    for i in range(1, count):
        place = tasks[i, PLACE]
        leg = x.distance[profile, here, place]
        if leg >= UNREACHABLE:
            return False
        metres += leg
        ticks += x.duration[profile, here, place]
        start = _earliest(x, tasks, i, at + x.duration[profile, here, place] * x.tick)
        if start == ABSENT:
            return False
        tasks[i, START_AT] = start
        at = start + tasks[i, LABOUR]
        here = place
    if at > x.kinds[kind, OVERRUN_ENDS]:
        return False
    if (left < 0 and x.timed) or (left < 0 and x.rich):
        leave = _leave_late(x, tasks, count, profile, leave)
    w.out[0] = metres
    w.out[1] = ticks * x.tick
    w.out[2] = leave
    w.out[3] = at
    return True


@kernel
def _leave_late(x: Instance, tasks: Ints, count: int, profile: int, leave: int) -> int:
    """When to leave at the latest to be done as early; the starts are put where they then are."""
    if count < 2:
        return leave
    by = tasks[count - 1, START_AT]
    for i in range(count - 2, 0, -1):
        leg = x.duration[profile, tasks[i, PLACE], tasks[i + 1, PLACE]] * x.tick
        by = _latest(x, tasks, i, by - leg - tasks[i, LABOUR])
    at = by - x.duration[profile, tasks[0, PLACE], tasks[1, PLACE]] * x.tick
    leave = at
    for i in range(1, count):
        at += x.duration[profile, tasks[i - 1, PLACE], tasks[i, PLACE]] * x.tick
        tasks[i, START_AT] = _earliest(x, tasks, i, at)
        at = tasks[i, START_AT] + tasks[i, LABOUR]
    return leave


@kernel
def _soft_windows(x: Instance, tasks: Ints, count: int) -> float:
    total = 0.0
    for i in range(1, count):
        node = tasks[i, NODE]
        if node >= 0 and x.soft[node, 2] > 0:
            early = max(0.0, x.soft[node, 0] - tasks[i, START_AT])
            late = max(0.0, tasks[i, START_AT] - x.soft[node, 1])
            total += x.soft[node, 2] * (early + late)
    return total


@kernel
def _place_breaks(x: Instance, w: Desk, count: int, kind: int) -> int:
    """Put the breaks where they delay least, by dynamic programming over tasks and breaks taken.

    Writes the route with its breaks to ``w.rests``; returns its length, or -1 where they do not fit.
    """
    first = x.kinds[kind, BREAKS_FROM]
    breaks = x.kinds[kind, BREAKS_TO] - first
    _rest_before_leaving(x, w, kind, first, breaks)
    has_end = x.kinds[kind, TO] < x.distance.shape[1] - 1
    for i in range(1, count):
        for taken in range(breaks + 1):
            w.at[i, taken, 0] = ABSENT
            w.at[i, taken, 1] = ABSENT
            for before in range(taken, -1, -1):
                if w.at[i - 1, before, 0] == ABSENT:
                    continue
                for arrived in range(taken, before - 1, -1):
                    if arrived < taken and has_end and i == count - 1:
                        break
                    at, metres = _way(x, w, i, kind, first, before, arrived, taken)
                    if at < w.at[i, taken, 0] or (at == w.at[i, taken, 0] and metres < w.at[i, taken, 1]):
                        w.at[i, taken, 0] = at
                        w.at[i, taken, 1] = metres
                        w.at[i, taken, 2] = before
                        w.at[i, taken, 3] = arrived
    best = -1
    for taken in range(breaks + 1):
        at = w.at[count - 1, taken, 0]
        if at == ABSENT:
            continue
        missed = False
        for b in range(first + taken, first + breaks):
            if x.breaks[b, 1] < at:
                missed = True
        if not missed and (best < 0 or at < w.at[count - 1, best, 0]):
            best = taken
    if best < 0:
        return -1
    return _with_breaks(x, w, count, first, best)


@kernel
def _rest_before_leaving(x: Instance, w: Desk, kind: int, first: int, breaks: int) -> None:
    """Breaks taken at the start before the vehicle leaves."""
    left = x.kinds[kind, LEFT]
    leave = w.tasks[0, READY] if left < 0 else left
    for taken in range(breaks + 1):
        w.at[0, taken, 0] = ABSENT
        w.at[0, taken, 1] = 0
    w.at[0, 0, 0] = leave
    at = x.kinds[kind, SHIFT_STARTS]
    for taken in range(1, breaks + 1):
        b = first + taken - 1
        if x.breaks[b, 3] >= 0 and x.breaks[b, 3] != w.tasks[0, PLACE]:
            break
        start = max(at, x.breaks[b, 0])
        at = start + x.breaks[b, 2]
        if start > x.breaks[b, 1] or (left >= 0 and at > left):
            break
        w.at[0, taken, 0] = max(leave, at)


@kernel
def _way(
    x: Instance, w: Desk, i: int, kind: int, first: int, before: int, arrived: int, taken: int
) -> tuple[int, int]:
    """When task ``i`` is done after the breaks from ``before`` on the way and from ``arrived`` on there."""
    profile = x.kinds[kind, PROFILE]
    here = w.tasks[i - 1, PLACE]
    place = w.tasks[i, PLACE]
    at = w.at[i - 1, before, 0]
    metres = w.at[i - 1, before, 1]
    for b in range(first + arrived, first + taken):
        if x.breaks[b, 3] >= 0 and x.breaks[b, 3] != place:
            return ABSENT, ABSENT
    if (
        i == 1
        and arrived > before
        and (x.breaks[first + before, 3] < 0 or x.breaks[first + before, 3] == here)
    ):
        return ABSENT, ABSENT  # at the start itself breaks are taken before the vehicle leaves
    for b in range(first + before, first + taken):
        there = x.breaks[b, 3]
        if b < first + arrived and there >= 0 and there != here:
            if x.distance[profile, here, there] >= UNREACHABLE:
                return ABSENT, ABSENT
            at += x.duration[profile, here, there] * x.tick
            metres += x.distance[profile, here, there]
            here = there
        if b == first + arrived:
            at += x.duration[profile, here, place] * x.tick
            metres += x.distance[profile, here, place]
            here = -1
        start = max(at, x.breaks[b, 0])
        if start > x.breaks[b, 1]:
            return ABSENT, ABSENT
        at = start + x.breaks[b, 2]
    if here >= 0:
        if x.distance[profile, here, place] >= UNREACHABLE:
            return ABSENT, ABSENT
        at += x.duration[profile, here, place] * x.tick
        metres += x.distance[profile, here, place]
    start = _earliest(x, w.tasks, i, at)
    if start == ABSENT:
        return ABSENT, ABSENT
    return start + w.tasks[i, LABOUR], metres


@kernel
def _with_breaks(x: Instance, w: Desk, count: int, first: int, taken: int) -> int:
    """Write the tasks with the breaks chosen between them, last first, then shift them to the front."""
    room = w.rests.shape[0]
    to = room
    for i in range(count - 1, 0, -1):
        to -= 1
        _copy(w.tasks, i, w.rests, to)
        before, arrived = w.at[i, taken, 2], w.at[i, taken, 3]
        for b in range(first + taken - 1, first + before - 1, -1):
            to -= 1
            w.rests[to, READY] = x.breaks[b, 0]
            w.rests[to, FIRST_WINDOW] = OF_BREAK - b
            w.rests[to, LABOUR] = x.breaks[b, 2]
            w.rests[to, NODE] = -1
            w.rests[to, PINNED] = 0
            w.rests[to, PLACE] = x.breaks[b, 3]
            if b >= first + arrived:
                w.rests[to, PLACE] = w.tasks[i, PLACE]
            elif x.breaks[b, 3] < 0:
                here = w.tasks[i - 1, PLACE]
                for other in range(first + before, b):
                    if x.breaks[other, 3] >= 0:
                        here = x.breaks[other, 3]
                w.rests[to, PLACE] = here
        taken = before
    to -= 1
    _copy(w.tasks, 0, w.rests, to)
    w.rests[to, READY] = max(w.rests[to, READY], w.at[0, taken, 0])
    total = room - to
    for i in range(total):
        _copy(w.rests, to + i, w.rests, i)
    return total


@kernel
def _copy(tasks: Ints, i: int, into: Ints, j: int) -> None:
    for column in range(8):
        into[j, column] = tasks[i, column]


@entry
def cost_of(x: Instance, w: Desk, route: Ints, n: int, kind: int, pinned: int) -> float:
    """:func:`route_cost` for callers that are not compiled."""
    return route_cost(x, w, route, n, kind, pinned)
