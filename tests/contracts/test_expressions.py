"""A rule judges its row and nothing else, and the engine can carry it out; any other is refused as it is read."""

from __future__ import annotations

import duckdb
import pytest
import yaml
from tests.contracts.sound import TEXT, Load, line_of, refusal

# Rules that look beyond the row, or that the engine could not carry out.
RULES = {
    "made_on <=": "does not parse",
    "": "not exactly one SQL expression",
    "true; DROP TABLE rows": "not exactly one SQL expression",
    "colour = 'red'": "'colour', which is not a column",
    "rows.id > 1": "without a table",
    "id > :limit": "only :today exists",
    "id > ?": "only :today exists",
    "made_on <= current_date": "reads a clock",
    "made_at <= now()": "now()",
    "made_at <= localtimestamp": "reads a clock",
    "made_at <= 'now'::TIMESTAMP": "reads a clock",
    "age(made_at) < INTERVAL 1 DAY": "age()",
    "random() < 0.5": "chance",
    "uuid()::VARCHAR = note": "chance",
    "id IN (SELECT 1)": "only look at the row itself",
    "EXISTS (FROM 'secret.csv')": "only look at the row itself",
    "(TABLE rows)": "only look at the row itself",
    "id = max(id)": "only look at the row itself",
    "id > lag(id) OVER ()": "only look at the row itself",
    "read_csv('/etc/passwd') IS NULL": "only look at the row itself",
    "read_text('/etc/passwd') IS NULL": "not a function a rule may use",
    "getenv('HOME') = note": "not a function a rule may use",
    "current_setting('threads') = note": "not a function a rule may use",
    "current_user = note": "does not depend on the row",
    "version() = note": "does not depend on the row",
    "note": "yields VARCHAR, not true or false",
    "id + 1": "yields BIGINT, not true or false",
    "note > made_on": "the engine refuses it",
    "made_on > 'soon'": "the engine refuses it",
    "regexp_full_match(note, '(?=a)')": "the engine refuses it",
    "length(id) > 3": "the engine refuses it",
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_may_only_judge_its_row_and_must_be_one_the_engine_can_carry_out(load: Load, rule: str) -> None:
    line, reason = refusal(load, TEXT.replace("made_on <= :today", yaml.dump(rule, default_style='"').strip()))
    assert "rule NEW" in reason
    assert RULES[rule] in reason
    assert line == line_of("made_on <= :today")


def test_no_function_that_the_engine_calls_volatile_can_stand_in_a_rule(load: Load) -> None:
    volatile = (
        "SELECT DISTINCT function_name, len(parameters) FROM duckdb_functions() "
        "WHERE function_type = 'scalar' AND stability <> 'CONSISTENT' AND function_name SIMILAR TO '[a-z_]+'"
    )
    found = duckdb.sql(volatile).fetchall()
    assert {"random", "now", "nextval"} <= {name for name, _ in found}
    for name, count in found:
        rule = f"{name}({', '.join(['note'] * count)}) IS NULL"
        refusal(load, TEXT.replace("made_on <= :today", rule))


def test_a_rule_may_use_what_tells_about_the_row(load: Load) -> None:
    for rule in (
        "note LIKE 'a%' OR regexp_full_match(note, '[A-Z]{2}[0-9]+')",
        "made_on BETWEEN DATE '2020-01-01' AND :today",
        "CASE WHEN id > 5 THEN note IS NOT NULL ELSE TRUE END",
        "coalesce(note, '') <> '' AND ID % 2 = 0",
        "date_trunc('month', made_on) = made_on",
        "try_cast(note AS INTEGER) > 5",
    ):
        assert load(TEXT.replace("made_on <= :today", yaml.dump(rule, default_style='"').strip()))
