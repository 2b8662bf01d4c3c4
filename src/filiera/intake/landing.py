"""Landing: the delivered bytes, kept as they came, found again by their content.

A file is copied aside while its hash is taken, and put in its place only if it did not change meanwhile. A file that
is still being written is left alone and taken by the next run.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from filiera.contracts.check import safe_name
from filiera.crashpoint import point
from filiera.errors import FilieraError, UsageError
from filiera.settings import Settings
from filiera.sources.delivered import VitalSigns

_CHUNK = 4 << 20
_PARTIAL = (".part", ".partial", ".tmp", ".crdownload", ".filepart")


@dataclass(frozen=True)
class Landed:
    """A delivery that lies in landing."""

    batch_id: str
    path: Path
    size: int


def waiting(folder: Path) -> list[Path]:
    """Files in a drop folder, oldest name first; hidden and partial ones are not ready."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    return sorted(path for path in found if path.suffix.lower() not in _PARTIAL and path.name != "README.md")


def land(source: Path, dataset: str, settings: Settings, signs: VitalSigns | None = None) -> Landed | None:
    """Copy a file into landing, taking its vital signs on the way; None when it changed while it was read."""
    settings.scratch.mkdir(parents=True, exist_ok=True)
    copy = settings.scratch / f"landing-{os.getpid()}-{safe_name(source.name)}"
    try:
        before = source.stat()
        if not stat.S_ISREG(before.st_mode):
            raise UsageError(f"{source} is no plain file. Write its content to one, and name that.")
        digest = _copy(source, copy, before.st_size, signs)
        after = source.stat()
    except FileNotFoundError:
        raise UsageError(f"There is no file {source}. Check the name.") from None
    except PermissionError as error:
        raise UsageError(f"{error.filename} cannot be read: permission denied. Let this user read it.") from None
    except OSError as error:
        copy.unlink(missing_ok=True)
        raise FilieraError(f"{source} cannot be copied to landing: {error.strerror}.") from None
    if (before.st_size, before.st_mtime_ns) != (
        after.st_size,
        after.st_mtime_ns,
    ) or copy.stat().st_size != after.st_size:
        copy.unlink()
        return None
    target = settings.landing / dataset / digest[:16] / safe_name(source.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    point("landing.before_publish")
    # The same bytes under a second name are kept once, unless the name says that they are of another kind.
    kept = (path for path in sorted(target.parent.iterdir()) if path.is_file())
    existing = next((path for path in kept if _kind(path) == _kind(target)), None)
    if existing:
        copy.unlink()
        target = existing
    else:
        copy.replace(target)
    return Landed(digest, target, after.st_size)


def _kind(path: Path) -> list[str]:
    return [suffix.lower() for suffix in path.suffixes[-2 if path.suffix.lower() == ".gz" else -1 :]]


def _copy(source: Path, target: Path, size: int, signs: VitalSigns | None) -> str:
    """Copy a file of a known size; one that grows is not followed any further, as it may grow faster than that."""
    digest = hashlib.sha256()
    copied = 0
    with source.open("rb") as reader, target.open("wb") as writer:
        while copied <= size and (chunk := reader.read(_CHUNK)):
            digest.update(chunk)
            writer.write(chunk)
            if signs is not None:
                signs.take(chunk)
            copied += len(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    return digest.hexdigest()
