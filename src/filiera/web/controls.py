"""The controls of a page: presets, days and the values of its facets, in step with the URL.

One callback holds them together, because each may change the others: it reads the choice from whatever
changed, writes it to all the rest, and says so when there is nothing to show of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from filiera.serving.reader import Serving
from filiera.web.choice import Choice, Facet, Scope
from filiera.web.page import PUBLICATION
from filiera.web.parts import empty, region, spoken
from filiera.web.period import DEFAULT_PRESET, PRESETS, Period, preset_named, preset_of

Outcome = Callable[[Serving, Choice], tuple[bool, Component | None]]
"""Whether there is anything to show of the choice, and what to say if not."""


@dataclass(frozen=True)
class Controls:
    """The controls of one page, whose ids begin with its domain's name."""

    domain: str
    facets: Sequence[Facet]
    scope: Callable[[Serving], Scope | None]
    outcome: Outcome

    def id(self, part: str) -> str:
        """The id of a part."""
        return f"{self.domain}-{part}"

    @property
    def held(self) -> str:
        """The `dcc.Store` that holds the choice."""
        return self.id("choice")

    def body(self, serving: Serving, choice: Choice, regions: Sequence[Component]) -> list[Component]:
        """The controls, and the regions unless there is nothing to show in them."""
        shown, nothing = self.outcome(serving, choice)
        return [
            dcc.Store(id=self.held, data=choice.store(serving.version())),
            self._bar(choice),
            html.Div(nothing, id=self.id("nothing")),
            html.Div(list(regions), id=self.id("regions"), className="stack", hidden=not shown),
        ]

    def register(self, app: Dash, serving: Serving) -> None:
        """Keep URL, controls and choice in step."""
        address, preset, days = (self.id(part) for part in ("address", "preset", "days"))
        values = [self.id(facet.name) for facet in self.facets]

        @app.callback(
            output=(
                Output(self.held, "data"),
                Output(address, "search"),
                Output(preset, "value"),
                Output(days, "value"),
                [Output(value, "value") for value in values],
                [Output(value, "placeholder") for value in values],
                Output(self.id("nothing"), "children"),
                Output(self.id("regions"), "hidden"),
            ),
            inputs={
                "query": Input(address, "search"),
                "preset": Input(preset, "value"),
                "days": Input(days, "value"),
                "values": [Input(value, "value") for value in values],
                "_publication": Input(PUBLICATION, "data"),
            },
            state={"held": State(self.held, "data")},
            prevent_initial_call=True,
        )
        def choose(
            query: str | None,
            preset: str | None,
            days: list[str | None] | None,
            values: list[list[str] | None],
            _publication: Any,
            held: dict[str, Any],
        ) -> tuple[Any, ...]:
            found = self.scope(serving)
            if found is None:
                raise PreventUpdate
            before = Choice.from_query(query or "", found)
            choice = self._changed(before, preset, days, values)
            store = choice.store(serving.version())
            if store == held:
                raise PreventUpdate
            shown, nothing = self.outcome(serving, choice)
            chosen = [list(choice.chosen[facet.name]) for facet in self.facets]
            return (
                store,
                no_update if choice is before else choice.query,
                _preset(choice),
                _days(choice),
                chosen,
                ["" if some else facet.every for facet, some in zip(self.facets, chosen, strict=True)],
                nothing,
                not shown,
            )

    def region(
        self, app: Dash, name: str, *given: Input
    ) -> Callable[[Callable[..., Component]], Callable[..., Component]]:
        """Register the decorated function as what draws the region `name` of a choice, whenever that changes.

        With other inputs it draws only when these change, of the choice as it is then; it gets their values after it.
        """
        held = State(self.held, "data") if given else Input(self.held, "data")

        def register(draw: Callable[..., Component]) -> Callable[..., Component]:
            @region(app, name, *given, held, first=not given)
            def draw_choice(*values: Any) -> Component:
                *others, store = values
                return draw(Choice.from_store(store), *others)

            return draw

        return register

    def _changed(
        self, choice: Choice, preset: str | None, days: list[str | None] | None, values: list[list[str] | None]
    ) -> Choice:
        """The choice of the URL, changed as the control says that was used; the same one if none was."""
        if ctx.triggered_id == self.id("preset"):
            return replace(choice, period=_of_preset(preset, choice.scope.days.last) or choice.period)
        if ctx.triggered_id == self.id("days"):
            return replace(choice, period=_of_days(days))
        for facet, chosen in zip(self.facets, values, strict=True):
            if ctx.triggered_id == self.id(facet.name):
                return choice.choosing(facet.name, *(chosen or ()))
        return choice

    def _bar(self, choice: Choice) -> Component:
        return html.Section(
            className="card controls",
            role="search",
            **spoken(f"Period and {' and '.join(facet.plural for facet in self.facets)}"),
            children=[
                # The page's own view of the address bar: a callback must find all it needs on the page, or none of it.
                dcc.Location(id=self.id("address"), refresh=False),
                dmc.SegmentedControl(
                    id=self.id("preset"),
                    data=[{"value": preset.name, "label": preset.label} for preset in PRESETS],
                    value=_preset(choice),
                    className="control-preset",
                    **spoken("Period"),
                ),
                dmc.DatePickerInput(
                    id=self.id("days"),
                    type="range",
                    value=_days(choice),
                    valueFormat="D MMM YYYY",
                    minDate=choice.scope.days.first.isoformat(),
                    maxDate=choice.scope.days.last.isoformat(),
                    firstDayOfWeek=1,
                    weekendDays=[],  # or they would be red, the colour of bad figures
                    allowSingleDateInRange=True,
                    leftSection=html.Span(className="icon icon-calendar"),
                    leftSectionPointerEvents="none",
                    className="control-days",
                    **spoken("First and last day"),
                ),
                html.Div([self._select(facet, choice) for facet in self.facets], className="control-facets"),
            ],
        )

    def _select(self, facet: Facet, choice: Choice) -> Component:
        chosen = choice.chosen[facet.name]
        return dmc.MultiSelect(
            id=self.id(facet.name),
            data=list(choice.offered(facet.name)),
            value=list(chosen),
            placeholder="" if chosen else facet.every,
            clearable=True,
            searchable=True,
            nothingFoundMessage=f"No such {facet.noun}",
            className="control-facet",
            **spoken(facet.label),
        )


def nothing_here(title: str, text: str, choice: Choice) -> Component:
    """What stands in place of the regions when the choice holds nothing, with a way out."""
    return empty(title, text, link=(f"Show the last {DEFAULT_PRESET.label}", choice.unfiltered().query))


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
