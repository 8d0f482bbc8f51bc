"""Neptune as far as it can be had here: a Gremlin Server behind a door that checks AWS signatures.

The door checks them by code of its own, and gives the errors that only Neptune gives.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from gremlin_python.process.graph_traversal import __
from gremlin_python.process.traversal import Cardinality, P
from neo4j import Driver, GraphDatabase
from neo4j.exceptions import DriverError

from graph.engines.addresses import address_of
from graph.engines.gremlin import FAILOVER, GremlinEngine
from graph.engines.opening import open_engine
from graph.engines.port import Engine, Statement, VertexRow
from graph.engines.retries import Backoff
from graph.engines.signing import Signer, now_ms
from graph.errors import AccessRefused, Contention, StatementMissed
from tests.engines.conftest import Graphs
from tests.engines.small_schema import SMALL
from tests.servers.aws_signatures import Caller, SignatureCheck
from tests.servers.fixtures import servers_wanted
from tests.servers.server_process import RunningServer
from tests.servers.signature_checking_bolt import SignatureCheckingBolt
from tests.servers.signature_checking_proxy import SignatureCheckingProxy, Trouble, make_certificate

REGION = "eu-west-1"
SECRET = "not-so-secret/of+the=tests"
TOKEN = "token//of+the==tests"


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Temporary credentials in the environment and no others; an AWS configuration file to write."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "aws-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDTEMPORARY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    return tmp_path / "aws-config"


Doors = Callable[[], SignatureCheckingProxy]


@pytest.fixture
def doors(aws: Path, graphs: Graphs, gremlin_server: RunningServer, tmp_path: Path) -> Iterator[Doors]:
    """Makes doors before an empty graph that is prepared for the small schema."""
    with servers_wanted():
        certified = make_certificate(tmp_path)
    with ExitStack() as closing:
        closing.enter_context(graphs.of("gremlin-server", SMALL).emptied())

        def door() -> SignatureCheckingProxy:
            check = SignatureCheck(REGION, callers={"AKIDTEMPORARY": Caller(SECRET, TOKEN)})
            proxy = SignatureCheckingProxy(gremlin_server.url, check, certified=certified)
            return closing.enter_context(proxy)

        yield door


def url_of(door: SignatureCheckingProxy, *, region: str = REGION, more: str = "") -> str:
    return (
        f"wss://127.0.0.1:{door.port}/gremlin?product=neptune&iam=true&region={region}"
        f"&ca={door.certificate}{more}"
    )


@pytest.fixture
def opened() -> Iterator[Callable[[str], Engine]]:
    with ExitStack() as closing:

        def open_and_close(url: str) -> Engine:
            engine = open_engine(url, SMALL)
            closing.callback(engine.close)
            return engine

        yield open_and_close


Opened = Callable[[str], Engine]


def stocked(engine: Engine, available: int) -> None:
    engine.bulk_load([VertexRow("Stock", "stock/N/nut", {"available": available})], [])


def left(engine: Engine) -> list[object]:
    return engine.run(engine.g.V("stock/N/nut").values("available"))


def take(engine: Engine, count: int) -> Statement:
    rest = __.union(__.values("available"), __.constant(-count)).sum_()
    stock = engine.g.V("stock/N/nut").has("available", P.gte(count))
    return Statement("take", stock.property(Cardinality.single, "available", rest).id_(), expect=1)


def test_who_signs_with_good_credentials_reads_and_writes(doors: Doors, opened: Opened) -> None:
    door = doors()
    engine = opened(url_of(door))
    stocked(engine, 5)
    engine.transact([take(engine, 2), take(engine, 1)])
    assert left(engine) == [2]
    engine.ping()
    assert set(door.door.admitted) == {"AKIDTEMPORARY"}
    assert door.door.refused == []


def test_a_wrong_secret_is_refused_with_what_to_check(
    doors: Doors, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(AccessRefused) as refused:
        opened(url_of(doors()))
    words = str(refused.value)
    assert "InvalidSignatureException" in words
    assert "Check that the credentials are valid" in words
    assert "another" not in words
    assert TOKEN not in words


def test_a_session_token_of_before_is_refused(
    doors: Doors, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "expired")
    with pytest.raises(AccessRefused, match="UnrecognizedClientException"):
        opened(url_of(doors()))


def test_a_wrong_region_is_refused_and_named(doors: Doors, opened: Opened) -> None:
    with pytest.raises(AccessRefused, match=r"made for region us-east-1 \(from the URL\)"):
        opened(url_of(doors(), region="us-east-1"))


@pytest.mark.parametrize("ahead_ms", [-1_200_000, 600_000])
def test_a_clock_that_is_off_is_set_once_by_the_servers(ahead_ms: int, doors: Doors, opened: Opened) -> None:
    door = doors()
    door.door.ahead_ms = ahead_ms
    engine = opened(url_of(door))
    door.hang_up()
    stocked(engine, 5)
    assert left(engine) == [5]
    assert len(door.door.refused) == 1
    assert len(door.door.admitted) >= 2


PROVIDER = """
import datetime, json, pathlib, sys
number = pathlib.Path(sys.argv[1]).read_text()
until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=5)
print(json.dumps({"Version": 1, "AccessKeyId": "AKID" + number, "SecretAccessKey": "secret" + number,
                  "SessionToken": "token" + number, "Expiration": until.isoformat()}))
