"""What the tags of roads say: how fast, by whom, in which direction, how high and how heavy."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seeds.openstreetmap.access import bars_the_way, may_deliver, may_drive_heavy, road_class
from seeds.openstreetmap.limits import height_cm, max_height_cm, max_weight_kg, weight_kg
from seeds.openstreetmap.one_way import driven_ways
from seeds.openstreetmap.speeds import USUAL_KPH, free_flow_kph, limit_kph
from seeds.openstreetmap.streets import read_road
from seeds.openstreetmap.turn_restrictions import sign_of


@pytest.mark.parametrize(
    ("posted", "kph"),
    [
        ("50", 50.0),
        ("50 km/h", 50.0),
        ("30 mph", 48.28032),
        ("30mph", 48.28032),
        ("10 knots", 18.52),
        ("80; 50", 50.0),
        ("120|100|60", 60.0),
        ("none", 130.0),
        ("walk", 7.0),
        ("BR:urban", 50.0),
        ("DE:rural", 80.0),
        ("DE:zone:30", 30.0),
        ("signals", None),
        ("variable", None),
        ("", None),
        ("0", None),
        ("-30", None),
        ("fast", None),
        ("30 leagues", None),
    ],
)
def test_a_speed_limit(posted: str, kph: float | None) -> None:
    assert limit_kph(posted) == (kph if kph is None else pytest.approx(kph))


@pytest.mark.parametrize(
    ("of_class", "tags", "kph"),
    [
        ("residential", {}, USUAL_KPH["residential"]),
        ("residential", {"maxspeed": "50"}, 50.0),
        ("residential", {"maxspeed": "signals"}, USUAL_KPH["residential"]),
        ("motorway", {"maxspeed": "none"}, 130.0),
        ("service", {"maxspeed": "50"}, USUAL_KPH["service"]),
        ("service", {"maxspeed": "5"}, 5.0),
        ("service", {"service": "parking_aisle"}, 10.0),
        ("secondary", {"maxspeed": "60", "maxspeed:backward": "40"}, 40.0),
        ("secondary", {"maxspeed": "60", "maxspeed:forward": "40"}, 40.0),
        ("secondary", {"maxspeed:type": "BR:urban"}, 50.0),
    ],
)
def test_the_speed_of_a_two_way_road_is_its_slower_limit(
    of_class: str, tags: dict[str, str], kph: float
) -> None:
    assert free_flow_kph(of_class, tags, forward=True, backward=True) == kph


def test_a_one_way_road_has_the_limit_of_its_direction() -> None:
    tags = {"maxspeed:forward": "60", "maxspeed:backward": "40"}
    assert free_flow_kph("primary", tags, forward=True, backward=False) == 60.0
    assert free_flow_kph("primary", tags, forward=False, backward=True) == 40.0


@pytest.mark.parametrize(
    ("tags", "of_class"),
    [
        ({"highway": "primary_link"}, "primary_link"),
        ({"highway": "unclassified;tertiary"}, "unclassified"),
        ({"highway": "footway"}, None),
        ({"highway": "construction"}, None),
        ({"highway": "service", "area": "yes"}, None),
        ({"building": "yes"}, None),
    ],
)
def test_which_ways_are_roads(tags: dict[str, str], of_class: str | None) -> None:
    assert road_class(tags) == of_class


@pytest.mark.parametrize(
    ("of_class", "tags", "allowed"),
    [
        ("residential", {}, True),
        ("residential", {"access": "private"}, False),
        ("residential", {"access": "destination"}, True),
        ("residential", {"access": "no", "motor_vehicle": "delivery"}, True),
        ("residential", {"motor_vehicle": "yes", "goods": "no"}, False),
        ("residential", {"access": "nonsense"}, True),
        ("residential", {"vehicle": "no", "bicycle": "yes"}, False),
        ("residential", {"access": "yes", "access:conditional": "no @ (Su)"}, True),
        ("service", {"access": "no", "psv": "yes"}, False),
        ("service", {"service": "emergency_access"}, False),
        ("pedestrian", {}, False),
        ("pedestrian", {"access": "yes"}, False),
        ("pedestrian", {"motor_vehicle": "delivery"}, True),
        ("track", {}, False),
        ("track", {"motor_vehicle": "permissive"}, True),
    ],
)
def test_which_roads_a_delivery_van_may_drive(of_class: str, tags: dict[str, str], allowed: bool) -> None:
    assert may_deliver(of_class, tags) is allowed


@pytest.mark.parametrize(
    ("tags", "allowed"),
    [({}, True), ({"hgv": "no"}, False), ({"hgv": "delivery"}, True), ({"access": "no", "hgv": "yes"}, True)],
)
def test_which_roads_a_heavy_vehicle_may_drive(tags: dict[str, str], allowed: bool) -> None:
    assert may_drive_heavy(tags) is allowed


@pytest.mark.parametrize(
    ("of_class", "tags", "ways"),
    [
        ("primary", {}, (True, True)),
        ("primary", {"oneway": "yes"}, (True, False)),
        ("primary", {"oneway": "-1"}, (False, True)),
        ("primary", {"oneway": "reversible"}, (False, False)),
        ("primary", {"oneway": "yes", "oneway:motor_vehicle": "no"}, (True, True)),
        ("primary", {"oneway:bicycle": "yes"}, (True, True)),
        ("primary", {"junction": "roundabout"}, (True, False)),
        ("motorway", {}, (True, False)),
        ("motorway", {"oneway": "no"}, (True, True)),
        ("primary", {"motor_vehicle:backward": "no"}, (True, False)),
        ("primary", {"access": "no", "motor_vehicle:forward": "yes"}, (True, False)),
        ("primary", {"oneway": "yes", "vehicle:forward": "private"}, (False, False)),
    ],
)
def test_in_which_directions_a_road_is_driven(
    of_class: str, tags: dict[str, str], ways: tuple[bool, bool]
) -> None:
    assert driven_ways(of_class, tags) == ways


@pytest.mark.parametrize(
    ("tags", "bars"),
    [
        ({}, False),
        ({"barrier": "bollard"}, True),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, False),
        ({"barrier": "gate"}, False),
        ({"barrier": "gate", "access": "private"}, True),
        ({"barrier": "toll_booth"}, False),
        ({"barrier": "block"}, True),
    ],
)
def test_what_stands_in_the_way(tags: dict[str, str], bars: bool) -> None:
    assert bars_the_way(tags) is bars


@pytest.mark.parametrize(
    ("text", "cm"),
    [("3.5", 350), ("3,5 m", 350), ("3.3", 330), ("320 cm", 320), ("13'8\"", 416), ("12 ft", 365)],
)
def test_a_height(text: str, cm: int) -> None:
    assert max_height_cm({"maxheight": text}) == cm


@pytest.mark.parametrize(
    ("text", "kg"), [("7.5", 7500), ("3,5 t", 3500), ("10 st", 9071), ("8000 lbs", 3628), ("900 kg", 900)]
)
def test_a_weight(text: str, kg: int) -> None:
    assert max_weight_kg({"maxweight": text}) == kg


def test_the_lowest_of_several_limits_counts_and_words_are_none() -> None:
    assert max_weight_kg({"maxweight": "10", "maxweightrating": "7.5"}) == 7500
    assert max_height_cm({"maxheight": "default", "maxheight:physical": "4"}) == 400
    assert max_height_cm({"maxheight": "none"}) is None


@pytest.mark.parametrize(
    ("tags", "sign"),
    [
        ({"restriction": "no_left_turn"}, "no_left_turn"),
        ({"restriction": "no_left_turn", "except": "psv;bicycle"}, "no_left_turn"),
        ({"restriction": "no_left_turn", "except": "psv; motor_vehicle"}, None),
        ({"restriction": "no_left_turn", "except": "goods"}, None),
        ({"restriction:hgv": "no_left_turn"}, None),
        ({"restriction:motorcar": "only_right_turn"}, "only_right_turn"),
        ({"restriction:conditional": "no_u_turn @ (Mo-Fr 07:00-09:00)"}, "no_u_turn"),
        ({"restriction:conditional": "no_u_turn @ (weight>7.5)"}, None),
        ({}, None),
    ],
)
def test_the_sign_that_a_delivery_van_sees(tags: dict[str, str], sign: str | None) -> None:
    assert sign_of(tags) == sign


VALUES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["yes", "no", "-1", "private", "50 mph", "3.5 t", "destination", "DE:urban", "9" * 400]),
)
KEYS = st.sampled_from(
    [
        *("highway", "service", "area", "junction", "name", "ref", "oneway", "oneway:motor_vehicle"),
        *("access", "vehicle", "motor_vehicle", "motor_vehicle:forward", "goods", "hgv"),
        *("maxspeed", "maxspeed:forward", "maxheight", "maxweight"),
    ]
)


@given(st.dictionaries(KEYS, VALUES, max_size=8), st.sampled_from(sorted(USUAL_KPH)))
def test_no_tags_make_a_road_that_cannot_be(tags: dict[str, str], highway: str) -> None:
    """Mappers write what they like."""
    road = read_road({"highway": highway, **tags})
    if road is not None:
        assert road.forward or road.backward
        assert 0 < road.speed_kph <= 150
        for limit in (road.max_height_cm, road.max_weight_kg):
            assert limit is None or limit > 0


@given(st.text(max_size=20))
@example("9" * 400)
def test_no_amount_is_anything_but_a_finite_number_or_none(text: str) -> None:
    for read in (limit_kph, height_cm, weight_kg):
        amount = read(text)
        assert amount is None or (math.isfinite(amount) and amount >= 0)
