"""The road network of the demo world: La Serena and Coquimbo, Chile, (c) OpenStreetMap contributors, ODbL.

:mod:`seeds.roads.extract` made the committed file; ``seeds/roads/NOTICE`` has its licence and its making.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal

EXTRACT = Path(__file__).parent / "roads" / "la-serena-coquimbo.json.gz"

Direction = Literal["both", "forward", "backward"]

DEFAULT_SPEED_KPH = {
    "motorway": 60,
    "trunk": 50,
    "primary": 50,
    "secondary": 50,
    "tertiary": 40,
    "unclassified": 40,
    "residential": 30,
    "living_street": 20,
}
"""Where the map has no speed limit (four segments in five, most of them residential). Of motorways and trunk
roads that is mostly ramps; primary and secondary streets have the town's usual limit; in smaller streets
nobody drives as fast as the limit allows."""

ELQUI_BRIDGES = {
    "Puente El Libertador": (23739,),
    "Puente Vicente Zorilla": (34195,),
    "Puente Fiscal": (18487,),
    "Ruta 5 Norte": (15366, 15397),
}
"""All bridges over the Elqui in the extract: name -> the segments on it.

They lead from the centre of La Serena to Las Compañías on the north side; Puente Fiscal only southwards,
Ruta 5 on a carriageway for each way.
"""

ELQUI_BRIDGE_SEGMENTS = ELQUI_BRIDGES["Puente El Libertador"]
"""The bridge to close in a demo: the usual way between the centre and Las Compañías.

Without it everything is still reached (by Ruta 5 northwards, Puente Fiscal southwards, Puente Vicente Zorilla
in the east), but from the centre's square to the nearer part of Las Compañías it takes a quarter more time
and two fifths more metres.
"""


@dataclass(frozen=True, slots=True)
class Junction:
    """Where segments meet; degrees, WGS 84."""

    id: int
    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of street between two junctions, drawn from ``start_id`` to ``end_id``.

    ``direction`` says how it may be driven, seen along that line. ``road_class`` is OpenStreetMap's highway
    class; ``name`` may be empty. ``speed_kph`` is the limit if ``speed_posted``, else the class's default.
    """

    id: int
    start_id: int
    end_id: int
    direction: Direction
    length_m: float
    road_class: str
    name: str
    speed_kph: float
    speed_posted: bool
    line_microdegrees: tuple[tuple[int, int], ...]

    @property
    def line(self) -> tuple[tuple[float, float], ...]:
        """The line as (longitude, latitude) in degrees, both ends included."""
        return tuple((x / 1e6, y / 1e6) for x, y in self.line_microdegrees)


@dataclass(frozen=True)
class RoadExtract:
    """A road network as it was committed; junctions and segments in the order of their ids."""

    attribution: str
    license: str
    junctions: tuple[Junction, ...]
    segments: tuple[Segment, ...]

    @cached_property
    def bounding_box(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the junctions, in degrees."""
        longitudes = [junction.longitude for junction in self.junctions]
        latitudes = [junction.latitude for junction in self.junctions]
        return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def read_road_extract(file: Path = EXTRACT) -> RoadExtract:
    """Read the extract; the committed one takes about 0.2 s."""
    with gzip.open(file, "rt", encoding="utf-8") as packed:
        extract = json.load(packed)
    columns = extract["junctions"]
    ids = list(accumulate(columns["id"]))
    places = list(
        zip(
            accumulate(columns["longitude_microdegrees"]),
            accumulate(columns["latitude_microdegrees"]),
            strict=True,
        )
    )
    return RoadExtract(
        attribution=extract["attribution"],
        license=extract["license"],
        junctions=tuple(Junction(id, x / 1e6, y / 1e6) for id, (x, y) in zip(ids, places, strict=True)),
        segments=tuple(_segments(extract, ids, places)),
    )


def _segments(extract: dict[str, Any], ids: list[int], places: list[tuple[int, int]]) -> Iterator[Segment]:
    classes, names, columns = extract["classes"], extract["names"], extract["segments"]
    for number, start, end, direction, length_cm, road_class, name, posted_kph, bends in zip(
        accumulate(columns["id"]),
        columns["start"],
        columns["end"],
        columns["direction"],
        columns["length_cm"],
        columns["class"],
        columns["name"],
        columns["posted_kph"],
        columns["bends"],
        strict=True,
    ):
        x, y = places[start]
        line = [(x, y)]
        for dx, dy in zip(bends[::2], bends[1::2], strict=True):
            x, y = x + dx, y + dy
            line.append((x, y))
        line.append(places[end])
        yield Segment(
            id=number,
            start_id=ids[start],
            end_id=ids[end],
            direction=direction,
            length_m=length_cm / 100,
            road_class=classes[road_class],
            name=names[name],
            speed_kph=float(posted_kph or DEFAULT_SPEED_KPH[classes[road_class]]),
            speed_posted=posted_kph > 0,
            line_microdegrees=tuple(line),
        )
