"""Streets, and what keeps vehicles off them."""

from __future__ import annotations

from api.graphql.enumerations import StreetDirection
from api.graphql.loading import Link
from api.graphql.scalars import Instant
from api.graphql.types.node import Node, many, one, vertex_type
from graph.schema import roads


@vertex_type(roads.JUNCTION)
class Junction(Node):
    """A junction."""

    longitude: float
    latitude: float


@vertex_type(roads.ROAD_SEGMENT)
class RoadSegment(Node):
    """A stretch of street."""

    name: str
    road_class: str
    direction: StreetDirection
    length_m: float
    speed_kph: float
    geometry: str
    open: bool
    starts_at: Junction = one(Link(lambda t: t.out("STARTS_AT")))
    ends_at: Junction = one(Link(lambda t: t.out("ENDS_AT")))
    road_events: list[RoadEvent] = many(Link(lambda t: t.in_("AFFECTS"), order_by="since_at"))


@vertex_type(roads.ROAD_EVENT)
class RoadEvent(Node):
    """What keeps vehicles off streets."""

    kind: str
    note: str
    since_at: Instant
    expected_end_at: Instant
    ended_at: Instant | None = None
    segments: list[RoadSegment] = many(Link(lambda t: t.out("AFFECTS"), order_by="name"))
