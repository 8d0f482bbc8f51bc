"""Reading the road network, and what is snapped to it.

The whole network comes in a few projected reads: 20,000 segments take 0.2 s as one traversal, and
reading them page by page, each page sorted anew, more than twice as long.
"""

from __future__ import annotations

from collections.abc import Sequence

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import T


def network_state(g: GraphTraversalSource) -> GraphTraversal:
    """Each road network's id and version, and the version of its streets where an import noted it."""
    return (
        g.V()
        .has_label("RoadNetwork")
        .project("id", "version", "streets_version")
        .by(T.id)
        .by("version")
        .by("streets_version")
    )


def junctions(g: GraphTraversalSource) -> GraphTraversal:
    """Every junction with its place in degrees."""
    return (
        g.V()
        .has_label("Junction")
        .project("id", "longitude", "latitude")
        .by(T.id)
        .by("longitude")
        .by("latitude")
    )


def segments(g: GraphTraversalSource) -> GraphTraversal:
    """Every segment with its ends and everything that travel depends on; limits where it has any."""
    columns = ("id", "start", "end", "length_m", "speed_kph", "direction", "geometry", "open", "road_class")
    return (
        g.V()
        .has_label("RoadSegment")
        .project(*columns, "max_height_cm", "max_weight_kg", "hgv")
        .by(T.id)
        .by(__.out("STARTS_AT").id_())
        .by(__.out("ENDS_AT").id_())
        .by("length_m")
        .by("speed_kph")
        .by("direction")
        .by("geometry")
        .by("open")
        .by("road_class")
        .by("max_height_cm")
        .by("max_weight_kg")
        .by("hgv")
    )


def turn_restrictions(g: GraphTraversalSource) -> GraphTraversal:
    """Every turn restriction; its via as the ids of a junction or of segments, each with its place."""
    return (
        g.V()
        .has_label("TurnRestriction")
        .project("id", "kind", "from", "from_forward", "to", "to_forward", "via")
        .by(T.id)
        .by("kind")
        .by(__.out("FROM").id_())
        .by("from_forward")
        .by(__.out("TO").id_())
        .by("to_forward")
        .by(__.out_e("VIA").project("sequence", "id").by("sequence").by(__.in_v().id_()).fold())
    )


def referring(g: GraphTraversalSource, segment_ids: Sequence[str]) -> GraphTraversal:
    """What is snapped to, closes or drives the given segments: the ids of both."""
    return (
        g.V(list(segment_ids))
        .in_e("SNAPS_TO", "AFFECTS", "CROSSES")
        .project("id", "segment")
        .by(__.out_v().id_())
        .by(__.in_v().id_())
    )


def drop_ends(g: GraphTraversalSource, segment_ids: Sequence[str]) -> GraphTraversal:
    """Drop the edges that tell where the given segments begin and end."""
    return g.V(list(segment_ids)).out_e("STARTS_AT", "ENDS_AT").drop()


def closed_segment_ids(g: GraphTraversalSource) -> GraphTraversal:
    """The segments that may not be driven now."""
    return g.V().has("RoadSegment", "open", False).id_()


def segment_lengths(g: GraphTraversalSource) -> GraphTraversal:
    """The lengths (m) of all segments: together with the speeds they tell whether streets were rebuilt."""
    return g.V().has_label("RoadSegment").values("length_m")


def segment_speeds(g: GraphTraversalSource) -> GraphTraversal:
    """The free-flow speeds (km/h) of all segments."""
    return g.V().has_label("RoadSegment").values("speed_kph")


def closures(g: GraphTraversalSource) -> GraphTraversal:
    """The closures in effect, each with the segments it closes; in the order of their ids."""
    return (
        g.V()
        .has_label("RoadEvent")
        .not_(__.has("ended_at"))
        .order()
        .by(T.id)
        .project("id", "note", "segments")
        .by(T.id)
        .by("note")
        .by(__.out("AFFECTS").id_().fold())
    )


def snaps(g: GraphTraversalSource, ids: Sequence[str]) -> GraphTraversal:
    """Where the given locations and warehouses are reached: segment, and metres along it from its start."""
    return _snaps_of(g.V(list(ids)))


def warehouse_snaps(g: GraphTraversalSource) -> GraphTraversal:
    """Where the warehouses are reached, in the order of their ids."""
    return _snaps_of(g.V().has_label("Warehouse").order().by(T.id))


def _snaps_of(places: GraphTraversal) -> GraphTraversal:
    return (
        places.out_e("SNAPS_TO")
        .project("id", "segment", "offset_m", "distance_m")
        .by(__.out_v().id_())
        .by(__.in_v().id_())
        .by("offset_m")
        .by("distance_m")
    )
