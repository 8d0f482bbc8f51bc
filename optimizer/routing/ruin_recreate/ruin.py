# mypy: disable-error-code=no-any-return
"""What is taken out: strings of stops in adjacent routes (Christiaens and Vanden Berghe 2020)."""

from __future__ import annotations

from optimizer.routing.ruin_recreate.arrays import DROP, MATE, PICKUP, SHIPMENT, TYPE, Instance
from optimizer.routing.ruin_recreate.chance import draw, draw_below
from optimizer.routing.ruin_recreate.handles import kernel
from optimizer.routing.ruin_recreate.routes import (
    COST,
    KIND,
    MISSING,
    NEXT,
    OPEN,
    PINNED,
    PREV,
    QUEUED,
    RANK,
    ROUTE,
    SERVED,
    SIZE,
    STAMP,
    TOUCHED,
    Routes,
    close_route,
    leave_out,
    refresh,
    spell,
    unlink,
)
from optimizer.routing.ruin_recreate.whole_route import Desk, route_cost

MEAN_REMOVED = 10
LONGEST_STRING = 10
SPLIT_STRINGS = 0.5
SPLIT_DEEPER = 0.01


@kernel
def ruin_strings(x: Instance, s: Routes, w: Desk) -> None:
    """Remove strings from routes near a stop drawn at random; the shipments removed stand in ``s.queue``."""
    s.counts[QUEUED] = 0
    seed = draw_below(s.chance, x.stops)
    if s.counts[SERVED] > 0:
        longest = min(float(LONGEST_STRING), s.counts[SERVED] / s.counts[OPEN])
        most = 4.0 * MEAN_REMOVED / (1.0 + longest) - 1.0
        strings = int(1.0 + draw(s.chance) * most)
        ruined = 0
        for q in range(-1, x.near.shape[1]):
            node = seed if q < 0 else int(x.near[seed, q])
            if node < 0 or ruined >= strings:
                break
            r = s.nodes[node, ROUTE]
            if r < 0 or s.ruined_at[r] == s.counts[STAMP] or s.fixed[node]:
                continue
            s.ruined_at[r] = s.counts[STAMP]
            _remove_string(x, s, node, r, longest)
            ruined += 1
        settle(x, s, w)
    _queue_left_out(x, s, seed)


@kernel
def _remove_string(x: Instance, s: Routes, node: int, r: int, longest: float) -> None:
    """A string with ``node`` in it, whole, or with some stops in its midst left."""
    pinned = s.routes[r, PINNED]
    visits = s.nodes[x.first_end + r, RANK] - 1 - pinned
    length = int(1.0 + draw(s.chance) * min(float(visits), longest))
    length = min(length, visits)
    kept = 0
    if length > 1 and length < visits and draw(s.chance) < SPLIT_STRINGS:
        kept = 1
        while length + kept < visits and draw(s.chance) < SPLIT_DEEPER:
            kept += 1
    span = length + kept
    place = s.nodes[node, RANK] - 1 - pinned
    lowest, highest = max(0, place - span + 1), min(place, visits - span)
    first = lowest + draw_below(s.chance, highest - lowest + 1)
    keep_from = 1 + draw_below(s.chance, length - 1) if kept else span
    one = node
    for _ in range(place - first):
        one = s.nodes[one, PREV]
    for q in range(span):
        after = s.nodes[one, NEXT]
        while x.paired and after < x.stops and x.calls[one, MATE] == after:
            after = s.nodes[after, NEXT]
        if not keep_from <= q < keep_from + kept:
            remove(x, s, one)
        one = after
        if one >= x.first_start:
            break


@kernel
def remove(x: Instance, s: Routes, node: int) -> None:
    """Take a stop out with all that must leave with it, and queue its shipment."""
    if node >= x.stops:
        if not s.fixed[node]:
            unlink(x, s, node)
        return
    group = x.set_of[x.calls[node, SHIPMENT]] if x.grouped else -1
    if group < 0:
        _remove_shipment(x, s, node)
        return
    for q in range(x.set_from[group], x.set_from[group + 1]):
        if s.fixed[x.first_of[x.members[q]]]:
            return
    for q in range(x.set_from[group], x.set_from[group + 1]):
        member = x.first_of[x.members[q]]
        if s.nodes[member, ROUTE] >= 0:
            _remove_shipment(x, s, member)


@kernel
def _remove_shipment(x: Instance, s: Routes, node: int) -> None:
    if x.calls[node, TYPE] == DROP:
        node = x.calls[node, MATE]
    if s.fixed[node] or (x.calls[node, TYPE] == PICKUP and s.fixed[node + 1]):
        return
    unlink(x, s, node)
    if x.calls[node, TYPE] == PICKUP:
        unlink(x, s, node + 1)
    leave_out(x, s, node)
    s.queue[s.counts[QUEUED]] = node
    s.counts[QUEUED] += 1


@kernel
def settle(x: Instance, s: Routes, w: Desk) -> None:
    """Close routes that are empty, drop reloads that are no longer needed, and compute the others anew."""
    for q in range(s.counts[TOUCHED]):
        r = s.touched[q]
        if s.routes[r, KIND] < 0:
            continue
        if s.routes[r, SIZE] == 0 and s.routes[r, PINNED] == 0:
            s.totals[COST] -= s.cost[r]
            close_route(x, s, r)
            continue
        if x.reloading:
            _drop_reloads(x, s, w, r)
        refresh(x, s, w, r, True)


@kernel
def _drop_reloads(x: Instance, s: Routes, w: Desk, r: int) -> None:
    kind = s.routes[r, KIND]
    node = s.nodes[x.first_start + r, NEXT]
    while node != x.first_end + r:
        after = s.nodes[node, NEXT]
        if node >= x.stops and not s.fixed[node]:
            n = spell(x, s, r)
            whole = route_cost(x, w, s.spelled, n, kind, s.routes[r, PINNED])
            n = 0
            other = s.nodes[x.first_start + r, NEXT]
            while other != x.first_end + r:
                if other != node:
                    s.spelled[n] = other if other < x.stops else -1 - s.depot_of[other]
                    n += 1
                other = s.nodes[other, NEXT]
            if route_cost(x, w, s.spelled, n, kind, s.routes[r, PINNED]) <= whole:
                unlink(x, s, node)
        node = after


@kernel
def _queue_left_out(x: Instance, s: Routes, seed: int) -> None:
    """Add some of those left out before: all without a prize, or ten of them, and those near the seed."""
    queued = s.counts[QUEUED]
    removed = queued
    missing = s.counts[MISSING]
    if missing - removed <= 10:
        for q in range(missing):
            queued = _queue(s, s.missing[q], queued)
    else:
        for _ in range(10):
            queued = _queue(s, s.missing[draw_below(s.chance, missing)], queued)
    if x.prized:
        added = 0
        for q in range(-1, x.near.shape[1]):
            node = seed if q < 0 else int(x.near[seed, q])
            if node < 0 or added >= 10:
                break
            if x.calls[node, TYPE] == DROP:
                node = x.calls[node, MATE]
            if s.nodes[node, ROUTE] < 0 and not x.mandatory[x.calls[node, SHIPMENT]]:
                before = queued
                queued = _queue(s, node, queued)
                added += queued - before
    s.counts[QUEUED] = queued


@kernel
def _queue(s: Routes, node: int, queued: int) -> int:
    for q in range(queued):
        if s.queue[q] == node:
            return queued
    s.queue[queued] = node
    return queued + 1
