"""The lake's files: one Parquet file a batch, on a local folder or an S3 prefix, complete or absent.

A file is written aside under its final size and then appears under its name in one step: a rename locally, a completed
upload on S3. Its path says dataset, day and batch, so that any tool that reads Parquet finds its way.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from filiera.crashpoint import point
from filiera.errors import FilieraError
from filiera.settings import Settings
from filiera.sql import literal


@dataclass(frozen=True)
class Lake:
    """Where batches are kept."""

    root: str
    scratch: Path

    @classmethod
    def of(cls, settings: Settings) -> Lake:
        """The lake of a home."""
        root = settings.lake
        if root.startswith("s3://"):
            return cls(root, settings.scratch)
        # Aside, but on the lake's own file system, or the rename would be a copy.
        return cls(root, Path(root) / ".incoming")

    @property
    def is_remote(self) -> bool:
        """On S3."""
        return self.root.startswith("s3://")

    def aside(self, name: str) -> Path:
        """A place for a file that is not finished."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        return self.scratch / name

    def path(self, dataset: str, loaded_on: date, batch_id: str, revision: int) -> str:
        """The final place of a batch; a batch that is checked anew gets a new one."""
        suffix = f".{revision}" if revision else ""
        return f"{self.root}/{dataset}/loaded={loaded_on.isoformat()}/{batch_id}{suffix}.parquet"

    def publish(self, connection: duckdb.DuckDBPyConnection, finished: Path, path: str) -> None:
        """Let a finished file appear under its name."""
        point("lake.before_publish")
        if self.is_remote:
            source = f"SELECT * FROM {relation([str(finished)])}"
            try:
                connection.execute(f"COPY ({source}) TO {literal(path)} (FORMAT parquet)")
            except duckdb.Error as error:
                raise FilieraError(f"{path} could not be written: {_first_line(error)}") from error
            finished.unlink()
        else:
            target = Path(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            _sync(finished)
            finished.replace(target)
            _sync(target.parent)
        point("lake.after_publish")

    def forget(self, path: str) -> None:
        """Remove a file that a newer revision replaced. On S3 it stays: the ledger no longer names it."""
        if not self.is_remote:
            Path(path).unlink(missing_ok=True)

    def clear_aside(self) -> None:
        """Throw away what an interrupted run left unfinished."""
        shutil.rmtree(self.scratch, ignore_errors=True)


def relation(paths: list[str], *, with_place: bool = False) -> str:
    """SQL that reads lake files. A folder that is named `plant=Torino` says nothing about their rows."""
    place = ", file_row_number=true" if with_place else ""
    return f"read_parquet({literal(paths)}, hive_partitioning=false{place})"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
