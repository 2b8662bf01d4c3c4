"""The wheel holds what runs, and nothing that does not."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built without a network from a copy of what a release has."""
    folder = tmp_path_factory.mktemp("release")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(SOURCE, folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    uv = str(Path(sys.executable).parent / "uv")
    command = [
        uv,
        "build",
        "--wheel",
        "--offline",
        "--no-build-isolation",
        "--python",
        sys.executable,
        "--out-dir",
        "dist",
    ]
    built = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (path,) = (folder / "dist").glob("*.whl")
    return zipfile.ZipFile(path)


def test_everything_of_the_package_is_in_the_wheel_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    written = {
        path.relative_to(SOURCE).as_posix()
        for path in (SOURCE / "filiera").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == written


@pytest.mark.parametrize(
    "pattern",
    [
        "filiera/py.typed",
        "filiera/domains/factory/contracts/*.odcs.yaml",
        "filiera/domains/factory/*.sql",
        "filiera/warehouse/project/dbt_project.yml",
        "filiera/warehouse/project/macros/*.sql",
        "filiera/warehouse/project/models/staging/factory/*.sql",
        "filiera/warehouse/project/models/marts/factory/*.yml",
        "filiera/warehouse/project/seeds/*.csv",
        "filiera/web/*.sql",
        "filiera/web/assets/*.css",
        "filiera/web/assets/*.js",
    ],
)
def test_what_is_read_at_run_time_is_in_the_wheel(wheel: zipfile.ZipFile, pattern: str) -> None:
    assert any(Path(name).match(pattern) for name in wheel.namelist())


def test_the_wheel_says_who_it_is(wheel: zipfile.ZipFile) -> None:
    texts = {Path(name).name: wheel.read(name).decode() for name in wheel.namelist() if ".dist-info/" in name}
    metadata = Parser().parsestr(texts["METADATA"])
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert "Apache License" in texts["LICENSE"]
    assert "filiera = filiera.cli:main" in texts["entry_points.txt"]
    assert "factory = filiera.domains.factory:DOMAIN" in texts["entry_points.txt"]
