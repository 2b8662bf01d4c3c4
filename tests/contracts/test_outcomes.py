"""What a broken rule costs: the row is rejected whole, a field emptied, or a flag set; and every reason is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from filiera.contracts.model import LAST_BIT, Contract
from filiera.intake.ledger import Batch

Make = Callable[..., Contract]
Check = Callable[..., list[dict[str, Any]]]


def rule(rule_id: str, implementation: str, severity: str = "reject", **more: Any) -> dict[str, Any]:
    return {"id": rule_id, "implementation": implementation, "severity": severity, **more}


def verdicts(rows: list[dict[str, Any]]) -> list[str]:
    """accepted, flagged or rejected."""
    return ["rejected" if row["_failed"] else "flagged" if row["_flagged"] else "accepted" for row in rows]


def test_reject_puts_the_row_aside_whole_with_its_reason_and_text(contract: Make, check: Check) -> None:
    tyres = contract({"id": "integer", "weight": "integer"}, rules=[rule("HEAVY", "weight < 50")])
    light, heavy = check(tyres, "id,weight\n1,10\n 2,+99\n")
    assert (light["_failed"], light["_reasons"], light["_original"]) == (0, None, None)
    assert verdicts([light, heavy]) == ["accepted", "rejected"]
    assert (heavy["id"], heavy["weight"], heavy["_reasons"]) == (2, 99, ["HEAVY"])
    assert heavy["_original"] == {"id": " 2", "weight": "+99"}
    assert heavy["at"] == 3


def test_nullify_empties_the_field_keeps_the_row_and_records_what_stood_there(contract: Make, check: Check) -> None:
    tyres = contract({"id": "integer", "weight": "integer"}, rules=[rule("HEAVY", "weight < 50", "nullify")])
    light, heavy = check(tyres, "id,weight\n1,10\n2,99\n")
    assert (light["weight"], light["_flagged"]) == (10, 0)
    assert verdicts([heavy]) == ["flagged"]
    assert (heavy["id"], heavy["weight"], heavy["_reasons"]) == (2, None, ["HEAVY"])
    assert heavy["_original"] == {"id": "2", "weight": "99"}


def test_nullify_empties_only_the_columns_it_names(contract: Make, check: Check) -> None:
    named = {"customProperties": [{"property": "columns", "value": ["low"]}]}
    band = contract({"low": "integer", "high": "integer"}, rules=[rule("ORDER", "low <= high", "nullify", **named)])
    (row,) = check(band, "low,high\n9,1\n")
    assert (row["low"], row["high"]) == (None, 1)
    both = contract({"low": "integer", "high": "integer"}, rules=[rule("ORDER", "LOW <= high", "nullify")])
    (row,) = check(both, "low,high\n9,1\n")
    assert (row["low"], row["high"]) == (None, None)


def test_flag_records_the_anomaly_and_changes_nothing(contract: Make, check: Check) -> None:
    tyres = contract({"id": "integer", "weight": "integer"}, rules=[rule("HEAVY", "weight < 50", "flag")])
    (heavy,) = check(tyres, "id,weight\n2,99\n")
    assert verdicts([heavy]) == ["flagged"]
    assert (heavy["weight"], heavy["_reasons"], heavy["_original"]) == (99, ["HEAVY"], {"id": "2", "weight": "99"})


@pytest.mark.parametrize("outcome", ["nullify", "flag"])
def test_a_column_may_say_itself_what_its_failures_cost(contract: Make, check: Check, outcome: str) -> None:
    weight = {
        "logicalType": "integer",
        "logicalTypeOptions": {"maximum": 50},
        "customProperties": [{"property": "onFailure", "value": outcome}],
    }
    tyres = contract({"id": "integer", "weight": weight})
    wrong, heavy = check(tyres, "id,weight\n1,ten\n2,99\n")
    assert verdicts([wrong, heavy]) == ["flagged", "flagged"]
    # What is no number cannot be kept as it is; its text is.
    assert (wrong["weight"], wrong["_reasons"], wrong["_original"]) == (
        None,
        ["TYPE_WEIGHT"],
        {"id": "1", "weight": "ten"},
    )
    assert (heavy["weight"], heavy["_reasons"]) == (None if outcome == "nullify" else 99, ["RANGE_WEIGHT"])


def test_what_is_required_is_never_missing_from_an_accepted_row(contract: Make, check: Check) -> None:
    weight = {
        "logicalType": "integer",
        "required": True,
        "customProperties": [{"property": "onFailure", "value": "flag"}],
    }
    rows = check(contract({"id": "integer", "weight": weight}), "id,weight\n1,\n2,ten\n3,10\n")
    assert verdicts(rows) == ["rejected", "rejected", "accepted"]
    assert [row["_reasons"] for row in rows] == [["REQUIRED_WEIGHT"], ["TYPE_WEIGHT"], None]


def test_every_broken_rule_of_a_row_is_named_not_the_first(contract: Make, check: Check) -> None:
    tyres = contract(
        {"id": {"logicalType": "integer", "required": True}, "weight": "integer", "kind": "string"},
        rules=[rule("HEAVY", "weight < 50"), rule("KIND", "kind = 'S'", "flag"), rule("ODD", "weight % 2 = 0")],
    )
    (row,) = check(tyres, "id,weight,kind\n,99,W\n")
    assert row["_reasons"] == ["REQUIRED_ID", "HEAVY", "KIND", "ODD"]
    assert row["_failed"]
    assert row["_flagged"]


def test_a_rule_says_nothing_about_a_field_that_is_empty(contract: Make, check: Check) -> None:
    tyres = contract({"weight": "integer", "kind": "string"}, rules=[rule("HEAVY", "weight < 50")])
    assert verdicts(check(tyres, "weight,kind\n,S\n")) == ["accepted"]


def test_today_is_the_day_the_run_stands_for(contract: Make, check: Check) -> None:
    days = contract({"day": "date"}, rules=[rule("FUTURE", "day <= :today")])
    assert verdicts(check(days, "day\n2026-01-31\n2026-02-01\n")) == ["accepted", "rejected"]


@pytest.mark.parametrize(
    ("implementation", "bad"),
    [
        ("small * small > 0", "30000"),
        ("CAST(text AS INTEGER) > 0", "x"),
        ("strptime(text, '%Y') > TIMESTAMP '2000-01-01'", "x"),
    ],
)
def test_a_rule_that_cannot_be_evaluated_for_a_row_is_broken_by_that_row_alone(
    contract: Make, check: Check, implementation: str, bad: str
) -> None:
    small = {"logicalType": "integer", "physicalType": "SMALLINT"}
    found = contract({"text": "string", "small": small}, rules=[rule("JUDGED", implementation)])
    rows = check(found, f"text,small\n2025,1\n{bad},{bad if bad.isdigit() else 2}\n,3\n")
    assert verdicts(rows) == ["accepted", "rejected", "accepted"]
    assert rows[1]["_reasons"] == ["JUDGED"]


DOUBLED = "plant,line,qty\na,bc,1\nab,c,2\na,bc,+3\n,bc,4\n,bc,5\na,bc,x\na,bc,6\n"
KEY = {"plant": "string", "line": "string", "qty": "integer"}


def duplicates(severity: str) -> list[dict[str, Any]]:
    """The standard's library rule."""
    library = {"type": "library", "metric": "duplicateValues", "mustBe": 0, "dimension": "uniqueness"}
    return [{"id": "DUPLICATE_KEY", **library, "arguments": {"properties": ["plant", "line"]}, "severity": severity}]


