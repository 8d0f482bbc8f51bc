"""The commands about engines."""

from __future__ import annotations

import json

from click.testing import CliRunner

from api.cli import cli


def test_the_engines_are_listed_with_what_they_can() -> None:
    told = CliRunner().invoke(cli, ["engines"])
    assert told.exit_code == 0
    for title in ("embedded (Graphersal)", "Gremlin Server", "JanusGraph", "Neo4j 5", "Amazon Neptune"):
        assert title in told.output
    listed = json.loads(CliRunner().invoke(cli, ["engines", "--json"]).output)
    assert {"embedded", "gremlin-server", "janusgraph", "neo4j", "neptune"} <= {e["name"] for e in listed}


def test_a_traversal_is_shown_in_every_language() -> None:
    asked = "g.V().has('Order', 'status', 'ready').out('HAS_LINE').count()"
    embedded, gremlin, neo4j = json.loads(CliRunner().invoke(cli, ["compile", "--json", asked]).output)
    assert embedded["text"].startswith('g.V().has("Order","status",p0)')
    assert embedded["parameters"] == {"p0": "ready"}
    assert gremlin["text"] == asked.replace(", ", ",")
    assert neo4j["text"].startswith("MATCH (v1:`Order`) WHERE v1.`status` = $p0")
    assert neo4j["parameters"] == {"p0": "ready"}


def test_how_often_a_walk_goes_round_is_a_part_of_what_neo4j_is_sent() -> None:
    asked = "g.V('sku/S-1').repeat(in('COMPONENT_OF')).times(2).id()"
    *_, neo4j = json.loads(CliRunner().invoke(cli, ["compile", "--json", asked]).output)
    assert neo4j["text"].count("COMPONENT_OF") == 2


def test_a_traversal_that_no_engine_takes_is_refused_with_what_to_say_instead() -> None:
    result = CliRunner().invoke(cli, ["compile", "g.V().match(as('a').out('HAS_LINE').as('b'))"])
    assert result.exit_code == 3
    assert "match cannot run on neo4j: walk with as_(), select() and where()" in result.output


def test_what_is_no_gremlin_is_told_apart() -> None:
    result = CliRunner().invoke(cli, ["compile", "SELECT 1"])
    assert "cannot be read" in str(result.exception)
