"""The twelve questions have one answer, wherever they are asked."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from tests.domains.fleet.conftest import LAST_DAY, Ask, NewFleet

from filiera.domains.fleet.answers import ask as ask_warehouse
from filiera.domains.fleet.explain import values_of
from filiera.domains.fleet.generator import generate
from filiera.domains.fleet.questions import question, questions
from filiera.domains.fleet.variables import variables
from filiera.errors import UsageError
from filiera.serving.reader import Serving
from filiera.settings import Settings

NUMBERS = range(1, 13)
LIMIT = timedelta(minutes=variables()["on_time_minutes"])
DELAYS = {"punctual": LIMIT + timedelta(seconds=59), "late": LIMIT + timedelta(minutes=1)}
"""The longest delay that is on time, and the shortest that is not: whole minutes count."""

pytestmark = pytest.mark.slow


def url(settings: Settings) -> str:
    assert settings.fleet_url
    return settings.fleet_url.get_secret_value()


@pytest.fixture(scope="module")
def both(new_fleet: NewFleet, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A fleet and the warehouse that was built from it, with a licence about to expire and delays at the limit."""
    settings = new_fleet().model_copy(update={"home": tmp_path_factory.mktemp("answers")})
    generate(settings, as_of=LAST_DAY, scale=0.05)
    with psycopg.connect(url(settings)) as connection:
        connection.execute("UPDATE drivers SET license_expiry = %s WHERE status = 'active'", [date(2026, 2, 10)])
        for place, delay in enumerate(DELAYS.values()):
            connection.execute(
                "UPDATE deliveries SET delivered_datetime = scheduled_datetime + %s, updated_at = '2026-01-31 19:00'"
                " WHERE delivery_id = ("
                " SELECT delivery_id FROM deliveries"
                " WHERE delivery_status = 'delivered' AND scheduled_datetime BETWEEN '2026-01-12' AND '2026-01-20'"
                " ORDER BY delivery_id OFFSET %s LIMIT 1)",
                [delay, place],
            )
    environment = os.environ | {"FILIERA_FLEET_URL": url(settings)}
    command = [sys.executable, "-m", "filiera", "run", "--home", str(settings.home), "--date", str(LAST_DAY)]
    subprocess.run(command, env=environment, check=True)
    return settings


def ask_operational(settings: Settings, number: int, **given: int) -> tuple[list[str], list[tuple[Any, ...]]]:
    asked = question(number, "operational")
    with psycopg.connect(url(settings)) as connection:
        answer = connection.execute(asked.text("%"), values_of(asked, LAST_DAY) | given)
        return [column.name for column in answer.description or ()], answer.fetchall()


def comparable(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """A number is the same number whatever its type; the one engine rounds decimals, the other floats."""
    return [tuple(float(v) if isinstance(v, int | float | Decimal) else v for v in row) for row in rows]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_question_has_the_same_answer_in_the_warehouse_and_in_the_operational_database(
    both: Settings, number: int
) -> None:
    columns, rows = ask_operational(both, number)
    answer = ask_warehouse(both, number, {})
    assert list(answer.columns) == columns
    assert rows
    assert comparable(answer.rows) == comparable(rows)


@pytest.mark.parametrize(
    ("number", "given"),
    [(4, {"days": 7}), (6, {"days": 30, "least": 5}), (8, {"days": 14}), (10, {"days": 30, "least": 5, "top": 3})],
)
def test_so_it_is_with_other_parameters(both: Settings, number: int, given: dict[str, int]) -> None:
    _, rows = ask_operational(both, number, **given)
    assert rows
    assert comparable(ask_warehouse(both, number, given).rows) == comparable(rows)


def test_a_question_reads_and_takes_the_same_in_both_places() -> None:
    here, there = questions("warehouse"), questions("operational")
    assert list(here) == list(there) == list(NUMBERS)
    for number in NUMBERS:
        assert (here[number].title, here[number].defaults) == (there[number].title, there[number].defaults)


def test_maintenance_cost_and_kilometres_are_not_multiplied_by_each_other(both: Settings, ask: Ask) -> None:
    _, rows = ask_operational(both, 9)
    ((cost, times),) = ask(both, "SELECT sum(cost), count(*) FROM maintenance")
    ((trips, km),) = ask(
        both, "SELECT count(*), sum(distance_km) FROM trips JOIN routes USING (route_id) WHERE status = 'completed'"
    )
    assert times > 100
    assert [sum(row[place] for row in rows) for place in (2, 3, 4)] == [trips, km, cost]
    answer = ask_warehouse(both, 9, {}).dicts()
    assert [sum(row[name] for row in answer) for name in ("trips", "km", "maintenance_cost")] == [trips, km, cost]


def test_one_more_maintenance_changes_its_cost_and_no_kilometre(both: Settings) -> None:
    asked = question(9, "operational")
    with psycopg.connect(url(both)) as connection:
        (before, *_) = connection.execute(asked.text("%"), values_of(asked, LAST_DAY)).fetchall()
        connection.execute(
            "INSERT INTO maintenance (vehicle_id, maintenance_date, maintenance_type, cost, created_at, updated_at)"
            " SELECT min(vehicle_id), '2026-01-30', 'Revisión de motor', 1000, '2026-01-30', '2026-01-30'"
            " FROM vehicles WHERE vehicle_type = %s",
            [before[0]],
        )
        after = {row[0]: row for row in connection.execute(asked.text("%"), values_of(asked, LAST_DAY)).fetchall()}
        connection.rollback()
    assert after[before[0]][:4] == before[:4]
    assert after[before[0]][4] == before[4] + 1000


def test_on_time_has_one_definition_to_the_second(both: Settings, ask: Ask) -> None:
    with Serving(both) as serving:
        known = {row["delivery_id"]: row for row in serving.rows("SELECT * FROM fleet.fact_deliveries")}
    for name, delay in DELAYS.items():
        found = ask(
            both,
            "SELECT delivery_id FROM deliveries WHERE delivered_datetime - scheduled_datetime = "
            f"interval '{delay.total_seconds()} seconds' AND scheduled_datetime BETWEEN '2026-01-12' AND '2026-01-20'",
        )
        assert found
        assert {known[number]["is_on_time"] for (number,) in found} == {name == "punctual"}


def test_no_question_has_a_limit_of_its_own() -> None:
    for asked in questions("warehouse").values():
        assert "delay" not in asked.sql
        assert "on_time_minutes" not in asked.sql
    for asked in questions("operational").values():
        compares = any(f"delivered_datetime {sign}" in asked.sql for sign in ("<", ">"))
        assert compares == ("on_time_minutes" in asked.names())


def test_a_day_begins_on_the_clock_of_the_fleet(both: Settings) -> None:
    """Seven days back from a Saturday is from Saturday's midnight in Bogotá on, not from that of Greenwich."""
    with Serving(both) as serving:
        (row,) = serving.rows(
            "SELECT count(*) AS n FROM fleet.fact_deliveries"
            " WHERE delivery_status = 'delivered' AND scheduled_at >= $begin",
            {"begin": datetime(2026, 1, 24, 5)},  # noqa: DTZ001 - UTC, as all times of the warehouse
        )
    assert sum(item["deliveries"] for item in ask_warehouse(both, 8, {"days": 7}).dicts()) == row["n"]


def test_an_unknown_question_or_parameter_is_refused() -> None:
    with pytest.raises(UsageError, match="no question 13"):
        question(13, "warehouse")
    with pytest.raises(UsageError, match=r"no parameter months; it has: days"):
        question(8, "warehouse").fill({"months": 3})
