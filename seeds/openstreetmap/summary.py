"""What was read from an extract, told to people and to programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from optimizer.roads.network import RoadNetwork
from seeds.openstreetmap.connectivity import Connectivity, Part, connectivity
from seeds.openstreetmap.rows import RoadMap

PARTS_SHOWN: Final = 5


@dataclass(frozen=True, eq=False)
class RoadsSummary:
    """The roads that were read, and how they hang together."""

    roads: RoadMap
    network: RoadNetwork
    connectivity: Connectivity

    @classmethod
    def of(cls, roads: RoadMap, network: RoadNetwork) -> RoadsSummary:
        """The summary of ``roads``, whose arrays are ``network``."""
        return cls(roads, network, connectivity(network))

    def lines(self) -> Iterator[str]:
        """The summary, for people."""
        streets, restrictions = self.roads.streets, self.roads.restrictions
        length_m = float(self.network.segment_length_m.sum())
        yield (
            f"{len(streets.junctions):,} junctions, {len(streets.segments):,} segments ({_km(length_m)}), "
            f"{len(restrictions.turns):,} turn restrictions"
        )
        yield from self._connected_lines()
        for reason, count in sorted(restrictions.skipped.items()):
            yield f"Turn restrictions skipped: {count:,}, {reason}"
        if streets.roads_not_driven:
            yield f"Roads that are not for delivery vehicles: {streets.roads_not_driven:,} ways"
        if streets.ways_cut_off:
            yield f"Ways that the extract cuts off: {streets.ways_cut_off:,}"

    def _connected_lines(self) -> Iterator[str]:
        found = self.connectivity
        yield f"From each to each: {found.connected:,} segments ({_km(found.connected_m)})"
        if not found.parts:
            return
        off = sum(len(part.segments) for part in found.parts)
        off_m = sum(part.length_m for part in found.parts)
        yield (
            f"Hanging off, and left out when addresses are snapped: {off:,} segments ({_km(off_m)}) "
            f"in {len(found.parts):,} parts, the longest of them"
        )
        for part in found.parts[:PARTS_SHOWN]:
            yield f"  {len(part.segments):,} segments, {_km(part.length_m)}: {self._example(part)}"

    def _example(self, part: Part) -> str:
        segments = self.roads.streets.segments
        named = next((i for i in part.segments if segments[i].road.name), part.segments[0])
        (x, y), name = segments[named].line[0], segments[named].road.name or "without a name"
        return f"{name}, {self.network.segment_ids[named]} at {x / 1e6:.5f}, {y / 1e6:.5f}"

    def as_json(self) -> dict[str, Any]:
        """The summary, for programs; lengths in metres."""
        streets, found = self.roads.streets, self.connectivity
        return {
            "junctions": len(streets.junctions),
            "segments": len(streets.segments),
            "length_m": round(float(self.network.segment_length_m.sum())),
            "turn_restrictions": len(self.roads.restrictions.turns),
            "turn_restrictions_skipped": {
                reason.name.lower(): count
                for reason, count in sorted(self.roads.restrictions.skipped.items())
            },
            "ways_not_for_deliveries": streets.roads_not_driven,
            "ways_cut_off": streets.ways_cut_off,
            "connected_segments": found.connected,
            "connected_length_m": round(found.connected_m),
            "parts_hanging_off": [
                {
                    "segments": len(part.segments),
                    "length_m": round(part.length_m),
                    "example": self.network.segment_ids[part.segments[0]],
                }
                for part in found.parts
            ],
        }


def _km(length_m: float) -> str:
    return f"{length_m / 1000:,.1f} km"
