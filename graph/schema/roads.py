"""The streets that routes are planned on."""

from __future__ import annotations

from graph.schema.elements import EdgeKind, VertexKind, choice, flag, instant, integer, real, text

ROAD_NETWORK = VertexKind(
    "RoadNetwork",
    "road-network",
    "name",
    (
        integer("version", "version", "raised by every change; arrays are loaded once per version"),
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
    "link number",
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
    ),
    "A stretch of street between two junctions; one vertex for both directions.",
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

VERTICES = (ROAD_NETWORK, JUNCTION, ROAD_SEGMENT, ROAD_EVENT)
EDGES = (STARTS_AT, ENDS_AT, AFFECTS, SNAPS_TO, REACHED_FROM)
