"""The figures of the table, one function each."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.data import rows_sql, write_csv
from benchmarks.figures import Figure, Sample, in_turn, measured, middle
from benchmarks.fleet import FleetBench
from benchmarks.history import HistoryBench
from filiera.duck import attach_postgres, connect
from filiera.settings import load_settings
from filiera.sources.embedded_postgres import database_url

_CSV_ROWS = 10_000_000
_TABLE_ROWS = 5_000_000
_PEER_ROWS = 2_000_000
_PEAK_MIB = 2048
_DATE = "2026-01-31"


class Bench:
    """One run of the benchmarks, in a folder of its own."""

    def __init__(self, folder: Path, share: float) -> None:
        self.folder = folder
        self.share = share

    def figures(self) -> dict[str, Callable[[], Iterator[Figure]]]:
        """The rows by name, in the table's order."""
        fleet = FleetBench(self.folder, self.share)
        return {
            "csv": self.csv,
            "table": self.table,
            "build": self.build,
            "generate": fleet.generate,
            "load": fleet.load,
            **({"load10": fleet.load_ten_times} if self.share == 1 else {}),
            "history": HistoryBench(self.folder, self.share).history,
            "help": self.help,
        }

    def csv(self) -> Iterator[Figure]:
        """A checked intake against a typed copy."""
        rows = int(_CSV_ROWS * self.share)
        csv = write_csv(self.folder / "big.csv", rows)
        home = self.folder / "csv-home"

        def ours() -> Sample:
            shutil.rmtree(home, ignore_errors=True)
            return measured("checked_csv", home=home, csv=csv)

        checked, typed = in_turn(ours, lambda: measured("typed_csv", csv=csv, parquet=self.folder / "typed.parquet"))
        peak = max(sample.peak_mib for sample in checked)
        ratio = middle(checked) / middle(typed)
        landing = sorted(sample.facts["landing"] for sample in checked)[len(checked) // 2]
        yield Figure(
            f"check of a CSV, {rows:,} rows, {csv.stat().st_size / 1e6:,.0f} MB",
            middle(checked),
            "DuckDB typed CSV → Parquet",
            middle(typed),
            "1.25 ×, 2 GiB peak",
            ratio <= 1.25 and peak <= _PEAK_MIB,
            peak,
            f"landing (copy, SHA-256, fsync) before it: {landing:.2f} s",
        )
        csv.unlink()
        shutil.rmtree(home)

    def table(self) -> Iterator[Figure]:
        """A PostgreSQL table, read and checked; and the peer on a size that finishes."""
        rows = int(_TABLE_ROWS * self.share)
        base = load_settings(self.folder / "table-base")
        url = database_url(base, "factory")
        self._fill(url, rows)
        home = self.folder / "table-home"

        def ours() -> Sample:
            shutil.rmtree(home, ignore_errors=True)
            return measured("checked_table", home=home, url=url)

        checked, copied = in_turn(ours, lambda: measured("table_copy", url=url, parquet=self.folder / "table.parquet"))
        yield Figure(
            f"PostgreSQL table → checked lake, {rows:,} rows",
            middle(checked),
            "DuckDB COPY (FROM table) → Parquet",
            middle(copied),
            "1.3 ×",
            middle(checked) <= 1.3 * middle(copied),
            max(sample.peak_mib for sample in checked),
        )
        few = min(rows, _PEER_ROWS)
        self._fill(url, few)

        def ours_whole() -> Sample:
            shutil.rmtree(home, ignore_errors=True)
            return measured("checked_table", home=home, url=url)

        ours_few, peer = in_turn(ours_whole, lambda: measured("peer_etl", url=url))
        yield Figure(
            f"the same, {few:,} rows, beside the brief's own stack",
            middle(ours_few),
            "psycopg, Python, INSERT a group",
            middle(peer),
            "faster",
            middle(ours_few) < middle(peer),
            note=f"{few / middle(ours_few):,.0f} against {few / middle(peer):,.0f} rows a second",
        )
        shutil.rmtree(home)

    def build(self) -> Iterator[Figure]:
        """A full build, a run with nothing new, a run with one row in a hundred new."""
        rows = int(_CSV_ROWS * self.share)
        home = self.folder / "build-home"
        csv = write_csv(self.folder / "history.csv", rows)
        self._command(home, "ingest", "factory.production_raw", str(csv), "--date", _DATE)
        csv.unlink()
        lake = f"{home}/lake/factory.production_raw/*/*.parquet"

        def ours() -> Sample:
            for name in ("warehouse", "serving"):
                shutil.rmtree(home / name, ignore_errors=True)
            return self._command(home, "run", "--full", "--date", _DATE)

        def bare() -> Sample:
            target = self.folder / "bare.duckdb"
            for written in self.folder.glob("bare.duckdb*"):
                written.unlink()
            return measured("bare_marts", lake=lake, target=target)

        full, by_hand = in_turn(ours, bare)
        yield Figure(
            f"lake → marts, full, {rows:,} rows (whole `filiera run --full`)",
            middle(full),
            "the same SQL by hand in DuckDB, file to file",
            middle(by_hand),
            "1.3 × + 5 s",
            middle(full) <= 1.3 * middle(by_hand) + 5,
            max(sample.peak_mib for sample in full),
        )
        nothing = [self._command(home, "run", "--date", _DATE) for _ in range(3)]
        yield Figure(
            "a run with nothing new (whole process)",
            middle(nothing),
            "",
            None,
            "5 s",
            middle(nothing) <= 5,
        )
        some = []
        for turn in range(3):
            first = rows + turn * rows // 100
            csv = write_csv(self.folder / f"more-{turn}.csv", rows // 100, first)
            drop = home / "drop" / "factory.production_raw"
            drop.mkdir(parents=True, exist_ok=True)
            csv.rename(drop / csv.name)
            some.append(self._command(home, "run", "--date", _DATE))
        yield Figure(
            f"a run with {rows // 100:,} new rows (1 %)",
            middle(some),
            "a full run",
            middle(full),
            "5 % + 5 s",
            middle(some) <= 0.05 * middle(full) + 5,
        )
        shutil.rmtree(home)

    def help(self) -> Iterator[Figure]:
        """The help text."""
        runs = [self._command(self.folder, "--help") for _ in range(7)]
        yield Figure("`filiera --help`", middle(runs), "", None, "0.3 s", middle(runs) <= 0.3)

    @staticmethod
    def _command(home: Path, *words: str) -> Sample:
        return measured("command", home=home, words=list(words))

    def _fill(self, url: str, rows: int) -> None:
        with connect(load_settings(self.folder / "fill")) as connection:
            attach_postgres(connection, url, "source", read_only=False)
            connection.execute("DROP TABLE IF EXISTS source.public.production_raw")
            connection.execute(f"CREATE TABLE source.public.production_raw AS {rows_sql(rows)}")
