"""`deploy/release` against a server that is this machine: its ssh runs a shell here, its docker notes its calls."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SSH = """#!/bin/sh
for last; do :; done
exec sh -c "$last"
"""
DOCKER = """#!/bin/sh
echo "FILIERA_IMAGE=$FILIERA_IMAGE docker $*" >> "$CALLS"
"""
IMAGE = "registry.example.com/plant/filiera@sha256:0123"

Release = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """The folder of a deployment on the server, with the file that is made there once."""
    folder = tmp_path / "srv"
    folder.mkdir()
    (folder / ".env").write_text("POSTGRES_PASSWORD=kept\n", encoding="utf-8")
    return folder


@pytest.fixture
def release(tmp_path: Path, server: Path) -> Release:
    """Runs the script with everything it needs, or with what a test changes."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("ssh", SSH), ("docker", DOCKER)):
        (programs / name).write_text(text, encoding="utf-8")
        (programs / name).chmod(0o755)
    given = {
        "IMAGE": IMAGE,
        "REGISTRY": "registry.example.com",
        "REGISTRY_USER": "plant",
        "REGISTRY_TOKEN": "token",
        "DEPLOY_HOST": "server.example.com",
        "DEPLOY_USER": "filiera",
        "DEPLOY_FOLDER": str(server),
        "DEPLOY_KEY": "key",
        "DEPLOY_KNOWN_HOSTS": "server.example.com ssh-ed25519 AAAA",
        "CALLS": str(tmp_path / "calls"),
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
    }

    def run(**changed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ROOT / "deploy" / "release"], env=given | changed, capture_output=True, text=True, check=False
        )

    return run


def test_the_image_is_fetched_and_started_beside_the_servers_own_settings(
    release: Release, server: Path, tmp_path: Path
) -> None:
    done = release()
    assert done.returncode == 0, done.stderr
    assert (server / "compose.yaml").read_bytes() == (ROOT / "compose.yaml").read_bytes()
    assert (server / "deploy" / "postgres" / "01-databases.sql").is_file()
    assert (server / ".env").read_text(encoding="utf-8") == "POSTGRES_PASSWORD=kept\n"
    login, pull, up = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert login.endswith("docker login --username plant --password-stdin registry.example.com")
    assert pull == f"FILIERA_IMAGE={IMAGE} docker compose pull --quiet filiera"
    assert up.startswith(f"FILIERA_IMAGE={IMAGE} docker compose up --detach --no-build --wait")


def test_the_token_never_stands_in_a_command(release: Release, tmp_path: Path) -> None:
    release(REGISTRY_TOKEN="never-shown")
    assert "never-shown" not in (tmp_path / "calls").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["IMAGE", "DEPLOY_KEY", "DEPLOY_KNOWN_HOSTS"])
def test_a_variable_that_is_missing_is_named(release: Release, name: str) -> None:
    done = release(**{name: ""})
    assert done.returncode == 2
    assert done.stderr.startswith(f"{name} is not set")


def test_a_server_without_its_settings_is_left_alone(release: Release, server: Path) -> None:
    (server / ".env").unlink()
    done = release()
    assert done.returncode == 1
    assert ".env is missing on server.example.com" in done.stderr
    assert not (server / "compose.yaml").exists()


def test_a_folder_that_could_be_a_command_is_refused(release: Release, tmp_path: Path) -> None:
    assert release(DEPLOY_FOLDER=f"{tmp_path}; touch {tmp_path}/harm").returncode == 2
    assert not (tmp_path / "harm").exists()
