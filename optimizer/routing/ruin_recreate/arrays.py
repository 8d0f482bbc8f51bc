"""A routing problem as the arrays that the compiled search reads.

Nodes are numbered: first the stops of all shipments (a pickup directly before its delivery), then reloads
that vehicles may make, then one start and one end for each route. Times are milliseconds from the first
shift's start, matrices whole numbers, and vehicles alike in everything are one kind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.errors import InvalidProblem
from optimizer.routing.model import Depot, RoutingProblem, Shipment, Stop, Travel, Vehicle, Visit

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

UNREACHABLE = 1 << 30
"""In the matrices: no way. Also more than any amount that can be compared with it."""
FOREVER = 1 << 52

# What is constant about a node: columns of Instance.calls
OPENS, CLOSES, WORK, SHIPMENT, MATE, TYPE, SETUP, WINDOWS_FROM, WINDOWS_TO, HOME = range(10)
# Types of nodes
DELIVERY, COLLECTION, PICKUP, DROP, RELOAD, START, END = range(7)

# Of a kind of vehicle, whole numbers: columns of Instance.kinds
(
    FROM,
    TO,
    PROFILE,
    SHIFT_STARTS,
    SHIFT_ENDS,
    OVERRUN_ENDS,
    MOST_STOPS,
    MOST_DISTANCE,
    MOST_DRIVING,
    MOST_DURATION,
    COUNT,
    DEPOT,
    LEFT,
    MOST_RELOADS,
    BREAKS_FROM,
    BREAKS_TO,
    FIRST_LOAD,
    RELOADS_FROM,
    RELOADS_TO,
) = range(19)
# and costs: columns of Instance.prices
FIXED, PER_M, PER_MS, PER_OVERRUN_MS = range(4)

NEAREST = 120
NEAREST_OF_MANY = 40
MANY_STOPS = 3000


class Instance(NamedTuple):
    """All that stays as it is during a search."""

    distance: NDArray[np.int32]
    """[profile, from, to], metres; the last location is nowhere, at no distance: where open routes end."""
    duration: NDArray[np.int32]
    tick: int
    """Milliseconds in a unit of ``duration``."""
    calls: Ints
    windows: Ints
    load: Ints
    """[shipment, dimension]"""
    worth: Floats
    """What leaving a shipment out costs."""
    mandatory: NDArray[np.bool_]
    near: NDArray[np.int32]
    """[stop, rank]: the stops it is worth visiting beside, nearest first; -1 behind the last."""
    kinds: Ints
    prices: Floats
    capacity: Ints
    charge: Floats
    """[kind, shipment]: what serving it costs on this kind; infinite where it may not."""
    soft: Floats
    """[stop]: opens, closes, cost per ms."""
    breaks: Ints
    """[break]: opens, closes, duration, location or -1."""
    depots: Ints
    """[depot]: location, load time, windows from, to."""
    reload_depots: Ints
    at_depot: NDArray[np.bool_]
    """[shipment, depot]: may be loaded at (or brought to) it."""
    release: Ints
    """[shipment]: when it stands at the depot."""
    apart_from: Ints
    apart: Ints
    """Those that may not share the vehicle of shipment s: apart[apart_from[s]:apart_from[s + 1]]."""
    before_from: Ints
    before: Ints
    after_from: Ints
    after: Ints
    away: Ints
    """[stop]: metres from the nearest start of a vehicle."""
    first_of: Ints
    """[shipment]: its first stop."""
    set_of: Ints
    """[shipment]: its set of those that travel together, or -1."""
    set_from: Ints
    members: Ints
    stops: int
    first_start: int
    first_end: int
    plain: bool
    """Loads only leave the depot at the route's start, in one dimension."""
    timed: bool
    """Time costs, is limited, or starts with a release: the segments' durations are kept."""
    rich: bool
    """Something needs the whole route's evaluation."""
    paired: bool
    grouped: bool
    ruled: bool
    """Some must be apart, or in order."""
    resizable: bool
    """Kinds are told apart by capacity, fixed cost and cost per metre alone within a family."""
    family: Ints
    prized: bool
    windowed: bool
    size: Floats
    """[shipment]: its load as a share of the largest capacity, over all dimensions."""
    driven: bool
    """Driving time is limited."""
    reloading: bool


