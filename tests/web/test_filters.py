"""What is typed into a filter of the page or the API is a value: of one key, of the calendar, and never SQL.

F24 compound keys, F36 calendars, F42 injection through values and identifiers. The rows here have names that would be
something else if they were ever put into a statement, or put together with others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from dash._utils import to_json
from dash.development.base_component import Component
from flask.testing import FlaskClient
from tests.web.conftest import publish

from filiera.domains.factory.pages import comparison, machines, trend
from filiera.domains.factory.pages import controls as factory_controls
from filiera.domains.factory.pages import questions as factory
from filiera.domains.factory.pages.quality_questions import rejected_count, rejected_rows
from filiera.domains.fleet.pages import controls as fleet_controls
from filiera.domains.fleet.pages import questions as fleet
from filiera.domains.fleet.pages.ranked import drivers, routes
from filiera.serving.reader import Serving
from filiera.settings import Settings
from filiera.sql import literal
from filiera.web.app import create_app
from filiera.web.choice import Choice
from filiera.web.period import Grain, Period

DAY = date(2020, 1, 6)
HOSTILE = (
    "' or 1=1 --",
    "'); drop table factory.mart_production_daily; --",
    '"; drop schema factory cascade; --',
    "$plants",
    "%",
    "_",
    "{{ 7 * 7 }}",
    "$1 ? %s {0}",
    "\\'; select 1; /*",
    "=1+1",
    "x]), 'y') or list_contains(['x",
    "&plant=Torino",
    "a+b c",
    "two\nlines",
    "nul\x00byte",
    "\u202eevil",
)
SAME_TOGETHER = (
    ("a", "bc", "d"),
    ("ab", "c", "d"),
    ("a", "b", "cd"),
    ("a", "b", "c"),
    ("a ", "bc", "d"),
    ("A", "bc", "d"),
    ("a|b", "c", "d"),
    ("a", "b|c", "d"),
    ("a/b", "c", "d"),
    ("a", "b/c", "d"),
    ("a · b", "c", "d"),
    ("a", "b · c", "d"),
)
# Days before and after 29 February, the turns of years with 52 and with 53 weeks, ends of months.
CALENDAR = (
    *("2020-12-27", "2020-12-28", "2020-12-31", "2021-01-01", "2021-01-03", "2021-01-04", "2023-02-28", "2023-03-01"),
    *("2024-02-28", "2024-02-29", "2024-03-01", "2024-12-29", "2024-12-30", "2024-12-31", "2025-01-31"),
)


def _made(rows: list[tuple[str, str, str, str]]) -> str:
    """SQL that publishes production of these days and places alone; the n-th row made 100 + n pieces."""
    values = ", ".join(
        f"({', '.join(literal(part) for part in place)}, {100 + n}::bigint, {n % 7}::bigint)"
        for n, place in enumerate(rows)
    )
    return (
        "delete from factory.mart_machine_daily; delete from factory.mart_production_daily;"
        "insert into factory.mart_machine_daily by name select production_date::date as production_date, "
        f"* exclude (production_date) from (values {values}) "
        "as t (production_date, plant, line, machine_id, produced_qty, scrap_qty);"
        "insert into factory.mart_production_daily by name select production_date, plant, line, "
        "sum(produced_qty) as total_produced, sum(scrap_qty) as total_scrap "
        "from factory.mart_machine_daily group by all;"
        "delete from core.dim_plant; insert into core.dim_plant by name "
        "select distinct plant from factory.mart_machine_daily;"
    )


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """The app over production and rejected rows with such names."""
    settings = Settings(home=tmp_path_factory.mktemp("hostile"), port=0)
    kept = [text for text in HOSTILE if "\x00" not in text]
    made = [(str(DAY), text, f"L {text}", "M1") for text in kept]
    made += [(str(DAY), *place) for place in SAME_TOGETHER]
    made += [(day, "Calendar", "L1", "M1") for day in CALENDAR]
    named = "; ".join(
        "insert into quality.rejected_rows by name select "
        f"{literal('factory.' + text)} as dataset, {literal(text)} as batch_id, {literal(text)} as source_name, "
        f"2 as line_number, true as is_line, [{literal(text)}] as reasons, '{{}}' as original, "
        "timestamp '2025-12-31' as loaded_at"
        for text in kept
    )
    publish(settings, also=_made(made) + named + ";")
    app = create_app(settings)
    yield app.test_client()
    app.extensions["filiera-serving"].close()


@pytest.fixture(scope="module")
def serving(client: FlaskClient) -> Serving:
    found: Serving = client.application.extensions["filiera-serving"]
    return found


def get(client: FlaskClient, operation: str, asked: Mapping[str, Any], status: int = 200) -> Any:
    answer = client.get(f"/api/v1/{operation}?{urlencode(asked, doseq=True)}")
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def text_of(component: Component | None) -> str:
    """Everything a person could read in it."""
    return json.dumps(json.loads(to_json(component)), ensure_ascii=False)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_filter_of_the_api_finds_the_one_that_is_named_so_and_no_other(client: FlaskClient, text: str) -> None:
    there = [] if "\x00" in text else [text]
    plants = get(client, "production", {"plant": text, "group_by": "plant"})
    assert [item["plant"] for item in plants["items"]] == there
    lines = get(client, "production", {"line": f"L {text}", "group_by": "line"})
    assert [item["plant"] for item in lines["items"]] == there
    for known in ({"dataset": f"factory.{text}"}, {"reason": text}):
        assert [item["source_name"] for item in get(client, "rejects", known)["items"]] == there


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["from", "to", "group_by", "limit", "offset"])
def test_what_must_be_a_day_a_word_or_a_number_is_refused_if_it_is_sql(
    client: FlaskClient, name: str, text: str
) -> None:
    for value in (text, f"1{text}", f"plant{text}", f"2020-01-06{text}"):
        assert name in get(client, "production", {name: value}, 422)["error"]


@pytest.mark.parametrize("text", HOSTILE)
def test_the_name_of_a_parameter_is_never_sql(client: FlaskClient, text: str) -> None:
    for operation in ("production", "rejects"):
        for name in (text, f"plant{text}", f"order_by{text}", "order_by", "table", "columns"):
            assert "there is no such parameter" in get(client, operation, {name: "1"}, 422)["error"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_filter_of_the_factory_page_finds_the_one_that_is_named_so_and_no_other(serving: Serving, text: str) -> None:
    found = factory.scope(serving)
    assert found
    choice = Choice.from_query("?" + urlencode({"from": DAY, "to": DAY, "plant": text}), found)
    assert choice.chosen == {"plant": (text,)}
    assert Choice.from_query(choice.query, found) == choice
    shown, nothing = factory_controls.outcome(serving, choice)
    places = factory.lines(serving, choice.period, choice.chosen["plant"])
    if "\x00" in text:
        assert (shown, places) == (False, [])
        assert "Nothing was produced here" in text_of(nothing)
        return
    assert shown
    assert [(place.plant, place.line) for place in places] == [(text, f"L {text}")]
    assert [step.name for step in factory.steps(serving, choice.period, (text,), "day")] == [text]
    assert [one.plant for one in factory.worst_machines(serving, choice.period, (text,), 10)] == [text]
    assert factory.totals(serving, choice.period, (text,)) == places[0].made
    for draw in (trend.charts, comparison.comparison, machines.worst):
        assert draw(serving, choice)


@pytest.mark.parametrize("text", HOSTILE)
def test_the_reason_of_rejected_rows_on_the_page_is_a_value(serving: Serving, text: str) -> None:
    there = [] if "\x00" in text else [text]
    assert rejected_count(serving, text) == len(there)
    assert [row.source_name for row in rejected_rows(serving, text, 8, 0)] == there


@pytest.mark.parametrize("facet", ["city", "vehicle"])
def test_a_filter_of_the_fleet_page_finds_the_one_that_is_named_so_and_no_other(
    changed: Callable[[str], Serving], facet: str
) -> None:
    kept = [text for text in HOSTILE if "\x00" not in text]
    names = ", ".join(literal(text) for text in kept)
    column = {"city": "origin_city", "vehicle": "vehicle_type"}[facet]
    renamed = "".join(
        f"insert into fleet.{mart} select kept.* replace (named.name as {column}) "
        f"from fleet.{mart} as kept, unnest([{names}]) as named (name) "
        f"where kept.scheduled_date = date '2025-12-01' and kept.{column} = (select min({column}) from fleet.{mart});"
        for mart in ("mart_deliveries_hourly", "mart_routes_daily", "mart_drivers_daily")
    )
    serving = changed(renamed)
    found = fleet.scope(serving)
    assert found
    period = {"from": "2025-12-01", "to": "2025-12-31"}
    whole = sum(
        fleet.totals(serving, Choice.from_query("?" + urlencode({**period, facet: text}), found)).delivered
        for text in found.values[facet]
    )
    assert whole == fleet.totals(serving, Choice.from_query("?" + urlencode(period), found)).delivered
    for text in kept:
        choice = Choice.from_query("?" + urlencode({**period, facet: text}), found)
        assert choice.chosen[facet] == (text,)
        assert fleet_controls.outcome(serving, choice) == (True, None)
        assert {step.start for step in fleet.steps(serving, choice)} == {date(2025, 12, 1)}
        assert sum(route.done.delivered for route in routes(serving, choice)) == fleet.totals(serving, choice).delivered
        assert isinstance(drivers(serving, choice), list)
    nobody = Choice.from_query("?" + urlencode({**period, facet: "nul\x00byte"}), found)
    assert fleet_controls.outcome(serving, nobody)[0] is False


def test_keys_that_read_the_same_when_put_together_stay_apart_in_the_api(client: FlaskClient) -> None:
    names = {"plant": 1, "line": 2, "machine": 3}
    for group, length in names.items():
        asked = {"from": DAY, "to": DAY, "group_by": group, "limit": 1000}
        told = get(client, "production", asked)
        keys = [(item["plant"], item["line"], item["machine_id"])[:length] for item in told["items"]]
        assert len(keys) == len(set(keys)) == told["total"]
        assert set(keys) >= {place[:length] for place in SAME_TOGETHER}
        one_by_one = [
            get(client, "production", asked | {"limit": 1, "offset": n})["items"][0] for n in range(len(keys))
        ]
        assert one_by_one == told["items"]


@pytest.mark.parametrize("place", SAME_TOGETHER)
def test_a_plant_and_a_line_are_filtered_each_by_itself(client: FlaskClient, place: tuple[str, str, str]) -> None:
    plant, line, _ = place
    told = get(client, "production", {"plant": plant, "line": line, "group_by": "machine"})["items"]
    expected = sorted(one for one in SAME_TOGETHER if one[:2] == (plant, line))
    assert [(item["plant"], item["line"], item["machine_id"]) for item in told] == expected


def test_keys_that_read_the_same_when_put_together_stay_apart_on_the_page(serving: Serving) -> None:
    period = Period(DAY, DAY)
    plants = tuple(sorted({plant for plant, *_ in SAME_TOGETHER}))
    places = factory.lines(serving, period, plants)
    assert {(place.plant, place.line) for place in places} == {(plant, line) for plant, line, _ in SAME_TOGETHER}
    worst = factory.worst_machines(serving, period, plants, 100)
    assert {(one.plant, str(one.line), str(one.machine)) for one in worst} == set(SAME_TOGETHER)
    by_plant = {plant: factory.totals(serving, period, (plant,)).produced for plant in plants}
    assert sum(by_plant.values()) == factory.totals(serving, period, plants).produced
    for plant, produced in by_plant.items():
        assert produced == sum(place.made.produced for place in places if place.plant == plant)


@pytest.mark.parametrize("day", CALENDAR)
def test_each_day_of_the_calendar_can_be_asked_for_alone(client: FlaskClient, day: str) -> None:
    asked = {"from": day, "to": day, "plant": "Calendar"}
    (found,) = get(client, "production", asked)["items"]
    assert found["period_start"] == day
    (week,) = get(client, "production", asked | {"group_by": "week"})["items"]
    assert week["period_start"] == str(date.fromisocalendar(*date.fromisoformat(day).isocalendar()[:2], 1))
    (month,) = get(client, "production", asked | {"group_by": "month"})["items"]
    assert month["period_start"] == f"{day[:7]}-01"
    assert found["produced"] == week["produced"] == month["produced"]


@pytest.mark.parametrize("group", ["day", "week", "month"])
def test_no_day_is_lost_or_doubled_where_years_turn_and_february_is_longer(client: FlaskClient, group: str) -> None:
    told = get(client, "production", {"plant": "Calendar", "group_by": group})["items"]
    starts = set()
    for day in map(date.fromisoformat, CALENDAR):
        monday, first = day - timedelta(days=day.weekday()), day.replace(day=1)
        starts.add({"day": day, "week": monday, "month": first}[group])
    assert [item["period_start"] for item in told] == [str(start) for start in sorted(starts)]
    assert sum(item["produced"] for item in told) == sum(
        item["produced"] for item in get(client, "production", {"plant": "Calendar"})["items"]
    )


def test_the_week_53_goes_on_into_the_next_year(client: FlaskClient) -> None:
    asked = {"from": "2020-12-28", "to": "2021-01-03", "plant": "Calendar"}
    (week,) = get(client, "production", asked | {"group_by": "week"})["items"]
    days = get(client, "production", asked)["items"]
    assert [day["period_start"] for day in days] == ["2020-12-28", "2020-12-31", "2021-01-01", "2021-01-03"]
    assert (week["period_start"], week["produced"]) == ("2020-12-28", sum(day["produced"] for day in days))


@pytest.mark.parametrize(
    "day",
    ["2025-02-29", "2100-02-29", "2025-04-31", "2025-13-01", "2025-00-10", "2025-01-00", "0000-01-01", "20250131",
     "2025-W05-5", "2025-031", "2025-1-31", "31.01.2025", "86400", "0", "-86400", "1738281600", "1738281600000",
     "2025-01-31T00:00:00Z", "2025-01-31 00:00", " 2025-01-31", "+2025-01-31", "today", "\u0662025-01-31"],
)  # fmt: skip
def test_what_is_no_day_of_the_calendar_is_refused_by_the_api(client: FlaskClient, day: str) -> None:
    for name in ("from", "to"):
        told = get(client, "production", {name: day}, 422)["error"]
        assert f"'{name}'" in told


@pytest.mark.parametrize(
    "day", ["2025-02-29", "2100-02-29", "2025-04-31", "2025-13-01", "86400", "today", "2024-02-30"]
)
def test_what_is_no_day_of_the_calendar_counts_as_not_given_on_the_page(serving: Serving, day: str) -> None:
    found = factory.scope(serving)
    assert found
    for query in (f"?from={day}&to=2025-12-31", f"?from=2020-01-01&to={day}"):
        assert Choice.from_query(query, found) == Choice.from_query("", found)


@pytest.mark.parametrize(
    ("first", "last", "before"),
    [
        ("2024-02-29", "2024-02-29", ("2024-02-28", "2024-02-28")),
        ("2024-03-01", "2024-03-31", ("2024-01-30", "2024-02-29")),
        ("2023-03-01", "2023-03-31", ("2023-01-29", "2023-02-28")),
        ("2021-01-01", "2021-01-03", ("2020-12-29", "2020-12-31")),
    ],
)
def test_a_period_of_the_page_and_the_one_before_it_cross_leap_days_and_turns_of_the_year(
    serving: Serving, first: str, last: str, before: tuple[str, str]
) -> None:
    found = factory.scope(serving)
    assert found
    choice = Choice.from_query(f"?from={first}&to={last}&plant=Calendar", found)
    assert (str(choice.period.previous.first), str(choice.period.previous.last)) == before
    for period in (choice.period, choice.period.previous):
        made = factory.totals(serving, period, ("Calendar",)).produced
        steps = factory.steps(serving, period, ("Calendar",), "day")
        expected = [day for day in CALENDAR if str(period.first) <= day <= str(period.last)]
        assert [str(step.start) for step in steps] == expected
        grains: tuple[Grain, ...] = ("week", "month")
        for grain in grains:
            assert sum(step.done.produced for step in factory.steps(serving, period, ("Calendar",), grain)) == made


def redraw(client: FlaskClient, name: str, *given: dict[str, Any], state: tuple[dict[str, Any], ...] = ()) -> Any:
    """What the server answers to a browser, or to whoever says to be one."""
    changed = [f"{one['id']}.{one['property']}" for one in given]
    asked = {"output": f"{name}.children", "outputs": {"id": name, "property": "children"}, "inputs": list(given)}
    return client.post("/_dash-update-component", json=asked | {"state": list(state), "changedPropIds": changed})


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_browser_says_it_holds_is_a_value_too(client: FlaskClient, serving: Serving, text: str) -> None:
    found = factory.scope(serving)
    assert found
    choice = Choice.from_query("?" + urlencode({"from": DAY, "to": DAY, "plant": text}), found)
    held = {"id": "factory-choice", "property": "data", "value": choice.store("v")}
    told = redraw(client, "factory-comparison", held)
    assert told.status_code == 200
    assert (json.dumps(f"L {text}") in json.dumps(told.get_json())) is ("\x00" not in text)
    assert "Calendar" not in told.get_data(as_text=True)
    for end in ("fleet-routes-rows", "fleet-routes-order"), ("fleet-drivers-rows", "fleet-drivers-end"):
        fleet_scope = fleet.scope(serving)
        assert fleet_scope
        store = Choice.from_query("", fleet_scope).store("v")
        order = {"id": end[1], "property": "value", "value": text}
        answer = redraw(client, end[0], order, state=({"id": "fleet-choice", "property": "data", "value": store},))
        assert answer.status_code == 200
