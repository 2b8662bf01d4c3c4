"""F18: files of a home that are damaged, cut off or gone are made again, or named; numbers are right or missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from tests.faults.crash.commands import Done, Zygote
from tests.faults.crash.deliveries import FIRST_TOTALS, copy_of, deliver, totals

pytestmark = pytest.mark.slow

FILE_TOTALS = {key: value for key, value in FIRST_TOTALS.items() if key[1] != "Melfi"}
NEW_TOTALS = {**FILE_TOTALS, ("2026-01-30", "Torino", "L9"): (10, 1)}
COUNT = "SELECT count(*) AS n, sum(total_produced) AS made FROM factory.production_fact"


def garbage(path: Path) -> None:
    """Nothing of what it was."""
    path.write_bytes(b"\x00this is no database\xff" * 500)


def cut(path: Path) -> None:
    """Its first half."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def scratched(path: Path) -> None:
    """Whole, but for every byte behind its headers."""
    content = path.read_bytes()
    path.write_bytes(content[:12288] + bytes(byte ^ 0x5A for byte in content[12288:]))


def scuff(path: Path) -> None:
    """Sound as far as what it says of itself goes, but for a table."""
    content = path.read_bytes()
    for start in range(12288, len(content), 262144):
        path.write_bytes(content[: start + 100] + b"\x5a" * 1000 + content[start + 1100 :])
        try:
            with duckdb.connect(str(path), read_only=True) as connection:
                connection.execute("FROM meta.published").fetchall()
                with pytest.raises(duckdb.Error):
                    connection.execute("FROM factory.mart_machine_daily").fetchall()
        except (duckdb.Error, pytest.fail.Exception):
            continue
        return
    raise AssertionError("no block holds the table alone")


def gone(path: Path) -> None:
    """Deleted."""
    path.unlink()


Damage = Callable[[Path], None]


@pytest.fixture
def home(run_home: Path, tmp_path: Path) -> Path:
    """A home that has run, with a further delivery."""
    copy = copy_of(run_home, tmp_path / "home")
    deliver(copy, "new", "Torino,L9,M009,2026-01-30,10,1,2026-01-30 20:00:00\n")
    return copy


def sentence(done: Done) -> str:
    """The sentence with which a command failed."""
    assert "Traceback" not in done.err
    assert "FILIERA_DEBUG" not in done.err
    return done.expect(1).err.strip().splitlines()[-1]


def test_a_scratched_warehouse_is_named_with_what_to_do_and_made_again(filiera: Zygote, home: Path) -> None:
    scratched(home / "warehouse" / "warehouse.duckdb")
    done = filiera.run("run", home=home)
    if done.code:
        assert "filiera rebuild" in sentence(done)
        assert totals(home) == FILE_TOTALS
        filiera.run("rebuild", home=home).expect(0)
    assert totals(home) == NEW_TOTALS


@pytest.mark.parametrize("damage", [gone, cut])
def test_the_log_of_a_killed_warehouse_may_be_damaged_or_gone(filiera: Zygote, home: Path, damage: Damage) -> None:
    filiera.run("run", home=home, kill_at="duckdb.before_mark").expect(-9)
    log = home / "warehouse" / "warehouse.duckdb.wal"
    log.touch()
    damage(log)
    filiera.run("run", home=home).expect(0)
    assert totals(home) == NEW_TOTALS


@pytest.mark.parametrize("damage", [cut, scratched])
def test_a_damaged_publication_is_named_and_made_again(filiera: Zygote, home: Path, damage: Damage) -> None:
    damage((home / "serving" / "current.duckdb").resolve())
    for words in (["query", COUNT], ["trace", "production_fact", "2026-01-28/Torino/L1"]):
        assert "to publish it again" in sentence(filiera.run(*words, home=home))
    filiera.run("status", home=home)
    filiera.run("doctor", home=home).expect(1)
    filiera.run("rebuild", home=home).expect(0)
    assert totals(home) == FILE_TOTALS


def test_a_publication_with_a_damaged_part_is_not_built_upon(filiera: Zygote, home: Path) -> None:
    scuff((home / "serving" / "current.duckdb").resolve())
    assert "to publish it again" in sentence(filiera.run("query", "FROM factory.mart_machine_daily", home=home))
    filiera.run("run", home=home).expect(0)
    assert totals(home) == NEW_TOTALS
    filiera.run("query", "FROM factory.mart_machine_daily", home=home).expect(0)


@pytest.mark.parametrize("damage", [garbage, cut])
def test_a_damaged_ledger_is_named_and_nothing_is_published_from_it(
    filiera: Zygote, home: Path, damage: Damage
) -> None:
    ledger = home / "state" / "ledger.sqlite"
    kept = ledger.read_bytes()
    damage(ledger)
    told = sentence(filiera.run("run", home=home))
    assert "is damaged" in told
    assert "backup" in told
    assert totals(home) == FILE_TOTALS
    ledger.write_bytes(kept)
    filiera.run("run", home=home).expect(0)
    assert totals(home) == NEW_TOTALS


def test_a_lost_ledger_is_told_instead_of_publishing_what_little_is_left(filiera: Zygote, home: Path) -> None:
    for path in (home / "state").glob("ledger.sqlite*"):
        path.unlink()
    for words in (["run"], ["rebuild"], ["ingest"]):
        told = sentence(filiera.run(*words, home=home))
        assert "ledger is empty" in told
        assert "backup" in told
    assert totals(home) == FILE_TOTALS


@pytest.mark.parametrize("damage", [cut, gone])
def test_the_states_of_runs_may_be_damaged_or_gone(filiera: Zygote, home: Path, damage: Damage) -> None:
    runs = home / "state" / "runs.sqlite"
    damage(runs)
    done = filiera.run("run", home=home)
    if done.code:
        assert "runs.sqlite" in sentence(done)
        runs.unlink()
        filiera.run("run", home=home).expect(0)
    assert totals(home) == NEW_TOTALS


@pytest.mark.parametrize("damage", [cut, gone])
def test_a_damaged_file_of_the_lake_is_named_and_made_again_from_landing(
    filiera: Zygote, new_home: Path, damage: Damage
) -> None:
    filiera.run("run", home=new_home).expect(0)
    (file,) = (new_home / "lake").rglob("*.parquet")
    damage(file)
    told = sentence(filiera.run("rebuild", home=new_home))
    assert file.name in told
    assert "filiera replay" in told
    assert totals(new_home) == FILE_TOTALS
    filiera.run("doctor", home=new_home).expect(1)
    filiera.run("replay", "factory.production_raw", "--all", home=new_home).expect(0)
    filiera.run("run", home=new_home).expect(0)
    assert totals(new_home) == FILE_TOTALS
