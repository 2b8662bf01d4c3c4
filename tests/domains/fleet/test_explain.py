"""What `filiera fleet explain` says is so, and the database it measures stays as it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from tests.domains.fleet.conftest import LAST_DAY, Ask, NewFleet
from typer.testing import CliRunner

from filiera.domains.fleet.commands import app
from filiera.domains.fleet.explain import Explained, explain
from filiera.domains.fleet.generator import generate
from filiera.domains.fleet.indexes import INDEXES
from filiera.domains.fleet.plans import Measured, Plan, Run, read_run, summarize
from filiera.errors import FilieraError, UsageError
from filiera.settings import Settings

OURS = {index.name for index in INDEXES}


@pytest.fixture(scope="module")
def small(new_fleet: NewFleet) -> Settings:
    """A fleet large enough for an index to be worth a look."""
    settings = new_fleet()
    generate(settings, as_of=LAST_DAY, scale=0.05)
    return settings


def indexes(ask: Ask, settings: Settings) -> set[str]:
    return {name for (name,) in ask(settings, "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")}


def url(settings: Settings) -> str:
    assert settings.fleet_url
    return settings.fleet_url.get_secret_value()


def test_every_question_is_timed_without_and_with_the_indexes(small: Settings) -> None:
    found = explain(small, repeat=3)
    assert [item.number for item in found.questions] == list(range(1, 13))
    assert found.day == LAST_DAY
    for item in found.questions:
        for half in (item.before, item.after):
            assert 0 < half.fastest_ms <= half.median_ms <= half.slowest_ms
            assert half.plan.nodes
        assert not OURS & set(item.before.plan.indexes)
        assert item.used == tuple(name for name in item.after.plan.indexes if name in OURS)
        assert item.ratio == pytest.approx(item.before.median_ms / item.after.median_ms, rel=0.5, abs=0.01)


def test_a_partial_index_that_excludes_nothing_shows_it(small: Settings) -> None:
    made = {index.name: index for index in explain(small, repeat=1).indexes}
    assert set(made) == OURS
    assert all(index.bytes > 0 for index in made.values())
    share = made["idx_trips_composite_joins"].rows_pct
    assert share is not None
    assert 90 < share <= 100
    assert made["idx_routes_metrics"].rows_pct == 100


def test_nothing_is_left_behind(small: Settings, ask: Ask) -> None:
    def state() -> list[Any]:
        statistics = "SELECT tablename, attname, n_distinct FROM pg_stats WHERE schemaname = 'public' ORDER BY 1, 2"
        log = "SELECT count(*) FROM load_log"
        return [indexes(ask, small), ask(small, statistics), ask(small, log)]

    before = state()
    assert not explain(small, repeat=1).kept
    assert state() == before


def test_nothing_is_left_behind_by_a_measurement_that_fails(
    small: Settings, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("filiera.domains.fleet.explain._require_usable", fail)
    with pytest.raises(KeyboardInterrupt):
        explain(small, repeat=1)
    assert not OURS & indexes(ask, small)


def test_indexes_are_kept_on_request_and_then_not_measured_again(new_fleet: NewFleet, ask: Ask) -> None:
    settings = new_fleet()
    generate(settings, as_of=LAST_DAY, scale=0.01)
    assert explain(settings, repeat=1, keep=True).kept
    assert indexes(ask, settings) >= OURS
    with pytest.raises(UsageError, match="DROP INDEX idx_deliveries_scheduled_datetime, idx_drivers"):
        explain(settings, repeat=1)


def test_an_index_that_finds_few_rows_is_used_and_said_to_be(small: Settings) -> None:
    found = {item.number: item for item in explain(small, repeat=3, day=LAST_DAY).questions}
    late = found[8]
    assert late.used == ("idx_deliveries_scheduled_datetime",)
    assert any("idx_deliveries_scheduled_datetime" in node for node in late.after.plan.nodes)
    assert late.verdict in ("faster", "slower", "no clear difference")
    assert found[3].verdict == "not used"


def test_both_halves_find_their_tables_in_memory(small: Settings) -> None:
    for item in explain(small, repeat=1).questions:
        assert item.before.plan.buffers_read == item.after.plan.buffers_read == 0


def measured(*times: float, indexes: tuple[str, ...] = ()) -> Measured:
    plan = Plan(("Seq Scan trips", *indexes), indexes, 1, 0, 0)
    return summarize([Run(time, 0.1, plan) for time in times])


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (measured(9, 10, 11), measured(1, 2, 3, indexes=("idx_routes_metrics",)), "faster"),
        (measured(1, 2, 3), measured(9, 10, 11, indexes=("idx_routes_metrics",)), "slower"),
        (measured(5, 9, 10), measured(4, 5, 6, indexes=("idx_routes_metrics",)), "no clear difference"),
        (measured(9, 10, 11), measured(1, 2, 3), "not used"),
        (measured(9, 10, 11), measured(1, 2, 3, indexes=("vehicles_pkey",)), "not used, other plan"),
    ],
)
def test_an_index_gets_the_credit_only_where_it_is_used_and_the_times_do_not_overlap(
    before: Measured, after: Measured, verdict: str
) -> None:
    assert Explained(1, "?", before, after).verdict == verdict


def test_a_plan_is_read_with_all_that_is_below_it() -> None:
    inner = {"Node Type": "Index Only Scan", "Index Name": "trips_pkey", "Relation Name": "trips"}
    sort = {"Node Type": "Sort", "Sort Space Type": "Disk", "Sort Space Used": 80, "Plans": [inner, inner]}
    sort |= {"Shared Hit Blocks": 7, "Shared Read Blocks": 2}
    run = read_run([{"Plan": sort, "Execution Time": 1.5, "Planning Time": 0.2}])
    assert run == Run(1.5, 0.2, Plan(("Sort", "Index Only Scan trips_pkey"), ("trips_pkey",), 7, 2, 80))


@pytest.fixture
def reader(small: Settings) -> Iterator[Settings]:
    """A user who may read all and own nothing."""
    with psycopg.connect(url(small), autocommit=True) as connection:
        connection.execute("CREATE ROLE a_reader LOGIN; GRANT pg_read_all_data TO a_reader")
        yield small.model_copy(update={"fleet_url": SecretStr(url(small).replace("postgres@", "a_reader@"))})
        connection.execute("DROP ROLE a_reader")


def test_who_may_not_make_indexes_is_told_so_before_anything_is_measured(reader: Settings) -> None:
    said: list[str] = []
    with pytest.raises(FilieraError, match=r"User a_reader may not .* set FILIERA_FLEET_URL"):
        explain(reader, progress=said.append)
    assert not said


def test_who_may_create_but_owns_no_table_is_told_which(small: Settings, reader: Settings) -> None:
    with psycopg.connect(url(small), autocommit=True) as owner:
        owner.execute("GRANT CREATE ON SCHEMA public TO a_reader")
        try:
            with pytest.raises(FilieraError, match="may not make an index on customers, deliveries"):
                explain(reader)
        finally:
            owner.execute("REVOKE ALL ON SCHEMA public FROM a_reader")


def test_a_writer_who_does_not_end_is_not_waited_for_long(small: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("filiera.domains.fleet.explain._LOCK_SECONDS", 1)
    with psycopg.connect(url(small)) as writer:
        writer.execute("UPDATE routes SET toll_cost = toll_cost")
        with pytest.raises(FilieraError, match="is being written to"):
            explain(small, repeat=1)
        writer.rollback()


def test_an_index_that_postgresql_will_not_use_yet_is_not_called_useless(new_fleet: NewFleet) -> None:
    settings = new_fleet()
    generate(settings, as_of=LAST_DAY, scale=0.01)
    with psycopg.connect(url(settings), autocommit=True) as writer, psycopg.connect(url(settings)) as reading:
        writer.execute("VACUUM FULL routes")
        reading.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reading.execute("SELECT count(*) FROM trips")
        # The new version of the row lies on the same page, and the old one is still seen.
        writer.execute("UPDATE routes SET distance_km = distance_km + 1 WHERE route_id = 1")
        with pytest.raises(FilieraError, match="cannot use idx_routes_metrics yet"):
            explain(settings, repeat=1)
        reading.rollback()


def test_a_database_without_the_fleet_is_told_from_an_empty_one(new_fleet: NewFleet) -> None:
    with pytest.raises(UsageError, match=r"no table vehicles.*filiera generate fleet"):
        explain(new_fleet())


def test_no_repetition_is_refused(small: Settings) -> None:
    with pytest.raises(UsageError, match="0 times"):
        explain(small, repeat=0)


@pytest.fixture
def call(small: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The command, on the small fleet."""
    monkeypatch.setenv("FILIERA_FLEET_URL", url(small))

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(app, ["explain", "--repeat", "1", "--home", str(small.home), *arguments])

    return run


