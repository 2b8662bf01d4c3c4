"""Files on their way in: landed as they came, entered once, and none of them a danger to the others (F13)."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path, PosixPath
from typing import Any

import pytest

from filiera.contracts.model import Contract
from filiera.errors import FilieraError, UsageError
from filiera.intake.intake import Intake
from filiera.intake.landing import land, waiting
from filiera.intake.ledger import Batch, Ledger
from filiera.settings import Settings

Drop = Callable[[str, str, str | bytes], Path]
MakeIntake = Callable[..., Intake]
Ingest = Callable[..., Batch]

TEXT = "plant,qty\nTorino,1\nCuneo,2\n"


@pytest.fixture
def goods(contract: Callable[..., Contract]) -> Contract:
    return contract({"plant": "string", "qty": "integer"})


def outcome(batch: Batch) -> tuple[str, str, int | None, int | None]:
    return batch.source, batch.state, batch.rows_in, batch.rows_rejected


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_dropped_file_is_kept_byte_by_byte_and_leaves_the_drop_folder(
    home: Settings, goods: Contract, ingest: Ingest
) -> None:
    content = TEXT.replace("\n", "\r\n").encode() + b"\xff\xfe,3"
    batch = ingest(content, "Monday's file.csv", goods)
    (landed,) = files_in(home.landing)
    assert landed == home.home / str(batch.landing_path)
    assert landed.read_bytes() == content
    assert batch.batch_id == hashlib.sha256(content).hexdigest()
    assert (batch.source, batch.bytes) == ("Monday's file.csv", len(content))
    assert waiting(home.drop / "test.rows") == []
    assert files_in(home.scratch) == []


def test_a_file_taken_in_by_name_stays_where_it_is(
    home: Settings, goods: Contract, intake: MakeIntake, tmp_path: Path
) -> None:
    path = tmp_path / "kept.csv"
    path.write_text(TEXT)
    (batch,) = intake(goods).take_files("test.rows", [path]).batches
    assert outcome(batch) == ("kept.csv", "admitted", 2, 0)
    assert path.read_text() == TEXT


def test_the_same_file_twice_counts_once(
    home: Settings, goods: Contract, drop: Drop, intake: MakeIntake, ledger: Ledger
) -> None:
    for name in ("rows.csv", "rows.csv", "copy of rows.csv", "ROWS.TXT"):
        drop("test.rows", name, TEXT)
        taken = intake(goods).take_all()
    assert taken.known == ["ROWS.TXT"]
    (batch,) = ledger.batches()
    assert outcome(batch) == ("rows.csv", "admitted", 2, 0)
    assert len(files_in(Path(home.lake))) == 1
    assert waiting(home.drop / "test.rows") == []


def test_the_same_content_twice_in_one_intake_counts_once(goods: Contract, drop: Drop, intake: MakeIntake) -> None:
    drop("test.rows", "a.csv", TEXT)
    drop("test.rows", "b.csv", TEXT)
    taken = intake(goods).take_all()
    assert ([batch.source for batch in taken.batches], taken.known) == (["a.csv"], ["b.csv"])


def test_the_same_content_in_two_datasets_are_two_deliveries(
    contract: Callable[..., Contract], drop: Drop, intake: MakeIntake
) -> None:
    columns = {"plant": "string", "qty": "integer"}
    first, second = contract(columns, dataset="test.first"), contract(columns, dataset="test.second")
    drop("test.first", "rows.csv", TEXT)
    drop("test.second", "rows.csv", TEXT)
    assert [batch.dataset for batch in intake(first, second).take_all().batches] == ["test.first", "test.second"]


def test_a_truncated_copy_and_the_whole_file_are_two_deliveries(goods: Contract, ingest: Ingest) -> None:
    cut_off = ingest("plant,qty\nTorino,1\nCun", "rows.csv", goods)
    assert outcome(cut_off) == ("rows.csv", "admitted", 2, 1)
    whole = ingest(TEXT, "rows.csv", goods)
    assert outcome(whole) == ("rows.csv", "admitted", 2, 0)
    assert whole.seq > cut_off.seq


def test_a_refused_file_does_not_stop_the_others(goods: Contract, drop: Drop, intake: MakeIntake) -> None:
    drop("test.rows", "a.csv", "")
    drop("test.rows", "b.parquet", b"PAR1 and then nothing")
    drop("test.rows", "c.csv", TEXT)
    drop("test.rows", "d.xlsx", b"PK\x03\x04")
    taken = intake(goods).take_all()
    assert [outcome(batch) for batch in taken.batches] == [
        ("a.csv", "refused", None, None),
        ("b.parquet", "refused", None, None),
        ("c.csv", "admitted", 2, 0),
        ("d.xlsx", "refused", None, None),
    ]
    assert [str(batch.reason).partition(":")[0] for batch in taken.batches if batch.reason] == [
        "EMPTY_FILE", "UNREADABLE", "UNKNOWN_KIND",
    ]  # fmt: skip


def test_a_refused_file_is_known_as_long_as_nothing_has_changed(
    goods: Contract, drop: Drop, intake: MakeIntake, ledger: Ledger
) -> None:
    for _ in range(2):
        drop("test.rows", "a.csv", "plant\nTorino\n")
        taken = intake(goods).take_all()
    assert (taken.batches, taken.known) == ([], ["a.csv"])
    (batch,) = ledger.batches()
    assert str(batch.reason).startswith("MISSING_COLUMN")


def test_a_refused_file_is_read_when_it_comes_again_under_a_contract_that_knows_it(
    contract: Callable[..., Contract], goods: Contract, ingest: Ingest, ledger: Ledger
) -> None:
    refused = ingest("plant;qty\nTorino;1\n", "rows.csv", goods)
    assert refused.state == "refused"
    corrected = contract({"plant": "string", "qty": "integer"}, files={"delimiter": ";"})
    again = ingest("plant;qty\nTorino;1\n", "rows.csv", corrected)
    assert outcome(again) == ("rows.csv", "admitted", 1, 0)
    assert (again.seq, again.reason) == (refused.seq, None)


def test_a_file_refused_for_its_name_is_read_when_it_comes_again_under_a_right_one(
    goods: Contract, ingest: Ingest, drop: Drop, intake: MakeIntake, ledger: Ledger
) -> None:
    assert str(ingest(TEXT, "rows.dat", goods).reason).startswith("UNKNOWN_KIND")
    assert outcome(ingest(TEXT, "rows.csv", goods)) == ("rows.csv", "admitted", 2, 0)
    drop("test.rows", "rows.dat", TEXT)
    assert intake(goods).take_all().known == ["rows.dat"]
    assert len(ledger.batches()) == 1


@pytest.mark.parametrize(
    "name",
    ["生産.csv", "données é.CSV", "a" * 200 + ".csv", "--.csv", "x\ny.csv", "a;b'c\"d.csv", "%s {0} $x.csv"],
)
def test_a_file_may_have_any_name(home: Settings, goods: Contract, ingest: Ingest, name: str) -> None:
    batch = ingest(TEXT, name, goods)
    assert outcome(batch) == (name, "admitted", 2, 0)
    landed = home.home / str(batch.landing_path)
    assert landed.parent.parent == home.landing / "test.rows"
    assert landed.suffix.lower() == ".csv"


def test_a_name_that_is_no_text_is_told_in_letters(
    home: Settings, goods: Contract, drop: Drop, intake: MakeIntake
) -> None:
    path = drop("test.rows", "Forl\udcec.csv", TEXT)  # the byte EC, as Latin-1 writes an i with an accent
    (batch,) = intake(goods).take_all().batches
    assert outcome(batch) == ("Forl\\udcec.csv", "admitted", 2, 0)
    assert not path.exists()


def test_names_that_try_to_leave_their_folder_stay_in_it(
    home: Settings, goods: Contract, intake: MakeIntake, tmp_path: Path
) -> None:
    for number, name in enumerate(["..csv", "...", "..%2f..%2fevil.csv", "..\\..\\evil.csv", "-.csv"]):
        path = tmp_path / name
        path.write_text(f"{TEXT}Melfi,{number}\n")
        intake(goods).take_files("test.rows", [path])
        path.unlink()
    landed = files_in(home.landing)
    assert len(landed) == 5
    assert {path.parent.parent for path in landed} == {home.landing / "test.rows"}
    assert {path.name for path in files_in(tmp_path) if not path.is_relative_to(home.home)} == {"test.rows.odcs.yaml"}


def test_partial_and_hidden_files_and_folders_wait(
    home: Settings, drop: Drop, goods: Contract, intake: MakeIntake
) -> None:
    waits = ["rows.csv.part", "rows.tmp", "rows.crdownload", "rows.filepart", "rows.PARTIAL", ".rows.csv", "README.md"]
    for name in waits:
        drop("test.rows", name, TEXT)
    drop("test.rows/done", "rows.csv", TEXT)
    taken = intake(goods).take_all()
    assert (taken.batches, taken.known, taken.unfinished) == ([], [], [])
    assert len(files_in(home.drop)) == len(waits) + 1


class Growing(PosixPath):
    """A file that somebody writes to as soon as it is opened for reading."""

    added = b"Melfi,3\n"

    def open(self, mode: str = "r", *more: Any, **named: Any) -> Any:
        """Open the file, and let it grow."""
        opened = super().open(mode, *more, **named)
        if mode == "rb":
            with super().open("ab") as writer:
                writer.write(self.added)
        return opened


class Replaced(Growing):
    """A file in whose place another of the same size is put while it is read."""

    def open(self, mode: str = "r", *more: Any, **named: Any) -> Any:
        """Open the file, and put another in its place."""
        opened = Path(self).open(mode, *more, **named)  # noqa: SIM115 - our caller closes it
        if mode == "rb":
            other = Path(f"{self}.other")
            other.write_bytes(Path(self).read_bytes()[::-1])
            os.utime(other, ns=(0, 0))
            other.replace(self)
        return opened


@pytest.mark.parametrize("kind", [Growing, Replaced])
def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_run(
    home: Settings, goods: Contract, intake: MakeIntake, tmp_path: Path, kind: type[Path]
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(TEXT)
    taken = intake(goods).take_files("test.rows", [kind(path)])
    assert (taken.batches, taken.unfinished) == ([], ["rows.csv"])
    assert files_in(home.landing) == files_in(home.scratch) == []
    path.write_text(TEXT)
    (batch,) = intake(goods).take_files("test.rows", [path]).batches
    assert batch.state == "admitted"


def test_what_lands_of_a_file_that_is_written_to_is_what_it_once_was(home: Settings, tmp_path: Path) -> None:
    path = tmp_path / "busy.csv"
    path.write_bytes(TEXT.encode())

    def write() -> None:
        with path.open("ab", buffering=0) as file:
            for _ in range(500):
                file.write(b"Torino,1\n" * 100)

    writer = threading.Thread(target=write)
    writer.start()
    landings = [land(path, "test.rows", home) for _ in range(10)]
    writer.join()
    landings.append(land(path, "test.rows", home))
    assert landings[-1]
    final = path.read_bytes()
    for landed in filter(None, landings):
        content = landed.path.read_bytes()
        assert final.startswith(content)
        assert hashlib.sha256(content).hexdigest() == landed.batch_id
        assert len(content) == landed.size


def test_a_file_that_grows_faster_than_it_is_copied_is_not_followed(home: Settings, tmp_path: Path) -> None:
    class Endless(PosixPath):
        def open(self, mode: str = "r", *more: Any, **named: Any) -> Any:
            return Path("/dev/zero" if mode == "rb" else self).open(mode, *more, **named)

    path = tmp_path / "rows.csv"
    path.write_text(TEXT)
    assert land(Endless(path), "test.rows", home) is None
    assert files_in(home.scratch) == []


def test_what_is_no_plain_file_is_not_waited_for(goods: Contract, intake: MakeIntake, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(UsageError, match=r"pipe\.csv is no plain file\. Write its content to one, and name that\."):
        intake(goods).take_files("test.rows", [tmp_path / "pipe.csv"])


def test_a_file_that_is_taken_away_at_the_last_moment_does_not_stop_the_others(
    home: Settings, goods: Contract, drop: Drop, ledger: Ledger
) -> None:
    gone = drop("test.rows", "a.csv", TEXT)
    drop("test.rows", "b.csv", TEXT + "Melfi,3\n")

    def take_away(message: str) -> None:
        if "a.csv" in message:
            gone.unlink(missing_ok=True)

    intake = Intake(home, {"test.rows": goods}, ledger, today=home.today(), progress=take_away)
    taken = intake.take_all()
    assert [batch.source for batch in taken.batches] == ["b.csv"]
    (fault,) = taken.faults
    assert str(fault) == f"There is no file {gone}. Check the name."


def test_a_file_the_disk_cannot_read_does_not_stop_the_others(
    home: Settings, goods: Contract, drop: Drop, intake: MakeIntake
) -> None:
    drop("test.rows", "b.csv", TEXT)
    (home.drop / "test.rows" / "a.csv").symlink_to("/proc/self/mem")  # reading it is an input/output error
    taken = intake(goods).take_all()
    assert [batch.source for batch in taken.batches] == ["b.csv"]
    (fault,) = taken.faults
    assert os.strerror(errno.EIO) in str(fault)
    assert files_in(home.scratch) == []


def test_a_wrong_name_is_said_before_anything_is_taken(
    goods: Contract, intake: MakeIntake, ledger: Ledger, tmp_path: Path
) -> None:
    sound = tmp_path / "rows.csv"
    sound.write_text(TEXT)
    with pytest.raises(UsageError, match=r"There is no file /.*/nothing\.csv\. Check the name\."):
        intake(goods).take_files("test.rows", [sound, tmp_path / "nothing.csv"])
    with pytest.raises(UsageError, match=r"is a folder\. Name files, or put them into /.*/drop/test\.rows\."):
        intake(goods).take_files("test.rows", [sound, tmp_path])
    with pytest.raises(UsageError, match=r"There is no dataset 'test\.row'; known are: test\.rows\."):
        intake(goods).take_files("test.row", [sound])
    assert ledger.batches() == []


def test_a_landed_file_that_is_lost_is_told_and_comes_back_when_it_is_delivered_again(
    home: Settings, goods: Contract, drop: Drop, intake: MakeIntake, ledger: Ledger
) -> None:
    batch = ledger.enter(
        "test.rows",
        hashlib.sha256(TEXT.encode()).hexdigest(),
        kind="file",
        source="rows.csv",
        loaded_on=home.today(),
        loaded_at=home.present(),
        landing_path=f"landing/test.rows/{hashlib.sha256(TEXT.encode()).hexdigest()[:16]}/rows.csv",
    )
    drop("test.rows", "other.csv", TEXT + "Melfi,3\n")
    taken = intake(goods).take_all()
    assert [done.source for done in taken.batches] == ["other.csv"]
    (fault,) = taken.faults
    assert isinstance(fault, FilieraError)
    assert "is missing from landing; restore it, or deliver rows.csv again." in str(fault)
    drop("test.rows", "rows.csv", TEXT)
    (again,) = intake(goods).take_all().batches
    assert (again.seq, again.state) == (batch.seq, "admitted")
    assert intake(goods).take_all().faults == []


def test_a_batch_with_too_many_rejected_rows_is_held_whole(
    contract: Callable[..., Contract], ingest: Ingest, home: Settings
) -> None:
    strict = contract({"plant": "string", "qty": "integer"}, rejectedShareLimit=0.25)
    at_the_limit = ingest("plant,qty\na,1\na,2\na,3\na,x\n", contract=strict)
    assert outcome(at_the_limit) == ("rows.csv", "admitted", 4, 1)
    over = ingest("plant,qty\na,1\na,2\na,y\n", contract=strict)
    assert outcome(over) == ("rows.csv", "held", 3, 1)
    assert over.reason == "TOO_MANY_REJECTED: 1 of 3 rows rejected (33%), the contract's limit is 25%"
    assert Path(str(over.lake_path)).is_file()


def test_columns_the_contract_does_not_know_are_noted(goods: Contract, ingest: Ingest) -> None:
    batch = ingest("plant,qty,shift\nTorino,1,early\n", contract=goods)
    assert batch.note == "columns not in the contract, kept in _extra: shift"


@pytest.mark.parametrize("folder", ["plant=Cuneo", "loaded=2020-01-01", "a[b]*?", "it's {x} %s"])
def test_a_home_may_stand_in_any_folder(
    folder: str, tmp_path: Path, contract: Callable[..., Contract], now: Any
) -> None:
    # A folder that is named like a partition must not fill columns, and a pattern must not match other files.
    home = Settings(home=tmp_path / folder / "home", now=now)
    named = contract({"plant": "string", "loaded": "string", "filename": "string"})
    ledger = Ledger(home)
    path = home.drop / "test.rows" / "rows.csv"
    path.parent.mkdir(parents=True)
    path.write_text("plant,loaded,filename\nTorino,now,f\n,,\nshort\n")
    (batch,) = Intake(home, {"test.rows": named}, ledger, today=home.today()).take_all().batches
    ledger.close()
    assert outcome(batch) == ("rows.csv", "admitted", 3, 1)
    assert Path(str(batch.lake_path)).is_file()


def test_columns_named_like_the_lakes_folders_keep_their_values(
    contract: Callable[..., Contract], ingest: Ingest, lake_rows: Callable[[Batch], list[dict[str, Any]]]
) -> None:
    named = contract({"loaded": "string", "filename": "string"})
    rows = lake_rows(ingest("loaded,filename\nby hand,x.txt\n", contract=named))
    assert [(row["loaded"], row["filename"]) for row in rows] == [("by hand", "x.txt")]
