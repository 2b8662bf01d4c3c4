"""One run at a time: a lock the operating system releases when its holder dies, and a note that says who holds it."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, select, text

from filiera.errors import AnotherRunError
from filiera.intake.ledger import Ledger
from filiera.intake.tables import RUN
from filiera.pipeline.stopping import StoppedError
from filiera.settings import Settings

_ADVISORY_KEY = 4_701_964_001

_kept: list[Connection] = []


@contextmanager
def exclusive(settings: Settings, ledger: Ledger, what: str) -> Iterator[None]:
    """Hold the home, and a shared ledger if there is one, for the length of the block.

    A process that was told to stop holds on until it is gone: a thread of it may still be at work.
    """
    settings.state.mkdir(parents=True, exist_ok=True)
    path = settings.state / "run.lock"
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnotherRunError(_who(file)) from None
        file.seek(0)
        file.truncate()
        json.dump(_me(settings, what), file)
        file.flush()
        with _shared(ledger):
            try:
                yield
            except StoppedError:
                os.dup(file.fileno())
                raise
        file.seek(0)
        file.truncate()


@contextmanager
def _shared(ledger: Ledger) -> Iterator[None]:
    """With a ledger in PostgreSQL other machines may run too; they meet at an advisory lock."""
    if ledger.engine.dialect.name != "postgresql":
        yield
        return
    connection = ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _ADVISORY_KEY}).scalar():
        who = _who_shares(connection)
        connection.close()
        raise AnotherRunError(who)
    # Outside the pool, so that closing it, or losing the server, is what ends the lock.
    connection.detach()
    try:
        yield
    except StoppedError:
        _kept.append(connection)
        raise
    except BaseException:
        connection.close()
        raise
    connection.close()


def _who_shares(connection: Connection) -> str:
    under_way = select(RUN).where(RUN.c.state.in_(("Pending", "Running", "Retrying"))).order_by(RUN.c.started_at.desc())
    run = connection.execute(under_way).mappings().first()
    who = f"run {run['run_id']}, process {run['pid']} on {run['host']}" if run else "an ingest or a replay"
    return f"Another home that shares this ledger is at work: {who}. Wait for it to end, then run again."


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
