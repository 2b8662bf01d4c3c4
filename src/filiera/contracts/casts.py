"""From text to a typed value, exactly or not at all.

An engine's own cast is friendlier than a ledger may be: `'1.5'` becomes the integer 2, `'2026-01-05 23:00'` becomes a
date, `'1e3'` a thousand. Here a text either is a value of the type, or it is none and the row breaks its type rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from filiera.contracts.model import Column, Dialect
from filiera.sql import literal

_WIDENING = {
    "SMALLINT": {"TINYINT", "UTINYINT", "SMALLINT"},
    "INTEGER": {"TINYINT", "UTINYINT", "SMALLINT", "USMALLINT", "INTEGER"},
    "BIGINT": {"TINYINT", "UTINYINT", "SMALLINT", "USMALLINT", "INTEGER", "UINTEGER", "BIGINT"},
    "DOUBLE": {"TINYINT", "SMALLINT", "INTEGER"},
}
_FLOATING = ("FLOAT", "DOUBLE")
_WHOLE = ("SMALLINT", "INTEGER", "BIGINT")
_TRUTHS = {"true": "TRUE", "1": "TRUE", "false": "FALSE", "0": "FALSE"}
_ISO_DATE_LENGTH = 10
_LOCAL_TIME = r"\s*[0-9-]+([T ][0-9:.]+)?\s*"
_ZONED_TIME = r"\s*[0-9-]+[T ][0-9:.]+(Z| ?UTC|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)\s*"


@dataclass(frozen=True)
class Cast:
    """How one column of a delivery becomes a value; `{}` stands for the delivered column."""

    value_template: str
    text_template: str = "{}"
    """The delivered value as it counts for `required`: after null tokens."""
    is_exact: bool = False
    """The source's type guarantees that the cast cannot fail."""

    def value(self, raw: str) -> str:
        """SQL of the typed value."""
        return self.value_template.replace("{}", raw)

    def text(self, raw: str) -> str:
        """SQL of the delivered value."""
        return self.text_template.replace("{}", raw)


def cast_column(column: Column, source_type: str | None, dialect: Dialect) -> Cast:
    """The cast of a column delivered as `source_type`; None is a column the delivery lacks."""
    target = column.sql_type
    if source_type is None:
        return Cast(f"NULL::{target}", is_exact=True)
    if source_type == "VARCHAR":
        return Cast("{}", is_exact=True) if target == "VARCHAR" else Cast(_from_text(column, dialect))
    if target == "DOUBLE" and source_type in _FLOATING:
        return Cast("CASE WHEN isfinite({}) THEN {}::DOUBLE END")
    if source_type == target == "BOOLEAN" or source_type in _WIDENING.get(target, ()):
        return Cast("{}" if source_type == target else f"{{}}::{target}", is_exact=True)
    if source_type == target == "DATE":
        return Cast(_within("DATE", "{}"))
    # A number that is whole, and a midnight, are exactly the whole number and the day they stand for.
    if target in _WHOLE and (source_type in _FLOATING or source_type.startswith("DECIMAL")):
        return Cast(f"CASE WHEN {{}} = trunc({{}}) THEN TRY_CAST({{}} AS {target}) END")
    if target == "DATE" and source_type in ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"):
        return Cast(f"CASE WHEN {{}} = date_trunc('day', {{}}) THEN {_within('DATE', '{}::DATE')} END")
    if target == "TIMESTAMP" and source_type.startswith("TIMESTAMP"):
        return Cast(_within("TIMESTAMP", _timestamp_from_typed(column, source_type)))
    if target == "VARCHAR":
        return Cast("{}::VARCHAR", is_exact=True)
    through_text = _from_text(column, Dialect()).replace("{}", "({}::VARCHAR)")
    return Cast(through_text)


