"""Types of the contract: which SQL type a column gets, and the rules that follow from its description alone.

A type is a rule too: a text that is not exactly a value of the type breaks `TYPE_<COLUMN>` and is never bent into one.
"""

from __future__ import annotations

import re
from typing import Any

from open_data_contract_standard.model import SchemaProperty

from filiera.contracts.model import Column, Dimension, Outcome, Rule, RuleKind

_DEFAULTS = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
_ALLOWED = {
    "string": {"VARCHAR"},
    "integer": {"SMALLINT", "INTEGER", "BIGINT"},
    "number": {"DOUBLE"},
    "boolean": {"BOOLEAN"},
    "date": {"DATE"},
    "timestamp": {"TIMESTAMP"},
}
_SYNONYMS = {"INT": "INTEGER", "TEXT": "VARCHAR", "FLOAT": "DOUBLE", "DOUBLE PRECISION": "DOUBLE", "BOOL": "BOOLEAN"}
_DECIMAL = re.compile(r"(?:DECIMAL|NUMERIC)\((\d{1,2}),\s*(\d{1,2})\)")
MOST_DIGITS = 38
_LENGTHS = (("minLength", ">="), ("maxLength", "<="))
_LIMITS = (("minimum", ">="), ("maximum", "<="), ("exclusiveMinimum", ">"), ("exclusiveMaximum", "<"))
_IN_WORDS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}
_OPTIONS = {
    "string": {"minLength", "maxLength", "pattern", "format"},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format"},
    "boolean": set(),
    "date": {"format", "minimum", "maximum"},
    "timestamp": {"format", "minimum", "maximum", "timezone", "defaultTimezone"},
}


def sql_type(logical: str | None, physical: str | None) -> str:
    """DuckDB's type for a column, or ValueError that says which types there are."""
    if logical not in _DEFAULTS:
        raise ValueError(f"logicalType {logical!r} is unknown; one of {', '.join(_DEFAULTS)}.")
    if physical is None:
        return _DEFAULTS[logical]
    name = physical.upper().strip()
    name = re.sub(r"^VARCHAR\(\d+\)$", "VARCHAR", _SYNONYMS.get(name, name))
    if logical == "number" and (found := _DECIMAL.fullmatch(name)):
        precision, scale = int(found[1]), int(found[2])
        if not 0 <= scale <= precision <= MOST_DIGITS or precision == 0:
            raise ValueError(
                f"physicalType {physical!r} has more than {MOST_DIGITS} digits, or more decimals than digits."
            )
        return f"DECIMAL({precision},{scale})"
    if name not in _ALLOWED[logical]:
        allowed = sorted(_ALLOWED[logical] | ({"DECIMAL(p,s)"} if logical == "number" else set()))
        raise ValueError(f"physicalType {physical!r} does not fit {logical}; one of {', '.join(allowed)}.")
    return name


def column_rules(column: Column, item: SchemaProperty, outcome: Outcome) -> list[Rule]:
    """Required, type, length, range, pattern and enum rules of a column."""
    options: dict[str, Any] = dict(item.logicalTypeOptions or {})
    if unknown := set(options) - _OPTIONS[column.logical_type]:
        raise ValueError(f"logicalTypeOptions has {', '.join(sorted(unknown))}, unknown for {column.logical_type}.")
    tag = re.sub(r"\W", "_", column.name).upper()
    quoted = '"' + column.name.replace('"', '""') + '"'

    def rule(kind: RuleKind, dimension: Dimension, description: str, expression: str = "") -> Rule:
        return Rule(f"{kind.upper()}_{tag}", kind, outcome, dimension, description, (column.name,), expression)

    rules = []
    if column.required:
        text = f"{column.name} has a value."
        rules.append(Rule(f"REQUIRED_{tag}", "required", "reject", "completeness", text, (column.name,)))
    if column.sql_type != "VARCHAR":
        # What is no value of the type cannot be kept as it is: the row goes, or the field is empty.
        without: Outcome = "reject" if column.required or outcome == "reject" else "nullify"
        text = f"{column.name} is exactly a value of type {column.logical_type}."
        rules.append(Rule(f"TYPE_{tag}", "type", without, "conformity", text, (column.name,)))
    lengths = _bounds(f"length({quoted})", options, _LENGTHS, _count)
    if lengths:
        text = f"{column.name} has {_words(options, _LENGTHS)} characters."
        rules.append(rule("length", "conformity", text, " AND ".join(lengths)))
    limits = _bounds(quoted, options, _LIMITS, _literal)
    if limits:
        rules.append(rule("range", "conformity", f"{column.name} is {_words(options, _LIMITS)}.", " AND ".join(limits)))
    if pattern := options.get("pattern"):
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"pattern {pattern!r} is not a regular expression: {error}.") from None
        rules.append(
            rule(
                "pattern",
                "conformity",
                f"{column.name} matches {pattern}.",
                f"regexp_full_match({quoted}, {_literal(pattern)})",
            )
        )
    if item.enum:
        values = [_literal(entry.value if hasattr(entry, "value") else entry) for entry in item.enum]
        rules.append(
            rule(
                "enum",
                "conformity",
                f"{column.name} is one of {', '.join(values)}.",
                f"{quoted} IN ({', '.join(values)})",
            )
        )
    return rules


def _bounds(subject: str, options: dict[str, Any], names: tuple[tuple[str, str], ...], render: Any) -> list[str]:
    return [f"{subject} {operator} {render(options[name])}" for name, operator in names if name in options]


def _words(options: dict[str, Any], names: tuple[tuple[str, str], ...]) -> str:
    return " and ".join(f"{_IN_WORDS[operator]} {options[name]}" for name, operator in names if name in options)


def _count(value: Any) -> str:
    if not isinstance(value, int) or value < 0:
        raise ValueError(f"a length is a whole number, not {value!r}.")
    return str(value)


def _literal(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        raise ValueError(f"{value!r} is not a bound.")
    if isinstance(value, int | float):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"
