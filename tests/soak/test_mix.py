"""Everything at once from several threads: whatever is refused, the graph never contradicts itself."""

from __future__ import annotations

import pytest

from api.check.run import check_graph
from tests.soak.mix import Mix
from tests.worlds import small_engine

THREADS = 4


@pytest.mark.parametrize(
    ("seconds", "seed"),
    [
        pytest.param(2.0, 1),
        *(pytest.param(20.0, seed, marks=pytest.mark.soak) for seed in (2, 3, 4)),
    ],
)
def test_operations_of_several_threads_leave_a_graph_without_contradictions(
    seconds: float, seed: int
) -> None:
    engine = small_engine()
    mix = Mix(engine)
    mix.run(threads=THREADS, seconds=seconds, seed=seed)
    assert mix.failures == []
    report = check_graph(engine)
    assert [(f.rule, f.subject, f.message) for f in report.findings] == []
    assert report.looked_at["orders"] == mix.done["place"] > 5 * seconds / 2
    engine.close()
