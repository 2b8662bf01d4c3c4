"""Compiles a contract to the one SQL statement that checks a whole batch.

The statement reads rows as text (or typed, from a typed source), casts them, evaluates every rule, and yields the
lake's columns: the row's own, then `_seq` and `_loaded_at` (which batch, when), `_line` (line in the file, where it
is not simply the row's place), `_failed` and `_flagged` (bitmasks of broken rules), `_reasons` (their ids), and
`_original` and `_extra` (the delivered text of a row that broke a rule; columns the contract does not know).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from filiera.contracts import expressions
from filiera.contracts.casts import Cast, cast_column
from filiera.contracts.model import Column, Contract, Rule
from filiera.sql import literal, quoted

LAKE_COLUMNS = ("_seq", "_loaded_at", "_line", "_failed", "_flagged", "_reasons", "_original", "_extra")
DAMAGE = "_damage"
LINE = "_line"
WHOLE = "_whole"


@dataclass(frozen=True)
class Rows:
    """The rows to check: a relation, which of the contract's columns it has, and in which types."""

    relation: str
    """SQL that can stand after FROM."""
    types: Mapping[str, str]
    """DuckDB type by contract column name; a column that is missing here is missing in the delivery."""
    names: Mapping[str, str]
    """The delivery's own name by contract column name."""
    extra: tuple[str, ...] = ()
    """Columns the contract does not know."""
    is_repaired: bool = False
    """The relation carries `_line`, `_damage` and, for damaged rows, `_whole`: the text of the line."""


@dataclass(frozen=True)
class Stamp:
    """What every row of a batch is marked with."""

    seq: int
    loaded_at: datetime
    today: date


def check_sql(contract: Contract, rows: Rows, stamp: Stamp) -> str:
    """The SELECT that turns delivered rows into lake rows."""
    casts = [cast_column(column, rows.types.get(column.name), contract.dialect) for column in contract.columns]
    raw = [
        f"{quoted(rows.names[column.name]) if column.name in rows.names else 'NULL::VARCHAR'} AS {_raw(place)}"
        for place, column in enumerate(contract.columns)
    ]
    raw += [f"{quoted(name)} AS {_extra(place)}" for place, name in enumerate(rows.extra)]
    if rows.is_repaired:
        raw += [f"{LINE}::BIGINT AS {LINE}", DAMAGE, WHOLE]
    typed = [f"{cast.value(_raw(place))} AS {quoted(contract.columns[place].name)}" for place, cast in enumerate(casts)]
    rejected, flagged = _masks(contract, casts, stamp.today, is_repaired=rows.is_repaired)
    return (
        f"WITH raw AS (SELECT {', '.join(raw)} FROM {rows.relation}), "
        f"typed AS (SELECT *, {', '.join(typed)} FROM raw), "
        f"checked AS (SELECT *, {rejected} AS _failed, {flagged} AS _flagged FROM typed) "
        f"SELECT {', '.join(_output(contract, rows, stamp))} FROM checked"
    )


def reason_ids(contract: Contract) -> dict[int, tuple[str, ...]]:
    """Rule ids by bit, as the masks use them."""
    bits: dict[int, tuple[str, ...]] = {}
    for rule in contract.rules:
        bits[contract.bit(rule)] = (*bits.get(contract.bit(rule), ()), rule.id)
    return bits


def _raw(place: int) -> str:
    return f"_raw_{place}"


def _extra(place: int) -> str:
    return f"_extra_{place}"


def _in_pass(contract: Contract) -> list[Rule]:
    """Rules that one row alone decides; duplicates are searched over the finished batch."""
    return [rule for rule in contract.rules if rule.kind != "duplicate"]


