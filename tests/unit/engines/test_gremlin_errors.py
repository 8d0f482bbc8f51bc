"""What a Gremlin server's errors mean depends on what it was asked."""

from __future__ import annotations

import pytest

from graph.engines.gremlin_connections import ServerError
from graph.engines.gremlin_errors import Asked, of_server
from graph.errors import Conflict, Contention

TAKEN = ServerError(500, "Vertex with id already exists: item/6", {})


@pytest.mark.parametrize(("inserts", "error"), [(True, Conflict), (False, Contention)])
def test_a_vertex_made_by_another_meanwhile_is_met_again_by_what_merges(
    inserts: bool, error: type[Conflict]
) -> None:
    assert type(of_server(TAKEN, Asked(lambda: "a traversal", inserts=inserts))) is error
