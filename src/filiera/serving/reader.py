"""Questions to the published data: read-only SQL over whichever file is current.

A run publishes a whole DuckDB file and then points `current.duckdb` at it. Dashboards, the API and `filiera
query` all read through here, so this is where a reader is kept from waiting for a writer, from seeing half of
a publication, and from reaching anything but the published tables: the SQL may come from a person.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from types import TracebackType
from typing import Any, Self

import duckdb

from filiera.errors import FilieraError, UsageError
from filiera.settings import Settings

POINTER = "current.duckdb"

# Some table functions do more than read, in a plain SELECT: `enable_logging` with a file as its storage has
# DuckDB 1.5 end the whole process when that file is denied. So the ones that only read are listed here.
TABLE_FUNCTIONS = frozenset(
    {
        *("range", "generate_series", "unnest", "json_each", "json_tree", "summary", "pragma_table_info"),
        *("duckdb_columns", "duckdb_constraints", "duckdb_schemas", "duckdb_tables", "duckdb_views"),
    }
)

Parameters = Sequence[Any] | Mapping[str, Any]


class NothingPublishedError(FilieraError):
    """No run has published anything yet."""


class QuestionRefusedError(UsageError):
    """The SQL is not a question to the published tables, or it is wrong."""


class QuestionTooLongError(FilieraError):
    """The answer took longer than a reader may wait."""


@dataclass(frozen=True)
class Answer:
    """What a question brought back, from one publication."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool
    """There were more rows than the limit; `rows` holds the first ones."""
    version: str

    def dicts(self) -> list[dict[str, Any]]:
        """The rows by column name; of two columns with the same name the last remains."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass
class _Publication:
    name: str
    connection: duckdb.DuckDBPyConnection
    readers: int = 0
    retired: bool = False


class Serving:
    """The published data, for any number of threads."""

    def __init__(self, settings: Settings, *, timeout: float = 30.0) -> None:
        self._folder = settings.serving
        self._timeout = timeout
        self._options = _options(settings)
        self._lock = threading.Lock()
        self._current: _Publication | None = None

    def __enter__(self) -> Self:
        """Close when the block is left."""
        return self

    def __exit__(  # noqa: D105
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def version(self) -> str | None:
        """Name of the current published file, or None when nothing was published yet."""
        try:
            return (self._folder / POINTER).readlink().name
        except FileNotFoundError:
            return None

    def rows(self, sql: str, parameters: Parameters = ()) -> list[dict[str, Any]]:
        """All rows of the answer, each by column name."""
        return self.ask(sql, parameters).dicts()

    def ask(
        self, sql: str, parameters: Parameters = (), *, limit: int | None = None, timeout: float | None = None
    ) -> Answer:
        """Answer one SELECT; `parameters` fill `?` in order or `$name` by name, `limit` caps the rows."""
        _refuse_all_but_select(sql)
        seconds = self._timeout if timeout is None else timeout
        with self._reading() as publication, publication.connection.cursor() as cursor:
            deadline = _Deadline(cursor, seconds)
            try:
                with deadline:
                    cursor.execute(sql, parameters or None)
                    columns = tuple(column[0] for column in cursor.description or ())
                    rows = cursor.fetchall() if limit is None else cursor.fetchmany(limit + 1)
            except duckdb.Error as error:
                if deadline.passed:
                    raise QuestionTooLongError(
                        f"The question to {publication.name} took longer than {seconds:g} s and was stopped;"
                        " ask for a shorter period or fewer columns."
                    ) from None
                raise _in_words(error, publication.name) from error
        truncated = limit is not None and len(rows) > limit
        return Answer(columns, rows[:limit] if truncated else rows, truncated, publication.name)

    def close(self) -> None:
        """Let go of the published file; questions under way are finished first."""
        with self._lock:
            self._retire()

    @contextmanager
    def _reading(self) -> Iterator[_Publication]:
        with self._lock:
            publication = self._newest()
            publication.readers += 1
        try:
            yield publication
        finally:
            with self._lock:
                publication.readers -= 1
                if publication.retired and not publication.readers:
                    publication.connection.close()

    def _newest(self) -> _Publication:
        """The open publication, exchanged first if the pointer moved. Needs the lock."""
        while True:
            name = self.version()
            if name is None:
                self._retire()
                raise NothingPublishedError(
                    f"Nothing is published in {self._folder} yet;"
                    " run `filiera run`, or `filiera demo` for example data."
                )
            if self._current and self._current.name == name:
                return self._current
            try:
                # Not by the pointer: DuckDB shares one instance among connections to the same path, and would
                # hand back the old file for as long as anyone still reads it.
                connection = duckdb.connect(self._folder / name, read_only=True, config=self._options)
            except duckdb.Error as error:
                if self.version() != name:
                    continue  # replaced and removed between reading the pointer and opening the file
                raise FilieraError(
                    f"The published file {self._folder / name} cannot be opened ({_first_line(error)});"
                    " run `filiera run --full` to publish it again."
                ) from error
            self._retire()
            self._current = _Publication(name, connection)
            return self._current

    def _retire(self) -> None:
        old, self._current = self._current, None
        if old:
            old.retired = True
            if not old.readers:
                old.connection.close()


class _Deadline:
    """Interrupts a cursor when its time is up, and never after the block was left."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, seconds: float) -> None:
        self.passed = False
        self._cursor = cursor
        self._lock = threading.Lock()
        self._left = False
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._left = True
        self._timer.cancel()

    def _expire(self) -> None:
        with self._lock:
            if not self._left:
                self.passed = True
                self._cursor.interrupt()


