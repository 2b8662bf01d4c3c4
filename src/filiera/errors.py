"""The few kinds of failure a person meets.

An error is raised where it is understood, with one sentence that says what is wrong, where, and what to do. `cli`
and `web` turn it into an exit code or a status; nothing in between catches it to carry on.
"""

from __future__ import annotations

import re


class FilieraError(Exception):
    """Something failed that the user can read about and act on. Exit code 1."""

    exit_code = 1


class UsageError(FilieraError):
    """The command or setting was wrong. Exit code 2."""

    exit_code = 2


class AnotherRunError(FilieraError):
    """Another run holds the home. Exit code 3."""

    exit_code = 3


class ContractError(UsageError):
    """A contract does not say something sensible; the message names file and line."""


class TransientError(FilieraError):
    """A fault that may pass by itself, such as a lost connection: a step may be tried again."""


class SourceError(FilieraError):
    """A source could not be read. The others were: the run goes on with them, and fails at its end."""


class SourceAwayError(SourceError, TransientError):
    """A source that does not answer now."""


class BatchRefusedError(FilieraError):
    """One delivery cannot be read at all. It stays in landing, and the others go on."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def without_secrets(text: str) -> str:
    """A message without the password of a URL or of a connection string."""
    text = re.sub(r"(://[^:/@\s]+):[^@\s]*@", r"\1:***@", text)
    return re.sub(r"(password\s*=\s*)('[^']*'|\S+)", r"\1***", text, flags=re.IGNORECASE)
