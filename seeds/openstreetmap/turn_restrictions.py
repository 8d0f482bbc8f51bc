"""Turn restrictions: relations that ban or command a turn, told in segments instead of whole ways.

A relation names ways, ``from``, ``via`` and ``to``, and a way may be many segments: the turn is driven from
the segment of ``from`` that leads to the via onto the segment of ``to`` that leads away from it. Where a way
goes on beyond the via, so that there are several, the turn's own name tells (``no_left_turn``).

Restrictions for vans apply to all vehicles, those for heavy vehicles alone (``restriction:hgv``) to none:
a ban for some would be a detour for the others. A restriction at certain times (``restriction:conditional``)
applies at all times, which costs a detour and never breaks the law.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product
from typing import Final, Literal

from seeds.openstreetmap.elements import Relation, Tags
from seeds.openstreetmap.streets import Segment, Streets

KEYS: Final = (
    "restriction:goods",
    "restriction:motorcar",
    "restriction:motor_vehicle",
    "restriction",
    "restriction:conditional",
)
"""The most particular first."""

OURS: Final = frozenset({"goods", "motorcar", "motor_vehicle", "vehicle"})
"""Vehicles of which an exception takes a restriction away for deliveries."""

BY_WEIGHT: Final = ("weight", "hgv", "length", "axle", "trailer", "bus", "psv")
"""What is in a condition that vans do not meet."""

LONGEST_VIA: Final = 30
"""No via has more segments."""

Kind = Literal["no", "only"]


class Skipped(StrEnum):
    """Why a restriction was not taken over."""

    UNKNOWN = "its tag is no turn restriction"
    EXCEPTED = "deliveries are excepted, or it is for other vehicles"
    INCOMPLETE = "it lacks from, via or to"
    NOT_DRIVEN = "it is about ways that no delivery vehicle drives, or that were cut off"
    APART = "its ways do not meet at its via, or may not be driven that way"
    AMBIGUOUS = "its ways go on beyond its via, and several turns are as it says"


@dataclass(frozen=True, slots=True)
class Drive:
    """A segment, driven forward (along its line) or not."""

    segment: Segment
    forward: bool

    @property
    def first_node(self) -> int:
        """Where the drive begins."""
        return self.segment.start_node if self.forward else self.segment.end_node

    @property
    def last_node(self) -> int:
        """Where the drive ends."""
        return self.segment.end_node if self.forward else self.segment.start_node

    @property
    def last_junction(self) -> str:
        """The number of the junction where it ends."""
        return self.segment.end if self.forward else self.segment.start

    @property
    def first_junction(self) -> str:
        """The number of the junction where it begins."""
        return self.segment.start if self.forward else self.segment.end


@dataclass(frozen=True, slots=True)
class TurnRestriction:
    """The turn from ``start`` onto ``end`` is banned, or commanded; ``sign`` is the map's word for it.

    ``via`` is a junction's number when ``via_segments`` is empty.
    """

    number: str
    kind: Kind
    sign: str
    start: Drive
    via: str
    via_segments: tuple[Drive, ...]
    end: Drive


@dataclass(frozen=True)
class Restrictions:
    """The restrictions that hold, and how many relations were skipped, by reason."""

    turns: tuple[TurnRestriction, ...]
    skipped: Mapping[Skipped, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One way to drive a turn: onto the via, along it (when it is ways), away from it."""

    start: Drive
    via_segments: tuple[Drive, ...]
    end: Drive

    @property
    def angle(self) -> float:
        """In degrees: 0 straight on, positive to the right, 180 back."""
        turned = _bearing(self.end, last=False) - _bearing(self.start, last=True)
        return (turned + 180) % 360 - 180


def resolve_restrictions(relations: Iterable[Relation], streets: Streets) -> Restrictions:
    """The restrictions of an extract on its segments, in the order of their numbers."""
    by_way: dict[int, list[Segment]] = defaultdict(list)
    for segment in streets.segments:
        by_way[segment.way].append(segment)
    turns: list[TurnRestriction] = []
    skipped: Counter[Skipped] = Counter()
    for relation in relations:
        resolved = _resolve(relation, by_way)
        if isinstance(resolved, Skipped):
            skipped[resolved] += 1
        else:
            turns.extend(resolved)
    return Restrictions(tuple(turns), dict(skipped))


def sign_of(tags: Tags) -> str | None:
    """The sign that delivery vehicles see, such as ``no_left_turn``; None where it is not for them."""
    if OURS & {one.strip() for one in tags.get("except", "").split(";")}:
        return None
    for key in KEYS:
        sign, _, condition = tags.get(key, "").partition("@")
        if sign and not any(word in condition for word in BY_WEIGHT):
            return sign.strip()
    return None