@pytest.mark.parametrize("severity", ["reject", "flag"])
def test_a_key_that_an_earlier_sound_row_has_is_a_duplicate(contract: Make, check: Check, severity: str) -> None:
    rows = check(contract(KEY, rules=duplicates(severity)), DOUBLED)
    again = {"reject": "rejected", "flag": "flagged"}[severity]
    # ("a", "bc") is not ("ab", "c"); what has no key doubles nothing; a rejected row is not one that was there before.
    assert verdicts(rows) == ["accepted", "accepted", again, "accepted", "accepted", "rejected", again]
    assert [row["_reasons"] for row in rows] == [
        None, None, ["DUPLICATE_KEY"], None, None, ["TYPE_QTY"], ["DUPLICATE_KEY"],
    ]  # fmt: skip
    assert [row["qty"] for row in rows] == [1, 2, 3, 4, 5, None, 6]
    # As it was delivered; and of sound rows nothing is kept.
    assert rows[2]["_original"] == {"plant": "a", "line": "bc", "qty": "+3"}
    assert [bool(row["_original"]) for row in rows] == [bool(row["_reasons"]) for row in rows]
    assert [row["at"] for row in rows] == list(range(2, 9))


def test_what_one_rule_takes_for_a_duplicate_the_next_does_not_count(contract: Make, check: Check) -> None:
    by_plant, by_line = duplicates("reject")[0], duplicates("flag")[0]
    by_plant |= {"id": "PLANT_AGAIN", "arguments": {"properties": ["plant"]}}
    by_line |= {"id": "LINE_AGAIN", "arguments": {"properties": ["line"]}}
    rows = check(contract(KEY, rules=[by_plant, by_line]), "plant,line,qty\na,x,1\na,y,2\nb,x,3\nc,y,4\n")
    assert [row["_reasons"] for row in rows] == [None, ["PLANT_AGAIN"], ["LINE_AGAIN"], None]


