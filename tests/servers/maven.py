"""Class paths of the servers: jars by Maven, our few Java sources by javac, both kept under `.cache/servers`.

The jars stay in Maven's own local repository, and Maven uses whatever settings the user has. What is made
here is named by the digest of what it was made from, so it is made once and never stale; a file lock keeps
two processes that want it at once from making it twice.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

JAVA_SOURCES = Path(__file__).parent / "java"
CACHE = Path(__file__).parents[2] / ".cache" / "servers"
SERVERS = ("gremlin", "janusgraph", "neo4j")
OLDEST_JAVA = 17
_RESOLVE = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath"


class ServersMissing(Exception):
    """The servers cannot be had here: no Java 17, no Maven, or Maven cannot get the jars. Says what to do."""


def java_program(name: str) -> str:
    """The path of `java`, `javac` or `keytool`: of JAVA_HOME where it is set, else of PATH."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which(name, path=str(Path(home) / "bin")) if home else shutil.which(name)
    if found is None:
        where = f"JAVA_HOME ({home})" if home else "PATH"
        raise ServersMissing(
            f"the servers need {name} of a JDK {OLDEST_JAVA} or newer, and {where} has none: "
            "install one (Debian, Ubuntu: apt install openjdk-17-jdk-headless maven)"
        )
    return found


def class_path(server: str) -> str:
    """The class path of one of SERVERS, fetched and compiled if that has not been done yet.

    Raises ServersMissing.
    """
    _check_java_version()
    jars = _jars(server)
    return os.pathsep.join([str(_classes(server, jars)), jars])


def _jars(server: str) -> str:
    pom = JAVA_SOURCES / server / "pom.xml"
    listing = CACHE / f"{server}-{_digest(pom.read_bytes())}.classpath"
    with _lock(server):
        if not _jars_are_there(listing):
            fresh = listing.with_suffix(".fresh")
            _resolve(pom, fresh)
            fresh.replace(listing)
        return listing.read_text()


def _jars_are_there(listing: Path) -> bool:
    return listing.exists() and all(Path(jar).exists() for jar in listing.read_text().split(os.pathsep))


def _resolve(pom: Path, listing: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise ServersMissing(
            "the servers' jars come by Maven, and PATH has no mvn: "
            "install it (Debian, Ubuntu: apt install maven)"
        )
    command = [maven, "-q", "-B", "-f", str(pom), _RESOLVE, f"-Dmdep.outputFile={listing}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[:8])
        raise ServersMissing(f"Maven could not get the jars of {pom.parent.name}; it says:\n{said}")


def _classes(server: str, jars: str) -> Path:
    sources = sorted([*JAVA_SOURCES.glob("*.java"), *(JAVA_SOURCES / server).glob("*.java")])
    made_from = b"".join([jars.encode(), *(source.read_bytes() for source in sources)])
    classes = CACHE / f"{server}-{_digest(made_from)}.classes"
    with _lock(server):
        if not classes.exists():
            fresh = classes.with_suffix(".fresh")
            shutil.rmtree(fresh, ignore_errors=True)
            # -proc:none: some jars bring annotation processors, which are not ours to run.
            command = [java_program("javac"), "-proc:none", "-cp", jars, "-d", str(fresh), *map(str, sources)]
            subprocess.run(command, check=True)
            fresh.rename(classes)
    return classes


@cache
def _check_java_version() -> None:
    said = subprocess.run(
        [java_program("java"), "-version"], capture_output=True, text=True, check=False
    ).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        first_line = said.strip().partition("\n")[0]
        raise ServersMissing(
            f"the servers need Java {OLDEST_JAVA} or newer, and this one says: {first_line or 'nothing'}; "
            "install one, or point JAVA_HOME to it"
        )


def _digest(made_from: bytes) -> str:
    return hashlib.sha256(made_from).hexdigest()[:16]


@contextmanager
def _lock(server: str) -> Iterator[None]:
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{server}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