@dataclass(frozen=True)
class Compiled:
    """The arrays, and what in them stands for what in the problem."""

    problem: RoutingProblem
    instance: Instance
    kind_of: tuple[int, ...]
    """The kind of each vehicle."""
    origin_at: int
    first_node: tuple[int, ...]
    """The first stop of each shipment."""

    def node_of(self, visit: Visit) -> int:
        """The node of a pickup or delivery."""
        if visit.pickup is not None:
            return self.first_node[visit.pickup]
        assert visit.delivery is not None
        first = self.first_node[visit.delivery]
        return first + (self.problem.shipments[visit.delivery].pickup is not None)

    def visit_of(self, node: int) -> Visit:
        """The pickup or delivery of a node."""
        call = self.instance.calls[node]
        shipment = int(call[SHIPMENT])
        return Visit(pickup=shipment) if call[TYPE] in (COLLECTION, PICKUP) else Visit(delivery=shipment)


def compiled(problem: RoutingProblem) -> Compiled:
    """The arrays of a problem that has been validated."""
    left_at = [r.left_at for r in problem.in_force if r.left_at is not None]
    origin_at = min((v.shift_starts_at for v in problem.vehicles), default=0)
    origin_at = min(origin_at, *left_at) if left_at else origin_at
    kind_of, members = _kinds(problem)
    first_node, calls, windows = _calls(problem, origin_at)
    stops = len(calls)
    vehicles = [problem.vehicles[group[0]] for group in members]
    routes = _route_count(problem)
    reloads = _reload_count(problem, members, routes)
    calls = np.vstack([calls, np.zeros((reloads + 2 * routes, calls.shape[1]), np.int64)])
    calls[stops:, SHIPMENT] = calls[stops:, MATE] = -1
    calls[stops : stops + reloads, TYPE] = RELOAD
    calls[stops + reloads : stops + reloads + routes, TYPE] = START
    calls[stops + reloads + routes :, TYPE] = END
    calls[stops:, CLOSES] = FOREVER
    depots = np.zeros((len(problem.depots), 4), np.int64)
    for d, depot in enumerate(problem.depots):
        depots[d] = depot.location, 1000 * depot.load_s, len(windows), len(windows) + len(depot.windows)
        windows.extend((w.opens_at - origin_at, w.closes_at - origin_at) for w in depot.windows)
    distance, duration, tick = _matrices(problem.travel)
    kinds, prices, capacity, breaks, reload_depots = _kind_arrays(problem, vehicles, members, origin_at)
    charge = _charges(problem, members)
    release = np.array([s.release_at for s in problem.shipments], np.int64) - origin_at
    from_depot = np.array([s.pickup is None for s in problem.shipments], bool)
    release[~from_depot] = 0
    release = np.maximum(release, 0)
    soft = np.zeros((stops, 3))
    for node, stop in _stops(problem):
        if stop.soft is not None:
            soft[node] = (
                stop.soft.opens_at - origin_at,
                stop.soft.closes_at - origin_at,
                stop.soft.cost_per_min / 60_000,
            )
    apart = _lists(len(problem.shipments), _pairs(problem.apart))
    before = _lists(len(problem.shipments), [(b, a) for a, b in problem.precedence])
    after = _lists(len(problem.shipments), list(problem.precedence))
    set_of, set_from, set_members = _sets(problem)
    at_depot = np.array(
        [[s.depots is None or d in s.depots for d in range(len(problem.depots))] for s in problem.shipments],
        bool,
    ).reshape(len(problem.shipments), len(problem.depots))
    pinned = any(route.pinned or route.left_at is not None for route in problem.in_force)
    pickups = any(s.pickup is not None for s in problem.shipments)
    several_windows = bool((calls[:stops, WINDOWS_TO] - calls[:stops, WINDOWS_FROM] > 1).any())
    time_priced = any(v.cost_per_h or v.cost_per_overtime_h for v in vehicles)
    limited = any(v.max_duration_s is not None for v in vehicles)
    released = bool((release > 0).any())
    reloading = reloads > 0
    timed = time_priced or limited or released
    first_loads = bool((kinds[:, FIRST_LOAD] >= 0).any())
    rich = (
        bool(len(breaks))
        or bool(soft[:, 2].any())
        or bool(calls[:, SETUP].any())
        or (several_windows and timed)
        or reloading
        or first_loads
        or pinned
        or bool(problem.apart)
        or bool(problem.precedence)
        or not at_depot.all()
        or _open_collections(problem, vehicles)
    )
    plain = not pickups and not reloading and not first_loads and len(problem.dimensions) <= 1
    worth, mandatory = _worth(problem, vehicles, distance, duration, tick)
    return Compiled(
        problem,
        Instance(
            distance=distance,
            duration=duration,
            tick=tick,
            calls=calls,
            windows=np.array(windows or [(0, FOREVER)], np.int64).reshape(-1, 2),
            load=np.array([s.load for s in problem.shipments], np.int64).reshape(
                len(problem.shipments), len(problem.dimensions)
            ),
            worth=worth,
            mandatory=mandatory,
            near=_nearest(calls[:stops], distance[0]),
            kinds=kinds,
            prices=prices,
            capacity=capacity,
            charge=charge,
            soft=soft,
            breaks=breaks,
            depots=depots,
            reload_depots=reload_depots,
            at_depot=at_depot,
            release=release,
            apart_from=apart[0],
            apart=apart[1],
            before_from=before[0],
            before=before[1],
            after_from=after[0],
            after=after[1],
            first_of=np.array(first_node, np.int64),
            away=_away(calls[:stops], distance, kinds),
            set_of=set_of,
            set_from=set_from,
            members=set_members,
            stops=stops,
            first_start=stops + reloads,
            first_end=stops + reloads + routes,
            plain=plain,
            timed=timed,
            rich=rich,
            paired=any(s.pickup is not None and s.delivery is not None for s in problem.shipments),
            grouped=bool(problem.together),
            ruled=bool(problem.apart) or bool(problem.precedence),
            driven=any(v.max_driving_s is not None for v in vehicles),
            reloading=reloading,
            resizable=len(kinds) > 1 and plain and not timed and not rich and not charge.any(),
            family=_families(kinds),
            prized=not mandatory.all(),
            windowed=bool((calls[:stops, CLOSES] < FOREVER).any()),
            size=_sizes(problem, capacity),
        ),
        kind_of,
        origin_at,
        first_node,
    )


