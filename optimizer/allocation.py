"""Which warehouse ships what: many orders at once, from stock and inbound receipts that they share.

Every order starts from what is held for it, so there is always an answer that is no worse. Orders are
then chosen anew one at a time, the most urgent first, each with all combinations of warehouses weighed
as a whole; after that a bounded search takes a few orders that want the same SKUs out and puts them
back in another sequence, keeping what is cheaper (ruin and recreate: Schrimpf et al., Record Breaking
Optimization Results Using the Ruin and Recreate Principle, Journal of Computational Physics 159, 2000).
The search counts iterations, never seconds, and draws from one seed: the same input, the same answer.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from optimizer.calendar import ReceivingHours, local_date
from optimizer.freight import FreightRates
from optimizer.promise import Doors, combinations_of, local_time, main_warehouse, source_reason
from optimizer.supply import Need, Site, Supply, Way

MOST_REJECTED = 3
MOST_RUINED = 8
MOST_TRIES_EACH = 10
"""Iterations for each order that could be cheaper off: more find nothing new."""


class Room(dict[tuple[str, date], int]):
    """How many more shipments a warehouse can pack for a day of delivery; at first all that ``sites`` say."""

    def __init__(self, sites: Mapping[str, Site], left: Mapping[tuple[str, date], int]) -> None:
        super().__init__(left)
        self._sites = sites

    def __missing__(self, key: tuple[str, date]) -> int:
        return self._sites[key[0]].daily_shipments


@dataclass(frozen=True, slots=True)
class Draw:
    """``quantity`` for the need at index ``need``; without a source it is short, due at ``available_at``."""

    need: int
    source_id: str | None
    quantity: int
    available_at: int


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """An order with what is held for it; times are UTC epoch ms.

    ``ready_after`` is when everything but its goods is there (holds, papers), never in the past.
    """

    id: str
    priority: int
    requested_at: int
    promised_at: int
    ready_after: int
    hours: ReceivingHours
    ways: tuple[Way, ...]
    needs: tuple[Need, ...]
    held: tuple[Draw, ...]


@dataclass(frozen=True, slots=True)
class AllocatedDraw:
    """A draw with the warehouse it leaves from, why, and its share of the cost (minor units)."""

    draw: Draw
    warehouse_id: str
    reason: str
    cost: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """A warehouse that line ``line`` could have come from, and how much more that would have cost."""

    line: int
    warehouse_id: str
    reason: str
    extra_cost: int


@dataclass(frozen=True, slots=True)
class Allocated:
    """Where an order comes from; ``moved`` says whether that is elsewhere than it was held."""

    order_id: str
    draws: tuple[AllocatedDraw, ...]
    main_warehouse_id: str
    door_at: int
    cost: int
    moved: bool
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True, slots=True)
class Deferred:
    """An order whose warehouses have no room left on its day; what is held for it stays held."""

    order_id: str
    reason: str


def allocate(
    orders: Sequence[HeldOrder],
    supply: Supply,
    sites: Mapping[str, Site],
    room: Room,
    *,
    rates: FreightRates,
    now: int,
    iterations: int,
    seed: int,
) -> list[Allocated | Deferred]:
    """Where each order comes from, in the order given. ``supply`` and ``room`` are what the orders do not
    hold yet; both end up as the answer leaves them.

    No order is shorter or later than as held, unless still in time for its promise.
    """
    search = _Search([_Case(order, supply, sites, rates, now=now) for order in orders], supply, room)
    search.choose_all()
    search.improve(iterations=iterations, dice=random.Random(seed))
    return [search.answer(index) for index in range(len(orders))]


@dataclass(frozen=True, slots=True)
class _Option:
    """A source for a need: the warehouse as a bit, by when it is at the door, and whether it is awaited."""

    source_id: str
    bit: int
    door_at: int
    available_at: int
    inbound: bool


@dataclass(frozen=True, slots=True)
class _Choice:
    draws: tuple[Draw, ...]
    ships_from: tuple[str, ...]
    door_at: int
    day: date
    cost: int


class _Case:
    """An order with all that stays the same while it is weighed."""

    def __init__(
        self,
        order: HeldOrder,
        supply: Supply,
        sites: Mapping[str, Site],
        rates: FreightRates,
        *,
        now: int,
    ) -> None:
        self.order = order
        self.rates = rates
        self.now = now
        self.doors = Doors(
            sites, hours=order.hours, ways=order.ways, wanted_at=order.requested_at, now=order.ready_after
        )
        self.warehouse_ids = tuple(self.doors.ways)
        self.bits = {id: 1 << i for i, id in enumerate(self.warehouse_ids)}
        self.time_zone = self.doors.calendar(self.warehouse_ids[0]).time_zone
        self.masks = [sum(self.bits[id] for id in ids) for ids in combinations_of(self.warehouse_ids)]
        self.short_held = [0] * len(order.needs)
        self.short_at = [order.ready_after] * len(order.needs)
        for draw in order.held:
            if draw.source_id is None:
                self.short_held[draw.need] += draw.quantity
                self.short_at[draw.need] = draw.available_at
        self.supply = supply
        self.held = self.weighed(order.held)
        self.latest_at = max(order.promised_at, self.held.door_at)
        self.options = [self._options(need) for need in order.needs]
        self.sequence = sorted(range(len(order.needs)), key=lambda i: (self.short_held[i], i))

    def best(self, free: Mapping[str, int], room: Room) -> _Choice | None:
        """The cheapest choice there is room for, as held if nothing is cheaper."""
        best = self.held if self._fits(self.held, room) and _there(self.held, free) else None
        for mask in self.masks:
            choice = self._drawn_from(mask, free)
            if choice and (best is None or choice.cost < best.cost) and self._fits(choice, room):
                best = choice
        return best

    def _fits(self, choice: _Choice, room: Room) -> bool:
        return all(room[warehouse_id, choice.day] > 0 for warehouse_id in choice.ships_from)

    def _options(self, need: Need) -> list[_Option]:
        found = []
        for source in self.supply.sources(need.sku_id):
            bit = self.bits.get(source.warehouse_id)
            if bit is not None:
                available_at = source.available_at(self.now)
                ready_at = max(available_at, self.doors.now) + 1000 * need.assembly_s
                door_at = self.doors.by(source.warehouse_id, ready_at)
                if door_at <= self.latest_at:
                    inbound = source.expected_at is not None
                    found.append(_Option(source.id, bit, door_at, available_at, inbound))
        promised_at = self.order.promised_at
        found.sort(key=lambda o: (o.door_at > promised_at, o.inbound, o.bit, o.available_at, o.source_id))
        return found

    def _drawn_from(self, mask: int, free: Mapping[str, int]) -> _Choice | None:
        """What these warehouses would give; None when more would be short than is now."""
        taken: dict[str, int] = {}
        draws: list[Draw] = []
        used = 0
        for index in self.sequence:
            missing = self.order.needs[index].quantity
            for option in self.options[index]:
                if option.bit & mask:
                    left = free[option.source_id] - taken.get(option.source_id, 0)
                    if left > 0:
                        quantity = min(left, missing)
                        taken[option.source_id] = taken.get(option.source_id, 0) + quantity
                        draws.append(Draw(index, option.source_id, quantity, option.available_at))
                        used |= option.bit
                        missing -= quantity
                        if not missing:
                            break
            if missing > self.short_held[index]:
                return None
            if missing:
                draws.append(Draw(index, None, missing, self.short_at[index]))
        if used != mask and used:
            return None  # a smaller combination, which is weighed by itself
        return self.weighed(draws)

    def warehouse_of(self, draw: Draw, main: str) -> str:
        """Where a draw leaves from: what is short goes with the rest of the order."""
        return main if draw.source_id is None else self.supply.by_id[draw.source_id].warehouse_id

    def main(self, draws: Iterable[Draw]) -> str:
        """The order's main warehouse with these draws."""
        sources = [self.supply.by_id[draw.source_id] for draw in draws if draw.source_id is not None]
        return main_warehouse([source.warehouse_id for source in sources], self.doors.ways)

    def weighed(self, draws: Sequence[Draw]) -> _Choice:
        """These draws with what comes of them."""
        main = self.main(draws)
        door_at = max(self.door_of(draw, main) for draw in draws)
        weights = self.weights(draws, main)
        cost = self.shipping(weights) + sum(map(self.surcharge, draws))
        cost += self.rates.lateness(late_ms=door_at - self.order.promised_at, priority=self.order.priority)
        day = _local_day(door_at, self.time_zone)
        return _Choice(tuple(draws), tuple(sorted(weights)), door_at, day, cost)

    def door_of(self, draw: Draw, main: str) -> int:
        """By when a draw could be at the door (UTC epoch ms)."""
        ready_at = max(draw.available_at, self.doors.now) + 1000 * self.order.needs[draw.need].assembly_s
        return self.doors.by(self.warehouse_of(draw, main), ready_at)

    def weight_g(self, draw: Draw) -> int:
        """What a draw weighs."""
        return draw.quantity * self.order.needs[draw.need].weight_g

    def weights(self, draws: Iterable[Draw], main: str) -> dict[str, int]:
        """What leaves each warehouse (g)."""
        weights: dict[str, int] = defaultdict(int)
        for draw in draws:
            weights[self.warehouse_of(draw, main)] += self.weight_g(draw)
        return weights

    def free_at(self, warehouse_id: str, sku_id: str) -> tuple[int, int]:
        """How much of a SKU is still free in a warehouse: in stock, and inbound."""
        there = [s for s in self.supply.sources(sku_id) if s.warehouse_id == warehouse_id]
        in_stock = sum(self.supply.free[s.id] for s in there if s.expected_at is None)
        return in_stock, sum(self.supply.free[s.id] for s in there) - in_stock

    def cheapest(self, free: Mapping[str, int]) -> int:
        """What the order would cost if it had all of ``free`` to itself."""
        choices = (self._drawn_from(mask, free) for mask in self.masks)
        return min((choice.cost for choice in choices if choice), default=self.held.cost)

    def shipping(self, weights: Mapping[str, int]) -> int:
        """The freight for shipments of these weights (g), by warehouse."""
        freight = sum(
            self.rates.shipping(distance_m=self.doors.ways[id].distance_m, weight_g=weight_g)
            for id, weight_g in weights.items()
        )
        return freight + self.rates.per_extra_shipment * (len(weights) - 1)

    def surcharge(self, draw: Draw) -> int:
        """What a draw costs because its goods are not there yet."""
        if draw.source_id is None:
            return self.rates.per_short_draw
        inbound = self.supply.by_id[draw.source_id].expected_at is not None
        return self.rates.per_inbound_draw if inbound else 0


