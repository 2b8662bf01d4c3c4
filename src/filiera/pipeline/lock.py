"""One run at a time: a lock the operating system releases when its holder dies, and a note that says who holds it."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, text

from filiera.errors import AnotherRunError
from filiera.intake.ledger import Ledger
from filiera.settings import Settings

_ADVISORY_KEY = 4_701_964_001


@contextmanager
def exclusive(settings: Settings, ledger: Ledger, what: str) -> Iterator[None]:
    """Hold the home, and a shared ledger if there is one, for the length of the block."""
    settings.state.mkdir(parents=True, exist_ok=True)
    path = settings.state / "run.lock"
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AnotherRunError(_who(file)) from None
        file.seek(0)
        file.truncate()
        json.dump(_me(settings, what), file)
        file.flush()
        with _shared(ledger):
            yield
        file.seek(0)
        file.truncate()


@contextmanager
def _shared(ledger: Ledger) -> Iterator[None]:
    """With a ledger in PostgreSQL other machines may run too; they meet at an advisory lock."""
    if ledger.engine.dialect.name != "postgresql":
        yield
        return
    connection: Connection
    with ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _ADVISORY_KEY}).scalar():
            raise AnotherRunError(
                "Another machine that shares this ledger is running; wait for it, or see: filiera runs"
            )
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_KEY})


def _me(settings: Settings, what: str) -> dict[str, Any]:
    return {
        "what": what,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": settings.present().isoformat(timespec="seconds"),
    }


def _who(file: Any) -> str:
    file.seek(0)
    try:
        holder = json.loads(file.read())
    except json.JSONDecodeError:
        return "Another run is under way. Wait for it to end, then run again."
    return (
        f"Another run is under way: {holder['what']}, process {holder['pid']} on {holder['host']}, "
        f"since {holder['since']}. Wait for it to end, then run again."
    )
