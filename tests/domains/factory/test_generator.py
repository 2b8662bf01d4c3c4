"""The made plant looks like a real one, holds every kind of dirt, and is the same whenever it is made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from filiera.domains.factory import generator
from filiera.domains.factory.generator import generate, play_day
from filiera.errors import UsageError
from filiera.settings import Settings
from filiera.sources.embedded_postgres import connection_url

NewPlant = Callable[..., Settings]

LAST_DAY = date(2026, 1, 31)
SMALL = 1 / 6
DIGEST = "a4378588b9cdbc457b93ebf069866026"
"""Of the table at that scale. A changed digest is a changed plant: say so in the changelog."""

HOW_TO_FIND = {
    "negative_produced": "produced_qty < 0 AND plant <> ''",
    "negative_scrap": "scrap_qty < 0",
    "scrap_above_production": "scrap_qty > produced_qty AND produced_qty >= 0",
    "future_date": "production_date > '2026-01-31' AND plant <> ''",
    "several_defects": "production_date > '2026-01-31' AND plant = '' AND produced_qty < 0",
    "null_plant": "plant IS NULL",
    "null_line": "line IS NULL",
    "null_machine_id": "machine_id IS NULL",
    "null_production_date": "production_date IS NULL",
    "null_produced_qty": "produced_qty IS NULL",
    "null_scrap_qty": "scrap_qty IS NULL",
    "null_created_at": "created_at IS NULL",
    "empty_plant": "plant = '' AND production_date <= '2026-01-31'",
    "empty_line": "line = ''",
    "empty_machine_id": "machine_id = ''",
    "duplicate": """EXISTS (
        SELECT FROM production_raw AS o
        WHERE o.id < r.id AND (o.plant, o.line, o.machine_id, o.production_date, o.created_at)
            = (r.plant, r.line, r.machine_id, r.production_date, r.created_at)
            AND (o.produced_qty, o.scrap_qty) = (r.produced_qty, r.scrap_qty))""",
    "correction": """plant <> '' AND EXISTS (
        SELECT FROM production_raw AS o
        WHERE o.created_at < r.created_at AND (o.plant, o.line, o.machine_id, o.production_date)
            = (r.plant, r.line, r.machine_id, r.production_date)
            AND o.produced_qty <> r.produced_qty)""",
    "late": """r.created_at::date > production_date AND NOT EXISTS (
        SELECT FROM production_raw AS o
        WHERE o.created_at < r.created_at AND (o.plant, o.line, o.machine_id, o.production_date)
            = (r.plant, r.line, r.machine_id, r.production_date))""",
}


def rows(settings: Settings, question: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(connection_url(settings, "factory_url", "factory")) as connection:
        return connection.execute(question).fetchall()


def value(settings: Settings, question: str) -> Any:
    ((answer,),) = rows(settings, question)
    return answer


def digest(settings: Settings) -> str:
    answer = value(settings, "SELECT md5(string_agg(r::text, '|' ORDER BY id)) FROM production_raw AS r")
    assert isinstance(answer, str)
    return answer


def scrap_share(settings: Settings, where: str) -> float:
    share = value(
        settings,
        "SELECT sum(scrap_qty)::float / sum(produced_qty) FROM production_raw"
        f" WHERE produced_qty > 0 AND scrap_qty BETWEEN 0 AND produced_qty AND {where}",
    )
    assert isinstance(share, float)
    return share


def test_the_counts_are_those_of_the_table(plant: Settings, counts: dict[str, int]) -> None:
    assert value(plant, "SELECT count(*) FROM production_raw") == counts["rows"]
    assert sum(counts.values()) == 2 * counts["rows"]


@pytest.mark.parametrize("kind", sorted(HOW_TO_FIND))
def test_every_kind_is_in_the_table_as_often_as_counted(plant: Settings, counts: dict[str, int], kind: str) -> None:
    found = value(plant, f"SELECT count(*) FROM production_raw AS r WHERE {HOW_TO_FIND[kind]}")
    assert found == counts[kind] > 0


def test_there_is_no_kind_without_a_test(counts: dict[str, int]) -> None:
    assert set(counts) == {"rows", "regular", *HOW_TO_FIND}


def test_about_one_row_in_a_hundred_is_wrong(counts: dict[str, int]) -> None:
    right = sum(counts[kind] for kind in ("regular", "late", "correction"))
    assert 0.007 < 1 - right / counts["rows"] < 0.013


def test_ids_are_given_without_gaps_in_the_order_of_recording(plant: Settings, counts: dict[str, int]) -> None:
    assert rows(plant, "SELECT min(id), max(id) FROM production_raw") == [(1, counts["rows"])]
    disorder = """SELECT count(*) FROM (
        SELECT created_at < max(created_at) OVER (ORDER BY id) AS is_wrong FROM production_raw
    ) AS t WHERE is_wrong"""
    assert value(plant, disorder) == 0


def test_the_next_row_of_the_plant_gets_the_next_id(new_plant: NewPlant) -> None:
    settings = new_plant()
    counts = generate(settings, as_of=LAST_DAY, scale=SMALL)
    assert rows(settings, "INSERT INTO production_raw DEFAULT VALUES RETURNING id") == [(counts["rows"] + 1,)]


def test_the_table_has_the_columns_and_indexes_of_the_plant(plant: Settings, counts: dict[str, int]) -> None:
    columns = rows(
        plant,
        "SELECT column_name, data_type, is_nullable FROM information_schema.columns"
        " WHERE table_name = 'production_raw' ORDER BY ordinal_position",
    )
    assert columns == [
        ("id", "bigint", "NO"),
        ("plant", "character varying", "YES"),
        ("line", "character varying", "YES"),
        ("machine_id", "character varying", "YES"),
        ("production_date", "date", "YES"),
        ("produced_qty", "integer", "YES"),
        ("scrap_qty", "integer", "YES"),
        ("created_at", "timestamp without time zone", "YES"),
    ]
    indexes = rows(plant, "SELECT indexname FROM pg_indexes WHERE tablename = 'production_raw'")
    assert {("idx_raw_date",), ("idx_raw_plant",), ("idx_raw_created_at",)} <= set(indexes)


def test_every_machine_stands_on_one_line_of_one_plant(plant: Settings, counts: dict[str, int]) -> None:
    places = rows(
        plant,
        "SELECT DISTINCT machine_id, plant, line FROM production_raw"
        " WHERE plant <> '' AND line <> '' AND machine_id <> ''",
    )
    assert len(places) == len({machine for machine, _, _ in places}) == 120
    assert len({(name, line) for _, name, line in places}) == 20
    assert {name for _, name, _ in places} == {"Torino", "Settimo", "Cuneo", "Melfi"}


def test_two_years_are_recorded_and_nothing_after_the_last_day(plant: Settings, counts: dict[str, int]) -> None:
    first, last, recorded = rows(
        plant,
        "SELECT min(production_date), max(production_date) FILTER (WHERE production_date < '2030-01-01'),"
        " max(created_at) FROM production_raw",
    )[0]
    assert (first, last) == (LAST_DAY - timedelta(days=730), LAST_DAY)
    assert datetime(2026, 1, 31, 20, 30) <= recorded <= datetime(2026, 1, 31, 23, 59, 59)  # noqa: DTZ001


def test_production_follows_week_and_year(plant: Settings, counts: dict[str, int]) -> None:
    made = {
        (month, weekday): (machine_days, float(tyres))
        for month, weekday, machine_days, tyres in rows(
            plant,
            "SELECT extract(month FROM production_date)::int, extract(isodow FROM production_date)::int,"
            " count(*), avg(produced_qty) FROM production_raw"
            " WHERE production_date <= '2026-01-31' AND produced_qty > 0 GROUP BY 1, 2",
        )
    }
    assert made[10, 7][0] < 0.5 * made[10, 3][0]
    assert made[10, 6][1] < 0.9 * made[10, 3][1]
    assert made[8, 3][0] < 0.8 * made[10, 3][0]
    assert made[10, 3][1] > 1.1 * made[1, 3][1]
    christmas = "production_date = '2025-12-25' AND produced_qty > 0"
    assert value(plant, f"SELECT count(*) FROM production_raw WHERE {christmas}") == 0


def test_every_machine_records_every_day_even_when_it_stands_still(plant: Settings, counts: dict[str, int]) -> None:
    recorded = value(
        plant,
        "SELECT count(DISTINCT (machine_id, production_date)) FROM production_raw"
        " WHERE production_date <= '2026-01-31' AND machine_id <> ''",
    )
    assert 0.985 * 120 * 731 < recorded <= 120 * 731


def test_a_machine_makes_hundreds_of_tyres_and_scraps_few(plant: Settings, counts: dict[str, int]) -> None:
    tyres = value(
        plant,
        "SELECT percentile_cont(ARRAY[0.01, 0.5, 0.999]) WITHIN GROUP (ORDER BY produced_qty)"
        " FROM production_raw WHERE produced_qty > 0",
    )
    assert tyres[0] > 250
    assert 800 < tyres[1] < 1100
    assert tyres[2] < 1550
    assert 0.01 < scrap_share(plant, "true") < 0.04


def test_three_machines_are_clearly_worse_than_all_others(plant: Settings, counts: dict[str, int]) -> None:
    shares = rows(
        plant,
        "SELECT machine_id, sum(scrap_qty)::float / sum(produced_qty) AS share FROM production_raw"
        " WHERE machine_id <> '' AND produced_qty > 0 AND scrap_qty BETWEEN 0 AND produced_qty"
        " GROUP BY 1 ORDER BY 2 DESC",
    )
    median = shares[len(shares) // 2][1]
    assert {machine for machine, _ in shares[:8]} >= {"M019", "M049", "M097"}
    assert all(share > 1.6 * median for machine, share in shares if machine in {"M019", "M049", "M097"})


def test_one_machine_wears_out_over_the_two_years(plant: Settings, counts: dict[str, int]) -> None:
    early = scrap_share(plant, "machine_id = 'M067' AND production_date < '2024-05-01'")
    late = scrap_share(plant, "machine_id = 'M067' AND production_date BETWEEN '2025-11-01' AND '2026-01-31'")
    assert late > 1.7 * early


def test_one_line_has_a_bad_fortnight(plant: Settings, counts: dict[str, int]) -> None:
    line = "plant = 'Settimo' AND line = 'L2' AND production_date BETWEEN"
    usual = scrap_share(plant, f"{line} '2025-10-01' AND '2025-11-11'")
    bad = scrap_share(plant, f"{line} '2025-11-12' AND '2025-11-25'")
    after = scrap_share(plant, f"{line} '2025-11-26' AND '2026-01-31'")
    assert bad > 2 * usual
    assert bad > 2 * after


def test_the_same_arguments_give_the_same_bytes_whatever_the_threads_and_the_day(new_plant: NewPlant) -> None:
    one, four = new_plant(threads=1), new_plant(threads=4)
    later = four.model_copy(update={"now": datetime(2031, 5, 6, tzinfo=UTC)})
    assert generate(one, as_of=LAST_DAY, scale=SMALL) == generate(later, as_of=LAST_DAY, scale=SMALL)
    assert digest(one) == digest(later) == DIGEST


def test_another_seed_gives_another_plant(new_plant: NewPlant) -> None:
    settings = new_plant()
    generate(settings, as_of=LAST_DAY, scale=SMALL, seed=7)
    assert digest(settings) != DIGEST


def test_the_last_day_is_yesterday_unless_it_is_given(new_plant: NewPlant) -> None:
    settings = new_plant().model_copy(update={"now": datetime(2025, 3, 4, 12, tzinfo=UTC)})
    generate(settings, scale=SMALL)
    assert value(settings, "SELECT max(created_at)::date FROM production_raw") == date(2025, 3, 3)


def test_scale_multiplies_the_machines_of_every_line(new_plant: NewPlant) -> None:
    settings = new_plant()
    generate(settings, as_of=LAST_DAY, scale=0.5)
    machines = rows(
        settings,
        "SELECT plant, line, count(DISTINCT machine_id) FROM production_raw"
        " WHERE plant <> '' AND line <> '' AND machine_id <> '' GROUP BY 1, 2",
    )
    assert [number for _, _, number in machines] == [3] * 20


def test_a_scale_of_nothing_is_refused(new_plant: NewPlant) -> None:
    with pytest.raises(UsageError, match="give a number above 0"):
        generate(new_plant(), scale=0)


def test_a_filled_table_is_replaced_only_when_asked(new_plant: NewPlant) -> None:
    settings = new_plant()
    generate(settings, as_of=LAST_DAY, scale=SMALL, seed=7)
    with pytest.raises(UsageError, match="already holds rows"):
        generate(settings, as_of=LAST_DAY, scale=SMALL)
    generate(settings, as_of=LAST_DAY, scale=SMALL, replace=True)
    assert digest(settings) == DIGEST


def test_a_replacement_that_fails_leaves_the_former_rows(new_plant: NewPlant, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = new_plant()
    generate(settings, as_of=LAST_DAY, scale=SMALL)

    def fail(_: object) -> dict[str, int]:
        raise KeyboardInterrupt

    monkeypatch.setattr(generator, "_load", fail)
    with pytest.raises(KeyboardInterrupt):
        generate(settings, as_of=LAST_DAY, scale=SMALL, seed=7, replace=True)
    assert digest(settings) == DIGEST


def test_progress_says_what_is_being_made(new_plant: NewPlant) -> None:
    told: list[str] = []
    generate(new_plant(), as_of=LAST_DAY, scale=SMALL, progress=told.append)
    assert told == ["20 machines make tyres from 2024-02-01 to 2026-01-31", "Loading public.production_raw"]


def test_a_played_day_is_the_last_day_of_a_table_made_on_it(new_plant: NewPlant) -> None:
    played, made = new_plant(), new_plant()
    generate(played, as_of=LAST_DAY, scale=SMALL)
    play_day(played, day=LAST_DAY + timedelta(days=1))
    counts = play_day(played, day=LAST_DAY + timedelta(days=2))
    generate(made, as_of=LAST_DAY + timedelta(days=2), scale=SMALL)
    columns = "plant, line, machine_id, production_date, produced_qty, scrap_qty, created_at"
    tail = f"SELECT {columns} FROM production_raw ORDER BY id DESC LIMIT {counts['rows']}"
    assert rows(played, tail) == rows(made, tail)
    assert counts["rows"] > 15


def test_a_played_day_brings_late_rows_and_corrections_of_days_before(new_plant: NewPlant) -> None:
    settings = new_plant()
    generate(settings, as_of=LAST_DAY)
    played = [play_day(settings, day=LAST_DAY + timedelta(days=number)) for number in (1, 2, 3)]
    late, corrections = (sum(counts.get(kind, 0) for counts in played) for kind in ("late", "correction"))
    assert late > 0
    assert corrections > 0
    earlier = "created_at >= '2026-02-01' AND created_at::date > production_date"
    assert value(settings, f"SELECT count(*) FROM production_raw WHERE {earlier}") == late + corrections


def test_a_day_is_played_once_and_only_after_the_two_years(new_plant: NewPlant) -> None:
    settings = new_plant()
    with pytest.raises(UsageError, match="generate its two years first"):
        play_day(settings, day=LAST_DAY)
    generate(settings, as_of=LAST_DAY, scale=SMALL)
    play_day(settings, day=date(2026, 2, 2))
    for day in (LAST_DAY, date(2026, 2, 2)):
        with pytest.raises(UsageError, match="is filled to 2026-02-02"):
            play_day(settings, day=day)
