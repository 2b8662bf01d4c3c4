"""Faults that only show behind intake: keys, calendars, hostile texts and bad batches, through one real run.

F24 compound keys, F36 calendars, F42 texts that are SQL, F45 the faults of plant data, and the way back from a number
to the line it came from.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from filiera.commands.showing import show_rejects, show_status
from filiera.contracts.model import Contract
from filiera.intake.ledger import Ledger
from filiera.serving.reader import Serving
from filiera.serving.trace import Trace, Tracer
from filiera.settings import Settings

pytestmark = pytest.mark.slow

DATASET = "factory.production_raw"
HEADER = "plant,line,machine_id,production_date,produced_qty,scrap_qty,created_at"
QUOTE, DROP = "'); DROP TABLE factory.production_fact; --", '"; DROP SCHEMA lake CASCADE; --'


def row(plant: str, line: str, machine: str, day: str, produced: object, scrap: object, at: str = "20:00:00") -> str:
    cells = [plant, line, machine, day, str(produced), str(scrap), f"{day or '2026-01-01'} {at}"]
    return ",".join('"' + cell.replace('"', '""') + '"' if set(cell) & set('",\n') else cell for cell in cells)


def text(*lines: str, header: str = HEADER) -> str:
    return "\n".join([header, *lines, ""])


KEYS = text(
    row("a", "bc", "d", "2026-01-05", 100, 1),
    row("ab", "c", "d", "2026-01-05", 200, 2),
    row("a", "b", "cd", "2026-01-05", 300, 3),
    row("a", "b", "c", "2026-01-05", 400, 4),
    row("a ", "bc", "d", "2026-01-05", 500, 5),
    row("A", "bc", "d", "2026-01-05", 600, 6),
    row("a|b", "c", "d", "2026-01-05", 700, 7),
    row("a", "b|c", "d", "2026-01-05", 800, 8),
)
DAYS = ("2020-12-31", "2021-01-03", "2021-01-04", "2024-02-29", "2024-12-30", "2025-12-29", "2026-01-01")
CALENDAR = text(*(row("Torino", "L1", "M1", day, 10, 1) for day in DAYS))
HOSTILE = text(
    row(QUOTE, DROP, "{{ 7 * 7 }}", "2026-01-06", 10, 1) + ",a,b",
    row("=1+1", "${HOME}", "$1 %s {0}", "2026-01-06", 20, 2) + ",,",
    row("two\nlines", "tab\there", "back\\slash", "2026-01-06", 30, 3) + ",x,y",
    header=HEADER + ',"x""); DROP TABLE batch; --",\'; DELETE FROM batch; --',
)
CORRECTED = text(row("Cuneo", "L1", "M1", "2026-01-07", 10, 1), row("Cuneo", "L1", "M2", "2026-01-07", 5, 0))
CORRECTION = text(row("Cuneo", "L1", "M1", "2026-01-07", 90, 9, "21:00:00"))
CUT_OFF = text(row("Melfi", "L1", "M1", "2026-01-08", 1000, 1)) + row("Melfi", "L1", "M2", "2026-01-08", 1234, 5)[:26]
WHOLE = text(row("Melfi", "L1", "M1", "2026-01-08", 1000, 1), row("Melfi", "L1", "M2", "2026-01-08", 1234, 5))
HELD = text(
    row("Held", "L1", "M1", "2026-01-09", 10, 1),
    row("Held", "L1", "M2", "2026-01-09", -10, 1),
    row("Held", "L1", "M3", "2026-01-09", 10, -1),
    row("Held", "L1", "M4", "2026-01-09", 10, 11),
    row("Held", "L1", "M5", "2036-01-09", 10, 1),
    row("Held", "", "M6", "2026-01-09", 10, 1),
)
EMPTY_COLUMN = text(*(row("Null", "L1", f"M{n}", "2026-01-10", "", 0) for n in range(4)))
SWAPPED = text(*(row("Swap", "L1", f"M{n}", "2026-01-11", 5 + n, 500) for n in range(4)))
CONSTANT = text(*(row("Same", "L1", f"M{n}", "2026-01-12", 7, 7) for n in range(4)))
OUTLIER = text(
    row("Big", "L1", "M1", "2026-01-13", 1_200_000, 20), row("Big", "L1", "M2", "2026-01-13", 3_000_000_000, 1)
)
QUOTED_LINES = text(row("Line\nbreak", "L1", "M1", "2026-01-14", 1, 0), row("Line", "L2", "M1", "2026-01-14", 2, 0))
ONE_MOMENT = text(row("Twice", "L1", "M1", "2026-01-15", 1, 0), row("Twice", "L1", "M1", "2026-01-15", 2, 0))
ONE_MOMENT_BY_NUMBER = text(
    "9," + row("Twice", "L2", "M1", "2026-01-15", 9, 0),
    "10," + row("Twice", "L2", "M1", "2026-01-15", 10, 0),
    "3," + row("Twice", "L2", "M1", "2026-01-15", 3, 0),
    "," + row("Twice", "L2", "M1", "2026-01-15", 0, 0),
    header="id," + HEADER,
)

FILES: list[tuple[str, str | bytes]] = [
    ("01 keys.csv", KEYS),
    ("02 calendar.csv", CALENDAR),
    ("03 '; DROP TABLE batch; --.csv", HOSTILE),
    ("04 corrected.csv", CORRECTED),
    ("05 correction.csv.gz", gzip.compress(CORRECTION.encode(), mtime=0)),
    ("06 cut off.csv", CUT_OFF),
    ("07 whole.csv", WHOLE),
    ("08 held.csv", HELD),
    ("09 empty column.csv", EMPTY_COLUMN),
    ("10 swapped.csv", SWAPPED),
    ("11 constant.csv", CONSTANT),
    ("12 outlier.csv", OUTLIER),
    ("13 quoted lines.csv", QUOTED_LINES),
    ("14 refused.csv", KEYS.replace(",", ";")),
    ("15 one moment.csv", ONE_MOMENT),
    ("16 one moment, numbered.csv", ONE_MOMENT_BY_NUMBER),
]


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home into which all these files were dropped, after one run."""
    home = Settings(home=tmp_path_factory.mktemp("faults") / "home")
    folder = home.drop / DATASET
    folder.mkdir(parents=True)
    for name, content in FILES:
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FILIERA_")}
    command = [sys.executable, "-m", "filiera", "run", "--home", str(home.home)]
    environment |= {"FILIERA_NOW": "2026-01-31T12:00:00Z", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return home


@pytest.fixture(scope="module")
def serving(plant: Settings) -> Iterator[Serving]:
    with Serving(plant) as opened:
        yield opened


@pytest.fixture(scope="module")
def batches(plant: Settings) -> dict[str, Any]:
    """Batches by the number their file's name begins with."""
    ledger = Ledger(plant)
    found = {batch.source[:2]: batch for batch in ledger.batches()}
    ledger.close()
    return found


@pytest.fixture(scope="module")
def trace(plant: Settings, serving: Serving, contracts: dict[str, Contract]) -> Iterator[Callable[..., Trace]]:
    ledger = Ledger(plant)
    yield lambda name, *key: Tracer(plant, serving, ledger, contracts).trace(name, key)
    ledger.close()


def facts(serving: Serving, day: str) -> list[tuple[Any, ...]]:
    found = serving.rows(
        "SELECT plant, line, total_produced, total_scrap, machines FROM factory.production_fact "
        "WHERE production_date = ? ORDER BY total_produced",
        [date.fromisoformat(day)],
    )
    return [tuple(entry.values()) for entry in found]


def test_keys_that_read_the_same_when_put_together_stay_apart(serving: Serving) -> None:
    assert facts(serving, "2026-01-05") == [
        ("a", "bc", 100, 1, 1),
        ("ab", "c", 200, 2, 1),
        ("a ", "bc", 500, 5, 1),
        ("A", "bc", 600, 6, 1),
        ("a", "b", 700, 7, 2),
        ("a|b", "c", 700, 7, 1),
        ("a", "b|c", 800, 8, 1),
    ]
    machines = serving.rows("SELECT count(*) AS n FROM factory.mart_machine_daily WHERE production_date = '2026-01-05'")
    assert machines == [{"n": 8}]
    lines = serving.rows("SELECT count(*) AS n FROM core.dim_line WHERE plant IN ('a', 'ab', 'a ', 'A', 'a|b')")
    assert lines == [{"n": 7}]


def test_every_day_has_its_iso_week_also_where_years_have_53(serving: Serving) -> None:
    days = serving.rows("SELECT date, iso_year, iso_week, iso_weekday, is_weekend FROM core.dim_date ORDER BY date")
    assert [day["date"] for day in days] == [days[0]["date"] + timedelta(days=n) for n in range(len(days))]
    for day in days:
        expected = day["date"].isocalendar()
        assert (day["iso_year"], day["iso_week"], day["iso_weekday"]) == tuple(expected)
        assert day["is_weekend"] == (expected.weekday >= 6)
    weeks = {(day["date"].isoformat(), day["iso_year"], day["iso_week"]) for day in days}
    assert {("2020-12-31", 2020, 53), ("2021-01-03", 2020, 53), ("2027-01-03", 2026, 53)} <= weeks
    assert {("2021-01-04", 2021, 1), ("2024-12-30", 2025, 1), ("2025-12-29", 2026, 1)} <= weeks


def test_leap_days_and_month_ends_are_in_the_calendar_once(serving: Serving) -> None:
    february = serving.rows(
        "SELECT year, count(*) AS days, max(date) AS last FROM core.dim_date WHERE month = 2 GROUP BY year"
    )
    for entry in february:
        leap = entry["year"] % 4 == 0
        assert (entry["days"], entry["last"].day) == ((29, 29) if leap else (28, 28))
    assert {entry["year"] for entry in february} >= set(range(2020, 2029))


def test_every_recorded_day_is_found_in_the_calendar(serving: Serving) -> None:
    found = serving.rows(
        "SELECT production_date, iso_year, iso_week, month_start_date FROM factory.mart_production_daily "
        "WHERE plant = 'Torino' ORDER BY production_date"
    )
    assert [entry["production_date"].isoformat() for entry in found] == list(DAYS)
    assert [(entry["iso_year"], entry["iso_week"]) for entry in found] == [
        tuple(date.fromisoformat(day).isocalendar())[:2] for day in DAYS
    ]


def test_texts_that_are_sql_or_formulas_are_texts(serving: Serving, batches: dict[str, Any]) -> None:
    assert facts(serving, "2026-01-06") == [
        (QUOTE, DROP, 10, 1, 1), ("=1+1", "${HOME}", 20, 2, 1), ("two\nlines", "tab\there", 30, 3, 1),
    ]  # fmt: skip
    machines = serving.rows("SELECT machine_id FROM core.dim_machine WHERE plant = ?", [QUOTE])
    assert machines == [{"machine_id": "{{ 7 * 7 }}"}]
    assert batches["03"].source == "03 '; DROP TABLE batch; --.csv"
    assert batches["03"].note == (
        "columns not in the contract, kept in _extra: x\"); DROP TABLE batch; --, '; DELETE FROM batch; --"
    )
    assert len(batches) == len(FILES)


def test_a_later_recording_counts_and_the_earlier_is_not_counted_too(serving: Serving) -> None:
    assert facts(serving, "2026-01-07") == [("Cuneo", "L1", 95, 9, 2)]


def test_of_recordings_of_one_moment_the_highest_serial_number_counts_or_else_the_last_line(serving: Serving) -> None:
    assert facts(serving, "2026-01-15") == [("Twice", "L1", 2, 0, 1), ("Twice", "L2", 10, 0, 1)]


def test_a_truncated_copy_is_made_good_by_the_whole_file(serving: Serving, batches: dict[str, Any]) -> None:
    assert (batches["06"].rows_in, batches["06"].rows_rejected) == (2, 1)
    assert facts(serving, "2026-01-08") == [("Melfi", "L1", 2234, 6, 2)]


def test_what_is_held_or_refused_is_not_in_the_warehouse(serving: Serving, batches: dict[str, Any]) -> None:
    assert {number: batch.state for number, batch in batches.items() if batch.state != "admitted"} == {
        "08": "held", "09": "held", "10": "held", "14": "refused",
    }  # fmt: skip
    for day in ("2026-01-09", "2036-01-09", "2026-01-10", "2026-01-11"):
        assert facts(serving, day) == []
    assert serving.rows("SELECT * FROM core.dim_plant WHERE plant IN ('Held', 'Null', 'Swap')") == []


def test_the_faults_of_plant_data_break_the_rules_that_name_them(plant: Settings, batches: dict[str, Any]) -> None:
    ledger = Ledger(plant)
    broken = {entry["rule_id"]: entry["rows"] for entry in ledger.broken_rules([batches["08"].seq])}
    assert broken == {"NEGATIVE_VALUES": 2, "SCRAP_GT_PRODUCTION": 2, "FUTURE_DATE": 1, "REQUIRED_LINE": 1}
    columns = {entry["rule_id"]: entry["rows"] for entry in ledger.broken_rules([batches["09"].seq])}
    assert columns == {"REQUIRED_PRODUCED_QTY": 4}
    swapped = {entry["rule_id"]: entry["rows"] for entry in ledger.broken_rules([batches["10"].seq])}
    assert swapped == {"SCRAP_GT_PRODUCTION": 4}
    beyond = {entry["rule_id"]: entry["rows"] for entry in ledger.broken_rules([batches["12"].seq])}
    assert beyond == {"TYPE_PRODUCED_QTY": 1}
    ledger.close()


def test_a_constant_column_and_an_outlier_are_facts_until_a_rule_says_otherwise(serving: Serving) -> None:
    assert facts(serving, "2026-01-12") == [("Same", "L1", 28, 28, 4)]
    assert facts(serving, "2026-01-13") == [("Big", "L1", 1_200_000, 20, 1)]


def test_status_shows_what_is_held_and_refused_and_that_somebody_was_told(
    plant: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    show_status(plant, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["batches"] == {"admitted": 12, "held": 3, "refused": 1, "landed": 0}
    assert [entry["source"] for entry in told["trouble"]] == [
        "08 held.csv", "09 empty column.csv", "10 swapped.csv", "14 refused.csv",
    ]  # fmt: skip
    alerts = {alert["message"].partition(":")[0]: alert["kind"] for alert in told["alerts"]}
    assert alerts == {
        f"{DATASET}, 08 held.csv": "batch held",
        f"{DATASET}, 09 empty column.csv": "batch held",
        f"{DATASET}, 10 swapped.csv": "batch held",
        f"{DATASET}, 14 refused.csv": "batch refused",
    }
    show_status(plant, as_json=False)
    shown = capsys.readouterr()
    assert "12 admitted, 3 held, 1 refused" in shown.out
    assert "TOO_MANY_REJECTED" in shown.out + shown.err
    assert "WRONG_DELIMITER" in shown.out + shown.err


def test_rejects_shows_every_rejected_row_with_file_line_reasons_and_text(
    plant: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    show_rejects(plant, DATASET, reason=None, limit=100, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["by_reason"] == {
        "REQUIRED_PRODUCED_QTY": 4, "SCRAP_GT_PRODUCTION": 6, "NEGATIVE_VALUES": 2, "FUTURE_DATE": 1,
        "REQUIRED_LINE": 1, "ROW_COLUMNS": 1, "TYPE_PRODUCED_QTY": 1,
    }  # fmt: skip
    held = [entry for entry in told["rows"] if entry["source_name"] == "08 held.csv"]
    assert [(entry["line_number"], entry["reasons"]) for entry in held] == [
        (3, ["NEGATIVE_VALUES", "SCRAP_GT_PRODUCTION"]),
        (4, ["NEGATIVE_VALUES"]),
        (5, ["SCRAP_GT_PRODUCTION"]),
        (6, ["FUTURE_DATE"]),
        (7, ["REQUIRED_LINE"]),
    ]
    assert json.loads(held[0]["original"])["produced_qty"] == "-10"
    assert [entry["source"] for entry in told["refused"]] == ["14 refused.csv"]
    show_rejects(plant, None, reason="FUTURE_DATE", limit=5, as_json=True)
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 1


def test_a_number_is_traced_to_its_line_and_to_those_it_replaced(trace: Callable[..., Trace]) -> None:
    found = trace("production_fact", "2026-01-07", "Cuneo", "L1")
    assert (found.row["total_produced"], len(found.rows)) == (95, 2)
    assert [(line.source, line.line, line.counts, line.text) for line in found.lines] == [
        ("04 corrected.csv", 2, False, CORRECTED.splitlines()[1]),
        ("04 corrected.csv", 3, True, CORRECTED.splitlines()[2]),
        ("05 correction.csv.gz", 2, True, CORRECTION.splitlines()[1]),
    ]


def test_rows_behind_a_number_that_are_too_many_to_list_are_counted(
    trace: Callable[..., Trace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("filiera.serving.trace._MOST", 1)
    found = trace("production_fact", "2026-01-07", "Cuneo", "L1")
    assert (len(found.rows), found.more) == (1, 1)


def test_a_row_behind_a_quoted_line_break_is_traced_to_the_line_it_begins_in(
    plant: Settings, trace: Callable[..., Trace], batches: dict[str, Any]
) -> None:
    (first,) = trace("mart_machine_daily", "2026-01-14", "Line\nbreak", "L1", "M1").lines
    (second,) = trace("mart_machine_daily", "2026-01-14", "Line", "L2", "M1").lines
    landed = (plant.home / batches["13"].landing_path).read_text().splitlines()
    assert (first.line, first.text) == (2, landed[1])
    assert (second.line, second.text) == (4, landed[3])


def test_a_hostile_key_is_traced_like_any_other(trace: Callable[..., Trace]) -> None:
    (line,) = trace("production_fact", "2026-01-06", QUOTE, DROP).lines
    assert (line.source, line.line) == ("03 '; DROP TABLE batch; --.csv", 2)
    assert line.values["machine_id"] == "{{ 7 * 7 }}"


def test_the_lake_can_be_read_by_any_tool_and_holds_every_row_that_came(
    plant: Settings, batches: dict[str, Any]
) -> None:
    kept = sum(batch.rows_in for batch in batches.values() if batch.rows_in)
    files = sorted(Path(plant.lake).rglob("*.parquet"))
    assert len(files) == sum(batch.lake_path is not None for batch in batches.values())
    counted = duckdb.sql(f"SELECT count(*), count(*) FILTER (_failed = 0) FROM read_parquet({[str(f) for f in files]})")
    accepted = sum(batch.rows_accepted or 0 for batch in batches.values())
    assert counted.fetchall() == [(kept, accepted)]
