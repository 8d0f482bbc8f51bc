"""The three warehouses and the times of day they work by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graph.engines.port import EdgeRow, VertexRow
from graph.schema import ids
from optimizer.calendar import WarehouseCalendar
from seeds.world.streets import Spot, Streets, snap_edge

TIME_ZONE = "America/Santiago"
CUTOFF_S = 18 * 3600
PICK_PACK_S = 5400
DEPARTS_S = 7 * 3600 + 1800
CLOSED_WEEKDAYS = "7"
DAILY_SHIPMENTS = 420

CALENDAR = WarehouseCalendar(
    TIME_ZONE,
    cutoff_s=CUTOFF_S,
    departs_s=DEPARTS_S,
    pick_pack_s=PICK_PACK_S,
    closed_weekdays=frozenset(map(int, CLOSED_WEEKDAYS)),
)

NORTH, CENTRE, PORT = "W-NORTH", "W-CENTRE", "W-PORT"
THOROUGHFARES = ("primary", "secondary")
_SITES = (
    (NORTH, "Las Compañías", -71.2470, -29.8750),
    (CENTRE, "La Serena Centro", -71.2600, -29.9330),
    (PORT, "Puerto de Coquimbo", -71.3370, -29.9530),
)


@dataclass(frozen=True)
class Site:
    """A warehouse on its street."""

    code: str
    name: str
    spot: Spot

    @property
    def id(self) -> str:
        """The id of its vertex."""
        return ids.make("warehouse", self.code)


def build_sites(streets: Streets) -> tuple[Site, ...]:
    """The warehouses, each on the thoroughfare nearest to where it is meant to be."""
    return tuple(
        Site(code, name, streets.spots_near(longitude, latitude, road_classes=THOROUGHFARES, off_m=25.0)[0])
        for code, name, longitude, latitude in _SITES
    )


def warehouse_rows(sites: Sequence[Site]) -> Iterator[VertexRow]:
    """The warehouses."""
    for site in sites:
        yield VertexRow(
            "Warehouse",
            site.id,
            {
                "name": site.name,
                "longitude": site.spot.longitude,
                "latitude": site.spot.latitude,
                "time_zone": TIME_ZONE,
                "pick_pack_s": PICK_PACK_S,
                "cutoff_s": CUTOFF_S,
                "departs_s": DEPARTS_S,
                "closed_weekdays": CLOSED_WEEKDAYS,
                "daily_shipments": DAILY_SHIPMENTS,
            },
        )


def warehouse_edges(sites: Sequence[Site], streets: Streets) -> Iterator[EdgeRow]:
    """Where on the road the warehouses are."""
    for site in sites:
        yield snap_edge(site.id, site.spot, streets)
