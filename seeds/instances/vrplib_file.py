"""VRPLIB files with the extra sections that PyVRP's reader knows.

Time windows, service and release times, several depots, prizes, backhauls, pickup and delivery; vehicles
with capacity, depot, reload depots, allowed clients, costs and limits of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import vrplib
from numpy.typing import NDArray

from graph.errors import InvalidInput
from optimizer.routing.model import Depot, RoutingProblem, Shipment, Stop, TimeWindow, Travel, Vehicle, Visit
from seeds.instances.instance import COST_PER_KM, NO_END_S, Instance, euclidean, same_travel
from seeds.instances.rounding import UNITS, Rounding, Units

UNSUPPORTED = {
    "mutually_exclusive_group": "alternatives of which one is served are not modelled",
}


def is_vrplib(text: str) -> bool:
    """Whether this looks like a file of the format."""
    return "DIMENSION" in text and "_SECTION" in text


def read_vrplib(text: str, path: Path, rounding: Rounding) -> Instance:
    """Read the text of a file.

    Raises:
        InvalidInput: it is not in the format, or has a section that the model cannot express.
    """
    file = _File(_parsed(text, path), path, UNITS[rounding])
    shipments, visit_of = _shipments(file)
    depots = tuple(Depot(str(depot), depot) for depot in range(file.depots))
    visit_of |= {depot: Visit(reload=depot) for depot in range(file.depots)}
    return Instance(
        name=str(file.data.get("name", path.stem)).strip(),
        rounding=rounding,
        problem=RoutingProblem(
            dimensions=tuple(f"demand {d + 1}" for d in range(file.demand.shape[1])),
            depots=depots,
            vehicles=_vehicles(file),
            shipments=shipments,
            travel=(_travel(file),),
        ),
        visit_of=visit_of,
        coordinates=file.coordinates,
    )


class _File:
    """A parsed file: each section as whole units, one row for each node or vehicle."""

    def __init__(self, data: Mapping[str, Any], path: Path, units: Units) -> None:
        self.data, self.path, self.units = data, path, units
        for section, why in UNSUPPORTED.items():
            if section in data:
                raise InvalidInput(f"{path}: {section.upper()}_SECTION", f"cannot be used: {why}")
        self.nodes = self._count("dimension", None)
        depots = np.asarray(data.get("depot", [0])).tolist()
        self.depots = len(depots)
        if not depots or depots != list(range(self.depots)):
            raise self.refused("depot", "must name the first nodes, from 1 on")
        clients = self.nodes - self.depots
        if "pickup_and_delivery" in data:
            clients //= 2
        self.vehicles = self._count("vehicles", clients)
        self.coordinates = self.rows("node_coord", columns=2) if "node_coord" in data else None
        self.demand = self._demands("linehaul" if "demand" not in data else "demand")
        self.backhaul = self._demands("backhaul")
        self.service_s = self._service_s()

    def refused(self, section: str, says: str) -> InvalidInput:
        """What to raise about a section."""
        return InvalidInput(f"{self.path}: {section.upper()}_SECTION", says)

    def rows(self, section: str, *, columns: int | None = None) -> NDArray[np.float64]:
        """A section with one row for each node, shape (nodes, columns)."""
        return self._table(section, self.nodes, "nodes", columns)

    def per_vehicle(self, section: str, default: float) -> NDArray[np.float64]:
        """A number for each vehicle, whether the file has one for all or a section."""
        given = self.data.get(section, default)
        if np.ndim(given) == 0:
            return np.full(self.vehicles, self._number(section, given))
        return self._table(section, self.vehicles, "vehicles", 1)[:, 0]

    def ids_per_vehicle(self, section: str) -> list[tuple[int, ...]] | None:
        """Nodes for each vehicle, counted from 0; None where the section is not there."""
        if section not in self.data:
            return None
        rows = [np.atleast_1d(row).tolist() for row in self.data[section]]
        if len(rows) != self.vehicles:
            raise self.refused(section, f"has {len(rows)} rows for {self.vehicles} vehicles")
        if not all(type(node) is int and 1 <= node <= self.nodes for row in rows for node in row):
            raise self.refused(section, f"must name nodes from 1 to {self.nodes}")
        return [tuple(node - 1 for node in row) for row in rows]

    def windows_s(self) -> NDArray[np.float64]:
        """The time window of each node in whole seconds, shape (nodes, 2)."""
        if "pickup_and_delivery" in self.data:
            return self.units.whole(self.rows("pickup_and_delivery", columns=6)[:, 1:3])
        if "time_window" in self.data:
            return self.units.whole(self.rows("time_window", columns=2))
        return np.tile([0.0, NO_END_S], (self.nodes, 1))

    def _service_s(self) -> NDArray[np.float64]:
        if "pickup_and_delivery" in self.data:
            return self.units.whole(self.rows("pickup_and_delivery", columns=6)[:, 3])
        given = self.data.get("service_time", 0)
        if np.ndim(given) > 0:
            return self.units.whole(self.rows("service_time", columns=1)[:, 0])
        service = np.full(self.nodes, self._number("service_time", given))
        service[: self.depots] = 0
        return self.units.whole(service)

    def _demands(self, section: str) -> NDArray[np.float64]:
        if section not in self.data:
            return np.zeros((self.nodes, 1))
        return self.rows(section)

    def _table(self, section: str, rows: int, of: str, columns: int | None) -> NDArray[np.float64]:
        try:
            table = np.array(self.data[section], dtype=np.float64)
        except (ValueError, TypeError):
            raise self.refused(section, "must have rows of equally many numbers") from None
        if table.ndim == 1:
            table = table[:, None]
        if len(table) != rows:
            raise self.refused(section, f"has {len(table)} rows for {rows} {of}")
        if columns is not None and table.shape[1] != columns:
            raise self.refused(section, f"must have {columns} number(s) a row, not {table.shape[1]}")
        if not np.isfinite(table).all():
            raise self.refused(section, "has a number that is not finite")
        return table

    def _count(self, field: str, default: int | None) -> int:
        given = self.data.get(field, default)
        if type(given) is not int or given < 1:
            raise InvalidInput(f"{self.path}: {field.upper()}", f"is {given!r}: must be 1 or more")
        return given

    def _number(self, field: str, given: object) -> float:
        if not isinstance(given, int | float | np.number) or not np.isfinite(given):
            raise InvalidInput(f"{self.path}: {field.upper()}", f"is {given!r}: must be a finite number")
        return float(given)


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        parsed: dict[str, Any] = vrplib.parse.parse_vrplib(text, compute_edge_weights=False)
    except (RuntimeError, ValueError, TypeError, IndexError, KeyError) as error:
        raise InvalidInput(str(path), f"is no VRPLIB file: {error}") from None
    return parsed


def _travel(file: _File) -> Travel:
    """Distances by the file's type; backhauls come after linehauls where the type says so."""
    distance = file.units.whole(_distances(file))
    np.fill_diagonal(distance, 0)
    if str(file.data.get("type", "")).strip().upper() == "VRPB":
        linehaul, backhaul = file.demand.any(axis=1), file.backhaul.any(axis=1)
        distance[: file.depots, backhaul] = np.inf
        distance[np.ix_(backhaul, linehaul)] = np.inf
    return same_travel(distance)


