"""A search of one seed: its arrays, its routes, and the schedule of its temperature."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.model import PlannedRoute, Visit
from optimizer.routing.ruin_recreate.annealing import anneal
from optimizer.routing.ruin_recreate.arrays import HOME, Compiled, Ints
from optimizer.routing.ruin_recreate.handles import handle
from optimizer.routing.ruin_recreate.routes import BEST, NEXT, ROUTE, empty_routes
from optimizer.routing.ruin_recreate.whole_route import desk

HOTTEST, COLDEST = 3.0, 0.03
"""Temperatures, as multiples of the mean cost of the way to one of the ten nearest stops."""


class Search:
    """Anneals one solution; a caller runs it in chunks and may look at the best between them."""

    def __init__(self, compiled: Compiled, plan: Ints, seed: int, stream: int = 0) -> None:
        self.compiled = compiled
        self.instance = compiled.instance
        self.state = empty_routes(self.instance, plan, seed, stream)
        self.handles = handle(self.instance), handle(self.state), handle(desk(self.instance))
        self.scale = _neighbour_cost(compiled)
        self.iterations = 0

    def begin(self) -> None:
        """Make a first plan."""
        anneal(*self.handles, 0, 1.0, 1.0)

    def advance(self, iterations: int, begun: float, done: float) -> None:
        """Run iterations, which are the part of the search from share ``begun`` to share ``done``."""
        anneal(*self.handles, iterations, self.heat(begun), self.heat(done))
        self.iterations += iterations

    def heat(self, share: float) -> float:
        """The temperature when this share of the search is done."""
        return float(self.scale * HOTTEST * (COLDEST / HOTTEST) ** min(1.0, share))

    @property
    def best_cost(self) -> float:
        """The cost of the best plan, with what leaving out costs."""
        return float(self.state.totals[BEST])

    def best_routes_cost(self) -> float:
        """The same without those left out that have no prize."""
        mandatory = self._left_out() & self.instance.mandatory
        return self.best_cost - float(self.instance.worth[mandatory].sum())

    def best_unserved(self) -> int:
        """How many shipments the best plan leaves out."""
        return int(self._left_out().sum())

    def _left_out(self) -> NDArray[np.bool_]:
        out: NDArray[np.bool_] = self.state.best_nodes[self.instance.first_of, ROUTE] < 0
        return out

    def open_best(self) -> int:
        """How many vehicles the best plan uses."""
        return int((self.state.best_kinds >= 0).sum())

    def planned(self) -> tuple[PlannedRoute, ...]:
        """The best plan."""
        return planned_routes(self.compiled, self)


def planned_routes(compiled: Compiled, search: Search) -> tuple[PlannedRoute, ...]:
    """The best of a search as routes of the problem's vehicles."""
    x, s = search.instance, search.state
    vehicles: dict[int, list[int]] = {}
    for vehicle, kind in reversed(list(enumerate(compiled.kind_of))):
        vehicles.setdefault(kind, []).append(vehicle)
    departed = {route.vehicle: (route.pinned, route.left_at) for route in compiled.problem.in_force}
    routes = []
    for r in np.flatnonzero(s.best_kinds >= 0).tolist():
        visits = []
        node = int(s.best_nodes[x.first_start + r, NEXT])
        while node != x.first_end + r:
            if node < x.stops:
                visits.append(compiled.visit_of(node))
            else:
                visits.append(Visit(reload=int(s.best_depots[node])))
            node = int(s.best_nodes[node, NEXT])
        vehicle = vehicles[int(s.best_kinds[r])].pop()
        pinned, left_at = departed.get(vehicle, (0, None))
        routes.append(PlannedRoute(vehicle, tuple(visits), pinned, left_at))
    return tuple(sorted(routes, key=lambda route: route.vehicle))


def _neighbour_cost(compiled: Compiled) -> float:
    """The mean cost of the way from a stop to one of its ten nearest."""
    x = compiled.instance
    near = x.near[:, :10]
    here = np.repeat(np.arange(len(near)), near.shape[1])[near.ravel() >= 0]
    there = near.ravel()[near.ravel() >= 0]
    if not len(here):
        return 1.0
    origin, to = x.calls[here, HOME], x.calls[there, HOME]
    metres = x.distance[0][origin, to].astype(float)
    times = x.duration[0][origin, to].astype(float) * x.tick
    reached = metres < 1 << 30
    if not reached.any():
        return 1.0
    cost = x.prices[:, 1].mean() * metres[reached] + x.prices[:, 2].mean() * times[reached]
    return float(cost.mean()) or 1.0
