"""Makes a text file readable, line by line, that the engine cannot read or count.

A sound file of one line a row never comes here: the engine reads it in parallel. This pass goes over the lines once
and writes a copy in which every record stands on its own, preceded by its line number and, where it cannot be a row of
this file, the code of its damage. The copy then takes the same road as any file, so a damaged row ends in quarantine
with its text and line, in its place.

A record may span lines where a quote is open. In a file the engine has read from end to end that is believed as it
stands. In a damaged one it is not believed across a line that is a complete row by itself, so that a stray quote
damages its own line and no neighbour.
"""

from __future__ import annotations

import codecs
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from filiera.contracts.model import Dialect
from filiera.errors import BatchRefusedError

LONGEST_RECORD = 1 << 20
"""Bytes. What is longer is no row of a plant's file, and would have to be held in memory."""
MOST_LINES = 1000
"""Lines that a record of a damaged file may span."""
KEPT_TEXT = 4096
"""Bytes of a damaged line that quarantine shows; landing has it whole."""


class _Line(NamedTuple):
    number: int
    text: bytes
    """Without its end; of a line that is too long, the beginning."""
    end: bytes
    length: int


@dataclass
class _Lines:
    """Physical lines, ended by LF, CRLF or a bare CR; some may be handed back."""

    file: BinaryIO
    number: int = 0
    pending: deque[_Line] = field(default_factory=deque)

    def __post_init__(self) -> None:
        """Latin-1 maps every byte to one letter and back, and Python's text files know all line ends."""
        self.letters = io.TextIOWrapper(self.file, encoding="latin-1", newline="")

    def next(self) -> _Line | None:
        if self.pending:
            return self.pending.popleft()
        text = last = self._piece()
        if not text:
            return None
        length = len(text)
        while not last.endswith((b"\n", b"\r")) and (piece := self._piece()):
            last = piece
            length += len(piece)
        self.number += 1
        end = last[len(last.rstrip(b"\r\n")) :]
        text = text.rstrip(b"\r\n")
        if self.number == 1:
            text = text.removeprefix(codecs.BOM_UTF8)
        return _Line(self.number, text, end, length - len(end))

    def hand_back(self, lines: list[_Line]) -> None:
        self.pending.extendleft(reversed(lines))

    def _piece(self) -> bytes:
        return self.letters.readline(LONGEST_RECORD + 2).encode("latin-1")


@dataclass(frozen=True)
class Form:
    """What the rows of a file have in common."""

    width: int
    header: int = 1
    """Lines of the header."""
    may_trail: bool = False
    """Empty fields beyond the last column are passed over."""
    is_sound: bool = False
    """The engine has read the file from end to end."""


def repair(source: Path, target: Path, dialect: Dialect, form: Form) -> None:
    """Write `target`: `line,damage,field,…` for every record of `source` after its header lines."""
    with source.open("rb") as file, target.open("wb") as sink:
        lines = _Lines(file)
        head = b"".join(line.text for line in [lines.next() for _ in range(form.header)] if line)
        for record in _Repair(lines, head, dialect, form).records():
            sink.write(record)


