"""A contract that does not make sense is refused when it is read, with the file, the line and the reason."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from filiera.contracts.load import load_contract, load_contracts
from filiera.contracts.model import Contract
from filiera.errors import ContractError

Load = Callable[[str], Contract]
Text = Callable[..., str]

TEXT = """\
apiVersion: v3.1.0
kind: DataContract
id: urn:test:rows
name: test.rows
version: 1.0.0
status: active
schema:
  - name: rows
    properties:
      - name: id
        logicalType: integer
        required: true
        primaryKey: true
      - name: note
        logicalType: string
        logicalTypeOptions: {maxLength: 5}
      - name: made_on
        logicalType: date
      - name: made_at
        logicalType: timestamp
    quality:
      - id: SHORT
        type: custom
        engine: filiera
        implementation: length(note) < 5
        dimension: conformity
        severity: flag
      - id: NEW
        type: custom
        engine: filiera
        implementation: made_on <= :today
        dimension: timeliness
        severity: reject
customProperties:
  - property: files
    value: {delimiter: ";"}
  - property: tables
    value:
      - {setting: factory_url, table: rows, key: [id], watermark: made_at}
slaProperties:
  - {property: frequency, value: 1, unit: d}
"""


def line_of(words: str, text: str = TEXT) -> int:
    """The line of the text where these words begin."""
    return text[: text.index(words)].count("\n") + 1


FILES, TABLES, SHORT, NEW = (line_of(words) for words in ("value: {del", "- {setting", "- id: SHORT", "- id: NEW"))
NEW_RULE = (
    "type: custom\n        engine: filiera\n        implementation: made_on <= :today\n        dimension: timeliness"
)
DUPLICATES = "type: library\n        metric: duplicateValues\n        mustBe: 0\n        dimension: uniqueness"

# What is changed in the text above and to what, what the error says, and the line it names: its number, or words in it.
REFUSED: dict[str, tuple[str, str, str, int | str | None]] = {
    "a version of the standard we do not read": ("v3.1.0", "v2.2.2", "filiera reads v3.1.x", "v2.2.2"),
    "an earlier version that looks alike": ("v3.1.0", "v3.0.2", "filiera reads v3.1.x", "v3.0.2"),
    "a property the standard does not know": (
        "status: active",
        "status: active\nspeed: 7",
        "'speed' was unexpected",
        1,
    ),
    "no name of the contract": ("name: test.rows\n", "", "is not of the form domain.table", 1),
    "a name without a domain": ("name: test.rows", "name: rows", "is not of the form domain.table", 4),
    "a name in capitals": ("name: test.rows", "name: Test.rows", "is not of the form domain.table", "Test.rows"),
    "an unknown type": ("logicalType: date", "logicalType: money", "'money' is not one of", "money"),
    "a type of which there are no columns": ("logicalType: date", "logicalType: array", "one of string,", "array"),
    "a physical type that does not fit": (
        "logicalType: date",
        "logicalType: date\n        physicalType: INTEGER",
        "does not fit date",
        "logicalType: date",
    ),
    "more digits than any engine has": (
        "logicalType: date",
        "logicalType: number\n        physicalType: DECIMAL(39,2)",
        "more than 38 digits",
        "logicalType: number",
    ),
    "a column that stands twice": ("name: note", "name: ID", "column 'ID' stands twice", "name: ID"),
    "a column with a name of ours": ("name: note", "name: _line", "are filiera's", "name: _line"),
    "a column with the engine's name for the place": (
        "name: note",
        "name: file_row_number",
        "are filiera's",
        "name: file_row_number",
    ),
    "a key that stands twice in one mapping": ("kind: DataContract", "kind: DataContract\nkind: x", "'kind' stands", 3),
    "a rule id that stands twice": ("id: NEW", "id: SHORT", "rule id 'SHORT' stands twice", NEW),
    "a rule with the id of a rule made from a column": ("id: NEW", "id: TYPE_ID", "'TYPE_ID' stands twice", NEW),
    "a rule id in small letters": ("id: NEW", "id: new", "not of the form UPPER_CASE_WORDS", NEW),
    "a severity we do not know": ("severity: flag", "severity: fatal", "severity is 'fatal'; one of reject", "fatal"),
    "a dimension that is missing": ("        dimension: timeliness\n", "", "dimension is missing", NEW),
    "a dimension nobody knows": ("dimension: timeliness", "dimension: speed", "'speed' is not one of", "speed"),
    "a rule of another tool": ("engine: filiera", "engine: soda", "filiera carries out rules of", SHORT),
    "a library rule we do not know": (
        NEW_RULE,
        DUPLICATES.replace("duplicateValues", "nullValues"),
        "and library rules with metric duplicateValues",
        NEW,
    ),
    "duplicates of a column that is not there": (
        NEW_RULE,
        f"{DUPLICATES}\n        arguments: {{properties: [ids]}}",
        "arguments.properties must list columns",
        NEW,
    ),
    "duplicates that are nullified": (
        f"{NEW_RULE}\n        severity: reject",
        f"{DUPLICATES}\n        arguments: {{properties: [id]}}\n        severity: nullify",
        "can be rejected or flagged, not nullified",
        "severity: nullify",
    ),
    "nullify of a required column": (
        "length(note) < 5\n        dimension: conformity\n        severity: flag",
        "id > 5\n        dimension: conformity\n        severity: nullify",
        "nullify would empty id",
        SHORT,
    ),
    "a rule that empties a column which is not there": (
        "severity: flag",
        "severity: flag\n        customProperties: [{property: columns, value: [notes]}]",
        "not a list of columns",
        "property: columns",
    ),
    "a column that is required and nullified": (
        "required: true",
        "required: true\n        customProperties: [{property: onFailure, value: nullify}]",
        "nullify would empty it",
        "onFailure",
    ),
    "a column whose failure has no outcome": (
        "required: true",
        "required: true\n        customProperties: [{property: onFailure, value: burn}]",
        "onFailure is 'burn'",
        "onFailure",
    ),
    "an option that is none of the type": (
        "maxLength: 5",
        "minimum: 5",
        "'minimum' was unexpected",
        "minimum: 5",
    ),
    "a length that is no number": ("maxLength: 5", "maxLength: -1", "is not valid ODCS", "maxLength: -1"),
    "a pattern that is none": ("maxLength: 5", "pattern: '(a'", "is not a regular expression", "(a"),
    "a pattern the engine cannot carry out": ("maxLength: 5", "pattern: '(?=a)'", "the engine refuses it", "(?=a)"),
    "a bound that is no date": (
        "logicalType: date",
        "logicalType: date\n        logicalTypeOptions: {minimum: yesterday}",
        "the engine refuses it",
        "yesterday",
    ),
    "a bound that is no number": (
        "logicalType: date",
        "logicalType: number\n        logicalTypeOptions: {minimum: .inf}",
        "looks at 'inf'",
        ".inf",
    ),
    "a time zone that is on no map": (
        "logicalType: timestamp",
        "logicalType: timestamp\n        logicalTypeOptions: {timezone: true, defaultTimezone: Europe/Atlantis}",
        "Atlantis",
        "Atlantis",
    ),
    "a date format that is none": (
        "logicalType: date",
        "logicalType: date\n        logicalTypeOptions: {format: '%Q'}",
        "the engine refuses its format",
        "%Q",
    ),
    "a delimiter of two letters": ('";"', '"::"', "one character each", FILES),
    "a delimiter that is a line break": ('";"', '"\\n"', "one character each", FILES),
    "a delimiter that is a number": ('";"', "7", "every setting is a text", FILES),
    "a quote that is the delimiter": ('";"', '";", quote: ";"', "other than the delimiter", FILES),
    "a quote the engine does not know": ('";"', '";", quote: "«"', "ASCII character", FILES),
    "a decimal mark that is none": ('";"', '";", decimal: "*"', "decimal is", FILES),
    "one mark for decimals and thousands": ('";"', '";", thousands: "."', "another character", FILES),
    "an encoding nobody knows": ('";"', '";", encoding: utf-9', "'utf-9' is not known", FILES),
    "an encoding that is not of text": ('";"', '";", encoding: hex', "'hex' is not known", FILES),
    "null tokens that are no list": ('";"', '";", nullValues: NULL', "list of texts", FILES),
    "a setting of files that we do not know": ('";"', '";", header: false', "it may say delimiter", FILES),
    "files that are a list": ('{delimiter: ";"}', "[1]", "it may say delimiter", FILES),
    "tables that are a text": (
        "value:\n      - {setting: factory_url, table: rows, key: [id], watermark: made_at}",
        "value: x",
        "it is a list of tables",
        "value: x",
    ),
    "a table without a key": (", key: [id]", "", "an entry lacks key", TABLES),
    "a table's key that is not there": ("key: [id]", "key: [ids]", "ids is not a column", TABLES),
    "a table's key that is no list": ("key: [id]", "key: id", "key is a list of columns", TABLES),
    "a watermark that is not there": ("watermark: made_at", "watermark: at", "at is not a column", TABLES),
    "a watermark that has no order in time": (
        "watermark: made_at",
        "watermark: id",
        "neither a timestamp nor a date",
        TABLES,
    ),
    "a table in a setting that does not exist": (
        "setting: factory_url",
        "setting: factory_uri",
        "no setting 'factory_uri'",
        TABLES,
    ),
    "a table with a setting of its own": ("table: rows", "table: rows, rows: 7", "unknown settings: rows", TABLES),
    "a frequency that is no number": ("value: 1, unit", "value: daily, unit", "it is a number of days", "value: daily"),
    "a share above one": (
        "  - property: files",
        "  - {property: rejectedShareLimit, value: 50}\n  - property: files",
        "a share between 0 and 1",
        "value: 50",
    ),
    "a share that is a text": (
        "  - property: files",
        "  - {property: rejectedShareLimit, value: half}\n  - property: files",
        "a share between 0 and 1",
        "value: half",
    ),
    "an event column that is not there": (
        "    quality:",
        "    customProperties: [{property: eventColumn, value: day}]\n    quality:",
        "eventColumn names 'day'",
        "eventColumn",
    ),
    "two tables in one contract": (
        "    quality:",
        "  - name: more\n    quality:",
        "exactly one schema object",
        "name: rows",
    ),
    "no columns": (
        TEXT[TEXT.index("    properties:") : TEXT.index("    quality:")],
        "",
        "the row has no properties",
        "- name: rows",
    ),
    "YAML that is none": ("kind: DataContract", "kind: [DataContract", "is not valid YAML", "id: urn"),
    "YAML with a tab": ("kind: DataContract", "\tkind: DataContract", "is not valid YAML", "\tkind"),
    "YAML with a date that is none": ("1.0.0", "2026-13-45", "is not valid YAML", None),
    "a list": (TEXT, "- 1\n- 2\n", "the file is not a YAML mapping", 1),
    "nothing": (TEXT, "", "the file is not a YAML mapping", 1),
}

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


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads a contract from its text."""
    path = tmp_path / "rows.odcs.yaml"

    def read(text: str) -> Contract:
        path.write_text(text, encoding="utf-8")
        return load_contract(path)

    return read


