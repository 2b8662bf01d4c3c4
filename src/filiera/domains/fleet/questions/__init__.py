"""The twelve questions a fleet's managers ask, each with its parameters and its SQL.

A question has two texts: one for the published warehouse, which answers in milliseconds, and one for the operational
database, on which `filiera fleet explain` shows what indexes do. A file begins with the question in words and the
defaults of its parameters, as `-- :days = 90`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from filiera.errors import UsageError

Where = Literal["warehouse", "operational"]
_PARAMETER = re.compile(r"^-- :(\w+) = (\d+)$", re.MULTILINE)
_NAME = re.compile(r"(?<!:):([a-z_]+)")


@dataclass(frozen=True)
class Question:
    """One question."""

    number: int
    name: str
    title: str
    defaults: dict[str, int]
    sql: str

    def fill(self, given: dict[str, int]) -> dict[str, int]:
        """Values of all parameters: the given ones, and defaults for the rest."""
        if unknown := set(given) - set(self.defaults):
            known = ", ".join(self.defaults) or "none"
            raise UsageError(f"Question {self.number} has no parameter {', '.join(sorted(unknown))}; it has: {known}.")
        return self.defaults | given

    def text(self, style: Literal["$", "%"]) -> str:
        """The SQL with parameters in the style of DuckDB (`$days`) or psycopg (`%(days)s`)."""
        body = self.sql.replace("%", "%%") if style == "%" else self.sql
        return _NAME.sub(lambda found: f"${found[1]}" if style == "$" else f"%({found[1]})s", body)

    def names(self) -> set[str]:
        """Parameters the SQL uses, those of the platform (`today`) included."""
        return set(_NAME.findall(self.sql))


@cache
def questions(where: Where) -> dict[int, Question]:
    """All questions by number."""
    found = {}
    for entry in files(__package__).joinpath(where).iterdir():
        if entry.name.endswith(".sql"):
            question = _read(entry.name, entry.read_text(encoding="utf-8"))
            found[question.number] = question
    return {number: found[number] for number in sorted(found)}


def question(number: int, where: Where) -> Question:
    """The question of that number."""
    known = questions(where)
    if number not in known:
        raise UsageError(
            f"There is no question {number}; they are numbered 1 to {len(known)}. List: filiera fleet questions"
        )
    return known[number]


def _read(file: str, text: str) -> Question:
    number, _, name = file.removesuffix(".sql").partition("_")
    title = text.partition("\n")[0].removeprefix("-- ")
    defaults = {key: int(value) for key, value in _PARAMETER.findall(text)}
    body = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return Question(int(number), name, title, defaults, body.strip())