class _Search:
    """All orders with what each has chosen; ``supply`` and ``room`` always say what is left beside that."""

    def __init__(self, cases: Sequence[_Case], supply: Supply, room: Room) -> None:
        self.cases = cases
        self.supply = supply
        self.room = room
        self.chosen: list[_Choice | None] = [None] * len(cases)
        self.contested = Counter(supply.free)
        for case in cases:
            for draw in case.held.draws:
                if draw.source_id is not None:
                    self.contested[draw.source_id] += draw.quantity

    def choose_all(self) -> None:
        """Choose for each order in turn, the most urgent first; the others keep their holds meanwhile."""
        for index in sorted(range(len(self.cases)), key=self._urgency):
            case = self.cases[index]
            self._give_back(case.held)
            choice = case.best(self.supply.free, self.room)
            if choice is None:
                self._take(case.held)
            else:
                self._settle(index, choice)

    def improve(self, *, iterations: int, dice: random.Random) -> None:
        """Ruin and recreate around the orders that would be cheaper off if others did not compete."""
        envious = [index for index in range(len(self.cases)) if self._envies(index)]
        wanting: dict[str, list[int]] = defaultdict(list)
        for index, case in enumerate(self.cases):
            if self.chosen[index] is not None:
                for sku_id in {need.sku_id for need in case.order.needs}:
                    wanting[sku_id].append(index)
        for _ in range(min(iterations, MOST_TRIES_EACH * len(envious))):
            first = dice.choice(envious)
            rivals = wanting[dice.choice(self.cases[first].order.needs).sku_id]
            some = dice.sample(rivals, min(len(rivals), dice.randint(1, MOST_RUINED - 1)))
            self._recreate([first, *(index for index in some if index != first)], dice)

    def _recreate(self, indices: list[int], dice: random.Random) -> None:
        before = [(index, choice) for index in indices if (choice := self.chosen[index]) is not None]
        for index, _ in before:
            self._unsettle(index)
        dice.shuffle(indices)
        cost = 0
        for index in indices:
            choice = self.cases[index].best(self.supply.free, self.room)
            if choice is None:
                break
            self._settle(index, choice)
            cost += choice.cost
        else:
            if cost < sum(choice.cost for _, choice in before):
                return
        for index in indices:
            if self.chosen[index] is not None:
                self._unsettle(index)
        for index, choice in before:
            self._settle(index, choice)

    def _envies(self, index: int) -> bool:
        choice = self.chosen[index]
        return choice is not None and choice.cost > self.cases[index].cheapest(self.contested)

    def _urgency(self, index: int) -> tuple[int, int, str]:
        order = self.cases[index].order
        return order.priority, order.promised_at, order.id

    def _settle(self, index: int, choice: _Choice) -> None:
        self.chosen[index] = choice
        self._take(choice)
        for warehouse_id in choice.ships_from:
            self.room[warehouse_id, choice.day] -= 1

    def _unsettle(self, index: int) -> None:
        choice = self.chosen[index]
        if choice is not None:
            self.chosen[index] = None
            self._give_back(choice)
            for warehouse_id in choice.ships_from:
                self.room[warehouse_id, choice.day] += 1

    def _take(self, choice: _Choice) -> None:
        for draw in choice.draws:
            if draw.source_id is not None:
                self.supply.take(draw.source_id, draw.quantity)

    def _give_back(self, choice: _Choice) -> None:
        for draw in choice.draws:
            if draw.source_id is not None:
                self.supply.give_back(draw.source_id, draw.quantity)

    def answer(self, index: int) -> Allocated | Deferred:
        """What an order has come to, with its reasons."""
        case, choice = self.cases[index], self.chosen[index]
        if choice is None:
            day = case.held.day
            return Deferred(
                case.order.id,
                f"{' and '.join(case.held.ships_from)} can pack no more shipments for {day}; its holds stay",
            )
        return _explained(case, choice)


