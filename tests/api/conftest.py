"""A server over the small world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.serving import Served, serving
from tests.worlds import small_engine


@pytest.fixture
def served() -> Iterator[Served]:
    """The small world, on Monday at 06:00."""
    engine = small_engine()
    with serving(engine) as running:
        yield running
    engine.close()
