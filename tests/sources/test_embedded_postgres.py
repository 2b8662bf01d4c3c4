"""The embedded server starts on any home, is shared by our processes, and gets over whatever was killed."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from filiera import duck
from filiera.errors import FilieraError
from filiera.settings import Settings
from filiera.sources.embedded_postgres import connection_url, database_url, is_running, stop

NewHome = Callable[..., Settings]
Process = subprocess.Popen[str]

USER = """
import sys
from pathlib import Path
from filiera.settings import Settings
from filiera.sources.embedded_postgres import database_url

print(database_url(Settings(home=Path(sys.argv[1])), "factory"), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def another_process() -> Iterator[Callable[[Settings], Process]]:
    """Starts a process that uses a home's server until its input ends."""
    started: list[Process] = []

    def start(settings: Settings) -> Process:
        command = [sys.executable, "-c", USER, str(settings.home)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.communicate()


def first_line(process: Process) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def ask(url: str, question: str) -> Any:
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()
    assert row
    return row[0]


def keep_a_row(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")


def socket_folder(url: str) -> Path:
    return Path(str(conninfo_to_dict(url)["host"]))


def server_pid(settings: Settings) -> int:
    return int((settings.embedded_postgres / "postmaster.pid").read_text().splitlines()[0])


def test_an_empty_home_gets_a_server_and_the_database(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "not" / "there" / "yet")
    assert not is_running(settings)
    url = database_url(settings, "factory")
    assert is_running(settings)
    assert ask(url, "SELECT current_database()") == "factory"
    assert ask(url, "SHOW timezone") == "UTC"
    stop(settings)
    assert not is_running(settings)


def test_psycopg_sqlalchemy_and_duckdb_read_the_url(running: Settings) -> None:
    url = database_url(running, "factory")
    assert ask(url, "SELECT 1") == 1
    for driver in ("psycopg", "psycopg2"):
        engine = sqlalchemy.create_engine(url.replace("postgresql:", f"postgresql+{driver}:"))
        with engine.connect() as connection:
            assert connection.scalar(sqlalchemy.text("SELECT current_database()")) == "factory"
        engine.dispose()
    with duck.connect(running) as connection:
        duck.attach_postgres(connection, url, "plant")
        answer = connection.execute("FROM postgres_query('plant', 'SELECT current_database()::text')")
        assert answer.fetchone() == ("factory",)


def test_the_url_wins_over_postgresql_variables(running: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "7777")
    monkeypatch.setenv("PGHOST", "nowhere.example")
    monkeypatch.setenv("PGDATABASE", "other")
    assert ask(database_url(running, "factory"), "SELECT current_database()") == "factory"


def test_any_name_is_a_database_and_is_made_once(running: Settings) -> None:
    name = 'a "plant"/ñ'
    urls = {database_url(running, name) for _ in range(3)}
    assert len(urls) == 1
    assert ask(urls.pop(), "SELECT current_database()") == name


def test_only_the_owner_can_reach_the_socket(running: Settings) -> None:
    folder = socket_folder(database_url(running, "factory"))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert ask(database_url(running, "factory"), "SHOW listen_addresses") == ""


def test_a_url_in_the_settings_is_used_and_no_server_starts(tmp_path: Path) -> None:
    url = "postgresql://someone:secret@db.example/factory"
    settings = Settings(home=tmp_path, factory_url=SecretStr(url))
    assert connection_url(settings, "factory_url", "factory") == url
    assert not is_running(settings)


def test_without_a_url_in_the_settings_the_embedded_server_is_used(running: Settings) -> None:
    assert connection_url(running, "factory_url", "factory") == database_url(running, "factory")


@pytest.mark.parametrize("name", ["x" * 150, 'it\'s "a", $HOME `id` \\ é'])
def test_a_home_whose_path_no_socket_can_have_works(new_home: NewHome, name: str) -> None:
    settings = new_home(name)
    url = database_url(settings, "factory")
    assert ask(url, "SELECT 1") == 1
    folder = socket_folder(url)
    assert folder != settings.embedded_postgres
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    stop(settings)
    assert not folder.exists()


def test_a_socket_folder_that_others_could_enter_is_refused(new_home: NewHome) -> None:
    settings = new_home("x" * 150)
    folder = socket_folder(database_url(settings, "factory"))
    stop(settings)
    folder.mkdir(mode=0o755)
    try:
        with pytest.raises(FilieraError, match="is open to others"):
            database_url(settings, "factory")
    finally:
        folder.rmdir()


@pytest.mark.slow
def test_the_last_of_two_processes_stops_the_server(
    new_home: NewHome, another_process: Callable[[Settings], Process]
) -> None:
    settings = new_home()
    other = another_process(settings)
    assert first_line(other) == database_url(settings, "factory")
    stop(settings)
    assert is_running(settings)
    other.communicate()
    assert not is_running(settings)


@pytest.mark.slow
def test_the_server_outlives_the_process_that_started_it_while_another_uses_it(
    new_home: NewHome, another_process: Callable[[Settings], Process]
) -> None:
    settings = new_home()
    starter = another_process(settings)
    first_line(starter)
    url = database_url(settings, "factory")
    starter.communicate()
    assert ask(url, "SELECT 1") == 1


@pytest.mark.slow
def test_processes_that_start_at_once_get_one_server(
    tmp_path: Path, another_process: Callable[[Settings], Process]
) -> None:
    settings = Settings(home=tmp_path / "home")
    processes = [another_process(settings) for _ in range(3)]
    assert len({first_line(process) for process in processes}) == 1
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    assert not is_running(settings)


@pytest.mark.slow
def test_a_killed_process_leaves_a_server_that_the_next_one_uses_and_stops(
    new_home: NewHome, another_process: Callable[[Settings], Process]
) -> None:
    settings = new_home()
    killed = another_process(settings)
    keep_a_row(first_line(killed))
    killed.kill()
    killed.communicate()
    assert is_running(settings)

    following = another_process(settings)
    assert ask(first_line(following), "SELECT answer FROM kept") == 42
    following.communicate()
    assert not is_running(settings)


def test_a_killed_server_comes_back_with_its_data(new_home: NewHome) -> None:
    settings = new_home()
    keep_a_row(database_url(settings, "factory"))
    os.kill(server_pid(settings), signal.SIGKILL)
    assert ask(database_url(settings, "factory"), "SELECT answer FROM kept") == 42


@pytest.mark.parametrize("remnant", ["", "12", "someone else's process"])
def test_a_pid_file_left_by_a_crash_does_not_keep_the_server_from_starting(new_home: NewHome, remnant: str) -> None:
    settings = new_home()
    data = settings.embedded_postgres
    database_url(settings, "factory")
    lines = (data / "postmaster.pid").read_text().splitlines()
    stop(settings)
    owner = {"user": data.stat().st_uid} if os.geteuid() == 0 else {}
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, **owner) as sleeper:  # type: ignore[call-overload]
        if remnant.startswith("someone"):
            remnant = "\n".join([str(sleeper.pid), *lines[1:], ""])
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (data / name).write_text(remnant)
            shutil.chown(data / name, data.stat().st_uid, data.stat().st_gid)
        assert not is_running(settings)
        assert ask(database_url(settings, "factory"), "SELECT 1") == 1
        assert sleeper.poll() is None
        sleeper.communicate()


def test_a_copy_of_a_running_home_gets_a_server_of_its_own(running: Settings, new_home: NewHome) -> None:
    copy = new_home()
    shutil.copy(running.embedded_postgres / "postmaster.pid", copy.embedded_postgres)
    assert not is_running(copy)
    url = database_url(copy, "factory")
    assert ask(url, "SHOW data_directory") == str(copy.embedded_postgres)
    assert is_running(running)


def test_a_half_made_cluster_is_made_anew(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    left = settings.home / "postgres.new-killed"
    left.mkdir(parents=True)
    (left / "PG_VERSION").write_text("18\n")
    assert ask(database_url(settings, "factory"), "SELECT 1") == 1
    assert not left.exists()
    stop(settings)


def test_foreign_files_in_the_place_of_the_data_are_left_alone_and_named(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    settings.embedded_postgres.mkdir()
    (settings.embedded_postgres / "holiday.jpg").touch()
    with pytest.raises(FilieraError, match="holds something else"):
        database_url(settings, "factory")
    assert [path.name for path in settings.embedded_postgres.iterdir()] == ["holiday.jpg"]


def test_a_server_that_cannot_start_says_why_and_where_its_log_is(new_home: NewHome) -> None:
    settings = new_home()
    (settings.embedded_postgres / "PG_VERSION").write_text("9\n")
    with pytest.raises(FilieraError, match=r"initialized by PostgreSQL version 9.*Its log is .*log"):
        database_url(settings, "factory")


def test_stopping_what_does_not_run_changes_nothing(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    stop(settings)
    assert not settings.home.exists()
