"""A plan of an instance as a picture: SVG, each route in its own colour, depots as squares."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import numpy as np

from graph.errors import InvalidInput
from optimizer.routing.plan import PlanEvaluation, TimedRoute
from seeds.instances.instance import Instance

SIDE = 1000
MARGIN = 30
GOLDEN_ANGLE = 137.508
"""Degrees between the hues of successive routes, so that neighbours differ."""


def picture(instance: Instance, evaluation: PlanEvaluation, *, title: str) -> str:
    """The routes as an SVG document; who is not served is a red ring.

    Raises:
        InvalidInput: the instance has no coordinates.
    """
    if instance.coordinates is None:
        raise InvalidInput("--picture", f"cannot be drawn: {instance.name} has no coordinates")
    points = _on_canvas(instance.coordinates)
    elements = [
        *(_line(route, points, number) for number, route in enumerate(evaluation.routes)),
        *_stops(instance, evaluation, points),
        *_depots(instance, points),
    ]
    size = SIDE + 2 * MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{size}" height="{size}" fill="white"/>\n' + "\n".join(elements) + "\n</svg>\n"
    )


def _on_canvas(coordinates: np.ndarray) -> list[tuple[float, float]]:
    """The points with north up, all within the margins, to one scale."""
    low = coordinates.min(axis=0)
    span = float((coordinates.max(axis=0) - low).max()) or 1.0
    scaled = (coordinates - low) * (SIDE / span) + MARGIN
    return [(round(float(x), 1), round(SIDE + 2 * MARGIN - float(y), 1)) for x, y in scaled]


def _line(route: TimedRoute, points: list[tuple[float, float]], number: int) -> str:
    way = " ".join(f"{x},{y}" for x, y in (points[call.location] for call in route.calls))
    hue = number * GOLDEN_ANGLE % 360
    return (
        f'<polyline points="{way}" fill="none" stroke="hsl({hue:.0f} 65% 45%)" stroke-width="2">'
        f"<title>vehicle {route.vehicle + 1}: {len(route.calls)} calls, {route.distance_m} units</title>"
        "</polyline>"
    )


def _stops(
    instance: Instance, evaluation: PlanEvaluation, points: list[tuple[float, float]]
) -> Iterator[str]:
    unserved = set(evaluation.unserved)
    for s, shipment in enumerate(instance.problem.shipments):
        for stop in (shipment.pickup, shipment.delivery):
            if stop is None:
                continue
            x, y = points[stop.location]
            look = (
                'r="6" fill="none" stroke="red" stroke-width="2"' if s in unserved else 'r="3" fill="black"'
            )
            yield f'<circle cx="{x}" cy="{y}" {look}><title>{escape(shipment.id)}</title></circle>'


def _depots(instance: Instance, points: list[tuple[float, float]]) -> Iterator[str]:
    for depot in instance.problem.depots:
        x, y = points[depot.location]
        yield (
            f'<rect x="{x - 8:.1f}" y="{y - 8:.1f}" width="16" height="16" fill="black">'
            f"<title>depot {escape(depot.id)}</title></rect>"
        )
