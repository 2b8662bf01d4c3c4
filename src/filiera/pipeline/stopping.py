"""How a command ends when it is told to: by Ctrl-C, by a service manager, by a shutdown.

The first signal ends the work at the next moment Python looks, as if an exception had been raised there, so that files
and databases are closed; a second one ends the process at once. What was begun stays as a crash would leave it, and the
next run finishes it.

Python does not look while a library waits, as for a lock that somebody holds in PostgreSQL. So a thread watches too: it
ends the process at a second signal, or when the first was not heard in time.
"""

from __future__ import annotations

import atexit
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PATIENCE = 20.0
_heard = threading.Event()


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
        with _watched():
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


@contextmanager
def _watched() -> Iterator[None]:
    """Within, a thread learns of every signal at once, whatever the main thread is busy with."""
    told, watched = socket.socketpair()
    with told:
        told.setblocking(False)
        signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=_watch, args=(watched,), name="filiera-signals", daemon=True).start()
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)


def _watch(signals: socket.socket) -> None:
    with signals:
        first = _next(signals)
        if not first or not _must_end_at_once(signals):
            return
        os.write(2, b"Stopped at once. What was begun is finished by the next run.\n")
        os._exit(128 + first)


def _must_end_at_once(signals: socket.socket) -> bool:
    signals.settimeout(_PATIENCE)
    try:
        return bool(_next(signals))
    except TimeoutError:
        if not _heard.is_set():
            return True
    signals.settimeout(None)
    return bool(_next(signals))


def _next(signals: socket.socket) -> int:
    """The next signal that ends a process; 0 when none will come any more."""
    while told := signals.recv(1):
        if told[0] in _SIGNALS:
            return told[0]
    return 0


def _stop(number: int, _frame: FrameType | None) -> None:
    _heard.set()
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
