"""What a graph holds, in a few numbers: for each kind how many there are, and a digest of them all.

The digest of a kind is the sum, modulo 2^128, of a hash of each of its elements, so that it does not depend
on the order in which an engine answers (Bellare and Micciancio, "A New Paradigm for Collision-Free Hashing",
1997, call it AdHash). It finds mistakes; it is no defence against somebody who wants a collision.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

from graph.engines.port import EdgeRow, VertexRow

_BYTES: Final = 16
_MODULUS: Final = 1 << (8 * _BYTES)

_canonical: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True)
class Tally:
    """The elements of one kind."""

    count: int = 0
    digest: int = 0

    def plus(self, rows: Iterable[VertexRow | EdgeRow]) -> Tally:
        """With ``rows`` counted in."""
        hashes = [_hash_of(row) for row in rows]
        return Tally(self.count + len(hashes), (self.digest + sum(hashes)) % _MODULUS)

    def as_json(self) -> dict[str, Any]:
        """As it stands in a manifest."""
        return {"count": self.count, "digest": f"{self.digest:0{2 * _BYTES}x}"}


@dataclass
class Census:
    """The elements of a graph, by label; a label that is not there has none."""

    vertices: dict[str, Tally] = field(default_factory=dict)
    edges: dict[str, Tally] = field(default_factory=dict)

    def add(self, rows: list[VertexRow] | list[EdgeRow]) -> None:
        """Count in the rows of one kind."""
        if rows:
            tallies = self.vertices if isinstance(rows[0], VertexRow) else self.edges
            label = rows[0].label
            tallies[label] = tallies.get(label, Tally()).plus(rows)

    @property
    def elements(self) -> int:
        """How many there are of all kinds."""
        return sum(tally.count for tally in (*self.vertices.values(), *self.edges.values()))

    def differences(self, other: Census, *, one: str, another: str) -> list[str]:
        """How the two differ, one line a kind; ``one`` and ``another`` are what they are called."""
        return [
            *_differences("vertices", self.vertices, other.vertices, one, another),
            *_differences("edges", self.edges, other.edges, one, another),
        ]

    def as_json(self) -> dict[str, Any]:
        """As it stands in a manifest."""
        return {
            "vertices": {label: tally.as_json() for label, tally in sorted(self.vertices.items())},
            "edges": {label: tally.as_json() for label, tally in sorted(self.edges.items())},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Census:
        """What :meth:`as_json` gave; KeyError, TypeError or ValueError when it did not."""
        return cls(_tallies(value["vertices"]), _tallies(value["edges"]))


def _tallies(value: Mapping[str, Any]) -> dict[str, Tally]:
    return {label: Tally(int(each["count"]), int(each["digest"], 16)) for label, each in value.items()}


def _hash_of(row: VertexRow | EdgeRow) -> int:
    if isinstance(row, VertexRow):
        element: list[Any] = [row.label, row.id, row.properties]
    else:
        element = [row.label, row.from_id, row.to_id, row.properties]
    return int.from_bytes(blake2b(_canonical(element).encode(), digest_size=_BYTES).digest(), "big")


def _differences(
    what: str, tallies: Mapping[str, Tally], others: Mapping[str, Tally], one: str, another: str
) -> Iterable[str]:
    for label in sorted({*tallies, *others}):
        mine, theirs = tallies.get(label, Tally()), others.get(label, Tally())
        if mine.count != theirs.count:
            yield f"{what} {label}: {one} has {mine.count}, {another} {theirs.count}"
        elif mine != theirs:
            yield f"{what} {label}: {mine.count} in both, and not the same ones"
