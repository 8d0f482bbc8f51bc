"""What is computed once of a network and kept as long as it lives: its hierarchy and its metrics.

Networks that differ in what is closed alone share the hierarchy, and a metric is made from that of a
network with almost the same streets closed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from weakref import WeakKeyDictionary

from optimizer.roads.contraction_hierarchy import Hierarchy, build_hierarchy
from optimizer.roads.customization import Metric, customize
from optimizer.roads.network import RoadNetwork, Token
from optimizer.roads.profiles import ANY_VEHICLE, FREE_FLOW, SpeedProfile, VehicleProfile, open_to, travel_ms
from optimizer.roads.recustomization import recustomize

Use = tuple[VehicleProfile, SpeedProfile, int]
"""Who drives, by which speeds, in which slice of the day."""

MOST_REMEMBERED = 32
"""Metrics kept to make others from: 4 MB each for a city of 60,000 junctions."""


@dataclass
class _Prepared:
    """Of one network's streets; the lock lets one thread at a time prepare."""

    lock: Lock = field(default_factory=Lock)
    hierarchy: Hierarchy | None = None
    metrics: WeakKeyDictionary[RoadNetwork, dict[Use, Metric]] = field(default_factory=WeakKeyDictionary)
    latest: dict[Use, Metric] = field(default_factory=dict)

    def remember(self, use: Use, metric: Metric) -> None:
        """Keep the latest metric of each use, of the uses that came last."""
        self.latest.pop(use, None)
        self.latest[use] = metric
        if len(self.latest) > MOST_REMEMBERED:
            del self.latest[next(iter(self.latest))]


_prepared: WeakKeyDictionary[Token, _Prepared] = WeakKeyDictionary()
_prepared_lock = Lock()


def hierarchy_of(network: RoadNetwork) -> Hierarchy:
    """The hierarchy of the network's streets."""
    prepared = _of(network)
    with prepared.lock:
        return _hierarchy(prepared, network)


def metric_of(
    network: RoadNetwork,
    vehicle: VehicleProfile = ANY_VEHICLE,
    speeds: SpeedProfile = FREE_FLOW,
    slice_of_day: int = 0,
) -> Metric:
    """The metric of the network as it is, for a vehicle in a slice of the day."""
    prepared = _of(network)
    use = (vehicle, speeds, slice_of_day)
    with prepared.lock:
        metrics = prepared.metrics.setdefault(network, {})
        if use not in metrics:
            metrics[use] = _metric(prepared, network, use)
            prepared.remember(use, metrics[use])
        return metrics[use]


def _of(network: RoadNetwork) -> _Prepared:
    with _prepared_lock:
        return _prepared.setdefault(network.streets, _Prepared())


def _hierarchy(prepared: _Prepared, network: RoadNetwork) -> Hierarchy:
    if prepared.hierarchy is None:
        prepared.hierarchy = build_hierarchy(network)
    return prepared.hierarchy


def _metric(prepared: _Prepared, network: RoadNetwork, use: Use) -> Metric:
    times, is_open = travel_ms(network, *use), open_to(network, use[0])
    if use in prepared.latest:
        return recustomize(prepared.latest[use], times, is_open)
    return customize(_hierarchy(prepared, network), network.segment_length_m, times, is_open)
