"""Whether a road event is why a shipment cannot be served: plan its trip again with the streets open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from api.operations.day_to_plan import Closure, DayToPlan, with_travel
from optimizer.roads.network import RoadNetwork
from optimizer.roads.travel import TravelMatrix, travel_matrix
from optimizer.routing.screening import screen
from optimizer.routing.solution import Reason, Refusal, Unserved

OF_TRAVEL = frozenset({Reason.UNREACHABLE, Reason.TOO_FAR, Reason.WINDOW_TOO_EARLY, Reason.SHIFT_TOO_SHORT})
"""Reasons, proven of a shipment alone, that a shorter way can remove."""
MOST_TRIED = 10
"""How many closures are tried one by one; of more, it is only told that together they are why."""


def blame_closures(day: DayToPlan, unserved: Sequence[Unserved]) -> tuple[Unserved, ...]:
    """Add to each refusal that travel explains the closure without which it would not stand.

    A closure is to blame when opening its streets alone lets a vehicle serve the shipment; when only
    opening all of them does, all are. Other refusals stay as they are.
    """
    on_road = {shipment.id for shipment in day.routable}
    open_cases = {one.shipment_id for one in unserved if one.refusal.reason in OF_TRAVEL} & on_road
    blamed: dict[str, tuple[Closure, ...]] = {}
    for closures in _suspects(day):
        if not open_cases - blamed.keys():
            break
        standing = _refused_without(day, closures, open_cases - blamed.keys())
        blamed |= dict.fromkeys(open_cases - blamed.keys() - standing, closures)
    return tuple(
        replace(one, refusal=_told(one.refusal, blamed[one.shipment_id]))
        if one.shipment_id in blamed
        else one
        for one in unserved
    )


def _suspects(day: DayToPlan) -> Iterator[tuple[Closure, ...]]:
    """The closures to open, one by one and then all together."""
    if len(day.closures) <= MOST_TRIED:
        yield from ((closure,) for closure in day.closures)
    if len(day.closures) > 1:
        yield day.closures


def _refused_without(day: DayToPlan, closures: Iterable[Closure], shipment_ids: set[str]) -> set[str]:
    """Those of the shipments that no vehicle could serve even with these closures' streets open."""
    shipments = tuple(s for s in day.shipments if s.id in shipment_ids)
    smaller = replace(day, shipments=shipments)
    problem = with_travel(smaller, _travel(smaller, _without(day, closures)))
    return {one.shipment_id for one in screen(problem)}


def _without(day: DayToPlan, closures: Iterable[Closure]) -> RoadNetwork:
    """The live network with the streets open that these closures close and no other one does."""
    lifted = {closure.id for closure in closures}
    kept = {id for closure in day.closures if closure.id not in lifted for id in closure.segment_ids}
    network = day.roads.live
    closed = network.segment_closed.copy()
    for closure in day.closures:
        for segment_id in closure.segment_ids:
            if closure.id in lifted and segment_id not in kept and segment_id in network.segment_index:
                closed[network.segment_index[segment_id]] = False
    return network.with_closed(closed)


def _travel(day: DayToPlan, network: RoadNetwork) -> TravelMatrix:
    """Travel between the places that the day's shipments need; between others it counts as none."""
    needed = sorted(
        {day.place_of[id] for s in day.shipments for id in (s.warehouse_id, s.location_id)}
        | {day.place_of[id] for id in day.warehouses if id in day.place_of}
    )
    between = travel_matrix(network, day.positions.take(needed), day.positions.take(needed))
    whole = [np.full((len(day.places), len(day.places)), np.inf) for _ in range(2)]
    for matrix, part in zip(whole, (between.duration_s, between.distance_m), strict=True):
        np.fill_diagonal(matrix, 0.0)
        matrix[np.ix_(needed, needed)] = part
    return TravelMatrix(duration_s=whole[0], distance_m=whole[1])


def _told(refusal: Refusal, closures: Sequence[Closure]) -> Refusal:
    names = " and ".join(closure.id for closure in closures)
    notes = "; ".join(closure.note for closure in closures)
    return replace(
        refusal,
        detail=f"{refusal.detail}; it could be served if {names} did not close the way ({notes})",
        way_out=refusal.way_out or f"open {names}",
    )