def _options(settings: Settings) -> dict[str, str | bool | int | float | list[str]]:
    options: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "allow_persistent_secrets": "false",
        "python_enable_replacements": "false",  # or a table name could be a variable of this program
        "temp_directory": "",  # a reader without enough memory fails, it does not fill the disk
        "memory_limit": settings.memory_limit,
        "lock_configuration": "true",
    }
    return options | ({"threads": settings.threads} if settings.threads else {})


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1, "enable_external_access": "false"})


@lru_cache(maxsize=512)
def _refuse_all_but_select(sql: str) -> None:
    """Let one SELECT pass (SHOW, DESCRIBE, SUMMARIZE, VALUES and FROM are such) as DuckDB sees it."""
    try:
        with _parser().cursor() as cursor:
            found = cursor.execute("select json_serialize_sql(?)", [sql]).fetchone()
        tree = json.loads(found[0]) if found else {}
        functions = set(_table_functions(tree))
    except (duckdb.Error, RecursionError) as error:
        raise QuestionRefusedError(
            f"The question cannot be read as SQL ({_first_line(error)}); ask one SELECT of moderate size."
        ) from None
    if tree.get("error"):
        said = tree["error_message"].splitlines()[0].rstrip(".!")
        raise QuestionRefusedError(f"Only a SELECT can be asked of the published data ({said}); change the statement.")
    if (count := len(tree["statements"])) != 1:
        raise QuestionRefusedError(f"One SELECT is asked at a time, and here are {count} statements; send just one.")
    if refused := sorted(functions - TABLE_FUNCTIONS):
        raise QuestionRefusedError(
            f"{refused[0]}() is out of reach of a question to the published data;"
            " ask its tables, which SHOW ALL TABLES lists."
        )


def _table_functions(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "TABLE_FUNCTION":
            yield str(node["function"]["function_name"]).lower()
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from _table_functions(part)


def _in_words(error: duckdb.Error, name: str) -> FilieraError:
    if isinstance(error, duckdb.OutOfMemoryException):
        return FilieraError(
            f"The question to {name} needs more memory than is allowed; ask for less, or raise FILIERA_MEMORY_LIMIT."
        )
    if isinstance(error, duckdb.IOException) and "orrupt" in str(error):
        return FilieraError(
            f"The published file {name} is damaged ({_first_line(error)});"
            " run `filiera run --full` to publish it again."
        )
    return QuestionRefusedError(f"{name} cannot answer: {_first_line(error)}; mend the question.")


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0].rstrip(".!") if lines else type(error).__name__
