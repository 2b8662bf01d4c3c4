"""Contracts from their text."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.contracts.sound import Load

from filiera.contracts.load import load_contract
from filiera.contracts.model import Contract


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads a contract from its text."""
    path = tmp_path / "rows.odcs.yaml"

    def read(text: str) -> Contract:
        path.write_text(text, encoding="utf-8")
        return load_contract(path)

    return read
