"""`python -m benchmarks`: measures, and prints the table."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.work import Bench
from filiera.console import print_table

_SHARES = {"full": 1.0, "small": 0.01}


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", choices=_SHARES, default="full", help="small: one row in a hundred, to try it out")
    parser.add_argument(
        "--only", action="append", default=[], help="csv, table, build, generate, load, history …; may be repeated"
    )
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    chosen = parser.parse_args()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="filiera-bench-") as folder:
        for name, measure in Bench(Path(folder), _SHARES[chosen.size]).figures().items():
            if chosen.only and name not in chosen.only:
                continue
            for figure in measure():
                sys.stderr.write(f"· {figure.work}: {figure.ours:.2f} s\n")
                figures.append(figure)
    print_table(
        "Medians of runs taken in turn",
        ["work", "seconds", "limit", "its seconds", "ratio", "must stay within", "", "peak MiB", "note"],
        [
            [
                f.work, f"{f.ours:.2f}", f.limit_name or None, f"{f.limit:.2f}" if f.limit else None,
                f"{f.ratio:.2f}" if f.ratio else None, f.promise, "keeps" if f.keeps else "MISSES",
                f"{f.peak_mib:,.0f}" if f.peak_mib else None, f.note,
            ]
            for f in figures
        ],
        right=["seconds", "its seconds", "ratio", "peak MiB"],
    )  # fmt: skip
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(figure) for figure in figures], indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
