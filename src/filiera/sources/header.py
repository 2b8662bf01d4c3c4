"""A text file's first line held against the contract: which column stands where, or why the file is refused."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filiera.contracts.model import Contract, Dialect
from filiera.errors import BatchRefusedError

_LONGEST = 1 << 20
_OTHER_DELIMITERS = (",", ";", "\t", "|")
_SHOWN = 120
_RESERVED = {"_line", "_damage", "_whole"}


@dataclass(frozen=True)
class Header:
    """The delivery's columns."""

    names: tuple[str, ...]
    """As they stand in the file, in its order."""
    by_column: dict[str, str]
    """The file's name of each contract column that is there."""
    extra: tuple[str, ...]
    """Names the contract does not know."""


def read_header(path: Path, contract: Contract) -> Header:
    """The header of a text file, checked."""
    with path.open("rb") as file:
        head = file.read(_LONGEST)
    head = head.removeprefix(b"\xef\xbb\xbf")
    if not head.strip():
        raise BatchRefusedError("EMPTY_FILE", "it is empty: no header and no rows.")
    if b"\0" in head.partition(b"\n")[0]:
        raise BatchRefusedError(
            "BAD_ENCODING",
            "its first line has NUL bytes, as UTF-16 without a byte order mark does; deliver it as UTF-8.",
        )
    lines = head.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    records = _records(lines, contract.dialect)
    first: list[str] = next(records, [])
    second: list[str] = next(records, [])
    header = match(first, contract)
    if [name.strip().casefold() for name in second] == [name.casefold() for name in header.names]:
        raise BatchRefusedError("TWO_HEADERS", "its second line repeats the header; deliver it with one header line.")
    return header


def match(found: Sequence[str], contract: Contract) -> Header:
    """Hold delivered column names against the contract."""
    names = tuple(name.strip() for name in found)
    wanted = {column.name.casefold(): column for column in contract.columns}
    present = [name for name in names if name.casefold() in wanted]
    if not present:
        _refuse_stranger(names, contract)
    lowered = [name.casefold() for name in names]
    if reserved := _RESERVED & set(lowered):
        raise BatchRefusedError(
            "RESERVED_COLUMN", f"column {', '.join(sorted(reserved))} has a name that filiera keeps."
        )
    doubled = sorted({name for name in names if lowered.count(name.casefold()) > 1})
    if doubled:
        raise BatchRefusedError(
            "DOUBLED_COLUMN", f"column {', '.join(map(repr, doubled))} stands twice in its header; which one counts?"
        )
    missing = [
        column.name for column in contract.columns if column.name.casefold() not in lowered and not column.optional
    ]
    if missing:
        raise BatchRefusedError(
            "MISSING_COLUMN", f"column {', '.join(map(repr, missing))} is missing; found are {_shown(names)}."
        )
    return Header(
        names=names,
        by_column={wanted[name.casefold()].name: name for name in present},
        extra=tuple(name for name in names if name.casefold() not in wanted),
    )


def _records(lines: list[str], dialect: Dialect) -> Iterator[list[str]]:
    if dialect.quote:
        return csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote)
    return csv.reader(lines, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE)


def _refuse_stranger(names: tuple[str, ...], contract: Contract) -> None:
    wanted = {column.name.casefold() for column in contract.columns}
    line = contract.dialect.delimiter.join(names)
    for delimiter in _OTHER_DELIMITERS:
        parts = {part.strip().strip("\"'").casefold() for part in line.split(delimiter)}
        if delimiter != contract.dialect.delimiter and len(parts & wanted) * 2 > len(wanted):
            raise BatchRefusedError(
                "WRONG_DELIMITER",
                f"it is written with {delimiter!r} between columns, but its contract says "
                f"{contract.dialect.delimiter!r}. Deliver it so, or change the contract.",
            )
    expected = ", ".join(column.name for column in contract.columns)
    raise BatchRefusedError("NO_HEADER", f"its first line is {_shown(names)}, not a header with {expected}.")


def _shown(names: Sequence[str]) -> str:
    text = ", ".join(names)
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
