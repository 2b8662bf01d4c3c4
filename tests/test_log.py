"""The log: silent until it is opened, two files after."""

from __future__ import annotations

import json

import pytest

from filiera.log import about_batch, close_log, log, open_log
from filiera.settings import Settings


def test_before_it_is_opened_it_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    log().warning("nobody listens")
    assert capfd.readouterr() == ("", "")


def test_a_line_stands_in_both_files_with_its_run_and_batch(home: Settings) -> None:
    open_log(home, "20260131-120000")
    with about_batch("0123456789abcdef"):
        log().info("rows extracted", rows=7)
    close_log()
    readable = (home.logs / "etl.log").read_text(encoding="utf-8")
    assert readable.endswith("[INFO   ] run=20260131-120000 batch=0123456789ab  rows extracted  rows=7\n")
    line = json.loads((home.logs / "etl.jsonl").read_text(encoding="utf-8"))
    assert (line["run"], line["batch"], line["rows"]) == ("20260131-120000", "0123456789ab", 7)


def test_a_line_break_in_a_name_forges_no_line(home: Settings) -> None:
    open_log(home)
    log().info("file landed", source="a.csv\n2026-01-31 forged")
    close_log()
    assert len((home.logs / "etl.log").read_text(encoding="utf-8").splitlines()) == 1
