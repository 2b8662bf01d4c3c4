"""The figures of the fleet."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, Sample, in_turn, measured, middle

_ROWS = 505_650
_TRIPS = 100_000
_PEER_ROWS = 5_000
_DATE = "2026-01-31"


class FleetBench:
    """Generation, first load, one day."""

    def __init__(self, folder: Path, share: float) -> None:
        self.home = folder / "fleet-home"
        self.scale = max(share, 0.02)

    def generate(self) -> Iterator[Figure]:
        """Half a million coherent rows in PostgreSQL, beside as many that mean nothing."""
        trips = int(_TRIPS * self.scale)

        def ours() -> Sample:
            words = ["generate", "fleet", "--scale", str(self.scale), "--as-of", "2026-01-30", "--replace"]
            return measured("command", home=self.home, words=words)

        def bare() -> Sample:
            return measured("bare_fleet", home=self.home, small=int(5_650 * self.scale), trips=trips)

        generated, copied = in_turn(ours, bare)
        rows = int(_ROWS * self.scale)
        yield Figure(
            f"the fleet into PostgreSQL, about {rows:,} rows (whole command)",
            middle(generated),
            "as many meaningless rows, DuckDB COPY, no keys",
            middle(copied),
            "3 ×",
            middle(generated) <= 3 * middle(copied),
            max(sample.peak_mib for sample in generated),
        )
        peer = measured("peer_fleet", home=self.home, rows=_PEER_ROWS)
        yield Figure(
            f"Faker and an INSERT a row, {_PEER_ROWS:,} rows",
            peer.seconds,
            "",
            None,
            "slower",
            peer.seconds / _PEER_ROWS > middle(generated) / rows,
            note=f"{_PEER_ROWS / peer.seconds:,.0f} rows a second against {rows / middle(generated):,.0f}",
        )

    def load(self) -> Iterator[Figure]:
        """From the operational database to the published star, then one more day."""
        database = self.home / "postgres"

        def ours() -> Sample:
            for path in self.home.iterdir():
                if path.is_dir() and path != database:
                    shutil.rmtree(path)
            return measured("command", home=self.home, words=["run", "--date", _DATE])

        loaded, by_hand = in_turn(ours, lambda: measured("bare_star", home=self.home))
        yield Figure(
            f"operational PostgreSQL → star schema, first load of {int(4 * _TRIPS * self.scale):,} deliveries",
            middle(loaded),
            "the same joins by hand in DuckDB",
            middle(by_hand),
            "1.5 × + 5 s",
            middle(loaded) <= 1.5 * middle(by_hand) + 5,
            max(sample.peak_mib for sample in loaded),
            "whole `filiera run`: check, lake, history, 300 tests, publication",
        )
        days = []
        for day in ("2026-02-01", "2026-02-02", "2026-02-03"):
            measured("command", home=self.home, words=["fleet", "play"])
            days.append(measured("command", home=self.home, words=["run", "--date", day]))
        yield Figure(
            "a run with one day of changes on two years of history",
            middle(days),
            "a first load",
            middle(loaded),
            "less",
            middle(days) < middle(loaded),
        )
