"""Places where a test may kill the process, to prove that a killed run can simply be run again.

`FILIERA_KILL_AT=7` ends the process with SIGKILL at the seventh durable write, `FILIERA_KILL_AT=publish.before_swap` at
the first of that name; `FILIERA_KILL_WITH=SIGTERM` sends another signal instead. `FILIERA_KILL_LOG` names a file that
receives the name of each point passed. None is set outside tests, and then a point costs one look-up.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

_passed: list[str] = []


def point(name: str) -> None:
    """Mark the moment just before (or after) a durable write."""
    kill_at = os.environ.get("FILIERA_KILL_AT")
    if kill_at is None:
        return
    is_first = name not in _passed
    _passed.append(name)
    log = os.environ.get("FILIERA_KILL_LOG")
    if log:
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")
    if kill_at == str(len(_passed)) or (kill_at == name and is_first):
        os.kill(os.getpid(), signal.Signals[os.environ.get("FILIERA_KILL_WITH", "SIGKILL")])
