"""Reads a file in whichever of the formats it is, under the rounding its published figures use."""

from __future__ import annotations

from pathlib import Path

from graph.errors import InvalidInput
from optimizer.routing.evaluation import evaluate_plan
from seeds.instances.instance import Instance
from seeds.instances.li_lim import is_li_lim, read_li_lim
from seeds.instances.rounding import Rounding
from seeds.instances.solomon import is_solomon, read_solomon
from seeds.instances.solution_file import PublishedSolution
from seeds.instances.vrplib_file import is_vrplib, read_vrplib

CUSTOM = {
    "CVRP": Rounding.ROUND,
    "VRPB": Rounding.ROUND,
    "HFVRP": Rounding.EXACT,
    "MDVRPTW": Rounding.EXACT,
}
"""The rounding that figures of a VRPLIB type are published in; the others' is dimacs."""

FORMATS = ((is_vrplib, read_vrplib), (is_solomon, read_solomon), (is_li_lim, read_li_lim))


def read_instance(path: Path, rounding: Rounding | None = None) -> Instance:
    """Read an instance; without a rounding, under the one customary for its format and type.

    Raises:
        InvalidInput: the file is in none of the formats, or not well-formed in its own.
    """
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        raise InvalidInput(str(path), "is no text file: give a VRPLIB, Solomon or Li-Lim file") from None
    for is_it, read in FORMATS:
        if is_it(text):
            return read(text, path, rounding or customary_rounding(text))
    raise InvalidInput(str(path), "is no instance: give a VRPLIB, Solomon or Li-Lim file")


def customary_rounding(text: str) -> Rounding:
    """The rounding in which figures for this kind of instance are published."""
    if is_li_lim(text):
        return Rounding.NONE
    for line in text.splitlines()[:20]:
        key, _, value = line.partition(":")
        if key.strip() == "TYPE":
            return CUSTOM.get(value.strip().upper(), Rounding.DIMACS)
    return Rounding.DIMACS


def published_scale(instance: Instance, published: PublishedSolution) -> int | None:
    """How many of the problem's units are one of the published cost's; None if neither way they agree.

    Some files give the cost in the instance's units, others in the rounding's: the routes tell.
    """
    cost = instance.cost(evaluate_plan(instance.problem, instance.planned(published.routes)))
    for scale in (1, instance.scale):
        tolerance = 0.0005 if instance.rounding is Rounding.NONE and scale > 1 else 1e-6
        if abs(cost / scale - published.cost) <= tolerance * max(1.0, abs(published.cost)):
            return scale
    return None
