"""Compiles a contract to the one SQL statement that checks a whole batch.

The statement reads rows as text (or typed, from a typed source), casts them, evaluates every rule, and yields the
lake's columns: the row's own, then `_seq` and `_loaded_at` (which batch, when), `_line` (line in the file, where it
is not simply the row's place), `_failed` and `_flagged` (bitmasks of broken rules), `_reasons` (their ids),
`_original` (the delivered text of a row that broke a rule) and, where the delivery has columns the contract does not
know, `_extra`, which holds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlglot import exp

from filiera.contracts import expressions
from filiera.contracts.casts import Cast, cast_column
from filiera.contracts.model import Column, Contract, Rule
from filiera.sql import literal, quoted

LAKE_COLUMNS = ("_seq", "_loaded_at", "_line", "_failed", "_flagged", "_reasons", "_original", "_extra")
DAMAGE = "_damage"
LINE = "_line"
WHOLE = "_whole"
_EXTRA = "_extras"
_CLEAR = "0::UBIGINT"


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


def check_sql(
    contract: Contract, rows: Rows, stamp: Stamp, *, is_careful: bool = False, keeps_originals: bool = False
) -> str:
    """The SELECT that turns delivered rows into lake rows.

    A rule may fail to evaluate, as a product that leaves its type does. The engine then gives up the whole statement;
    a careful one, which is slower, takes the rule as broken by that row. One that `keeps_originals` has the delivered
    text of every row.
    """
    casts = [cast_column(column, rows.types.get(column.name), contract.dialect) for column in contract.columns]
    raw = []
    for place, (column, cast) in enumerate(zip(contract.columns, casts, strict=True)):
        delivered = quoted(rows.names[column.name]) if column.name in rows.names else "NULL::VARCHAR"
        raw.append(f"{delivered} AS {_raw(place)}")
        if parsed := cast.parsed(delivered):
            raw.append(f"{parsed} AS {_parsed(place)}")
    if rows.extra:
        # One text from here on: a file may bring thousands of them, and an engine holds every column at every stage.
        pairs = ", ".join(f"{literal(name)}, {quoted(name)}::VARCHAR" for name in rows.extra)
        whole = f"json_object({pairs})::VARCHAR"
        raw.append(f"{f'CASE WHEN {DAMAGE} IS NULL THEN {whole} END' if rows.is_repaired else whole} AS {_EXTRA}")
    if rows.is_repaired:
        raw += [f"{LINE}::BIGINT AS {LINE}", DAMAGE, WHOLE]
    typed = [
        f"{cast.value(_raw(place), _parsed(place))} AS {quoted(contract.columns[place].name)}"
        for place, cast in enumerate(casts)
    ]
    broken = _conditions(contract, rows, casts, stamp.today, is_careful=is_careful)
    rejected, flagged = _masks(contract, broken, is_repaired=rows.is_repaired)
    if not is_careful:
        sound = _sound(contract, rows, casts, stamp.today)
        rejected, flagged = (_unless(sound, mask) for mask in (rejected, flagged))
    return (
        f"WITH raw AS (SELECT {', '.join(raw)} FROM {rows.relation}), "
        f"typed AS (SELECT *, {', '.join(typed)} FROM raw), "
        f"checked AS (SELECT *, {rejected} AS _failed, {flagged} AS _flagged FROM typed) "
        f"SELECT {', '.join(_output(contract, rows, stamp, broken, keeps_originals=keeps_originals))} FROM checked"
    )


def _raw(place: int) -> str:
    return f"_raw_{place}"


def _parsed(place: int) -> str:
    return f"_parsed_{place}"


def _in_pass(contract: Contract) -> list[Rule]:
    """Rules that one row alone decides; duplicates are searched over the finished batch."""
    return [rule for rule in contract.rules if rule.kind != "duplicate"]


def _conditions(contract: Contract, rows: Rows, casts: list[Cast], today: date, *, is_careful: bool) -> dict[str, str]:
    """By rule id, the condition under which a row breaks it; left out is what the source's own type rules out."""
    places = {column.name: place for place, column in enumerate(contract.columns)}
    found = {}
    for rule in _in_pass(contract):
        if rule.kind in ("required", "type"):
            place = places[rule.columns[0]]
            if rule.kind == "required":
                broken = f"{_raw(place)} IS NULL"
            elif casts[place].is_exact:
                continue
            else:
                broken = f"{quoted(rule.columns[0])} IS NULL AND {_raw(place)} IS NOT NULL"
        else:
            broken = f"NOT ({expressions.render(expressions.parse(rule.expression, places), today)})"
            if is_careful:
                broken = f"TRY(CASE WHEN {broken} THEN TRUE ELSE FALSE END) IS DISTINCT FROM FALSE"
        found[rule.id] = f"{DAMAGE} IS NULL AND ({broken})" if rows.is_repaired else broken
    return found


