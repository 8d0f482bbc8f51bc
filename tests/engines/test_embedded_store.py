"""The embedded engine's store: who holds it, what survives, what is found out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from gremlin_python.process.traversal import Cardinality, T

from graph.engines.opening import open_engine
from graph.engines.port import Engine, Statement, VertexRow
from graph.engines.stores import restore_backup, verify_store
from graph.errors import (
    InvalidInput,
    StoreDamaged,
    StoreLocked,
    StoreMissing,
    StoreNewer,
    StoreOlder,
)
from tests.engines.small_schema import SMALL, small_schema

ROOT = Path(__file__).parents[2]


@contextmanager
def opened(path: Path, *, create: bool = True) -> Iterator[Engine]:
    engine = open_engine(f"embedded:{path}", SMALL, create=create)
    try:
        yield engine
    finally:
        engine.close()


def add(engine: Engine, code: str, name: str = "x") -> None:
    added = engine.g.add_v("Depot").property(T.id, f"depot/{code}").property(Cardinality.single, "name", name)
    engine.run(added.id_())


def names(engine: Engine) -> list[str]:
    return engine.run(engine.g.V().has_label("Depot").order().by("name").values("name"))


def test_what_was_written_is_there_again(tmp_path: Path) -> None:
    with opened(tmp_path / "deep" / "store") as engine:
        engine.prepare()
        add(engine, "N", "north")
    with opened(tmp_path / "deep" / "store", create=False) as engine:
        assert names(engine) == ["north"]
        engine.prepare()
        engine.checkpoint()
        assert engine.verify() == []


def test_a_store_is_only_made_when_it_may_be(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreMissing, match=r"there is no store at .*none"),
        opened(tmp_path / "none", create=False),
    ):
        pass
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("mine")
    with pytest.raises(StoreMissing, match="notes"), opened(tmp_path / "notes"):
        pass
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreMissing, match="file"), opened(tmp_path / "file"):
        pass
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("url", ["", "embedded", "/some/where", "http://x"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="wants embedded:PATH or embedded:"):
        open_engine(url, SMALL)


def test_a_second_opening_in_this_process_is_told_so(tmp_path: Path) -> None:
    with opened(tmp_path / "store"):
        with pytest.raises(StoreLocked, match=rf"this process \(pid {os.getpid()}\).*close that first"):
            open_engine(f"embedded:{tmp_path / 'store'}", SMALL)
        with pytest.raises(StoreLocked):
            verify_store(tmp_path / "store")
    with opened(tmp_path / "store"):
        pass


WRITER = """
import sys
from pathlib import Path
from tests.engines.small_schema import SMALL
from tests.engines.test_embedded_store import add
from graph.engines.opening import open_engine
engine = open_engine(f"embedded:{sys.argv[1]}", SMALL)
n = len(engine.run(engine.g.V().has_label("Depot").id_()))
print("open", flush=True)
while True:
    add(engine, str(n))
    print(n, flush=True)
    n += 1
