"""Lines, NUL bytes and delimiters are counted while a file lands, and tell a damaged file whatever it is packed in."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filiera.contracts.model import Contract
from filiera.intake.ledger import Batch
from filiera.sources import files
from filiera.sources.delivered import VitalSigns

Make = Callable[..., Contract]
Check = Callable[..., list[dict[str, Any]]]
Ingest = Callable[..., Batch]
LakeRows = Callable[[Batch], list[dict[str, Any]]]

TEXTS = {
    "sound": "plant,qty\nTorino,1\nCuneo,2\n",
    "a quote that swallows lines": 'plant,qty\n"Torino,1\nCuneo,2\nIvrea",3\nAsti,4\n',
    "a field with a line break": 'plant,qty\n"To\nrino",1\nCuneo,2\n',
    "empty fields too many": "plant,qty\nTorino,1,\nCuneo,2\n",
    "a NUL byte": "plant,qty\nTor\0ino,1\nCuneo,2\n",
    "bare carriage returns": "plant,qty\rTorino,1\rCuneo,2",
    "no last line end": "plant,qty\nTorino,1\nCuneo,2",
}
PACKED: dict[str, Callable[[str], bytes]] = {
    "rows.csv": str.encode,
    "rows.csv.gz": lambda text: gzip.compress(text.encode()),
    "wide.csv": lambda text: text.encode("utf-16"),
}


@given(text=st.text("ab,\r\n\0", max_size=40).map(str.encode), cuts=st.lists(st.integers(0, 40), max_size=5))
def test_signs_are_the_same_however_the_bytes_come(text: bytes, cuts: list[int]) -> None:
    signs = VitalSigns(",")
    edges = [0, *sorted(cuts), len(text)]
    for begin, end in pairwise(edges):
        signs.take(text[begin:end])
    lines = re.findall(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)
    assert (signs.lines, signs.counted, signs.has_nul) == (len(lines), text.count(b","), b"\0" in text)


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_delivery_has_the_rows_that_a_check_of_its_landed_file_finds(
    contract: Make, check: Check, ingest: Ingest, lake_rows: LakeRows, text: str, name: str, *, required: bool
) -> None:
    goods = contract({"plant": "string", "qty": {"logicalType": "integer", "required": required}})
    content = PACKED[name](text)
    counted_anew = check(goods, content, name)
    batch = ingest(content, name, goods)
    assert batch.rows_in == len(counted_anew)
    own = ("at", "plant", "qty", "_failed", "_reasons", "_original")
    assert [[row[column] for column in own] for row in lake_rows(batch)] == [
        [row[column] for column in own] for row in counted_anew
    ]


@pytest.mark.parametrize("required", [True, False])
def test_a_plain_file_is_counted_while_it_lands_and_not_once_more(
    contract: Make, ingest: Ingest, monkeypatch: pytest.MonkeyPatch, *, required: bool
) -> None:
    def refuse(path: Path, letter: str | None = None) -> VitalSigns:
        raise AssertionError(path, letter)

    monkeypatch.setattr(files, "glance", refuse)
    goods = contract({"plant": "string", "qty": {"logicalType": "integer", "required": required}})
    assert ingest(TEXTS["sound"], "rows.csv", goods).rows_in == 2
    assert ingest('{"plant": "Asti", "qty": 1}\n', "rows.jsonl", goods).rows_in == 1
