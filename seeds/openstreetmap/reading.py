"""Reading OpenStreetMap files (PBF, XML, compressed or not, O5M) with pyosmium."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Final, Literal, cast

import osmium
from osmium.filter import IdFilter, KeyFilter, TagFilter
from osmium.osm import NODE, RELATION, WAY

from graph.errors import InvalidInput
from graph.moving.progress import Progress
from seeds.openstreetmap.access import road_class
from seeds.openstreetmap.elements import MapExtract, Member, Microdegrees, Relation, Tags, Way

TOLD_EVERY: Final = 2_000
"""How many elements are read between two moves of the progress bar."""

OBSTACLES: Final = frozenset({"barrier", "maxheight", "maxweight"})
"""Keys of nodes that may stand in the way."""

NAMES: Final = "*.osm.pbf, *.osm, *.osm.gz, *.osm.bz2 or *.o5m"
_CUT_SHORT: Final = (
    "eof",
    "no element found",
    "unclosed token",
    "unexpected end",
    "read close failed",
    "read failed",
    "zlib",
    "bzip2",
)
"""What the reader says of a file that ends too soon."""


def read_extract(file: Path, progress: Progress) -> MapExtract:
    """What ``file`` says about roads.

    :class:`InvalidInput` for a file that is no OpenStreetMap file, is cut short, empty or without roads.
    """
    with _told(file):
        ways, relations = _ways_and_relations(file, progress)
        if not ways:
            raise InvalidInput(
                str(file),
                "has no roads (ways tagged highway=residential and the like); choose another extract",
            )
        places, node_tags = _nodes(file, ways, progress)
    if not places:
        raise InvalidInput(
            str(file), "has roads but none of the nodes they lead over; make the extract anew, with nodes"
        )
    return MapExtract(ways, relations, places, node_tags)


def _ways_and_relations(file: Path, progress: Progress) -> tuple[tuple[Way, ...], tuple[Relation, ...]]:
    ways: dict[int, Way] = {}
    relations: dict[int, Relation] = {}
    progress.begin("reading roads", None)
    roads, restrictions = KeyFilter("highway"), TagFilter(("type", "restriction"))
    roads.enable_for(WAY)
    restrictions.enable_for(RELATION)
    reader = osmium.FileProcessor(_opened(file), WAY | RELATION)
    reader.with_filter(roads).with_filter(restrictions)
    number = 0
    for number, element in enumerate(reader, start=1):
        if isinstance(element, osmium.osm.Way):
            tags = _tags(element.tags)
            if road_class(tags) is not None:
                nodes = tuple(node.ref for node in element.nodes)
                ways[element.id] = Way(element.id, nodes, tags)
        elif isinstance(element, osmium.osm.Relation):
            members = tuple(
                Member(one.role, cast(Literal["n", "w", "r"], one.type), one.ref) for one in element.members
            )
            relations[element.id] = Relation(element.id, members, _tags(element.tags))
        if number % TOLD_EVERY == 0:
            progress.advance(TOLD_EVERY)
    progress.advance(number % TOLD_EVERY)
    return (
        tuple(way for _, way in sorted(ways.items())),
        tuple(relation for _, relation in sorted(relations.items())),
    )


def _nodes(
    file: Path, ways: tuple[Way, ...], progress: Progress
) -> tuple[dict[int, Microdegrees], dict[int, Tags]]:
    """The places of the nodes of ``ways``, and the tags of those that may stand in the way."""
    wanted = set(chain.from_iterable(way.nodes for way in ways))
    progress.begin("reading places", len(wanted))
    reader = osmium.FileProcessor(_opened(file), NODE).with_filter(IdFilter(wanted))
    places: dict[int, Microdegrees] = {}
    node_tags: dict[int, Tags] = {}
    number = 0
    for number, node in enumerate(reader, start=1):
        assert isinstance(node, osmium.osm.Node)
        place = node.location
        if place.valid():
            places[node.id] = round(place.x / 10), round(place.y / 10)
        if len(node.tags) and OBSTACLES & (tags := _tags(node.tags)).keys():
            node_tags[node.id] = tags
        if number % TOLD_EVERY == 0:
            progress.advance(TOLD_EVERY)
    progress.advance(number % TOLD_EVERY)
    return places, node_tags


def _opened(file: Path) -> osmium.io.File:
    opened = osmium.io.File(str(file))
    if opened.has_multiple_object_versions:
        raise InvalidInput(
            str(file), "is a file of changes or of history; import an extract of the map as it is"
        )
    return opened


def _tags(tags: osmium.osm.TagList) -> Tags:
    return {tag.k: tag.v for tag in tags}


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """What the reader raises, as an error that says what is wrong with the file and what to do."""
    if file.stat().st_size == 0:
        raise InvalidInput(str(file), "is empty; download or make the extract again")
    try:
        yield
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        raise InvalidInput(str(file), _said(str(error))) from error


def _said(error: str) -> str:
    if "file format" in error:
        return f"is not named as an OpenStreetMap file; its name has to end as {NAMES}"
    if any(sign in error.lower() for sign in _CUT_SHORT):
        return f"is cut short ({error}); download or make the extract again"
    return f"is no OpenStreetMap file, or is damaged ({error}); download or make the extract again"
