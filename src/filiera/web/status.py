"""Is everything well: what was published last, which batches wait, and what runs.

Written for machines that watch (`/status`) and for the dashboards' freshness. Nothing published is a state to
report, not an error.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from filiera.serving.reader import NothingPublishedError, Serving

_PUBLISHED = "select run_id, logical_date, published_at, warehouse, version from meta.published"
_BATCHES = "select state, count(*) as batches from quality.batches group by state order by state"


class Published(BaseModel):
    """The publication that readers see."""

    file: str = Field(description="Name of the published file.")
    run_id: str = Field(description="The run that published it.")
    logical_date: date = Field(description="The day the run took as today.")
    published_at: datetime = Field(description="When it was published (UTC).")
    warehouse: str = Field(description="The engine that built it.")
    version: str = Field(description="Version of filiera that built it.")


class RunState(BaseModel):
    """One run of the pipeline, as its ledger knows it."""

    run_id: str
    state: str = Field(description="For instance running, succeeded, failed or paused.")
    started_at: datetime
    ended_at: datetime | None = None
    message: str | None = Field(None, description="Why it failed or what it waits for.")


class Status(BaseModel):
    """The state of the installation."""

    state: Literal["waiting", "ready"] = Field(description="`waiting` until something is published.")
    published: Published | None = Field(None, description="Null until the first run published.")
    age_seconds: int | None = Field(None, description="Seconds since that publication.")
    batches: dict[str, int] = Field(default_factory=dict, description="Batches by state: admitted, held, refused.")
    runs: list[RunState] = Field(default_factory=list, description="Latest runs, newest first.")


RecentRuns = Callable[[], list[RunState]]
"""Answers the latest runs, newest first: what the pipeline gives to `create_app`."""


def published(serving: Serving) -> Published | None:
    """The current publication, or None when there is none yet."""
    try:
        answer = serving.ask(_PUBLISHED, limit=1)
    except NothingPublishedError:
        return None
    found = answer.dicts()[0]
    found["published_at"] = found["published_at"].replace(tzinfo=UTC)
    return Published(file=answer.version, **found)


def read_status(serving: Serving, present: datetime, recent_runs: RecentRuns | None = None) -> Status:
    """Gather the status as of the present moment."""
    runs = recent_runs() if recent_runs else []
    publication = published(serving)
    if publication is None:
        return Status(state="waiting", runs=runs)
    return Status(
        state="ready",
        published=publication,
        age_seconds=max(0, int((present - publication.published_at).total_seconds())),
        batches={row["state"]: row["batches"] for row in serving.rows(_BATCHES)},
        runs=runs,
    )
