"""Compile what numba compiles before anybody waits for it: ``python -m optimizer.warming``.

What is compiled is kept beside the modules (or where NUMBA_CACHE_DIR says), so that later it is only loaded,
in a fraction of a second.
"""

from __future__ import annotations

from optimizer.roads import snapping, travel


def warm_roads() -> None:
    """Compile, or load, what travel times and snapping run."""
    snapping.warm()
    travel.warm()


def warm_search() -> None:
    """Compile, or load, the search for routes; nobody else pays for its import."""
    from optimizer.routing import solver

    solver.warm()


if __name__ == "__main__":
    warm_roads()
    warm_search()
