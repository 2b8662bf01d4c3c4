"""Faults of the machine, in words: a full disk, a lost permission, a database that is gone.

They come up through whichever library met them, each with a text of its own. Here they become one sentence that says
what is wrong and what to do; what is not known here stays as it is, for it is a defect of ours.
"""

from __future__ import annotations

import errno
import re
import resource
from collections.abc import Iterator

from filiera.errors import FilieraError, TransientError, without_secrets
from filiera.settings import Settings

_NUMBERS = {
    errno.ENOSPC: "no space left",
    errno.EDQUOT: "disk quota exceeded",
    errno.EFBIG: "file too large",
    errno.EROFS: "read-only file system",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EMFILE: "too many open files",
    errno.ENFILE: "too many open files",
    errno.ENOMEM: "cannot allocate memory",
}
_SENTENCES = (
    (
        r"no space left|database or disk is full|disk quota exceeded",
        "The disk that holds {home} is full. Free some space, then run again",
    ),
    (
        r"file too large",
        "A file in {home} may not grow any further. Raise the limit of this user (ulimit -f), then run again",
    ),
    (
        r"read-only file system|readonly database",
        "{home} is read-only. Make it writable, then run again",
    ),
    (
        r"permission denied|operation not permitted",
        "A file cannot be read or written for want of permission. Let this user read and write {home}, then run again",
    ),
    (
        r"too many open files",
        "This user may open only {files} files at once, which is too few. Raise the limit (ulimit -n), then run again",
    ),
    (
        r"out of memory|cannot allocate memory|failed to allocate|could not allocate",
        "There is not enough memory. Give more with FILIERA_MEMORY_LIMIT (now {memory}), or run on a larger machine",
    ),
    (
        r"unable to open database file",
        "The ledger in {home} cannot be opened. Let this user read and write {home}/state, then run again",
    ),
    (
        r"database is locked",
        "The ledger in {home} is held by another program. Close that program, then run again",
    ),
    (
        r"file is not a database|database disk image is malformed",
        "A database in {home}/state is damaged. Put its backup in its place, or move it away to begin anew",
    ),
)


def in_words(error: BaseException, settings: Settings | None = None) -> FilieraError | None:
    """The error a person is told instead; None where the error is one already, or where nothing is known of it."""
    if isinstance(error, FilieraError):
        return None
    text = " ".join(_texts(error))
    for pattern, sentence in _SENTENCES:
        if re.search(pattern, text, re.IGNORECASE):
            home = settings.home if settings else "the home"
            memory = settings.memory_limit if settings else "1536MB"
            files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
            return FilieraError(f"{sentence.format(home=home, memory=memory, files=files)} ({_reason(error)}).")
    if any(type(part).__module__.startswith("psycopg") for part in _chain(error)) and _is_operational(error):
        return TransientError(f"PostgreSQL cannot be reached: {_reason(error)}.")
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    part: BaseException | None = error
    while part is not None:
        yield part
        beneath = None if part.__suppress_context__ else part.__context__
        part = getattr(part, "orig", None) or part.__cause__ or beneath


def _texts(error: BaseException) -> Iterator[str]:
    for part in _chain(error):
        if isinstance(part, OSError) and part.errno in _NUMBERS:
            yield _NUMBERS[part.errno]
        elif type(part).__module__.partition(".")[0] in ("duckdb", "_duckdb", "sqlite3", "psycopg", "builtins"):
            yield str(part)


def _is_operational(error: BaseException) -> bool:
    return any(kind.__name__ in ("OperationalError", "InterfaceError") for kind in type(error).__mro__)


def _reason(error: BaseException) -> str:
    """What the library said, in its first line."""
    last = next((part for part in _chain(error) if getattr(part, "orig", None) is None), error)
    text = next((line for line in str(last).splitlines() if line.strip()), type(last).__name__)
    return without_secrets(text.strip().rstrip(".!"))
