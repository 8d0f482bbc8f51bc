"""One server in a Java process of its own on a loopback port: started, killed, started again, stopped.

The process is tethered to this one by its standard input (see java/Tethered.java): it ends with this process,
however that one ends, and nothing but the processes started here is ever signalled.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers.maven import class_path, java_program

# Seconds on an idle machine, and ten times that where every core is busy.
START_LIMIT_S = 180.0
STOP_LIMIT_S = 20.0
_LOG_LINES_SHOWN = 25
# Below the ports that the system hands to outgoing connections: a client that keeps trying to reach a killed
# server must neither get the server's port for its own end nor connect to itself.
_PORTS = range(20_000, 32_000)


class ServerFailed(Exception):
    """A server ended or did not answer in time; has the tail of its log."""


@dataclass(frozen=True)
class Launch:
    """How a server is started, each time in the same way.

    `answers` asks the server a real question, and raises anything while it does not answer. A server with
    nothing to save has SIGKILL as its `stop_signal`: a clean end would take seconds for nothing.
    """

    name: str
    url: str
    port: int
    directory: Path
    main_class: str
    arguments: tuple[str, ...]
    answers: Callable[[], None]
    stop_signal: signal.Signals = signal.SIGTERM
    heap_mb: int = 1024
    jvm_options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def command(self) -> list[str]:
        """The Java command line; credentials are in the environment and not in it."""
        heap = ["-Xms64m", f"-Xmx{self.heap_mb}m", "-XX:+UseSerialGC"]
        libraries = ["-cp", class_path(self.name)]
        main = ["Tethered", self.main_class, *self.arguments]
        return [java_program("java"), *heap, *self.jvm_options, *libraries, *main]


class RunningServer:
    """A server that answers at `url`; as a context manager it is stopped at the end."""

    def __init__(
        self,
        launch: Launch,
        *,
        credentials: tuple[str, str] | None = None,
        certificate: Path | None = None,
    ) -> None:
        """Starts it, and returns when it answers.

        `certificate` is the PEM file that a client of a TLS server has to trust.

        Raises ServersMissing, ServerFailed.
        """
        self.url = launch.url
        self.port = launch.port
        self.directory = launch.directory
        self.log_path = launch.directory / "server.log"
        self.credentials = credentials
        self.certificate = certificate
        self._launch = launch
        self._process = self._start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL, as a power cut would do it; returns when the process is gone."""
        self._process.kill()
        self._reap()

    def stop(self) -> None:
        """Ends it in order, or by SIGKILL if that takes long; returns when it is gone. Repeatable."""
        if self.is_running:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(self._launch.stop_signal)
            try:
                self._process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._reap()

    def restart(self) -> None:
        """Starts it again on the same port with the same directory; stops it first if it runs."""
        self.stop()
        self._process = self._start()

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers any more, until `resume`."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Goes on after `pause`."""
        self._process.send_signal(signal.SIGCONT)

    def resident_bytes(self) -> int:
        """The memory the process holds now (Linux)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> subprocess.Popen[bytes]:
        command = self._launch.command()
        self.directory.mkdir(parents=True, exist_ok=True)
        log_start = self.log_path.stat().st_size if self.log_path.exists() else 0
        with self.log_path.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=self.directory,
                env={**os.environ, **self._launch.environment},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C in a terminal is for the Python process, which then stops the server in order.
                start_new_session=True,
            )
        try:
            self._wait_until_it_answers(process, log_start)
        except BaseException:
            process.kill()
            process.wait()
            raise
        return process

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes], log_start: int) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        why: Exception | None = None
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise ServerFailed(
                    self._failure(f"ended with code {process.returncode} at its start", log_start)
                )
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                self._launch.answers()
                return
            except Exception as error:
                why = error
            time.sleep(0.05)
        problem = f"did not answer within {START_LIMIT_S:g} s ({type(why).__name__}: {why})"
        raise ServerFailed(self._failure(problem, log_start))

    def _failure(self, problem: str, log_start: int) -> str:
        lines = self.log_path.read_bytes()[log_start:].decode(errors="replace").splitlines()
        tail = "\n".join(lines[-_LOG_LINES_SHOWN:]) or "(nothing)"
        return f"{self._launch.name} at {self.url} {problem}; the end of {self.log_path}:\n{tail}"

    def _reap(self) -> None:
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    for port in random.SystemRandom().sample(_PORTS, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ServerFailed(f"no free port among {_PORTS.start} to {_PORTS.stop - 1}")
