"""Commands of filiera as real processes, started by the dozen: see `zygote.py`."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

ZYGOTE = Path(__file__).parent / "zygote.py"
PATIENCE = 120.0
NOW = "2026-01-31T12:00:00+00:00"


@dataclass(frozen=True)
class Done:
    """How a command ended: its exit code, or the negative number of the signal that ended it, and what it said."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """What it printed, read as JSON."""
        return json.loads(self.out)

    def expect(self, code: int) -> Self:
        """Itself, if it ended with that code."""
        assert self.code == code, f"ended with {self.code}\n{self.out}\n{self.err}"
        return self


@dataclass(frozen=True)
class Command:
    """A command that runs."""

    zygote: Zygote
    process: int
    out: Path
    err: Path

    def wait(self) -> Done:
        """Wait for its end."""
        code = os.waitstatus_to_exitcode(self.zygote.ask({"wait": self.process}))
        return Done(code, self.out.read_text(encoding="utf-8"), self.err.read_text(encoding="utf-8"))

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.process, number)

    def wait_for(self, text: str) -> None:
        """Wait until it says something on standard error."""
        until(lambda: text in self.err.read_text(encoding="utf-8"))


class Zygote:
    """The process that forks them."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="filiera-zygote-")
        self.numbers = itertools.count()
        self.process = subprocess.Popen(
            [sys.executable, str(ZYGOTE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._line() == "ready"

    def ask(self, request: dict[str, Any]) -> Any:
        """Send a request and read the answer."""
        assert self.process.stdin
        self.process.stdin.write(f"{json.dumps(request)}\n")
        self.process.stdin.flush()
        return json.loads(self._line())

    def start(
        self,
        *arguments: str | Path,
        home: Path | None = None,
        limits: dict[str, int] | None = None,
        before: str = "",
        **environment: object,
    ) -> Command:
        """Start a command; `factory_url="…"` is the variable `FILIERA_FACTORY_URL`. The clock stands still."""
        number = next(self.numbers)
        out, err = (Path(self.folder.name) / f"{number}.{name}" for name in ("out", "err"))
        out.touch()
        err.touch()
        variables = {f"FILIERA_{name.upper()}": str(value) for name, value in {"now": NOW, **environment}.items()}
        if home:
            variables["FILIERA_HOME"] = str(home)
        request = {
            "start": [str(argument) for argument in arguments],
            "environment": variables,
            "out": str(out),
            "err": str(err),
            "limits": limits or {},
            "before": before,
        }
        return Command(self, self.ask(request), out, err)

    def run(self, *arguments: str | Path, **chosen: Any) -> Done:
        """Run a command to its end."""
        return self.start(*arguments, **chosen).wait()

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()


@cache
def zygote(number: int = 0) -> Zygote:
    """The one of this test session, or another beside it; it ends when its input does."""
    return Zygote()


def until(condition: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait for something another process does, but not for ever."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