def _distances(file: _File) -> NDArray[np.float64]:
    kind = str(file.data.get("edge_weight_type", "")).strip().upper()
    if "edge_weight" in file.data:
        distance = np.array(file.data["edge_weight"], dtype=np.float64)
        if distance.shape != (file.nodes, file.nodes):
            raise file.refused("edge_weight", f"is {distance.shape}, not {file.nodes} x {file.nodes}")
        return distance
    if file.coordinates is None:
        raise InvalidInput(str(file.path), "has neither NODE_COORD_SECTION nor EDGE_WEIGHT_SECTION")
    distance = euclidean(file.coordinates)
    if kind == "EUC_2D":
        return distance
    if kind == "FLOOR_2D":
        return np.floor(distance)
    if kind == "CEIL_2D":
        return np.ceil(distance)
    if kind == "EXACT_2D":
        return np.rint(1000 * distance)
    raise InvalidInput(f"{file.path}: EDGE_WEIGHT_TYPE", f"{kind!r} is not known: EUC_2D, for example, is")


def _load(file: _File, amounts: NDArray[np.float64]) -> tuple[int, ...]:
    """Loads as they are where all are whole, else as the rounding has them."""
    if _whole_loads(file):
        return tuple(int(amount) for amount in amounts)
    return tuple(file.units.whole_number(amount) for amount in amounts)


