"""The columns of a delivery held against the contract: which stands where, or why the delivery is refused."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from filiera.contracts.model import Contract
from filiera.errors import BatchRefusedError

_LONGEST = 1 << 20
_OTHER_DELIMITERS = (",", ";", "\t", "|")
_SHOWN = 120
_RESERVED = {"_line", "_damage", "_whole"}


@dataclass(frozen=True)
class Header:
    """The delivery's columns."""

    names: tuple[str, ...]
    """As they stand in the delivery, in its order; one without a name is called by its place, `column 3`."""
    by_column: dict[str, str]
    """The delivery's name of each contract column that is there."""
    extra: tuple[str, ...]
    """Names the contract does not know."""
    lines: int = 1
    """Lines of a text file that the header takes up: a name in quotes may hold a line break."""
    delimiters: int = 0
    """How often the delimiter stands in these lines."""


def read_header(path: Path, contract: Contract) -> Header:
    """The header of a text file, checked."""
    with path.open("rb") as file:
        head = file.read(_LONGEST)
    head = head.removeprefix(codecs.BOM_UTF8)
    if not head.strip():
        raise BatchRefusedError("EMPTY_FILE", "it is empty: no header and no rows.")
    first_line = head.replace(b"\r", b"\n").partition(b"\n")[0]
    if len(first_line) + len(codecs.BOM_UTF8) >= _LONGEST:
        raise BatchRefusedError("NO_HEADER", f"its first line is longer than {_LONGEST:,} bytes, which is no header.")
    if b"\0" in first_line:
        raise BatchRefusedError(
            "BAD_ENCODING",
            "its first line has NUL bytes, as UTF-16 without a byte order mark does; deliver it as UTF-8.",
        )
    records = csv.reader(
        io.StringIO(head.decode("utf-8", errors="surrogateescape"), newline=""),
        delimiter=contract.dialect.delimiter,
        quotechar=contract.dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if contract.dialect.quote else csv.QUOTE_NONE,
    )
    try:
        first: list[str] = next(records, [])
    except csv.Error as error:
        raise BatchRefusedError("NO_HEADER", f"its first line is not a header: {error}.") from None
    if any("\udc80" <= letter <= "\udcff" for name in first for letter in name):
        raise BatchRefusedError(
            "BAD_ENCODING", "its header is not valid UTF-8; deliver it so, or name its encoding in the contract."
        )
    _refuse_stranger(first, contract)
    delimiters = len(first) - 1 + sum(name.count(contract.dialect.delimiter) for name in first)
    header = replace(match(first, contract), lines=records.line_num, delimiters=delimiters)
    with suppress(csv.Error):
        if [name.strip().casefold() for name in next(records, [])] == [name.casefold() for name in header.names]:
            raise BatchRefusedError(
                "TWO_HEADERS", "its second line repeats the header; deliver it with one header line."
            )
    return header


def match(found: Sequence[str], contract: Contract) -> Header:
    """Hold delivered column names against the contract."""
    names = tuple(name.strip() or f"column {place}" for place, name in enumerate(found, 1))
    wanted = {column.name.casefold(): column for column in contract.columns}
    lowered = Counter(name.casefold() for name in names)
    if reserved := _RESERVED & set(lowered):
        raise BatchRefusedError(
            "RESERVED_COLUMN", f"column {', '.join(sorted(reserved))} has a name that filiera keeps."
        )
    if any("\0" in name for name in names):
        raise BatchRefusedError("BAD_ENCODING", "the name of a column has a NUL byte in it.")
    doubled = sorted({name for name in names if lowered[name.casefold()] > 1})
    if doubled:
        raise BatchRefusedError(
            "DOUBLED_COLUMN", f"column {', '.join(map(repr, doubled))} stands there twice; which one counts?"
        )
    missing = [column.name for column in contract.columns if column.name.casefold() not in lowered]
    missing = [name for name in missing if not contract.column(name).optional]
    if missing:
        raise BatchRefusedError(
            "MISSING_COLUMN", f"column {', '.join(map(repr, missing))} is missing; found are {_shown(names)}."
        )
    return Header(
        names=names,
        by_column={wanted[name.casefold()].name: name for name in names if name.casefold() in wanted},
        extra=tuple(name for name in names if name.casefold() not in wanted),
    )


def _refuse_stranger(found: list[str], contract: Contract) -> None:
    """Refuse a first line that names none of the contract's columns: it is no header, or not written as agreed."""
    wanted = {column.name.casefold() for column in contract.columns}
    if any(name.strip().casefold() in wanted for name in found):
        return
    line = contract.dialect.delimiter.join(found)
    for delimiter in _OTHER_DELIMITERS:
        parts = {part.strip().strip("\"'").casefold() for part in line.split(delimiter)}
        if delimiter != contract.dialect.delimiter and len(parts & wanted) * 2 > len(wanted):
            raise BatchRefusedError(
                "WRONG_DELIMITER",
                f"it is written with {delimiter!r} between columns, but its contract says "
                f"{contract.dialect.delimiter!r}. Deliver it so, or change the contract.",
            )
    expected = ", ".join(column.name for column in contract.columns)
    raise BatchRefusedError("NO_HEADER", f"its first line is {_shown(found)}, not a header with {expected}.")


def _shown(names: Sequence[str]) -> str:
    text = ", ".join(names)
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