"""


def test_new_connections_use_the_credentials_of_their_time(
    doors: Doors, opened: Opened, aws: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    provider, number = tmp_path / "provider.py", tmp_path / "number"
    provider.write_text(PROVIDER)
    aws.write_text(f"[default]\ncredential_process = {sys.executable} {provider} {number}\n")
    door = doors()

    def rotate(to: str) -> None:
        number.write_text(to)
        door.door.check.callers = {f"AKID{to}": Caller(f"secret{to}", f"token{to}")}

    rotate("1")
    engine = opened(url_of(door))
    stocked(engine, 5)
    rotate("2")
    assert left(engine) == [5]
    assert set(door.door.admitted) == {"AKID1"}
    door.hang_up()
    assert left(engine) == [5]
    assert door.door.admitted[-1] == "AKID2"
    assert door.door.refused == []


def test_a_write_that_collided_is_tried_again(doors: Doors, opened: Opened) -> None:
    door = doors()
    engine = opened(url_of(door))
    stocked(engine, 5)
    door.door.trouble = trouble = Trouble("ConcurrentModificationException", times=3)
    assert engine.run(take(engine, 2).traversal) == ["stock/N/nut"]
    assert trouble.answered == 3
    assert left(engine) == [3]


@pytest.mark.parametrize("where", [b"available", b"commit"])
def test_a_unit_that_collided_is_tried_again_as_a_whole(where: bytes, doors: Doors, opened: Opened) -> None:
    door = doors()
    engine = opened(url_of(door))
    stocked(engine, 5)
    door.door.trouble = trouble = Trouble(
        "ConcurrentModificationException", times=3, hits=lambda message: where in message
    )
    engine.transact([take(engine, 2), take(engine, 1)])
    assert trouble.answered == 3
    assert left(engine) == [2]
    with pytest.raises(StatementMissed):
        engine.transact([take(engine, 1), take(engine, 2)])
    assert left(engine) == [2]


def test_who_collides_every_time_hears_of_it_in_the_end(doors: Doors) -> None:
    door = doors()
    address = address_of(url_of(door), {})
    engine = GremlinEngine(
        address, SMALL, signing=Signer(address), backoff=Backoff(tries=3, first_s=0.001, longest_s=0.002)
    )
    door.door.trouble = trouble = Trouble("ConcurrentModificationException", times=100)
    with pytest.raises(Contention, match="take"):
        engine.transact([take(engine, 2)])
    assert trouble.answered >= 3
    engine.close()


def test_after_the_writer_moved_a_write_goes_over_a_new_connection(doors: Doors, opened: Opened) -> None:
    door = doors()
    engine = opened(url_of(door))
    stocked(engine, 5)
    connected = len(door.door.admitted)
    door.door.trouble = Trouble("ReadOnlyViolationException", times=1)
    engine.run(take(engine, 2).traversal)
    assert left(engine) == [3]
    assert len(door.door.admitted) > connected


def test_who_waits_for_a_writer_in_vain_hears_that_there_is_none(doors: Doors) -> None:
    door = doors()
    address = address_of(url_of(door), {})
    soon = Backoff(tries=5, first_s=0.001, longest_s=0.002)
    engine = GremlinEngine(address, SMALL, signing=Signer(address), failover=soon)
    connected = len(door.door.admitted)
    door.door.trouble = trouble = Trouble("ReadOnlyViolationException", times=100)
    with pytest.raises(Contention, match="no other took over writing"):
        engine.transact([take(engine, 2)])
    assert trouble.answered >= 5
    assert len(door.door.admitted) - connected == 5
    assert (
        30 < sum(min(FAILOVER.longest_s, FAILOVER.first_s * 2**n) for n in range(1, FAILOVER.tries)) / 2 < 90
    )
    engine.close()


def test_reads_go_to_the_reader_under_a_signature_for_its_host(doors: Doors, opened: Opened) -> None:
    writer, reader = doors(), doors()
    engine = opened(url_of(writer, more=f"&reader=127.0.0.1:{reader.port}"))
    engine.transact([Statement("stock", engine.g.V("stock/N/nut").count(), expect=1)])
    stocked(engine, 5)
    assert left(engine) == [5]
    assert writer.door.admitted
    assert reader.door.admitted
    reader.door.trouble = Trouble("ReadOnlyViolationException", times=100)
    engine.run(take(engine, 2).traversal)
    assert reader.door.trouble.answered == 0


def test_the_address_shows_nothing_secret(doors: Doors, opened: Opened) -> None:
    engine = opened(url_of(doors()))
    assert SECRET not in json.dumps(engine.url)
    assert TOKEN not in repr(vars(engine))


@pytest.fixture
def bolt_door(aws: Path, neo4j_server: RunningServer, tmp_path: Path) -> Iterator[SignatureCheckingBolt]:
    check = SignatureCheck(REGION, callers={"AKIDTEMPORARY": Caller(SECRET, TOKEN)})
    with servers_wanted():
        certified = make_certificate(tmp_path)
    with SignatureCheckingBolt(("127.0.0.1", neo4j_server.port), check, certified=certified) as door:
        yield door


def driver_to(door: SignatureCheckingBolt, *, clock: Callable[[], int] = now_ms) -> Driver:
    address = address_of(f"bolt+ssc://127.0.0.1:{door.port}?product=neptune&iam=true&region={REGION}", {})
    return GraphDatabase.driver(
        f"bolt+ssc://127.0.0.1:{door.port}", auth=Signer(address, clock=clock).bolt_auth()
    )


def test_the_driver_logs_on_with_a_signature_and_again_before_it_is_too_old(
    bolt_door: SignatureCheckingBolt, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead_s = 0.0
    real = time.time
    with driver_to(bolt_door, clock=lambda: now_ms() + round(ahead_s * 1000)) as driver:
        assert driver.execute_query("RETURN 1 AS one").records[0]["one"] == 1
        assert len(bolt_door.admitted) == 1
        ahead_s = 241.0
        monkeypatch.setattr("time.time", lambda: real() + ahead_s)
        assert driver.execute_query("RETURN 2 AS two").records[0]["two"] == 2
    assert len(set(bolt_door.admitted)) == 2
    assert bolt_door.refused == []


def test_a_driver_with_a_wrong_secret_stays_outside(
    bolt_door: SignatureCheckingBolt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with driver_to(bolt_door) as driver, pytest.raises(DriverError, match="defunct connection"):
        driver.verify_connectivity()
    assert bolt_door.admitted == []
    assert "does not match" in bolt_door.refused[0]