def _whole_loads(file: _File) -> bool:
    tables = (file.demand, file.backhaul, np.asarray(file.data.get("capacity", 0), dtype=np.float64))
    return all(bool((table == np.rint(table)).all()) for table in tables)


def _shipments(file: _File) -> tuple[tuple[Shipment, ...], dict[int, Visit]]:
    if "pickup_and_delivery" in file.data:
        return _pickups_and_deliveries(file)
    windows_s = file.windows_s()
    release_s = file.units.whole(_or_zero(file, "release_time"))
    prize = file.units.whole(_or_zero(file, "prize"))
    allowed = _vehicles_of(file)
    shipments: list[Shipment] = []
    visit_of: dict[int, Visit] = {}
    for node in range(file.depots, file.nodes):
        delivered, collected = file.demand[node].any(), file.backhaul[node].any()
        if delivered and collected:
            raise file.refused("backhaul", f"has node {node + 1}, which has a delivery too: not modelled")
        one = _stop(file, node, windows_s)
        visit_of[node] = Visit(pickup=len(shipments)) if collected else Visit(delivery=len(shipments))
        shipments.append(
            Shipment(
                id=str(node),
                load=_load(file, file.backhaul[node] if collected else file.demand[node]),
                pickup=one if collected else None,
                delivery=None if collected else one,
                release_at=1000 * int(release_s[node]),
                vehicles=None if allowed is None else allowed.get(node, frozenset()),
                prize=int(prize[node]) or None,
            )
        )
    return tuple(shipments), visit_of


def _pickups_and_deliveries(file: _File) -> tuple[tuple[Shipment, ...], dict[int, Visit]]:
    rows, windows_s = file.rows("pickup_and_delivery", columns=6), file.windows_s()
    shipments: list[Shipment] = []
    visit_of: dict[int, Visit] = {}
    for node in range(file.depots, file.nodes):
        pickup, delivery = int(rows[node, 4]) - 1, int(rows[node, 5]) - 1
        if pickup >= 0:
            if pickup >= file.nodes or int(rows[pickup, 5]) - 1 != node:
                raise file.refused("pickup_and_delivery", f"has at {node + 1} a delivery without its pickup")
            continue
        if not file.depots <= delivery < file.nodes or int(rows[delivery, 4]) - 1 != node:
            raise file.refused("pickup_and_delivery", f"has at {node + 1} a pickup without its delivery")
        visit_of[node] = Visit(pickup=len(shipments))
        visit_of[delivery] = Visit(delivery=len(shipments))
        shipments.append(
            Shipment(
                id=f"{node}-{delivery}",
                load=_load(file, rows[node, :1]),
                pickup=_stop(file, node, windows_s),
                delivery=_stop(file, delivery, windows_s),
            )
        )
    return tuple(shipments), visit_of


def _stop(file: _File, node: int, windows_s: NDArray[np.float64]) -> Stop:
    opens_s, closes_s = windows_s[node].tolist()
    open_always = (opens_s, closes_s) == (0, NO_END_S)
    windows = () if open_always else (TimeWindow(1000 * int(opens_s), 1000 * int(closes_s)),)
    return Stop(node, service_s=int(file.service_s[node]), windows=windows)


