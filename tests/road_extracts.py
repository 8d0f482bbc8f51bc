"""The OpenStreetMap extracts that lie beside the project, each read once; tests are skipped without them."""

from __future__ import annotations

from functools import lru_cache

from graph.moving.progress import Silent
from seeds.openstreetmap.loading import read_roads
from seeds.openstreetmap.rows import RoadMap
from tests.shared_data import shared_data

EXTRACTS = ("baltimore", "porto-alegre", "porto")


@lru_cache
def road_map(name: str) -> RoadMap:
    """The streets and turn restrictions of an extract; Porto takes some seconds."""
    return read_roads(shared_data("roads", f"{name}.osm.pbf"), Silent())
