# mypy: disable-error-code=no-any-return
"""The routes of a search: linked lists of nodes, what is known at each, and how a change is undone.

A row of ``nodes`` is one cache line. At every node stand the earliest time to go on and the latest time to
arrive, so that whether a stop fits between two others is known at once; where time costs, also the route's
segments before and behind (Vidal, Crainic, Gendreau, Prins 2013).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.ruin_recreate.arrays import (
    CLOSES,
    COLLECTION,
    DELIVERY,
    DROP,
    FIRST_LOAD,
    FIXED,
    FROM,
    HOME,
    LEFT,
    OPENS,
    OVERRUN_ENDS,
    PER_M,
    PER_MS,
    PER_OVERRUN_MS,
    PICKUP,
    PROFILE,
    SHIFT_ENDS,
    SHIFT_STARTS,
    SHIPMENT,
    TO,
    TYPE,
    WINDOWS_FROM,
    WINDOWS_TO,
    WORK,
    Instance,
)
from optimizer.routing.ruin_recreate.chance import seeded
from optimizer.routing.ruin_recreate.handles import kernel
from optimizer.routing.ruin_recreate.whole_route import Desk, route_cost

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Columns of Routes.nodes
PREV, NEXT, ROUTE, READY, LATE, PLACE, LEG, RANK = range(8)
# of Routes.routes
KIND, SIZE, METRES, TICKS, RELEASED, PINNED, DURATION, EARLY = range(8)
# of Routes.counts
(
    FREE_ROUTES,
    FREE_RELOADS,
    MISSING,
    JOURNAL,
    TOUCHED,
    OPEN,
    SERVED,
    STAMP,
    BLINK,
    LOGGED,
    QUEUED,
    VISIT_STAMP,
    ONLY,
) = range(13)
# of Routes.totals
COST, LEFT_OUT, GRUDGES, BEST, BEST_GRUDGED, TEMPERATURE = range(6)
# of Routes.found
AFTER, INTO, ON_KIND, RELOADING, AT_DEPOT, DROP_AFTER = range(6)


class Routes(NamedTuple):
    """All that a search changes."""

    nodes: Ints
    routes: Ints
    cost: Floats
    charges: Floats
    room: Ints
    """[route, dimension]: what may be added whatever the place."""
    aboard: Ints
    """[node, dimension]: the load from here on, and below the most before and behind, within the trip."""
    most_before: Ints
    most_behind: Ints
    ahead: Ints
    """[node]: duration, earliest and latest start of the segment from the start to here."""
    behind: Ints
    fixed: Flags
    depot_of: Ints
    """[node]: the depot of a reload."""
    used: Ints
    free_routes: Ints
    free_reloads: Ints
    waiting: Flags
    """[route or reload]: whether it is among the free ones."""
    counts: Ints
    missing: Ints
    """The first stops of what is left out though it has no prize."""
    missing_at: Ints
    grudge: Floats
    log: Ints
    journal: Ints
    journal_rows: Ints
    journal_depots: Ints
    journal_at: Ints
    touched: Ints
    touched_rows: Ints
    touched_costs: Floats
    touched_room: Ints
    touched_at: Ints
    ruined_at: Ints
    pair_seen: Ints
    chance: NDArray[np.uint64]
    totals: Floats
    best_nodes: Ints
    best_kinds: Ints
    best_depots: Ints
    queue: Ints
    keys: Floats
    found: Ints
    spelled: Ints
    plan: Ints
    """Routes to start from: kind, visits pinned, number of visits, visits; for each, then -1."""


def empty_routes(x: Instance, plan: Ints, seed: int, stream: int = 0) -> Routes:
    """No route yet, everything left out."""
    total = x.calls.shape[0]
    count = total - x.first_end
    reloads = x.first_start - x.stops
    dimensions = x.capacity.shape[1]
    loads = (1, dimensions) if x.plain else (total, dimensions)
    segments = (total if x.timed else 1, 3)
    nodes = np.full((total, 8), -1, np.int64)
    nodes[: x.stops, PLACE] = x.calls[: x.stops, HOME]
    shipments = len(x.worth)
    state = Routes(
        nodes=nodes,
        routes=np.full((count, 8), -1, np.int64),
        cost=np.zeros(count),
        charges=np.zeros(count),
        room=np.zeros((count, dimensions), np.int64),
        aboard=np.zeros(loads, np.int64),
        most_before=np.zeros(loads, np.int64),
        most_behind=np.zeros(loads, np.int64),
        ahead=np.zeros(segments, np.int64),
        behind=np.zeros(segments, np.int64),
        fixed=np.zeros(total, bool),
        depot_of=np.zeros(total, np.int64),
        used=np.zeros(len(x.kinds), np.int64),
        free_routes=np.arange(count)[::-1].copy(),
        free_reloads=np.arange(reloads)[::-1].copy(),
        waiting=np.ones(count + reloads, bool),
        counts=np.zeros(13, np.int64),
        missing=np.zeros(shipments + 1, np.int64),
        missing_at=np.full(x.stops + 1, -1, np.int64),
        grudge=np.zeros(shipments + 1),
        log=np.zeros(4 * shipments + 4, np.int64),
        journal=np.zeros(total, np.int64),
        journal_rows=np.zeros((total, 8), np.int64),
        journal_depots=np.zeros(total, np.int64),
        journal_at=np.zeros(total, np.int64),
        touched=np.zeros(count, np.int64),
        touched_rows=np.zeros((count, 8), np.int64),
        touched_costs=np.zeros((count, 2)),
        touched_room=np.zeros((count, dimensions), np.int64),
        touched_at=np.zeros(count, np.int64),
        ruined_at=np.zeros(count, np.int64),
        pair_seen=np.zeros(count, np.int64),
        chance=seeded(seed, stream),
        totals=np.zeros(8),
        best_nodes=nodes.copy(),
        best_kinds=np.full(count, -1, np.int64),
        best_depots=np.zeros(total, np.int64),
        queue=np.zeros(x.stops + 1, np.int64),
        keys=np.zeros(x.stops + 1),
        found=np.zeros(8, np.int64),
        spelled=np.zeros(total + 4, np.int64),
        plan=plan,
    )
    state.counts[FREE_ROUTES] = count
    state.counts[FREE_RELOADS] = reloads
    state.counts[STAMP] = 1
    state.counts[ONLY] = -1
    state.totals[BEST] = np.inf
    return state


# What is left out


@kernel
def leave_out(x: Instance, s: Routes, node: int) -> None:
    """Note that a shipment, by its first stop, is in no route."""
    shipment = x.calls[node, SHIPMENT]
    s.totals[LEFT_OUT] += x.worth[shipment]
    if x.mandatory[shipment]:
        s.totals[GRUDGES] += s.grudge[shipment]
        _list_missing(s, node)
        s.log[s.counts[LOGGED] % s.log.shape[0]] = node
        s.counts[LOGGED] += 1


@kernel
def take_in(x: Instance, s: Routes, node: int) -> None:
    """Note that a shipment, by its first stop, is in a route."""
    shipment = x.calls[node, SHIPMENT]
    s.totals[LEFT_OUT] -= x.worth[shipment]
    if x.mandatory[shipment]:
        s.totals[GRUDGES] -= s.grudge[shipment]
        _unlist_missing(s, node)
        s.log[s.counts[LOGGED] % s.log.shape[0]] = node
        s.counts[LOGGED] += 1


@kernel
def _list_missing(s: Routes, node: int) -> None:
    s.missing_at[node] = s.counts[MISSING]
    s.missing[s.counts[MISSING]] = node
    s.counts[MISSING] += 1


@kernel
def _unlist_missing(s: Routes, node: int) -> None:
    s.counts[MISSING] -= 1
    last = s.missing[s.counts[MISSING]]
    at = s.missing_at[node]
    s.missing[at] = last
    s.missing_at[last] = at
    s.missing_at[node] = -1


# Changing routes


@kernel
def note(s: Routes, node: int) -> None:
    """Keep a node's row, so that it can be put back."""
    if s.journal_at[node] != s.counts[STAMP]:
        s.journal_at[node] = s.counts[STAMP]
        q = s.counts[JOURNAL]
        s.counts[JOURNAL] += 1
        s.journal[q] = node
        s.journal_depots[q] = s.depot_of[node]
        for column in range(8):
            s.journal_rows[q, column] = s.nodes[node, column]


