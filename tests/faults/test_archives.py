"""Packed files: unpacked within limits, whatever they claim to be (F14)."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from filiera.contracts.model import Contract
from filiera.intake.intake import Intake
from filiera.intake.ledger import Batch
from filiera.settings import Settings

TEXT = b"plant,qty\nTorino,1\nCuneo,2\n"
Take = Callable[..., Batch]


@pytest.fixture
def goods(contract: Callable[..., Contract]) -> Contract:
    return contract({"plant": "string", "qty": "integer"})


@pytest.fixture
def take(drop: Callable[..., Path], intake: Callable[..., Intake], goods: Contract, home: Settings) -> Take:
    """Takes in one file under settings of its own."""

    def one(content: bytes, name: str = "rows.csv.gz", **settings: int) -> Batch:
        drop(goods.dataset, name, content)
        (batch,) = intake(goods, settings=home.model_copy(update=settings)).take_all().batches
        return batch

    return one


def test_a_packed_file_is_the_same_as_the_file_unpacked(take: Take, lake_rows: Callable[..., Any]) -> None:
    for number, name in enumerate(["rows.csv.gz", "ROWS.CSV.GZ"]):
        batch = take(gzip.compress(TEXT + b"Melfi,%d\n" % number), name)
        assert (batch.state, batch.rows_in) == ("admitted", 3)
        assert [(row["at"], row["plant"]) for row in lake_rows(batch)] == [(2, "Torino"), (3, "Cuneo"), (4, "Melfi")]


def test_members_of_a_packed_file_are_read_one_after_the_other(take: Take) -> None:
    members = gzip.compress(TEXT) + gzip.compress(b"") + gzip.compress(b"Melfi,3\n") * 500
    assert take(members).rows_in == 502


def test_json_lines_may_be_packed_too(take: Take) -> None:
    assert take(gzip.compress(b'{"plant": "Torino", "qty": 1}\n'), "rows.jsonl.gz").rows_in == 1


BOMB = gzip.compress(TEXT + b"Torino,1\n" * 5_000_000)


@pytest.mark.parametrize(
    ("settings", "limit"),
    [({"max_unpacked_bytes": 1_000_000}, 1_000_000), ({"max_unpack_ratio": 10}, 10 * len(BOMB))],
    ids=["by size", "by ratio"],
)
def test_a_bomb_is_stopped_at_the_limit(take: Take, home: Settings, settings: dict[str, int], limit: int) -> None:
    batch = take(BOMB, **settings)
    assert batch.state == "refused"
    assert str(batch.reason).startswith(f"UNPACKS_TOO_LARGE: rows.csv.gz: it unpacks to more than {limit:,} bytes")
    assert list(home.scratch.rglob("unpacked")) == []


def test_the_size_a_packed_file_declares_is_not_believed(take: Take) -> None:
    bomb = gzip.compress(TEXT + b"Torino,1\n" * 500_000)
    modest = bomb[:-4] + struct.pack("<I", 27)
    assert str(take(modest, max_unpacked_bytes=100_000).reason).startswith("UNPACKS_TOO_LARGE")


def test_a_bomb_within_a_packed_file_is_not_unpacked_again(take: Take) -> None:
    batch = take(gzip.compress(gzip.compress(b"0" * 10_000_000)))
    assert batch.reason == (
        "WRONG_KIND: rows.csv.gz: its name says text, but it is packed with gzip; let its name end in .gz."
    )


PACKED = gzip.compress(TEXT * 200, mtime=0)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (PACKED[:-1], "it ends in the middle: the upload was cut off"),
        (PACKED[: len(PACKED) // 2], "it ends in the middle: the upload was cut off"),
        (PACKED[:5], "it ends in the middle: the upload was cut off"),
        (PACKED + b"garbage behind", "it is not readable as gzip"),
        (PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], "it is not readable as gzip"),
        (TEXT, "it is not readable as gzip"),
        (b"\0" * 100, "it is not readable as gzip"),
    ],
    ids=["last byte", "half", "within the head", "garbage", "wrong checksum", "not packed", "zeros"],
)
def test_a_damaged_packed_file_is_refused_whole(take: Take, content: bytes, reason: str) -> None:
    batch = take(content)
    assert batch.state == "refused"
    assert reason in str(batch.reason)


def test_an_empty_packed_file_is_empty(take: Take) -> None:
    assert str(take(gzip.compress(b"")).reason).startswith("EMPTY_FILE")
    assert str(take(b"").reason).startswith("EMPTY_FILE")


def test_what_a_packed_file_calls_its_content_leads_nowhere(take: Take, home: Settings, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="../../../escaped.csv", mode="wb", fileobj=buffer) as file:
        file.write(TEXT)
    assert take(buffer.getvalue()).rows_in == 2
    assert list(tmp_path.rglob("escaped*")) == []


def test_a_zip_is_not_opened(take: Take, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../escaped.csv", TEXT)
    assert str(take(buffer.getvalue(), "rows.zip").reason).startswith("UNKNOWN_KIND")
    assert str(take(buffer.getvalue() + b" ", "rows.csv").reason).startswith("WRONG_KIND")
    assert list(tmp_path.rglob("escaped*")) == []
