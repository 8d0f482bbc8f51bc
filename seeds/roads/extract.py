"""Make the committed road extract: ``python -m seeds.roads.extract WHEEL_OR_ZIP [TARGET]``.

The source is the example project of La Serena and Coquimbo that the PyPI package aequilibrae carries (see
NOTICE): a SpatiaLite database, read here with sqlite3 alone. What is written holds columns rather than rows,
whole numbers rather than fractions, and differences rather than values, so that it compresses well; the same
source gives the same content. :mod:`seeds.road_network` reads it back.
"""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import struct
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("la-serena-coquimbo.json.gz")
PROJECT = "aequilibrae/reference_files/coquimbo.zip"
DATABASE = "project_database.sqlite"

DIRECTIONS = {0: "both", 1: "forward", -1: "backward"}

JUNCTIONS = "SELECT node_id, geometry FROM nodes ORDER BY node_id"
STREETS = """
    SELECT link_id, a_node, b_node, direction, distance, link_type, name, speed_ab, speed_ba, geometry
    FROM links WHERE link_type <> 'centroid_connector' ORDER BY link_id
"""
"""A centroid connector is no street: it ties the middle of a traffic zone to the network."""

Point = tuple[int, int]
"""Longitude and latitude in microdegrees."""


def main(arguments: list[str]) -> None:
    """Write the extract, and say what is in it."""
    if not 1 <= len(arguments) <= 2:
        sys.exit("usage: python -m seeds.roads.extract WHEEL_OR_ZIP [TARGET]")
    target = Path(arguments[1]) if len(arguments) == 2 else TARGET
    extract = read_archive(Path(arguments[0]))
    size = write_extract(extract, target)
    junctions, segments = (len(extract[rows]["id"]) for rows in ("junctions", "segments"))
    print(f"{target}: {junctions:,} junctions, {segments:,} segments, {size:,} bytes")


def read_archive(archive: Path) -> dict[str, Any]:
    """The extract of a wheel of aequilibrae, or of the ``coquimbo.zip`` inside it."""
    with zipfile.ZipFile(archive) as outer:
        if PROJECT in outer.namelist():
            with zipfile.ZipFile(io.BytesIO(outer.read(PROJECT))) as inner:
                database = inner.read(DATABASE)
        else:
            database = outer.read(DATABASE)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, DATABASE)
        file.write_bytes(database)
        connection = sqlite3.connect(file)
        try:
            return read_database(connection)
        finally:
            connection.close()


def read_database(connection: sqlite3.Connection) -> dict[str, Any]:
    """The extract of an aequilibrae project's ``nodes`` and ``links``."""
    streets = connection.execute(STREETS).fetchall()
    met = {junction for street in streets for junction in street[1:3]}
    places = {node: read_point(blob) for node, blob in connection.execute(JUNCTIONS) if node in met}
    rows = {node: row for row, node in enumerate(places)}
    classes = sorted({street[5] for street in streets})
    names = sorted({street[6] or "" for street in streets})
    class_rows = {road_class: row for row, road_class in enumerate(classes)}
    name_rows = {name: row for row, name in enumerate(names)}

    segments: dict[str, list[Any]] = {
        column: []
        for column in ("id", "start", "end", "direction", "length_cm", "class", "name", "posted_kph", "bends")
    }
    for number, start, end, direction, length_m, road_class, name, speed_ab, speed_ba, blob in streets:
        line = read_linestring(blob)
        if line[0] != places[start] or line[-1] != places[end]:
            raise ValueError(f"link {number}: its line does not lead from its a_node to its b_node")
        segments["id"].append(number)
        segments["start"].append(rows[start])
        segments["end"].append(rows[end])
        segments["direction"].append(DIRECTIONS[direction])
        segments["length_cm"].append(round(length_m * 100))
        segments["class"].append(class_rows[road_class])
        segments["name"].append(name_rows[name or ""])
        segments["posted_kph"].append(speed_ab or speed_ba or 0)
        segments["bends"].append(
            [step for (x, y), (to_x, to_y) in pairwise(line[:-1]) for step in (to_x - x, to_y - y)]
        )
    segments["id"] = differences(segments["id"])
    return {
        "attribution": "(c) OpenStreetMap contributors",
        "license": "ODbL-1.0",
        "classes": classes,
        "names": names,
        "junctions": {
            "id": differences(places),
            "longitude_microdegrees": differences(x for x, _ in places.values()),
            "latitude_microdegrees": differences(y for _, y in places.values()),
        },
        "segments": segments,
    }


def write_extract(extract: dict[str, Any], target: Path) -> int:
    """Write the extract, compressed, without time or file name, and return its size in bytes."""
    text = json.dumps(extract, ensure_ascii=False, separators=(",", ":"))
    with (
        target.open("wb") as file,
        gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=9, mtime=0) as packed,
    ):
        packed.write(text.encode())
    return target.stat().st_size


def differences(values: Iterable[int]) -> list[int]:
    """The first value, then each one's difference from the one before."""
    before, steps = 0, []
    for value in values:
        steps.append(value - before)
        before = value
    return steps


# SpatiaLite's geometry: 00, byte order, SRID (4 bytes), bounding box (4 doubles), 7C, class (4 bytes), then
# the coordinates, closed by FE. Only what the source holds is read: little-endian, WGS 84, points and lines.
_HEADER = struct.Struct("<BBi32xBi")
POINT = 1
LINESTRING = 2


def read_point(blob: bytes) -> Point:
    """The place of a SpatiaLite POINT."""
    _check(blob, POINT)
    return _points(blob, _HEADER.size, 1)[0]


def read_linestring(blob: bytes) -> list[Point]:
    """The points of a SpatiaLite LINESTRING."""
    _check(blob, LINESTRING)
    (count,) = struct.unpack_from("<i", blob, _HEADER.size)
    return _points(blob, _HEADER.size + 4, count)


def _check(blob: bytes, geometry_class: int) -> None:
    header = _HEADER.unpack_from(blob) if len(blob) > _HEADER.size else ()
    if header != (0x00, 0x01, 4326, 0x7C, geometry_class) or blob[-1] != 0xFE:
        raise ValueError(f"not a little-endian WGS 84 SpatiaLite geometry of class {geometry_class}")


def _points(blob: bytes, offset: int, count: int) -> list[Point]:
    numbers = struct.unpack_from(f"<{2 * count}d", blob, offset)
    micro = [round(number * 1_000_000) for number in numbers]
    return list(zip(micro[::2], micro[1::2], strict=True))


if __name__ == "__main__":
    main(sys.argv[1:])
