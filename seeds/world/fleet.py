"""The vehicles with their drivers' shifts: what one day can carry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graph.engines.port import EdgeRow, VertexRow
from graph.errors import InvalidInput
from graph.schema import ids
from seeds.world.assortment import CURRENCY
from seeds.world.warehouses import CENTRE, NORTH, PORT


@dataclass(frozen=True)
class VehicleKind:
    """What vehicles of a kind carry, and what they cost in pesos: per day of use, per km, per hour."""

    name: str
    capacity_weight_g: int
    capacity_volume_ml: int
    carries_cold: bool
    cost_fixed: int
    cost_per_km: int
    cost_per_h: int


VAN = VehicleKind("van", 900_000, 6_500_000, False, 32_000, 210, 5_200)
TRUCK = VehicleKind("truck", 4_200_000, 21_000_000, False, 58_000, 390, 6_300)
REEFER = VehicleKind("refrigerated truck", 2_600_000, 13_000_000, True, 74_000, 430, 6_600)

EARLY, DAY, LATE = (7 * 3600 + 1800, 16 * 3600 + 1800), (9 * 3600, 18 * 3600), (12 * 3600, 20 * 3600 + 1800)


@dataclass(frozen=True)
class Vehicle:
    """A vehicle based at a warehouse; the shift is in seconds after local midnight."""

    code: str
    kind: VehicleKind
    warehouse: str
    shift_s: tuple[int, int]
    hazardous: bool = False

    @property
    def id(self) -> str:
        """The id of its vertex."""
        return ids.make("vehicle", self.code)


_FLEET: tuple[tuple[VehicleKind, str, tuple[int, int], bool], ...] = (
    # The first six can carry whatever a warehouse ships, so that a small fleet is one that works.
    (TRUCK, NORTH, EARLY, True),
    (TRUCK, CENTRE, EARLY, True),
    (TRUCK, PORT, EARLY, True),
    (REEFER, NORTH, DAY, False),
    (REEFER, CENTRE, DAY, False),
    (REEFER, PORT, DAY, False),
    (TRUCK, NORTH, DAY, False),
    (TRUCK, CENTRE, DAY, False),
    (TRUCK, PORT, DAY, False),
    (TRUCK, NORTH, LATE, True),
    (TRUCK, CENTRE, LATE, True),
    (TRUCK, PORT, LATE, True),
    (REEFER, CENTRE, EARLY, False),
    (REEFER, PORT, EARLY, False),
    (VAN, NORTH, EARLY, False),
    (VAN, CENTRE, EARLY, True),
    (VAN, PORT, EARLY, False),
    (VAN, NORTH, DAY, True),
    (VAN, CENTRE, DAY, False),
    (VAN, PORT, DAY, True),
    (VAN, NORTH, LATE, False),
    (VAN, CENTRE, LATE, False),
    (VAN, PORT, LATE, False),
    (VAN, NORTH, DAY, False),
    (VAN, CENTRE, EARLY, False),
)


def build_fleet(count: int) -> tuple[Vehicle, ...]:
    """The first ``count`` vehicles of the fleet."""
    if count > len(_FLEET):
        raise InvalidInput("size.vehicles", f"is {count}; the fleet has {len(_FLEET)}")
    return tuple(
        Vehicle(f"V-{number:02d}", kind, warehouse, shift_s, hazardous)
        for number, (kind, warehouse, shift_s, hazardous) in enumerate(_FLEET[:count], start=1)
    )


def vehicle_rows(fleet: Sequence[Vehicle]) -> Iterator[VertexRow]:
    """The vehicles."""
    for vehicle in fleet:
        kind = vehicle.kind
        yield VertexRow(
            "Vehicle",
            vehicle.id,
            {
                "name": f"{kind.name.capitalize()} {vehicle.code}",
                "kind": kind.name,
                "capacity_weight_g": kind.capacity_weight_g,
                "capacity_volume_ml": kind.capacity_volume_ml,
                "carries_cold": kind.carries_cold,
                "carries_hazardous": vehicle.hazardous,
                "shift_start_s": vehicle.shift_s[0],
                "shift_end_s": vehicle.shift_s[1],
                "cost_fixed": kind.cost_fixed,
                "cost_per_km": kind.cost_per_km,
                "cost_per_h": kind.cost_per_h,
                "currency": CURRENCY,
            },
        )


def vehicle_edges(fleet: Sequence[Vehicle]) -> Iterator[EdgeRow]:
    """Where the vehicles start and end."""
    for vehicle in fleet:
        yield EdgeRow("BASED_AT", vehicle.id, ids.make("warehouse", vehicle.warehouse))