@kernel
def touch(x: Instance, s: Routes, r: int) -> None:
    """Keep a route as it is before it changes."""
    if s.touched_at[r] == s.counts[STAMP]:
        return
    s.touched_at[r] = s.counts[STAMP]
    q = s.counts[TOUCHED]
    s.counts[TOUCHED] += 1
    s.touched[q] = r
    for column in range(8):
        s.touched_rows[q, column] = s.routes[r, column]
    s.touched_costs[q, 0] = s.cost[r]
    s.touched_costs[q, 1] = s.charges[r]
    for d in range(s.room.shape[1]):
        s.touched_room[q, d] = s.room[r, d]
    if s.routes[r, KIND] >= 0:
        node = x.first_start + r
        while node >= 0:
            note(s, node)
            node = s.nodes[node, NEXT]


@kernel
def open_route(x: Instance, s: Routes, kind: int) -> int:
    """Take a vehicle of a kind; the route has no visit yet."""
    r = -1
    while r < 0:
        s.counts[FREE_ROUTES] -= 1
        r = s.free_routes[s.counts[FREE_ROUTES]]
        s.waiting[r] = False
        if s.routes[r, KIND] >= 0:
            r = -1
    touch(x, s, r)
    start, end = x.first_start + r, x.first_end + r
    note(s, start)
    note(s, end)
    s.routes[r, KIND] = kind
    for column in range(SIZE, EARLY + 1):
        s.routes[r, column] = 0
    s.used[kind] += 1
    s.counts[OPEN] += 1
    s.charges[r] = 0.0
    s.nodes[start, PREV] = -1
    s.nodes[start, NEXT] = end
    s.nodes[end, PREV] = start
    s.nodes[end, NEXT] = -1
    s.nodes[start, ROUTE] = r
    s.nodes[end, ROUTE] = r
    set_ends(x, s, r, kind)
    return r


