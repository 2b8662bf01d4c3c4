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
_WHOLE = {"SMALLINT": 5, "INTEGER": 10, "BIGINT": 19}
"""Types of whole numbers, and how many digits their largest value has."""
_TRUTHS = {"true": "TRUE", "1": "TRUE", "false": "FALSE", "0": "FALSE"}
_ISO_DATE_LENGTH = 10
_LOCAL_TIME = r"\s*[0-9-]+([T ][0-9:.]+)?\s*"
_ZONED_TIME = r"\s*[0-9-]+[T ][0-9:.]+(Z| ?UTC|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)\s*"


@dataclass(frozen=True)
class Cast:
    """How one column of a delivery becomes a value; `{}` stands for the delivered column."""

    value_template: str
    """The value, of `{}` and of `{parsed}`."""
    parsed_template: str | None = None
    """What the engine takes the text for, in a column of its own as it is asked for more than once."""
    is_exact: bool = False
    """The source's type guarantees that the cast cannot fail."""

    def parsed(self, delivered: str) -> str | None:
        """SQL of what `{parsed}` stands for."""
        return self.parsed_template.replace("{}", delivered) if self.parsed_template else None

    def value(self, delivered: str, parsed: str | None = None) -> str:
        """SQL of the typed value; `parsed` names the column that holds what was parsed, if one does."""
        held = parsed or f"({self.parsed(delivered)})"
        return self.value_template.replace("{parsed}", held).replace("{}", delivered)


def cast_column(column: Column, source_type: str | None, dialect: Dialect) -> Cast:
    """The cast of a column delivered as `source_type`; None is a column the delivery lacks."""
    target = column.sql_type
    if source_type is None:
        return Cast(f"NULL::{target}", is_exact=True)
    if source_type == "VARCHAR":
        return Cast("{}", is_exact=True) if target == "VARCHAR" else _from_text(column, dialect)
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
    return Cast(_from_text(column, Dialect()).value("({}::VARCHAR)"))


def _from_text(column: Column, dialect: Dialect) -> Cast:
    target = column.sql_type
    if target in _WHOLE:
        text = _plain("{}", dialect)
        return _numeral(target, text, r"\s*[+-]?[0-9]+\s*", _is_digits(target, text))
    if target == "DOUBLE":
        return _floating(_plain("{}", dialect))
    if found := re.fullmatch(r"DECIMAL\(\d+,(\d+)\)", target):
        places = int(found[1])
        numeral = rf"\s*[+-]?([0-9]+(\.[0-9]{{0,{places}}}0*)?|\.[0-9]{{1,{max(1, places)}}}0*)\s*"
        return _numeral(target, _plain("{}", dialect), numeral)
    if target == "BOOLEAN":
        words = " ".join(f"WHEN '{word}' THEN {truth}" for word, truth in _TRUTHS.items())
        return Cast(f"CASE lower(trim({{}})) {words} END")
    return _date(column.format) if target == "DATE" else _timestamp(column)


def _plain(text: str, dialect: Dialect) -> str:
    """Numerals in the plain notation, from the notation the dialect declares."""
    if dialect.thousands:
        text = f"replace({text}, {literal(dialect.thousands)}, '')"
    return f"replace({text}, ',', '.')" if dialect.decimal == "," else text


def _is_digits(target: str, text: str) -> str:
    """A condition under which a text that parses surely is digits, the first not 0: its value has one for each byte.

    Signs, spaces, points and underscores leave the value fewer digits than the text has bytes. So does an exponent, or
    else the value ends in two zeros. `0x` begins with a 0.
    """
    least = ", ".join(str(10**digits) if digits else "0" for digits in range(_WHOLE[target]))
    return f"{text} >= '1' AND {{parsed}} >= ([{least}]::{target}[])[strlen({text})] AND {{parsed}} % 100 <> 0"


def _numeral(target: str, text: str, pattern: str, surely: str | None = None) -> Cast:
    # The cheapest proof first, then the round trip, which is nearly always enough. Each stands in a branch of its own
    # as an engine evaluates the parts of an OR in any order.
    return Cast(
        f"CASE {f'WHEN {surely} THEN {{parsed}} ' if surely else ''}"
        f"WHEN {{parsed}}::VARCHAR = {text} THEN {{parsed}} "
        f"WHEN regexp_full_match({text}, {literal(pattern)}) THEN {{parsed}} END",
        f"TRY_CAST({text} AS {target})",
    )


def _floating(text: str) -> Cast:
    numeral = r"\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\s*"
    parsed = f"CASE WHEN regexp_full_match({text}, {literal(numeral)}) THEN TRY_CAST({text} AS DOUBLE) END"
    return Cast("CASE WHEN isfinite({parsed}) THEN {parsed} END", parsed)


def _date(form: str | None) -> Cast:
    if form:
        return Cast(
            f"CASE WHEN strftime({{parsed}}, {literal(form)}) = {{}} THEN {{parsed}} END",
            f"TRY_STRPTIME({{}}, {literal(form)})::DATE",
        )
    return Cast(
        f"CASE WHEN strlen({{}}) = {_ISO_DATE_LENGTH} THEN {_within('DATE', '{parsed}')} END", "TRY_CAST({} AS DATE)"
    )


def _timestamp(column: Column) -> Cast:
    if column.format:
        return Cast(
            f"CASE WHEN strftime({{parsed}}, {literal(column.format)}) = {{}} THEN {_to_utc('{parsed}', column)} END",
            f"TRY_STRPTIME({{}}, {literal(column.format)})",
        )
    local = _to_utc("TRY_CAST({} AS TIMESTAMP)", column)
    # The engine's cast to a time without zone passes over an offset, and takes any number for one.
    zoned = "timezone('UTC', TRY_CAST({} AS TIMESTAMPTZ))"
    moment = (
        f"CASE WHEN {{}} LIKE '____-__-_____:__:__' THEN {local} "
        f"WHEN strlen({{}}) < {_ISO_DATE_LENGTH} THEN NULL "
        f"WHEN regexp_full_match({{}}, {literal(_LOCAL_TIME)}) THEN {local} "
        f"WHEN regexp_full_match({{}}, {literal(_ZONED_TIME)}) THEN {zoned} END"
    )
    return Cast(_within("TIMESTAMP", "{parsed}"), moment)


def _within(target: str, value: str) -> str:
    """A time of the years 1 to 9999: PostgreSQL knows infinity, and engines years that no calendar has."""
    last = "9999-12-31" if target == "DATE" else "9999-12-31 23:59:59.999999"
    return f"CASE WHEN {value} BETWEEN {target} '0001-01-01' AND {target} '{last}' THEN {value} END"


def _to_utc(value: str, column: Column) -> str:
    if column.time_zone == "UTC":
        return value
    return f"timezone('UTC', timezone({literal(column.time_zone)}, {value}))"


def _timestamp_from_typed(column: Column, source_type: str) -> str:
    if source_type == "TIMESTAMP WITH TIME ZONE":
        return "timezone('UTC', {})"
    return _to_utc("{}::TIMESTAMP", column)