def refusal(load: Load, text: str) -> tuple[int | None, str]:
    """The line an error names, and its reason."""
    with pytest.raises(ContractError) as caught:
        load(text)
    found = re.fullmatch(r"/.*/rows\.odcs\.yaml(?:, line (\d+))?: (.*)", str(caught.value), flags=re.DOTALL)
    assert found, f"{caught.value} does not begin with the file's path"
    return int(found[1]) if found[1] else None, found[2]


def test_the_contract_that_is_broken_below_is_sound(load: Load) -> None:
    assert load(TEXT).dataset == "test.rows"


@pytest.mark.parametrize("case", REFUSED)
def test_a_mistake_is_refused_with_its_line_and_reason(load: Load, case: str) -> None:
    old, new, reason, place = REFUSED[case]
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    line, found = refusal(load, text)
    assert reason in found
    assert line == (line_of(place, text) if isinstance(place, str) else place)


def test_a_contract_that_contains_itself_is_refused(load: Load) -> None:
    refusal(load, "&contract\nkind: *contract\n")


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


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "none.odcs.yaml"
    with pytest.raises(ContractError, match=r"none\.odcs\.yaml: cannot be read: No such file"):
        load_contract(missing)
    latin = tmp_path / "latin.odcs.yaml"
    latin.write_bytes(TEXT.replace("urn:test:rows", "urn:qualità").encode("latin-1"))
    with pytest.raises(
        ContractError, match=r"latin\.odcs\.yaml: is not UTF-8 text \(invalid continuation byte at byte"
    ):
        load_contract(latin)


