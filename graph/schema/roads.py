"""The streets that routes are planned on."""

from __future__ import annotations

from graph.schema.elements import EdgeKind, VertexKind, choice, flag, instant, integer, real, text

ROAD_NETWORK = VertexKind(
    "RoadNetwork",
    "road-network",
    "name",
    (
        integer("version", "version", "raised by every change; arrays are loaded once per version"),
        integer(
            "streets_version",
            "version",
            "at which an import last changed streets: later versions only opened and closed some",
            required=False,
        ),
        text("attribution", "of the data"),
    ),
    "All segments together; its version tells loaded copies that they are out of date.",
)

JUNCTION = VertexKind(
    "Junction",
    "junction",
    "node number",
    (real("longitude", "degrees"), real("latitude", "degrees")),
    "Where segments meet.",
)

ROAD_SEGMENT = VertexKind(
    "RoadSegment",
    "road-segment",
    "link number, or way number and part",
    (
        text("name", indexed=True),
        text("road_class", "OpenStreetMap highway class", indexed=True),
        choice(
            "direction", ("both", "forward", "backward"), "in which it may be driven, seen from its start"
        ),
        real("length_m", "m"),
        real("speed_kph", "km/h", "free flow"),
        text("geometry", "the line as longitude,latitude pairs in microdegrees, separated by spaces"),
        flag("open", "may be driven", indexed=True),
        integer("max_height_cm", "cm", "of a vehicle on it; 0 or absent: any", required=False),
        integer("max_weight_kg", "kg", "of a vehicle on it; 0 or absent: any", required=False),
        flag("hgv", "heavy goods vehicles may use it; absent: they may", required=False),
    ),
    "A stretch of street between two junctions; one vertex for both directions.",
)

TURN_RESTRICTION = VertexKind(
    "TurnRestriction",
    "turn-restriction",
    "relation number",
    (
        choice("kind", ("no", "only"), "the turn is banned, or the only one allowed"),
        text("sign", "OpenStreetMap's name of it, such as no_left_turn"),
        flag("from_forward", "the segment it comes from is driven forward"),
        flag("to_forward", "the segment it leads to is driven forward"),
    ),
    "A turn from one segment over a junction, or over segments in between, onto another one. "
    "A U-turn leads back to the segment it comes from.",
)

ROAD_EVENT = VertexKind(
    "RoadEvent",
    "road-event",
    "code",
    (
        choice("kind", ("closed",)),
        text("note"),
        instant("since_at", indexed=True),
        instant("expected_end_at", "when it should open again"),
        instant("ended_at", required=False),
    ),
    "Something that keeps vehicles off segments.",
)

STARTS_AT = EdgeKind("STARTS_AT", (("RoadSegment", "Junction"),), to_one=True, doc="Where its line begins.")
ENDS_AT = EdgeKind("ENDS_AT", (("RoadSegment", "Junction"),), to_one=True, doc="Where its line ends.")
FROM = EdgeKind(
    "FROM", (("TurnRestriction", "RoadSegment"),), to_one=True, doc="The segment that the turn comes from."
)
VIA = EdgeKind(
    "VIA",
    (("TurnRestriction", "Junction"), ("TurnRestriction", "RoadSegment")),
    (integer("sequence", "position", "from 1, in the order driven"),),
    doc="The junction where one turns, or all segments in between.",
)
TO = EdgeKind(
    "TO", (("TurnRestriction", "RoadSegment"),), to_one=True, doc="The segment that the turn leads to."
)
AFFECTS = EdgeKind("AFFECTS", (("RoadEvent", "RoadSegment"),), doc="What it closes.")
SNAPS_TO = EdgeKind(
    "SNAPS_TO",
    (("Location", "RoadSegment"), ("Warehouse", "RoadSegment")),
    (
        real("offset_m", "m", "from the segment's start, along it"),
        real("distance_m", "m", "from the address to the street"),
    ),
    to_one=True,
    doc="Where on the road an address is reached.",
)

REACHED_FROM = EdgeKind(
    "REACHED_FROM",
    (("Location", "Warehouse"),),
    (
        integer("travel_s", "s", "free flow, all streets open"),
        integer("distance_m", "m"),
    ),
    doc="The standard way to an address: orders are promised and sourced by it, rounds use the live roads.",
)

VERTICES = (ROAD_NETWORK, JUNCTION, ROAD_SEGMENT, TURN_RESTRICTION, ROAD_EVENT)
EDGES = (STARTS_AT, ENDS_AT, FROM, VIA, TO, AFFECTS, SNAPS_TO, REACHED_FROM)
