"""What the documentation shows is run: every block of commands, in its order, in a home of its own.

In a block that begins with ```console, a line after `$ ` is a command, which goes on in lines after `> ` and must
succeed, and the lines after it are what it prints: numbers may differ, blanks and the lengths of rules do not
count, and `…` stands for anything. A block that begins with ```sql create PATH is written to that file first.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PRESENT = "2026-11-21T09:00:00Z"
ONE_AFTER_THE_OTHER = ("docs/quick-start.md", "README.md", "docs/operating.md", "docs/fleet.md")
"""Pages that share a home: the first makes it, the others go on with it."""
BLOCK = re.compile(r"^```(?P<info>.*)\n(?P<text>(?:.*\n)*?)```$", flags=re.MULTILINE)

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Step:
    """A command with what it prints, or a file to write."""

    line: int
    command: str = ""
    printed: str = ""
    file: str = ""


def steps(page: str) -> Iterator[Step]:
    """Everything a reader of the page does, from top to bottom."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start()) + 1
        words = block["info"].split()
        if words == ["console"]:
            for command in re.split(r"^\$ ", block["text"], flags=re.MULTILINE)[1:]:
                lines = command.splitlines()
                goes_on = next((place for place, text in enumerate(lines) if place and not text.startswith("> ")), None)
                typed = "\n".join(text.removeprefix("> ") for text in lines[:goes_on])
                yield Step(line, command=typed, printed="\n".join(lines[goes_on:]) if goes_on else "")
        elif len(words) == 3:
            assert words[1] == "create", f"{page}:{line}"
            yield Step(line, printed=block["text"], file=words[2])


def readings() -> list[tuple[str, ...]]:
    """Pages with something to run, those together that are read one after the other."""
    found = ["README.md", *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md")))]
    alone = [(page,) for page in found if page not in ONE_AFTER_THE_OTHER and any(steps(page))]
    return [ONE_AFTER_THE_OTHER, *alone]


def plain(text: str) -> list[str]:
    """Lines without what may differ: names of runs, numbers, lengths of rules, blanks, and lines of progress."""
    text = re.sub(r"\b\d{8}-\d{6}(-\d+)?\b", "#", text)
    lines = [" ".join(re.sub(r"\d[\d,.:]*", "#", re.sub("─+", "─", line)).split()) for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("· ")]


def is_as_shown(shown: str, printed: str) -> bool:
    return not plain(shown) or _agree(plain(shown), plain(printed))


def _agree(shown: list[str], printed: list[str]) -> bool:
    if not shown:
        return not printed
    if shown[0] == "…":
        return any(_agree(shown[1:], printed[skipped:]) for skipped in range(len(printed) + 1))
    pattern = re.escape(shown[0]).replace("…", ".*")
    return bool(printed) and re.fullmatch(pattern, printed[0]) is not None and _agree(shown[1:], printed[1:])


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """No setting of this machine's, a fixed present, and the programs beside this Python."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FILIERA_")}
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return kept | {"PATH": programs, "FILIERA_NOW": PRESENT}


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below pytest's own folder, which every other session that begins closes to PostgreSQL's user again."""
    with tempfile.TemporaryDirectory(prefix="filiera-docs-") as name:
        yield Path(name)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("pages", readings(), ids=lambda pages: Path(pages[0]).stem)
def test_a_page_shows_what_happens(pages: tuple[str, ...], folder: Path, environment: dict[str, str]) -> None:
    shutil.copytree(ROOT / "docs" / "examples", folder / "docs" / "examples")
    if any(step.file for page in pages for step in steps(page)):
        shutil.copy(ROOT / "docs" / "generate.py", folder / "docs")
        shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
        environment = environment | {"PYTHONPATH": str(folder / "src")}
    for page in pages:
        for step in steps(page):
            if step.file:
                with (folder / step.file).open("x", encoding="utf-8") as file:
                    file.write(step.printed)
            else:
                run(step, page, folder, environment)


def run(step: Step, page: str, folder: Path, environment: dict[str, str]) -> None:
    """Type a command. What it exports holds for the next ones, as in the shell of a reader."""
    exported = folder / "exported"
    script = f"[ -e {exported} ] && . {exported}\n{step.command}\nstatus=$?; export -p > {exported}; exit $status"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    where = f"{page}, block at line {step.line}: {step.command}\n{done.stdout}"
    assert done.returncode == 0, where
    assert is_as_shown(step.printed, done.stdout), where


def test_text_that_differs_is_told_from_text_that_only_has_other_numbers() -> None:
    assert is_as_shown("rows 1,200   of 3\n", "rows 7 of 9\n")
    assert is_as_shown("a\n…\nd …\n", "a\nb\nc\nd e f\n")
    assert is_as_shown("a\n…\nd\n", "a\nd\n")
    assert not is_as_shown("a\n…\nd\n", "a\nb\n")
    assert not is_as_shown("rows 1\n", "lines 1\n")


def test_every_link_between_pages_leads_somewhere() -> None:
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if "://" in target:
                continue
            file, _, anchor = target.partition("#")
            goal = path.parent / file if file else path
            assert goal.exists(), f"{path.name} links to {target}"
            if anchor:
                titles = re.findall(r"^#+ (.*)$", goal.read_text(encoding="utf-8"), flags=re.MULTILINE)
                made = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
                assert anchor in made, f"{path.name} links to {target}"
