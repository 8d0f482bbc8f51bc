"""By when a whole order can be at the door, and what has to be held for it.

The order ships complete, so its date is that of its latest part. Of all holds that give the earliest
date, those from the fewest warehouses are taken, then those that wait for nothing, then the nearest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations

from optimizer.calendar import (
    ReceivingHours,
    WarehouseCalendar,
    door_by,
    first_delivery_day,
    local_date,
    zone,
)
from optimizer.errors import NobodySupplies, NoDeliveryDay
from optimizer.supply import Need, Site, Source, Supply, Way

MOST_WAREHOUSES_COMBINED = 4
"""Up to so many warehouses all combinations are weighed; with more, each alone, pairs, and all together."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What an order needs, exploded to stocked SKUs, and where and when (UTC epoch ms) it is wanted."""

    needs: tuple[Need, ...]
    requested_at: int
    hours: ReceivingHours
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A quantity for a need from one source; ``source_id`` is None for what is short.

    ``available_at`` is when the goods are in the warehouse, ``door_at`` when they could be at the door
    (both UTC epoch ms).
    """

    need: Need
    quantity: int
    warehouse_id: str
    source_id: str | None
    inbound: bool
    available_at: int
    door_at: int
    reason: str

    @property
    def short(self) -> bool:
        """Whether nothing is set aside for it yet."""
        return self.source_id is None


@dataclass(frozen=True, slots=True)
class Promise:
    """The date (UTC epoch ms), the parts that give it, and the part that decides it, in words."""

    promised_at: int
    day: date
    main_warehouse_id: str
    parts: tuple[Part, ...]
    decided_by: Part
    reason: str

    @property
    def short(self) -> bool:
        """Whether something is still to be bought for it."""
        return any(part.short for part in self.parts)


class Doors:
    """When goods from each warehouse can be at one door, on the day of ``wanted_at`` or later.

    A warehouse whose first vehicle comes after the address closes is left out; when all are,
    :class:`NoDeliveryDay` says why.
    """

    def __init__(
        self,
        sites: Mapping[str, Site],
        *,
        hours: ReceivingHours,
        ways: Sequence[Way],
        wanted_at: int,
        now: int,
    ) -> None:
        self.now = now
        self._sites = sites
        self._hours = hours
        self._known: dict[tuple[str, int], int] = {}
        self.ways: dict[str, Way] = {}
        refused = "no warehouse has a way to the address"
        for way in sorted(ways, key=lambda w: (w.travel_s, w.warehouse_id)):
            if not self.ways:
                time_zone = sites[way.warehouse_id].calendar.time_zone
                self.not_before = local_date(wanted_at, time_zone=time_zone)
            self.ways[way.warehouse_id] = way
            try:
                self.by(way.warehouse_id, now)
            except NoDeliveryDay as no_day:
                del self.ways[way.warehouse_id]
                refused = str(no_day)
        if not self.ways:
            raise NoDeliveryDay(refused)

    def by(self, warehouse_id: str, ready_at: int) -> int:
        """By when (UTC epoch ms) what is ready in a warehouse at ``ready_at`` is at the door."""
        ready_at = max(ready_at, self.now)
        known = self._known.get((warehouse_id, ready_at))
        if known is None:
            known = self._known[warehouse_id, ready_at] = door_by(
                ready_at,
                not_before=self.not_before,
                transit_s=self.ways[warehouse_id].travel_s,
                calendar=self._sites[warehouse_id].calendar,
                hours=self._hours,
            )
        return known

    def calendar(self, warehouse_id: str) -> WarehouseCalendar:
        """The calendar of a warehouse."""
        return self._sites[warehouse_id].calendar


@dataclass(frozen=True, slots=True)
class _Candidate:
    source: Source
    rank: int
    free: int
    available_at: int
    door_at: int


@dataclass(frozen=True, slots=True)
class _Draw:
    need: Need
    candidate: _Candidate
    quantity: int


_Candidates = list[tuple[Need, list[_Candidate]]]


def promise(demand: Demand, supply: Supply, sites: Mapping[str, Site], *, now: int) -> Promise:
    """The earliest date for the whole order, from what ``supply`` says is free; takes nothing.

    Raises :class:`NoDeliveryDay` when no warehouse can reach the address in its
    hours and :class:`NobodySupplies` when a part can never come.
    """
    doors = Doors(sites, hours=demand.hours, ways=demand.ways, wanted_at=demand.requested_at, now=now)
    candidates = [(need, _candidates(need, supply, doors)) for need in _slowest_first(demand.needs)]
    draws, main = _best_draws(candidates, supply, doors)
    parts = sorted(
        [*(_drawn(draw, doors) for draw in draws), *_short_parts(candidates, draws, main, supply, doors)],
        key=lambda part: (part.need.line, part.need.sku_id, part.short),
    )
    decisive = max(parts, key=lambda part: (part.door_at, part.available_at, part.short))
    day = local_date(decisive.door_at, time_zone=doors.calendar(decisive.warehouse_id).time_zone)
    return Promise(
        decisive.door_at, day, main, tuple(parts), decisive, _why_this_day(decisive, day, demand, doors)
    )


def main_warehouse(warehouse_ids: Sequence[str], ways: Mapping[str, Way]) -> str:
    """The warehouse that most draws come from; the nearest one of several, and when nothing is drawn."""
    return min(ways, key=lambda id: (-warehouse_ids.count(id), ways[id].travel_s, id))


def combinations_of(warehouse_ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The sets of warehouses to weigh, small ones first, in the order of ``warehouse_ids``."""
    count = len(warehouse_ids)
    sizes = range(1, count + 1) if count <= MOST_WAREHOUSES_COMBINED else (1, 2, count)
    for size in sizes:
        yield from combinations(warehouse_ids, size)