def _from_text(column: Column, dialect: Dialect) -> str:
    target = column.sql_type
    if target in _WHOLE:
        return _integer(target, _plain("{}", dialect))
    if target == "DOUBLE" or target.startswith("DECIMAL"):
        return _number(target, _plain("{}", dialect))
    if target == "BOOLEAN":
        words = " ".join(f"WHEN '{word}' THEN {truth}" for word, truth in _TRUTHS.items())
        return f"CASE lower(trim({{}})) {words} END"
    return _date(column.format) if target == "DATE" else _timestamp(column)


def _plain(text: str, dialect: Dialect) -> str:
    """Numerals in the plain notation, from the notation the dialect declares."""
    if dialect.thousands:
        text = f"replace({text}, {literal(dialect.thousands)}, '')"
    return f"replace({text}, ',', '.')" if dialect.decimal == "," else text


def _integer(target: str, text: str) -> str:
    cast = f"TRY_CAST({text} AS {target})"
    # Comparing the round trip is several times cheaper than the regular expression, and nearly always enough.
    return f"CASE WHEN {cast}::VARCHAR = {text} OR regexp_full_match({text}, '\\s*[+-]?[0-9]+\\s*') THEN {cast} END"


def _number(target: str, text: str) -> str:
    if found := re.fullmatch(r"DECIMAL\(\d+,(\d+)\)", target):
        numeral = rf"\s*[+-]?([0-9]+(\.[0-9]{{0,{found[1]}}}0*)?|\.[0-9]{{1,{max(1, int(found[1]))}}}0*)\s*"
    else:
        numeral = r"\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\s*"
    value = f"TRY_CAST({text} AS {target})"
    matched = f"CASE WHEN regexp_full_match({text}, {literal(numeral)}) THEN {value} END"
    return matched if found else f"CASE WHEN isfinite({matched}) THEN {matched} END"


def _date(form: str | None) -> str:
    if form:
        value = f"TRY_STRPTIME({{}}, {literal(form)})::DATE"
        return f"CASE WHEN strftime({value}, {literal(form)}) = {{}} THEN {value} END"
    return f"CASE WHEN strlen({{}}) = {_ISO_DATE_LENGTH} THEN {_within('DATE', 'TRY_CAST({} AS DATE)')} END"


def _timestamp(column: Column) -> str:
    if column.format:
        value = f"TRY_STRPTIME({{}}, {literal(column.format)})"
        return f"CASE WHEN strftime({value}, {literal(column.format)}) = {{}} THEN {_to_utc(value, column)} END"
    local = _to_utc("TRY_CAST({} AS TIMESTAMP)", column)
    # The engine's cast to a time without zone passes over an offset, and takes any number for one.
    zoned = "timezone('UTC', TRY_CAST({} AS TIMESTAMPTZ))"
    moment = (
        f"CASE WHEN strlen({{}}) = 19 AND substr({{}}, 17, 1) = ':' THEN {local} "
        f"WHEN strlen({{}}) < {_ISO_DATE_LENGTH} THEN NULL "
        f"WHEN regexp_full_match({{}}, {literal(_LOCAL_TIME)}) THEN {local} "
        f"WHEN regexp_full_match({{}}, {literal(_ZONED_TIME)}) THEN {zoned} END"
    )
    return _within("TIMESTAMP", moment)


def _within(target: str, value: str) -> str:
    """A time of the years 1 to 9999: PostgreSQL knows infinity, and engines years that no calendar has."""
    return f"CASE WHEN {value} >= {target} '0001-01-01' AND {value} < {target} '10000-01-01' THEN {value} END"


def _to_utc(value: str, column: Column) -> str:
    if column.time_zone == "UTC":
        return value
    return f"timezone('UTC', timezone({literal(column.time_zone)}, {value}))"


def _timestamp_from_typed(column: Column, source_type: str) -> str:
    if source_type == "TIMESTAMP WITH TIME ZONE":
        return "timezone('UTC', {})"
    return _to_utc("{}::TIMESTAMP", column)
