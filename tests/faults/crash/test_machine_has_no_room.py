"""F20: a full disk, a home that may not be written, too few files, too little memory.

The run says in one sentence what is wrong and what to do, readers keep what was published, and when there is room again
the next run has the same numbers as if nothing had happened.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.faults.crash.commands import Done, Zygote
from tests.faults.crash.deliveries import FIRST_TOTALS, SECOND_FILE, copy_of, deliver, totals

pytestmark = pytest.mark.slow

FILE_TOTALS = {key: value for key, value in FIRST_TOTALS.items() if key[1] != "Melfi"}
BOTH_TOTALS = FILE_TOTALS | {
    ("2026-01-28", "Torino", "L1"): (224, 11),
    ("2026-01-30", "Cuneo", "L2"): (50, 6),
    ("2026-01-30", "Torino", "L1"): (130, 2),
}
MIB = 1 << 20
LIKE_ANYBODY = """\
import ctypes
libc = ctypes.CDLL(None)
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
sets = (ctypes.c_uint32 * 6)()
libc.capget(header, sets)
sets[0] &= ~0b111
libc.capset(header, sets)
"""
"""Even root may from here on only do what the permissions of a file say."""


@pytest.fixture
def home(run_home: Path, tmp_path: Path) -> Path:
    """A home that has run, with a second delivery."""
    copy = copy_of(run_home, tmp_path / "home")
    deliver(copy, "second", SECOND_FILE)
    return copy


def told(done: Done, *words: str) -> str:
    """The one sentence a failed command ends with, once it is seen to say so."""
    assert "Traceback" not in done.err
    sentence = done.expect(1).err.strip().splitlines()[-1]
    assert sentence.startswith("Error: ")
    assert [word for word in words if word not in sentence] == [], sentence
    return sentence


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], check=False, stderr=-3)
    if made.returncode:
        pytest.skip("this user may not mount a disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, left: int) -> Path:
    """A file that leaves so many bytes of the disk."""
    ballast = disk / "ballast"
    ballast.unlink(missing_ok=True)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - left)
    return ballast


@pytest.mark.parametrize("left", [0, 64 << 10, MIB])
def test_a_full_disk_is_told_and_once_there_is_room_the_run_is_made_good(
    filiera: Zygote, home: Path, small_disk: Path, left: int
) -> None:
    moved = copy_of(home, small_disk / "home")
    ballast = fill(small_disk, left)
    before = totals(moved)
    done = filiera.run("run", home=moved)
    told(done, "disk", "is full", "Free some space", "run again")
    assert totals(moved) == before
    ballast.unlink()
    filiera.run("run", home=moved).expect(0)
    assert totals(moved) == BOTH_TOTALS


@pytest.mark.parametrize("left", [400 << 10, 700 << 10])
def test_a_disk_that_stays_full_is_told_again_by_the_run_that_finishes_what_was_cut_off(
    filiera: Zygote, new_home: Path, small_disk: Path, left: int
) -> None:
    moved = copy_of(new_home, small_disk / "home")
    for _ in range(3):
        ballast = fill(small_disk, left)
        told(filiera.run("run", home=moved), "disk", "is full", "Free some space", "run again")
    ballast.unlink()
    filiera.run("run", home=moved).expect(0)
    assert totals(moved) == FILE_TOTALS


def test_a_disk_too_small_for_the_embedded_server_is_told_in_a_sentence(filiera: Zygote, small_disk: Path) -> None:
    fill(small_disk, 16 * MIB)
    told(filiera.run("generate", "factory", home=small_disk / "home"), "embedded PostgreSQL", "No space left")


@pytest.mark.parametrize(("change", "words"), [("SUCCESS", "written down"), ("ENQUEUED", "taken up")])
def test_a_run_does_not_wait_for_ever_for_one_whose_course_cannot_be_written_down(
    filiera: Zygote, new_home: Path, change: str, words: str
) -> None:
    filiera.run("run", home=new_home, kill_at="landing.entered").expect(-9)
    with closing(sqlite3.connect(new_home / "state" / "runs.sqlite")) as runs, runs:
        runs.execute(
            "CREATE TRIGGER full BEFORE UPDATE OF status ON workflow_status "
            f"WHEN NEW.status = '{change}' BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
    impatient = "from filiera.pipeline import awaiting; awaiting._UNTIL_TAKEN_UP = awaiting._UNTIL_WRITTEN = 3"
    told(filiera.run("run", home=new_home, before=impatient), words, "run again")
    with closing(sqlite3.connect(new_home / "state" / "runs.sqlite")) as runs, runs:
        runs.execute("DROP TRIGGER full")
    filiera.run("run", home=new_home).expect(0)
    assert totals(new_home) == FILE_TOTALS


def test_a_limit_on_the_size_of_files_is_told_and_once_it_is_raised_the_run_is_made_good(
    filiera: Zygote, home: Path
) -> None:
    done = filiera.run("run", home=home, limits={"RLIMIT_FSIZE": 256 << 10})
    told(done, "ulimit -f", "run again")
    filiera.run("run", home=home).expect(0)
    assert totals(home) == BOTH_TOTALS


@pytest.mark.parametrize("folder", [".", "lake", "serving"])
def test_a_home_that_may_not_be_written_is_told_and_once_it_may_the_run_is_made_good(
    filiera: Zygote, home: Path, folder: str
) -> None:
    closed = [path for path in (home / folder, *(home / folder).rglob("*")) if path.is_dir() or path.is_file()]
    modes = {path: path.stat().st_mode for path in closed if not path.is_symlink()}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    done = filiera.run("run", home=home, before=LIKE_ANYBODY)
    told(done, "un again")
    for path, mode in modes.items():
        path.chmod(mode)
    filiera.run("run", home=home).expect(0)
    assert totals(home) == BOTH_TOTALS


def test_a_permission_that_is_lost_during_the_run_is_told(filiera: Zygote, home: Path) -> None:
    run = filiera.start_until("duckdb.marked", "run", home=home, before=LIKE_ANYBODY)
    (home / "serving").chmod(0o500)
    run.go_on()
    told(run.wait(), "ermission", "run again")
    assert totals(home) == FILE_TOTALS
    (home / "serving").chmod(0o700)
    filiera.run("run", home=home).expect(0)
    assert totals(home) == BOTH_TOTALS


def test_too_few_files_are_told_and_with_more_the_run_is_made_good(filiera: Zygote, home: Path) -> None:
    done = filiera.run("run", home=home, limits={"RLIMIT_NOFILE": 12})
    told(done, "ulimit -n")
    filiera.run("run", home=home).expect(0)
    assert totals(home) == BOTH_TOTALS


def test_too_little_memory_for_the_engine_is_told_and_with_more_the_run_is_made_good(
    filiera: Zygote, home: Path
) -> None:
    told(filiera.run("run", home=home, memory_limit="2MB"), "memory", "FILIERA_MEMORY_LIMIT")
    filiera.run("run", home=home).expect(0)
    assert totals(home) == BOTH_TOTALS


def test_a_machine_without_memory_ends_the_run_with_a_sentence(filiera: Zygote, home: Path) -> None:
    grow = "import psutil, resource; now = psutil.Process().memory_info().vms"
    limit = "resource.setrlimit(resource.RLIMIT_AS, (now + (160 << 20), now + (160 << 20)))"
    done = filiera.run("run", home=home, before=f"{grow}; {limit}")
    told(done, "memory")
    filiera.run("run", home=home).expect(0)
    assert totals(home) == BOTH_TOTALS