@kernel
def set_ends(x: Instance, s: Routes, r: int, kind: int) -> None:
    """Where and when a route on this kind begins and ends."""
    start, end = x.first_start + r, x.first_end + r
    depot = x.kinds[kind, FIRST_LOAD]
    s.nodes[start, PLACE] = x.depots[depot, 0] if depot >= 0 else x.kinds[kind, FROM]
    s.nodes[end, PLACE] = x.kinds[kind, TO]
    s.nodes[end, LATE] = x.kinds[kind, OVERRUN_ENDS]
    for d in range(s.room.shape[1]):
        s.room[r, d] = x.capacity[kind, d]


@kernel
def close_route(x: Instance, s: Routes, r: int) -> None:
    """Give back the vehicle of a route without stops, and its reloads."""
    node = s.nodes[x.first_start + r, NEXT]
    while node != x.first_end + r:
        after = s.nodes[node, NEXT]
        free_reload(x, s, node)
        node = after
    s.used[s.routes[r, KIND]] -= 1
    s.counts[OPEN] -= 1
    s.routes[r, KIND] = -1
    s.cost[r] = 0.0
    _give_back(s, r)


@kernel
def _give_back(s: Routes, r: int) -> None:
    if not s.waiting[r]:
        s.waiting[r] = True
        s.free_routes[s.counts[FREE_ROUTES]] = r
        s.counts[FREE_ROUTES] += 1


@kernel
def free_reload(x: Instance, s: Routes, node: int) -> None:
    """Note that a reload is in no route."""
    s.nodes[node, ROUTE] = -1
    _give_back_reload(x, s, node)


