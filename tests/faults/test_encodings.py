"""Text in the wrong encoding is found, named and put aside; nothing is replaced in silence (F10)."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Any

import pytest

from filiera.contracts.model import Contract
from filiera.errors import BatchRefusedError

Check = Callable[..., list[dict[str, Any]]]
Make = Callable[..., Contract]

TEXT = "plant,note\nForlì,perché €\nZürich,ok\n"
ROWS = [("Forlì", "perché €"), ("Zürich", "ok")]
COLUMNS = {"plant": "string", "note": "string"}


def read(rows: list[dict[str, Any]]) -> list[tuple[Any, Any]]:
    return [(row["plant"], row["note"]) for row in rows]


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    ],
    ids=["UTF-8", "UTF-8 with a mark", "UTF-16", "UTF-16 LE", "UTF-16 BE"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_a_byte_order_mark_says_more_than_the_contract(
    contract: Make, check: Check, content: bytes, encoding: str
) -> None:
    if content == TEXT.encode() and encoding != "utf-8":
        content = TEXT.encode(encoding)
    assert read(check(contract(COLUMNS, files={"encoding": encoding}), content)) == ROWS


@pytest.mark.parametrize("encoding", ["cp1252", "iso8859-15", "utf-16-le", "utf-16-be", "cp850"])
def test_an_encoding_the_contract_names_is_read(contract: Make, check: Check, encoding: str) -> None:
    text = TEXT.replace("€", "?") if encoding == "cp850" else TEXT
    rows = check(contract(COLUMNS, files={"encoding": encoding}), text.encode(encoding))
    assert read(rows) == [(plant, note.replace("€", "?") if encoding == "cp850" else note) for plant, note in ROWS]


def test_a_byte_that_is_no_utf8_costs_its_row_and_is_shown_as_it_came(contract: Make, check: Check) -> None:
    rows = check(contract(COLUMNS), "plant,note\nTorino,a\nForlì,b\nCuneo,c\n".encode("cp1252"))
    assert read(rows) == [("Torino", "a"), (None, None), ("Cuneo", "c")]
    assert (rows[1]["at"], rows[1]["_reasons"]) == (3, ["ROW_ENCODING"])
    assert rows[1]["_original"] == {"line": "Forl\\xec,b"}


def test_a_file_in_two_encodings_keeps_the_rows_that_can_be_read(contract: Make, check: Check) -> None:
    content = "plant,note\nForlì,1\n".encode() + "Forlì,2\n".encode("cp1252") + "Forlì,3\n".encode()
    assert read(check(contract(COLUMNS), content)) == [("Forlì", "1"), (None, None), ("Forlì", "3")]


def test_a_nul_byte_costs_its_row(contract: Make, check: Check) -> None:
    rows = check(contract(COLUMNS), 'plant,note\nTor\0ino,a\nCuneo,b\nMelfi,"two\nli\0nes"\nRivoli,d\n')
    assert read(rows) == [(None, None), ("Cuneo", "b"), (None, None), ("Rivoli", "d")]
    assert [row["_reasons"] for row in rows] == [["ROW_NUL"], None, ["ROW_NUL"], None]
    assert rows[0]["_original"] == {"line": "Tor\\x00ino,a"}
    assert [row["at"] for row in rows] == [2, 3, 4, 6]


@pytest.mark.parametrize(
    ("content", "encoding", "reason"),
    [
        (TEXT.encode("utf-16-le"), "utf-8", "as UTF-16 without a byte order mark does"),
        (TEXT.encode("utf-16-be"), "utf-8", "as UTF-16 without a byte order mark does"),
        (TEXT.encode("utf-32"), "utf-8", "its first line has NUL bytes"),
        (TEXT.encode("utf-16-le"), "utf-16", "it is not valid utf-16: UTF-16 stream does not start with BOM"),
        (TEXT.encode("utf-16") + b"\0", "utf-8", "it is not valid utf-16: truncated data"),
        ("plant,note,qualità\na,b,c\n".encode("cp1252"), "utf-8", "its header is not valid UTF-8"),
        (b"plant,note\nTorino,\x81\n", "cp1252", "it is not valid cp1252"),
    ],
    ids=["LE unmarked", "BE unmarked", "UTF-32", "no mark", "cut off", "header", "hole in cp1252"],
)
def test_a_file_that_cannot_be_decoded_is_refused_by_name(
    contract: Make, check: Check, content: bytes, encoding: str, reason: str
) -> None:
    with pytest.raises(BatchRefusedError) as caught:
        check(contract(COLUMNS, files={"encoding": encoding}), content)
    assert caught.value.code == "BAD_ENCODING"
    assert reason in str(caught.value)


def test_text_that_was_encoded_twice_is_kept_as_it_was_delivered(contract: Make, check: Check) -> None:
    # Valid UTF-8 all the same: only a person can tell, and nothing is mended behind their back.
    assert read(check(contract(COLUMNS), "plant,note\nForlÃ¬,x\n")) == [("ForlÃ¬", "x")]


def test_letters_outside_the_first_plane_and_invisible_ones_come_through(contract: Make, check: Check) -> None:
    notes = ["😀", "e\u0301", "\u200bx", "\u2028", "\u00a0", "\x0b", "\x85", "\ufeff", "\ue000", "a\tb"]
    content = "plant,note\n" + "".join(f"Torino,{note}\n" for note in notes)
    assert [row["note"] for row in check(contract(COLUMNS), content)] == notes
    damaged = check(contract(COLUMNS), content + "short\n")
    assert [row["note"] for row in damaged] == [*notes, None]
    assert [row["at"] for row in damaged] == list(range(2, len(notes) + 3))