def _masks(contract: Contract, casts: list[Cast], today: date, *, is_repaired: bool) -> tuple[str, str]:
    words: dict[bool, list[str]] = {True: [], False: []}
    if is_repaired:
        words[True].append(f"CASE WHEN {DAMAGE} IS NOT NULL THEN 1::UBIGINT ELSE 0::UBIGINT END")
    for rule in _in_pass(contract):
        broken = _broken(contract, rule, casts, today)
        if broken is None:
            continue
        if is_repaired:
            broken = f"{DAMAGE} IS NULL AND ({broken})"
        bit = 1 << contract.bit(rule)
        words[rule.outcome == "reject"].append(f"CASE WHEN {broken} THEN {bit}::UBIGINT ELSE 0::UBIGINT END")
    rejected, flagged = (
        "(" + " | ".join(parts) + ")" if parts else "0::UBIGINT" for parts in (words[True], words[False])
    )
    return rejected, flagged


def _broken(contract: Contract, rule: Rule, casts: list[Cast], today: date) -> str | None:
    """Condition under which a row breaks the rule; None where the source's own type rules it out."""
    if rule.kind in ("required", "type"):
        place = next(index for index, column in enumerate(contract.columns) if column.name == rule.columns[0])
        value = quoted(rule.columns[0])
        if rule.kind == "required":
            return f"{_text(casts[place], place)} IS NULL"
        return None if casts[place].is_exact else f"{value} IS NULL AND {_text(casts[place], place)} IS NOT NULL"
    names = [column.name for column in contract.columns]
    return f"NOT ({expressions.render(expressions.parse(rule.expression, names), today)})"


def _text(cast: Cast, place: int) -> str:
    return cast.text(_raw(place))


def _output(contract: Contract, rows: Rows, stamp: Stamp) -> list[str]:
    any_broken = "(_failed | _flagged) <> 0"
    return [
        *(_column(contract, column) for column in contract.columns),
        f"{stamp.seq}::BIGINT AS _seq",
        f"{literal(stamp.loaded_at)} AS _loaded_at",
        f"{LINE if rows.is_repaired else 'NULL::BIGINT'} AS _line",
        "_failed",
        "_flagged",
        f"CASE WHEN {any_broken} THEN {_reasons(contract, is_repaired=rows.is_repaired)} END AS _reasons",
        f"CASE WHEN {any_broken} THEN {_original(contract, rows)} END AS _original",
        f"{_extras(rows)} AS _extra",
    ]


def _column(contract: Contract, column: Column) -> str:
    name = quoted(column.name)
    bits = sum(
        1 << contract.bit(rule)
        for rule in _in_pass(contract)
        if rule.outcome == "nullify" and column.name in rule.columns and rule.kind not in ("type", "required")
    )
    return f"CASE WHEN _flagged & {bits}::UBIGINT = 0 THEN {name} END AS {name}" if bits else name


def _reasons(contract: Contract, *, is_repaired: bool) -> str:
    parts = [DAMAGE] if is_repaired else []
    for bit, ids in reason_ids(contract).items():
        names = " / ".join(ids)
        parts.append(f"CASE WHEN (_failed | _flagged) & {1 << bit}::UBIGINT <> 0 THEN {literal(names)} END")
    return f"list_filter([{', '.join(parts)}], lambda reason: reason IS NOT NULL)"


def _original(contract: Contract, rows: Rows) -> str:
    pairs = [
        f"{literal(rows.names[column.name])}, {_raw(place)}::VARCHAR"
        for place, column in enumerate(contract.columns)
        if column.name in rows.names
    ]
    pairs += [f"{literal(name)}, {_extra(place)}::VARCHAR" for place, name in enumerate(rows.extra)]
    whole = f"json_object({', '.join(pairs)})::VARCHAR"
    if not rows.is_repaired:
        return whole
    return f"CASE WHEN {DAMAGE} IS NULL THEN {whole} ELSE json_object('line', {WHOLE})::VARCHAR END"


def _extras(rows: Rows) -> str:
    if not rows.extra:
        return "NULL::VARCHAR"
    pairs = ", ".join(f"{literal(name)}, {_extra(place)}::VARCHAR" for place, name in enumerate(rows.extra))
    return f"json_object({pairs})::VARCHAR"


def safe_name(name: str) -> str:
    """A name that can stand in a file path: what is not a letter, digit, dot, dash or underscore becomes a dash."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:120].strip("-.") or "unnamed"
