"""What ran: each run and each of its steps, with the state it is in."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, insert, select, update

from filiera.errors import UsageError
from filiera.intake.ledger import Ledger
from filiera.intake.tables import RUN, STEP
from filiera.settings import Settings


class RunState(StrEnum):
    """The states of runs and of steps."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCESS = "Success"
    FAILED = "Failed"
    RETRYING = "Retrying"
    PAUSED = "Paused"


@dataclass(frozen=True)
class StepRecord:
    """One step of a run."""

    run_id: str
    step: str
    place: int
    state: str
    attempts: int
    started_at: datetime | None
    ended_at: datetime | None
    detail: str | None
    error: str | None

    @property
    def facts(self) -> dict[str, Any]:
        """What the step did, in numbers."""
        return json.loads(self.detail) if self.detail else {}

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return (self.ended_at - self.started_at).total_seconds() if self.started_at and self.ended_at else None


@dataclass(frozen=True)
class RunRecord:
    """One run."""

    run_id: str
    state: str
    logical_date: date
    target: str
    full: int
    started_at: datetime
    ended_at: datetime | None
    host: str
    pid: int
    error: str | None

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else None


class Journal:
    """Runs and steps in the ledger."""

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        self.ledger = ledger
        self.settings = settings

    def enter(self, run_id: str, logical_date: date, steps: list[str], *, full: bool) -> None:
        """Enter a run with all its steps pending."""
        with self.ledger.transaction() as connection:
            connection.execute(
                insert(RUN).values(
                    run_id=run_id,
                    state=RunState.PENDING,
                    logical_date=logical_date,
                    target=self.settings.target,
                    full=int(full),
                    started_at=self.settings.present(),
                    host=socket.gethostname(),
                    pid=os.getpid(),
                )
            )
            connection.execute(
                insert(STEP),
                [
                    {"run_id": run_id, "step": step, "place": place, "state": RunState.PENDING, "attempts": 0}
                    for place, step in enumerate(steps)
                ],
            )

    def begin(self, run_id: str, logical_date: date, steps: list[str], *, full: bool) -> None:
        """Let a run go, or go on in another process than the one that began it."""
        if not self.find(run_id):
            self.enter(run_id, logical_date, steps, full=full)
        with self.ledger.transaction() as connection:
            values = {"state": RunState.RUNNING, "error": None, "ended_at": None}
            place = {"host": socket.gethostname(), "pid": os.getpid()}
            connection.execute(update(RUN).where(RUN.c.run_id == run_id).values(**values, **place))

    def move(self, run_id: str, state: RunState, error: str | None = None) -> None:
        """Change a run's state."""
        ended = self.settings.present() if state in (RunState.SUCCESS, RunState.FAILED) else None
        with self.ledger.transaction() as connection:
            values = {"state": state, "error": error, "ended_at": ended}
            connection.execute(update(RUN).where(RUN.c.run_id == run_id).values(**values))

    def interrupt(self, run_id: str, why: str | None = None) -> None:
        """Mark a run, and the step it was in, as paused."""
        under_way = (STEP.c.run_id == run_id, STEP.c.state.in_((RunState.RUNNING, RunState.RETRYING)))
        with self.ledger.transaction() as connection:
            connection.execute(update(STEP).where(*under_way).values(state=RunState.PAUSED))
            values = {"state": RunState.PAUSED, "error": why, "ended_at": None}
            connection.execute(update(RUN).where(RUN.c.run_id == run_id).values(**values))

    def start_step(self, run_id: str, step: str) -> None:
        """Count an attempt at a step. A run that waited to try again is running again."""
        begun = {"state": RunState.RUNNING, "started_at": self.settings.present(), "ended_at": None, "error": None}
        waited = (RUN.c.run_id == run_id, RUN.c.state == RunState.RETRYING)
        with self.ledger.transaction() as connection:
            mine = update(STEP).where(STEP.c.run_id == run_id, STEP.c.step == step)
            connection.execute(mine.values(**begun, attempts=STEP.c.attempts + 1))
            connection.execute(update(RUN).where(*waited).values(state=RunState.RUNNING, error=None))

    def move_step(self, run_id: str, step: str, state: RunState, **known: Any) -> None:
        """Change a step's state."""
        values: dict[str, Any] = {"state": state, **known}
        if state in (RunState.SUCCESS, RunState.FAILED):
            values["ended_at"] = self.settings.present()
        with self.ledger.transaction() as connection:
            connection.execute(update(STEP).where(STEP.c.run_id == run_id, STEP.c.step == step).values(**values))

    def find(self, run_id: str) -> RunRecord | None:
        """The run of that id, or of the only id that begins so."""
        query = select(RUN).where(RUN.c.run_id.startswith(run_id, autoescape=True)).order_by(RUN.c.run_id).limit(2)
        with self.ledger.engine.connect() as connection:
            found = [RunRecord(**row) for row in connection.execute(query).mappings()]
        # The id of one run may be the beginning of another's: `20260131-063000` and `20260131-063000-2`.
        return found[0] if found and (len(found) == 1 or found[0].run_id == run_id) else None

    def get(self, run_id: str) -> RunRecord:
        """The run of that id, or an error."""
        if found := self.find(run_id):
            return found
        raise UsageError(f"There is no run {run_id!r}, or more than one begins so. List them with: filiera runs")

    def runs(self, limit: int = 20) -> list[RunRecord]:
        """The latest runs, newest first."""
        # Of those that began in one moment the tenth is `…-10`, which as a text comes before `…-9`.
        newest = (RUN.c.started_at.desc(), func.length(RUN.c.run_id).desc(), RUN.c.run_id.desc())
        query = select(RUN).order_by(*newest).limit(limit)
        with self.ledger.engine.connect() as connection:
            return [RunRecord(**row) for row in connection.execute(query).mappings()]

    def steps(self, run_id: str) -> list[StepRecord]:
        """The steps of a run, in order."""
        query = select(STEP).where(STEP.c.run_id == run_id).order_by(STEP.c.place)
        with self.ledger.engine.connect() as connection:
            return [StepRecord(**row) for row in connection.execute(query).mappings()]
