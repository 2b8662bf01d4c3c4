"""Writes down what `filiera fleet explain` measured: tables for people, a Markdown page, plain data for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from filiera.domains.fleet.explain import Explained, Findings, Made
from filiera.errors import UsageError

QUESTION_COLUMNS = ("", "question", "before ms", "after ms", "times as fast", "indexes used", "verdict")
INDEX_COLUMNS = ("index", "size kB", "holds % of rows", "used by questions")


def question_rows(found: Findings) -> list[list[str]]:
    """One row a question."""
    return [_question_row(item) for item in found.questions]


def _question_row(item: Explained) -> list[str]:
    times = [f"{item.before.median_ms:.2f}", f"{item.after.median_ms:.2f}", f"{item.ratio:.2f}"]
    asked = item.title.partition("?")[0] + "?"
    return [str(item.number), asked, *times, ", ".join(item.used) or "none", item.verdict]


def index_rows(found: Findings) -> list[list[str]]:
    """One row an index."""
    return [_index_row(made) for made in found.indexes]


def _index_row(made: Made) -> list[str]:
    share = "–" if made.rows_pct is None else f"{made.rows_pct:.1f}"
    return [made.name, f"{made.bytes / 1024:,.0f}", share, ", ".join(map(str, made.used_by)) or "never used"]


def summary(found: Findings) -> list[str]:
    """What it comes to, in sentences."""
    total = [sum(getattr(item, half).median_ms for item in found.questions) for half in ("before", "after")]
    size = sum(made.bytes for made in found.indexes) / 1024
    listed = {
        verdict: [str(item.number) for item in found.questions if item.verdict == verdict]
        for verdict in ("faster", "slower", "no clear difference", "not used", "not used, other plan")
    }
    unused = [made.name for made in found.indexes if not made.used_by]
    return [
        f"All twelve together take {total[0]:.1f} ms without the indexes and {total[1]:.1f} ms with them.",
        f"Faster with them: {_listed(listed['faster'])}. Slower: {_listed(listed['slower'])}.",
        f"One is used, but makes no clear difference: {_listed(listed['no clear difference'])}.",
        f"None is used: {_listed(listed['not used'] + listed['not used, other plan'])}.",
        f"The indexes take {size:,.0f} kB. Never used: {_listed(unused)}.",
        "The indexes were kept." if found.kept else "The indexes were rolled back: the database is as it was.",
    ]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def as_data(found: Findings) -> dict[str, Any]:
    """All of it."""
    data = asdict(found)
    for item, written in zip(found.questions, data["questions"], strict=True):
        for half in ("before", "after"):
            written[half] |= written[half].pop("plan")
        written |= {"ratio": item.ratio, "used": item.used, "verdict": item.verdict}
    return data


def write_markdown(found: Findings, path: Path) -> None:
    """Write a page that stands by itself."""
    try:
        path.write_text("\n".join(_page(found)) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}. Name a file in a folder that exists.") from None


def _page(found: Findings) -> Iterator[str]:
    rows = ", ".join(f"{count:,} {table}" for table, count in found.rows.items())
    yield "# What the indexes do for the twelve questions"
    yield ""
    yield (
        f"PostgreSQL {found.server}; {rows}. Today is {found.day}. Each time is the median of {found.repeat} runs after"
        " one that does not count, without and with the indexes alike, on the same statistics and with the tables in"
        " memory."
    )
    yield ""
    yield from (f"- {line}" for line in summary(found))
    yield ""
    yield "## Questions"
    yield ""
    yield from _table(QUESTION_COLUMNS, question_rows(found), right=(2, 3, 4))
    yield ""
    yield (
        "*No clear difference*: the slowest run of one half is slower than the fastest of the other. *Not used*: both"
        " times are of the same plan, so what lies between them is the noise of the machine."
    )
    yield ""
    yield "## Indexes"
    yield ""
    yield from _table(INDEX_COLUMNS, index_rows(found), right=(1, 2))
    yield ""
    yield "```sql"
    yield from (f"{made.definition};" for made in found.indexes)
    yield "```"
    yield ""
    yield "## Plans"
    for item in found.questions:
        yield from _plans(item)


def _plans(item: Explained) -> Iterator[str]:
    yield ""
    yield f"### {item.number}. {item.title}"
    yield ""
    for name, half in (("before", item.before), ("after", item.after)):
        spilled = f"; sorts wrote {half.plan.spilled_kb:,} kB to disk" if half.plan.spilled_kb else ""
        yield (
            f"- {name}: {half.median_ms:.2f} ms ({half.fastest_ms:.2f} to {half.slowest_ms:.2f}), planned in"
            f" {half.planning_ms:.2f} ms, {half.plan.buffers_hit:,} buffers from memory and {half.plan.buffers_read:,}"
            f" read{spilled}: {', '.join(half.plan.nodes)}"
        )


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield "|" + "|".join("---:" if place in right else "---" for place in range(len(columns))) + "|"
    yield from (f"| {' | '.join(row)} |" for row in rows)