def test_rules_past_the_last_bit_are_still_told_apart(contract: Make, check: Check) -> None:
    many = [rule(f"NOT_{n}", f"value <> {n}", ("reject", "flag", "nullify")[n % 3]) for n in range(150)]
    found = contract({"value": "integer", "other": "integer"}, rules=many)
    assert len(found.rules) > LAST_BIT
    rows = check(found, "value,other\n" + "".join(f"{n},{n}\n" for n in range(151)))
    assert [row["_reasons"] for row in rows] == [*([f"NOT_{n}"] for n in range(150)), None]
    assert verdicts(rows) == [*(("rejected", "flagged", "flagged")[n % 3] for n in range(150)), "accepted"]
    # A field is emptied by the rule that says so, not by a flag with which that rule shares its bit.
    assert [row["value"] for row in rows] == [None if n % 3 == 2 and n < 150 else n for n in range(151)]
    assert all(row["other"] == n for n, row in enumerate(rows))


def test_rules_past_the_last_bit_are_counted_one_by_one(
    contract: Make, ingest: Callable[..., Batch], ledger: Any
) -> None:
    dimensions = ("consistency", "accuracy")
    many = [rule(f"NOT_{n}", f"value <> {n}", dimension=dimensions[n % 2]) for n in range(100)]
    batch = ingest("value\n98\n98\n97\n5\n", contract=contract({"value": "integer"}, rules=many))
    assert {row["rule_id"]: row["rows"] for row in ledger.broken_rules([batch.seq])} == {
        "NOT_98": 2, "NOT_97": 1, "NOT_5": 1,
    }  # fmt: skip
    assert ledger.broken_dimensions("test.rows") == {"consistency": 2, "accuracy": 2}


@pytest.mark.slow
def test_a_contract_of_600_columns_works_like_any_other(contract: Make, check: Check) -> None:
    number = {"logicalType": "integer", "required": True, "logicalTypeOptions": {"maximum": 900}}
    wide = contract({f"c{n}": number for n in range(600)})
    header = ",".join(f"c{n}" for n in range(600))
    sound, wrong, short = (
        ",".join(map(str, range(600))),
        ",".join("901" if n in (3, 590) else "" if n == 10 else "x" if n == 599 else str(n) for n in range(600)),
        ",".join(map(str, range(599))),
    )
    rows = check(wide, f"{header}\n{sound}\n{wrong}\n{short}\n")
    assert verdicts(rows) == ["accepted", "rejected", "rejected"]
    assert [rows[0][f"c{n}"] for n in range(600)] == list(range(600))
    assert rows[1]["_reasons"] == ["RANGE_C3", "REQUIRED_C10", "RANGE_C590", "TYPE_C599"]
    assert rows[2]["_reasons"] == ["ROW_COLUMNS"]