def _sound(contract: Contract, rows: Rows, casts: list[Cast], today: date) -> str:
    """A condition under which a row surely breaks nothing, though others may not either.

    Nearly every row meets it, and one short condition costs a fraction of a mask with a bit for every rule.
    """
    required = {rule.columns[0] for rule in _in_pass(contract) if rule.kind == "required"}
    names = [column.name for column in contract.columns]
    rules = [
        expressions.parse(rule.expression, names)
        for rule in _in_pass(contract)
        if rule.kind not in ("required", "type")
    ]
    compared = {name.casefold() for rule in rules for name in _compared(rule)}
    parts = [f"{DAMAGE} IS NULL"] if rows.is_repaired else []
    for place, column in enumerate(contract.columns):
        value = quoted(column.name)
        if column.name.casefold() in compared:
            continue
        if column.name in required:
            parts.append(f"{value} IS NOT NULL")
        elif not casts[place].is_exact:
            parts.append(f"({value} IS NOT NULL OR {_raw(place)} IS NULL)")
    return " AND ".join([*parts, *(f"({expressions.render(_in_bytes(rule), today)})" for rule in rules)])


def _compared(rule: exp.Expr) -> Iterator[str]:
    """Columns without which a rule is never true, as it compares them, or their length, with something."""
    for part in rule.flatten() if isinstance(rule, exp.And) else (rule,):
        if isinstance(part, exp.LT | exp.LTE | exp.GT | exp.GTE | exp.EQ | exp.NEQ):
            for side in (part.this, part.expression):
                value = side.this if isinstance(side, exp.Length) else side
                if isinstance(value, exp.Column):
                    yield value.name


def _in_bytes(tree: exp.Expr) -> exp.Expr:
    """The rule with texts measured in bytes, which costs nothing, where that suffices.

    A text of so many bytes has at most as many characters, and at least one if it has any.
    """

    def replace(node: exp.Expr) -> exp.Expr:
        if not (isinstance(node, exp.LTE | exp.GTE) and isinstance(node.this, exp.Length)):
            return node
        if isinstance(node, exp.GTE) and node.expression.sql() not in ("0", "1"):
            return node
        return type(node)(this=exp.func("strlen", node.this.this), expression=node.expression)

    return tree.transform(replace)


def _unless(sound: str, mask: str) -> str:
    return f"CASE WHEN {sound} THEN {_CLEAR} ELSE {mask} END" if sound and mask != _CLEAR else mask


def _masks(contract: Contract, broken: Mapping[str, str], *, is_repaired: bool) -> tuple[str, str]:
    words: dict[bool, list[str]] = {True: [], False: []}
    if is_repaired:
        words[True].append(f"CASE WHEN {DAMAGE} IS NOT NULL THEN 1::UBIGINT ELSE 0::UBIGINT END")
    for rule in contract.rules:
        if rule.id in broken:
            bit = 1 << contract.bit(rule)
            words[rule.outcome == "reject"].append(
                f"CASE WHEN {broken[rule.id]} THEN {bit}::UBIGINT ELSE 0::UBIGINT END"
            )
    return _either(words[True]), _either(words[False])


def _either(masks: list[str]) -> str:
    """One mask of many, in groups: an engine lets expressions nest only so deep."""
    while len(masks) > 1:
        masks = ["(" + " | ".join(masks[start : start + 50]) + ")" for start in range(0, len(masks), 50)]
    return masks[0] if masks else _CLEAR


