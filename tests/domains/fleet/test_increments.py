"""What a later recording takes away: a delivery promised for another day, or no longer doubtful, leaves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.faults.crash.commands import Zygote, zygote
from tests.faults.crash.deliveries import Content, published, reading

from filiera.settings import Settings
from filiera.sources import embedded_postgres

pytestmark = pytest.mark.slow

TRIPS = (
    "trip_id,vehicle_id,driver_id,route_id,departure_datetime,arrival_datetime,fuel_consumed_liters,total_weight_kg,"
    "status,created_at,updated_at"
)
DELIVERIES = (
    "delivery_id,trip_id,customer_id,tracking_number,delivery_address,package_weight_kg,scheduled_datetime,"
    "delivered_datetime,delivery_status,recipient_signature,is_damaged,created_at,updated_at"
)


def trip(number: int, load: int, written: int) -> str:
    return (
        f"{number},1,1,1,2026-01-06 08:00:00,2026-01-06 20:00:00,10,{load},completed,2026-01-06 08:00:00,"
        f"2026-01-{written:02} 21:00:00"
    )


def delivery(number: int, of_trip: int, day: int, written: int, address: str = "Calle 1", weight: int = 10) -> str:
    return (
        f"{number},{of_trip},1,T{number},{address},{weight},2026-01-{day:02} 15:00:00,,pending,,,2026-01-05 08:00:00,"
        f"2026-01-{written:02} 08:00:00"
    )


BEFORE = {
    "fleet.trips": [TRIPS, trip(1, 100, written=6), trip(2, 100, written=6)],
    "fleet.deliveries": [
        DELIVERIES,
        delivery(1, 1, day=6, written=6),
        delivery(2, 1, day=7, written=6),
        delivery(3, 1, day=7, written=6),
        delivery(4, 2, day=7, written=6, weight=500),
    ],
}
AFTER = {
    "fleet.trips": [TRIPS, trip(2, 900, written=8)],
    "fleet.deliveries": [DELIVERIES, delivery(1, 1, day=9, written=8), delivery(3, 1, 7, written=8, address="Calle 2")],
}


class Found(NamedTuple):
    """What a run published of deliveries."""

    per_day: dict[date, int]
    doubts: list[tuple[int, str]]
    everything: Content


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Found, ...]]:
    """Both deliveries, one after the other, and then everything built from nothing."""
    home = tmp_path_factory.mktemp("increments") / "home"
    target = ("--target", request.param)
    yield (
        _run(home, "before", BEFORE, *target),
        _run(home, "after", AFTER, *target),
        _run(home, "full", {}, *target, "--full"),
    )
    embedded_postgres.stop(Settings(home=home))


def _run(home: Path, name: str, delivered: dict[str, list[str]], *options: str) -> Found:
    filiera: Zygote = zygote()
    for dataset, lines in delivered.items():
        file = home / "drop" / dataset / f"{name}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    filiera.run("run", *options, home=home).expect(0)
    with reading(home) as connection:
        days: Any = connection.execute(
            "SELECT scheduled_date, deliveries FROM fleet.mart_deliveries_daily ORDER BY 1"
        ).fetchall()
        doubts: Any = connection.execute("FROM fleet.doubtful_deliveries ORDER BY ALL").fetchall()
    return Found(dict(days), doubts, published(home))


def test_a_delivery_promised_for_another_day_is_counted_on_that_day_alone(runs: tuple[Found, ...]) -> None:
    before, after, _ = runs
    assert before.per_day == {date(2026, 1, 6): 1, date(2026, 1, 7): 3}
    assert after.per_day == {date(2026, 1, 7): 3, date(2026, 1, 9): 1}


def test_a_doubt_that_a_later_recording_clears_is_gone(runs: tuple[Found, ...]) -> None:
    before, after, _ = runs
    assert before.doubts == [(3, "SCANNED_TWICE"), (4, "HEAVIER_THAN_TRIP")]
    assert after.doubts == []


def test_an_increment_publishes_what_a_build_from_nothing_publishes(runs: tuple[Found, ...]) -> None:
    _, after, full = runs
    assert after.everything.keys() == full.everything.keys()
    assert [name for name in full.everything if after.everything[name] != full.everything[name]] == []
