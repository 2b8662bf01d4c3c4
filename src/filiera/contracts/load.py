"""Reads contracts: ODCS v3.1 YAML in, `Contract` out, and every mistake named with file, line and reason.

The file is checked twice: against the standard's own JSON schema, which says whether it is a data contract, and
against what filiera can carry out, which says whether its types and rules make sense.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import yaml
from jsonschema import validators
from open_data_contract_standard.model import (
    CustomProperty,
    DataQuality,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)

from filiera.contracts import expressions
from filiera.contracts.casts import cast_column
from filiera.contracts.model import Column, Contract, Dialect, Rule, TableSource
from filiera.contracts.source_lines import LOADER, SourceLines
from filiera.contracts.types import column_rules, sql_type
from filiera.errors import ContractError
from filiera.settings import Settings

SUFFIX = ".odcs.yaml"
_OUTCOMES = ("reject", "nullify", "flag")
_DIMENSIONS = ("accuracy", "completeness", "conformity", "consistency", "coverage", "timeliness", "uniqueness")
_ROW: tuple[str | int, ...] = ("schema", 0)
_SAMPLE = "'2026-01-31 12:00:00'::VARCHAR"
_OWN_NAMES = {"file_row_number"}
"""What the engine calls a row's place in its file."""
_TABLE_TEXTS = ("setting", "table", "watermark")
_TABLE_NUMBERS = ("compareDays", "deletedShareLimit")


def load_contracts(folders: Iterable[Path]) -> dict[str, Contract]:
    """All contracts of these folders by dataset, in alphabetical order."""
    found: dict[str, Contract] = {}
    paths = [path for folder in folders for path in sorted(folder.glob(f"*{SUFFIX}"))]
    with _engine() as engine:
        for path in paths:
            contract = _Reader(path, engine).contract()
            if contract.dataset in found:
                raise ContractError(
                    f"{path}: dataset {contract.dataset!r} already has a contract in "
                    f"{found[contract.dataset].path}. Remove one of the two."
                )
            found[contract.dataset] = contract
    return {name: found[name] for name in sorted(found)}


def load_contract(path: Path) -> Contract:
    """Read one contract."""
    with _engine() as engine:
        return _Reader(path, engine).contract()


def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


@cache
def _schema() -> Any:
    text = files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    return validators.validator_for(schema)(schema)


