"""Runs a command that may write no file beyond a size: ``python -m tests.soak.full_disk BYTES COMMAND``.

To the command it is a disk that is full, without one having to be filled.
"""

from __future__ import annotations

import os
import resource
import signal
import sys


def main() -> None:
    size = int(sys.argv[1])
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write fails instead of ending the process
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    os.execv(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
