"""Every code a person can meet is explained where they would look for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def codes() -> Iterator[str]:
    """Codes of refused files, and of damaged rows."""
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        yield from re.findall(r'"(ROW_[A-Z_]+)"', text)
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Call(func=ast.Name("BatchRefusedError"), args=[ast.Constant(str(code)), *_]):
                    yield code


def test_every_code_of_a_refused_file_and_of_a_damaged_row_is_explained_and_no_other() -> None:
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([A-Z_]+)` \|", page, flags=re.MULTILINE))
    assert explained == set(codes())
