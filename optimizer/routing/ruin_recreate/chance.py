# mypy: disable-error-code=no-any-return
"""Random numbers for compiled code: xorshift64*, its state in an array of one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.ruin_recreate.handles import kernel


def seeded(seed: int, stream: int = 0) -> NDArray[np.uint64]:
    """A state for a seed; streams of one seed are independent."""
    return np.random.SeedSequence([seed, stream]).generate_state(1, np.uint64) | np.uint64(1)


@kernel
def draw(state: NDArray[np.uint64]) -> float:
    """Uniform in [0, 1)."""
    word = state[0]
    word ^= word >> np.uint64(12)
    word ^= word << np.uint64(25)
    word ^= word >> np.uint64(27)
    state[0] = word
    return float((word * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@kernel
def draw_below(state: NDArray[np.uint64], bound: int) -> int:
    """Uniform among 0 .. bound - 1."""
    return int(draw(state) * bound)
