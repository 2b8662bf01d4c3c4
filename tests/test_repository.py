"""What stands around the code keeps its word: locks, workflows, containers and plain files, each held against the rest.

There is no container engine and no hosted runner where the tests run, so what can be read of them is read.
"""

from __future__ import annotations

import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

# Written so that the patterns do not match themselves.
REGISTRIES = re.compile(
    r"(p[y]pi|p[y]thonhosted|n[p]mjs|d[o]cker)\.(org|com|io)|deb\.d[e]bian|[c]onda\.anaconda", re.IGNORECASE
)
MACHINE = re.compile(r"/(h[o]me|U[s]ers)/[a-z]|/r[o]ot/|bash_j[o]bs", re.IGNORECASE)
LONGEST_FILE = 400_000


@cache
def files() -> tuple[str, ...]:
    """Files that are, or are about to be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is not a git checkout, so nobody knows which files belong to it")
    return tuple(sorted(name for name in listed if name and (ROOT / name).is_file()))


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def texts() -> list[tuple[str, str]]:
    found = []
    for name in files():
        try:
            found.append((name, read(name)))
        except UnicodeDecodeError:
            continue
    return found


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", read("Makefile"), flags=re.MULTILINE))


def pinned(lock: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==([^ ;]+)", read(lock), flags=re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


@pytest.mark.parametrize("pattern", [REGISTRIES, MACHINE], ids=["registry", "machine"])
def test_no_file_names_a_registry_or_a_folder_of_somebodys_machine(pattern: re.Pattern[str]) -> None:
    found = [f"{name}: {match[0]}" for name, text in texts() for match in pattern.finditer(text)]
    assert not found


def test_no_file_names_the_folder_this_checkout_lies_in() -> None:
    assert not [name for name, text in texts() if str(ROOT) in text]


def test_no_file_is_large() -> None:
    assert not [name for name in files() if (ROOT / name).stat().st_size > LONGEST_FILE]


def test_text_files_end_with_one_newline_and_no_line_with_a_blank() -> None:
    untidy = [
        name
        for name, text in texts()
        if text
        and not name.endswith((".svg", ".csv"))
        and (not text.endswith("\n") or text.endswith("\n\n") or re.search(r"[ \t]$", text, flags=re.MULTILINE))
    ]
    assert not untidy


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_versions_and_hashes_and_no_address(lock: str) -> None:
    text = read(lock)
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
    for entry in re.split(r"\n(?=[A-Za-z0-9])", text):
        if re.match(r"[A-Za-z0-9._\[\],-]+==", entry):
            assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_the_developers_lock_has_the_same_versions_and_more() -> None:
    runtime, developers = (pinned(lock) for lock in LOCKS)
    assert {name: versions for name, versions in developers.items() if name in runtime} == runtime


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    wanted = {LOCKS[0]: project["project"]["dependencies"], LOCKS[1]: project["dependency-groups"]["dev"]}
    for lock, requirements in wanted.items():
        versions = pinned(lock)
        for requirement in map(Requirement, requirements):
            name = requirement.name.lower().replace("_", "-")
            assert name in versions, f"{name} is not in {lock}; run: make lock"
            fitting = [version for version in versions[name] if requirement.specifier.contains(version)]
            assert fitting, f"{lock} has {name} {versions[name]}, not {requirement.specifier}; run: make lock"


def test_every_target_that_is_named_anywhere_exists() -> None:
    named = {
        (name, target)
        for name, text in texts()
        if name.endswith((".md", ".yml", ".yaml")) or name == ".ci/run"
        for target in re.findall(r"(?:`|run: |^\s*\$? ?)make ([a-z-]+)", text, flags=re.MULTILINE)
    }
    assert named
    assert not [(name, target) for name, target in named if target not in targets()]


def test_every_target_says_what_it_does() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", read("Makefile"), flags=re.MULTILINE)
    assert phony
    told = set(re.findall(r"^([a-z-]+):.*## \w", read("Makefile"), flags=re.MULTILINE))
    assert told == targets() == set(phony[1].split())


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert "make test" in read("README.md")
    assert re.search(r"^\s+make test$", read(".ci/run"), flags=re.MULTILINE)


def test_scripts_are_executable_and_stop_at_the_first_failure() -> None:
    for name in (".ci/run", "deploy/release"):
        assert (ROOT / name).stat().st_mode & 0o111, name
        assert "\nset -euo pipefail\n" in read(name), name
        subprocess.run(["bash", "-n", name], cwd=ROOT, check=True)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_pins_its_actions_and_limits_its_rights_and_time(path: Path) -> None:
    workflow: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        if "uses" in job:
            assert (ROOT / job["uses"]).is_file(), f"{name} calls {job['uses']}"
            continue
        assert job["timeout-minutes"] <= 30, name
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step), step
            if "uses" in step:
                assert re.search(r"@(v\d+|[0-9a-f]{40})$", step["uses"]), step["uses"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_calls_only_scripts_and_stages_that_exist(path: Path) -> None:
    stages = set(re.findall(r"^\s+((?:[a-z]+ \| )*[a-z]+)\) ", read(".ci/run"), flags=re.MULTILINE))
    known = {stage for alternatives in stages for stage in alternatives.split(" | ")}
    for command in re.findall(r"run: (.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE):
        program, *arguments = command.split()
        if program == ".ci/run":
            assert set(arguments) <= known, command
        elif "/" in program:
            assert (ROOT / program).is_file(), command


def test_every_variable_and_secret_of_a_workflow_is_explained() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    explained = read("docs/deploying.md")
    for name in set(re.findall(r"(?:secrets|vars)\.([A-Z_]+)", text)):
        assert f"`{name}`" in explained, f"{name} is not in docs/deploying.md"


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(read("compose.yaml"))
    return loaded


def test_every_variable_of_compose_is_in_the_example_environment_and_none_more() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", read("compose.yaml")))
    given = set(re.findall(r"^([A-Z_]+)=", read(".env.example"), flags=re.MULTILINE))
    assert used == given


def test_no_password_stands_in_compose() -> None:
    for line in read("compose.yaml").splitlines():
        if "PASSWORD" in line and "RANDOM" not in line:
            assert "${" in line, line


@pytest.mark.parametrize("name", compose()["services"])
def test_a_service_is_watched_and_reached_from_this_machine_only(name: str) -> None:
    service = compose()["services"][name]
    assert service["healthcheck"]["test"]
    assert service["restart"] == "unless-stopped"
    for port in service["ports"]:
        assert port.startswith("127.0.0.1:"), port
    for volume in service["volumes"]:
        source = volume.split(":")[0]
        assert source in compose()["volumes"] or (ROOT / source).exists(), volume


def test_compose_gives_only_settings_that_exist() -> None:
    from filiera.settings import Settings

    given = compose()["services"]["filiera"]["environment"]
    assert {name.removeprefix("FILIERA_").lower() for name in given} <= set(Settings.model_fields)


def test_the_image_copies_what_exists_and_what_the_build_may_see() -> None:
    allowed = {line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")}
    for line in re.findall(r"^COPY (?!--from)(.*)$", read("Dockerfile"), flags=re.MULTILINE):
        *sources, _target = line.split()
        for source in sources:
            assert (ROOT / source).exists(), source
            assert source in allowed, f"{source} is kept out by .dockerignore"


def test_the_image_runs_without_rights_and_is_watched() -> None:
    last_stage = read("Dockerfile").rpartition("\nFROM ")[2]
    assert re.search(r"^USER filiera$", last_stage, flags=re.MULTILINE)
    assert re.search(r"^HEALTHCHECK[^\n]*\\\n.*/healthz", last_stage, flags=re.MULTILINE)
    assert re.search(r'^CMD \["serve", "--host", "0\.0\.0\.0"\]$', last_stage, flags=re.MULTILINE)


def test_the_image_and_the_makefile_use_the_same_installer() -> None:
    version = re.search(r"^UV_VERSION := (.*)$", read("Makefile"), flags=re.MULTILINE)
    assert version
    assert f"uv=={version[1]}\n" in read("Dockerfile")


def test_hooks_name_files_and_programs_that_exist() -> None:
    hooks = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    assert [repository["repo"] for repository in hooks] == ["local"]
    for hook in hooks[0]["hooks"]:
        for word in hook["entry"].split():
            if "/" in word and not word.startswith(".venv/"):
                assert (ROOT / word).exists(), word


def test_the_changelog_tells_of_this_version() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    text = read("CHANGELOG.md")
    assert "## [Unreleased]" in text
    assert f"## [{version}]" in text
