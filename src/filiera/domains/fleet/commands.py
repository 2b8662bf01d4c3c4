"""`filiera fleet …`: the questions, their answers, what indexes do for them, and more days of the example data."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Questions about trucks, drivers and deliveries, and more days of their example data.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Home = Annotated[Path | None, typer.Option("--home", help="The home; default: FILIERA_HOME, or ./filiera-home.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


@app.command("questions")
def list_questions(json_: Json = False) -> None:
    """The twelve questions, and the parameters each takes."""
    from filiera.console import print_json, print_table
    from filiera.domains.fleet.questions import questions

    found = questions("warehouse").values()
    if json_:
        print_json([{"number": q.number, "name": q.name, "title": q.title, "parameters": q.defaults} for q in found])
        return
    rows = [
        [q.number, q.title, ", ".join(f"--{n.replace('_', '-')} {v}" for n, v in q.defaults.items())] for q in found
    ]
    print_table("", ["", "question", "parameters"], rows, right=[""])


@app.command()
def ask(
    number: Annotated[int, typer.Argument(help="Number of the question.")],
    days: Annotated[int | None, typer.Option(help="How many days back.")] = None,
    least: Annotated[int | None, typer.Option(help="How many trips it takes to be counted.")] = None,
    top: Annotated[int | None, typer.Option(help="How many rows at most.")] = None,
    months: Annotated[int | None, typer.Option(help="How many months back.")] = None,
    from_hour: Annotated[int | None, typer.Option(help="First hour of the day.")] = None,
    to_hour: Annotated[int | None, typer.Option(help="Last hour of the day.")] = None,
    home: Home = None,
    json_: Json = False,
) -> None:
    """Answer one question from the published data."""
    from filiera.console import print_json, print_table, warn
    from filiera.domains.fleet.answers import ask as answer_question
    from filiera.settings import load_settings

    given = {"days": days, "least": least, "top": top, "months": months, "from_hour": from_hour, "to_hour": to_hour}
    chosen = {name: value for name, value in given.items() if value is not None}
    answer = answer_question(load_settings(home), number, chosen)
    if json_:
        print_json(answer.dicts())
        return
    print_table(answer.title, answer.columns, answer.rows)
    warn(f"{len(answer.rows)} rows in {answer.milliseconds:.0f} ms")


@app.command()
def explain(
    repeat: Annotated[int, typer.Option(min=1, help="How often each question is timed; the median counts.")] = 5,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the indexes in the database.")] = False,
    output: Annotated[Path | None, typer.Option(help="Also write a Markdown page to this file.")] = None,
    day: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], help="What counts as today; default: the day of the last trip."),
    ] = None,
    home: Home = None,
    json_: Json = False,
) -> None:
    """Time each question on the operational database without and with the brief's indexes.

    All in one transaction that is rolled back, or committed with --keep. While the indexes are there, those who write
    to their tables wait. It takes the owner of the tables to make an index.
    """
    from filiera.console import print_json, print_table, progress, warn
    from filiera.domains.fleet import explained
    from filiera.domains.fleet.explain import explain as measure
    from filiera.settings import load_settings

    with progress() as tell:
        chosen = day.date() if day else None
        found = measure(load_settings(home), day=chosen, repeat=repeat, keep=keep, progress=tell)
    if output:
        explained.write_markdown(found, output)
    if json_:
        print_json(explained.as_data(found))
        return
    right = explained.QUESTION_COLUMNS[2:5]
    print_table("Questions", explained.QUESTION_COLUMNS, explained.question_rows(found), right=right)
    print_table("Indexes", explained.INDEX_COLUMNS, explained.index_rows(found), right=explained.INDEX_COLUMNS[1:3])
    for line in explained.summary(found):
        warn(line)


@app.command("play")
def play_days(
    home: Home = None,
    days: Annotated[int, typer.Option(help="How many days.")] = 1,
    seed: Annotated[int, typer.Option(help="Same seed, same days.")] = 42,
    deletes: Annotated[bool, typer.Option("--deletes", help="Delete some rows of earlier days, too.")] = False,
    json_: Json = False,
) -> None:
    """Play the example data on, as its operational database would be written to."""
    from filiera.console import number, print_json, progress, say
    from filiera.domains.fleet.play import play
    from filiera.settings import load_settings

    with progress() as tell:
        counts = play(load_settings(home), days=days, seed=seed, deletes=deletes, progress=tell)
    if json_:
        print_json(counts)
        return
    rows = counts.pop("rows")
    say(f"{number(rows)} rows written or deleted, among them:")
    for kind, count in counts.items():
        if count:
            say(f"  {number(count):>9}  {kind.replace('_', ' ')}")
    say("Take them in with: filiera run")
