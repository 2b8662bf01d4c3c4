"""The figures of the fleet.

The limit of a load is what one moves by hand from PostgreSQL into Parquet files, from there into a star in a file, and
the star into a second file, as a run does: without checks, versions of dimensions, tests, a ledger, or a key.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import ROUNDS, Figure, Sample, cpu, in_turn, measured, middle

_ROWS = 505_650
_TRIPS = 100_000
_PEER_ROWS = 5_000
_LARGER = 10
_LARGER_ROUNDS = 2
_DATE = "2026-01-31"


class FleetBench:
    """Generation, first load, one day."""

    def __init__(self, folder: Path, share: float) -> None:
        self.folder = folder
        self.home = folder / "fleet-home"
        self.scale = max(share, 0.02)

    def generate(self) -> Iterator[Figure]:
        """Half a million coherent rows in PostgreSQL, beside as many that mean nothing."""

        def ours() -> Sample:
            words = ["generate", "fleet", "--scale", str(self.scale), "--as-of", "2026-01-30", "--replace"]
            return measured("command", home=self.home, words=words)

        def bare() -> Sample:
            return measured(
                "bare_fleet",
                home=self.home,
                vehicles=max(5, int(200 * self.scale)),
                drivers=max(10, int(400 * self.scale)),
                routes=50,
                customers=max(30, int(3_000 * self.scale)),
                maintenance=int(5_000 * self.scale),
                trips=int(_TRIPS * self.scale),
            )

        generated, copied = in_turn(ours, bare)
        rows = int(_ROWS * self.scale)
        yield Figure(
            f"the fleet into PostgreSQL, about {rows:,} rows (whole command)",
            middle(generated),
            "as many meaningless rows, DuckDB COPY, keys added after it",
            middle(copied),
            "3 ×",
            middle(generated) <= 3 * middle(copied),
            max(sample.peak_mib for sample in generated),
            _processor(generated, copied),
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
        loaded, by_hand = self._first_loads(self.home)
        deliveries = int(4 * _TRIPS * self.scale)
        yield _load_figure(deliveries, loaded, by_hand)
        yield self._days(self.home, deliveries, loaded)

    def load_ten_times(self) -> Iterator[Figure]:
        """A first load where its size counts more than what every run costs."""
        home = self.folder / "fleet-home-10"
        words = ["generate", "fleet", "--scale", str(_LARGER), "--as-of", "2026-01-30"]
        measured("command", home=home, words=words)
        loaded, by_hand = self._first_loads(home, _LARGER_ROUNDS)
        deliveries = 4 * _TRIPS * _LARGER
        yield _load_figure(deliveries, loaded, by_hand)
        yield self._days(home, deliveries, loaded)
        shutil.rmtree(home)

    @staticmethod
    def _days(home: Path, deliveries: int, loaded: list[Sample]) -> Figure:
        """A day at a time on what a first load left."""
        days = []
        for day in ("2026-02-01", "2026-02-02", "2026-02-03"):
            measured("command", home=home, words=["fleet", "play"])
            days.append(measured("command", home=home, words=["run", "--date", day]))
        return Figure(
            f"a run with one day of changes on two years of {deliveries:,} deliveries",
            middle(days),
            "a first load",
            middle(loaded),
            "less",
            middle(days) < middle(loaded),
        )

    @staticmethod
    def _first_loads(home: Path, rounds: int = ROUNDS) -> tuple[list[Sample], list[Sample]]:
        """Ours and the one by hand, in turn; nothing but the operational database is there before."""

        def ours() -> Sample:
            for path in home.iterdir():
                if path.is_dir() and path.name != "postgres":
                    shutil.rmtree(path)
            return measured("command", home=home, words=["run", "--date", _DATE])

        return in_turn(ours, lambda: measured("bare_star", home=home), rounds)


def _load_figure(deliveries: int, loaded: list[Sample], by_hand: list[Sample]) -> Figure:
    return Figure(
        f"operational PostgreSQL → star schema, first load of {deliveries:,} deliveries",
        middle(loaded),
        "by hand in DuckDB: tables → Parquet → star → a second file",
        middle(by_hand),
        "1.5 × + 5 s",
        middle(loaded) <= 1.5 * middle(by_hand) + 5,
        max(sample.peak_mib for sample in loaded),
        f"whole `filiera run`: check, lake, history, tests, publication; {_processor(loaded, by_hand)}",
    )


def _processor(ours: list[Sample], theirs: list[Sample]) -> str:
    return f"processor {cpu(ours):.1f} s against {cpu(theirs):.1f} s"
