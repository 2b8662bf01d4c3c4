"""The benchmarks run, small: how long they take says nothing here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.slow


def measured(name: str, folder: Path) -> tuple[dict[str, Any], str]:
    """The one figure of this name, and what was printed."""
    figures = folder / "figures.json"
    command = [sys.executable, "-m", "benchmarks", "--size", "small", "--only", name, "--json", str(figures)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (figure,) = json.loads(figures.read_text(encoding="utf-8"))
    return figure, done.stdout


def test_a_figure_stands_beside_its_limit(tmp_path: Path) -> None:
    figure, printed = measured("csv", tmp_path)
    assert figure["work"].startswith("check of a CSV, 100,000 rows")
    assert figure["ours"] > 0
    assert figure["limit"] > 0
    assert "DuckDB typed CSV" in printed


def test_a_history_is_measured_beside_a_snapshot_that_finds_the_same_versions(tmp_path: Path) -> None:
    figure, _ = measured("history", tmp_path)
    assert figure["work"].startswith("history of 10,000 customers, 100 changed")
    assert figure["limit_name"].startswith("dbt snapshot")
    assert "SQL alone" in figure["note"]
