"""The commands as people type them: help, wrong use, exit codes, and the shape of their JSON."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from filiera import cli
from filiera.errors import UsageError

COMMANDS = [info.name or getattr(info.callback, "__name__", "") for info in cli.app.registered_commands]
LOOKS = [["status"], ["runs"], ["rejects"], ["quality"], ["doctor"], ["query", "SELECT 1"], ["trace", "x", "1"],
         ["replay", "factory.production_raw"]]  # fmt: skip


@pytest.fixture
def type_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Types commands in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return CliRunner()


def code_and_text(runner: CliRunner, *words: str) -> tuple[int, str]:
    """How a command ends, and what it says."""
    result = runner.invoke(cli.app, list(words))
    if isinstance(result.exception, UsageError):
        return result.exception.exit_code, str(result.exception)
    return result.exit_code, result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps(type_in: CliRunner, command: str) -> None:
    code, text = code_and_text(type_in, command, "--help")
    assert code == 0
    assert text.startswith("Usage:")


def test_help_without_a_command_lists_them_all(type_in: CliRunner) -> None:
    code, text = code_and_text(type_in, "--help")
    assert code == 0
    assert [command for command in COMMANDS if f"  {command} " not in text] == []


@pytest.mark.parametrize("words", LOOKS, ids=lambda words: words[0])
def test_to_look_at_a_home_that_is_not_there_is_wrong_use_and_makes_none(type_in: CliRunner, words: list[str]) -> None:
    code, text = code_and_text(type_in, *words, "--home", "nowhere")
    assert code == 2
    assert "There is no home in" in text
    assert "filiera init" in text
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["nothing"],
        ["run", "--nothing"],
        ["run", "--target", "oracle"],
        ["run", "--date", "2026-13-01"],
        ["run", "--date", "yesterday"],
        ["runs", "--pause"],
        ["runs", "--resume"],
        ["runs", "--limit", "-3"],
        ["rejects", "--limit", "0"],
        ["query", "SELECT 1", "--limit", "many"],
        ["query"],
        ["trace", "production_fact"],
        ["ingest", "no.dataset"],
        ["ingest", "factory.production_raw", "no-such-file.csv"],
        ["generate", "no-domain"],
        ["generate", "factory", "--scale", "0"],
        ["demo", "--scale", "-1"],
        ["serve", "--port", "70000"],
        ["rebuild"],
    ],
    ids=" ".join,
)
def test_wrong_use_ends_with_code_2_and_says_what_is_wrong(type_in: CliRunner, words: list[str]) -> None:
    code, text = code_and_text(type_in, *words)
    assert code == 2
    assert text.strip()
    assert "Traceback" not in text


def test_a_new_home_is_made_once_and_left_alone_afterwards(type_in: CliRunner) -> None:
    assert code_and_text(type_in, "init", "plant")[0] == 0
    config = Path("plant/filiera.toml")
    config.write_text("country = 'FR'\n", encoding="utf-8")
    assert code_and_text(type_in, "init", "plant")[0] == 0
    assert config.read_text(encoding="utf-8") == "country = 'FR'\n"
    assert Path("plant/drop/factory.production_raw").is_dir()


def test_a_home_where_a_file_stands_is_wrong_use(type_in: CliRunner) -> None:
    Path("file").touch()
    code, text = code_and_text(type_in, "init", "file")
    assert code == 2
    assert "is a file" in text


@pytest.mark.parametrize(
    ("line", "told"),
    [("port = 'x'", "port"), ("nothing = 1", "nothing"), ("home = '/'", "'home'"), ("port = ", "not valid TOML")],
)
def test_a_wrong_setting_is_named(type_in: CliRunner, line: str, told: str) -> None:
    Path("filiera.toml").write_text(line, encoding="utf-8")
    code, text = code_and_text(type_in, "status")
    assert code == 2
    assert told in text
    assert "filiera.toml" in text


def test_before_the_first_run_what_looks_says_how_to_begin(type_in: CliRunner) -> None:
    assert code_and_text(type_in, "init", "plant")[0] == 0
    told = {}
    for command, form in itertools.product(("status", "runs", "rejects", "quality"), ((), ("--json",))):
        code, text = code_and_text(type_in, command, *form, "--home", "plant")
        assert code == 0
        told[command, form] = text
    assert "filiera run" in told["status", ()]
    assert "filiera run" in told["quality", ()]
    assert json.loads(told["runs", ("--json",)]) == []
    assert json.loads(told["quality", ("--json",)]) == []
    assert json.loads(told["rejects", ("--json",)]) == {"by_reason": {}, "rows": [], "refused": []}
    status = json.loads(told["status", ("--json",)])
    assert set(status) == {"home", "last_run", "published", "batches", "waiting", "trouble", "alerts"}
    assert (status["last_run"], status["published"]) == (None, None)
