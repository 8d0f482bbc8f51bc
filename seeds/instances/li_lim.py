"""Li and Lim's format for pickup and delivery with time windows: the fewest vehicles, then the distance."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from graph.errors import InvalidInput
from optimizer.routing.model import Depot, RoutingProblem, Shipment, Visit
from seeds.instances.instance import Instance, euclidean, same_travel, stop, uniform_fleet
from seeds.instances.rounding import UNITS, Rounding
from seeds.instances.solomon import number_rows

COLUMNS = ("task", "x", "y", "demand", "earliest", "latest", "service time", "its pickup", "its delivery")


def is_li_lim(text: str) -> bool:
    """Whether this looks like a file of the format: three numbers, then rows of nine."""
    lines = [line.split() for line in text.splitlines()[:3] if line.strip()]
    numbers = all(re.fullmatch(r"[-+.\deE]+", word) for line in lines for word in line)
    return numbers and len(lines) > 1 and len(lines[0]) == 3 and len(lines[1]) == 9


def read_li_lim(text: str, path: Path, rounding: Rounding) -> Instance:
    """Read the text of a file; the fewest vehicles come first, by a fixed cost above all distances.

    Raises:
        InvalidInput: it is not in the format, or a pickup is without its delivery.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    number, capacity = _fleet(lines[0], path)
    rows = number_rows(lines[1:], COLUMNS, path)
    if not np.array_equal(rows[:, 0], np.arange(len(rows))):
        raise InvalidInput(f"{path}: task", "must count up from 0, the depot")
    units = UNITS[rounding]
    times, distance = units.whole(rows[:, 4:7]), units.whole(euclidean(rows[:, 1:3]))
    pairs = _pairs(rows, path)
    vehicle_cost = 1 + int(2 * (distance[0].sum() + distance[:, 0].sum()))
    vehicles = uniform_fleet(number, capacity, times[0], cost_fixed=vehicle_cost)
    shipments: list[Shipment] = []
    visit_of: dict[int, Visit] = {}
    for pickup, delivery in pairs:
        visit_of[pickup] = Visit(pickup=len(shipments))
        visit_of[delivery] = Visit(delivery=len(shipments))
        shipments.append(
            Shipment(
                id=f"{pickup}-{delivery}",
                load=(int(rows[pickup, 3]),),
                pickup=stop(pickup, times[pickup]),
                delivery=stop(delivery, times[delivery]),
            )
        )
    return Instance(
        name=path.stem,
        rounding=rounding,
        problem=RoutingProblem(
            dimensions=("demand",),
            depots=(Depot("0", 0),),
            vehicles=vehicles,
            shipments=tuple(shipments),
            travel=(same_travel(distance),),
        ),
        visit_of=visit_of,
        coordinates=rows[:, 1:3],
        vehicle_cost=vehicle_cost,
    )


def _fleet(line: str, path: Path) -> tuple[int, int]:
    try:
        number, capacity, _speed = (int(word) for word in line.split())
    except ValueError:
        raise InvalidInput(f"{path}: {line!r}", "must be the vehicles' number, capacity and speed") from None
    return number, capacity


def _pairs(rows: NDArray[np.float64], path: Path) -> list[tuple[int, int]]:
    """The nodes of each pickup and its delivery, after checking that they name each other."""
    pairs = []
    for node, (demand, pickup, delivery) in enumerate(rows[:, [3, 7, 8]].tolist()):
        if node == 0:
            continue
        partner, back = (int(delivery), 7) if demand > 0 or delivery else (int(pickup), 8)
        if not 0 < partner < len(rows) or rows[partner, back] != node:
            kind = "pickup without its delivery" if back == 7 else "delivery without its pickup"
            raise InvalidInput(f"{path}: task {node}", f"is a {kind}")
        if rows[partner, 3] != -demand:
            raise InvalidInput(f"{path}: task {node}", f"has demand {demand}, its partner {rows[partner, 3]}")
        if back == 7:
            pairs.append((node, partner))
    return pairs