@kernel
def _give_back_reload(x: Instance, s: Routes, node: int) -> None:
    place = s.routes.shape[0] + node - x.stops
    if not s.waiting[place]:
        s.waiting[place] = True
        s.free_reloads[s.counts[FREE_RELOADS]] = node - x.stops
        s.counts[FREE_RELOADS] += 1


@kernel
def new_reload(x: Instance, s: Routes, depot: int) -> int:
    """A reload node for a depot, or -1 when all are in use."""
    while s.counts[FREE_RELOADS] > 0:
        s.counts[FREE_RELOADS] -= 1
        q = s.free_reloads[s.counts[FREE_RELOADS]]
        s.waiting[s.routes.shape[0] + q] = False
        node = x.stops + q
        if s.nodes[node, ROUTE] < 0:
            note(s, node)
            s.depot_of[node] = depot
            s.nodes[node, PLACE] = x.depots[depot, 0]
            return node
    return -1


@kernel
def link(x: Instance, s: Routes, node: int, after: int) -> None:
    """Put a node into the route of another, behind it."""
    r = s.nodes[after, ROUTE]
    touch(x, s, r)
    note(s, node)
    before = s.nodes[after, NEXT]
    s.nodes[node, PREV] = after
    s.nodes[node, NEXT] = before
    s.nodes[after, NEXT] = node
    s.nodes[before, PREV] = node
    s.nodes[node, ROUTE] = r
    if node < x.stops:
        s.routes[r, SIZE] += 1
        s.counts[SERVED] += 1
        if x.calls[node, TYPE] != DROP:
            s.charges[r] += x.charge[s.routes[r, KIND], x.calls[node, SHIPMENT]]


@kernel
def unlink(x: Instance, s: Routes, node: int) -> None:
    """Take a node out of its route."""
    r = s.nodes[node, ROUTE]
    touch(x, s, r)
    before, after = s.nodes[node, PREV], s.nodes[node, NEXT]
    s.nodes[before, NEXT] = after
    s.nodes[after, PREV] = before
    s.nodes[node, ROUTE] = -1
    if node < x.stops:
        s.routes[r, SIZE] -= 1
        s.counts[SERVED] -= 1
        if x.calls[node, TYPE] != DROP:
            s.charges[r] -= x.charge[s.routes[r, KIND], x.calls[node, SHIPMENT]]
    else:
        free_reload(x, s, node)


@kernel
def undo(x: Instance, s: Routes, w: Desk) -> None:
    """Put back all that was touched since the stamp last changed."""
    for q in range(s.counts[TOUCHED]):
        r = s.touched[q]
        was, now = s.touched_rows[q, KIND], s.routes[r, KIND]
        if was != now:
            if now >= 0:
                s.used[now] -= 1
            if was >= 0:
                s.used[was] += 1
        if now < 0 <= was:
            s.counts[OPEN] += 1
        if was < 0 <= now:
            s.counts[OPEN] -= 1
        s.counts[SERVED] += s.touched_rows[q, SIZE] * (was >= 0) - s.routes[r, SIZE] * (now >= 0)
        for column in range(8):
            s.routes[r, column] = s.touched_rows[q, column]
        s.cost[r] = s.touched_costs[q, 0]
        s.charges[r] = s.touched_costs[q, 1]
        for d in range(s.room.shape[1]):
            s.room[r, d] = s.touched_room[q, d]
        if was < 0:
            _give_back(s, r)
    for q in range(s.counts[JOURNAL]):
        node = s.journal[q]
        for column in range(8):
            s.nodes[node, column] = s.journal_rows[q, column]
        if x.stops <= node < x.first_start:
            s.depot_of[node] = s.journal_depots[q]
            if s.nodes[node, ROUTE] < 0:
                _give_back_reload(x, s, node)
    for q in range(min(s.counts[LOGGED], s.log.shape[0])):
        node = s.log[q]
        out = s.nodes[node, ROUTE] < 0
        if out and s.missing_at[node] < 0:
            _list_missing(s, node)
        elif not out and s.missing_at[node] >= 0:
            _unlist_missing(s, node)
    if x.timed or not x.plain:
        for q in range(s.counts[TOUCHED]):
            r = s.touched[q]
            if s.routes[r, KIND] >= 0:
                refresh(x, s, w, r, False)


