"""The benchmarks run, small: how long they take says nothing here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
def test_a_figure_stands_beside_its_limit(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks", "--size", "small", "--only", "csv", "--json", str(figures)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (figure,) = json.loads(figures.read_text(encoding="utf-8"))
    assert figure["work"].startswith("check of a CSV, 100,000 rows")
    assert figure["ours"] > 0
    assert figure["limit"] > 0
    assert "DuckDB typed CSV" in done.stdout


@pytest.mark.slow
def test_a_history_is_measured_beside_a_snapshot_that_finds_the_same_versions(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks", "--size", "small", "--only", "history", "--json", str(figures)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (figure,) = json.loads(figures.read_text(encoding="utf-8"))
    assert figure["work"].startswith("history of 10,000 customers, 100 changed")
    assert figure["limit_name"].startswith("dbt snapshot")
    assert "SQL alone" in figure["note"]
