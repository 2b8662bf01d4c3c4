"""A contract that does not make sense is refused when it is read, with the file, the line and the reason."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.contracts.sound import TEXT, Load, line_of, refusal

from filiera.contracts.load import load_contract
from filiera.errors import ContractError

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
