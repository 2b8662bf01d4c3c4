"""The fleet page without a browser: its choice, its figures counted by hand, and what it says of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest
from dash._utils import to_json
from dash.development.base_component import Component

from filiera.domains.fleet.pages import (
    controls,
    drivers,
    headline,
    in_progress,
    maintenance,
    overview,
    ranked,
    routes,
    trend,
    week,
)
from filiera.domains.fleet.pages.now import due_vehicles, open_deliveries
from filiera.domains.fleet.pages.questions import Done, scope, slots, steps, totals
from filiera.serving.reader import Serving
from filiera.web.choice import Choice
from filiera.web.period import Period

Changed = Callable[[str], Serving]

EMPTY = "".join(
    f"delete from fleet.{table};"
    for table in (
        *("mart_deliveries_hourly", "mart_routes_daily", "mart_drivers_daily"),
        *("mart_vehicle_maintenance", "mart_deliveries_in_progress"),
    )
)
# Monday 1 and Tuesday 2 December 2025. Of ten deliveries from Bogotá nine arrived, six on time; one had no cost yet.
TINY = (
    EMPTY
    + """
insert into fleet.mart_deliveries_hourly by name
select * from (values
    (date '2025-12-01', 9, 'Bogotá', 'Van', 1, 6, 5, 4, 5, 50000, 500000),
    (date '2025-12-02', 9, 'Bogotá', 'Van', 2, 4, 4, 2, 3, 30000, 310000),
    (date '2025-12-02', 17, 'Cali', 'Motocicleta', 2, 10, 10, 9, 10, 12000, 250000)
) as t (scheduled_date, scheduled_hour, origin_city, vehicle_type, iso_weekday, deliveries, delivered, on_time,
    delivered_with_cost, cost, revenue);
insert into fleet.mart_routes_daily by name
select * from (values
    (date '2025-12-01', 1, 'Van', 1, 'R001', 'Bogotá', 'Cali', 6, 5, 4, 5, 50000, 500000, 900, 117),
    (date '2025-12-02', 1, 'Van', 1, 'R001', 'Bogotá', 'Cali', 4, 4, 2, 3, 30000, 310000, 100, 13),
    (date '2025-12-02', 2, 'Motocicleta', 2, 'R002', 'Cali', 'Cali', 30, 25, 24, 25, 12000, 250000, 50, 10)
) as t (scheduled_date, route_key, vehicle_type, route_id, route_code, origin_city, destination_city, deliveries,
    delivered, on_time, delivered_with_cost, cost, revenue, fuelled_km, fuel_liters);
insert into fleet.mart_drivers_daily by name
select * from (values
    (date '2025-12-01', 1, 'Bogotá', 'Van', 30, 30, 27, 30, 1, 1, 100, 12),
    (date '2025-12-01', 2, 'Bogotá', 'Van', 40, 40, 30, 40, 1, 1, 100, 14),
    (date '2025-12-01', 3, 'Bogotá', 'Motocicleta', 20, 20, 15, 20, 1, 1, 100, 4),
    (date '2025-12-01', 4, 'Bogotá', 'Van', 19, 19, 19, 19, 1, 1, 200, 26)
) as t (scheduled_date, driver_id, origin_city, vehicle_type, deliveries, delivered, on_time, delivered_with_cost,
    cost, revenue, fuelled_km, fuel_liters);
