"""Turns a landed file into rows that the contract's check can read, whatever the file's kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from filiera.contracts.check import DAMAGE, LINE, WHOLE, Rows
from filiera.contracts.model import Contract, Dialect
from filiera.errors import BatchRefusedError
from filiera.settings import Settings
from filiera.sources.delivered import TextFile, kind_of, text_file
from filiera.sources.header import Header, match, read_header
from filiera.sources.repair import repair
from filiera.sql import literal, quoted

_JSON_LINES = Dialect(delimiter="\x01", quote="", null_values=())
"""A JSON text cannot hold a raw control character, so a line read with this delimiter is always whole."""
_JSON = "_json"


class FileReader:
    """One landed file under one contract. `rows` is the fast road; `repaired_rows` the one for damaged files."""

    def __init__(self, landed: Path, contract: Contract, settings: Settings, work: Path) -> None:
        self.landed = landed
        self.contract = contract
        self.work = work
        self.kind = kind_of(landed.name)
        if landed.stat().st_size == 0:
            raise BatchRefusedError("EMPTY_FILE", "it is empty (0 bytes).")
        self.text: TextFile | None = None
        self.header: Header | None = None
        if self.kind != "parquet":
            self.text = text_file(landed, contract.dialect, settings, work)
        if self.kind == "csv" and self.text:
            self.header = read_header(self.text.path, contract)

    @property
    def expected_rows(self) -> int | None:
        """Rows the file has if every line is one; None where lines mean nothing."""
        if self.text is None:
            return None
        return self.text.lines - (1 if self.kind == "csv" else 0)

    @property
    def must_be_repaired(self) -> bool:
        """Signs that the engine would misread: bytes no text has, or line ends it does not know."""
        return self.text is not None and (self.text.has_nul or self.text.is_cr_only)

    def rows(self, connection: duckdb.DuckDBPyConnection) -> Rows:
        """Rows as the engine reads them by itself."""
        if self.text is None:
            return self._parquet(connection)
        if self.kind == "jsonl":
            return self._json(
                connection,
                f"SELECT NULL::BIGINT AS {LINE}, NULL AS {DAMAGE}, {_JSON} FROM "
                + read_csv(self.text.path, (_JSON,), _JSON_LINES, header=False),
            )
        header = self._header()
        return self._text_rows(read_csv(self.text.path, header.names, self.contract.dialect, header=True), header)

    def repaired_rows(self, connection: duckdb.DuckDBPyConnection) -> Rows:
        """Rows of a file the engine could not read or count."""
        if self.text is None:
            raise BatchRefusedError("UNREADABLE", "it is not readable as Parquet: damaged, or cut off in transfer.")
        is_json = self.kind == "jsonl"
        names = (_JSON,) if is_json else tuple(f"column{place}" for place in range(len(self._header().names)))
        dialect = _JSON_LINES if is_json else self.contract.dialect
        copy = self.work / "repaired.csv"
        repair(self.text.path, copy, len(names), dialect, cr_only=self.text.is_cr_only, header=0 if is_json else 1)
        relation = read_csv(copy, (LINE, DAMAGE, *names), replace(dialect, quote='"'), header=False)
        if is_json:
            return self._json(connection, f"SELECT * FROM {relation}")
        header = self._header()
        renamed = ", ".join(f"{quoted(name)} AS {quoted(own)}" for name, own in zip(names, header.names, strict=True))
        rows = self._text_rows(f"(SELECT {LINE}, {DAMAGE}, {names[0]} AS {WHOLE}, {renamed} FROM {relation})", header)
        return replace(rows, is_repaired=True)

    def _header(self) -> Header:
        if self.header is None:
            raise BatchRefusedError("NO_HEADER", "it has no header.")
        return self.header

    @staticmethod
    def _text_rows(relation: str, header: Header) -> Rows:
        return Rows(relation, dict.fromkeys(header.by_column, "VARCHAR"), header.by_column, header.extra)

    def _json(self, connection: duckdb.DuckDBPyConnection, lines: str) -> Rows:
        damage = (
            f"CASE WHEN {DAMAGE} IS NOT NULL THEN {DAMAGE} "
            f"WHEN NOT json_valid({_JSON}) OR json_type({_JSON}) <> 'OBJECT' THEN 'ROW_NOT_JSON' END"
        )
        objects = f"(SELECT {LINE}, {_JSON} AS {WHOLE}, {damage} AS {DAMAGE} FROM ({lines}) WHERE trim({_JSON}) <> '')"
        sound = f"SELECT DISTINCT unnest(json_keys({WHOLE})) FROM {objects} WHERE {DAMAGE} IS NULL"
        keys = sorted(name for (name,) in connection.execute(sound).fetchall())
        header = match(keys, self.contract)
        # A path in quotes may hold any character but a quote; such a name cannot be a contract's column anyway.
        picks = ", ".join(
            f"CASE WHEN {DAMAGE} IS NULL THEN json_extract_string({WHOLE}, {literal('$.' + _path(name))}) END "
            f"AS {quoted(name)}"
            for name in header.names
        )
        relation = f"(SELECT {LINE}, {DAMAGE}, {WHOLE}, {picks} FROM {objects})"
        return replace(self._text_rows(relation, header), is_repaired=True)

    def _parquet(self, connection: duckdb.DuckDBPyConnection) -> Rows:
        relation = f"read_parquet({literal(str(self.landed))})"
        described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        types = {name: str(type_name) for name, type_name, *_ in described}
        header = match(list(types), self.contract)
        return Rows(
            relation,
            {column: types[name] for column, name in header.by_column.items()},
            header.by_column,
            header.extra,
        )


def _path(name: str) -> str:
    return '"' + name.replace('"', "") + '"'


def read_csv(path: Path, names: tuple[str, ...], dialect: Dialect, *, header: bool) -> str:
    """The engine's reader with everything said and nothing detected."""
    columns = "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names) + "}"
    parts = [
        literal(str(path)),
        "auto_detect=false",
        f"header={literal(header)}",
        f"delim={literal(dialect.delimiter)}",
        f"quote={literal(dialect.quote)}",
        f"escape={literal(dialect.quote)}",
        f"columns={columns}",
        "strict_mode=true",
    ]
    if dialect.null_values:
        parts.append(f"nullstr={literal(list(dialect.null_values))}")
    return f"read_csv({', '.join(parts)})"
