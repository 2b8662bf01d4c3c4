"""The controls of the factory page: presets, days and plants, in step with the URL.

One callback holds them together, because each may change the others: it reads the choice from whatever
changed, writes it to all the rest, and says so when nothing was produced in it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from filiera.domains.factory.pages.choice import HELD, Choice
from filiera.domains.factory.pages.questions import NONE_MADE, scope, totals
from filiera.serving.reader import Serving
from filiera.web.numbers import span
from filiera.web.page import PUBLICATION
from filiera.web.parts import empty, spoken
from filiera.web.period import DEFAULT_PRESET, PRESETS, Period, preset_named, preset_of

ADDRESS = "factory-address"
"""The page's own view of the address bar: a callback must find all it needs on the page, or none of it."""
PRESET = "factory-preset"
DAYS = "factory-days"
PLANTS = "factory-plants"
NOTHING = "factory-nothing"
REGIONS = "factory-regions"


def bar(choice: Choice) -> Component:
    """The controls, showing the choice."""
    newest = choice.scope.days.last
    return html.Section(
        className="card controls",
        role="search",
        **spoken("Period and plants"),
        children=[
            dcc.Location(id=ADDRESS, refresh=False),
            dmc.SegmentedControl(
                id=PRESET,
                data=[{"value": preset.name, "label": preset.label} for preset in PRESETS],
                value=_preset(choice),
                className="control-preset",
                **spoken("Period"),
            ),
            dmc.DatePickerInput(
                id=DAYS,
                type="range",
                value=_days(choice),
                valueFormat="D MMM YYYY",
                minDate=choice.scope.days.first.isoformat(),
                maxDate=newest.isoformat(),
                firstDayOfWeek=1,
                weekendDays=[],  # or they would be red, the colour of bad figures
                allowSingleDateInRange=True,
                leftSection=html.Span(className="icon icon-calendar"),
                leftSectionPointerEvents="none",
                className="control-days",
                **spoken("First and last day"),
            ),
            dmc.MultiSelect(
                id=PLANTS,
                data=list(choice.all_plants),
                value=list(choice.plants),
                placeholder="" if choice.plants else "All plants",
                clearable=True,
                searchable=True,
                nothingFoundMessage="No such plant",
                className="control-plants",
                **spoken("Plants"),
            ),
        ],
    )


def outcome(serving: Serving, choice: Choice) -> tuple[bool, Component | None]:
    """Whether there is anything to show of the choice, and what to say if not."""
    if totals(serving, choice.period, choice.plants) != NONE_MADE:
        return True, None
    days = choice.scope.days
    where = f" in {', '.join(choice.plants)}" if choice.plants else ""
    return False, empty(
        "Nothing was produced here",
        f"No production is recorded from {span(choice.period.first, choice.period.last)}{where}."
        f" The data reaches over {span(days.first, days.last)}.",
        link=(
            f"Show the last {DEFAULT_PRESET.label}",
            Choice(DEFAULT_PRESET.until(days.last), (), choice.scope).query,
        ),
    )


def register(app: Dash, serving: Serving) -> None:
    """Keep URL, controls and choice in step."""

    @app.callback(
        Output(HELD, "data"),
        Output(ADDRESS, "search"),
        Output(PRESET, "value"),
        Output(DAYS, "value"),
        Output(PLANTS, "value"),
        Output(PLANTS, "placeholder"),
        Output(NOTHING, "children"),
        Output(REGIONS, "hidden"),
        Input(ADDRESS, "search"),
        Input(PRESET, "value"),
        Input(DAYS, "value"),
        Input(PLANTS, "value"),
        Input(PUBLICATION, "data"),
        State(HELD, "data"),
        prevent_initial_call=True,
    )
    def choose(
        query: str | None,
        preset: str | None,
        days: list[str | None] | None,
        plants: list[str] | None,
        _publication: Any,
        held: dict[str, Any],
    ) -> tuple[Any, ...]:
        found = scope(serving)
        if found is None:
            raise PreventUpdate
        choice = Choice.from_query(query or "", found)
        used = ctx.triggered_id in (PRESET, DAYS, PLANTS)
        if ctx.triggered_id == PRESET:
            choice = replace(choice, period=_of_preset(preset, found.days.last) or choice.period)
        elif ctx.triggered_id == DAYS:
            choice = replace(choice, period=_of_days(days))
        elif ctx.triggered_id == PLANTS:
            choice = replace(choice, plants=tuple(plants or ()))
        store = choice.store(serving.version())
        if store == held:
            raise PreventUpdate
        shown, nothing = outcome(serving, choice)
        return (
            store,
            choice.query if used else no_update,
            _preset(choice),
            _days(choice),
            list(choice.plants),
            "" if choice.plants else "All plants",
            nothing,
            not shown,
        )


def _preset(choice: Choice) -> str | None:
    preset = preset_of(choice.period, choice.scope.days.last)
    return preset.name if preset else ""


def _days(choice: Choice) -> list[str]:
    return [choice.period.first.isoformat(), choice.period.last.isoformat()]


def _of_preset(name: str | None, newest: date) -> Period | None:
    preset = preset_named(name or "")
    return preset.until(newest) if preset else None


def _of_days(days: list[str | None] | None) -> Period:
    match days:
        case [str(first), str(last)]:
            return Period(date.fromisoformat(first[:10]), date.fromisoformat(last[:10]))
        case _:
            raise PreventUpdate  # only the first day was picked so far