def _or_zero(file: _File, section: str) -> NDArray[np.float64]:
    given = file.data.get(section, 0)
    if np.ndim(given) == 0:
        return np.full(file.nodes, float(given))
    return file.rows(section, columns=1)[:, 0]


def _vehicles_of(file: _File) -> dict[int, frozenset[int]] | None:
    """The vehicles that may serve each node."""
    allowed = file.ids_per_vehicle("vehicles_allowed_clients")
    if allowed is None:
        return None
    found: dict[int, set[int]] = {}
    for vehicle, nodes in enumerate(allowed):
        for node in nodes:
            found.setdefault(node, set()).add(vehicle)
    return {node: frozenset(vehicles) for node, vehicles in found.items()}


def _vehicles(file: _File) -> tuple[Vehicle, ...]:
    units, windows_s = file.units, file.windows_s()
    home = (file.per_vehicle("vehicles_depot", 1) - 1).astype(int)
    if not ((home >= 0) & (home < file.depots)).all():
        raise file.refused("vehicles_depot", f"must name depots from 1 to {file.depots}")
    reload_depots = file.ids_per_vehicle("vehicles_reload_depot") or [()] * file.vehicles
    if any(depot >= file.depots for depots in reload_depots for depot in depots):
        raise file.refused("vehicles_reload_depot", f"must name depots from 1 to {file.depots}")
    max_reloads = file.per_vehicle("vehicles_max_reloads", file.nodes)
    fixed = units.whole(file.per_vehicle("vehicles_fixed_cost", 0))
    per_unit = file.per_vehicle("vehicles_unit_distance_cost", 1)
    capacity = _capacities(file)
    max_distance = units.whole(file.per_vehicle("vehicles_max_distance", NO_END_S))
    max_duration = units.whole(file.per_vehicle("vehicles_max_duration", NO_END_S))
    no_limit = units.whole_number(NO_END_S)
    return tuple(
        Vehicle(
            id=str(vehicle + 1),
            kind=_kind(file, capacity[vehicle], per_unit[vehicle], int(home[vehicle])),
            capacity=capacity[vehicle],
            start=int(home[vehicle]),
            end=int(home[vehicle]),
            depot=int(home[vehicle]),
            shift_starts_at=1000 * int(windows_s[home[vehicle], 0]),
            shift_ends_at=1000 * int(windows_s[home[vehicle], 1]),
            reload_depots=reload_depots[vehicle],
            max_reloads=int(max_reloads[vehicle]) if reload_depots[vehicle] else 0,
            cost_fixed=int(fixed[vehicle]),
            cost_per_km=round(COST_PER_KM * float(per_unit[vehicle])),
            max_distance_m=None if max_distance[vehicle] >= no_limit else int(max_distance[vehicle]),
            max_duration_s=None if max_duration[vehicle] >= no_limit else int(max_duration[vehicle]),
        )
        for vehicle in range(file.vehicles)
    )


def _kind(file: _File, capacity: tuple[int, ...], per_unit: float, home: int) -> str:
    """What tells vehicles apart, as a name."""
    words = [f"capacity {'+'.join(map(str, capacity))}"]
    if per_unit != 1:
        words.append(f"cost {per_unit:g}")
    if file.depots > 1:
        words.append(f"depot {home}")
    return ", ".join(words)


def _capacities(file: _File) -> list[tuple[int, ...]]:
    dimensions = file.demand.shape[1]
    given = file.data.get("capacity")
    if given is None:
        total = file.demand.sum(axis=0) + file.backhaul.sum(axis=0)
        return [_load(file, np.ceil(total))] * file.vehicles
    if np.ndim(given) == 0:
        return [_load(file, np.full(dimensions, float(given)))] * file.vehicles
    table = np.array(given, dtype=np.float64).reshape(len(given), -1)
    if table.shape != (file.vehicles, dimensions):
        raise file.refused("capacity", f"has {table.shape}, not {file.vehicles} x {dimensions} numbers")
    return [_load(file, row) for row in table]