@kernel
def commit(s: Routes) -> None:
    """What follows is undone by itself."""
    s.counts[STAMP] += 1
    s.counts[JOURNAL] = 0
    s.counts[TOUCHED] = 0
    s.counts[LOGGED] = 0


# What is known at each node


@kernel
def begin_at(x: Instance, node: int, arrive: int) -> int:
    """The earliest start at a stop; later than it closes if it cannot."""
    begin = max(arrive, x.calls[node, OPENS])
    if x.calls[node, WINDOWS_TO] - x.calls[node, WINDOWS_FROM] > 1:
        for q in range(x.calls[node, WINDOWS_FROM], x.calls[node, WINDOWS_TO]):
            if x.windows[q, 1] >= begin:
                return max(begin, x.windows[q, 0])
    return begin


@kernel
def _begin_by(x: Instance, node: int, by: int) -> int:
    """The latest arrival at a stop that starts no later than ``by``."""
    by = min(by, x.calls[node, CLOSES])
    if x.calls[node, WINDOWS_TO] - x.calls[node, WINDOWS_FROM] > 1:
        for q in range(x.calls[node, WINDOWS_TO] - 1, x.calls[node, WINDOWS_FROM] - 1, -1):
            if x.windows[q, 0] <= by:
                return min(by, x.windows[q, 1])
        return -1
    return by


@kernel
def _work(x: Instance, s: Routes, node: int) -> int:
    """Service and what of the set-up is surely spent: filters must not ask for more than the truth."""
    if node >= x.stops:
        if x.stops <= node < x.first_start:
            return x.depots[s.depot_of[node], 1]
        return 0
    return x.calls[node, WORK]


@kernel
def refresh(x: Instance, s: Routes, w: Desk, r: int, price: bool) -> None:
    """Compute anew all that is known along a route, and its cost if that has changed."""
    start = x.first_start + r
    s.routes[r, METRES] = 0
    s.routes[r, TICKS] = 0
    s.nodes[start, RANK] = 0
    kind = s.routes[r, KIND]
    if x.timed:
        s.routes[r, RELEASED] = _released(x, s, r)
    s.nodes[start, READY] = max(_leaves(x, kind), s.routes[r, RELEASED])
    run_forward(x, s, r, start)
    run_backward(x, s, r, x.first_end + r)
    count_loads(x, s, r)
    if price:
        reprice(x, s, w, r)


@kernel
def _leaves(x: Instance, kind: int) -> int:
    """The earliest a vehicle may leave with its first load."""
    if x.kinds[kind, LEFT] >= 0:
        return x.kinds[kind, LEFT]
    at = x.kinds[kind, SHIFT_STARTS]
    depot = x.kinds[kind, FIRST_LOAD]
    if depot >= 0:
        leg = x.duration[x.kinds[kind, PROFILE], x.kinds[kind, FROM], x.depots[depot, 0]] * x.tick
        at += leg + x.depots[depot, 1]
    return at


@kernel
def _released(x: Instance, s: Routes, r: int) -> int:
    """When all that is loaded at the start is ready; rich problems look closer."""
    released = 0
    if x.rich:
        return released
    node = s.nodes[x.first_start + r, NEXT]
    while node != x.first_end + r:
        if x.calls[node, TYPE] == DELIVERY:
            released = max(released, x.release[x.calls[node, SHIPMENT]])
        node = s.nodes[node, NEXT]
    return released


