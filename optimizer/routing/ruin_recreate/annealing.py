# mypy: disable-error-code=no-any-return
"""The search itself: ruin, recreate, and accept what simulated annealing accepts."""

from __future__ import annotations

import numpy as np

from optimizer.routing.ruin_recreate.arrays import (
    CLOSES,
    COUNT,
    DROP,
    OPENS,
    SHIPMENT,
    TYPE,
    Instance,
)
from optimizer.routing.ruin_recreate.chance import draw, draw_below
from optimizer.routing.ruin_recreate.handles import entry, kernel
from optimizer.routing.ruin_recreate.insertion import insert_alone, insert_best
from optimizer.routing.ruin_recreate.routes import (
    BEST,
    COST,
    GRUDGES,
    JOURNAL,
    KIND,
    LEFT_OUT,
    MISSING,
    ONLY,
    PINNED,
    QUEUED,
    ROUTE,
    TOUCHED,
    VISIT_STAMP,
    Routes,
    commit,
    leave_out,
    link,
    new_reload,
    open_route,
    refresh,
    set_ends,
    spell,
    take_in,
    undo,
)
from optimizer.routing.ruin_recreate.ruin import remove, ruin_strings, settle
from optimizer.routing.ruin_recreate.whole_route import Desk, route_cost

AT_RANDOM, LARGE, FAR, CLOSE_BY, SHORT_WINDOW, OPENS_EARLY, CLOSES_LATE = range(7)
GRUDGE = 0.01


@entry
def anneal(x: Instance, s: Routes, w: Desk, iterations: int, hot: float, cold: float) -> None:
    """Run iterations while the temperature falls from ``hot`` to ``cold``; the best is kept in ``s``.

    Without a plan yet, one is made first.
    """
    if s.totals[BEST] == np.inf:
        construct(x, s, w)
    cooling = (cold / hot) ** (1.0 / max(1, iterations))
    temperature = hot
    at_best = s.totals[COST] + s.totals[LEFT_OUT] <= s.totals[BEST]
    if at_best:
        keep_best(x, s)
    for _ in range(iterations):
        temperature *= cooling
        commit(s)
        cost, left_out, grudges = s.totals[COST], s.totals[LEFT_OUT], s.totals[GRUDGES]
        ruin_strings(x, s, w)
        recreate(x, s, w)
        found = s.totals[COST] + s.totals[LEFT_OUT]
        gain = cost + left_out + grudges - found - s.totals[GRUDGES]
        if gain > temperature * np.log(1.0 - draw(s.chance)):
            if found < s.totals[BEST] - 1e-6:
                at_best = True
                s.totals[BEST] = found
            elif at_best and found > s.totals[BEST] + 1e-6:
                _keep(x, s)
                _as_before(s)
                at_best = False
        else:
            undo(x, s, w)
            s.totals[COST], s.totals[LEFT_OUT], s.totals[GRUDGES] = cost, left_out, grudges
        if s.counts[MISSING] > 0:
            _bear_grudges(x, s)
    if at_best:
        _keep(x, s)
    commit(s)


@kernel
def keep_best(x: Instance, s: Routes) -> None:
    """The routes as they are, are the best."""
    s.totals[BEST] = s.totals[COST] + s.totals[LEFT_OUT]
    _keep(x, s)


@kernel
def _keep(x: Instance, s: Routes) -> None:
    for node in range(s.nodes.shape[0]):
        for column in range(8):
            s.best_nodes[node, column] = s.nodes[node, column]
        if x.reloading:
            s.best_depots[node] = s.depot_of[node]
    for r in range(s.routes.shape[0]):
        s.best_kinds[r] = s.routes[r, KIND]


@kernel
def _as_before(s: Routes) -> None:
    """The best kept is that before the change at hand, which made it worse."""
    for q in range(s.counts[JOURNAL]):
        node = s.journal[q]
        s.best_depots[node] = s.journal_depots[q]
        for column in range(8):
            s.best_nodes[node, column] = s.journal_rows[q, column]
    for q in range(s.counts[TOUCHED]):
        s.best_kinds[s.touched[q]] = s.touched_rows[q, KIND]


@kernel
def _bear_grudges(x: Instance, s: Routes) -> None:
    """What stays left out weighs more each time, so that others make way for it."""
    for q in range(s.counts[MISSING]):
        shipment = x.calls[s.missing[q], SHIPMENT]
        more = GRUDGE * x.worth[shipment]
        if s.grudge[shipment] < x.worth[shipment]:
            s.grudge[shipment] += more
            s.totals[GRUDGES] += more


@kernel
def recreate(x: Instance, s: Routes, w: Desk) -> None:
    """Insert what is queued, in an order drawn at random, each where it costs least."""
    _sort_queue(x, s)
    for q in range(s.counts[QUEUED]):
        _insert(x, s, w, s.queue[q])
    if x.kinds.shape[0] > 1:
        for q in range(s.counts[TOUCHED]):
            r = s.touched[q]
            if s.routes[r, KIND] >= 0 and s.routes[r, PINNED] == 0:
                change_vehicle(x, s, w, r)


