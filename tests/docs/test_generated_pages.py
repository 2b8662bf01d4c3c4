"""Pages that are made from the code are as the code is now."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """The program that makes them, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_up_to_date(generate: ModuleType) -> None:
    assert generate.main(["--check"]) == 0, "run: make docs"


def test_every_command_setting_and_dataset_has_its_place(generate: ModuleType) -> None:
    made = {path.name: text for path, text in generate.generated().items()}
    assert "## `demo`" in made["commands.md"]
    assert "`FILIERA_LAKE_URL`" in made["settings.md"]
    assert "`factory.production_fact`" in made["relations.md"]
    assert "`SCRAP_GT_PRODUCTION`" in made["factory.production_raw.md"]