class _Reader:
    """One file on its way to a `Contract`."""

    def __init__(self, path: Path, engine: duckdb.DuckDBPyConnection) -> None:
        self.path = path
        self.engine = engine
        try:
            self.bytes = path.read_bytes()
            self.text = self.bytes.decode("utf-8")
            self.raw = yaml.load(self.text, Loader=LOADER)  # noqa: S506 - a safe one
            self.lines = SourceLines(self.text)
        except OSError as error:
            raise ContractError(f"{path}: cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError as error:
            raise ContractError(f"{path}: is not UTF-8 text ({error.reason} at byte {error.start}).") from None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            reason = getattr(error, "problem", None) or str(error)
            raise ContractError(f"{path}, line {line}: is not valid YAML: {reason}.") from None
        except (ValueError, RecursionError) as error:
            raise ContractError(f"{path}: is not valid YAML: {error}.") from None

    def fail(self, where: Sequence[str | int], reason: str) -> NoReturn:
        raise ContractError(f"{self.path}, line {self.lines.line(where)}: {reason}")

    def contract(self) -> Contract:
        self._check_standard()
        self.document = OpenDataContractStandard.model_validate(self.raw)
        if len(self.document.schema_ or []) != 1:
            self.fail(["schema"], "a contract describes exactly one schema object: the row of its dataset.")
        row: SchemaObject = (self.document.schema_ or [])[0]
        name = self.document.name or ""
        if name.count(".") != 1 or not all(part.isidentifier() and part.islower() for part in name.split(".")):
            self.fail(["name"], f"name {name!r} is not of the form domain.table in lower-case words.")
        columns = self._columns(row)
        rules = self._rules(row, columns)
        own = _properties(self.document.customProperties)
        row_own = _properties(row.customProperties)
        for role in ("versionColumn", "eventColumn"):
            if role in row_own and row_own[role] not in [column.name for column in columns]:
                where = _at(_ROW, row.customProperties, role)
                self.fail(where, f"{role} names {row_own[role]!r}, which is not a column.")
        share = own.get("rejectedShareLimit", 0.5)
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            where = _at([], self.document.customProperties, "rejectedShareLimit")
            self.fail(where, f"rejectedShareLimit is {share!r}; it is a share between 0 and 1.")
        description = row.description or (self.document.description.purpose if self.document.description else "")
        return Contract(
            dataset=name,
            version=self.document.version or "0",
            fingerprint=hashlib.sha256(self.bytes).hexdigest(),
            path=self.path,
            description=description or "",
            grain=row.dataGranularityDescription or "",
            columns=columns,
            rules=rules,
            dialect=self._dialect(own.get("files") or {}),
            tables=self._tables(own.get("tables") or [], name.partition(".")[0], columns),
            version_column=row_own.get("versionColumn"),
            event_column=row_own.get("eventColumn"),
            rejected_share_limit=share,
            fresh_days=self._fresh_days(),
        )

    def _check_standard(self) -> None:
        if not isinstance(self.raw, dict):
            self.fail([], "is not a data contract: the file is not a YAML mapping.")
        if doubled := self.lines.doubled_key():
            raise ContractError(f"{self.path}, line {doubled[1]}: key {doubled[0]!r} stands twice.")
        errors = sorted(_schema().iter_errors(self.raw), key=lambda error: len(error.absolute_path), reverse=True)
        if errors:
            where = list(errors[0].absolute_path)
            self.fail(where, f"is not valid ODCS v3.1: {errors[0].message[:300]}.")
        if not str(self.raw["apiVersion"]).startswith("v3.1"):
            self.fail(["apiVersion"], f"apiVersion is {self.raw['apiVersion']}; filiera reads v3.1.x.")

    def _columns(self, row: SchemaObject) -> tuple[Column, ...]:
        columns: list[Column] = []
        for place, item in enumerate(row.properties or []):
            where: list[str | int] = [*_ROW, "properties", place]
            name = item.name or ""
            if name.lower() in {column.name.lower() for column in columns}:
                self.fail(where, f"column {name!r} stands twice.")
            if name.startswith("_") or name.lower() in _OWN_NAMES:
                self.fail(where, f"column {name!r}: this name, and those that begin with an underscore, are filiera's.")
            columns.append(self._column(item, where))
        if not columns:
            self.fail(list(_ROW), "the row has no properties.")
        try:
            self._cast(columns)
        except duckdb.Error:
            for place, column in enumerate(columns):
                self._check_cast(column, [*_ROW, "properties", place])
        return tuple(columns)

    def _cast(self, columns: Sequence[Column]) -> None:
        """Cast a text to each column's type, all in one statement."""
        casts = (cast_column(column, "VARCHAR", Dialect()).value(_SAMPLE) for column in columns)
        self.engine.execute(f"SELECT {', '.join(casts)}")

    def _check_cast(self, column: Column, where: list[str | int]) -> None:
        try:
            self._cast([column])
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            where = [*where, "logicalTypeOptions"]
            self.fail(where, f"column {column.name!r}: the engine refuses its format: {reason}.")

    def _column(self, item: SchemaProperty, where: list[str | int]) -> Column:
        options = item.logicalTypeOptions or {}
        try:
            type_name = sql_type(item.logicalType, item.physicalType)
        except ValueError as error:
            self.fail([*where, "logicalType"], f"column {item.name!r}: {error}")
        return Column(
            name=item.name or "",
            logical_type=item.logicalType or "",
            sql_type=type_name,
            description=item.description or "",
            required=bool(item.required),
            key_position=(item.primaryKeyPosition or 1) if item.primaryKey else None,
            optional=bool(_properties(item.customProperties).get("optionalColumn", False)),
            format=options.get("format"),
            time_zone=str(options.get("defaultTimezone") or "UTC"),
        )

    def _rules(self, row: SchemaObject, columns: tuple[Column, ...]) -> tuple[Rule, ...]:
        rules: list[Rule] = []
        for place, item in enumerate(row.properties or []):
            where: list[str | int] = [*_ROW, "properties", place]
            rules += self._column_rules(columns[place], item, where, columns)
            for index, quality in enumerate(item.quality or []):
                rules.append(self._rule(quality, [*where, "quality", index], columns))
        for index, quality in enumerate(row.quality or []):
            rules.append(self._rule(quality, [*_ROW, "quality", index], columns))
        seen: set[str] = set()
        for rule in rules:
            if rule.id in seen:
                self.fail(self._where(row, rule.id), f"rule id {rule.id!r} stands twice.")
            seen.add(rule.id)
        return tuple(rules)

    def _column_rules(
        self, column: Column, item: SchemaProperty, where: list[str | int], columns: tuple[Column, ...]
    ) -> list[Rule]:
        outcome = _properties(item.customProperties).get("onFailure", "reject")
        if outcome not in _OUTCOMES:
            place = _at(where, item.customProperties, "onFailure")
            self.fail(place, f"onFailure is {outcome!r}; one of {', '.join(_OUTCOMES)}.")
        if outcome == "nullify" and not column.may_be_empty:
            place = _at(where, item.customProperties, "onFailure")
            self.fail(place, f"column {column.name!r} is required; nullify would empty it.")
        try:
            rules = column_rules(column, item, outcome)
            for rule in rules:
                if rule.expression:
                    self._bound(rule.expression, columns)
        except ValueError as error:
            self.fail([*where, "logicalTypeOptions"], f"column {column.name!r}: {error}")
        return rules

    def _where(self, row: SchemaObject, rule_id: str) -> list[str | int]:
        places = [index for index, quality in enumerate(row.quality or []) if (quality.id or quality.name) == rule_id]
        return [*_ROW, "quality", places[-1]] if places else list(_ROW)

    def _rule(self, quality: DataQuality, where: list[str | int], columns: tuple[Column, ...]) -> Rule:
        rule_id = quality.id or quality.name or ""
        if not rule_id.replace("_", "").isalnum() or not rule_id.isupper():
            self.fail(where, f"rule id {rule_id!r} is not of the form UPPER_CASE_WORDS.")
        outcome = quality.severity or "reject"
        if outcome not in _OUTCOMES:
            self.fail([*where, "severity"], f"rule {rule_id}: severity is {outcome!r}; one of {', '.join(_OUTCOMES)}.")
        if quality.dimension not in _DIMENSIONS:
            self.fail([*where, "dimension"], f"rule {rule_id}: dimension is missing; one of {', '.join(_DIMENSIONS)}.")
        if quality.type == "library" and quality.metric == "duplicateValues":
            kind, expression, named = "duplicate", "", self._duplicate(rule_id, quality, where, columns)
        elif quality.type == "custom" and quality.engine == "filiera":
            kind, expression = "expression", str(quality.implementation or "")
            named = self._expression(rule_id, quality, where, columns)
        else:
            self.fail(
                where,
                f"rule {rule_id}: filiera carries out rules of type custom with engine filiera, "
                "and library rules with metric duplicateValues.",
            )
        if outcome == "nullify" and set(named) - {column.name for column in columns if column.may_be_empty}:
            self.fail(where, f"rule {rule_id}: nullify would empty {', '.join(named)}, of which some are required.")
        return Rule(
            id=rule_id,
            kind=kind,  # type: ignore[arg-type]
            outcome=outcome,  # type: ignore[arg-type]
            dimension=quality.dimension,  # type: ignore[arg-type]
            description=quality.description or rule_id,
            columns=named,
            expression=expression,
        )

    def _duplicate(
        self, rule_id: str, quality: DataQuality, where: list[str | int], columns: tuple[Column, ...]
    ) -> tuple[str, ...]:
        named = tuple((quality.arguments or {}).get("properties", ()))
        if not named or set(named) - {column.name for column in columns}:
            self.fail(where, f"rule {rule_id}: arguments.properties must list columns of this contract.")
        if quality.severity == "nullify":
            self.fail([*where, "severity"], f"rule {rule_id}: a duplicate can be rejected or flagged, not nullified.")
        return named

    def _expression(
        self, rule_id: str, quality: DataQuality, where: list[str | int], columns: tuple[Column, ...]
    ) -> tuple[str, ...]:
        names = {column.name.lower(): column.name for column in columns}
        try:
            found = self._bound(str(quality.implementation or ""), columns)
        except expressions.ExpressionError as error:
            self.fail([*where, "implementation"], f"rule {rule_id}: {error}.")
        wanted = _properties(quality.customProperties).get("columns") or [names[name.lower()] for name in found]
        if not isinstance(wanted, list) or set(map(str, wanted)) - set(names.values()):
            place = _at(where, quality.customProperties, "columns")
            self.fail(place, f"rule {rule_id}: columns is {wanted!r}, not a list of columns.")
        return tuple(wanted)

    def _bound(self, expression: str, columns: tuple[Column, ...]) -> tuple[str, ...]:
        """Columns a rule looks at, once it is sure that it can be carried out."""
        tree = expressions.parse(expression, (column.name for column in columns))
        expressions.bind(tree, {column.name: column.sql_type for column in columns}, self.engine)
        return expressions.referenced(tree)

    def _dialect(self, given: dict[str, Any]) -> Dialect:
        names = {
            "delimiter": "delimiter",
            "quote": "quote",
            "encoding": "encoding",
            "decimal": "decimal",
            "thousands": "thousands",
            "nullValues": "null_values",
        }
        where = _at([], self.document.customProperties, "files")
        if not isinstance(given, dict) or set(given) - set(names):
            self.fail(where, f"files is {given!r}; it may say {', '.join(names)}.")
        values = {names[key]: value for key, value in given.items()}
        tokens = values.pop("null_values", [""])
        if not isinstance(tokens, list) or not all(isinstance(value, str) for value in (*tokens, *values.values())):
            self.fail(where, "files: every setting is a text, and nullValues a list of texts.")
        dialect = Dialect(null_values=tuple(tokens), **values)
        marks = (dialect.delimiter, dialect.quote, dialect.decimal, dialect.thousands)
        if not dialect.delimiter or any(len(mark) > 1 or mark in ("\r", "\n", "\0") for mark in marks if mark):
            self.fail(where, "files: delimiter, quote, decimal and thousands are one character each.")
        if dialect.quote == dialect.delimiter or not dialect.quote.isascii():
            self.fail(where, f"files: quote is {dialect.quote!r}; it is an ASCII character other than the delimiter.")
        if dialect.decimal not in (".", ",") or dialect.thousands == dialect.decimal:
            self.fail(where, "files: decimal is '.' or ',', and thousands another character.")
        try:
            "0".encode(dialect.encoding)
        except (LookupError, ValueError):
            self.fail(where, f"files: encoding {dialect.encoding!r} is not known.")
        return dialect

    def _tables(self, given: list[dict[str, Any]], domain: str, columns: tuple[Column, ...]) -> tuple[TableSource, ...]:
        where = _at([], self.document.customProperties, "tables")
        if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
            self.fail(where, f"tables is {given!r}; it is a list of tables.")
        sources = []
        for place, item in enumerate(given):
            where[2:] = ["value", place]
            missing = {*_TABLE_TEXTS, "key"} - set(item)
            if missing:
                self.fail(where, f"tables: an entry lacks {', '.join(sorted(missing))}.")
            if unknown := set(item) - {"database", "schema", *_TABLE_TEXTS, "key", *_TABLE_NUMBERS}:
                self.fail(where, f"tables: an entry has unknown settings: {', '.join(sorted(map(str, unknown)))}.")
            if not isinstance(item["key"], list) or not all(
                isinstance(item[name], str) for name in set(item) - {"key", *_TABLE_NUMBERS}
            ):
                self.fail(where, "tables: key is a list of columns, everything else a text.")
            every, gone = self._comparison(item, where)
            if unknown := {*map(str, item["key"]), item["watermark"]} - {column.name for column in columns}:
                self.fail(where, f"tables: {', '.join(sorted(unknown))} is not a column.")
            if {column.sql_type for column in columns if column.name == item["watermark"]} - {"TIMESTAMP", "DATE"}:
                self.fail(where, f"tables: watermark {item['watermark']!r} is neither a timestamp nor a date.")
            if item["setting"] not in Settings.model_fields:
                self.fail(where, f"tables: there is no setting {item['setting']!r} to hold the database's URL.")
            sources.append(
                TableSource(
                    setting=item["setting"],
                    database=item.get("database", domain),
                    schema=item.get("schema", "public"),
                    table=item["table"],
                    key=tuple(item["key"]),
                    watermark=item["watermark"],
                    compare_days=every,
                    deleted_share_limit=gone,
                )
            )
        return tuple(sources)

    def _comparison(self, item: dict[str, Any], where: list[str | int]) -> tuple[int | None, float]:
        every, gone = item.get("compareDays"), item.get("deletedShareLimit", 0.5)
        if every is not None and (not isinstance(every, int) or every < 1):
            self.fail(where, f"tables: compareDays is {every!r}; it is a whole number of days.")
        if not isinstance(gone, int | float) or not 0 <= gone <= 1:
            self.fail(where, f"tables: deletedShareLimit is {gone!r}; it is a share between 0 and 1.")
        return every, float(gone)

    def _fresh_days(self) -> float | None:
        for item in self.document.slaProperties or []:
            if item.property in ("frequency", "latency") and item.unit in ("d", "day", "days"):
                try:
                    return float(item.value)  # type: ignore[arg-type]
                except (TypeError, ValueError):
                    self.fail(["slaProperties"], f"{item.property} is {item.value!r}; it is a number of days.")
        return None


def _at(where: Sequence[str | int], items: Sequence[CustomProperty] | None, name: str) -> list[str | int]:
    """Path of the value of a custom property."""
    places = [place for place, item in enumerate(items or []) if item.property == name]
    return [*where, "customProperties", *places[:1], *(["value"] if places else [])]


def _properties(items: Sequence[CustomProperty] | None) -> dict[str, Any]:
    return {item.property or "": item.value for item in items or []}
