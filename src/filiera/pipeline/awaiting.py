"""Waits for runs that DBOS carries out in a thread of its own: what a crash cut off, and what was paused.

DBOS waits until its database says that the run has ended. Where the run cannot be taken up, or its end cannot be
written down, as on a full disk, the database never says so. Therefore a run also says here, in memory, that it has
begun and how it ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dbos import WorkflowHandle

from filiera.errors import FilieraError

_UNTIL_TAKEN_UP = 30.0
_UNTIL_WRITTEN = 5.0
_PAUSE = 0.1
_NO_CHANGE = "the database of runs takes no change. See to its disk (filiera doctor says more), then run again."
_OPEN = ("PENDING", "ENQUEUED", "DELAYED")


class RunLostError(FilieraError):
    """A run has not ended as far as the database says, and never will in this process."""


@dataclass
class _Course:
    ended_at: float | None = None
    fault: BaseException | None = None


_courses: dict[str, _Course] = {}


def forget() -> None:
    """What was said in an earlier session of DBOS is not true of the next."""
    _courses.clear()


@contextmanager
def told(run_id: str) -> Iterator[None]:
    """Within, the run is under way."""
    course = _courses[run_id] = _Course()
    try:
        yield
    except BaseException as fault:
        course.fault = fault
        raise
    finally:
        course.ended_at = time.monotonic()


def wait_for(handle: WorkflowHandle[None], in_words: Callable[[BaseException], FilieraError | None]) -> None:
    """Wait for the end of a run and raise what it failed of."""
    asked_at = time.monotonic()
    while handle.get_status().status in _OPEN:
        _raise_if_lost(handle.workflow_id, asked_at, in_words)
        time.sleep(_PAUSE)
    handle.get_result()


def _raise_if_lost(run_id: str, asked_at: float, in_words: Callable[[BaseException], FilieraError | None]) -> None:
    now = time.monotonic()
    course = _courses.get(run_id)
    if course is None and now - asked_at > _UNTIL_TAKEN_UP:
        raise RunLostError(f"Run {run_id} cannot be taken up again: {_NO_CHANGE}")
    if course and course.ended_at and now - course.ended_at > _UNTIL_WRITTEN:
        reason = in_words(course.fault) or course.fault if course.fault else _NO_CHANGE
        raise RunLostError(f"The end of run {run_id} cannot be written down: {reason}")
