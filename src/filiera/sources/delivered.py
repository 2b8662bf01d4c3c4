"""A delivered file, made readable: unpacked within limits, in UTF-8, with its vital signs taken.

Nothing is guessed here. What cannot be read as the contract says is refused with a code and a sentence; the landed
bytes stay as they came, and whatever is made of them lies in the scratch folder and is thrown away.
"""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from filiera.contracts.model import Dialect
from filiera.errors import BatchRefusedError
from filiera.settings import Settings

Kind = Literal["csv", "jsonl", "parquet"]
CHUNK = 4 << 20
_SUFFIXES: dict[str, Kind] = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NO_TEXT = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF-", "a PDF"),
    (b"PAR1\x15", "a Parquet file; name it .parquet"),
    (b"\x1f\x8b", "packed with gzip; let its name end in .gz"),
)
"""How files begin that people rename to `.csv`."""


@dataclass
class VitalSigns:
    """What tells a sound text from a damaged one, counted chunk by chunk by whoever reads its bytes anyway."""

    letter: str | None = None
    """What else is to be counted."""
    counted: int = 0
    """How often that letter stands in it."""
    has_nul: bool = False
    _newlines: int = field(default=0, repr=False)
    _bare_returns: int = field(default=0, repr=False)
    """Carriage returns with no line feed behind them."""
    _last: bytes = field(default=b"", repr=False)

    def take(self, chunk: bytes) -> None:
        """Go on with the next bytes."""
        self._newlines += chunk.count(b"\n")
        if b"\r" in chunk or self._last == b"\r":
            pairs = chunk.count(b"\r\n") + (self._last == b"\r" and chunk.startswith(b"\n"))
            self._bare_returns += chunk.count(b"\r") - pairs
        self.has_nul = self.has_nul or b"\0" in chunk
        if self.letter:
            self.counted += chunk.count(self.letter.encode())
        self._last = chunk[-1:] or self._last

    @property
    def lines(self) -> int:
        """Physical lines, whichever way they end."""
        return self._newlines + self._bare_returns + (self._last not in (b"", b"\n", b"\r"))


def kind_of(name: str) -> Kind:
    """What a file's name says it is."""
    stem = name.lower().removesuffix(".gz")
    suffix = Path(stem).suffix
    if suffix not in _SUFFIXES or (_SUFFIXES[suffix] == "parquet" and stem != name.lower()):
        known = ", ".join(_SUFFIXES)
        raise BatchRefusedError("UNKNOWN_KIND", f"it is of no known kind; deliver one of {known} (text also as .gz).")
    return _SUFFIXES[suffix]


def readable(landed: Path, dialect: Dialect, settings: Settings, work: Path) -> Path:
    """The landed file as UTF-8 text; `work` receives a converted copy where one is needed."""
    plain = landed
    if landed.name.lower().endswith(".gz"):
        plain = _unpacked(landed, work / "unpacked", settings)
    with plain.open("rb") as file:
        head = file.read(8)
    for mark, what in _NO_TEXT:
        if head.startswith(mark):
            raise BatchRefusedError("WRONG_KIND", f"its name says text, but it is {what}.")
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), dialect.encoding)
    if codecs.lookup(encoding).name not in ("utf-8", "utf-8-sig", "ascii"):
        plain = _recoded(plain, work / "recoded", encoding)
    return plain


def glance(path: Path, letter: str | None = None) -> VitalSigns:
    """The vital signs of a file that is read for nothing else."""
    signs = VitalSigns(letter)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            signs.take(chunk)
    return signs


def _unpacked(packed: Path, target: Path, settings: Settings) -> Path:
    """Unpack gzip, stopping as soon as a limit is passed: what a header declares is not believed."""
    ceiling = min(settings.max_unpacked_bytes, max(packed.stat().st_size, 1 << 16) * settings.max_unpack_ratio)
    written = 0
    with packed.open("rb") as source, target.open("wb") as sink:
        for block in _gunzip(source):
            written += len(block)
            if written > ceiling:
                raise BatchRefusedError(
                    "UNPACKS_TOO_LARGE",
                    f"it unpacks to more than {ceiling:,} bytes; if that is intended, raise "
                    f"max_unpacked_bytes or max_unpack_ratio in filiera.toml.",
                )
            sink.write(block)
    return target


def _gunzip(source: BinaryIO) -> Iterator[bytes]:
    """Blocks of a gzip file of any number of members, each of bounded size."""
    inflater = zlib.decompressobj(wbits=31)
    data = source.read(CHUNK)
    if not data:
        raise BatchRefusedError("EMPTY_FILE", "it is empty (0 bytes).")
    while True:
        try:
            yield inflater.decompress(data, CHUNK)
        except zlib.error as error:
            raise BatchRefusedError("UNREADABLE", f"it is not readable as gzip: {error}.") from None
        data = inflater.unconsumed_tail or (inflater.unused_data if inflater.eof else b"") or source.read(CHUNK)
        if inflater.eof and data:
            inflater = zlib.decompressobj(wbits=31)
        elif not data:
            break
    if not inflater.eof:
        raise BatchRefusedError("UNREADABLE", "it ends in the middle: the upload was cut off. Deliver it again.")


def _recoded(source: Path, target: Path, encoding: str) -> Path:
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    with source.open("rb") as text, target.open("wb") as sink:
        while True:
            chunk = text.read(CHUNK)
            try:
                sink.write(decoder.decode(chunk, final=not chunk).encode("utf-8"))
            except UnicodeError as error:
                raise BatchRefusedError(
                    "BAD_ENCODING",
                    f"it is not valid {encoding}: {getattr(error, 'reason', error)}. Deliver it as the contract says, "
                    f"or correct the encoding in the contract.",
                ) from None
            if not chunk:
                return target
