"""Streets and turn restrictions as rows of the graph, and as the arrays that routes are planned on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from graph.engines.port import EdgeRow, VertexRow
from graph.errors import InvalidInput
from graph.schema import ids
from graph.schema.elements import PropertyValue
from optimizer.errors import InvalidNetwork
from optimizer.roads.network import JunctionRow, RestrictionRow, RoadNetwork, SegmentRow
from seeds.openstreetmap.streets import Junction, Segment, Streets
from seeds.openstreetmap.turn_restrictions import Restrictions, TurnRestriction

ATTRIBUTION: Final = "(c) OpenStreetMap contributors, ODbL 1.0"


@dataclass(frozen=True)
class RoadMap:
    """Everything that an import brings: the streets of an extract and how one may turn on them."""

    streets: Streets
    restrictions: Restrictions


class NetworkRows(NamedTuple):
    """What :meth:`RoadNetwork.from_rows` takes."""

    junctions: list[JunctionRow]
    segments: list[SegmentRow]
    restrictions: list[RestrictionRow]


def road_network(roads: RoadMap) -> RoadNetwork:
    """The arrays, as they are also loaded from the graph; :class:`InvalidInput` names what cannot be."""
    try:
        return RoadNetwork.from_rows(*network_rows(roads))
    except InvalidNetwork as error:
        raise InvalidInput(error.field, error.message) from None


def network_rows(roads: RoadMap) -> NetworkRows:
    """The rows that the arrays are made of."""
    return NetworkRows(
        [_junction_row(junction) for junction in roads.streets.junctions],
        [_segment_row(segment) for segment in roads.streets.segments],
        [_restriction_row(turn) for turn in roads.restrictions.turns],
    )


def vertex_rows(roads: RoadMap) -> Iterator[VertexRow]:
    """Junctions, segments (all of them open) and turn restrictions, each kind together."""
    for junction in roads.streets.junctions:
        longitude, latitude = junction.place
        values: dict[str, PropertyValue] = {"longitude": longitude / 1e6, "latitude": latitude / 1e6}
        yield VertexRow("Junction", junction_id(junction.number), values)
    for segment in roads.streets.segments:
        yield VertexRow("RoadSegment", segment_id(segment), _segment_values(segment))
    for turn in roads.restrictions.turns:
        yield VertexRow("TurnRestriction", restriction_id(turn), _restriction_values(turn))


def edge_rows(roads: RoadMap) -> Iterator[EdgeRow]:
    """Where segments begin and end, and what the turns lead over, each kind together."""
    for segment in roads.streets.segments:
        yield EdgeRow("STARTS_AT", segment_id(segment), junction_id(segment.start))
    for segment in roads.streets.segments:
        yield EdgeRow("ENDS_AT", segment_id(segment), junction_id(segment.end))
    turns = roads.restrictions.turns
    for turn in turns:
        yield EdgeRow("FROM", restriction_id(turn), segment_id(turn.start.segment))
    for turn in turns:
        for sequence, via in enumerate(_via_ids(turn), start=1):
            yield EdgeRow("VIA", restriction_id(turn), via, {"sequence": sequence})
    for turn in turns:
        yield EdgeRow("TO", restriction_id(turn), segment_id(turn.end.segment))


def network_id(name: str) -> str:
    """``road-network/porto``."""
    return ids.make("road-network", name)


def junction_id(number: str) -> str:
    """``junction/4711``, by the node's number."""
    return ids.make("junction", number)


def segment_id(segment: Segment) -> str:
    """``road-segment/4711.2``: the second part of a way."""
    return ids.make("road-segment", segment.number)


def restriction_id(turn: TurnRestriction) -> str:
    """``turn-restriction/4711``, by the relation's number."""
    return ids.make("turn-restriction", turn.number)


def _segment_values(segment: Segment) -> dict[str, PropertyValue]:
    road = segment.road
    return {
        "name": road.name,
        "road_class": road.road_class,
        "direction": segment.direction,
        "length_m": segment.length_m,
        "speed_kph": road.speed_kph,
        "geometry": " ".join(f"{x},{y}" for x, y in segment.line),
        "open": True,
        "max_height_cm": segment.max_height_cm or 0,
        "max_weight_kg": segment.max_weight_kg or 0,
        "hgv": road.hgv,
    }


def _restriction_values(turn: TurnRestriction) -> dict[str, PropertyValue]:
    return {
        "kind": turn.kind,
        "sign": turn.sign,
        "from_forward": turn.start.forward,
        "to_forward": turn.end.forward,
    }


def _via_ids(turn: TurnRestriction) -> list[str]:
    if turn.via_segments:
        return [segment_id(drive.segment) for drive in turn.via_segments]
    return [junction_id(turn.via)]


def _junction_row(junction: Junction) -> JunctionRow:
    longitude, latitude = junction.place
    return JunctionRow(junction_id(junction.number), longitude / 1e6, latitude / 1e6)


def _segment_row(segment: Segment) -> SegmentRow:
    road = segment.road
    return SegmentRow(
        id=segment_id(segment),
        from_junction=junction_id(segment.start),
        to_junction=junction_id(segment.end),
        length_m=segment.length_m,
        speed_kph=road.speed_kph,
        direction=segment.direction,
        geometry=[(x / 1e6, y / 1e6) for x, y in segment.line],
        road_class=road.road_class,
        max_height_cm=segment.max_height_cm,
        max_weight_kg=segment.max_weight_kg,
        hgv=road.hgv,
    )


def _restriction_row(turn: TurnRestriction) -> RestrictionRow:
    via = _via_ids(turn)
    return RestrictionRow(
        id=restriction_id(turn),
        kind=turn.kind,
        from_segment=segment_id(turn.start.segment),
        to_segment=segment_id(turn.end.segment),
        via_junction=None if turn.via_segments else via[0],
        via_segments=tuple(via) if turn.via_segments else (),
        from_forward=turn.start.forward,
        to_forward=turn.end.forward,
    )