class _Repair:
    def __init__(self, lines: _Lines, head: bytes, dialect: Dialect, form: Form) -> None:
        self.lines = lines
        self.head = head
        self.form = form
        self.width = form.width
        self.delimiter = dialect.delimiter.encode()
        self.quote = dialect.quote.encode()
        self.nothing = {b"", *(token.encode() for token in dialect.null_values)}
        # A copied line must not hold the quote of the copy, whatever the quote of the source is.
        self.needs_care = re.compile(b'["' + re.escape(self.quote) + b"]")
        q, d = re.escape(self.quote), re.escape(self.delimiter)
        unquoted = b"[^" + d + b"\r\n]*+" if len(self.delimiter) == 1 else b"(?:(?!" + d + b")[^\r\n])*+"
        pad = b" *+" if self.delimiter != b" " else b""
        body = b"[^" + q + b"]*+(?:" + q + q + b"[^" + q + b"]*+)*+" if self.quote else b""
        quoted = pad + q + b"(" + body + b")" + q + pad + b"|(?!" + pad + q + b")"
        self.field = re.compile(b"(?:" + (quoted if self.quote else b"") + b"(" + unquoted + b"))(" + d + rb"|\Z)")

    def records(self) -> Iterator[bytes]:
        gap = 0
        while (line := self.lines.next()) is not None:
            if self._is_blank(line.text):
                gap = gap or line.number
                continue
            if gap:
                self._refuse_another_table(gap, line)
            gap = 0
            yield self._record(line)

    def _is_blank(self, text: bytes) -> bool:
        """Nothing stands there, not even an empty field."""
        return self.width > 1 and not text.strip() and self.delimiter not in text

    def _refuse_another_table(self, gap: int, line: _Line) -> None:
        """After an empty line: another header, or two lines that agree on another number of columns."""
        if line.text != self.head:
            following = self.lines.next()
            if following is None:
                return
            self.lines.hand_back([following])
            widths = {len(self._fields(text) or ()) for text in (line.text, following.text)}
            if len(widths) > 1 or widths & {0, 1, self.width}:
                return
        raise BatchRefusedError(
            "TWO_TABLES",
            f"line {gap} is empty and another table begins in line {line.number}: two tables in one file. "
            f"Deliver them apart.",
        )

    def _record(self, line: _Line) -> bytes:
        if self.quote and line.text.count(self.quote) % 2 and self._fields(line.text) is None:
            line = self._joined(line) or line
        text = line.text
        if code := _unreadable(line):
            return self._damaged(line, code)
        if not self.needs_care.search(text) and text.count(self.delimiter) == self.width - 1:
            return b"%d" % line.number + self.delimiter * 2 + text + b"\n"
        fields = self._fields(text)
        if fields is None:
            return self._damaged(line, "ROW_QUOTES")
        if self.form.may_trail:
            while len(fields) > self.width and fields[-1] in self.nothing:
                fields.pop()
        if len(fields) != self.width:
            return self._damaged(line, "ROW_COLUMNS")
        return self.delimiter.join([b"%d" % line.number, b"", *map(_requoted, fields)]) + b"\n"

    def _joined(self, line: _Line) -> _Line | None:
        """The record that begins on this line and goes on over the next ones, if there is one."""
        taken = [line]
        size = line.length
        while self.form.is_sound or len(taken) <= MOST_LINES:
            following = self.lines.next()
            if following is None:
                break
            taken.append(following)
            size += len(taken[-2].end) + following.length
            if size > LONGEST_RECORD:
                break
            if following.text.count(self.quote) % 2:
                text = b"".join(part.text + part.end for part in taken[:-1]) + following.text
                if len(self._fields(text) or ()) == self.width:
                    return _Line(line.number, text, following.end, size)
                break
            if not self.form.is_sound and self.width > 1 and len(self._fields(following.text) or ()) == self.width:
                break
        self.lines.hand_back(taken[1:])
        return None

    def _fields(self, text: bytes) -> list[bytes] | None:
        """The fields of a text, or None where its quotes do not open and close."""
        if self.quote not in text or not self.quote:
            return text.split(self.delimiter)
        fields = []
        at = 0
        while found := self.field.match(text, at):
            quoted, plain, delimiter = found.groups()
            fields.append(plain if quoted is None else quoted.replace(self.quote * 2, self.quote))
            if not delimiter:
                return fields
            at = found.end()
        return None

    def _damaged(self, line: _Line, code: str) -> bytes:
        text = line.text[:KEPT_TEXT].decode("utf-8", errors="backslashreplace").replace("\0", "\\x00")
        if line.length > KEPT_TEXT:
            text += f"… ({line.length:,} bytes in all)"
        fields = [b"%d" % line.number, code.encode(), _requoted(text.encode())] + [b""] * (self.width - 1)
        return self.delimiter.join(fields) + b"\n"


def _requoted(value: bytes) -> bytes:
    return b'"' + value.replace(b'"', b'""') + b'"'


def _unreadable(line: _Line) -> str | None:
    if line.length > LONGEST_RECORD:
        return "ROW_TOO_LONG"
    if b"\0" in line.text:
        return "ROW_NUL"
    if not line.text.isascii():
        try:
            line.text.decode("utf-8")
        except UnicodeDecodeError:
            return "ROW_ENCODING"
    return None
