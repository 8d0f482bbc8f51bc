# mypy: disable-error-code=no-any-return
"""Where a shipment costs least: places beside its nearest stops, tested in constant time where that is exact.

The tests here never refuse what :func:`whole_route.route_cost` allows; in rich problems a place that passes
them, and cannot be dearer than the best so far, is priced by it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.ruin_recreate.arrays import (
    CLOSES,
    COUNT,
    DELIVERY,
    FIXED,
    HOME,
    MOST_DISTANCE,
    MOST_DRIVING,
    MOST_DURATION,
    MOST_RELOADS,
    MOST_STOPS,
    OPENS,
    PER_M,
    PICKUP,
    PROFILE,
    RELOADS_FROM,
    RELOADS_TO,
    SETUP,
    SHIPMENT,
    TYPE,
    UNREACHABLE,
    WORK,
    Instance,
)
from optimizer.routing.ruin_recreate.chance import draw
from optimizer.routing.ruin_recreate.handles import kernel
from optimizer.routing.ruin_recreate.routes import (
    AFTER,
    AT_DEPOT,
    BLINK,
    DROP_AFTER,
    INTO,
    KIND,
    LATE,
    LEG,
    METRES,
    NEXT,
    ON_KIND,
    ONLY,
    PINNED,
    PLACE,
    PREV,
    READY,
    RELEASED,
    RELOADING,
    ROUTE,
    SIZE,
    TICKS,
    VISIT_STAMP,
    Routes,
    begin_at,
    joined,
    link,
    new_reload,
    open_route,
    priced,
    refresh,
    reprice,
    run_backward,
    run_forward,
    take_in,
    touch,
)
from optimizer.routing.ruin_recreate.whole_route import Desk, route_cost

Ints = NDArray[np.int64]

BLINKS = 0.01
RELOADS_NOT, RELOADS_BEFORE, RELOADS_BEHIND = range(3)


@kernel
def insert_best(x: Instance, s: Routes, w: Desk, c: int) -> bool:
    """Put a shipment, by its first stop, where it costs least; False if leaving it out is cheaper."""
    shipment = x.calls[c, SHIPMENT]
    limit = x.worth[shipment] + s.grudge[shipment]
    s.counts[VISIT_STAMP] += 1
    s.found[INTO] = -2
    if x.calls[c, TYPE] == PICKUP:
        best = _best_for_pair(x, s, w, c, limit)
    else:
        best = _best_for_one(x, s, w, c, limit)
        if x.reloading:
            best = _best_with_reload(x, s, w, c, best)
    if s.counts[ONLY] < 0:
        best = _best_new_route(x, s, w, c, best)
    if s.found[INTO] == -2:
        return False
    _put(x, s, w, c)
    take_in(x, s, c)
    return True


@kernel
def _blink(s: Routes) -> bool:
    """Whether to overlook this place; the next time is drawn at once, instead of at every place."""
    s.counts[BLINK] -= 1
    if s.counts[BLINK] > 0:
        return False
    s.counts[BLINK] = 1 + int(np.log(1.0 - draw(s.chance)) / np.log(1.0 - BLINKS))
    return True


@kernel
def _best_for_one(x: Instance, s: Routes, w: Desk, c: int, limit: float) -> float:
    shipment = x.calls[c, SHIPMENT]
    best = limit
    only = s.counts[ONLY]
    for q in range(x.near.shape[1]):
        j = int(x.near[c, q])
        if j < 0:
            break
        r = s.nodes[j, ROUTE]
        if r < 0 or (only >= 0 and r != only):
            continue
        fits = True
        for d in range(s.room.shape[1]):
            if x.load[shipment, d] > s.room[r, d]:
                fits = False
        kind = s.routes[r, KIND]
        to = kind
        if not fits and x.plain:
            to = _larger_kind(x, s, r, kind, shipment)
            if to < 0:
                continue
            fits = True
        charge = x.charge[kind, shipment]
        if charge >= best:
            continue
        i = s.nodes[j, PREV]
        if i >= x.first_start and not s.fixed[j] and (fits or _load_fits(x, s, c, i, r)):
            cost = _cost_between(x, s, w, c, i, j, r, kind, to, charge, best)
            if cost < best and not _blink(s):
                best = cost
                s.found[AFTER], s.found[INTO], s.found[RELOADING] = i, r, RELOADS_NOT
                s.found[ON_KIND] = to
        after = s.nodes[j, NEXT]
        if not s.fixed[after] and (fits or _load_fits(x, s, c, j, r)):
            cost = _cost_between(x, s, w, c, j, after, r, kind, to, charge, best)
            if cost < best and not _blink(s):
                best = cost
                s.found[AFTER], s.found[INTO], s.found[RELOADING] = j, r, RELOADS_NOT
                s.found[ON_KIND] = to
    return best


@kernel
def _larger_kind(x: Instance, s: Routes, r: int, kind: int, shipment: int) -> int:
    """The kind of vehicle, otherwise like this, on which the route with the shipment costs least; or -1."""
    best, to = np.inf, -1
    if not x.resizable or s.routes[r, PINNED] > 0:
        return to
    load = x.capacity[kind, 0] - s.room[r, 0] + x.load[shipment, 0]
    for other in range(x.kinds.shape[0]):
        alike = x.family[other] == x.family[kind] and s.used[other] < x.kinds[other, COUNT]
        if alike and load <= x.capacity[other, 0]:
            cost = priced(x, other, s.routes[r, METRES], 0, 0)
            if cost < best:
                best, to = cost, other
    return to


@kernel
def _load_fits(x: Instance, s: Routes, c: int, i: int, r: int) -> bool:
    """Whether a delivery or collection behind node ``i`` keeps the load within the capacity."""
    shipment = x.calls[c, SHIPMENT]
    kind = s.routes[r, KIND]
    for d in range(s.room.shape[1]):
        load = x.load[shipment, d]
        if load == 0:
            continue
        if x.calls[c, TYPE] == DELIVERY:
            most = s.most_before[i, d]
        else:
            most = s.aboard[i, d]
            after = s.nodes[i, NEXT]
            if after < x.stops:
                most = max(most, s.most_behind[after, d])
        if most + load > x.capacity[kind, d]:
            return False
    return True


@kernel
def _cost_between(
    x: Instance,
    s: Routes,
    w: Desk,
    c: int,
    i: int,
    j: int,
    r: int,
    kind: int,
    to_kind: int,
    charge: float,
    best: float,
) -> float:
    """What stop ``c`` between ``i`` and ``j`` costs more; infinite if infeasible or not below ``best``."""
    profile = x.kinds[kind, PROFILE]
    here, place, there = s.nodes[i, PLACE], x.calls[c, HOME], s.nodes[j, PLACE]
    to, on = x.distance[profile, here, place], x.distance[profile, place, there]
    metres = to + on - s.nodes[i, LEG]
    cost = x.prices[kind, PER_M] * metres + charge
    if to_kind != kind:
        cost = priced(x, to_kind, s.routes[r, METRES] + metres, 0, 0) - s.cost[r]
    if cost >= best or to >= UNREACHABLE or on >= UNREACHABLE:
        return np.inf
    shares_setup = x.rich and x.calls[c, SETUP] > 0 and (here == place or there == place)
    if not shares_setup:
        begin = begin_at(x, c, s.nodes[i, READY] + x.duration[profile, here, place] * x.tick)
        if begin > x.calls[c, CLOSES]:
            return np.inf
        leave = begin + x.calls[c, WORK]
        if leave + x.duration[profile, place, there] * x.tick > s.nodes[j, LATE]:
            return np.inf
    if x.rich:
        return _whole_cost(x, s, w, r, kind, i, c, i, -1)
    if (
        s.routes[r, METRES] + metres > x.kinds[kind, MOST_DISTANCE]
        or s.routes[r, SIZE] >= x.kinds[kind, MOST_STOPS]
    ):
        return np.inf
    if x.driven:
        ticks = x.duration[profile, here, place] + x.duration[profile, place, there]
        ticks += s.routes[r, TICKS] - x.duration[profile, here, there]
        if ticks * x.tick > x.kinds[kind, MOST_DRIVING]:
            return np.inf
    if x.timed:
        return _timed_cost(x, s, c, i, j, r, kind, metres) + charge
    return cost


@kernel
def _timed_cost(x: Instance, s: Routes, c: int, i: int, j: int, r: int, kind: int, metres: int) -> float:
    profile = x.kinds[kind, PROFILE]
    here, place, there = s.nodes[i, PLACE], x.calls[c, HOME], s.nodes[j, PLACE]
    duration, early, late = joined(
        s.ahead[i, 0],
        s.ahead[i, 1],
        s.ahead[i, 2],
        x.duration[profile, here, place] * x.tick,
        x.calls[c, WORK],
        x.calls[c, OPENS],
        x.calls[c, CLOSES],
    )
    duration, early, late = joined(
        duration,
        early,
        late,
        x.duration[profile, place, there] * x.tick,
        s.behind[j, 0],
        s.behind[j, 1],
        s.behind[j, 2],
    )
    early = max(early, s.routes[r, RELEASED])
    if x.calls[c, TYPE] == DELIVERY:
        early = max(early, x.release[x.calls[c, SHIPMENT]])
    if early > late or duration > x.kinds[kind, MOST_DURATION]:
        return np.inf
    return priced(x, kind, s.routes[r, METRES] + metres, duration, early) - (s.cost[r] - s.charges[r])


@kernel
def _whole_cost(
    x: Instance, s: Routes, w: Desk, r: int, kind: int, i: int, c: int, drop_after: int, drop: int
) -> float:
    """What a route with ``c`` behind ``i`` (and ``drop`` behind ``drop_after``) costs more."""
    n = 0
    node = x.first_start + r
    end = x.first_end + r
    while node != end:
        if node != x.first_start + r:
            s.spelled[n] = node if node < x.stops else -1 - s.depot_of[node]
            n += 1
        if node == i:
            s.spelled[n] = c
            n += 1
        if drop >= 0 and node == drop_after:
            s.spelled[n] = drop
            n += 1
        node = s.nodes[node, NEXT]
    return route_cost(x, w, s.spelled, n, kind, s.routes[r, PINNED]) - s.cost[r]


@kernel
def _best_with_reload(x: Instance, s: Routes, w: Desk, c: int, best: float) -> float:
    """Places beside a new reload, which goes before or behind the stop."""
    shipment = x.calls[c, SHIPMENT]
    for q in range(min(x.near.shape[1], 40)):
        j = int(x.near[c, q])
        if j < 0:
            break
        r = s.nodes[j, ROUTE]
        if r < 0 or (s.counts[ONLY] >= 0 and r != s.counts[ONLY]):
            continue
        kind = s.routes[r, KIND]
        if x.charge[kind, shipment] >= best or x.kinds[kind, MOST_RELOADS] == 0:
            continue
        for side in range(2):
            i = s.nodes[j, PREV] if side == 0 else j
            if s.fixed[s.nodes[i, NEXT]]:
                continue
            for depot in range(x.kinds[kind, RELOADS_FROM], x.kinds[kind, RELOADS_TO]):
                for where in (RELOADS_BEFORE, RELOADS_BEHIND):
                    cost = _reload_cost(x, s, w, c, i, r, kind, x.reload_depots[depot], where, best)
                    if cost < best and not _blink(s):
                        best = cost
                        s.found[AFTER], s.found[INTO], s.found[RELOADING] = i, r, where
                        s.found[AT_DEPOT] = x.reload_depots[depot]
    return best


@kernel
def _reload_cost(
    x: Instance, s: Routes, w: Desk, c: int, i: int, r: int, kind: int, depot: int, where: int, best: float
) -> float:
    profile = x.kinds[kind, PROFILE]
    here, place, there = s.nodes[i, PLACE], x.calls[c, HOME], s.nodes[s.nodes[i, NEXT], PLACE]
    dock = x.depots[depot, 0]
    first, second = (dock, place) if where == RELOADS_BEFORE else (place, dock)
    legs = x.distance[profile, here, first] + x.distance[profile, second, there]
    metres = legs + x.distance[profile, first, second] - s.nodes[i, LEG]
    if x.prices[kind, PER_M] * metres + x.charge[kind, x.calls[c, SHIPMENT]] >= best:
        return np.inf
    if where == RELOADS_BEFORE:
        return _whole_cost(x, s, w, r, kind, i, -1 - depot, i, c)
    n = 0
    node = x.first_start + r
    while node != x.first_end + r:
        if node != x.first_start + r:
            s.spelled[n] = node if node < x.stops else -1 - s.depot_of[node]
            n += 1
        if node == i:
            s.spelled[n] = c
            s.spelled[n + 1] = -1 - depot
            n += 2
        node = s.nodes[node, NEXT]
    return route_cost(x, w, s.spelled, n, kind, s.routes[r, PINNED]) - s.cost[r]


@kernel
def _best_new_route(x: Instance, s: Routes, w: Desk, c: int, best: float) -> float:
    """A vehicle of its own, of any kind that is left."""
    for kind in range(x.kinds.shape[0]):
        if s.used[kind] >= x.kinds[kind, COUNT]:
            continue
        cost = alone_cost(x, s, w, c, kind, best)
        if cost < best and not _blink(s):
            best = cost
            s.found[INTO] = -1
            s.found[ON_KIND] = kind
    return best


@kernel
def alone_cost(x: Instance, s: Routes, w: Desk, c: int, kind: int, best: float) -> float:
    """What a route with one shipment alone costs; infinite if it is not feasible or not below ``best``."""
    shipment = x.calls[c, SHIPMENT]
    if x.charge[kind, shipment] + x.prices[kind, FIXED] >= best:
        return np.inf
    s.spelled[0] = c
    n = 1
    if x.calls[c, TYPE] == PICKUP:
        s.spelled[1] = c + 1
        n = 2
    return route_cost(x, w, s.spelled, n, kind, 0)


@kernel
def _best_for_pair(x: Instance, s: Routes, w: Desk, c: int, limit: float) -> float:
    """The best places for a pickup and its delivery in the routes of their nearest stops."""
    best = limit
    for one in range(2):
        node = c + one
        for q in range(x.near.shape[1]):
            j = int(x.near[node, q])
            if j < 0:
                break
            r = s.nodes[j, ROUTE]
            if (
                r < 0
                or (s.counts[ONLY] >= 0 and r != s.counts[ONLY])
                or s.pair_seen[r] == s.counts[VISIT_STAMP]
            ):
                continue
            s.pair_seen[r] = s.counts[VISIT_STAMP]
            if x.charge[s.routes[r, KIND], x.calls[c, SHIPMENT]] < best:
                best = best_pair_in(x, s, w, c, r, best)
    return best


@kernel
def best_pair_in(x: Instance, s: Routes, w: Desk, c: int, r: int, best: float) -> float:
    """The best places for a pickup and its delivery in one route."""
    kind = s.routes[r, KIND]
    profile = x.kinds[kind, PROFILE]
    price = x.prices[kind, PER_M]
    shipment = x.calls[c, SHIPMENT]
    charge = x.charge[kind, shipment]
    if s.routes[r, SIZE] + 2 > x.kinds[kind, MOST_STOPS]:
        return best
    drop = c + 1
    up, down = x.calls[c, HOME], x.calls[drop, HOME]
    between = x.distance[profile, up, down]
    if between >= UNREACHABLE:
        return best
    i = x.first_start + r
    end = x.first_end + r
    while i != end:
        a = s.nodes[i, NEXT]
        here, there = s.nodes[i, PLACE], s.nodes[a, PLACE]
        if (
            s.fixed[a]
            or not _room_for(x, s, shipment, i, kind)
            or x.distance[profile, here, up] >= UNREACHABLE
        ):
            i = a
            continue
        begin = begin_at(x, c, s.nodes[i, READY] + x.duration[profile, here, up] * x.tick)
        if begin > x.calls[c, CLOSES]:
            break
        ready = begin + x.calls[c, WORK]
        to = x.distance[profile, here, up]
        # the delivery directly behind the pickup
        metres = to + between + x.distance[profile, down, there] - s.nodes[i, LEG]
        if price * metres + charge < best:
            begin = begin_at(x, drop, ready + x.duration[profile, up, down] * x.tick)
            leave = begin + x.calls[drop, WORK] + x.duration[profile, down, there] * x.tick
            if begin <= x.calls[drop, CLOSES] and leave <= s.nodes[a, LATE]:
                cost = _pair_cost(x, s, w, r, kind, i, c, i, metres, charge)
                if cost < best and not _blink(s):
                    best = cost
                    s.found[AFTER], s.found[INTO], s.found[DROP_AFTER] = i, r, c
        detour = to + x.distance[profile, up, there] - s.nodes[i, LEG]
        if price * detour + charge < best and x.distance[profile, up, there] < UNREACHABLE:
            # the delivery further on: what is between is later by what the pickup takes
            node = a
            place = up
            while node != end:
                home = s.nodes[node, PLACE]
                arrive = ready + x.duration[profile, place, home] * x.tick
                if arrive > s.nodes[node, LATE] or not _room_for(x, s, shipment, node, kind):
                    break
                if node < x.stops:
                    ready = begin_at(x, node, arrive) + x.calls[node, WORK]
                else:
                    ready = arrive + x.depots[s.depot_of[node], 1]
                b = s.nodes[node, NEXT]
                beyond = s.nodes[b, PLACE]
                metres = (
                    x.distance[profile, home, down] + x.distance[profile, down, beyond] - s.nodes[node, LEG]
                )
                metres += detour
                if price * metres + charge < best and not s.fixed[b]:
                    begin = begin_at(x, drop, ready + x.duration[profile, home, down] * x.tick)
                    leave = begin + x.calls[drop, WORK] + x.duration[profile, down, beyond] * x.tick
                    if begin <= x.calls[drop, CLOSES] and leave <= s.nodes[b, LATE]:
                        cost = _pair_cost(x, s, w, r, kind, i, c, node, metres, charge)
                        if cost < best and not _blink(s):
                            best = cost
                            s.found[AFTER], s.found[INTO], s.found[DROP_AFTER] = i, r, node
                node, place = b, home
        i = a
    return best


@kernel
def _room_for(x: Instance, s: Routes, shipment: int, node: int, kind: int) -> bool:
    for d in range(s.room.shape[1]):  # noqa: SIM110
        if s.aboard[node, d] + x.load[shipment, d] > x.capacity[kind, d]:
            return False
    return True


@kernel
def _pair_cost(
    x: Instance,
    s: Routes,
    w: Desk,
    r: int,
    kind: int,
    i: int,
    c: int,
    drop_after: int,
    metres: int,
    charge: float,
) -> float:
    if metres >= UNREACHABLE // 2:
        return np.inf
    if x.rich or x.timed or x.driven:
        return _whole_cost(x, s, w, r, kind, i, c, drop_after, c + 1)
    if s.routes[r, METRES] + metres > x.kinds[kind, MOST_DISTANCE]:
        return np.inf
    return x.prices[kind, PER_M] * metres + charge


@kernel
def _put(x: Instance, s: Routes, w: Desk, c: int) -> None:
    """Carry out what ``s.found`` says."""
    r = s.found[INTO]
    if r < 0:
        r = open_route(x, s, s.found[ON_KIND])
        link(x, s, c, x.first_start + r)
        if x.calls[c, TYPE] == PICKUP:
            link(x, s, c + 1, c)
        refresh(x, s, w, r, True)
        return
    i = s.found[AFTER]
    if x.calls[c, TYPE] == PICKUP:
        link(x, s, c, i)
        link(x, s, c + 1, s.found[DROP_AFTER])
        refresh(x, s, w, r, True)
        return
    if s.found[RELOADING] != RELOADS_NOT:
        reload = new_reload(x, s, s.found[AT_DEPOT])
        link(x, s, c, i)
        if reload >= 0:
            link(x, s, reload, i if s.found[RELOADING] == RELOADS_BEFORE else c)
        refresh(x, s, w, r, True)
        return
    if x.rich or x.timed or x.driven or not x.plain:
        link(x, s, c, i)
        refresh(x, s, w, r, True)
        return
    kind, to = s.routes[r, KIND], s.found[ON_KIND]
    profile = x.kinds[kind, PROFILE]
    place = x.calls[c, HOME]
    if to != kind:
        touch(x, s, r)
        s.used[kind] -= 1
        s.used[to] += 1
        s.routes[r, KIND] = to
        s.room[r, 0] += x.capacity[to, 0] - x.capacity[kind, 0]
    j = s.nodes[i, NEXT]
    link(x, s, c, i)
    metres = x.distance[profile, s.nodes[i, PLACE], place] + x.distance[profile, place, s.nodes[j, PLACE]]
    s.routes[r, METRES] += metres - s.nodes[i, LEG]
    for d in range(s.room.shape[1]):
        s.room[r, d] -= x.load[x.calls[c, SHIPMENT], d]
    run_forward(x, s, r, i)
    run_backward(x, s, r, j)
    reprice(x, s, w, r)


@kernel
def insert_alone(x: Instance, s: Routes, w: Desk, c: int) -> bool:
    """Put a shipment into a route of its own, if a vehicle is left and it is worth that."""
    shipment = x.calls[c, SHIPMENT]
    s.found[INTO] = -2
    _best_new_route(x, s, w, c, x.worth[shipment])
    if s.found[INTO] == -2:
        return False
    _put(x, s, w, c)
    take_in(x, s, c)
    return True
