"""The list of the fleet's defects names only tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_every_test_the_list_of_defects_names_exists() -> None:
    text = (ROOT / "docs" / "fleet-defects.md").read_text(encoding="utf-8")
    written = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", text))
    assert len(named) > 20
    assert named <= written


def test_every_defect_has_its_line() -> None:
    text = (ROOT / "docs" / "fleet-defects.md").read_text(encoding="utf-8")
    numbers: set[int] = set()
    for first, last in re.findall(r"^\| (\d+)(?:–(\d+))? \|", text, re.MULTILINE):
        numbers |= set(range(int(first), int(last or first) + 1))
    assert numbers == set(range(1, 30))