def _explained(case: _Case, choice: _Choice) -> Allocated:
    main = case.main(choice.draws)
    moved = _taken(choice) != _taken(case.held)
    weights = case.weights(choice.draws, main)
    return Allocated(
        case.order.id,
        tuple(_explained_draw(case, draw, main, weights, choice, moved=moved) for draw in choice.draws),
        main,
        choice.door_at,
        choice.cost,
        moved,
        tuple(_all_rejected(case, choice, main)),
    )


def _explained_draw(
    case: _Case, draw: Draw, main: str, weights: Mapping[str, int], choice: _Choice, *, moved: bool
) -> AllocatedDraw:
    warehouse_id = case.warehouse_of(draw, main)
    calendar = case.doors.calendar(warehouse_id)
    distance_m = case.doors.ways[warehouse_id].distance_m
    if draw.source_id is None:
        need = case.order.needs[draw.need]
        there = local_time(draw.available_at, calendar.time_zone)
        what = f"short: {draw.quantity} of {need.quantity} are neither free nor inbound, expected on {there}"
    else:
        what = source_reason(case.supply.by_id[draw.source_id], calendar)
    parts = [what, f"{distance_m / 1000:.1f} km to the door"]
    if len(weights) > 1:
        parts.append(f"the order takes {len(weights)} shipments")
    if moved and case.held.cost > choice.cost:
        parts.append(f"{case.held.cost - choice.cost} cheaper than as it was held")
    freight = case.rates.shipping(distance_m=distance_m, weight_g=weights[warehouse_id])
    share = freight * case.weight_g(draw) // max(1, weights[warehouse_id])
    return AllocatedDraw(draw, warehouse_id, "; ".join(parts), share + case.surcharge(draw))


