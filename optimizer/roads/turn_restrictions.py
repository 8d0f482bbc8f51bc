"""Turn restrictions as sequences of ways that may not be driven one after the other.

A restriction that bans a turn is one such sequence (several, where its directions are left open). One that
commands a turn bans all others: whoever comes from its first segment may leave the commanded way nowhere,
neither where it begins nor along it. A commanded turn that nobody may drive, as when the segment is
one-way against it, commands nothing: it is the data that is wrong, and the street no dead end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from optimizer.errors import InvalidNetwork

if TYPE_CHECKING:
    from optimizer.roads.network import RestrictionRow

Ways = tuple[int, ...]
"""Ways in the order they are driven: ``2 * segment`` forward, ``2 * segment + 1`` backward."""


@dataclass(frozen=True)
class Streets:
    """What restrictions are resolved against: places of junctions and segments, and how segments run."""

    junction_places: Mapping[str, int]
    segment_places: Mapping[str, int]
    first_junction: Sequence[int]
    last_junction: Sequence[int]
    forward: Sequence[bool]
    backward: Sequence[bool]

    def tail(self, way: int) -> int:
        """The junction where a way begins."""
        return self.last_junction[way >> 1] if way & 1 else self.first_junction[way >> 1]

    def head(self, way: int) -> int:
        """The junction where a way ends."""
        return self.first_junction[way >> 1] if way & 1 else self.last_junction[way >> 1]

    def may_be_driven(self, way: int) -> bool:
        """Whether one-way streets allow the way."""
        return self.backward[way >> 1] if way & 1 else self.forward[way >> 1]

    @cached_property
    def leaving(self) -> Mapping[int, Sequence[int]]:
        """By junction, the ways that leave it and may be driven."""
        ways: dict[int, list[int]] = {}
        for way in range(2 * len(self.first_junction)):
            if self.may_be_driven(way):
                ways.setdefault(self.tail(way), []).append(way)
        return ways


def banned_turns(streets: Streets, restrictions: Iterable[RestrictionRow]) -> tuple[Ways, ...]:
    """The sequences of ways that the restrictions ban, in order and once each.

    :class:`InvalidNetwork` names the restriction that is not one: of unknown kind or segments, or of
    segments that do not meet.
    """
    banned: set[Ways] = set()
    for row in restrictions:
        turns = _turns(streets, row)
        banned.update(_others(streets, turns) if row.kind == "only" else turns)
    return tuple(sorted(turn for turn in banned if all(map(streets.may_be_driven, turn))))


def _turns(streets: Streets, row: RestrictionRow) -> Collection[Ways]:
    """All ways to drive the turn that the restriction names."""
    field = f"restriction {row.id}"
    if row.kind not in ("no", "only"):
        raise InvalidNetwork(field, f"has kind {row.kind!r}; it is one of no, only")
    if (row.via_junction is None) == (not row.via_segments):
        raise InvalidNetwork(field, "wants a junction or segments as its via, one of the two")
    if row.via_junction is not None and row.via_junction not in streets.junction_places:
        raise InvalidNetwork(field, f"goes via {row.via_junction}, which is not among the junctions")
    segments = (row.from_segment, *row.via_segments, row.to_segment)
    for segment in segments:
        if segment not in streets.segment_places:
            raise InvalidNetwork(field, f"names {segment}, which is not among the segments")
    places = [streets.segment_places[segment] for segment in segments]
    via = None if row.via_junction is None else streets.junction_places[row.via_junction]
    turns = [
        turn
        for turn in _chains(streets, places)
        if (via is None or streets.head(turn[0]) == via)
        and row.from_forward in (None, turn[0] % 2 == 0)
        and row.to_forward in (None, turn[-1] % 2 == 0)
    ]
    if not turns:
        where = "one after the other" if row.via_junction is None else f"at {row.via_junction}"
        raise InvalidNetwork(field, f"has segments that do not meet {where}: {', '.join(segments)}")
    return turns


def _chains(streets: Streets, places: Sequence[int]) -> Iterable[Ways]:
    """The sequences of ways on these segments, each of which begins where the one before ended."""
    chains: list[Ways] = [(2 * places[0],), (2 * places[0] + 1,)]
    for place in places[1:]:
        chains = [
            (*chain, way)
            for chain in chains
            for way in (2 * place, 2 * place + 1)
            if streets.tail(way) == streets.head(chain[-1])
        ]
    return chains


def _others(streets: Streets, commanded: Collection[Ways]) -> Iterator[Ways]:
    """What leaves the commanded turns, which all drive the same segments."""
    allowed = {turn for turn in commanded if all(map(streets.may_be_driven, turn))}
    begun = {turn[:length] for turn in allowed for length in range(1, len(turn))}
    for ways in begun:
        for way in streets.leaving.get(streets.head(ways[-1]), ()):
            if (*ways, way) not in begun | allowed:
                yield (*ways, way)