@kernel
def run_forward(x: Instance, s: Routes, r: int, node: int) -> None:
    """Ranks, legs and earliest times from a node to the end."""
    kind = s.routes[r, KIND]
    profile = x.kinds[kind, PROFILE]
    end = x.first_end + r
    place = s.nodes[node, PLACE]
    ready = s.nodes[node, READY]
    rank = s.nodes[node, RANK]
    while node != end:
        after = s.nodes[node, NEXT]
        there = s.nodes[after, PLACE]
        s.nodes[node, LEG] = x.distance[profile, place, there]
        ready += x.duration[profile, place, there] * x.tick
        if after < x.stops:
            ready = begin_at(x, after, ready) + x.calls[after, WORK]
        elif after != end:
            ready += _work(x, s, after)
        rank += 1
        s.nodes[after, READY] = ready
        s.nodes[after, RANK] = rank
        node, place = after, there
    if x.timed and not x.rich:
        _segments_ahead(x, s, r)
    if x.timed or x.driven or s.routes[r, METRES] == 0:
        metres, ticks = 0, 0
        node = x.first_start + r
        while node != end:
            after = s.nodes[node, NEXT]
            metres += s.nodes[node, LEG]
            ticks += x.duration[profile, s.nodes[node, PLACE], s.nodes[after, PLACE]]
            node = after
        s.routes[r, METRES] = metres
        s.routes[r, TICKS] = ticks


@kernel
def run_backward(x: Instance, s: Routes, r: int, node: int) -> None:
    """Latest arrivals from a node to the start."""
    profile = x.kinds[s.routes[r, KIND], PROFILE]
    start = x.first_start + r
    place = s.nodes[node, PLACE]
    late = s.nodes[node, LATE]
    while True:
        before = s.nodes[node, PREV]
        if before == start:
            break
        there = s.nodes[before, PLACE]
        late -= x.duration[profile, there, place] * x.tick + _work(x, s, before)
        if before < x.stops:
            late = _begin_by(x, before, late)
        s.nodes[before, LATE] = late
        node, place = before, there
    if x.timed and not x.rich:
        _segments_behind(x, s, r)


@kernel
def _segments_ahead(x: Instance, s: Routes, r: int) -> None:
    kind = s.routes[r, KIND]
    profile = x.kinds[kind, PROFILE]
    node, end = x.first_start + r, x.first_end + r
    duration, early, late = 0, x.kinds[kind, SHIFT_STARTS], x.kinds[kind, OVERRUN_ENDS]
    s.ahead[node, 0] = duration
    s.ahead[node, 1] = early
    s.ahead[node, 2] = late
    while node != end:
        after = s.nodes[node, NEXT]
        leg = x.duration[profile, s.nodes[node, PLACE], s.nodes[after, PLACE]] * x.tick
        work = _work(x, s, after)
        opens, closes = x.kinds[kind, SHIFT_STARTS], x.kinds[kind, OVERRUN_ENDS]
        if after < x.stops:
            opens, closes = x.calls[after, OPENS], x.calls[after, CLOSES]
        duration, early, late = joined(duration, early, late, leg, work, opens, closes)
        s.ahead[after, 0] = duration
        s.ahead[after, 1] = early
        s.ahead[after, 2] = late
        node = after
    s.routes[r, DURATION] = duration
    s.routes[r, EARLY] = max(early, s.routes[r, RELEASED])


@kernel
def _segments_behind(x: Instance, s: Routes, r: int) -> None:
    kind = s.routes[r, KIND]
    profile = x.kinds[kind, PROFILE]
    start, node = x.first_start + r, x.first_end + r
    duration, early, late = 0, x.kinds[kind, SHIFT_STARTS], x.kinds[kind, OVERRUN_ENDS]
    s.behind[node, 0] = duration
    s.behind[node, 1] = early
    s.behind[node, 2] = late
    while s.nodes[node, PREV] != start:
        before = s.nodes[node, PREV]
        leg = x.duration[profile, s.nodes[before, PLACE], s.nodes[node, PLACE]] * x.tick
        work = _work(x, s, before)
        opens, closes = x.kinds[kind, SHIFT_STARTS], x.kinds[kind, OVERRUN_ENDS]
        if before < x.stops:
            opens, closes = x.calls[before, OPENS], x.calls[before, CLOSES]
        duration, early, late = joined(work, opens, closes, leg, duration, early, late)
        s.behind[before, 0] = duration
        s.behind[before, 1] = early
        s.behind[before, 2] = late
        node = before


