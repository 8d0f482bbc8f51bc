"""Published solutions: ``Route #1: 3 1 2`` for each route, and ``Cost 123``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from graph.errors import InvalidInput

ROUTE = re.compile(r"^\s*Route\s*#?\s*\d+\s*:(.*)$", re.IGNORECASE)
COST = re.compile(r"^\s*Cost\s*:?\s*([-+.\deE]+)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class PublishedSolution:
    """Routes of nodes, the first of which is the first vehicle's, and what they are said to cost."""

    routes: tuple[tuple[int, ...], ...]
    cost: float


def read_solution(path: Path) -> PublishedSolution:
    """Read a solution file.

    Raises:
        InvalidInput: a route has something that is no node, or the cost is missing.
    """
    routes, cost = [], None
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if route := ROUTE.match(line):
            routes.append(_nodes(route[1], f"{path}:{number}"))
        elif said := COST.match(line):
            cost = _cost(said[1], f"{path}:{number}")
    if cost is None:
        raise InvalidInput(str(path), "says no cost: it needs a line such as `Cost 27591`")
    return PublishedSolution(tuple(routes), cost)


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        raise InvalidInput(str(path), "is no text file") from None


def _nodes(said: str, place: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in said.split())
    except ValueError:
        raise InvalidInput(place, f"has a route that is not all numbers: {said.strip()!r}") from None


def _cost(said: str, place: str) -> float:
    try:
        return float(said)
    except ValueError:
        raise InvalidInput(place, f"has a cost that is no number: {said!r}") from None
