"""Reading the road network, and what is snapped to it.

The whole network comes in a few projected reads: 20,000 segments take 0.2 s as one traversal, and
reading them page by page, each page sorted anew, more than twice as long.
"""

from __future__ import annotations

from collections.abc import Sequence

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import T


def network_state(g: GraphTraversalSource) -> GraphTraversal:
    """Each road network's id and version."""
    return g.V().has_label("RoadNetwork").project("id", "version").by(T.id).by("version")


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
    """Every segment with its ends and everything that travel depends on."""
    return (
        g.V()
        .has_label("RoadSegment")
        .project("id", "start", "end", "length_m", "speed_kph", "direction", "geometry", "open")
        .by(T.id)
        .by(__.out("STARTS_AT").id_())
        .by(__.out("ENDS_AT").id_())
        .by("length_m")
        .by("speed_kph")
        .by("direction")
        .by("geometry")
        .by("open")
    )


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