def _output(
    contract: Contract, rows: Rows, stamp: Stamp, broken: Mapping[str, str], *, keeps_originals: bool
) -> list[str]:
    any_broken = "(_failed | _flagged) <> 0"
    original = _original(contract, rows)
    return [
        *(_column(contract, column, broken) for column in contract.columns),
        f"{stamp.seq}::BIGINT AS _seq",
        f"{literal(stamp.loaded_at)} AS _loaded_at",
        f"{LINE if rows.is_repaired else 'NULL::BIGINT'} AS _line",
        "_failed",
        "_flagged",
        f"CASE WHEN {any_broken} THEN {_reasons(contract, broken, is_repaired=rows.is_repaired)} END AS _reasons",
        f"{original if keeps_originals else f'CASE WHEN {any_broken} THEN {original} END'} AS _original",
        *([f"{_EXTRA} AS _extra"] if rows.extra else []),
    ]


def _column(contract: Contract, column: Column, broken: Mapping[str, str]) -> str:
    name = quoted(column.name)
    breaks = [
        _is_broken(contract, rule, broken)
        for rule in _in_pass(contract)
        if rule.outcome == "nullify" and column.name in rule.columns and rule.kind not in ("type", "required")
    ]
    return f"CASE WHEN {' OR '.join(breaks)} THEN NULL ELSE {name} END AS {name}" if breaks else name


def _is_broken(contract: Contract, rule: Rule, broken: Mapping[str, str]) -> str:
    """Condition on the masks, and on the rule itself where it shares its bit with others."""
    mask = "_failed" if rule.outcome == "reject" else "_flagged"
    by_bit = f"{mask} & {1 << contract.bit(rule)}::UBIGINT <> 0"
    return f"({by_bit} AND {broken[rule.id]})" if contract.shares_bit(rule) else by_bit


def _reasons(contract: Contract, broken: Mapping[str, str], *, is_repaired: bool) -> str:
    parts = [DAMAGE] if is_repaired else []
    parts += [
        f"CASE WHEN {_is_broken(contract, rule, broken)} THEN {literal(rule.id)} END"
        for rule in contract.rules
        if rule.id in broken
    ]
    every = f"list_filter([{', '.join(parts)}]::VARCHAR[], lambda reason: reason IS NOT NULL)"
    if is_repaired or not contract.rules or any(contract.shares_bit(rule) for rule in contract.rules):
        return every
    # Nearly every row that breaks a rule breaks one, and the place of its bit is the place of its name.
    ids = ", ".join(literal(rule.id) for rule in contract.rules)
    mask = "(_failed | _flagged)"
    return f"CASE WHEN bit_count{mask} = 1 THEN [([{ids}])[log2{mask}::INTEGER]] ELSE {every} END"


def _original(contract: Contract, rows: Rows) -> str:
    pairs = [
        f"{literal(rows.names[column.name])}, {_raw(place)}::VARCHAR"
        for place, column in enumerate(contract.columns)
        if column.name in rows.names
    ]
    whole = f"json_object({', '.join(pairs)})::VARCHAR"
    if rows.extra:
        whole = f"left({whole}, -1) || ',' || substr({_EXTRA}, 2)" if pairs else _EXTRA
    if not rows.is_repaired:
        return whole
    return f"CASE WHEN {DAMAGE} IS NULL THEN {whole} ELSE json_object('line', {WHOLE})::VARCHAR END"


def safe_name(name: str) -> str:
    """A name that can stand in a file path: what is not a letter, digit, dot, dash or underscore becomes a dash.

    What the name ends in stays, however long or foreign the rest is, as it says what kind of file it is.
    """
    stem, suffix = re.fullmatch(r"(.*?)((?:\.[A-Za-z0-9]{1,10}){0,2})", name, flags=re.DOTALL).groups()  # type: ignore[union-attr]
    return (re.sub(r"[^A-Za-z0-9._-]+", "-", stem)[:100].strip("-.") or "unnamed") + suffix
