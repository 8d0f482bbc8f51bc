"""The files for containers, as far as they can be held to account where no container engine runs."""

from __future__ import annotations

import re
from pathlib import Path

from tests.servers.fixtures import servers_wanted
from tests.servers.gremlin_server import LOGGING_OPTIONS, ask
from tests.servers.maven import class_path
from tests.servers.server_process import Launch, RunningServer, free_port

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
CONFIG = ROOT / "deploy" / "gremlin-server"


def test_nothing_is_published_beyond_this_machine() -> None:
    published = re.findall(r'"([\d.:]*\d+:\d+)"', COMPOSE)
    assert len(published) >= 8
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


def test_every_image_is_of_one_version() -> None:
    images = re.findall(r"image: (\S+)", COMPOSE) + re.findall(r"FROM (\S+)", DOCKERFILE)
    assert len(images) >= 7
    assert [image for image in images if not re.search(r":\d+\.\d+\.\d+(-[a-z-]+)?$", image)] == []


def test_what_the_image_is_made_of_is_there_and_reaches_the_builder() -> None:
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    }
    let_in = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE))
    assert copied == let_in
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_gremlin_server_starts_with_its_configuration(tmp_path: Path) -> None:
    with servers_wanted():
        class_path("gremlin")
    port = free_port()
    for file in CONFIG.iterdir():
        text = file.read_text(encoding="utf-8").replace("/config/", f"{tmp_path}/")
        text = text.replace("/opt/gremlin-server/data/", f"{tmp_path}/").replace("0.0.0.0", "127.0.0.1")
        (tmp_path / file.name).write_text(text.replace("8182", str(port)), encoding="utf-8")
    url = f"ws://127.0.0.1:{port}/gremlin"
    launch = Launch(
        name="gremlin",
        url=url,
        port=port,
        directory=tmp_path,
        main_class="org.apache.tinkerpop.gremlin.server.GremlinServer",
        arguments=(str(tmp_path / "server.yaml"),),
        answers=lambda: ask(url),
        jvm_options=LOGGING_OPTIONS,
    )
    with RunningServer(launch):
        pass
    assert (tmp_path / "perfect-order.kryo").exists()