def _resolve(relation: Relation, by_way: Mapping[int, Sequence[Segment]]) -> list[TurnRestriction] | Skipped:
    sign = sign_of(relation.tags)
    if sign is None:
        return Skipped.EXCEPTED
    kind: Kind | None = "no" if sign.startswith("no_") else "only" if sign.startswith("only_") else None
    if kind is None:
        return Skipped.UNKNOWN
    meant = _turns_meant(relation, sign, by_way)
    if isinstance(meant, Skipped):
        return meant
    return [
        TurnRestriction(
            number=str(relation.id) if place == 1 else f"{relation.id}.{place}",
            kind=kind,
            sign=sign,
            start=turn.start,
            via="" if turn.via_segments else turn.start.last_junction,
            via_segments=turn.via_segments,
            end=turn.end,
        )
        for place, turn in enumerate(meant, start=1)
    ]


def _turns_meant(
    relation: Relation, sign: str, by_way: Mapping[int, Sequence[Segment]]
) -> list[_Turn] | Skipped:
    """The turn from each ``from`` onto each ``to``; all of them, or why one cannot be told."""
    starts, via_ways, ends = (_ways(relation, role) for role in ("from", "via", "to"))
    via_nodes = [one.ref for one in relation.members if one.role == "via" and one.type == "n"]
    if not starts or not ends or len(via_nodes) > 1 or bool(via_nodes) == bool(via_ways):
        return Skipped.INCOMPLETE
    if any(way not in by_way for way in (*starts, *via_ways, *ends)):
        return Skipped.NOT_DRIVEN
    chosen: list[_Turn] = []
    for start, end in product(starts, ends):
        if via_nodes:
            turns = _turns_at(by_way[start], via_nodes[0], by_way[end])
        else:
            turns = _turns_along(by_way[start], [by_way[way] for way in via_ways], by_way[end])
        meant = _meant(turns, sign)
        if isinstance(meant, Skipped):
            return meant
        chosen.extend(meant)
    return chosen


def _ways(relation: Relation, role: str) -> list[int]:
    return [one.ref for one in relation.members if one.role == role and one.type == "w"]


def _turns_at(starts: Sequence[Segment], node: int, ends: Sequence[Segment]) -> list[_Turn]:
    """The turns at one node; a barrier there joins nothing."""
    return [
        _Turn(start, (), end)
        for start in _drives(starts)
        if start.last_node == node
        for end in _drives(ends)
        if end.first_junction == start.last_junction
    ]


def _turns_along(
    starts: Sequence[Segment], via: Sequence[Sequence[Segment]], ends: Sequence[Segment]
) -> list[_Turn]:
    """The turns along via ways, each of which is driven; of several, those over the fewest segments."""
    drives = [drive for way in via for drive in _drives(way)]
    wanted = {way[0].way for way in via}
    found: list[_Turn] = []
    chains: list[tuple[Drive, ...]] = [(start,) for start in _drives(starts)]
    for _ in range(LONGEST_VIA):
        chains = [
            (*chain, drive)
            for chain in chains
            for drive in drives
            if drive.first_junction == chain[-1].last_junction
            and all(drive.segment is not driven.segment for driven in chain)
        ]
        found = [
            _Turn(chain[0], chain[1:], end)
            for chain in chains
            if {drive.segment.way for drive in chain[1:]} == wanted
            for end in _drives(ends)
            if end.first_junction == chain[-1].last_junction and end.segment is not chain[-1].segment
        ]
        if found or not chains:
            break
    return found


def _drives(segments: Iterable[Segment]) -> Iterator[Drive]:
    for segment in segments:
        if segment.road.forward:
            yield Drive(segment, True)
        if segment.road.backward:
            yield Drive(segment, False)


def _meant(turns: Sequence[_Turn], sign: str) -> Sequence[_Turn] | Skipped:
    """Those of the possible turns that the sign is about."""
    if not turns:
        return Skipped.APART
    if len(turns) == 1:
        return turns
    as_said = [turn for turn in turns if _is(turn, sign)]
    if sign.endswith("_u_turn") and as_said:
        return as_said
    return as_said if len(as_said) == 1 else Skipped.AMBIGUOUS


def _is(turn: _Turn, sign: str) -> bool:
    """Whether a turn looks as the sign says."""
    same = turn.start.segment is turn.end.segment and turn.start.forward != turn.end.forward
    if sign.endswith("_u_turn"):
        return same or (bool(turn.via_segments) and abs(turn.angle) > 135)
    if same:
        return False
    if sign.endswith("_straight_on"):
        return abs(turn.angle) < 45
    if sign.endswith("_left_turn"):
        return -170 < turn.angle < -10
    if sign.endswith("_right_turn"):
        return 10 < turn.angle < 170
    return True


def _bearing(drive: Drive, *, last: bool) -> float:
    """The direction of the first or last chord of a drive, in degrees clockwise from north."""
    line = drive.segment.line if drive.forward else drive.segment.line[::-1]
    (x, y), (to_x, to_y) = (line[-2], line[-1]) if last else (line[0], line[1])
    narrow = math.cos(math.radians(y / 1e6))
    return math.degrees(math.atan2((to_x - x) * narrow, to_y - y))
