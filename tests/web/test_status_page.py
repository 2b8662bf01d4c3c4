"""The status as people read it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

from dash._utils import to_json

from filiera.serving.reader import Serving
from filiera.settings import Settings
from filiera.web.status import Published, RunState, Status
from filiera.web.status_page import shown, status_page


def told(status: Status) -> str:
    return json.dumps(json.loads(to_json(shown(status))), ensure_ascii=False)  # type: ignore[no-untyped-call]


PUBLISHED = Published(
    file="serving-1.duckdb",
    run_id="20260131-040000",
    logical_date=date(2026, 1, 31),
    published_at=datetime(2026, 1, 31, 4, 5, tzinfo=UTC),
    warehouse="duckdb",
    version="1.0",
)


def test_a_failed_run_says_why_and_stands_out() -> None:
    began = datetime(2026, 1, 31, 4, 0, tzinfo=UTC)
    failed = RunState(
        run_id="r2", state="Failed", started_at=began, ended_at=began.replace(minute=2, second=5), message="No disk."
    )
    running = RunState(run_id="r3", state="Running", started_at=began)
    page = told(
        Status(state="ready", published=PUBLISHED, batches={"admitted": 1200, "held": 2}, runs=[running, failed])
    )
    for expected in ("badge-refused", "No disk.", "2 min 05 s", "1,200", "held until somebody decides", "31 Jan 2026"):
        assert expected in page


def test_before_anything_happened_the_page_says_so() -> None:
    page = told(Status(state="waiting"))
    for expected in ("Nothing yet.", "None came yet.", "No run is recorded."):
        assert expected in page


def test_the_status_has_its_own_address_beside_the_one_for_programs(published: Settings, serving: Serving) -> None:
    page = status_page(published, None)
    assert (page.path, page.title) == ("/runs", "Status")
    assert page.layout(serving, "")
