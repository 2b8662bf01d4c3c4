"""The figure of history: a million customers of whom one in a hundred changed, beside `dbt snapshot`.

Both find the same versions, by the same dbt and the same adapter, each in one invocation of the program `dbt` that has
parsed its project before. The snapshot compares a table of all customers with what it holds; ours derives the versions
of those that a batch brings. Intake, tests and publication belong to neither.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import yaml

from benchmarks.figures import Figure, Sample, cpu, in_turn, measured, middle
from filiera.warehouse.dbt import PROJECT

_CUSTOMERS = 1_000_000
_DATE = "2026-01-31"
_TRACKED = ["customer_name", "customer_type", "city", "address", "phone", "email"]


class HistoryBench:
    """A home with a first batch built and a second taken in, and a dbt project that does the same by snapshot."""

    def __init__(self, folder: Path, share: float) -> None:
        self.folder = folder / "history"
        self.customers = int(_CUSTOMERS * share)
        self.home = self.folder / "home"
        self.project = self.folder / "snapshot"

    def history(self) -> Iterator[Figure]:
        """One increment of each, always from the same state."""
        self.folder.mkdir(parents=True)
        for turn, changed in enumerate(("FALSE", "TRUE")):
            file = self.folder / f"customers-{turn}.parquet"
            of_these = "WHERE is_changed" if turn else ""
            duckdb.sql(f"SELECT * EXCLUDE is_changed FROM ({self._customers(changed)}) {of_these}").write_parquet(
                str(file)
            )
            measured("command", home=self.home, words=["ingest", "fleet.customers", str(file), "--date", _DATE])
            if not turn:
                measured("command", home=self.home, words=["run", "--date", _DATE])
        measured("prepare_history", home=self.home)
        derive = _Increment(
            self.home / "warehouse" / "warehouse.duckdb",
            ["run", "--select", "+customer_history", "--project-dir", str(PROJECT)],
            self.home / "state" / "dbt" / "duckdb",
        )
        snapshot = self._snapshot_of_the_first()
        derived, snapshots = in_turn(derive.whole, snapshot.whole)
        of_derived, of_snapshots = in_turn(derive.sql, snapshot.sql)
        self._raise_unless_equal(derive.path, snapshot.path)
        yield Figure(
            f"history of {self.customers:,} customers, {self.customers // 100:,} changed (one invocation of dbt)",
            middle(derived),
            "dbt snapshot, strategy check",
            middle(snapshots),
            "faster",
            middle(derived) < middle(snapshots),
            max(sample.peak_mib for sample in derived),
            f"SQL alone {middle(of_derived):.2f} s against {middle(of_snapshots):.2f} s; "
            f"processor {cpu(derived):.1f} s against {cpu(snapshots):.1f} s",
        )
        shutil.rmtree(self.folder)

    def _customers(self, are_changed: str) -> str:
        """All customers, before or after one in a hundred moved to another address."""
        return f"""
            SELECT
                i AS customer_id,
                'Customer ' || i AS customer_name,
                ['Individual', 'Empresa', 'Gobierno'][1 + i % 3] AS customer_type,
                'City ' || i % 5 AS city,
                {are_changed} AND i % 100 = 7 AS is_changed,
                'Calle ' || (i * 7919 % 170 + CASE WHEN is_changed THEN 1000 ELSE 0 END) || ' # ' || i % 99 AS address,
                (3000000000 + i)::VARCHAR AS phone,
                'customer' || i || '@example.com' AS email,
                TIMESTAMP '2024-01-01 08:00:00' + to_seconds(i) AS created_at,
                CASE WHEN is_changed THEN TIMESTAMP '2026-01-20 08:00:00' ELSE created_at END AS updated_at
            FROM range({self.customers}) AS numbers (i)
        """

    def _snapshot_of_the_first(self) -> _Increment:
        """A project with one snapshot, taken once, and its source table after the change."""
        (self.project / "snapshots").mkdir(parents=True)
        database = self.project / "snapshot.duckdb"
        output = {"type": "duckdb", "path": str(database), "threads": 2}
        flags = {"send_anonymous_usage_stats": False}
        written = {
            "dbt_project.yml": {"name": "peer", "version": "1.0.0", "profile": "peer", "flags": flags},
            "profiles.yml": {"peer": {"target": "duckdb", "outputs": {"duckdb": output}}},
            "snapshots/customers.yml": {
                "sources": [{"name": "main", "tables": [{"name": "customers"}]}],
                "snapshots": [
                    {
                        "name": "customer_snapshot",
                        "relation": "source('main', 'customers')",
                        "config": {"unique_key": "customer_id", "strategy": "check", "check_cols": _TRACKED},
                    }
                ],
            },
        }
        for name, content in written.items():
            (self.project / name).write_text(yaml.safe_dump(content), encoding="utf-8")
        words = ["snapshot", "--project-dir", str(self.project)]
        for are_changed in ("FALSE", "TRUE"):
            with duckdb.connect(str(database)) as connection:
                connection.execute(f"CREATE OR REPLACE TABLE customers AS {self._customers(are_changed)}")
                connection.execute("ALTER TABLE customers DROP COLUMN is_changed")
            if are_changed == "FALSE":
                measured("dbt", words=[*words, "--profiles-dir", str(self.project)], target=self.project / "target")
        return _Increment(database, words, self.project)

    def _raise_unless_equal(self, ours: Path, theirs: Path) -> None:
        """Two that find different things cannot be compared."""
        told = ", ".join(["customer_id", *_TRACKED])
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH '{ours}' AS ours (READ_ONLY); ATTACH '{theirs}' AS theirs (READ_ONLY)")
            found = connection.execute(
                f"SELECT (SELECT count(*) FROM ours.fleet.customer_history), (SELECT count(*) FROM (SELECT {told}, "
                f"is_current FROM ours.fleet.customer_history INTERSECT SELECT {told}, dbt_valid_to IS NULL FROM "
                "theirs.main.customer_snapshot))"
            ).fetchone()
        if found != (expected := (self.customers + self.customers // 100,) * 2):
            raise SystemExit(f"versions, and those both found: {json.dumps(found)} instead of {json.dumps(expected)}")


class _Increment:
    """An invocation of dbt on a database that is put back to what it was each time."""

    def __init__(self, path: Path, words: list[str], profiles: Path) -> None:
        self.path = path
        self.kept = path.with_suffix(".kept")
        self.profiles = profiles
        self.words = [*words, "--profiles-dir", str(profiles)]
        shutil.copyfile(path, self.kept)
        self.whole()  # parses the project

    def whole(self) -> Sample:
        """From the start of the program to its end."""
        return self._carried_out("dbt")

    def sql(self) -> Sample:
        """What the models took of it."""
        return self._carried_out("dbt_sql")

    def _carried_out(self, operation: str) -> Sample:
        shutil.copyfile(self.kept, self.path)
        return measured(operation, words=self.words, target=self.profiles / "target")