def _slowest_first(needs: Sequence[Need]) -> list[Need]:
    """Needs in the order of choosing: who must be assembled takes the earliest goods."""
    return sorted(needs, key=lambda need: (-need.assembly_s, need.line, need.sku_id))


def _candidates(need: Need, supply: Supply, doors: Doors) -> list[_Candidate]:
    rank = {warehouse_id: i for i, warehouse_id in enumerate(doors.ways)}
    found = []
    for source in supply.sources(need.sku_id):
        free = supply.free[source.id]
        if free > 0 and source.warehouse_id in rank:
            available_at = source.available_at(doors.now)
            ready_at = max(available_at, doors.now) + 1000 * need.assembly_s
            door_at = doors.by(source.warehouse_id, ready_at)
            found.append(_Candidate(source, rank[source.warehouse_id], free, available_at, door_at))
    found.sort(key=lambda c: (c.door_at, c.source.expected_at is not None, c.rank, c.source.id))
    return found


def _best_draws(candidates: _Candidates, supply: Supply, doors: Doors) -> tuple[list[_Draw], str]:
    warehouse_ids = list(doors.ways)
    floor = min(doors.by(id, doors.now) for id in warehouse_ids)
    options: list[tuple[int, int, tuple[str, ...]]] = []
    for chosen in combinations_of(warehouse_ids):
        missing, door_at = _earliest(candidates, frozenset(chosen), supply, doors)
        options.append((missing, door_at, chosen))
        if len(chosen) == 1 and missing == 0 and door_at <= floor:
            break
    best = min(option[:2] for option in options)
    plans = [
        _concentrated(candidates, chosen, deadline=best[1])
        for missing, door_at, chosen in options
        if (missing, door_at) == best
    ]
    draws = min(plans, key=lambda draws: _effort(draws, doors))
    return draws, main_warehouse([draw.candidate.source.warehouse_id for draw in draws], doors.ways)


def _earliest(
    candidates: _Candidates, chosen: frozenset[str], supply: Supply, doors: Doors
) -> tuple[int, int]:
    """How much would be missing with these warehouses alone, and the earliest door time of the whole."""
    left: dict[str, int] = {}
    missing_in_all, latest = 0, 0
    for need, found in candidates:
        missing = need.quantity
        for candidate in found:
            if missing and candidate.source.warehouse_id in chosen:
                free = left.get(candidate.source.id, candidate.free)
                if free:
                    taken = min(free, missing)
                    left[candidate.source.id] = free - taken
                    missing -= taken
                    latest = max(latest, candidate.door_at)
        if missing:
            missing_in_all += missing
            latest = max(
                latest, min(doors.by(id, _bought_at(need, missing, supply, doors)) for id in doors.ways)
            )
    return missing_in_all, latest


