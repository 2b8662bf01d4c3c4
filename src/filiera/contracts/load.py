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
from filiera.contracts.model import Column, Contract, Dialect, Rule, TableSource
from filiera.contracts.source_lines import SourceLines
from filiera.contracts.types import column_rules, sql_type
from filiera.errors import ContractError

SUFFIX = ".odcs.yaml"
_OUTCOMES = ("reject", "nullify", "flag")
_DIMENSIONS = ("accuracy", "completeness", "conformity", "consistency", "coverage", "timeliness", "uniqueness")
_ROW: tuple[str | int, ...] = ("schema", 0)


def load_contracts(folders: Iterable[Path]) -> dict[str, Contract]:
    """All contracts of these folders by dataset, in alphabetical order."""
    found: dict[str, Contract] = {}
    for folder in folders:
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            contract = load_contract(path)
            if contract.dataset in found:
                raise ContractError(
                    f"{path}: dataset {contract.dataset!r} already has a contract in "
                    f"{found[contract.dataset].path}. Remove one of the two."
                )
            found[contract.dataset] = contract
    return {name: found[name] for name in sorted(found)}


def load_contract(path: Path) -> Contract:
    """Read one contract."""
    return _Reader(path).contract()


@cache
def _schema() -> Any:
    text = files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    return validators.validator_for(schema)(schema)


class _Reader:
    """One file on its way to a `Contract`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.bytes = path.read_bytes()
            self.text = self.bytes.decode("utf-8")
            self.raw = yaml.safe_load(self.text)
        except OSError as error:
            raise ContractError(f"{path}: cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError as error:
            raise ContractError(f"{path}: is not UTF-8 text ({error.reason} at byte {error.start}).") from None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            reason = getattr(error, "problem", None) or str(error)
            raise ContractError(f"{path}, line {line}: is not valid YAML: {reason}.") from None
        self.lines = SourceLines(self.text)

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
            if role in row_own and row_own[role] not in {column.name for column in columns}:
                self.fail([*_ROW, "customProperties"], f"{role} names {row_own[role]!r}, which is not a column.")
        share = float(own.get("rejectedShareLimit", 0.5))
        if not 0 <= share <= 1:
            self.fail(["customProperties"], f"rejectedShareLimit is {share}; it is a share between 0 and 1.")
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
            if name.startswith("_"):
                self.fail(where, f"column {name!r}: names that begin with an underscore are filiera's own.")
            columns.append(self._column(item, where))
        if not columns:
            self.fail(list(_ROW), "the row has no properties.")
        return tuple(columns)

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
            outcome = _properties(item.customProperties).get("onFailure", "reject")
            where: list[str | int] = [*_ROW, "properties", place]
            if outcome not in _OUTCOMES:
                self.fail([*where, "customProperties"], f"onFailure is {outcome!r}; one of {', '.join(_OUTCOMES)}.")
            try:
                rules += column_rules(columns[place], item, outcome)
            except ValueError as error:
                self.fail([*where, "logicalTypeOptions"], f"column {item.name!r}: {error}")
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
        if outcome == "nullify" and set(named) - {column.name for column in columns if not column.required}:
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
            tree = expressions.parse(str(quality.implementation or ""), names)
            expressions.bind(tree, {column.name: column.sql_type for column in columns})
        except expressions.ExpressionError as error:
            self.fail([*where, "implementation"], f"rule {rule_id}: {error}.")
        wanted = _properties(quality.customProperties).get("columns")
        if wanted and (unknown := set(wanted) - set(names.values())):
            self.fail([*where, "customProperties"], f"rule {rule_id}: {', '.join(sorted(unknown))} is not a column.")
        return tuple(wanted or (names[name.lower()] for name in expressions.referenced(tree)))

    def _dialect(self, given: dict[str, Any]) -> Dialect:
        names = {
            "delimiter": "delimiter",
            "quote": "quote",
            "encoding": "encoding",
            "decimal": "decimal",
            "thousands": "thousands",
            "nullValues": "null_values",
        }
        where = ["customProperties"]
        if unknown := set(given) - set(names):
            self.fail(where, f"files has unknown settings: {', '.join(sorted(unknown))}.")
        values = {names[key]: value for key, value in given.items()}
        values["null_values"] = tuple(values.get("null_values", ("",)))
        dialect = Dialect(**values)
        if len(dialect.delimiter) != 1 or len(dialect.quote) > 1 or dialect.decimal not in (".", ","):
            self.fail(where, "files: delimiter and quote are one character each, decimal is '.' or ','.")
        try:
            "".encode(dialect.encoding)
        except LookupError:
            self.fail(where, f"files: encoding {dialect.encoding!r} is not known.")
        return dialect

    def _tables(self, given: list[dict[str, Any]], domain: str, columns: tuple[Column, ...]) -> tuple[TableSource, ...]:
        known = {column.name for column in columns}
        sources = []
        for item in given:
            missing = {"setting", "table", "key", "watermark"} - set(item)
            if missing:
                self.fail(["customProperties"], f"tables: an entry lacks {', '.join(sorted(missing))}.")
            if unknown := {*item["key"], item["watermark"]} - known:
                self.fail(["customProperties"], f"tables: {', '.join(sorted(unknown))} is not a column.")
            sources.append(
                TableSource(
                    setting=item["setting"],
                    database=item.get("database", domain),
                    schema=item.get("schema", "public"),
                    table=item["table"],
                    key=tuple(item["key"]),
                    watermark=item["watermark"],
                )
            )
        return tuple(sources)

    def _fresh_days(self) -> float | None:
        for item in self.document.slaProperties or []:
            if item.property in ("frequency", "latency") and item.unit in ("d", "day", "days"):
                return float(item.value)  # type: ignore[arg-type]
        return None


def _properties(items: Sequence[CustomProperty] | None) -> dict[str, Any]:
    return {item.property or "": item.value for item in items or []}
