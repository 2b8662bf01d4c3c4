"""History is a function of what was recorded: not of how the recordings were batched, nor of their order.

The macro that derives it is compiled as dbt does and run on DuckDB itself, so that hundreds of histories take seconds.
Beside it stands a history told in plain Python, with which it must agree.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import duckdb
import jinja2
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import filiera.warehouse
from filiera.settings import Settings
from filiera.sources import embedded_postgres
from filiera.sql import literal

MACRO = Path(filiera.warehouse.__file__).parent / "project" / "macros" / "history.sql"
TRACKED = ("name", "size")
BEGINNING, END, START = map(datetime.fromisoformat, ("1900-01-01", "9999-12-31", "2026-01-05"))


class Recording(NamedTuple):
    """A thing as it was recorded at a moment."""

    thing_id: int
    name: str | None
    size: int | None
    is_deleted: bool
    recorded_at: datetime


class Version(NamedTuple):
    """One version of a thing."""

    thing_key: int
    thing_id: int
    name: str | None
    size: int | None
    is_deleted: bool
    version: int
    valid_from: datetime
    valid_to: datetime
    is_current: bool


Batch = list[Recording]

recordings = st.builds(
    Recording,
    st.integers(1, 3),
    st.sampled_from([None, "", "a", "ab", "È", "Z", "z"]),
    st.sampled_from([None, 0, 1]),
    st.booleans(),
    st.integers(0, 9).map(lambda hour: START + timedelta(hours=hour)),
)
batches = st.lists(st.lists(recordings, max_size=8), max_size=5)


@cache
def macro(on: str) -> Any:
    """The macros of the history, as one engine gets them."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])  # noqa: S701 - this makes SQL
    template = environment.from_string(MACRO.read_text(encoding="utf-8"))

    def dispatch(name: str, _: str) -> Any:
        return getattr(template.module, f"{on}__{name}", None) or getattr(template.module, f"default__{name}")

    environment.globals |= {"return": lambda value: value, "adapter": SimpleNamespace(dispatch=dispatch)}
    return template.module


def versions_of(relation: str, tracked: Iterable[str] = TRACKED, on: str = "duckdb") -> str:
    """SQL of the versions that a relation's recordings make."""
    ctes = macro(on).history(relation, "thing_id", list(tracked), "recorded_at", "thing_key")
    columns = ", ".join(
        name if name in (*Version._fields[:3], *tracked, *Version._fields[4:]) else f"NULL AS {name}"
        for name in Version._fields
    )
    return f"WITH {ctes} SELECT {columns} FROM versions"


@cache
def engine() -> duckdb.DuckDBPyConnection:
    """One DuckDB for all examples, which are too small for more than one thread."""
    return duckdb.connect(config={"threads": 1})


def derived(*taken: Batch, tracked: Iterable[str] = TRACKED) -> list[Version]:
    """The history, built batch by batch as an incremental model does: what changed is derived anew and replaced."""
    connection = engine()
    columns = "thing_id BIGINT, name VARCHAR, size INTEGER, is_deleted BOOLEAN, recorded_at TIMESTAMP"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE recorded ({columns})")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE history AS {versions_of('recorded', tracked)}")
    for batch in filter(None, taken):
        rows = ", ".join(f"({', '.join(map(literal, row))})" for row in batch)
        keys = ", ".join(str(row.thing_id) for row in batch)
        touched = f"(FROM recorded WHERE thing_id IN ({keys}))"
        connection.execute(
            f"INSERT INTO recorded VALUES {rows}; DELETE FROM history WHERE thing_id IN ({keys});"
            f"INSERT INTO history {versions_of(touched, tracked)}"
        )
    found = connection.execute("FROM history ORDER BY thing_id, valid_from").fetchall()
    return [Version(*row) for row in found]


