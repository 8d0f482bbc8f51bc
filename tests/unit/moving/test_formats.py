"""Both formats of an export: what is written comes back, and what is wrong is named by file and line."""

from __future__ import annotations

import csv
import gzip
import json
import string
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graph.engines.opening import open_engine
from graph.engines.port import EdgeRow, VertexRow
from graph.errors import InvalidInput
from graph.moving.export_files import open_export
from graph.moving.exporting import export_graph
from graph.moving.loading import load_graph
from graph.moving.manifest import manifest_path
from tests.engines.small_schema import SMALL
from tests.engines.test_values import INTEGERS, REALS, TEXTS

FORMATS = ("graphson", "neptune-csv")

texts = st.text(st.characters(blacklist_categories=["Cs"])) | st.sampled_from(TEXTS)
integers = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([int(n) for n in INTEGERS])
reals = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(REALS)
codes = st.text(
    string.ascii_letters + "0123456789 !\"#$%&'()*+,-./:;<=>?@[]_`{|}~\\", min_size=1, max_size=40
)
items = st.fixed_dictionaries(
    {"name": texts, "weight_g": integers},
    optional={"price": reals, "fragile": st.booleans(), "grade": st.sampled_from("abc"), "note": texts},
)
legs = st.dictionaries(integers, reals, max_size=4)


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=40)
@given(st.dictionaries(codes, items, min_size=1, max_size=5), st.integers(-5, 5), legs)
@example({f"{i}": {"name": text, "weight_g": 0, "note": text} for i, text in enumerate(TEXTS)}, 1, {})
@example(
    {"x": {"name": "", "weight_g": 0, "price": -0.0}, 'a "b", c': {"name": ",", "weight_g": 1}}, 1, {1: 0.1}
)
def test_any_values_come_back(
    format: str, compress: bool, items: dict[str, dict[str, Any]], quantity: int, legs: dict[int, float]
) -> None:
    vertices = [VertexRow("Item", f"item/{code}", values) for code, values in items.items()]
    vertices += [VertexRow("Depot", f"depot/{code}", {"name": code}) for code in "NS"]
    edges = [EdgeRow("LEG", "depot/N", "depot/S", {"number": n, "cost": c}) for n, c in legs.items()]
    ids = [f"item/{code}" for code in items]
    edges += [EdgeRow("PART_OF", ids[0], id, {"quantity": quantity}) for id in ids[1:]]
    with TemporaryDirectory() as folder, closing(open_engine("embedded:", SMALL)) as engine:
        engine.bulk_load(vertices, edges)
        exported = export_graph(engine, SMALL, Path(folder, "x"), format=format, compress=compress)
        source, manifest = open_export(exported.path, SMALL, format=format)
        assert manifest == exported.manifest
        assert {row.id: row for rows in source.vertices() for row in rows} == {v.id: v for v in vertices}
        read = [row for rows in source.edges() for row in rows]
        assert sorted(read, key=_place) == sorted(edges, key=_place)
        with closing(open_engine("embedded:", SMALL)) as other:
            loaded = load_graph(source, other, SMALL, expected=exported.manifest.census)
            assert loaded.written == len(vertices) + len(edges)
            assert load_graph(source, other, SMALL, expected=exported.manifest.census).written == 0


def _place(edge: EdgeRow) -> tuple[Any, ...]:
    return edge.label, edge.to_id, edge.properties.get("number", 0)


