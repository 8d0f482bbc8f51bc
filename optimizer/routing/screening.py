"""What can never be served, proven of each delivery by itself before any search.

Vehicles are struck off one demand after the other: the depot, the skills, the weight, the volume, the
way, its length, the times. The demand that strikes off the last ones is the reason, with the amount by
which the best of them misses it.

The proof takes travel to be as on roads: no way over a third place beats the direct one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from optimizer.routing.amounts import kilograms, kilometres, litres, minutes
from optimizer.routing.problem import Delivery, RoutingProblem, Vehicle
from optimizer.routing.schedule import distance_m, drive, earliest_leave
from optimizer.routing.solution import Reason, Refusal, Unserved


def screen(problem: RoutingProblem) -> tuple[Unserved, ...]:
    """The deliveries that no vehicle could serve even with nothing else to do, and why."""
    return tuple(
        Unserved(problem.deliveries[index].shipment_id, refusal)
        for index, refusal in refused_alone(problem).items()
    )


def refused_alone(problem: RoutingProblem) -> dict[int, Refusal]:
    """As :func:`screen`, by the delivery's index."""
    vehicles = [problem.vehicles[group[0]] for group in problem.alike]
    judged = ((index, _judge(problem, vehicles, index)) for index in range(len(problem.deliveries)))
    return {index: refusal for index, refusal in judged if refusal is not None}


def _judge(problem: RoutingProblem, vehicles: Sequence[Vehicle], index: int) -> Refusal | None:
    delivery = problem.deliveries[index]
    there = [v for v in vehicles if v.depot == delivery.depot and v.max_stops != 0]
    if not there:
        return Refusal(
            Reason.NO_VEHICLE_AT_DEPOT, "no vehicle starts at its depot", "base a vehicle at its depot"
        )
    skilled = [v for v in there if delivery.skills <= v.skills]
    if not skilled:
        return _unskilled(delivery, there)
    strong = [v for v in skilled if v.capacity_weight_g >= delivery.weight_g]
    roomy = [v for v in strong if v.capacity_volume_ml >= delivery.volume_ml]
    if not roomy:
        return _too_much(delivery, there, skilled, strong)
    refusal = _out_of_reach(problem, delivery)
    if refusal is not None:
        return refusal
    trip_m = distance_m(problem, roomy[0], [index])
    near = [v for v in roomy if v.max_distance_m is None or v.max_distance_m >= trip_m]
    if not near:
        return _too_far(trip_m, roomy)
    return _untimely(problem, near, index)


def _unskilled(delivery: Delivery, vehicles: Sequence[Vehicle]) -> Refusal:
    missing = min(
        (sorted(delivery.skills - v.skills) for v in vehicles), key=lambda names: (len(names), names)
    )
    if all(any(skill in v.skills for v in vehicles) for skill in delivery.skills):
        wanted, together = sorted(delivery.skills), " together"
    else:
        wanted, together = [s for s in missing if not any(s in v.skills for v in vehicles)] or missing, ""
    names = f"skill{'s' if len(wanted) > 1 else ''} {' and '.join(wanted)}{together}"
    return Refusal(
        Reason.MISSING_SKILL,
        f"no vehicle has the {names}",
        f"give a vehicle the skill {' and '.join(missing)}",
    )


def _too_much(
    delivery: Delivery, there: Sequence[Vehicle], skilled: Sequence[Vehicle], strong: Sequence[Vehicle]
) -> Refusal:
    fit = " that has its skills" if len(skilled) < len(there) else ""
    if not strong:
        most = max(v.capacity_weight_g for v in skilled)
        over = kilograms(delivery.weight_g - most)
        return Refusal(
            Reason.TOO_HEAVY,
            f"weight {kilograms(delivery.weight_g)} exceeds the largest vehicle{fit} by {over}",
            f"split it: one vehicle takes {kilograms(most)}",
        )
    if len(strong) < len(skilled):
        fit = " that can carry its weight"
    most = max(v.capacity_volume_ml for v in strong)
    over = litres(delivery.volume_ml - most)
    return Refusal(
        Reason.TOO_BULKY,
        f"volume {litres(delivery.volume_ml)} exceeds the largest vehicle{fit} by {over}",
        f"split it: one vehicle takes {litres(most)}",
    )


def _out_of_reach(problem: RoutingProblem, delivery: Delivery) -> Refusal | None:
    if math.isinf(problem.travel_ms(delivery.depot, delivery.location)):
        return Refusal(Reason.UNREACHABLE, "unreachable: no road leads there from its depot")
    if math.isinf(problem.travel_ms(delivery.location, delivery.depot)):
        return Refusal(Reason.UNREACHABLE, "unreachable: no road leads back from there to its depot")
    return None


def _too_far(trip_m: float, vehicles: Sequence[Vehicle]) -> Refusal:
    limit = max(v.max_distance_m for v in vehicles if v.max_distance_m is not None)
    over = kilometres(trip_m - limit)
    return Refusal(
        Reason.TOO_FAR,
        f"the trip of {kilometres(trip_m)} exceeds what a vehicle may drive by {over}",
        f"let a vehicle drive {over} more",
    )


def _untimely(problem: RoutingProblem, vehicles: Sequence[Vehicle], index: int) -> Refusal | None:
    """Why none is in time, each leaving as early as it may with nothing else to do; None when one is."""
    trips = [(v, drive(problem, v, [index], earliest_leave(problem, v, [index]))) for v in vehicles]
    overtime_ms = min(trip.back_at - v.shift_ends_at for v, trip in trips)
    if overtime_ms <= 0:
        return None
    if math.isfinite(overtime_ms):
        over = minutes(overtime_ms)
        return Refusal(
            Reason.SHIFT_TOO_SHORT,
            f"served by itself as early as can be, the vehicle is back {over} after its shift",
            f"let a shift end {over} later",
        )
    delivery = problem.deliveries[index]
    closes_at = max(window.closes_at for window in delivery.windows)
    vehicle, trip = min(trips, key=lambda pair: pair[1].arrive_at[0])
    late = minutes(trip.arrive_at[0] - closes_at)
    after_ms = delivery.service_s * 1000 + problem.travel_ms(delivery.location, vehicle.depot)
    enough = trip.arrive_at[0] + after_ms <= vehicle.shift_ends_at
    return Refusal(
        Reason.WINDOW_TOO_EARLY,
        f"the window closes {late} before anything can arrive",
        f"keep the window open for {late} more" if enough else None,
    )
