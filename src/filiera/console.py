"""How commands speak: tables and progress for people, JSON for programs, one sentence for errors."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from decimal import Decimal
from typing import Any

_WIDTH = 160
_UNLIMITED = 100_000
_BETWEEN = 3
"""Blanks between two columns of a table."""
_FOLDED = 40
_BLOCKS = 20
"""More rows than these are not read in blocks."""
_NAMING = re.compile(r"(?<![a-z])(id|key|seq|number|year|line|row)(?![a-z_])", re.IGNORECASE)
"""Columns whose numbers name something: they are copied into another command, and nobody adds them up."""


def say(text: str = "") -> None:
    """A line for people, on standard output."""
    _console().print(text, highlight=False, soft_wrap=True)


def warn(text: str) -> None:
    """A line for people, on standard error, so that it never mixes with data."""
    _console(stderr=True).print(text, highlight=False, markup=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Data for programs. Whole decimals stay exact: they are written as numbers, never as floats of another value."""
    sys.stdout.write(json.dumps(value, default=_plain, indent=2, ensure_ascii=False) + "\n")


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Sequence[str] = ()
) -> None:
    """A table for people."""
    _console().print(_table(title, columns, rows, right))


def print_rows(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, right: Sequence[str] = ()) -> None:
    """Rows for people: a table where there is room for its columns, else a block for each row, one column a line.

    The last column may be folded in a table, but not into less than so many characters.
    """
    console = _console()
    *others, last = _natural_widths(console, columns, rows)
    if sum(others) + min(last, _FOLDED) <= console.width:
        console.print(_table(title, columns, rows, right))
        return
    say(title)
    for row in rows[:_BLOCKS]:
        console.print(_block(columns, row))
    if left_out := rows[_BLOCKS:]:
        say(f"\n… and {number(len(left_out))} more; --json prints all of them.")
    say()


def _natural_widths(console: Any, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[int]:
    """Width of each column with all its texts on one line, the blanks beside it included."""
    from rich.measure import Measurement  # noqa: PLC0415 - keeps --help fast

    wide = console.options.update(max_width=_UNLIMITED)
    return [
        Measurement.get(console, wide, _table("", [column], [[row[place]] for row in rows], ())).maximum + _BETWEEN
        for place, column in enumerate(columns)
    ]


def _block(columns: Sequence[str], row: Sequence[Any]) -> Any:
    from rich.padding import Padding  # noqa: PLC0415 - keeps --help fast
    from rich.table import Table  # noqa: PLC0415 - likewise

    grid = Table.grid(padding=(0, 3, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for column, value in zip(columns, row, strict=True):
        if isinstance(value, dict):
            grid.add_row(column, "")
            for name, one in value.items():
                grid.add_row(f"  {name}", _shown(name, one))
        else:
            grid.add_row(column, _shown(column, value))
    return Padding(grid, (1, 0, 0, 1), expand=False)


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], right: Sequence[str]) -> Any:
    from rich.table import Table  # noqa: PLC0415 - keeps --help fast

    table = Table(title=title or None, title_justify="left", header_style="bold", box=_box(), pad_edge=False)
    for column in columns:
        is_right = column in right
        table.add_column(column, justify="right" if is_right else "left", overflow="fold", no_wrap=is_right)
    for row in rows:
        table.add_row(*(_shown(column, value) for column, value in zip(columns, row, strict=True)))
    return table


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A line that says what is being done; on anything but a terminal, one line for each thing."""
    console = _console(stderr=True)
    if not console.is_terminal:
        last = ""

        def tell(text: str) -> None:
            nonlocal last
            # Every model and test as a line of its own would bury the log of a scheduler.
            if text != last and not text.startswith(("built ", "tested ")):
                console.print(f"· {text}", highlight=False, markup=False, soft_wrap=True)
            last = text

        yield tell
        return
    with console.status("starting", spinner="dots") as status:
        yield status.update


def number(value: float | Decimal | None) -> str:
    """A number as people write it."""
    return "–" if value is None else f"{value:,}"


def seconds(value: float | None) -> str:
    """A duration as people say it."""
    if value is None:
        return "–"
    return f"{value:.1f} s" if value < 60 else f"{int(value // 60)} min {int(value % 60)} s"  # noqa: PLR2004 - a minute


def _shown(column: str, value: Any) -> Any:
    from rich.text import Text  # noqa: PLC0415 - keeps --help fast

    if value is None:
        return Text("–", style="dim")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value) if _NAMING.search(column) else number(value)
    if isinstance(value, dict):
        return Text(", ".join(f"{name}={one}" for name, one in value.items()))
    # Contents of files are never taken for markup.
    return Text(str(value))


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)


def _console(*, stderr: bool = False) -> Any:
    from rich.console import Console  # noqa: PLC0415 - keeps --help fast

    stream = sys.stderr if stderr else sys.stdout
    # A file or a pipe has no width; eighty columns would break every table.
    return Console(stderr=stderr, width=None if stream.isatty() else _WIDTH)


def _box() -> Any:
    from rich import box  # noqa: PLC0415 - keeps --help fast

    return box.SIMPLE_HEAD
