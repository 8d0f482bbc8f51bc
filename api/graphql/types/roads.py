"""Streets, and what keeps vehicles off them."""

from __future__ import annotations

from gremlin_python.process.graph_traversal import __

from api.graphql.enumerations import StreetDirection
from api.graphql.loading import EdgeLink, Link
from api.graphql.scalars import Instant
from api.graphql.types.node import Node, Tie, many, one, tie_type, ties, vertex_type
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
    max_height_cm: int | None = None
    max_weight_kg: int | None = None
    hgv: bool | None = None
    starts_at: Junction = one(Link(lambda t: t.out("STARTS_AT")))
    ends_at: Junction = one(Link(lambda t: t.out("ENDS_AT")))
    turn_restrictions: list[TurnRestriction] = many(Link(lambda t: t.in_("FROM"), order_by="sign"))
    road_events: list[RoadEvent] = many(Link(lambda t: t.in_("AFFECTS"), order_by="since_at"))


@tie_type(roads.VIA)
class ViaSegment(Tie):
    """A segment that a turn leads over."""

    sequence: int
    segment: RoadSegment


@vertex_type(roads.TURN_RESTRICTION)
class TurnRestriction(Node):
    """What bans or commands a turn."""

    kind: str
    sign: str
    from_forward: bool
    to_forward: bool
    from_segment: RoadSegment = one(Link(lambda t: t.out("FROM")))
    via_junction: Junction | None = one(Link(lambda t: t.out("VIA").has_label("Junction")))
    via_segments: list[ViaSegment] = ties(
        EdgeLink(lambda t: t.out_e("VIA").where(__.in_v().has_label("RoadSegment"))),
        lambda _turn, edge, segment: ViaSegment.of(edge, segment=segment),
    )
    to_segment: RoadSegment = one(Link(lambda t: t.out("TO")))


@vertex_type(roads.ROAD_EVENT)
class RoadEvent(Node):
    """What keeps vehicles off streets."""

    kind: str
    note: str
    since_at: Instant
    expected_end_at: Instant
    ended_at: Instant | None = None
    segments: list[RoadSegment] = many(Link(lambda t: t.out("AFFECTS"), order_by="name"))