def _kinds(problem: RoutingProblem) -> tuple[tuple[int, ...], list[list[int]]]:
    """Vehicles that the problem cannot tell apart; those of the plan in force stand alone if it matters."""
    told_apart = {
        r.vehicle for r in problem.in_force if r.pinned or r.left_at is not None or problem.moved_cost
    }
    named: dict[int, list[object]] = defaultdict(list)
    for s, shipment in enumerate(problem.shipments):
        for few in (shipment.vehicles, shipment.preferred):
            if few is not None and len(few) < len(problem.vehicles):
                for special in few:
                    named[special].append((s, few is shipment.preferred))
    groups: dict[object, list[int]] = {}
    for v, vehicle in enumerate(problem.vehicles):
        alike: object = (
            replace(vehicle, id="", kind=""),
            tuple(named.get(v, ())),
            v if v in told_apart else None,
        )
        groups.setdefault(alike, []).append(v)
    members = list(groups.values())
    kind_of = {v: k for k, group in enumerate(members) for v in group}
    return tuple(kind_of[v] for v in range(len(problem.vehicles))), members


def _route_count(problem: RoutingProblem) -> int:
    most = len(problem.shipments) + len(problem.in_force)
    return max(1, min(len(problem.vehicles), most))


def _reload_count(problem: RoutingProblem, members: Sequence[Sequence[int]], routes: int) -> int:
    wanted = sum(
        len(group) * problem.vehicles[group[0]].max_reloads
        for group in members
        if problem.vehicles[group[0]].reload_depots
    )
    pinned = sum(v.reload is not None for route in problem.in_force for v in route.visits)
    return min(wanted, 2 * len(problem.shipments) + routes) + pinned