def _all_rejected(case: _Case, choice: _Choice, main: str) -> Iterable[Rejected]:
    lines: dict[int, list[Draw]] = defaultdict(list)
    for draw in choice.draws:
        lines[case.order.needs[draw.need].line].append(draw)
    for line, draws in lines.items():
        used = {case.warehouse_of(draw, main) for draw in draws}
        others = [id for id in case.warehouse_ids if id not in used]
        found = [_rejected(case, line, id, draws, choice, main) for id in others]
        yield from sorted(found, key=lambda r: (r.extra_cost, r.warehouse_id))[:MOST_REJECTED]


def _rejected(
    case: _Case, line: int, warehouse_id: str, draws: Sequence[Draw], choice: _Choice, main: str
) -> Rejected:
    """Why a line does not come from a warehouse, and how much more it would have cost."""
    weights: dict[str, int] = defaultdict(int)
    for draw in choice.draws:
        place = warehouse_id if draw in draws else case.warehouse_of(draw, main)
        weights[place] += case.weight_g(draw)
    extra = case.shipping(weights) - case.shipping(case.weights(choice.draws, main))
    reasons, waits = [], 0
    for index in dict.fromkeys(draw.need for draw in draws):
        need = case.order.needs[index]
        in_stock, inbound = case.free_at(warehouse_id, need.sku_id)
        if in_stock < need.quantity:
            reasons.append(f"has {in_stock} of {need.quantity} of {need.sku_id} free, {inbound} inbound")
            enough = in_stock + inbound >= need.quantity
            waits += case.rates.per_inbound_draw if enough else case.rates.per_short_draw
    waits -= sum(map(case.surcharge, draws))
    if not reasons:
        way = case.doors.ways[warehouse_id]
        shipments = f", {len(weights)} shipments instead of {len(choice.ships_from)}"
        more = shipments if len(weights) > len(choice.ships_from) else ""
        reasons.append(f"has enough, but {way.distance_m / 1000:.1f} km to the door{more}")
    return Rejected(line, warehouse_id, "; ".join(reasons), max(0, extra + waits))


def _taken(choice: _Choice) -> Counter[tuple[int, str | None]]:
    """How much is taken for each need from each source."""
    taken: Counter[tuple[int, str | None]] = Counter()
    for draw in choice.draws:
        taken[draw.need, draw.source_id] += draw.quantity
    return taken


def _there(choice: _Choice, free: Mapping[str, int]) -> bool:
    """Whether all that a choice draws is free."""
    wanted: Counter[str] = Counter()
    for draw in choice.draws:
        if draw.source_id is not None:
            wanted[draw.source_id] += draw.quantity
    return all(free[source_id] >= quantity for source_id, quantity in wanted.items())


@lru_cache(maxsize=4096)
def _local_day(at: int, time_zone: str) -> date:
    return local_date(at, time_zone=time_zone)
