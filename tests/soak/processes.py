"""Processes that tests start, watch, and end: the commands, the demo, a served store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

ROOT = Path(__file__).parents[2]
PERFECT_ORDER = Path(sys.executable).with_name("perfect-order")
LONGEST_S = 120.0
ORPHANS_END_WITHIN_S = 10.0


def run_command(*arguments: str, input_text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``perfect-order`` to its end."""
    return subprocess.run(
        [str(PERFECT_ORDER), *arguments],
        cwd=ROOT,
        env=_environment(),
        input=input_text,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
    )


class Watched:
    """A process whose lines on stdout are read as they come."""

    def __init__(self, command: Sequence[str], *, file_size_limit: int | None = None) -> None:
        self.lines: list[str] = []
        self._queue: Queue[str | None] = Queue()
        self._process = subprocess.Popen(
            _limited(command, file_size_limit),
            cwd=ROOT,
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._errors: list[str] = []
        self._readers = [Thread(target=self._read_lines), Thread(target=self._read_errors)]
        for reader in self._readers:
            reader.start()

    @property
    def errors(self) -> str:
        """What it said on stderr so far."""
        return "".join(self._errors)

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait_for(self, beginning: str, *, timeout_s: float = LONGEST_S) -> str:
        """The next line that begins so, and all before it are kept; fails when the process ends first."""
        ends_at = time.monotonic() + timeout_s
        while True:
            try:
                line = self._queue.get(timeout=max(0.0, ends_at - time.monotonic()))
            except Empty:
                raise AssertionError(
                    f"no line began with {beginning!r}: {self.lines} {self.errors}"
                ) from None
            if line is None:
                raise AssertionError(f"ended before {beginning!r}: {self.lines} {self.errors}")
            if line.startswith(beginning):
                return line

    def interrupt(self) -> None:
        """Ctrl-C, as a terminal sends it: to the whole group."""
        os.killpg(self._process.pid, signal.SIGINT)

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """kill -9: the process alone. What it started has to end by itself, and soon."""
        self._process.kill()
        self._process.wait(LONGEST_S)
        ends_at = time.monotonic() + ORPHANS_END_WITHIN_S
        while left := _alive_in_group(self._process.pid):
            if time.monotonic() > ends_at:
                os.killpg(self._process.pid, signal.SIGKILL)
                raise AssertionError(f"it left processes behind: {left}")
            time.sleep(0.05)
        self.wait()

    def wait(self, *, timeout_s: float = LONGEST_S) -> int:
        """Its exit code."""
        code = self._process.wait(timeout_s)
        for reader in self._readers:
            reader.join(timeout_s)
        return code

    def _read_lines(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._errors.append(line)


@contextmanager
def watched(command: Sequence[str], *, file_size_limit: int | None = None) -> Iterator[Watched]:
    """A process that is gone when the block ends."""
    process = Watched(command, file_size_limit=file_size_limit)
    try:
        yield process
    finally:
        process.kill()


def python_module(name: str, *arguments: str) -> list[str]:
    """The command that runs a module of the tests."""
    return [sys.executable, "-m", name, *arguments]


def _alive_in_group(group: int) -> list[str]:
    """The processes of a group that run, as ps tells of them."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pgid=,stat=,pid=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(maxsplit=3) for line in listed.stdout.splitlines()]
    return [" ".join(row[2:]) for row in rows if int(row[0]) == group and not row[1].startswith("Z")]


def _limited(command: Sequence[str], file_size_limit: int | None) -> list[str]:
    """The command under a limit of the size of every file it writes (bytes): a disk that is full."""
    if file_size_limit is None:
        return list(command)
    return [sys.executable, "-m", "tests.soak.full_disk", str(file_size_limit), *command]


def _environment() -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
        "COLUMNS": "200",
    }