def test_the_command_writes_tables_json_and_a_page(call: Callable[..., Any], tmp_path: Path) -> None:
    shown = call("--output", str(tmp_path / "page.md"))
    assert shown.exit_code == 0, shown.output
    assert "On which weekdays are we late?" in shown.stdout
    assert "idx_routes_metrics" in shown.stdout
    assert "rolled back" in shown.stderr
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert page.count("\n- before: ") == page.count("\n- after: ") == 12
    assert 'CREATE INDEX "idx_maintenance_vehicle_cost"' in page

    found = json.loads(call("--json", "--date", "2026-01-15").stdout)
    assert found["day"] == "2026-01-15"
    assert {item["verdict"] for item in found["questions"]} <= {
        "faster", "slower", "no clear difference", "not used", "not used, other plan"
    }  # fmt: skip
    assert {"name", "bytes", "rows_pct", "used_by", "definition"} <= set(found["indexes"][0])
    assert {"median_ms", "planning_ms", "nodes", "buffers_read"} <= set(found["questions"][0]["before"])


def test_a_page_that_cannot_be_written_is_said(call: Callable[..., Any], tmp_path: Path) -> None:
    said = call("--output", str(tmp_path / "nowhere" / "page.md"))
    assert "cannot be written" in str(said.exception)
