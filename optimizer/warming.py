"""Compile what numba compiles before anybody waits for it: ``python -m optimizer.warming``.

What is compiled is kept beside the modules (or where NUMBA_CACHE_DIR says), so that later it is only loaded,
in a fraction of a second.
"""

from __future__ import annotations

from optimizer.roads import snapping, travel
from optimizer.routing import solver


def warm_roads() -> None:
    """Compile, or load, what travel times and snapping run."""
    snapping.warm()
    travel.warm()


if __name__ == "__main__":
    warm_roads()
    solver.warm()