def told_in_python(rows: Batch, found: list[Version]) -> list[tuple[Any, ...]]:
    """What a history must be. Of several recordings of one moment, the one that `found` chose is taken as given."""
    chosen = {(version.thing_id, version.valid_from): version[2:5] for version in found}
    history = []
    ordered = sorted(set(rows), key=lambda row: (row.thing_id, row.recorded_at))
    for thing, own in groupby(ordered, lambda row: row.thing_id):
        kept: list[tuple[datetime, tuple[Any, ...]]] = []
        for moment, at_once in groupby(own, lambda row: row.recorded_at):
            said = {row[1:4] for row in at_once}
            since = moment if kept else BEGINNING
            values = next(iter(said)) if len(said) == 1 else chosen.get((thing, since), kept[-1][1] if kept else None)
            assert values in said
            if not kept or values != kept[-1][1]:
                kept.append((moment, values))
        starts = [BEGINNING, *(moment for moment, _ in kept[1:]), END]
        ranges = zip(kept, pairwise(starts), strict=True)
        history += [(thing, *values, since, until) for (_, values), (since, until) in ranges]
    return history


@settings(max_examples=60)
@given(batches, st.randoms())
def test_one_batch_many_batches_and_any_order_give_the_same_history(taken: list[Batch], chance: random.Random) -> None:
    rows = [row for batch in taken for row in batch]
    shuffled = chance.sample(rows, len(rows))
    one_by_one = [[row] for row in shuffled[:6]] + [shuffled[6:]]
    whole = derived(rows)
    assert derived(*taken) == whole
    assert derived(*reversed(taken)) == whole
    assert derived(*one_by_one) == whole


@settings(max_examples=60)
@given(batches)
def test_delivered_twice_is_recorded_once(taken: list[Batch]) -> None:
    assert derived(*taken, *taken) == derived(*taken)


@settings(max_examples=60)
@given(st.lists(recordings, max_size=15))
def test_a_history_is_what_its_recordings_say(rows: Batch) -> None:
    found = derived(rows)
    told = [(*version[1:5], version.valid_from, version.valid_to) for version in found]
    assert told == told_in_python(rows, found)


@settings(max_examples=60)
@given(st.lists(recordings, min_size=1, max_size=15))
def test_every_moment_finds_exactly_one_version(rows: Batch) -> None:
    found = derived(rows)
    assert len({version.thing_key for version in found}) == len(found)
    for thing in {row.thing_id for row in rows}:
        own = [version for version in found if version.thing_id == thing]
        assert [version.version for version in own] == list(range(1, len(own) + 1))
        assert (own[0].valid_from, own[-1].valid_to) == (BEGINNING, END)
        assert all(version.valid_from < version.valid_to for version in own)
        assert all(earlier.valid_to == later.valid_from for earlier, later in pairwise(own))
        assert [version.is_current for version in own] == [False] * (len(own) - 1) + [True]


@settings(max_examples=40)
@given(st.lists(recordings, max_size=12), recordings)
def test_a_late_recording_leaves_other_things_and_earlier_versions_alone(rows: Batch, late: Recording) -> None:
    before, after = derived(rows), derived(rows, [late])
    others = [version for version in before if version.thing_id != late.thing_id]
    assert [version for version in after if version.thing_id != late.thing_id] == others
    earlier = [
        version for version in before if version.thing_id == late.thing_id and version.valid_to < late.recorded_at
    ]
    assert set(earlier) <= set(after)


def at(hour: int, name: str | None, size: int | None = None, *, deleted: bool = False, thing: int = 1) -> Recording:
    return Recording(thing, name, size, deleted, START + timedelta(hours=hour))


