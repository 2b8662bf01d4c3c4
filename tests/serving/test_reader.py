"""Readers of the published data: never waiting, never half, never anything else."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from filiera.errors import FilieraError
from filiera.serving.reader import (
    POINTER,
    NothingPublishedError,
    QuestionRefusedError,
    QuestionTooLongError,
    Serving,
)
from filiera.settings import Settings

MANY = "select count(*) from range(1000000000) as a (x), range(1000000) as b (y) where x * y % 7 = 3"


def publish(settings: Settings, number: int, *, rows: int = 1000) -> Path:
    settings.serving.mkdir(exist_ok=True)
    path = settings.serving / f"serving-{number}.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create schema factory")
        connection.execute(f"create table factory.made as select {number} as edition, range as n from range({rows})")
    aside = settings.serving / ".pointer"
    aside.symlink_to(path.name)
    aside.replace(settings.serving / POINTER)
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, threads=2, memory_limit="256MB")


def test_before_the_first_run_the_reader_says_which_command_to_run(settings: Settings) -> None:
    with Serving(settings) as serving:
        assert serving.version() is None
        with pytest.raises(NothingPublishedError, match="run `filiera run`"):
            serving.rows("select 1")


def test_rows_come_as_dicts_and_parameters_are_bound(settings: Settings) -> None:
    publish(settings, 1)
    with Serving(settings) as serving:
        assert serving.version() == "serving-1.duckdb"
        assert serving.rows("select n from factory.made where n < ? order by n", [2]) == [{"n": 0}, {"n": 1}]
        assert serving.rows("select $text as text", {"text": "'; drop table x; --"}) == [
            {"text": "'; drop table x; --"}
        ]


def test_a_limit_reports_that_there_was_more(settings: Settings) -> None:
    publish(settings, 1, rows=3)
    with Serving(settings) as serving:
        short = serving.ask("select n from factory.made order by n", limit=2)
        assert (short.rows, short.truncated, short.columns) == ([(0,), (1,)], True, ("n",))
        exact = serving.ask("select n from factory.made", limit=3)
        assert (len(exact.rows), exact.truncated) == (3, False)


def test_a_limit_holds_for_an_answer_without_end(settings: Settings) -> None:
    publish(settings, 1)
    with Serving(settings) as serving:
        assert serving.ask("from range(1000000000000)", limit=5).truncated


def test_a_new_publication_is_seen_by_the_next_question(settings: Settings) -> None:
    publish(settings, 1)
    with Serving(settings) as serving:
        assert serving.rows("select any_value(edition) as edition from factory.made") == [{"edition": 1}]
        publish(settings, 2)
        assert serving.rows("select any_value(edition) as edition from factory.made") == [{"edition": 2}]
        assert serving.version() == "serving-2.duckdb"


def test_a_question_under_way_ends_on_the_publication_it_began_with(settings: Settings) -> None:
    publish(settings, 1, rows=400_000)
    slow = "select min(a.edition) as low, max(b.edition) as high from factory.made a join factory.made b using (n)"
    with Serving(settings) as serving, ThreadPoolExecutor(4) as pool:
        under_way = [pool.submit(serving.rows, slow) for _ in range(8)]
        publish(settings, 2).touch()
        (settings.serving / "serving-1.duckdb").unlink()
        after = serving.rows(slow)
        editions = {(row["low"], row["high"]) for future in under_way for row in future.result()}
    assert after == [{"low": 2, "high": 2}]
    assert editions <= {(1, 1), (2, 2)}


def test_many_threads_ask_while_publications_come_and_go(settings: Settings) -> None:
    publish(settings, 1)
    stop = threading.Event()

    def ask(serving: Serving) -> int:
        asked = 0
        while not stop.is_set():
            rows = serving.rows("select count(distinct edition) as editions, count(*) as n from factory.made")
            assert rows == [{"editions": 1, "n": 1000}]
            asked += 1
        return asked

    with Serving(settings) as serving, ThreadPoolExecutor(8) as pool:
        asking = [pool.submit(ask, serving) for _ in range(8)]
        for number in range(2, 12):
            publish(settings, number)
            (settings.serving / f"serving-{number - 1}.duckdb").unlink()
            time.sleep(0.02)
        stop.set()
        assert all(future.result() for future in asking)


def test_a_question_that_takes_too_long_is_stopped_and_the_reader_lives_on(settings: Settings) -> None:
    publish(settings, 1)
    with Serving(settings) as serving:
        begun = time.monotonic()
        with pytest.raises(QuestionTooLongError, match=r"longer than 0\.2 s"):
            serving.ask(MANY, timeout=0.2)
        assert time.monotonic() - begun < 5
        assert serving.rows("select 1 as one") == [{"one": 1}]


def test_a_question_that_needs_too_much_memory_is_told_so(settings: Settings) -> None:
    publish(settings, 1)
    with Serving(settings) as serving, pytest.raises(FilieraError, match="FILIERA_MEMORY_LIMIT"):
        serving.rows("select list(range::varchar || repeat('x', 100)) from range(20000000)")
    assert not list(settings.serving.glob("*.tmp"))


@pytest.mark.parametrize(
    "sql",
    [
        "from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from (select * from sniff_csv('/etc/passwd'))",
        "select * from glob('/etc/*')",
        "select * from '/etc/passwd'",
        "select * from read_duckdb('/tmp/x.duckdb')",
        "from query('from read_csv(''/etc/passwd'')')",
        "select (select max(path) from duckdb_extensions() e(path))",
        "attach '/tmp/other.duckdb'",
        "copy factory.made to '/tmp/made.csv'",
        "copy (select 1) to '/dev/stdout'",
        "export database '/tmp/all'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "reset memory_limit",
        "pragma database_list",
        "create temp table t (i int)",
        "insert into factory.made values (1, 1)",
        "drop table factory.made",
        "call enable_logging()",
        "explain analyze select 1",
        "select 1; select 2",
        "select 1; drop table factory.made",
        "",
        "-- nothing",
        "not sql",
        "from settings",
    ],
)
def test_what_is_not_a_question_to_the_published_tables_is_refused_in_one_sentence(
    settings: Settings, sql: str
) -> None:
    publish(settings, 1)
    with Serving(settings) as serving, pytest.raises(QuestionRefusedError) as refused:
        serving.rows(sql)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "function", ["enable_logging(storage := 'file', storage_path := '{home}/log')", "force_checkpoint()"]
)
def test_functions_that_do_more_than_read_are_refused(settings: Settings, function: str) -> None:
    """The first of these would end the process."""
    publish(settings, 1)
    with Serving(settings) as serving:
        for sql in ("from {}", "select (select count(*) from system.main.{})", "with a as (from {}) from a"):
            with pytest.raises(QuestionRefusedError, match="out of reach"):
                serving.rows(sql.format(function.format(home=settings.home)))


def test_duckdb_itself_has_no_way_out_even_past_the_check(settings: Settings) -> None:
    publish(settings, 1)
    with Serving(settings) as serving:
        serving.rows("select 1")
        assert serving._current
        connection = serving._current.connection
        for sql in ("from read_text('/etc/passwd')", "attach '/tmp/x.db'", "load httpfs", "set threads = 9"):
            with pytest.raises((duckdb.PermissionException, duckdb.InvalidInputException)):
                connection.execute(sql)
        secret = [1, 2, 3]
        with pytest.raises(duckdb.CatalogException):
            connection.execute("from secret")
        assert secret


@pytest.mark.parametrize(
    "sql",
    [
        "show all tables",
        "describe factory.made",
        "summarize factory.made",
        "values (1)",
        "from factory.made limit 1",
        "with a as (select unnest([1, 2]) as i) select * from a, range(3)",
        "pivot factory.made on edition in (1, 2) using count(*)",
        "select 1; -- and that was it",
    ],
)
def test_everything_that_reads_is_allowed(settings: Settings, sql: str) -> None:
    publish(settings, 1)
    with Serving(settings) as serving:
        assert serving.rows(sql)


def test_a_wrong_question_is_told_in_one_sentence(settings: Settings) -> None:
    publish(settings, 1)
    with Serving(settings) as serving, pytest.raises(QuestionRefusedError, match="nope") as refused:
        serving.rows("select nope from factory.made")
    assert "\n" not in str(refused.value)


def test_a_deeply_nested_question_is_answered_or_refused_but_never_fatal(settings: Settings) -> None:
    publish(settings, 1)
    with Serving(settings) as serving:
        with pytest.raises(QuestionRefusedError):
            serving.rows("select " + "1 + " * 5000 + "1")
        with pytest.raises(QuestionRefusedError):
            serving.rows("select * from " + "(select * from " * 600 + "factory.made" + ")" * 600)
        assert serving.rows("select 1 as one") == [{"one": 1}]


def test_a_damaged_publication_is_told_with_what_to_do(settings: Settings) -> None:
    publish(settings, 1).write_bytes(b"not a database")
    with Serving(settings) as serving, pytest.raises(FilieraError, match=r"serving-1\.duckdb cannot be opened"):
        serving.rows("select 1")


def test_closing_twice_and_asking_again_are_both_fine(settings: Settings) -> None:
    publish(settings, 1)
    serving = Serving(settings)
    serving.rows("select 1")
    serving.close()
    serving.close()
    assert serving.rows("select 1 as one") == [{"one": 1}]
    serving.close()
