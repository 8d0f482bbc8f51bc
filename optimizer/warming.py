"""Compile what numba compiles before anybody waits for it: ``python -m optimizer.warming``.

What is compiled is kept beside the modules (or where NUMBA_CACHE_DIR says), so that later it is only loaded,
in a fraction of a second.
"""

from __future__ import annotations

from optimizer.roads import snapping, travel


def warm_all() -> None:
    """Compile, or load, all of it."""
    snapping.warm()
    travel.warm()


if __name__ == "__main__":
    warm_all()
