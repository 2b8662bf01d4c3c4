"""Vehicles and what becomes of them, through three real runs: every fault a history can have, each with a number.

F23 unchanged or back again, F25 NULL, F26 the same row twice, F28 facts before their dimension and changes dated in
the past, F29 several changes at once and out of order, F31 the invariants, which every run tests by itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.faults.crash.commands import zygote
from tests.faults.crash.deliveries import reading

pytestmark = pytest.mark.slow

UNCHANGED, BACK_AGAIN, FUEL_COMES_AND_GOES, SPLIT, AT_ONCE, OUT_OF_ORDER, TWICE, AFTER_ITS_TRIPS = range(1, 9)
FROM_UTC = timedelta(hours=5)
"""Bogotá is so far behind."""

VEHICLES = "vehicle_id,license_plate,vehicle_type,capacity_kg,fuel_type,acquisition_date,status,created_at,updated_at"
TRIPS = (
    "trip_id,vehicle_id,driver_id,route_id,departure_datetime,arrival_datetime,fuel_consumed_liters,total_weight_kg,"
    "status,created_at,updated_at"
)


def vehicle(number: int, day: int, status: str = "active", fuel: str = "diesel") -> str:
    return f"{number},ABC{number:03},Van,1500,{fuel},2020-01-01,{status},2020-01-01 08:00:00,2026-01-{day:02} 08:00:00"


def trip(number: int, of_vehicle: int, day: int) -> str:
    moment = f"2026-01-{day:02} 12:00:00"
    return f"{number},{of_vehicle},1,1,{moment},2026-01-{day:02} 18:00:00,10,100,completed,{moment},2026-01-28 08:00:00"


RUNS = (
    {
        "fleet.vehicles": [
            vehicle(UNCHANGED, 5),
            vehicle(BACK_AGAIN, 5),
            vehicle(FUEL_COMES_AND_GOES, 5, fuel=""),
            vehicle(SPLIT, 5),
            vehicle(SPLIT, 15, "maintenance"),
            vehicle(AT_ONCE, 5),
            vehicle(OUT_OF_ORDER, 10, "maintenance"),
            *[vehicle(TWICE, 5)] * 2,
        ],
        "fleet.trips": [trip(1, SPLIT, 6), trip(2, SPLIT, 10), trip(3, SPLIT, 20), trip(4, AFTER_ITS_TRIPS, 10)],
    },
    {
        "fleet.vehicles": [
            vehicle(UNCHANGED, 12),
            vehicle(BACK_AGAIN, 13),
            vehicle(BACK_AGAIN, 12, "maintenance"),
            vehicle(FUEL_COMES_AND_GOES, 12),
            vehicle(SPLIT, 8, "inactive"),
            vehicle(AT_ONCE, 12, "inactive"),
            vehicle(AT_ONCE, 12, "retired"),
            vehicle(OUT_OF_ORDER, 5),
            vehicle(AFTER_ITS_TRIPS, 20),
        ],
    },
    {
        "fleet.vehicles": [
            vehicle(FUEL_COMES_AND_GOES, 25, fuel=""),
            vehicle(AFTER_ITS_TRIPS, 25, "maintenance"),
        ],
    },
)


class Version(NamedTuple):
    """A published version of a vehicle; `since` is the day it begins on, None the first one's."""

    key: int
    status: str
    fuel: str | None
    since: int | None


class Published(NamedTuple):
    """What one run published."""

    versions: dict[int, list[Version]]
    vehicle_of_trip: dict[int, int]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Published]:
    """What each of the runs published, and one more after them that had nothing to do."""
    home = tmp_path_factory.mktemp("history") / "home"
    found = []
    for number, delivered in enumerate([*RUNS, {}]):
        for dataset, rows in delivered.items():
            _deliver(home / "drop" / dataset / f"{number}.csv", rows)
        zygote().run("run", home=home).expect(0)
        found.append(_published(home))
    return found


def _deliver(file: Path, rows: list[str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([VEHICLES if "vehicles" in str(file) else TRIPS, *rows, ""]), encoding="utf-8")


def _published(home: Path) -> Published:
    with reading(home) as connection:
        rows = connection.execute(
            "SELECT vehicle_id, vehicle_key, status, fuel_type, valid_from FROM fleet.dim_vehicle"
            " WHERE vehicle_key <> -1 ORDER BY valid_from"
        ).fetchall()
        trips: Any = connection.execute("SELECT trip_id, vehicle_key FROM fleet.fact_trips").fetchall()
    versions: dict[int, list[Version]] = {}
    for number, key, status, fuel, since in rows:
        versions.setdefault(number, []).append(Version(key, status, fuel, _day(since)))
    return Published(versions, dict(trips))


def _day(moment: datetime) -> int | None:
    return (moment - FROM_UTC).day if moment.year > 1900 else None


def test_a_load_that_changes_nothing_makes_no_version(runs: list[Published]) -> None:
    assert [len(run.versions[UNCHANGED]) for run in runs] == [1, 1, 1, 1]
    assert runs[0].versions[UNCHANGED] == runs[3].versions[UNCHANGED]
    assert runs[2] == runs[3]


def test_there_and_back_again_in_one_batch_makes_three_versions(runs: list[Published]) -> None:
    told = [version[1:] for version in runs[1].versions[BACK_AGAIN]]
    assert told == [("active", "diesel", None), ("maintenance", "diesel", 12), ("active", "diesel", 13)]


def test_null_is_a_value_like_others(runs: list[Published]) -> None:
    assert [(v.fuel, v.since) for v in runs[0].versions[FUEL_COMES_AND_GOES]] == [(None, None)]
    told = [(version.fuel, version.since) for version in runs[2].versions[FUEL_COMES_AND_GOES]]
    assert told == [(None, None), ("diesel", 12), (None, 25)]


def test_a_change_dated_in_the_past_splits_a_version_and_moves_the_trips_after_it(runs: list[Published]) -> None:
    before, after = runs[0].versions[SPLIT], runs[1].versions[SPLIT]
    assert [(version.status, version.since) for version in after] == [
        ("active", None),
        ("inactive", 8),
        ("maintenance", 15),
    ]
    assert [version.key for version in before] == [after[0].key, after[2].key]
    assert [runs[0].vehicle_of_trip[number] for number in (1, 2, 3)] == [before[0].key, before[0].key, before[1].key]
    assert [runs[1].vehicle_of_trip[number] for number in (1, 2, 3)] == [version.key for version in after]


def test_of_two_changes_at_one_moment_one_counts(runs: list[Published]) -> None:
    told = [version.since for version in runs[1].versions[AT_ONCE]]
    assert told == [None, 12]


def test_an_earlier_recording_that_comes_later_becomes_the_first_version(runs: list[Published]) -> None:
    told = [(version.status, version.since) for version in runs[1].versions[OUT_OF_ORDER]]
    assert told == [("active", None), ("maintenance", 10)]


def test_the_same_row_twice_in_a_file_is_one_version(runs: list[Published]) -> None:
    assert len(runs[0].versions[TWICE]) == 1


def test_a_trip_that_comes_before_its_vehicle_finds_it_later(runs: list[Published]) -> None:
    assert runs[0].vehicle_of_trip[4] == -1
    (first,) = runs[1].versions[AFTER_ITS_TRIPS]
    assert (first.since, runs[1].vehicle_of_trip[4]) == (None, first.key)
    assert [version.since for version in runs[2].versions[AFTER_ITS_TRIPS]] == [None, 25]
    assert runs[2].vehicle_of_trip[4] == first.key