"""
)


@pytest.fixture
def tiny(changed: Changed) -> Serving:
    """A fleet of so few rows that every figure can be counted by hand."""
    return changed(TINY)


def chosen(serving: Serving, query: str = "") -> Choice:
    found = scope(serving)
    assert found
    return Choice.from_query(query, found)


def text(component: Component | None) -> str:
    """Everything a person could read in it."""
    return json.dumps(json.loads(to_json(component)), ensure_ascii=False)  # type: ignore[no-untyped-call]


def test_the_url_says_period_cities_and_vehicle_types_and_brings_them_back(serving: Serving) -> None:
    choice = chosen(serving, "?from=2025-12-01&to=2025-12-31&city=Cali&city=Bogot%C3%A1&vehicle=Van")
    assert choice.chosen == {"city": ("Cali", "Bogotá"), "vehicle": ("Van",)}
    assert chosen(serving, choice.query) == choice
    assert Choice.from_store(json.loads(json.dumps(choice.store("v")))) == choice


def test_without_a_choice_the_last_ninety_days_of_all_are_shown(serving: Serving) -> None:
    choice = chosen(serving)
    assert choice.period == Period(date(2025, 10, 3), date(2025, 12, 31))
    assert choice.chosen == {"city": (), "vehicle": ()}
    assert choice.scope.values["city"] == ("Bogotá", "Cali", "Medellín")


def test_rates_are_ratios_of_sums(tiny: Serving) -> None:
    everything = totals(tiny, chosen(tiny))
    assert everything == Done(19, 15, 18, 92_000, 1_060_000)
    assert everything.on_time_rate == pytest.approx(15 / 19)
    assert everything.revenue_each == pytest.approx(1_060_000 / 19)


def test_a_delivery_whose_cost_is_not_known_yet_does_not_make_the_others_cheaper(tiny: Serving) -> None:
    assert totals(tiny, chosen(tiny, "?city=Bogot%C3%A1")).cost_each == 80_000 / 8


def test_city_and_vehicle_type_narrow_every_figure(tiny: Serving) -> None:
    van = chosen(tiny, "?vehicle=Van&city=Bogot%C3%A1")
    assert totals(tiny, van) == Done(9, 6, 8, 80_000, 810_000)
    assert {step.name for step in steps(tiny, van)} == {"Bogotá"}
    assert [(slot.weekday, slot.hour) for slot in slots(tiny, van)] == [(1, 9), (2, 9)]
    assert [route.code for route in ranked.routes(tiny, van)] == ["R001"]
    assert totals(tiny, chosen(tiny, "?vehicle=Van&city=Cali")).on_time_rate is None


def test_nothing_of_another_day_is_counted(tiny: Serving) -> None:
    assert totals(tiny, chosen(tiny, "?from=2025-12-01&to=2025-12-01")) == Done(5, 4, 5, 50_000, 500_000)


def test_every_region_tells_the_same_totals(serving: Serving) -> None:
    choice = chosen(serving, "?city=Cali")
    everything = totals(serving, choice)
    for parts in (steps(serving, choice), slots(serving, choice), ranked.routes(serving, choice)):
        assert sum(part.done.delivered for part in parts) == everything.delivered
        assert sum(part.done.on_time for part in parts) == everything.on_time
    assert sum(driver.done.delivered for driver in ranked.drivers(serving, choice)) == everything.delivered


def test_headline_says_money_in_whole_units_with_its_currency(tiny: Serving) -> None:
    told = text(headline.figures(tiny, chosen(tiny)))
    for expected in ("78.95 %", '"19"', '"5,111"', '"55,789"', '"COP"'):
        assert expected in told


def test_a_step_with_few_deliveries_shows_no_rate_but_its_money(tiny: Serving) -> None:
    told = text(trend.charts(tiny, chosen(tiny)))
    assert '"cost": 5111.1' in told
    assert '"series0": null' in told


def test_the_week_names_its_least_punctual_hour_and_keeps_silent_on_few_deliveries(tiny: Serving) -> None:
    told = text(week.week(tiny, chosen(tiny)))
    assert "Least punctual: Tuesday 17:00–18:00, 90 %." in told
    assert "Monday 09:00–10:00: 4 of 5 deliveries on time" in told
    assert told.count("week-cell week-few") == 2


def test_routes_come_by_cost_or_by_fuel_for_their_length(tiny: Serving) -> None:
    dearest, other = ranked.routes(tiny, chosen(tiny))
    assert (dearest.code, dearest.done.cost, dearest.liters_per_100_km) == ("R001", 80_000, 13.0)
    assert (other.code, other.liters_per_100_km) == ("R002", 20.0)
    by_cost, by_fuel = (text(routes.rows([dearest, other], order)) for order in ("cost", "fuel"))  # type: ignore[arg-type]
    assert by_cost.index("Bogotá → Cali") < by_cost.index("Cali → Cali")
    assert "Bogotá → Cali" not in by_fuel  # nine deliveries are too few to be ranked by a rate


def test_a_drivers_fuel_is_held_against_the_same_type_of_vehicle(tiny: Serving) -> None:
    found = {driver.name: driver for driver in ranked.drivers(tiny, chosen(tiny))}
    # Vans burned 52 litres on 400 km; the only motorcycle is its own measure.
    assert found["Driver A"].fuel_against_usual == pytest.approx(12 / 13 - 1)
    assert found["Driver B"].fuel_against_usual == pytest.approx(14 / 13 - 1)
    assert found["Driver C"].fuel_against_usual == pytest.approx(0)
    assert "Driver D" not in found  # nineteen deliveries


def test_drivers_are_ranked_by_punctuality_fuel_and_deliveries_together(tiny: Serving) -> None:
    found = ranked.drivers(tiny, chosen(tiny))
    # Ranks of A: 1, 1, 2; of B: 2, 3, 1; of C: 2, 2, 3.
    assert [driver.name for driver in found] == ["Driver A", "Driver B", "Driver C"]
    last = text(drivers.rows(found, "last"))
    assert last.index("3. Driver C") < last.index("1. Driver A")


def test_overdue_vehicles_come_before_those_due_soon_and_others_are_left_out(changed: Changed) -> None:
    serving = changed(
        "update fleet.mart_vehicle_maintenance set maintenance_type = null, maintenance_date = null,"
        " next_maintenance_date = null, days_until_due = null where vehicle_id = 19;"
    )
    found = due_vehicles(serving, chosen(serving))
    assert [vehicle.days for vehicle in found] == [-4, -1, 2, 5, 8, 11, 14, None]
    told = text(maintenance.due(serving, chosen(serving)))
    for expected in ("2 overdue", "4 days overdue", "1 day overdue", "in 14 days", "never maintained"):
        assert expected in told
    assert {vehicle.vehicle_type for vehicle in due_vehicles(serving, chosen(serving, "?vehicle=Van"))} == {"Van"}


def test_deliveries_in_progress_are_told_as_of_the_newest_record(serving: Serving) -> None:
    told = text(in_progress.under_way(serving, chosen(serving)))
    assert "14 deliveries, 2 of them late, as of 31 Dec 2025, 18:00 local time." in told
    assert "1 h 30 min late" in told
    assert "Show 8 more deliveries" in told
    assert len(open_deliveries(serving, chosen(serving, "?city=Cali"))) == 7


def test_nothing_due_and_nothing_under_way_is_said_in_words(changed: Changed) -> None:
    serving = changed("delete from fleet.mart_vehicle_maintenance; delete from fleet.mart_deliveries_in_progress;")
    assert "No vehicle is due within 14 days." in text(maintenance.due(serving, chosen(serving)))
    assert "None is under way." in text(in_progress.under_way(serving, chosen(serving)))


def test_a_choice_without_deliveries_says_so_and_offers_a_way_out(serving: Serving) -> None:
    choice = chosen(serving, "?from=2020-01-01&to=2020-01-31&city=Nowhere")
    shown, nothing = controls.outcome(serving, choice)
    assert not shown
    assert "for Nowhere" in text(nothing)
    assert "?from=2025-10-03&to=2025-12-31" in text(nothing)
    for draw in (headline.figures, trend.charts, week.week, routes.dearest, drivers.ranking):
        assert draw(serving, choice)


def test_a_publication_without_a_fleet_says_what_to_do(changed: Changed) -> None:
    told = text(overview.layout(changed(EMPTY), ""))
    assert "No deliveries yet" in told
    assert "filiera generate fleet" in told
