"""What is taken from an OpenStreetMap file: ways, the nodes they lead over, and turn restrictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Tags = Mapping[str, str]

Microdegrees = tuple[int, int]
"""A place: longitude, latitude (about 0.1 m exact)."""


@dataclass(frozen=True, slots=True)
class Way:
    """A line over nodes, in the order in which it is drawn."""

    id: int
    nodes: tuple[int, ...]
    tags: Tags


@dataclass(frozen=True, slots=True)
class Member:
    """What a relation is about, and as what."""

    role: str
    type: Literal["n", "w", "r"]
    ref: int


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation of the type restriction."""

    id: int
    members: tuple[Member, ...]
    tags: Tags


@dataclass(frozen=True)
class MapExtract:
    """What a file says about roads.

    ``ways`` has those with a ``highway`` tag; ``places`` the places of their nodes, without those that the
    extract cut off; ``node_tags`` the tags of nodes that may stand in the way.
    """

    ways: tuple[Way, ...]
    relations: tuple[Relation, ...]
    places: Mapping[int, Microdegrees]
    node_tags: Mapping[int, Tags]