def _stops(problem: RoutingProblem) -> list[tuple[int, Stop]]:
    stops = [s for one in problem.shipments for s in (one.pickup, one.delivery) if s is not None]
    return list(enumerate(stops))


def _calls(problem: RoutingProblem, origin_at: int) -> tuple[tuple[int, ...], Ints, list[tuple[int, int]]]:
    first: list[int] = []
    rows: list[list[int]] = []
    windows: list[tuple[int, int]] = []
    for s, shipment in enumerate(problem.shipments):
        first.append(len(rows))
        both = shipment.pickup is not None and shipment.delivery is not None
        for stop, alone, of_pair in (
            (shipment.pickup, COLLECTION, PICKUP),
            (shipment.delivery, DELIVERY, DROP),
        ):
            if stop is None:
                continue
            released_at = shipment.release_at if stop is shipment.pickup else 0
            spans = _spans(stop, released_at, origin_at)
            mate = -1 if not both else len(rows) + (1 if of_pair == PICKUP else -1)
            opens, closes = (spans[0][0], spans[-1][1]) if spans else (0, -1)
            rows.append(
                [
                    opens,
                    closes,
                    1000 * stop.service_s,
                    s,
                    mate,
                    of_pair if both else alone,
                    1000 * stop.setup_s,
                    len(windows),
                    len(windows) + len(spans),
                    stop.location,
                ]
            )
            windows.extend(spans)
    return tuple(first), np.array(rows, np.int64).reshape(-1, 10), windows


def _spans(stop: Stop, released_at: int, origin_at: int) -> list[tuple[int, int]]:
    """The windows from the release on, in order, those that overlap as one."""
    if not stop.windows:
        return [(max(0, released_at - origin_at), FOREVER)]
    merged: list[tuple[int, int]] = []
    for opens_at, closes_at in sorted(stop.windows):
        if closes_at < released_at:
            continue
        opens, closes = max(opens_at, released_at) - origin_at, closes_at - origin_at
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        else:
            merged.append((opens, closes))
    return merged


def _matrices(travel: Sequence[Travel]) -> tuple[NDArray[np.int32], NDArray[np.int32], int]:
    whole = all(
        bool((np.isinf(t.duration_s) | (t.duration_s == np.round(t.duration_s))).all()) for t in travel
    )
    tick = 1000 if whole else 1
    locations = len(travel[0].duration_s)
    distance = np.zeros((len(travel), locations + 1, locations + 1), np.int32)
    same = tick == 1000 and all(t.duration_s is t.distance_m for t in travel)
    duration = distance if same else np.zeros_like(distance)
    for profile, one in enumerate(travel):
        blocked = np.isinf(one.duration_s) | np.isinf(one.distance_m)
        _fill(distance[profile], one.distance_m, blocked, f"travel[{profile}].distance_m")
        if not same:
            seconds = one.duration_s if whole else 1000 * one.duration_s
            _fill(duration[profile], seconds, blocked, f"travel[{profile}].duration_s")
    return distance, duration, tick


def _fill(into: NDArray[np.int32], values: Floats, blocked: NDArray[np.bool_], field: str) -> None:
    finite = np.where(blocked, 0, values)
    if finite.size and finite.max() >= UNREACHABLE:
        raise InvalidProblem(field, f"has {finite.max():.0f}; a leg must be shorter than {UNREACHABLE}")
    into[:-1, :-1] = np.where(blocked, UNREACHABLE, np.round(finite))


