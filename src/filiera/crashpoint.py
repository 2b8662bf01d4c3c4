"""Places where a test may kill the process, to prove that a killed run can simply be run again.

`FILIERA_KILL_AT=7` ends the process with SIGKILL at the seventh durable write; `FILIERA_KILL_LOG` names a file that
receives the name of each point passed. Neither is set outside tests, and then a point costs one look-up.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

_passed = 0


def point(name: str) -> None:
    """Mark the moment just before (or after) a durable write."""
    kill_at = os.environ.get("FILIERA_KILL_AT")
    if kill_at is None:
        return
    global _passed  # noqa: PLW0603 - one counter for the process is the point of it
    _passed += 1
    log = os.environ.get("FILIERA_KILL_LOG")
    if log:
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")
    if _passed == int(kill_at):
        os.kill(os.getpid(), signal.SIGKILL)
