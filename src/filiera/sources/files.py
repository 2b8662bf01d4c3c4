"""Turns a landed file into rows that the contract's check can read, whatever the file's kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from filiera.contracts.check import DAMAGE, LINE, WHOLE, Rows
from filiera.contracts.model import Contract, Dialect
from filiera.errors import BatchRefusedError
from filiera.settings import Settings
from filiera.sources.delivered import VitalSigns, glance, kind_of, readable
from filiera.sources.header import Header, match, read_header
from filiera.sources.repair import LONGEST_RECORD, Form, repair
from filiera.sql import literal, quoted

_JSON_LINES = Dialect(delimiter="\x01", quote="", null_values=())
"""A JSON text cannot hold a raw control character, so a line read with this delimiter is always whole."""
_JSON = "_json"
_BUFFER = 8 << 20
"""Each thread has a few; smaller than the engine would take, as fresh memory costs more than a further request."""
_WIDE = 1000
_NEVER = "\x02\x03"
"""A null token for files that have none: the engine would take the empty string."""


def signs_to_take(name: str, contract: Contract) -> VitalSigns | None:
    """What to count of a file while it is copied, so that nobody has to read it for that; None if it is no plain text.

    What its first line says is not known yet. A reader that needs another letter counted reads the file once more.
    """
    try:
        kind = kind_of(name)
    except BatchRefusedError:
        return None
    if kind == "parquet" or name.lower().endswith(".gz"):
        return None
    if kind == "jsonl":
        return VitalSigns(_JSON_LINES.delimiter)
    return VitalSigns(None if contract.columns[-1].required else contract.dialect.delimiter)


class FileReader:
    """One landed file under one contract. `rows` is the fast road; `repaired_rows` the one for damaged files."""

    def __init__(
        self, landed: Path, contract: Contract, settings: Settings, work: Path, signs: VitalSigns | None = None
    ) -> None:
        self.landed = landed
        self.contract = contract
        self.work = work
        self.kind = kind_of(landed.name)
        if landed.stat().st_size == 0:
            raise BatchRefusedError("EMPTY_FILE", "it is empty (0 bytes).")
        self.text: Path | None = None
        self.signs = VitalSigns()
        self.header: Header | None = None
        self.dialect = contract.dialect if self.kind == "csv" else _JSON_LINES
        if self.kind != "parquet":
            self.text = readable(landed, contract.dialect, settings, work)
            if self.kind == "csv":
                self.header = read_header(self.text, contract)
            letter = None if self._may_trail else self.dialect.delimiter
            # What was counted in a packed or recoded file says nothing about the text it holds.
            is_known = signs is not None and self.text == landed and letter in (None, signs.letter)
            self.signs = signs if signs and is_known else glance(self.text, letter)

    @property
    def is_wide(self) -> bool:
        """So many columns that memory is in question: each thread holds two thousand values of each at every stage."""
        return self.header is not None and len(self.header.names) > _WIDE

    @property
    def _may_trail(self) -> bool:
        """Empty fields beyond the last column are harmless where the last must have a value: nothing has shifted."""
        required = {column.name for column in self.contract.columns if column.required}
        return self.header is not None and self.header.names[-1] in {
            name for column, name in self.header.by_column.items() if column in required
        }

    @property
    def expected_rows(self) -> int | None:
        """Rows the file has if every line is one; None where lines mean nothing."""
        if self.text is None:
            return None
        return self.signs.lines - (self.header.lines if self.header else 0)

    @property
    def must_be_repaired(self) -> bool:
        """Bytes no text has: the engine would read them as part of a field."""
        return self.signs.has_nul

    def rows(self, connection: duckdb.DuckDBPyConnection) -> Rows:
        """Rows as the engine reads them by itself."""
        if self.text is None:
            return self._parquet(connection)
        if self.is_wide:
            connection.execute("SET threads = 1")
        if self.header is None:
            relation = read_csv(self.text, (_JSON,), _JSON_LINES)
            return self._json(connection, f"SELECT NULL::BIGINT AS {LINE}, NULL AS {DAMAGE}, {_JSON} FROM {relation}")
        return _text_rows(read_csv(self.text, self.header.names, self.dialect, header=True), self.header)

    def has_more_fields(self, connection: duckdb.DuckDBPyConnection, rows: int) -> bool:
        """Whether some of these rows have more fields than columns: the engine passes over empty ones in silence.

        Every delimiter of a sound file stands between two columns or in a field.
        """
        if self.text is None or self._may_trail:
            return False
        if self.header is None:
            return self.signs.counted > 0
        between = (len(self.header.names) - 1) * rows + self.header.delimiters
        if self.signs.counted == between:
            return False
        delimiter = literal(self.dialect.delimiter)
        within = " + ".join(
            f"coalesce(sum(length({name}) - length(replace({name}, {delimiter}, ''))), 0)"
            for name in map(quoted, self.header.names)
        )
        relation = read_csv(self.text, self.header.names, self.dialect, header=True)
        found = connection.execute(f"SELECT {within} FROM {relation}").fetchone()
        return found is None or between + found[0] != self.signs.counted

    def repaired_rows(self, connection: duckdb.DuckDBPyConnection, *, is_sound: bool = False) -> Rows:
        """Rows of a file the engine could not read, or, where it `is_sound`, of which it said too little."""
        if self.text is None:
            raise BatchRefusedError("UNREADABLE", "it is not readable as Parquet: damaged, or cut off in transfer.")
        copy = self.work / "repaired.csv"
        names = tuple(f"column{place}" for place in range(len(self.header.names))) if self.header else (_JSON,)
        form = Form(
            width=len(names),
            header=self.header.lines if self.header else 0,
            may_trail=self._may_trail,
            is_sound=is_sound,
        )
        repair(self.text, copy, self.dialect, form)
        relation = read_csv(copy, (LINE, DAMAGE, *names), replace(self.dialect, quote='"'), longest=4 * LONGEST_RECORD)
        own = f"{LINE}::BIGINT AS {LINE}, nullif({DAMAGE}, '') AS {DAMAGE}"
        if self.header is None:
            return self._json(connection, f"SELECT {own}, {_JSON} FROM {relation}")
        is_row = f"coalesce({DAMAGE}, '') = ''"
        known = set(self.header.by_column.values())
        columns = ", ".join(
            f"{f'CASE WHEN {is_row} THEN {name} END' if delivered in known else name} AS {quoted(delivered)}"
            for name, delivered in zip(names, self.header.names, strict=True)
        )
        rows = _text_rows(f"(SELECT {own}, {names[0]} AS {WHOLE}, {columns} FROM {relation})", self.header)
        return replace(rows, is_repaired=True)

    def _json(self, connection: duckdb.DuckDBPyConnection, lines: str) -> Rows:
        damage = (
            f"CASE WHEN {DAMAGE} IS NOT NULL THEN {DAMAGE} "
            f"WHEN NOT json_valid({_JSON}) THEN 'ROW_NOT_JSON' "
            f"WHEN json_type({_JSON}) <> 'OBJECT' THEN 'ROW_NOT_JSON' "
            f"WHEN len(json_keys({_JSON})) <> len(list_distinct(json_keys({_JSON}))) THEN 'ROW_DOUBLED_KEY' "
            f"WHEN contains({_JSON}, '\\u0000') THEN 'ROW_NUL' END"
        )
        objects = f"(SELECT {LINE}, {_JSON} AS {WHOLE}, {damage} AS {DAMAGE} FROM ({lines}) WHERE trim({_JSON}) <> '')"
        sound = f"SELECT DISTINCT unnest(json_keys({WHOLE})) FROM {objects} WHERE {DAMAGE} IS NULL"
        keys = sorted(name for (name,) in connection.execute(sound).fetchall())
        header = match(keys, self.contract) if keys else Header((), {}, ())
        picks = "".join(
            f", CASE WHEN {DAMAGE} IS NULL THEN json_extract_string({WHOLE}, {literal(json_pointer(key))}) END "
            f"AS {quoted(name)}"
            for key, name in zip(keys, header.names, strict=True)
        )
        relation = f"(SELECT {LINE}, {DAMAGE}, {WHOLE}{picks} FROM {objects})"
        return replace(_text_rows(relation, header), is_repaired=True)

    def _parquet(self, connection: duckdb.DuckDBPyConnection) -> Rows:
        relation = f"read_parquet({literal(str(self.landed))}, hive_partitioning=false)"
        described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        header = match([name for name, *_ in described], self.contract)
        columns = ", ".join(
            f"{quoted(found)} AS {quoted(name)}" for (found, *_), name in zip(described, header.names, strict=True)
        )
        types = {name: str(found[1]) for found, name in zip(described, header.names, strict=True)}
        return Rows(
            f"(SELECT {columns} FROM {relation})",
            {column: types[name] for column, name in header.by_column.items()},
            header.by_column,
            header.extra,
        )


def _text_rows(relation: str, header: Header) -> Rows:
    return Rows(relation, dict.fromkeys(header.by_column, "VARCHAR"), header.by_column, header.extra)


def json_pointer(key: str) -> str:
    """A JSON pointer, which unlike a path may name any key."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def read_csv(
    path: Path, names: tuple[str, ...], dialect: Dialect, *, header: bool = False, longest: int | None = None
) -> str:
    """The engine's reader with everything said and nothing detected. Only a copy says how `longest` its rows are."""
    columns = "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names) + "}"
    parts = [
        literal(str(path)),
        "auto_detect=false",
        "hive_partitioning=false",
        f"header={literal(header)}",
        f"delim={literal(dialect.delimiter)}",
        f"quote={literal(dialect.quote)}",
        f"escape={literal(dialect.quote)}",
        f"columns={columns}",
        f"nullstr={literal(list(dialect.null_values) or _NEVER)}",
        f"max_line_size={longest or LONGEST_RECORD}",
        f"buffer_size={_BUFFER}",
        "strict_mode=true",
    ]
    if longest:
        # Otherwise the first line break counts, and in a copy that may be one within a field.
        parts.append("new_line='\\n'")
    return f"read_csv({', '.join(parts)})"
