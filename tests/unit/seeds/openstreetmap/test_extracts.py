"""What is read from whole cities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import InvalidInput
from graph.moving.progress import Silent
from seeds.openstreetmap.connectivity import connectivity
from seeds.openstreetmap.loading import read_roads
from seeds.openstreetmap.rows import road_network
from seeds.openstreetmap.turn_restrictions import Skipped
from tests.road_extracts import road_map
from tests.shared_data import shared_data


@pytest.mark.parametrize(
    ("name", "segments", "km", "turns", "connected"),
    [
        ("baltimore", 8_087, 651, 3, 0.96),
        ("porto-alegre", 19_471, 1_662, 0, 0.98),
        ("porto", 83_746, 9_364, 330, 0.99),
    ],
)
def test_a_city_is_read_whole_and_hangs_together(
    name: str, segments: int, km: int, turns: int, connected: float
) -> None:
    roads = road_map(name)
    assert len(roads.streets.segments) == segments
    assert round(sum(segment.length_m for segment in roads.streets.segments) / 1000) == km
    assert len(roads.restrictions.turns) == turns
    network = road_network(roads)
    found = connectivity(network)
    assert found.connected / segments > connected
    assert found.connected + sum(len(part.segments) for part in found.parts) == segments
    assert np.isfinite(network.segment_length_m).all()


def test_no_turn_of_porto_is_lost_without_a_reason() -> None:
    """Of 357 relations 14 name no from or no to, 7 are about footpaths, 6 do not meet."""
    skipped = road_map("porto").restrictions.skipped
    assert skipped == {Skipped.INCOMPLETE: 14, Skipped.NOT_DRIVEN: 7, Skipped.APART: 6}
    turns = road_map("porto").restrictions.turns
    assert sum(turn.sign == "no_u_turn" for turn in turns) == 27
    assert [turn.sign for turn in turns if turn.via_segments] == ["no_u_turn"]


@settings(max_examples=12)
@given(part=st.floats(0, 1, exclude_max=True))
def test_a_city_that_is_cut_short_anywhere_is_refused(
    part: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = shared_data("roads", "baltimore.osm.pbf").read_bytes()
    file = tmp_path_factory.mktemp("cut") / "baltimore.osm.pbf"
    file.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(InvalidInput, match=r"is cut short|is empty|has no roads|is no OpenStreetMap file"):
        read_roads(file, Silent())
