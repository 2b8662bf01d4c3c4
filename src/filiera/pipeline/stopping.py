"""How a command ends when it is told to: by Ctrl-C, by a service manager, by a shutdown.

The first signal ends the work at the next moment Python looks, as if an exception had been raised there, so that files
and databases are closed; a second one ends the process at once. What was begun stays as a crash would leave it, and the
next run finishes it.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StoppedError(SystemExit):
    """A signal asked this process to end. Like `SystemExit` it is no fault, so nothing that mends faults catches it."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.signal = signal.Signals(number)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Within, SIGINT and SIGTERM end the process in order, with the exit code a shell gives to such an end."""
    before = [signal.signal(number, _stop) for number in _SIGNALS]
    try:
        yield
    except StoppedError as stopped:
        sys.stderr.write(f"Stopped by {stopped.signal.name}. What was begun is finished by the next run.\n")
        _end(stopped)
    finally:
        for number, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(number, handler)


def raise_if_stopped(error: BaseException) -> None:
    """Raise the stop that an engine reported as an error of its own, as DuckDB does with what ends a query."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, StoppedError):
            raise cause
        cause = cause.__cause__ or cause.__context__


def _stop(number: int, _frame: FrameType | None) -> None:
    for known in _SIGNALS:
        signal.signal(known, _stop_at_once)
    raise StoppedError(number)


def _stop_at_once(number: int, _frame: FrameType | None) -> None:
    os._exit(128 + number)


def _end(stopped: StoppedError) -> None:
    """End without waiting for threads: one of them may be at work on a run that it finishes for a crashed process."""
    atexit._run_exitfuncs()  # noqa: SLF001 - what sys.exit() would call, had it not waited for threads first
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(str(stopped.code)))
