"""The HTTP API: what it answers, and how it says no."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from filiera.serving.reader import Serving
from filiera.settings import Settings
from filiera.web.app import create_app
from filiera.web.status import RunState


@pytest.fixture(scope="module")
def client(published: Settings) -> Iterator[FlaskClient]:
    app = create_app(published.model_copy(update={"now": datetime(2025, 12, 31, 5, 15, tzinfo=UTC)}))
    yield app.test_client()
    app.extensions["filiera-serving"].close()


@pytest.fixture
def empty_client(unpublished: Settings) -> FlaskClient:
    return create_app(unpublished).test_client()


def get(client: FlaskClient, address: str, status: int = 200) -> Any:
    answer = client.get(address)
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.mimetype == "application/json"
    return answer.get_json()


def test_production_by_plant_is_the_sum_of_the_fact(client: FlaskClient, published: Settings) -> None:
    got = get(client, "/api/v1/production?group_by=plant&from=2025-03-01&to=2025-03-31")
    with Serving(published) as serving:
        expected = serving.rows(
            "select plant, sum(total_produced)::bigint as produced, sum(total_scrap)::bigint as scrap"
            " from factory.production_fact where month(production_date) = 3 and year(production_date) = 2025"
            " group by plant order by plant"
        )
    assert [{key: item[key] for key in ("plant", "produced", "scrap")} for item in got["items"]] == expected
    first = got["items"][0]
    assert first["scrap_rate"] == round(first["scrap"] / first["produced"], 6)
    assert first["good"] == first["produced"] - first["scrap"]


@pytest.mark.parametrize(
    ("group", "total"), [("day", 31), ("week", 6), ("month", 1), ("plant", 4), ("line", 20), ("machine", 120)]
)
def test_every_group_adds_up_to_the_same_total(client: FlaskClient, group: str, total: int) -> None:
    got = get(client, f"/api/v1/production?group_by={group}&from=2025-03-01&to=2025-03-31&limit=1000")
    assert got["total"] == len(got["items"]) == total
    days = get(client, "/api/v1/production?from=2025-03-01&to=2025-03-31")["items"]
    assert sum(item["produced"] for item in got["items"]) == sum(item["produced"] for item in days)


def test_filters_may_be_repeated_and_weeks_begin_on_monday(client: FlaskClient) -> None:
    got = get(client, "/api/v1/production?group_by=line&plant=Bari&plant=Cuneo&line=L1&line=L2")
    assert {(item["plant"], item["line"]) for item in got["items"]} == {
        ("Bari", "L1"),
        ("Bari", "L2"),
        ("Cuneo", "L1"),
        ("Cuneo", "L2"),
    }
    weeks = get(client, "/api/v1/production?group_by=week&from=2025-03-03&to=2025-03-16")["items"]
    assert [week["period_start"] for week in weeks] == ["2025-03-03", "2025-03-10"]


def test_pages_follow_each_other_without_gap_or_overlap(client: FlaskClient) -> None:
    whole = get(client, "/api/v1/production?group_by=machine&limit=1000")["items"]
    parts = [
        item
        for offset in range(0, 120, 50)
        for item in get(client, f"/api/v1/production?group_by=machine&limit=50&offset={offset}")["items"]
    ]
    assert parts == whole
    beyond = get(client, "/api/v1/production?group_by=machine&offset=500")
    assert (beyond["total"], beyond["items"]) == (120, [])


def test_rejects_tell_file_line_reasons_and_the_original_text(client: FlaskClient) -> None:
    got = get(client, "/api/v1/rejects?dataset=factory.production_raw&reason=NEGATIVE_VALUES&limit=5")
    assert got["total"] == 30
    assert len(got["items"]) == 5
    first = got["items"][0]
    assert (first["source_name"], first["is_line"]) == ("production_2025-12-31.csv", True)
    assert first["reasons"] == ["NEGATIVE_VALUES", "FUTURE_DATE"]
    assert first["original"]["produced_qty"] == "-40"
    assert first["loaded_at"] == "2025-12-31T03:55:00Z"
    assert get(client, "/api/v1/rejects?dataset=fleet.trips")["total"] == 0


def test_a_rejected_row_of_a_table_is_not_said_to_be_a_line(
    empty_client: FlaskClient, publisher: Callable[..., Path]
) -> None:
    publisher(
        1, also="update quality.rejected_rows set source_name = 'factory.public.production_raw', is_line = false;"
    )
    assert not any(item["is_line"] for item in get(empty_client, "/api/v1/rejects")["items"])


def test_rejected_rows_that_an_older_version_published_are_still_told(
    empty_client: FlaskClient, publisher: Callable[..., Path]
) -> None:
    publisher(1, also="alter table quality.rejected_rows drop is_line;")
    assert all(item["is_line"] for item in get(empty_client, "/api/v1/rejects")["items"])


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("from=31.12.2025", "from"),
        ("from=2025-02-01&to=2025-01-01", "is after"),
        ("group_by=shift", "group_by"),
        ("limit=0", "limit"),
        ("limit=100000", "limit"),
        ("offset=-1", "offset"),
        ("plants=Bari", "there is no such parameter"),
    ],
)
def test_a_bad_parameter_is_named_in_one_sentence(client: FlaskClient, query: str, named: str) -> None:
    got = get(client, f"/api/v1/production?{query}", 422)
    assert list(got) == ["error"]
    assert named in got["error"]


def test_a_value_is_never_taken_for_sql(client: FlaskClient) -> None:
    got = get(client, "/api/v1/production?group_by=plant&plant=' or 1=1 --")
    assert got["items"] == []


def test_wrong_addresses_and_methods_are_told_as_json(client: FlaskClient) -> None:
    assert "nothing at /api/v1/nothing" in get(client, "/api/v1/nothing", 404)["error"]
    assert client.post("/api/v1/nothing").status_code == 404
    answer = client.post("/api/v1/production")
    assert answer.status_code == 405
    assert "does not take POST" in answer.get_json()["error"]
    assert "GET" in answer.headers["Allow"]


def test_status_tells_the_publication_its_age_and_the_batches(client: FlaskClient) -> None:
    got = get(client, "/status")
    assert got["state"] == "ready"
    assert got["age_seconds"] == 3600
    assert got["published"]["run_id"] == "run-1"
    assert got["published"]["logical_date"] == "2025-12-31"
    assert got["batches"] == {"admitted": 60, "held": 2, "refused": 2}
    assert got["runs"] == []


def test_status_tells_the_runs_it_is_given(published: Settings) -> None:
    run = RunState(run_id="7", state="running", started_at=datetime(2025, 12, 31, 5, tzinfo=UTC))
    client = create_app(published, recent_runs=lambda: [run]).test_client()
    assert get(client, "/status")["runs"][0]["state"] == "running"


def test_before_the_first_run_only_the_data_is_missing(empty_client: FlaskClient) -> None:
    assert get(empty_client, "/healthz") == {"status": "ok"}
    assert get(empty_client, "/status")["state"] == "waiting"
    assert "run `filiera run`" in get(empty_client, "/api/v1/production", 503)["error"]
    assert "run `filiera run`" in get(empty_client, "/api/v1/rejects", 503)["error"]
    assert empty_client.get("/").status_code == 200


def test_an_answer_comes_from_the_newest_publication(empty_client: FlaskClient, publisher: Callable[..., Path]) -> None:
    publisher(1)
    before = get(empty_client, "/api/v1/production?group_by=plant")["items"]
    publisher(2, also="update factory.mart_production_daily set total_produced = total_produced + 1;")
    after = get(empty_client, "/api/v1/production?group_by=plant")["items"]
    assert [item["produced"] - 5 * 731 for item in after] == [item["produced"] for item in before]


def test_a_fault_inside_is_told_without_its_details(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(Serving, "rows", break_down)
    got = get(client, "/api/v1/production", 500)
    assert "secret" not in got["error"]
    assert "secret detail" in caplog.text


def test_the_openapi_document_describes_every_operation_and_its_failures(client: FlaskClient) -> None:
    document = get(client, "/openapi.json")
    assert set(document["paths"]) == {"/healthz", "/status", "/api/v1/production", "/api/v1/rejects"}
    production = document["paths"]["/api/v1/production"]["get"]
    named = {parameter["name"]: parameter for parameter in production["parameters"]}
    assert set(named) == {"from", "to", "plant", "line", "group_by", "limit", "offset"}
    assert all(parameter["description"] for parameter in named.values())
    assert {"200", "422", "503"} <= set(production["responses"])
    failure = production["responses"]["422"]["content"]["application/json"]["schema"]["$ref"]
    assert failure.endswith("/Failure")