@kernel
def joined(
    duration: int, early: int, late: int, leg: int, duration_2: int, early_2: int, late_2: int
) -> tuple[int, int, int]:
    """Two segments and the leg between as one: least duration, and the first and last start that give it."""
    away = duration + leg
    wait = max(0, early_2 - away - late)
    return away + duration_2 + wait, max(early, early_2 - away) - wait, min(late, late_2 - away)


@kernel
def count_loads(x: Instance, s: Routes, r: int) -> None:
    """Loads along a route, and what room it has."""
    kind = s.routes[r, KIND]
    start, end = x.first_start + r, x.first_end + r
    for d in range(s.room.shape[1]):
        capacity = x.capacity[kind, d]
        if x.plain:
            room = capacity
            node = s.nodes[start, NEXT]
            while node != end:
                room -= x.load[x.calls[node, SHIPMENT], d]
                node = s.nodes[node, NEXT]
            s.room[r, d] = room
            continue
        kept, collected = 0, 0
        to_deliver = _to_deliver(x, s, start, d)
        node = start
        most, most_of_all = 0, 0
        while True:
            if node >= x.stops:
                if node != start and node != end:
                    collected = 0
                    to_deliver = _to_deliver(x, s, node, d)
                    most = 0
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
            aboard = kept + collected + to_deliver
            most = max(most, aboard)
            most_of_all = max(most_of_all, aboard)
            s.aboard[node, d] = aboard
            s.most_before[node, d] = most
            if node == end:
                break
            node = s.nodes[node, NEXT]
        most = 0
        while True:
            most = max(most, s.aboard[node, d])
            s.most_behind[node, d] = most
            if x.stops <= node < x.first_start:
                most = 0  # the trip before does not reach behind this reload
            if node == start:
                break
            node = s.nodes[node, PREV]
        s.room[r, d] = capacity - most_of_all


@kernel
def _to_deliver(x: Instance, s: Routes, node: int, d: int) -> int:
    total = 0
    node = s.nodes[node, NEXT]
    while node < x.stops:
        if x.calls[node, TYPE] == DELIVERY:
            total += x.load[x.calls[node, SHIPMENT], d]
        node = s.nodes[node, NEXT]
    return total


@kernel
def reprice(x: Instance, s: Routes, w: Desk, r: int) -> None:
    """The cost of a route as it now is."""
    kind = s.routes[r, KIND]
    if x.rich:
        n = spell(x, s, r)
        cost = route_cost(x, w, s.spelled, n, kind, s.routes[r, PINNED])
    else:
        cost = priced(x, kind, s.routes[r, METRES], s.routes[r, DURATION], s.routes[r, EARLY]) + s.charges[r]
    s.totals[COST] += cost - s.cost[r]
    s.cost[r] = cost


@kernel
def priced(x: Instance, kind: int, metres: int, duration: int, early: int) -> float:
    """What a route costs without its charges."""
    cost = x.prices[kind, FIXED] + x.prices[kind, PER_M] * metres
    if x.timed:
        overtime = max(0, early + duration - x.kinds[kind, SHIFT_ENDS])
        cost += x.prices[kind, PER_MS] * duration + x.prices[kind, PER_OVERRUN_MS] * overtime
    return cost


@kernel
def spell(x: Instance, s: Routes, r: int) -> int:
    """Write a route's visits to ``s.spelled``; their number."""
    n = 0
    node = s.nodes[x.first_start + r, NEXT]
    while node != x.first_end + r:
        s.spelled[n] = node if node < x.stops else -1 - s.depot_of[node]
        n += 1
        node = s.nodes[node, NEXT]
    return n