@kernel
def _insert(x: Instance, s: Routes, w: Desk, node: int) -> None:
    """Insert a shipment, with all that must share its vehicle or none of them."""
    if s.nodes[node, ROUTE] >= 0:
        return
    group = x.set_of[x.calls[node, SHIPMENT]] if x.grouped else -1
    if group < 0:
        insert_best(x, s, w, node)
    elif not _insert_set(x, s, w, node, group, False):
        _insert_set(x, s, w, node, group, True)


@kernel
def _insert_set(x: Instance, s: Routes, w: Desk, node: int, group: int, alone: bool) -> bool:
    """Insert a set into the route that is best for one of it, or into one of its own."""
    inserted = insert_alone(x, s, w, node) if alone else insert_best(x, s, w, node)
    if not inserted:
        return False
    s.counts[ONLY] = s.nodes[node, ROUTE]
    for q in range(x.set_from[group], x.set_from[group + 1]):
        member = x.first_of[x.members[q]]
        if s.nodes[member, ROUTE] < 0 and not insert_best(x, s, w, member):
            inserted = False
            break
    s.counts[ONLY] = -1
    if not inserted:
        queued = s.counts[QUEUED]
        remove(x, s, node)
        s.counts[QUEUED] = queued
        settle(x, s, w)
    return inserted


@kernel
def _follow_plan(x: Instance, s: Routes, w: Desk) -> None:
    """Set up the routes to start from."""
    at = 0
    while s.plan[at] >= 0:
        r = open_route(x, s, s.plan[at])
        pinned, visits = s.plan[at + 1], s.plan[at + 2]
        s.routes[r, PINNED] = pinned
        last = x.first_start + r
        for q in range(visits):
            node = s.plan[at + 3 + q]
            if node < 0:
                node = new_reload(x, s, -1 - node)
            link(x, s, node, last)
            s.fixed[node] = q < pinned
            last = node
            if node < x.stops and x.calls[node, TYPE] != DROP:
                take_in(x, s, node)
        refresh(x, s, w, r, True)
        commit(s)
        at += 3 + visits


@kernel
def _sort_queue(x: Instance, s: Routes) -> None:
    number = s.counts[QUEUED]
    weighed = 17 if x.windowed else 11
    lot = draw_below(s.chance, weighed)
    order = AT_RANDOM
    for o, share in enumerate((4, 4, 2, 1, 2, 2, 2)):
        if lot < share:
            order = o
            break
        lot -= share
    for q in range(number):
        node = s.queue[q]
        shipment = x.calls[node, SHIPMENT]
        key = 0.0
        if order == AT_RANDOM:
            key = draw(s.chance)
        elif order == LARGE:
            key = -x.size[shipment]
        elif order == FAR:
            key = -float(x.away[node])
        elif order == CLOSE_BY:
            key = float(x.away[node])
        elif order == SHORT_WINDOW:
            key = float(x.calls[node, CLOSES] - x.calls[node, OPENS])
        elif order == OPENS_EARLY:
            key = float(x.calls[node, OPENS])
        else:
            key = -float(x.calls[node, CLOSES])
        p = q
        while p > 0 and s.keys[p - 1] > key:
            s.keys[p] = s.keys[p - 1]
            s.queue[p] = s.queue[p - 1]
            p -= 1
        s.keys[p] = key
        s.queue[p] = node


@kernel
def change_vehicle(x: Instance, s: Routes, w: Desk, r: int) -> None:
    """Give a route the kind of vehicle on which it costs least; of many kinds some, drawn at random."""
    kinds = x.kinds.shape[0]
    now = s.routes[r, KIND]
    best, to = s.cost[r] - 1e-6, -1
    n = spell(x, s, r)
    for q in range(min(kinds, 12)):
        kind = q if kinds <= 12 else draw_below(s.chance, kinds)
        if kind == now or s.used[kind] >= x.kinds[kind, COUNT] or x.prices[kind, 0] >= best:
            continue
        cost = route_cost(x, w, s.spelled, n, kind, 0)
        if cost < best:
            best, to = cost, kind
    if to < 0:
        return
    s.used[now] -= 1
    s.used[to] += 1
    s.routes[r, KIND] = to
    set_ends(x, s, r, to)
    charges = 0.0
    for q in range(n):
        node = s.spelled[q]
        if node >= 0 and x.calls[node, TYPE] != DROP:
            charges += x.charge[to, x.calls[node, SHIPMENT]]
    s.charges[r] = charges
    refresh(x, s, w, r, True)


@kernel
def construct(x: Instance, s: Routes, w: Desk) -> None:
    """A first plan: that in force, or a route for each shipment; what is left goes where it fits."""
    for node in range(x.stops):
        if x.calls[node, TYPE] != DROP:
            leave_out(x, s, node)
    _follow_plan(x, s, w)
    for node in range(x.stops):
        grouped = x.grouped and x.set_of[x.calls[node, SHIPMENT]] >= 0
        if x.calls[node, TYPE] == DROP or s.nodes[node, ROUTE] >= 0 or grouped or s.plan[0] >= 0:
            continue
        commit(s)
        s.counts[VISIT_STAMP] += 1
        insert_alone(x, s, w, node)
    count = 0
    for node in range(x.stops):
        if x.calls[node, TYPE] != DROP and s.nodes[node, ROUTE] < 0:
            s.queue[count] = node
            count += 1
    s.counts[QUEUED] = count
    for q in range(count):
        commit(s)
        node = s.queue[q]
        _insert(x, s, w, node)
    commit(s)
    keep_best(x, s)