"""


@contextmanager
def writing(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that writes one vertex after the other and says so after each."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        yield writer
    finally:
        writer.kill()
        writer.wait()


def test_another_process_is_named_by_its_pid(tmp_path: Path) -> None:
    with writing(tmp_path / "store") as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        with pytest.raises(StoreLocked, match=rf"process {writer.pid} .*holds the store.*stop it"):
            open_engine(f"embedded:{tmp_path / 'store'}", SMALL)


@pytest.mark.parametrize("killed_after", [1, 40, 150])
def test_a_killed_writer_loses_nothing_it_was_told_is_written(tmp_path: Path, killed_after: int) -> None:
    with writing(tmp_path / "store") as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(killed_after + 1)]
        os.kill(writer.pid, signal.SIGKILL)
        said += writer.stdout.readlines()
    acknowledged = int([line for line in said if line.endswith("\n")][-1])
    with opened(tmp_path / "store", create=False) as engine:
        there = len(engine.run(engine.g.V().has_label("Depot").id_()))
        assert acknowledged + 1 <= there <= acknowledged + 2
        assert engine.verify() == []


def test_a_store_of_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    engine = open_engine(f"embedded:{tmp_path / 'store'}", small_schema(version=3))
    engine.prepare()
    engine.close()
    with pytest.raises(StoreNewer, match=r"version 3 .* knows version 1"):
        open_engine(f"embedded:{tmp_path / 'store'}", SMALL)
    engine = open_engine(f"embedded:{tmp_path / 'store'}", small_schema(version=3))
    engine.prepare()
    assert engine.run(engine.g.V("schema-version/current").values("version")) == [3]
    engine.close()


def test_a_store_of_an_older_schema_is_to_be_migrated_first(tmp_path: Path) -> None:
    engine = open_engine(f"embedded:{tmp_path / 'store'}", small_schema(version=3))
    engine.prepare()
    engine.close()
    with pytest.raises(StoreOlder, match=r"version 3 .* wants version 4; .*perfect-order migrate") as refused:
        open_engine(f"embedded:{tmp_path / 'store'}", small_schema(version=4))
    assert refused.value.noted == 3


def test_a_backup_of_a_running_store_becomes_a_store(tmp_path: Path) -> None:
    backup, copy = tmp_path / "backups" / "one", tmp_path / "copy"
    with opened(tmp_path / "store") as engine:
        add(engine, "N", "north")
        engine.backup(backup)
        add(engine, "S", "south")
        engine.backup(backup)
        add(engine, "W", "west")
        assert verify_store(backup) == []
        restore_backup(backup, copy)
        with opened(copy, create=False) as restored:
            assert names(restored) == ["north", "south"]
            add(restored, "E", "east")
        assert names(engine) == ["north", "south", "west"]
    with pytest.raises(InvalidInput, match="is there already"):
        restore_backup(backup, copy)
    with pytest.raises(InvalidInput, match="names a backup"):
        open_engine(f"embedded:{backup}", SMALL)
    with pytest.raises(InvalidInput, match="not a backup"):
        restore_backup(copy, tmp_path / "again")
    with pytest.raises(StoreMissing):
        restore_backup(tmp_path / "none", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_graph_in_memory_has_no_backup() -> None:
    engine = open_engine("embedded:", SMALL)
    with pytest.raises(InvalidInput, match="use embedded:PATH"):
        engine.backup(Path("nowhere"))
    assert engine.verify() == []
    engine.checkpoint()


def flip_a_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x10
    file.write_bytes(content)


@pytest.fixture
def store_files(tmp_path: Path) -> Path:
    """A closed store with a snapshot and a journal after it."""
    with opened(tmp_path / "store") as engine:
        engine.bulk_load([VertexRow("Depot", f"depot/{n}", {"name": "x" * 100}) for n in range(500)], [])
        engine.checkpoint()
        for n in range(20):
            add(engine, f"later-{n}")
    return tmp_path / "store"


@pytest.mark.parametrize("part", ["snapshots/*/*.seg", "snapshots/*/manifest", "wal/*"])
def test_a_flipped_bit_is_found(store_files: Path, part: str) -> None:
    flip_a_bit(max(store_files.glob(part), key=lambda file: (file.stat().st_mtime_ns, file.name)))
    assert verify_store(store_files)
    assert complaints(store_files)


def complaints(path: Path) -> list[str]:
    """What opening the store, or verifying it when it opens, finds wrong."""
    try:
        with opened(path) as engine:
            return engine.verify()
    except StoreDamaged as error:
        return [str(error)]


def test_damage_that_is_found_while_the_store_is_open_stops_writing(store_files: Path) -> None:
    with opened(store_files) as engine:
        flip_a_bit(max(store_files.glob("snapshots/*/manifest")))
        assert engine.verify()
        with pytest.raises(StoreDamaged, match="nothing more is written"):
            add(engine, "after")
        with pytest.raises(StoreDamaged):
            engine.backup(store_files.parent / "backup")
        assert len(names(engine)) == 520


def test_a_damaged_store_promises_no_repair(tmp_path: Path) -> None:
    store_files = tmp_path / "store"
    with opened(store_files) as engine:
        for n in range(50):
            add(engine, str(n))
    flip_a_bit(max((store_files / "wal").iterdir(), key=lambda file: file.stat().st_size))
    problems = verify_store(store_files)
    assert problems
    assert not [problem for problem in problems if "repair" in problem]
    with pytest.raises(StoreDamaged, match="restore a backup") as damaged:
        open_engine(f"embedded:{store_files}", SMALL)
    assert "repair" not in str(damaged.value)


def test_a_folder_of_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(StoreMissing, match=r"holds something else than a store.*name another place"):
        open_engine(f"embedded:{tmp_path}", SMALL)
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


def test_a_damaged_backup_is_not_restored(tmp_path: Path) -> None:
    with opened(tmp_path / "store") as engine:
        for n in range(50):
            add(engine, str(n))
        engine.backup(tmp_path / "backup")
    flip_a_bit(max((tmp_path / "backup" / "wal").iterdir(), key=lambda file: file.stat().st_size))
    with pytest.raises(StoreDamaged):
        restore_backup(tmp_path / "backup", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


FULL = """
import resource, signal, sys
from tests.engines.small_schema import SMALL
from tests.engines.test_embedded_store import add
from graph.engines.opening import open_engine
from graph.errors import StoreFull
engine = open_engine(f"embedded:{sys.argv[1]}", SMALL)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
n = 0
try:
    while True:
        add(engine, str(n), "x" * 1000)
        n += 1
except StoreFull as error:
    print(error)
try:
    add(engine, "after")
except StoreFull:
    pass
print(n, len(engine.run(engine.g.V().has_label("Depot"))))
engine.close()
"""


def test_a_full_disk_refuses_the_write_and_keeps_the_rest(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "store")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    message, counts = ran.stdout.splitlines()
    assert "the disk is full" in message
    assert "free some room and start again" in message
    written, there = map(int, counts.split())
    assert written == there > 10
    with opened(tmp_path / "store", create=False) as engine:
        assert len(names(engine)) == written
        add(engine, "more")


def test_a_failed_unit_is_not_there_after_reopening(tmp_path: Path) -> None:
    with opened(tmp_path / "store") as engine:
        add(engine, "N", "north")
        g = engine.g
        rename = g.V("depot/N").property(Cardinality.single, "name", "moved").id_()
        with pytest.raises(Exception, match="matched 0"):
            engine.transact([Statement("rename", rename, 1), Statement("none", g.V("depot/S").id_(), 1)])
    with opened(tmp_path / "store") as engine:
        assert names(engine) == ["north"]
