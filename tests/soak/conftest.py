"""A small demo world that was built once, for tests that try to break it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.processes import watched
from tests.soak.small_demo import demo_command


@pytest.fixture(scope="session")
def demo_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a small demo of seed 1; copy it before changing it."""
    path = tmp_path_factory.mktemp("demo") / "store"
    with watched(demo_command(path, seed=1)) as process:
        assert process.wait() == 0, process.errors
    return path
