"""Small maps, written as OpenStreetMap files (XML).

Nodes are letters on squared paper of 100 m: ``a`` to ``z`` stand where a drawing puts them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

SQUARE_DEG = 0.0009
"""About 100 m."""
Members = Sequence[tuple[str, str, int | str]]
"""Role, type (node, way), and a way's number or a node's letter."""
Ways = Mapping[int, tuple[str, Mapping[str, str]]]
"""By number: the letters of the nodes, and the tags."""
Relations = Mapping[int, tuple[Members, Mapping[str, str]]]
"""By number: the members and the tags."""


@dataclass
class DrawnMap:
    """A map: a drawing of nodes, the ways over them, relations, and tags of nodes."""

    drawing: str
    ways: Ways
    """Residential streets unless their tags say otherwise."""
    relations: Relations = field(default_factory=dict)
    """Turn restrictions unless their tags say otherwise."""
    node_tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def write(self, file: Path) -> Path:
        """Write it, and return where it is."""
        file.write_text("\n".join(['<osm version="0.6">', *self._elements(), "</osm>"]), encoding="utf-8")
        return file

    def _elements(self) -> list[str]:
        lines = []
        for row, line in enumerate(self.drawing.splitlines()):
            for column, letter in enumerate(line):
                if letter.isalpha():
                    place = f'lat="{-row * SQUARE_DEG:.7f}" lon="{column * SQUARE_DEG:.7f}"'
                    tags = _tags(self.node_tags.get(letter, {}))
                    lines.append(f'<node id="{node(letter)}" version="1" {place}>{tags}</node>')
        for number, (letters, given) in self.ways.items():
            nodes = "".join(f'<nd ref="{node(letter)}"/>' for letter in letters)
            tags = _tags({"highway": "residential", **given})
            lines.append(f'<way id="{number}" version="1">{nodes}{tags}</way>')
        for number, (members, given) in self.relations.items():
            listed = "".join(
                f'<member type="{kind}" role="{role}" ref="{node(ref) if isinstance(ref, str) else ref}"/>'
                for role, kind, ref in members
            )
            tags = _tags({"type": "restriction", **given})
            lines.append(f'<relation id="{number}" version="1">{listed}{tags}</relation>')
        return lines


def node(letter: str) -> int:
    """The number of a node: ``a`` is 1."""
    return ord(letter) - ord("a") + 1


def turn(start: int, via: str | Sequence[int], end: int) -> Members:
    """The members of a restriction: from a way, via a node or ways, to a way."""
    vias: Members = (
        [("via", "node", via)] if isinstance(via, str) else [("via", "way", number) for number in via]
    )
    return [("from", "way", start), *vias, ("to", "way", end)]


def _tags(tags: Mapping[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
