"""Why a delivery that could be served is in no tour of the finished plan, and what would admit it."""

from __future__ import annotations

import math

from optimizer.routing.amounts import kilograms, litres, minutes
from optimizer.routing.insertion import Gap, Round, Rounds
from optimizer.routing.schedule import distance_m, route_cost, seconds, timetable
from optimizer.routing.solution import Reason, Refusal

NOT_SEARCHED = Refusal(
    Reason.NOT_SEARCHED, "the search was stopped before it had found a place for it", "plan again, for longer"
)


def explain(rounds: Rounds, delivery: int) -> Refusal:
    """The reason, proven against every vehicle that may serve it, and the cheapest way out that was found.

    To be asked of a delivery that fits nowhere: :meth:`Rounds.insert` has tried.
    """
    candidates = list(rounds.candidates(delivery))
    roomy = [round_ for round_ in candidates if round_.has_room(delivery)]
    another = _one_more_vehicle(rounds, delivery)
    if not roomy:
        return Refusal(Reason.VEHICLES_FULL, _lacking(candidates, delivery), *another)
    late = [gap for round_ in roomy for gap in round_.gaps(delivery, after_window=True)]
    if late:
        least = min(late, key=lambda gap: (gap.late_ms, gap.cost, gap.vehicle, gap.position))
        detail = (
            f"every vehicle with room for it is at least {minutes(least.late_ms)} too late for its window"
        )
        return Refusal(Reason.WINDOW_MISSED, detail, *_cheaper(another, least))
    beyond = [over for round_ in roomy if (over := _least_overtime(round_, delivery)) < math.inf]
    if beyond:
        detail = (
            f"with it, every vehicle with room for it is back {minutes(min(beyond))} or more after its shift"
        )
        return Refusal(Reason.OUT_OF_TIME, detail, *another)
    return Refusal(Reason.LEFT_OUT, "left out: every vehicle is full or out of time at this price", *another)


def _lacking(candidates: list[Round], delivery: int) -> str:
    one = candidates[0].problem.deliveries[delivery]
    allowed = [r for r in candidates if r.vehicle.max_stops is None or len(r.tour) < r.vehicle.max_stops]
    if not allowed:
        return "every vehicle that may serve it has as many stops as it may make"
    best = min(allowed, key=lambda r: (max(0, one.weight_g - r.spare_g), max(0, one.volume_ml - r.spare_ml)))
    over_g, over_ml = one.weight_g - best.spare_g, one.volume_ml - best.spare_ml
    amount = kilograms(over_g) if over_g > 0 else litres(over_ml)
    return (
        f"every vehicle that may serve it is full: the emptiest, {best.vehicle.id}, lacks room for {amount}"
    )


def _least_overtime(round_: Round, delivery: int) -> float:
    gaps = list(round_.gaps(delivery, after_shift=True))
    if not gaps:
        return math.inf
    return round_.overtime_ms(delivery, min(gaps, key=lambda gap: gap.cost).position)


def _one_more_vehicle(rounds: Rounds, delivery: int) -> tuple[str | None, int | None]:
    """One more vehicle like the cheapest that could serve it alone, and what that would cost."""
    problem, found = rounds.problem, []
    for group in problem.alike:
        vehicle = problem.vehicles[group[0]]
        times = timetable(problem, vehicle, [delivery])
        if rounds.rounds[group[0]].may_serve(delivery) and times is not None:
            metres = int(distance_m(problem, vehicle, [delivery]))
            found.append((route_cost(vehicle, metres, seconds(times.back_at - times.leave_at)), group[0]))
    if not found:
        return None, None
    cost, index = min(found)
    vehicle = problem.vehicles[index]
    return f"one more vehicle like {vehicle.id} ({vehicle.kind})", cost


def _cheaper(another: tuple[str | None, int | None], gap: Gap) -> tuple[str | None, int | None]:
    cost = math.ceil(gap.cost)
    if another[1] is not None and another[1] <= cost:
        return another
    return f"keep the window open for {minutes(gap.late_ms)} more", cost
