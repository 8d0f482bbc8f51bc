"""Solomon's format for routing with time windows, also Gehring and Homberger's: one fleet, one depot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from graph.errors import InvalidInput
from optimizer.routing.model import Depot, RoutingProblem, Shipment, Visit
from seeds.instances.instance import Instance, euclidean, same_travel, stop, uniform_fleet
from seeds.instances.rounding import UNITS, Rounding

COLUMNS = ("number", "x", "y", "demand", "ready time", "due date", "service time")


def is_solomon(text: str) -> bool:
    """Whether this looks like a file of the format."""
    head = text[:500].upper()
    return "VEHICLE" in head and "CUSTOMER" in head and "CAPACITY" in head and "SECTION" not in head


def read_solomon(text: str, path: Path, rounding: Rounding) -> Instance:
    """Read the text of a file; distance is what is minimized.

    Raises:
        InvalidInput: it is not in the format; the message says where.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fleet, first = _fleet(lines, path)
    rows = number_rows(lines[first:], COLUMNS, path)
    if len(rows) < 1 or not np.array_equal(rows[:, 0], np.arange(len(rows))):
        raise InvalidInput(f"{path}: CUST NO.", "must count up from 0, the depot")
    units = UNITS[rounding]
    times = units.whole(rows[:, 4:7])
    shipments = tuple(
        Shipment(
            id=str(node),
            load=(int(rows[node, 3]),),
            delivery=stop(node, times[node]),
        )
        for node in range(1, len(rows))
    )
    return Instance(
        name=lines[0],
        rounding=rounding,
        problem=RoutingProblem(
            dimensions=("demand",),
            depots=(Depot("0", 0),),
            vehicles=uniform_fleet(*fleet, times[0]),
            shipments=shipments,
            travel=(same_travel(units.whole(euclidean(rows[:, 1:3]))),),
        ),
        visit_of={node: Visit(delivery=node - 1) for node in range(1, len(rows))},
        coordinates=rows[:, 1:3],
    )


def number_rows(lines: list[str], columns: tuple[str, ...], path: Path) -> NDArray[np.float64]:
    """Rows of finite numbers, one for each column."""
    rows = [line.split() for line in lines]
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(columns):
            raise InvalidInput(f"{path}: {line!r}", f"must have {len(columns)} numbers: {', '.join(columns)}")
    try:
        numbers = np.array(rows, dtype=np.float64).reshape(len(rows), len(columns))
    except ValueError as error:
        raise InvalidInput(str(path), f"has a row that is not all numbers: {error}") from None
    if not np.isfinite(numbers).all():
        wrong = int(np.argwhere(~np.isfinite(numbers))[0, 0])
        raise InvalidInput(f"{path}: {lines[wrong]!r}", "has a number that is not finite")
    return numbers


def _fleet(lines: list[str], path: Path) -> tuple[tuple[int, int], int]:
    """The vehicles' number and capacity, and the line of the first customer."""
    upper = [line.upper() for line in lines]
    try:
        number, capacity = lines[next(i for i, line in enumerate(upper) if "CAPACITY" in line) + 1].split()
        first = next(i for i, line in enumerate(upper) if line.startswith("CUST") and "DUE" in line) + 1
        return (int(number), int(capacity)), first
    except (StopIteration, ValueError, IndexError):
        raise InvalidInput(str(path), "has no line with the number and capacity of vehicles") from None
