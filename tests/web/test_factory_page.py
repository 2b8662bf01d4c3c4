"""The factory page without a browser: its choice, its figures and what it says of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from dash._utils import to_json
from dash.development.base_component import Component

from filiera.domains.factory.pages import comparison, controls, deliveries, headline, machines, rejects, trend
from filiera.domains.factory.pages.overview import layout
from filiera.domains.factory.pages.questions import lines, scope, steps, totals, worst_machines
from filiera.domains.factory.pages.trend import over_time
from filiera.serving.reader import Serving
from filiera.web.choice import Choice, Scope
from filiera.web.period import Period

MARCH = Period(date(2025, 3, 1), date(2025, 3, 31))


def chosen(serving: Serving, query: str = "") -> Choice:
    found = scope(serving)
    assert found
    return Choice.from_query(query, found)


def text(component: Component | None) -> str:
    """Everything a person could read in it."""
    return str(to_json(component))  # type: ignore[no-untyped-call]


def numbers(serving: Serving, sql: str) -> dict[str, Any]:
    return serving.rows(sql)[0]


def test_without_a_choice_the_last_ninety_days_of_the_data_are_shown(serving: Serving) -> None:
    choice = chosen(serving)
    assert choice.period == Period(date(2025, 10, 3), date(2025, 12, 31))
    assert choice.chosen == {"plant": ()}


def test_the_url_says_the_choice_and_brings_it_back(serving: Serving) -> None:
    choice = chosen(serving, "?from=2025-03-01&to=2025-03-31&plant=Torino&plant=Reggio+nell%27Emilia")
    assert choice.chosen == {"plant": ("Torino", "Reggio nell'Emilia")}
    assert chosen(serving, choice.query) == choice
    assert Choice.from_store(json.loads(json.dumps(choice.store("v")))) == choice


@pytest.mark.parametrize(
    "query", ["?from=x&to=y", "?from=2025-02-01&to=2025-01-01", "?from=2025-02-01", "?from=0001-01-01&to=0001-01-02"]
)
def test_nonsense_in_the_url_counts_as_not_given(serving: Serving, query: str) -> None:
    assert chosen(serving, query) == chosen(serving)


def test_every_region_tells_the_same_totals(serving: Serving) -> None:
    everything = totals(serving, MARCH, ())
    fact = numbers(
        serving,
        "select sum(total_produced)::bigint as p, sum(total_scrap)::bigint as s from factory.production_fact"
        " where production_date between date '2025-03-01' and date '2025-03-31'",
    )
    assert (everything.produced, everything.scrap) == (fact["p"], fact["s"])
    for grain in ("day", "week", "month"):
        assert sum(step.done.produced for step in steps(serving, MARCH, (), grain)) == fact["p"]
    assert sum(place.made.scrap for place in lines(serving, MARCH, ())) == fact["s"]
    assert sum(place.made.scrap for place in worst_machines(serving, MARCH, (), 10_000)) == fact["s"]


def test_a_rate_is_a_ratio_of_sums_and_missing_where_nothing_was_made(serving: Serving) -> None:
    worst = worst_machines(serving, MARCH, ("Torino",), 1)[0]
    assert worst.plant == "Torino"
    assert worst.made.scrap_rate == worst.made.scrap / worst.made.produced
    assert totals(serving, Period(date(1999, 1, 1), date(1999, 1, 2)), ()).scrap_rate is None


def test_headline_figures_are_judged_by_what_is_good(changed: Callable[[str], Serving]) -> None:
    serving = changed(
        "update factory.mart_production_daily set total_produced = 1000, total_scrap ="
        " case when production_date >= date '2025-10-03' then 40 else 20 end;"
    )
    told = text(headline.figures(serving, chosen(serving)))
    assert '"4.00 %"' in told
    assert '" 2.00 points"' in told
    assert "more, worse" in told
    assert "same" in told  # production is level


def test_a_period_before_the_data_is_not_compared_with(serving: Serving) -> None:
    told = text(headline.figures(serving, chosen(serving, "?from=2024-01-05&to=2024-02-05")))
    assert "No previous 32 days to compare with" in told


def test_a_cut_week_is_named_as_cut(serving: Serving) -> None:
    made = over_time(serving, chosen(serving, "?from=2025-03-05&to=2025-06-02"))
    assert made.note.endswith("; first and last week not whole")
    rows = made.rows(lambda one: one.produced)
    assert rows[0]["step"] == "5 Mar"
    assert rows[0]["told"].endswith("5 of 7 days")
    assert len(made.whole().starts) == len(rows) - 2
    assert len(made.mostly_whole().starts) == len(rows) - 1  # a lone Monday at the end


def test_a_whole_month_is_not_named_as_cut(serving: Serving) -> None:
    made = over_time(serving, chosen(serving, "?from=2025-01-01&to=2025-12-31"))
    assert "not whole" not in made.note
    assert made.rows(lambda one: one.produced)[0]["step"] == "Jan 2025"


def test_a_plant_keeps_its_colour_whatever_is_chosen(serving: Serving) -> None:
    every = {one.name: one.colour for one in over_time(serving, chosen(serving)).series}
    alone = {one.name: one.colour for one in over_time(serving, chosen(serving, "?plant=Torino")).series}
    assert alone.items() <= every.items()
    assert len(set(every.values())) == 4


def test_with_more_plants_than_colours_the_smaller_ones_are_shown_together(
    changed: Callable[[str], Serving],
) -> None:
    serving = changed(
        "insert into factory.mart_production_daily by name"
        " select * exclude (n) replace ('P.' || n as plant, n as total_produced, 0 as total_scrap)"
        " from factory.mart_production_daily, range(20) as more (n)"
        " where production_date = date '2025-12-31' and plant = 'Bari' and line = 'L1';"
    )
    made = over_time(serving, chosen(serving))
    assert made.series[-1].name == "Other plants"
    row = made.rows(lambda one: one.produced)[-1]
    assert sum(row[one.key] for one in made.series) == row["all"]
    assert not any("." in one.key for one in made.series)


def test_lines_beyond_the_first_are_behind_a_click_and_a_plant_links_to_itself(serving: Serving) -> None:
    told = text(comparison.comparison(serving, chosen(serving)))
    assert "Show 14 more lines" in told
    assert "?from=2025-10-03&to=2025-12-31&plant=Torino" in told


def test_machines_are_held_against_the_mean_of_the_whole_company(serving: Serving) -> None:
    mean = totals(serving, chosen(serving).period, ()).scrap_rate
    assert mean
    told = text(machines.worst(serving, chosen(serving, "?plant=Bari")))
    assert f"{mean * 100:.2f} %, marked on each bar" in told


def test_a_filter_without_production_says_so_and_offers_a_way_out(serving: Serving) -> None:
    choice = chosen(serving, "?from=2020-01-01&to=2020-01-31&plant=Nowhere")
    shown, nothing = controls.outcome(serving, choice)
    assert not shown
    assert "in Nowhere" in text(nothing)
    assert "?from=2025-10-03&to=2025-12-31" in text(nothing)
    for draw in (headline.figures, trend.charts, comparison.comparison, machines.worst):
        assert draw(serving, choice)


def test_held_and_lately_refused_deliveries_are_a_warning_with_their_reason(serving: Serving) -> None:
    told = text(deliveries.warning(serving))
    assert "2 deliveries are not in these figures" in told
    assert "83 of 120 rows were rejected" in told
    assert "NOT_TEXT" in told
    assert "old.csv" not in told
    assert "trips.csv" not in told


def test_without_such_deliveries_there_is_no_warning(changed: Callable[[str], Serving]) -> None:
    assert deliveries.warning(changed("delete from quality.batches where state <> 'admitted';")) is None


def test_rejected_rows_are_shown_as_they_came(serving: Serving) -> None:
    told = text(rejects.overview(serving))
    for expected in ("SCRAP_GT_PRODUCTION", "line 2", "production_2025-12-31.csv", '"2031-01-07"', "only noted"):
        assert expected in told


def test_a_rejected_row_of_a_table_is_called_a_row(changed: Callable[[str], Serving]) -> None:
    told = text(rejects.overview(changed("update quality.rejected_rows set is_line = false;")))
    assert re.search(r'"row \d+"', told)
    assert not re.search(r'"line \d+"', told)


def test_rejected_rows_that_an_older_version_published_are_still_shown(changed: Callable[[str], Serving]) -> None:
    told = text(rejects.overview(changed("alter table quality.rejected_rows drop is_line;")))
    assert re.search(r'"line \d+"', told)


def test_without_rejected_rows_the_page_says_all_is_well(changed: Callable[[str], Serving]) -> None:
    serving = changed("delete from quality.rejects_by_reason; delete from quality.rejected_rows;")
    assert "Every row that came was taken in" in text(rejects.overview(serving))


def test_a_publication_without_production_says_what_to_do(changed: Callable[[str], Serving]) -> None:
    told = text(layout(changed("delete from factory.mart_production_daily;"), ""))
    assert "No production yet" in told
    assert "filiera run" in told


def test_scope_is_what_was_published(serving: Serving) -> None:
    assert scope(serving) == Scope(
        Period(date(2024, 1, 1), date(2025, 12, 31)), {"plant": ("Alessandria", "Bari", "Cuneo", "Torino")}
    )
