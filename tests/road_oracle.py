"""Travel as the restrictions are worded, searched with all that was driven in mind: slow, and for tests.

Shares no code with the travel that is tested: Dijkstra's search over sequences of directed segments, with
times and distances as pairs of whole numbers (milliseconds, centimetres).
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from optimizer.roads.network import JunctionRow, Position, RestrictionRow, RoadNetwork, SegmentRow


class Driven(NamedTuple):
    """A segment driven in one direction."""

    segment: int
    forward: bool


Key = tuple[int, int]
History = tuple[Driven, ...]
Cost = Callable[[int, float], Key | None]
"""Milliseconds and centimetres for a part of a segment, None if it may not be driven."""


class Oracle:
    """Travel on a network of these rows; closures and speeds come as ``cost``."""

    def __init__(
        self,
        junctions: Sequence[JunctionRow],
        segments: Sequence[SegmentRow],
        restrictions: Sequence[RestrictionRow] = (),
    ) -> None:
        self.segments = segments
        self.place = {row.id: place for place, row in enumerate(segments)}
        self.leaving: dict[str, list[Driven]] = {row.id: [] for row in junctions}
        for segment, row in enumerate(segments):
            if row.direction != "backward":
                self.leaving[row.from_junction].append(Driven(segment, True))
            if row.direction != "forward":
                self.leaving[row.to_junction].append(Driven(segment, False))
        self.longest = 1
        self.no: dict[Driven, list[History]] = {}
        self.only: dict[Driven, list[list[History]]] = {}
        self.chains: dict[Driven, list[History]] = {}
        for restriction in restrictions:
            chains = list(self._chains(restriction))
            self.longest = max(self.longest, 1 + len(restriction.via_segments))
            for chain in chains:
                self.chains.setdefault(chain[0], []).append(chain)
                if restriction.kind == "no":
                    self.no.setdefault(chain[-1], []).append(chain)
            if restriction.kind == "only":
                for first in {chain[0] for chain in chains}:
                    self.only.setdefault(first, []).append([c for c in chains if c[0] == first])

    @classmethod
    def of(cls, network: RoadNetwork) -> Oracle:
        """Of a network's streets, and what its turn restrictions came to."""
        ids = network.junction_ids
        oracle = cls(
            [JunctionRow(id, 0.0, 0.0) for id in ids],
            [
                SegmentRow(str(place), ids[first], ids[last], 0.0, 1.0, _direction(forward, backward))
                for place, (first, last, forward, backward) in enumerate(
                    zip(
                        network.segment_from.tolist(),
                        network.segment_to.tolist(),
                        network.segment_forward.tolist(),
                        network.segment_backward.tolist(),
                        strict=True,
                    )
                )
            ],
        )
        for ways in network.banned:
            chain = tuple(Driven(way // 2, way % 2 == 0) for way in ways)
            oracle.no.setdefault(chain[-1], []).append(chain)
            oracle.chains.setdefault(chain[0], []).append(chain)
            oracle.longest = max(oracle.longest, len(chain) - 1)
        return oracle

    def head(self, driven: Driven) -> str:
        row = self.segments[driven.segment]
        return row.to_junction if driven.forward else row.from_junction

    def _chains(self, row: RestrictionRow) -> Iterator[History]:
        """Every way to drive what the restriction names that one-way streets allow."""
        names = [row.from_segment, *row.via_segments, row.to_segment]

        def onward(history: History) -> Iterator[History]:
            if len(history) == len(names):
                if row.to_forward is None or history[-1].forward == row.to_forward:
                    yield history
                return
            if len(history) == 1 and row.via_junction not in (None, self.head(history[0])):
                return
            for way in self.leaving[self.head(history[-1])]:
                if self.segments[way.segment].id == names[len(history)]:
                    yield from onward((*history, way))

        first = self.place[row.from_segment]
        for forward in (True, False):
            may = self.segments[first].direction in ("both", "forward" if forward else "backward")
            if may and row.from_forward in (None, forward):
                yield from onward((Driven(first, forward),))

    def allowed(self, history: History, way: Driven) -> bool:
        """Whether ``way`` may be driven after this."""
        driven = (*history, way)
        for chain in self.no.get(way, ()):
            if driven[-len(chain) :] == chain:
                return False
        for start, first in enumerate(history):
            since = driven[start:]
            for chains in self.only.get(first, ()):
                commanded = {chain[: len(since)] for chain in chains if len(chain) >= len(since)}
                if since not in commanded and since[:-1] in {chain[:-1] for chain in commanded}:
                    return False
        return True

    def travel(self, origin: Position, destinations: Sequence[Position], cost: Cost) -> list[Key | None]:
        """The least time, and of the drives of that time the least distance, to each destination."""
        best: dict[int, Key] = {}
        by_segment: dict[int, list[int]] = {}
        for number, place in enumerate(destinations):
            by_segment.setdefault(place.segment, []).append(number)

        def arrive(number: int, key: Key, part: Key | None) -> None:
            if part is not None:
                total = (key[0] + part[0], key[1] + part[1])
                best[number] = min(best.get(number, total), total)

        for number in by_segment.get(origin.segment, ()):
            ahead = destinations[number].fraction - origin.fraction
            if ahead == 0:
                best[number] = (0, 0)
            elif self._may(origin.segment, forward=ahead > 0):
                arrive(number, (0, 0), cost(origin.segment, abs(ahead)))
        queue: list[tuple[Key, History]] = []
        for forward in (True, False):
            part = cost(origin.segment, 1 - origin.fraction if forward else origin.fraction)
            if self._may(origin.segment, forward=forward) and part is not None:
                queue.append((part, (Driven(origin.segment, forward),)))
        heapq.heapify(queue)
        settled: set[History] = set()
        while queue:
            key, history = heapq.heappop(queue)
            if history in settled:
                continue
            settled.add(history)
            for way in self.leaving[self.head(history[-1])]:
                if not self.allowed(history, way):
                    continue
                for number in by_segment.get(way.segment, ()):
                    fraction = destinations[number].fraction
                    arrive(number, key, cost(way.segment, fraction if way.forward else 1 - fraction))
                whole = cost(way.segment, 1.0)
                if whole is not None:
                    after = self._kept((*history, way))
                    if after not in settled:
                        heapq.heappush(queue, ((key[0] + whole[0], key[1] + whole[1]), after))
        return [best.get(number) for number in range(len(destinations))]

    def _kept(self, history: History) -> History:
        """As much of the end of a drive as any restriction looks back on."""
        kept = history[-self.longest :]
        while len(kept) > 1 and all(chain[: len(kept)] != kept for chain in self.chains.get(kept[0], ())):
            kept = kept[1:]
        return kept

    def _may(self, segment: int, *, forward: bool) -> bool:
        return self.segments[segment].direction in ("both", "forward" if forward else "backward")


def _direction(forward: bool, backward: bool) -> str:
    if forward and backward:
        return "both"
    return "forward" if forward else "backward"


def cost_of(network: RoadNetwork) -> Cost:
    """What driving costs on a network as it is, closures and all."""

    def cost(segment: int, fraction: float) -> Key | None:
        if network.segment_closed[segment]:
            return None
        length_cm = round(fraction * float(network.segment_length_m[segment]) * 100)
        return math.ceil(fraction * int(network.segment_travel_ms[segment])), length_cm

    return cost
