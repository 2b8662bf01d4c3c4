"""Makes a damaged text file readable without losing a neighbour of the damage.

A sound file never comes here: the engine reads it in parallel. When it cannot, or when its count of rows does not
agree with the count of lines, this pass goes over the lines once and writes a copy in which every record stands on
its own, preceded by its line number and, where it cannot be a row of this file, the code of its damage. The copy then
takes the same road as any file, so a damaged row ends in quarantine with its text and line, in its place.

An opening quote that no later quote of the same record closes damages its own line only: a record may span lines, but
not across a line that is a complete row by itself.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from filiera.contracts.model import Dialect
from filiera.errors import BatchRefusedError

LONGEST_LINE = 1 << 20
LONGEST_RECORD_LINES = 1000
KEPT_TEXT = 4096
"""Bytes of a damaged line that quarantine shows; landing has it whole."""


@dataclass
class _Lines:
    """Physical lines with their numbers; some may be handed back."""

    file: BinaryIO
    separator: bytes
    number: int = 0
    pending: deque[tuple[int, bytes]] = field(default_factory=deque)
    rest: bytes = b""

    def next(self) -> tuple[int, bytes] | None:
        if self.pending:
            return self.pending.popleft()
        line = self._read()
        if line is None:
            return None
        self.number += 1
        return self.number, line

    def hand_back(self, lines: list[tuple[int, bytes]]) -> None:
        self.pending.extendleft(reversed(lines))

    def _read(self) -> bytes | None:
        if self.separator == b"\n":
            line = self.file.readline()
            return line.rstrip(b"\n").removesuffix(b"\r") if line else None
        while self.separator not in self.rest:
            block = self.file.read(LONGEST_LINE)
            if not block:
                line, self.rest = self.rest, b""
                return line or None
            self.rest += block
        line, _, self.rest = self.rest.partition(self.separator)
        return line


def repair(source: Path, target: Path, width: int, dialect: Dialect, *, cr_only: bool = False, header: int = 1) -> None:
    """Write `target`: `line,damage,field,…` for every record of `source` after its header lines."""
    with source.open("rb") as file, target.open("wb") as sink:
        lines = _Lines(file, b"\r" if cr_only else b"\n")
        for _ in range(header):
            lines.next()
        for record in _Repair(lines, width, dialect).records():
            sink.write(record)


class _Repair:
    def __init__(self, lines: _Lines, width: int, dialect: Dialect) -> None:
        self.lines = lines
        self.width = width
        self.delimiter = dialect.delimiter.encode()
        self.quote = dialect.quote.encode()
        # A copied line must not hold the quote of the copy, whatever the quote of the source is.
        self.needs_care = re.compile(b'[\0"' + re.escape(self.quote) + b"]")
        if self.quote:
            q, d = re.escape(self.quote), re.escape(self.delimiter)
            one = b"(" + q + b"(?:[^" + q + b"]|" + q + q + b")*" + q + b"|(?!" + q + b")[^" + d + b"\\n]*)"
            self.whole = re.compile(one + (d + one) * (width - 1), re.DOTALL)

    def records(self) -> Iterator[bytes]:
        gap = 0
        while (item := self.lines.next()) is not None:
            number, line = item
            if not line.strip():
                gap = gap or number
                continue
            if gap and line.count(self.delimiter) != self.width - 1 and self.width > 1:
                raise BatchRefusedError(
                    "TWO_TABLES",
                    f"line {gap} is empty and line {number} has another number of columns: two tables in one file. "
                    f"Deliver them apart.",
                )
            gap = 0
            yield self._record(number, line)

    def _record(self, number: int, line: bytes) -> bytes:
        if len(line) > LONGEST_LINE:
            return self._damaged(number, "ROW_TOO_LONG", line)
        if not line.isascii() and not _is_utf8(line):
            return self._damaged(number, "ROW_ENCODING", line)
        if not self.needs_care.search(line):
            if line.count(self.delimiter) == self.width - 1:
                return b"%d" % number + self.delimiter * 2 + line + b"\n"
            return self._damaged(number, "ROW_COLUMNS", line)
        if b"\0" in line:
            return self._damaged(number, "ROW_NUL", line)
        if not self.quote:
            fields = line.split(self.delimiter)
            return (
                self._sound(number, fields) if len(fields) == self.width else self._damaged(number, "ROW_COLUMNS", line)
            )
        if found := self.whole.fullmatch(line):
            return self._sound(number, [self._unquoted(value) for value in found.groups()])
        if line.count(self.quote) % 2 and (joined := self._joined(number, line)):
            return joined
        code = "ROW_COLUMNS" if line.count(self.quote) % 2 == 0 and self._is_other_width(line) else "ROW_QUOTES"
        return self._damaged(number, code, line)

    def _joined(self, number: int, line: bytes) -> bytes | None:
        """The record that begins on this line and goes on over the next ones, if there is one."""
        taken: list[tuple[int, bytes]] = []
        text = line
        while len(taken) < LONGEST_RECORD_LINES and len(text) <= LONGEST_LINE:
            item = self.lines.next()
            if item is None:
                break
            taken.append(item)
            following = item[1]
            if self.quote not in following and self.width > 1 and following.count(self.delimiter) == self.width - 1:
                break
            text += b"\n" + following
            if following.count(self.quote) % 2:
                if found := self.whole.fullmatch(text):
                    return self._sound(number, [self._unquoted(value) for value in found.groups()])
                break
        self.lines.hand_back(taken)
        return None

    def _is_other_width(self, line: bytes) -> bool:
        bare = re.sub(re.escape(self.quote) + b"[^" + re.escape(self.quote) + b"]*" + re.escape(self.quote), b"", line)
        return bare.count(self.delimiter) != self.width - 1

    def _unquoted(self, value: bytes) -> bytes:
        if value[:1] == self.quote:
            return value[1:-1].replace(self.quote * 2, self.quote)
        return value

    def _sound(self, number: int, fields: list[bytes]) -> bytes:
        return self.delimiter.join([b"%d" % number, b"", *map(_requoted, fields)]) + b"\n"

    def _damaged(self, number: int, code: str, line: bytes) -> bytes:
        text = line[:KEPT_TEXT].decode("utf-8", errors="backslashreplace").replace("\0", "\\x00")
        if len(line) > KEPT_TEXT:
            text += f"… ({len(line):,} bytes in all)"
        fields = [b"%d" % number, code.encode(), _requoted(text.encode())] + [b""] * (self.width - 1)
        return self.delimiter.join(fields) + b"\n"


def _requoted(value: bytes) -> bytes:
    return b'"' + value.replace(b'"', b'""') + b'"'


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
