"""Taking an order in: what it must say, and what it comes down to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.clock import LATEST, format_instant
from api.operations.available_supply import Catalogue, load_catalogue
from api.operations.batches import ROWS_A_READ, in_chunks
from api.operations.form import demand_id, demand_number, demand_text, demand_whole
from api.operations.locate_addresses import Located, locate_many
from graph.engines.port import Engine
from graph.errors import InvalidInput, UnknownId
from graph.schema import ids
from graph.schema.ordering import PAPER_KIND
from graph.traversals.ordering import (
    Address,
    CustomerAddress,
    WayTo,
    customer_address,
    customer_addresses,
    numbers_taken,
)
from graph.traversals.supply import SkuSupply
from optimizer.calendar import DAY_S, ReceivingHours
from optimizer.errors import InvalidBillOfMaterial
from optimizer.promise import Demand
from optimizer.supply import Need, Site, Way

MOST_LINES = 100
MOST_OF_A_LINE = 1_000_000
MOST_WEIGHT_G = 1_000_000_000_000
MOST_AHEAD_MS = 2 * 366 * DAY_S * 1000
LONGEST_NUMBER = 60
LONGEST_NUMBER_ENCODED = 200
LONGEST_ADDRESS = 300
LOWEST_PRIORITY = 9
PAPER_KINDS = PAPER_KIND.by_name["kind"].one_of


@dataclass(frozen=True)
class LineRequest:
    """``quantity`` base units of a SKU."""

    sku_id: str
    quantity: int


@dataclass(frozen=True)
class NewLocation:
    """An address given with an order: degrees (WGS 84), and seconds from local midnight."""

    address: str
    longitude: float
    latitude: float
    opens_s: int = 8 * 3600
    closes_s: int = 18 * 3600
    service_s: int = 600


@dataclass(frozen=True)
class PlaceOrder:
    """An order as a customer asks for it; times are UTC epoch ms.

    Without a ``location`` it goes to the customer's usual address. ``missing_papers`` are kinds of
    documents that are still to be attached. With ``latest_at`` the order is refused rather than promised
    for later.
    """

    number: str
    customer_id: str
    requested_at: int
    lines: tuple[LineRequest, ...]
    location: NewLocation | None = None
    priority: int = 3
    missing_papers: tuple[str, ...] = ()
    latest_at: int | None = None

    @property
    def order_id(self) -> str:
        """The id the order gets."""
        return ids.order(self.number)


@dataclass(frozen=True)
class Intake:
    """What the graph says about the orders of a batch."""

    customers: Mapping[str, CustomerAddress]
    catalogue: Catalogue
    taken: frozenset[str]
    sites: Mapping[str, Site]
    located: Mapping[NewLocation, Located | InvalidInput]


@dataclass(frozen=True)
class AcceptedOrder:
    """A request that can be fulfilled in principle, with all that it needs."""

    request: PlaceOrder
    address: Address
    located: Located | None
    demand: Demand
    skus: Mapping[str, SkuSupply]


def check_form(request: PlaceOrder, *, now: int) -> None:
    """Raise :class:`InvalidInput` for what is wrong with a request whatever the graph says."""
    demand_text("number", request.number, most=LONGEST_NUMBER)
    if len(ids.encode(request.number)) > LONGEST_NUMBER_ENCODED:
        raise InvalidInput("number", f"is too long for an id: {request.number}; use plain letters and digits")
    demand_id("customerId", request.customer_id, "customer")
    demand_whole("priority", request.priority, least=1, most=LOWEST_PRIORITY)
    _check_times(request, now=now)
    if not 1 <= len(request.lines) <= MOST_LINES:
        raise InvalidInput("lines", f"has {len(request.lines)} entries; an order has 1 to {MOST_LINES}")
    for i, line in enumerate(request.lines):
        demand_id(f"lines[{i}].skuId", line.sku_id, "SKU")
        demand_whole(f"lines[{i}].quantity", line.quantity, least=1, most=MOST_OF_A_LINE)
    for i, kind in enumerate(request.missing_papers):
        if kind not in PAPER_KINDS:
            raise InvalidInput(
                f"missingPapers[{i}]", f"is {kind!r:.40}; it is one of {', '.join(PAPER_KINDS)}"
            )
    if request.location is not None:
        _check_location(request.location)


def read_intake(engine: Engine, requests: Sequence[PlaceOrder], sites: Mapping[str, Site]) -> Intake:
    """Read what the requests refer to: four round trips per 1,000 requests, two more for new addresses."""
    customers: dict[str, CustomerAddress] = {}
    taken: set[str] = set()
    for chunk in in_chunks(requests, ROWS_A_READ):
        customer_ids = list(dict.fromkeys(request.customer_id for request in chunk))
        for row in engine.run(customer_addresses(engine.g, customer_ids)):
            customers[row["id"]] = customer_address(row)
        taken.update(engine.run(numbers_taken(engine.g, [request.order_id for request in chunk])))
    sku_ids = [line.sku_id for request in requests for line in request.lines]
    places = list(dict.fromkeys(r.location for r in requests if r.location is not None))
    answers = locate_many(engine, [(place.longitude, place.latitude) for place in places]) if places else []
    return Intake(
        customers,
        load_catalogue(engine, sku_ids),
        frozenset(taken),
        sites,
        dict(zip(places, answers, strict=True)),
    )


def accept(request: PlaceOrder, intake: Intake) -> AcceptedOrder:
    """What the order comes down to; :class:`InvalidInput` says what it refers to that cannot be."""
    if request.order_id in intake.taken:
        raise InvalidInput("number", f"{request.number} is taken by another order; give a new one")
    customer = intake.customers.get(request.customer_id)
    if customer is None:
        raise UnknownId("customerId", f"{request.customer_id} is no customer")
    address, located = _address(request, customer, intake)
    needs = tuple(need for i, line in enumerate(request.lines) for need in _needs(i, line, intake.catalogue))
    _check_weight(request, needs)
    skus = intake.catalogue.skus
    ways = tuple(
        Way(way.warehouse_id, way.travel_s, way.distance_m)
        for way in address.ways
        if way.warehouse_id in intake.sites
    )
    hours = ReceivingHours(address.opens_s, address.closes_s, address.service_s)
    return AcceptedOrder(request, address, located, Demand(needs, request.requested_at, hours, ways), skus)


def _check_times(request: PlaceOrder, *, now: int) -> None:
    demand_whole("requestedAt", request.requested_at, least=0, most=LATEST, unit=" (UTC epoch ms)")
    if request.requested_at < now:
        asked, present = format_instant(request.requested_at), format_instant(now)
        raise InvalidInput(
            "requestedAt", f"lies in the past: {asked} is before now, {present}; give a later time"
        )
    if request.requested_at > now + MOST_AHEAD_MS:
        asked, last = format_instant(request.requested_at), format_instant(now + MOST_AHEAD_MS)
        raise InvalidInput(
            "requestedAt",
            f"lies too far ahead: {asked} is after {last}, two years from now; give a time before",
        )
    if request.latest_at is not None and request.latest_at < request.requested_at:
        raise InvalidInput("latestAt", "lies before requestedAt; give a later time, or leave it out")


def _check_location(place: NewLocation) -> None:
    demand_text("location.address", place.address, most=LONGEST_ADDRESS, lines=True)
    demand_number("location.longitude", place.longitude)
    demand_number("location.latitude", place.latitude)
    demand_whole("location.opensS", place.opens_s, least=0, most=DAY_S, unit=" (s after midnight)")
    demand_whole(
        "location.closesS", place.closes_s, least=place.opens_s + 1, most=DAY_S, unit=" (s after midnight)"
    )
    demand_whole("location.serviceS", place.service_s, least=0, most=4 * 3600, unit=" (s)")


def _address(
    request: PlaceOrder, customer: CustomerAddress, intake: Intake
) -> tuple[Address, Located | None]:
    place = request.location
    if place is None:
        if customer.address is None:
            raise InvalidInput("location", f"is needed: {customer.id} has no usual address")
        return customer.address, None
    located = intake.located[place]
    if isinstance(located, InvalidInput):
        raise located
    ways = tuple(WayTo(id, *way) for id, way in located.reached_from.items())
    location_id = ids.make("location", "order", request.number)
    return Address(location_id, place.opens_s, place.closes_s, place.service_s, ways), located


def _needs(index: int, line: LineRequest, catalogue: Catalogue) -> list[Need]:
    sku = catalogue.skus.get(line.sku_id)
    if sku is None:
        raise UnknownId(f"lines[{index}].skuId", f"{line.sku_id} is no SKU")
    if sku.discontinued:
        instead = f"; order {' or '.join(sku.substitutes)} instead" if sku.substitutes else ""
        raise InvalidInput(f"lines[{index}].skuId", f"{sku.id} ({sku.name}) is discontinued{instead}")
    try:
        exploded = catalogue.bill.explode(sku.id, line.quantity)
    except InvalidBillOfMaterial as wrong:
        raise InvalidInput(f"lines[{index}].skuId", f"cannot be taken apart: {wrong}") from wrong
    return [
        Need(index + 1, sku_id, quantity, sku.assembly_s, catalogue.skus[sku_id].weight_g)
        for sku_id, quantity in exploded.items()
    ]


def _check_weight(request: PlaceOrder, needs: Sequence[Need]) -> None:
    total_g = sum(need.quantity * need.weight_g for need in needs)
    if total_g > MOST_WEIGHT_G:
        heaviest = max(needs, key=lambda need: need.quantity * need.weight_g)
        quantity = request.lines[heaviest.line - 1].quantity
        raise InvalidInput(
            f"lines[{heaviest.line - 1}].quantity",
            f"of {quantity} makes the order weigh {total_g // 1_000_000} t; at most "
            f"{MOST_WEIGHT_G // 1_000_000} t can be ordered at once",
        )