def _kind_arrays(
    problem: RoutingProblem,
    vehicles: Sequence[Vehicle],
    members: Sequence[Sequence[int]],
    origin_at: int,
) -> tuple[Ints, Floats, Ints, Ints, Ints]:
    nowhere = len(problem.travel[0].duration_s)
    left = {route.vehicle: route.left_at for route in problem.in_force if route.left_at is not None}
    kinds = np.zeros((max(1, len(vehicles)), 19), np.int64)
    prices = np.zeros((max(1, len(vehicles)), 4))
    breaks: list[tuple[int, int, int, int]] = []
    reloads: list[int] = []
    for k, vehicle in enumerate(vehicles):
        depot: Depot = problem.depots[vehicle.depot]
        left_at = left.get(members[k][0])
        ends = vehicle.shift_ends_at - origin_at
        first_break, first_reload = len(breaks), len(reloads)
        breaks.extend(
            (
                b.window.opens_at - origin_at,
                b.window.closes_at - origin_at,
                1000 * b.duration_s,
                -1 if b.location is None else b.location,
            )
            for b in vehicle.breaks
        )
        reloads.extend(dict.fromkeys(vehicle.reload_depots))
        kinds[k] = (
            vehicle.start,
            nowhere if vehicle.end is None else vehicle.end,
            vehicle.profile,
            vehicle.shift_starts_at - origin_at,
            ends,
            ends + 1000 * vehicle.overtime_s,
            _most(vehicle.max_stops),
            _most(vehicle.max_distance_m),
            _most(None if vehicle.max_driving_s is None else 1000 * vehicle.max_driving_s),
            _most(None if vehicle.max_duration_s is None else 1000 * vehicle.max_duration_s),
            len(members[k]),
            vehicle.depot,
            -1 if left_at is None else left_at - origin_at,
            vehicle.max_reloads,
            first_break,
            len(breaks),
            -1 if depot.location == vehicle.start else vehicle.depot,
            first_reload,
            len(reloads),
        )
        prices[k] = (
            vehicle.cost_fixed,
            vehicle.cost_per_km / 1000,
            vehicle.cost_per_h / 3_600_000,
            vehicle.cost_per_overtime_h / 3_600_000,
        )
    capacity = np.array([v.capacity for v in vehicles], np.int64).reshape(
        len(vehicles), len(problem.dimensions)
    )
    return (
        kinds,
        prices,
        capacity,
        np.array(breaks, np.int64).reshape(-1, 4),
        np.array(reloads, np.int64),
    )


def _most(limit: int | None) -> int:
    return FOREVER if limit is None else limit


def _charges(problem: RoutingProblem, members: Sequence[Sequence[int]]) -> Floats:
    charge = np.zeros((max(1, len(members)), len(problem.shipments)))
    home: dict[int, tuple[int, int]] = {}
    for route in problem.in_force:
        for visit in route.visits:
            s = visit.pickup if visit.pickup is not None else visit.delivery
            if s is not None:
                home[s] = route.vehicle, home.get(s, (0, 0))[1] + 1
    for s, one in enumerate(problem.shipments):
        special = one.skills or one.forbidden or one.vehicles is not None or one.preferred is not None
        if not special and not (problem.moved_cost and s in home):
            continue
        for k, group in enumerate(members):
            charge[k, s] = _charge(problem, one, s, group[0], home)
    return charge


def _charge(
    problem: RoutingProblem, one: Shipment, s: int, v: int, home: dict[int, tuple[int, int]]
) -> float:
    has = problem.vehicles[v].skills
    if not one.skills <= has or one.forbidden & has or (one.vehicles is not None and v not in one.vehicles):
        return np.inf
    cost = 0
    if one.preferred is not None and v not in one.preferred:
        cost += one.elsewhere_cost
    vehicle, stops = home.get(s, (v, 0))
    return cost + (problem.moved_cost * stops if vehicle != v else 0)


def _open_collections(problem: RoutingProblem, vehicles: Sequence[Vehicle]) -> bool:
    """Whether some vehicle may end where what it collected cannot stay."""
    if not any(s.delivery is None for s in problem.shipments):
        return False
    depots = {d.location for d in problem.depots}
    return any(v.end is None or v.end not in depots for v in vehicles)