def names(*taken: Batch) -> list[tuple[Any, ...]]:
    """Name of each version and the hour it begins at; the first begins at none."""
    found = derived(*taken)
    hours = [None if v.version == 1 else (v.valid_from - START).seconds // 3600 for v in found]
    return [(version.name, hour) for version, hour in zip(found, hours, strict=True)]


def test_an_unchanged_recording_makes_no_version() -> None:
    assert names([at(1, "a")], [at(2, "a")], [at(3, "a")]) == [("a", None)]


def test_there_and_back_again_makes_three_versions() -> None:
    assert names([at(1, "a"), at(2, "b"), at(3, "a")]) == [("a", None), ("b", 2), ("a", 3)]


def test_a_value_that_comes_and_goes_is_told_from_null() -> None:
    assert names([at(1, None)], [at(2, "a")], [at(3, None)], [at(4, None)]) == [(None, None), ("a", 2), (None, 3)]
    assert names([at(1, None, 1)], [at(2, "", 1)]) == [(None, None), ("", 2)]


def test_values_that_run_together_as_text_are_told_apart() -> None:
    pairs = (["'a'", "'bc'"], ["'ab'", "'c'"], ["'a|'", "'bc'"], ["NULL", "'bc'"], ["'-'", "'bc'"], ["''", "'bc'"])
    keys = ", ".join(str(macro("duckdb").surrogate_key(pair)) for pair in pairs)
    (found,) = engine().execute(f"SELECT {keys}").fetchall()
    assert len(set(found)) == len(pairs)


def test_a_key_that_goes_and_comes_back_keeps_what_it_was() -> None:
    found = derived([at(1, "a")], [at(2, None, deleted=True)], [at(3, "a")])
    assert [(version.name, version.is_deleted) for version in found] == [("a", False), (None, True), ("a", False)]


def test_a_change_dated_in_the_past_splits_the_version_it_falls_into() -> None:
    before = derived([at(1, "a"), at(5, "b")])
    after = derived([at(1, "a"), at(5, "b")], [at(3, "c")])
    assert names([at(1, "a"), at(5, "b")], [at(3, "c")]) == [("a", None), ("c", 3), ("b", 5)]
    assert [version.thing_key for version in before] == [after[0].thing_key, after[2].thing_key]


def test_of_two_recordings_of_one_moment_one_counts_whichever_came_first() -> None:
    one, other = at(2, "a"), at(2, None)
    assert derived([at(1, "z")], [one], [other]) == derived([at(1, "z")], [other], [one])
    assert len(derived([at(1, "z")], [one], [other])) == 2


def test_a_deletion_wins_over_a_recording_of_its_moment() -> None:
    for taken in ([at(2, "a"), at(2, None, deleted=True)], [at(2, None, deleted=True), at(2, "a")]):
        assert derived(taken)[-1].is_deleted


def test_a_clock_that_goes_backwards_orders_by_what_was_recorded() -> None:
    assert names([at(5, "b")], [at(1, "a")], [at(3, "a")]) == [("a", None), ("b", 5)]


def test_a_new_column_makes_a_version_only_where_it_gets_a_value() -> None:
    old = [at(1, "a"), at(1, "b", thing=2), at(2, "c", thing=2)]
    before = derived(old, tracked=["name"])
    assert derived(old) == before
    filled = derived(old, [at(9, "a", 1)])
    assert [version[1:4] for version in filled] == [
        (1, "a", None),
        (1, "a", 1),
        (2, "b", None),
        (2, "c", None),
    ]


@pytest.fixture
def postgres(home: Settings) -> Iterator[psycopg.Connection[Any]]:
    """A real PostgreSQL."""
    with psycopg.connect(embedded_postgres.database_url(home, "history")) as connection:
        yield connection
    embedded_postgres.stop(home)


@pytest.mark.slow
def test_postgresql_derives_the_same_history_with_the_same_keys(postgres: psycopg.Connection[Any]) -> None:
    chance = random.Random(7)
    rows = [
        at(
            chance.randrange(30),
            chance.choice([None, "", "a", "Z", "È", "ab"]),
            chance.choice([None, 0, 1]),
            deleted=chance.random() < 0.1,
            thing=chance.randrange(40),
        )
        for _ in range(1500)
    ]
    postgres.execute(
        "CREATE TEMP TABLE recorded"
        " (thing_id BIGINT, name TEXT, size INTEGER, is_deleted BOOLEAN, recorded_at TIMESTAMP)"
    )
    with postgres.cursor() as cursor:
        cursor.executemany("INSERT INTO recorded VALUES (%s, %s, %s, %s, %s)", rows)
    question = f"SELECT * FROM ({versions_of('recorded', on='postgres')}) AS v ORDER BY thing_id, valid_from"
    assert [Version(*row) for row in postgres.execute(question).fetchall()] == derived(rows)