def test_a_dataset_has_one_contract(tmp_path: Path, contract_text: Text) -> None:
    for folder in ("built-in", "own"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "rows.odcs.yaml").write_text(TEXT, encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load_contracts([tmp_path / "built-in", tmp_path / "own"])
    assert f"{tmp_path}/own/rows.odcs.yaml: dataset 'test.rows' already has a contract" in str(caught.value)
    assert f"{tmp_path}/built-in/rows.odcs.yaml" in str(caught.value)


def test_contracts_come_in_alphabetical_order_and_other_files_are_left_alone(
    tmp_path: Path, contract_text: Text
) -> None:
    for name in ("b", "a", "c"):
        text = contract_text({"id": "integer"}, dataset=f"test.{name}")
        (tmp_path / f"{name}.odcs.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "notes.yaml").write_text("not: a contract", encoding="utf-8")
    assert list(load_contracts([tmp_path])) == ["test.a", "test.b", "test.c"]


def test_what_the_contract_says_is_what_the_product_knows(load: Load) -> None:
    found = load(TEXT)
    assert [(column.name, column.sql_type, column.required) for column in found.columns] == [
        ("id", "BIGINT", True),
        ("note", "VARCHAR", False),
        ("made_on", "DATE", False),
        ("made_at", "TIMESTAMP", False),
    ]
    assert {rule.id: (rule.outcome, rule.columns) for rule in found.rules} == {
        "REQUIRED_ID": ("reject", ("id",)),
        "TYPE_ID": ("reject", ("id",)),
        "LENGTH_NOTE": ("reject", ("note",)),
        "TYPE_MADE_ON": ("reject", ("made_on",)),
        "TYPE_MADE_AT": ("reject", ("made_at",)),
        "SHORT": ("flag", ("note",)),
        "NEW": ("reject", ("made_on",)),
    }
    assert (found.dialect.delimiter, found.key, found.fresh_days) == (";", ("id",), 1.0)
    (table,) = found.tables
    assert (table.database, table.schema, table.table, table.watermark) == ("test", "public", "rows", "made_at")


def test_a_contract_is_another_when_one_byte_of_its_file_is(load: Load) -> None:
    first, second = load(TEXT), load(TEXT + "# corrected\n")
    assert first.fingerprint != second.fingerprint
    assert first.fingerprint == load(TEXT).fingerprint


def test_every_contract_we_ship_is_valid_by_the_standard(contracts: dict[str, Contract]) -> None:
    # Loading holds each against the JSON schema of ODCS v3.1; that it does, the cases above show.
    assert "factory.production_raw" in contracts
    for name, found in contracts.items():
        assert found.dataset == name
        assert found.description
        assert found.grain
        assert found.key
        assert all(column.description for column in found.columns)
        assert all(rule.description for rule in found.rules)


SOUND = yaml.safe_load(TEXT)
PLACES = st.deferred(lambda: st.sampled_from(list(places(SOUND))))
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(),
    st.text(max_size=5),
    st.dates(),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def places(value: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of everything within a document."""
    found = [at] if at else []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        found += places(part, (*at, name))
    return found


@pytest.mark.slow
@given(place=PLACES, value=VALUES)
def test_whatever_stands_anywhere_in_a_contract_it_loads_or_is_refused(
    place: tuple[str | int, ...], value: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    document: Any = copy.deepcopy(SOUND)
    parent = document
    for step in place[:-1]:
        parent = parent[step]
    parent[place[-1]] = value
    path = tmp_path_factory.getbasetemp() / "any.odcs.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    try:
        said = str(load_contract(path).path)
    except ContractError as error:
        said = str(error)
    assert str(path) in said