def _worth(
    problem: RoutingProblem,
    vehicles: Sequence[Vehicle],
    distance: NDArray[np.int32],
    duration: NDArray[np.int32],
    tick: int,
) -> tuple[Floats, NDArray[np.bool_]]:
    """Prizes; more than any one way of serving for those without, times four for each step of priority."""
    longest_m = float(np.where(distance < UNREACHABLE, distance, 0).max(initial=0))
    dearest = 1.0
    for v in vehicles:
        shift_h = (v.shift_ends_at - v.shift_starts_at + 1000 * v.overtime_s) / 3_600_000
        longest_h = 4 * float(np.where(duration < UNREACHABLE, duration, 0).max(initial=0)) * tick / 3_600_000
        timed = v.cost_per_h * min(shift_h, longest_h + 24) + v.cost_per_overtime_h * v.overtime_s / 3600
        dearest = max(dearest, v.cost_fixed + 4 * longest_m * v.cost_per_km / 1000 + timed)
    extras = max((s.elsewhere_cost for s in problem.shipments), default=0) + 2 * problem.moved_cost
    base = 10.0 * (dearest + extras)
    prizes = [base * 4.0**s.priority if s.prize is None else float(s.prize) for s in problem.shipments]
    return np.array(prizes), np.array([s.prize is None for s in problem.shipments], bool)


def _nearest(calls: Ints, distance: NDArray[np.int32]) -> NDArray[np.int32]:
    """For each stop those nearest, by metres there or back."""
    stops = len(calls)
    keep = min(NEAREST if stops <= MANY_STOPS else NEAREST_OF_MANY, max(0, stops - 1))
    near = np.full((stops, max(1, keep)), -1, np.int32)
    if keep == 0:
        return near
    homes = calls[:, HOME]
    for node in range(stops):
        away = np.minimum(distance[homes[node], homes], distance[homes, homes[node]]).astype(np.int64)
        away[node] = 1 << 40
        if keep < stops - 1:
            few = np.argpartition(away, keep)[:keep]
            near[node] = few[np.argsort(away[few], kind="stable")]
        else:
            near[node] = np.argsort(away, kind="stable")[:keep]
    return near


def _families(kinds: Ints) -> Ints:
    """Kinds that differ in their number, capacity and prices at most are one family."""
    named: dict[tuple[int, ...], int] = {}
    keys = [tuple(np.delete(kind, COUNT).tolist()) for kind in kinds]
    return np.array([named.setdefault(key, len(named)) for key in keys], np.int64)


def _sizes(problem: RoutingProblem, capacity: Ints) -> Floats:
    load = np.array([s.load for s in problem.shipments], float).reshape(len(problem.shipments), -1)
    most = np.maximum(capacity.max(axis=0), 1) if len(capacity) else np.ones(load.shape[1])
    return np.asarray((load / most).sum(axis=1), np.float64)


def _away(calls: Ints, distance: NDArray[np.int32], kinds: Ints) -> Ints:
    starts = sorted({(int(k[PROFILE]), int(k[FROM])) for k in kinds})
    away = np.min([distance[p, start, calls[:, HOME]] for p, start in starts], axis=0)
    return np.asarray(away, np.int64)


def _pairs(sets: Sequence[frozenset[int]]) -> list[tuple[int, int]]:
    return sorted({(a, b) for group in sets for a in group for b in group if a != b})


def _lists(count: int, pairs: Sequence[tuple[int, int]]) -> tuple[Ints, Ints]:
    of: list[list[int]] = [[] for _ in range(count)]
    for a, b in pairs:
        of[a].append(b)
    offsets = np.cumsum([0, *map(len, of)])
    return offsets.astype(np.int64), np.array(list(chain.from_iterable(of)), np.int64)


def _sets(problem: RoutingProblem) -> tuple[Ints, Ints, Ints]:
    """Sets that overlap are one."""
    set_of = np.full(len(problem.shipments), -1, np.int64)
    merged: list[set[int]] = []
    for together in problem.together:
        joined = set(together)
        for other in [m for m in merged if m & joined]:
            merged.remove(other)
            joined |= other
        merged.append(joined)
    for g, group in enumerate(merged):
        set_of[list(group)] = g
    offsets = np.cumsum([0, *map(len, merged)]).astype(np.int64)
    members: list[Any] = list(chain.from_iterable(sorted(m) for m in merged))
    return set_of, offsets, np.array(members, np.int64)
