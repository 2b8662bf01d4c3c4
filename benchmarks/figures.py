"""How a figure is taken: in a process of its own, in turn with its limit, several times."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

ROUNDS = 5


@dataclass(frozen=True)
class Sample:
    """One measured run of one thing."""

    seconds: float
    cpu: float
    """Seconds that processors worked for it, not for a database server it asks; a busy machine changes them less."""
    peak_mib: float
    facts: dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """One row of the table."""

    work: str
    ours: float
    limit_name: str
    limit: float | None
    promise: str
    keeps: bool
    peak_mib: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours against the limit."""
        return self.ours / self.limit if self.limit else None


def measured(operation: str, **arguments: Any) -> Sample:
    """Carry out one operation of `benchmarks.child` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.child", operation, json.dumps(arguments, default=str)]
    # As with an installed package, Python keeps what it compiled.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    answer = json.loads(done.stdout.splitlines()[-1])
    return Sample(answer.pop("seconds"), answer.pop("cpu"), answer.pop("peak_mib"), answer)


def in_turn(
    first: Callable[[], Sample], second: Callable[[], Sample], rounds: int = ROUNDS
) -> tuple[list[Sample], list[Sample]]:
    """A B A B …, so that a slow minute of the machine meets both."""
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(first())
        theirs.append(second())
    return ours, theirs


def middle(samples: list[Sample]) -> float:
    """Median of the times."""
    return median(sample.seconds for sample in samples)


def cpu(samples: list[Sample]) -> float:
    """Median of what the processors worked."""
    return median(sample.cpu for sample in samples)
