"""A played day is one more day of the same fleet, with the changes, the lateness and the faults of real ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from filiera.domains.fleet.database import TABLES, Operational
from filiera.domains.fleet.generator import generate
from filiera.domains.fleet.play import play
from filiera.errors import UsageError
from filiera.settings import Settings

Ask = Callable[[Settings, str], list[tuple[Any, ...]]]
NewFleet = Callable[..., Settings]
Played = tuple[Settings, dict[str, int]]

pytestmark = pytest.mark.slow

LAST_DAY = date(2026, 1, 31)
SMALL = 0.02

FAULTS = {
    "package_heavier_than_trip": "SELECT count(*) FROM deliveries JOIN trips USING (trip_id)"
    " WHERE package_weight_kg > total_weight_kg",
    "delivered_in_the_future": "SELECT count(*) FROM deliveries WHERE delivered_datetime > '2030-01-01'",
    "unknown_status": "SELECT count(*) FROM deliveries WHERE delivery_status = 'ENTREGADO'",
    "delivered_without_time": "SELECT count(*) FROM deliveries"
    " WHERE delivery_status = 'delivered' AND delivered_datetime IS NULL",
    "negative_fuel": "SELECT count(*) FROM trips WHERE fuel_consumed_liters < 0",
}


def content(ask: Ask, settings: Settings) -> dict[str, dict[int, tuple[Any, ...]]]:
    """All rows of all tables by their keys."""
    return {
        table: {row[0]: row for row in ask(settings, f"SELECT {key}, updated_at, t.* FROM {table} AS t")}
        for table, key in TABLES.items()
    }


@pytest.fixture(scope="module")
def day(new_fleet: NewFleet, ask: Ask) -> tuple[Any, Any, dict[str, int]]:
    """All rows before a day and after it, and what it counted."""
    settings = new_fleet()
    generate(settings, as_of=LAST_DAY, scale=0.05)
    before = content(ask, settings)
    counts = play(settings, deletes=True)
    return before, content(ask, settings), counts


@pytest.mark.parametrize("table", TABLES)
def test_a_day_writes_what_it_counts(day: tuple[Any, Any, dict[str, int]], table: str) -> None:
    before, after, counts = day
    assert len(after[table].keys() - before[table].keys()) == counts[f"new_{table}"]
    changed = [key for key, row in after[table].items() if key in before[table] and row != before[table][key]]
    assert len(changed) == counts[f"changed_{table}"]
    gone = counts["deleted_deliveries"] if table == "deliveries" else 0
    assert len(before[table].keys() - after[table].keys()) == gone


def test_every_changed_row_says_when_and_some_are_committed_late(day: tuple[Any, Any, dict[str, int]]) -> None:
    before, after, counts = day
    evening = max(row[1] for rows in before.values() for row in rows.values())
    late = 0
    for table, rows in after.items():
        for key, row in rows.items():
            if row != before[table].get(key):
                assert key not in before[table] or row[1] > before[table][key][1]
                late += row[1] <= evening
    assert late == counts["late"] >= 4


def test_numbers_go_on_without_gaps(day: tuple[Any, Any, dict[str, int]]) -> None:
    before, after, counts = day
    for table, rows in after.items():
        assert max(rows) == max(before[table]) + counts[f"new_{table}"]


def test_trips_under_way_arrive_and_others_set_out(played: Played, ask: Ask) -> None:
    settings, counts = played
    per_day = ask(
        settings,
        "SELECT count(*) FROM trips WHERE departure_datetime >= '2026-02-02' AND departure_datetime < '2026-02-07'",
    )[0][0]
    usual = ask(
        settings,
        "SELECT count(*) FROM trips WHERE departure_datetime >= '2026-01-19' AND departure_datetime < '2026-01-24'",
    )[0][0]
    assert 0.6 * usual < per_day < 1.6 * usual
    assert counts["changed_trips"] > 3
    still = "SELECT count(*) FROM trips WHERE status = 'in_progress' AND departure_datetime < '2026-02-06'"
    assert ask(settings, still) == [(0,)]


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_in_the_database_as_often_as_counted(played: Played, ask: Ask, fault: str) -> None:
    settings, counts = played
    assert ask(settings, FAULTS[fault])[0][0] == counts[fault] == 7


def test_there_is_no_fault_without_a_test(played: Played) -> None:
    _, counts = played
    written = {f"{what}_{table}" for what in ("new", "changed") for table in TABLES}
    assert counts.keys() == {"rows", *written, "deleted_deliveries", "late", "duplicate", *FAULTS}


def test_duplicates_are_deleted_after_a_while_and_stay_without_being_asked(
    played: Played, new_fleet: NewFleet, ask: Ask
) -> None:
    duplicates = """
        SELECT count(*) FROM deliveries AS a JOIN deliveries AS b USING (trip_id, customer_id, scheduled_datetime)
        WHERE a.delivery_id < b.delivery_id"""
    settings, counts = played
    assert counts["duplicate"] == 7
    assert ask(settings, duplicates)[0][0] < 3
    assert counts["deleted_deliveries"] >= 7 + 5
    other = new_fleet()
    generate(other, as_of=LAST_DAY, scale=SMALL)
    assert play(other, days=2)["deleted_deliveries"] == 0
    assert ask(other, duplicates) == [(2,)]


def test_masters_change_as_they_do_in_life(played: Played, ask: Ask) -> None:
    settings, counts = played
    assert ask(settings, "SELECT count(*) FROM vehicles WHERE acquisition_date > '2026-01-31'") == [(1,)]
    assert ask(settings, "SELECT count(*) FROM drivers WHERE hire_date > '2026-01-31'") == [(2,)]
    week = "updated_at > '2026-01-31 20:00'"
    statuses = {status for (status,) in ask(settings, f"SELECT status FROM vehicles WHERE {week}")}
    assert statuses == {"active", "maintenance", "retired"}
    statuses = {status for (status,) in ask(settings, f"SELECT status FROM drivers WHERE {week}")}
    assert statuses == {"active", "on_leave", "inactive"}
    assert ask(settings, f"SELECT count(*) FROM routes WHERE {week}")[0][0] >= 5
    assert counts["changed_customers"] >= 14
    assert counts["new_customers"] >= 7
    assert counts["new_maintenance"] >= 14


def test_a_new_driver_drives_and_a_new_vehicle_is_driven(played: Played, ask: Ask) -> None:
    settings, _ = played
    hired = "SELECT count(*) FROM trips JOIN drivers USING (driver_id) WHERE hire_date > '2026-01-31'"
    assert ask(settings, hired)[0][0] > 0
    bought = "SELECT count(*) FROM trips JOIN vehicles USING (vehicle_id) WHERE acquisition_date > '2026-01-31'"
    assert ask(settings, bought)[0][0] > 0


def test_the_same_seed_and_state_give_the_same_days_however_they_are_played(new_fleet: NewFleet, ask: Ask) -> None:
    at_once, one_by_one, otherwise = new_fleet(threads=1), new_fleet(threads=4), new_fleet()
    for settings in (at_once, one_by_one, otherwise):
        generate(settings, as_of=LAST_DAY, scale=SMALL)
    counts = play(at_once, days=2)
    first, second = play(one_by_one), play(one_by_one)
    assert counts == {kind: first[kind] + second[kind] for kind in counts}
    assert content(ask, at_once) == content(ask, one_by_one)
    play(otherwise, days=2, seed=7)
    assert content(ask, at_once) != content(ask, otherwise)


def test_another_seed_plays_on_without_breaking_a_law(new_fleet: NewFleet, ask: Ask) -> None:
    settings = new_fleet()
    generate(settings, as_of=LAST_DAY, scale=0.05)
    play(settings, seed=99)
    broken = ask(
        settings,
        "SELECT check_name FROM quality_control WHERE status = 'failed' AND table_name <> 'deliveries'",
    )
    assert broken == [("impossible_fuel",)]


def test_a_day_that_fails_is_not_played_at_all(new_fleet: NewFleet, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = new_fleet()
    generate(settings, as_of=LAST_DAY, scale=SMALL)
    before = content(ask, settings)
    write = Operational.write

    def fail(self: Operational, table: str) -> None:
        write(self, table)
        if table == "deliveries":
            raise RuntimeError("The handhelds are silent.")

    with monkeypatch.context() as patched:
        patched.setattr(Operational, "write", fail)
        with pytest.raises(RuntimeError):
            play(settings)
    assert content(ask, settings) == before
    noted = ask(settings, "SELECT as_of, table_name, error_message FROM load_log WHERE status = 'failed'")
    assert noted == [(date(2026, 2, 1), "deliveries", "The handhelds are silent.")]
    told: list[str] = []
    play(settings, progress=told.append)
    assert told == ["Playing 2026-02-01", "Checking what was written"]


def test_an_empty_fleet_cannot_be_played(new_fleet: NewFleet) -> None:
    with pytest.raises(UsageError, match="generate its two years first"):
        play(new_fleet())


def test_no_days_cannot_be_played(new_fleet: NewFleet) -> None:
    with pytest.raises(UsageError, match="give 1 or more"):
        play(new_fleet(), days=0)