def _concentrated(candidates: _Candidates, chosen: tuple[str, ...], *, deadline: int) -> list[_Draw]:
    """What is drawn in time for ``deadline``: from near warehouses and from stock first."""
    left: dict[str, int] = {}
    draws = []
    for need, found in candidates:
        missing = need.quantity
        for candidate in sorted(found, key=lambda c: (c.rank, c.source.expected_at or 0)):
            if missing and candidate.door_at <= deadline and candidate.source.warehouse_id in chosen:
                free = left.get(candidate.source.id, candidate.free)
                taken = min(free, missing)
                if taken:
                    left[candidate.source.id] = free - taken
                    missing -= taken
                    draws.append(_Draw(need, candidate, taken))
    return draws


def _effort(draws: Sequence[_Draw], doors: Doors) -> tuple[int, int, int]:
    """What to keep small when the date is the same: warehouses, units to wait for, driving."""
    used = {draw.candidate.source.warehouse_id for draw in draws}
    inbound = sum(draw.quantity for draw in draws if draw.candidate.source.expected_at is not None)
    return len(used), inbound, sum(doors.ways[id].travel_s for id in used)


def _drawn(draw: _Draw, doors: Doors) -> Part:
    source = draw.candidate.source
    inbound = source.expected_at is not None
    return Part(
        draw.need,
        draw.quantity,
        source.warehouse_id,
        source.id,
        inbound,
        draw.candidate.available_at,
        draw.candidate.door_at,
        source_reason(source, doors.calendar(source.warehouse_id)),
    )


def source_reason(source: Source, calendar: WarehouseCalendar) -> str:
    """Where a quantity comes from, in words."""
    if source.expected_at is None:
        return f"in stock in {source.warehouse_id}"
    expected = local_time(source.expected_at, calendar.time_zone)
    return f"comes with {source.id}, expected in {source.warehouse_id} on {expected}"


def _short_parts(
    candidates: _Candidates, draws: Sequence[_Draw], main: str, supply: Supply, doors: Doors
) -> Iterator[Part]:
    drawn: dict[tuple[int, str], int] = {}
    for draw in draws:
        key = draw.need.line, draw.need.sku_id
        drawn[key] = drawn.get(key, 0) + draw.quantity
    for need, _ in candidates:
        missing = need.quantity - drawn.get((need.line, need.sku_id), 0)
        if missing:
            bought_at = _bought_at(need, missing, supply, doors) - 1000 * need.assembly_s
            reason = short_reason(need, missing, bought_at, doors.calendar(main))
            door_at = doors.by(main, bought_at + 1000 * need.assembly_s)
            yield Part(need, missing, main, None, False, bought_at, door_at, reason)


def short_reason(need: Need, missing: int, bought_at: int, calendar: WarehouseCalendar) -> str:
    """Why a quantity is short, and when a supplier could have it there, in words."""
    there = local_time(bought_at, calendar.time_zone)
    return (
        f"short: {missing} of {need.quantity} are neither free nor inbound; bought now they come on {there}"
    )


def _bought_at(need: Need, missing: int, supply: Supply, doors: Doors) -> int:
    """When what is missing could be ready if it were bought now."""
    lead_time_s = supply.lead_times_s.get(need.sku_id)
    if lead_time_s is None:
        raise NobodySupplies(need, missing=missing)
    return doors.now + 1000 * (lead_time_s + need.assembly_s)


def _why_this_day(part: Part, day: date, demand: Demand, doors: Doors) -> str:
    calendar = doors.calendar(part.warehouse_id)
    first = first_delivery_day(max(part.available_at, doors.now) + 1000 * part.need.assembly_s, calendar)
    if first <= doors.not_before:
        asked = local_date(demand.requested_at, time_zone=calendar.time_zone)
        when = (
            "; the round decides when on that day, by the end of the receiving hours"
            if day == asked and part.door_at > demand.requested_at
            else ""
        )
        return (
            f"{day} is the first day of delivery from the day asked for, {asked}; all is there before{when}"
        )
    cutoff = _clock(calendar.cutoff_s - calendar.pick_pack_s)
    return (
        f"line {part.need.line} ({part.need.sku_id}) decides: {part.reason}; what is there before {cutoff} "
        f"is delivered on {first} at the earliest"
    )


def local_time(at: int, time_zone: str) -> str:
    """An instant (UTC epoch ms) as ``2026-03-03 10:00`` in a time zone."""
    return datetime.fromtimestamp(at / 1000, zone(time_zone)).isoformat(" ", "minutes")[:16]


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