def test_what_neptune_is_given(tmp_path: Path) -> None:
    with closing(open_engine("embedded:", SMALL)) as engine:
        engine.bulk_load(
            [
                VertexRow("Item", 'item/a,"b"', {"name": 'x\n"y"', "weight_g": 2**40, "price": 0.1}),
                VertexRow("Item", "item/c", {"name": "", "weight_g": 1, "fragile": True}),
            ],
            [EdgeRow("PART_OF", 'item/a,"b"', "item/c", {"quantity": 3})],
        )
        export_graph(engine, SMALL, tmp_path / "world", format="neptune-csv")
    assert sorted(each.name for each in (tmp_path / "world").iterdir()) == [
        "edges-PART_OF.csv",
        "vertices-Item.csv",
    ]
    assert (tmp_path / "world" / "vertices-Item.csv").read_text().splitlines()[0] == (
        "~id,~label,name:String(single),weight_g:Long(single),price:Double(single),fragile:Bool(single),"
        "grade:String(single),note:String(single)"
    )
    with (tmp_path / "world" / "vertices-Item.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1] == ['item/a,"b"', "Item", 'x\n"y"', str(2**40), "0.1", "", "", ""]
    with (tmp_path / "world" / "edges-PART_OF.csv").open(newline="") as file:
        header, edge = csv.reader(file)
    assert header == ["~id", "~from", "~to", "~label", "quantity:Long"]
    assert edge[1:] == ['item/a,"b"', "item/c", "PART_OF", "3"]


def test_edges_have_the_same_ids_each_time_and_their_own(tmp_path: Path) -> None:
    ids = []
    for name in ("one", "other"):
        with closing(open_engine("embedded:", SMALL)) as engine:
            depots = [VertexRow("Depot", f"depot/{code}", {"name": code}) for code in "NS"]
            legs = [EdgeRow("LEG", "depot/N", "depot/S", {"number": n, "cost": 0.5}) for n in range(9)]
            engine.bulk_load(depots, legs if name == "one" else legs[::-1])
            exported = export_graph(engine, SMALL, tmp_path / name, format="graphson")
        lines = [json.loads(line) for line in exported.path.read_text().splitlines()]
        ids.append({edge["id"] for line in lines for edge in line.get("outE", {}).get("LEG", [])})
        assert ids[-1] == {edge["id"] for line in lines for edge in line.get("inE", {}).get("LEG", [])}
    assert ids[0] == ids[1]
    assert len(ids[0]) == 9


def test_files_of_other_programs_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "csv"
    folder.mkdir()
    (folder / "everything.csv").write_bytes(
        b"\xef\xbb\xbf~id,name,weight_g:Int,price:float,~label\r\n"
        b'item/1,"say ""hi""",5,2,Item\r\n\r\ndepot/N,north,,,Depot\r\nitem/2,,7,,Item\r\n'.replace(
            b"item/2,,", b'item/2,"",'
        )
    )
    (folder / "links.csv.gz").write_bytes(
        gzip.compress(b"~from,~to,~label,quantity:long\nitem/1,item/2,PART_OF,4\n")
    )
    source, manifest = open_export(folder, SMALL)
    assert manifest is None
    assert [row for rows in source.vertices() for row in rows] == [
        VertexRow("Item", "item/1", {"name": 'say "hi"', "weight_g": 5, "price": 2.0}),
        VertexRow("Item", "item/2", {"name": "", "weight_g": 7}),
        VertexRow("Depot", "depot/N", {"name": "north"}),
    ]
    assert [row for rows in source.edges() for row in rows] == [
        EdgeRow("PART_OF", "item/1", "item/2", {"quantity": 4})
    ]


ITEM = '{"id":"item/1","label":"Item","properties":{"name":[{"value":"x"}],"weight_g":[{"value":1}]}}'


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2: the line is not JSON"),
        ("[]", "line 2: the line is no vertex"),
        (ITEM.replace("Item", "Lorry"), "line 2: Lorry is not a vertex kind"),
        (ITEM.replace("item/1", "depot/1"), r"line 2: Item\.id starts with item/"),
        (ITEM.replace('"value":1', '"value":"1"'), r"line 2: Item\.weight_g wants integer, got '1'"),
        (ITEM.replace('"value":1', '"value":{"@type":"g:UUID","@value":"x"}'), "weight_g .* g:UUID"),
        (ITEM.replace('{"value":1}', '{"value":1},{"value":2}'), "line 2: weight_g has several values"),
        (ITEM.replace("weight_g", "colour"), r"line 2: Item\.colour is not a property"),
        (ITEM[:-1] + ',"outE":{"PART_OF":[{"id":1}]}}', "line 2: .*PART_OF has an edge without inV"),
        (ITEM[:-1] + ',"outE":{"PART_OF":[{"inV":"depot/1"}]}}', "PART_OF leads from Item to Item, never"),
        (ITEM[:-1] + ',"inE":{"PART_OF":[{"outV":"item/2"}]}}', "has 1 edges under inE and 0 under outE"),
        (
            '{"id":"schema-version/current","label":"SchemaVersion","properties":{"version":[{"value":9}]}}',
            "follows version 9 of the schema, and this program wants version 1",
        ),
    ],
)  # fmt: skip
def test_bad_graphson_is_named_by_file_and_line(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "bad.graphson"
    path.write_text(f"{ITEM.replace('item/1', 'item/0')}\n{line}\n")
    source, _ = open_export(path, SMALL)
    with pytest.raises(InvalidInput, match=f"bad.graphson.*{said}"):
        [*source.vertices(), *source.edges()]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("~id,name\n", "line 1: the header lacks ~label"),
        ("~id,~label,name:Date\n", "line 1: the header has a column 'name:Date'"),
        ("~id,~label,name:String[]\n", "line 1: the header has a column"),
        ("~id,~label,name,name\n", "line 1: the header names name twice"),
        ("~id,~label,name\nitem/1,Item\n", "line 2: the record has 2 fields where the header has 3"),
        ("~id,~label,weight_g:Int\nitem/1,Item,1_0\n", "line 2: weight_g wants integer, got '1_0'"),
        ('~id,~label,name\nitem/1,Item,"a\nb\n', "line 2 opens a quote that nothing closes"),
        ('~id,~label,name\nitem/1,Item,"a"b"c"\n', "line 2 has a quote where none can be"),
        ('~id,~label,name,weight_g:Int\nitem/1,Item,"a\nb",1\nitem/2,Item,,1\n', "line 4: Item lacks name"),
        ("~from,~to,~label\nitem/1,item/1,PART_OF\n", "line 2: PART_OF would lead from"),
    ],
)
def test_bad_csv_is_named_by_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "bad.csv").write_text(text)
    source, _ = open_export(tmp_path, SMALL)
    with pytest.raises(InvalidInput, match=f"bad.csv.*{said}"):
        [*source.vertices(), *source.edges()]


def test_a_file_that_is_cut_short_is_noticed(tmp_path: Path) -> None:
    with closing(open_engine("embedded:", SMALL)) as engine:
        engine.bulk_load([VertexRow("Depot", f"depot/{n}", {"name": "x"}) for n in range(99)], [])
        path = export_graph(engine, SMALL, tmp_path / "x", format="graphson", compress=True).path
    path.write_bytes(path.read_bytes()[:-20])
    source, _ = open_export(path, SMALL)
    with pytest.raises(InvalidInput, match="no whole gzip file"):
        list(source.vertices())
    manifest_path(path).write_text("{}")
    with pytest.raises(InvalidInput, match="manifest is damaged"):
        open_export(path, SMALL)
