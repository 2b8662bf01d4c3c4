"""Punctuality by weekday and hour: a week as a map on which the late hours stand out."""

from __future__ import annotations

from collections.abc import Sequence

from dash import Dash, html
from dash.development.base_component import Component

from filiera.domains.fleet.pages.controls import CONTROLS
from filiera.domains.fleet.pages.questions import Slot, slots
from filiera.serving.reader import Serving
from filiera.web.choice import Choice
from filiera.web.numbers import DASH, counted, percent
from filiera.web.parts import card, spoken

REGION = "fleet-week"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ENOUGH_DELIVERIES = 10
"""An hour with fewer shows no rate: it would say little."""
LATE_SHARES = (0.05, 0.3)
"""Shares of late deliveries from which on an hour is coloured, and has the full colour."""


def register(app: Dash, serving: Serving) -> None:
    """Draw the week of the choice."""

    @CONTROLS.region(app, REGION)
    def draw(choice: Choice) -> Component:
        return week(serving, choice)


def week(serving: Serving, choice: Choice) -> Component:
    """The card."""
    found = slots(serving, choice)
    told = [slot for slot in found if slot.done.delivered >= ENOUGH_DELIVERIES]
    hours = sorted({slot.hour for slot in found})
    return card(
        "On time by weekday and hour",
        html.Div(
            className="week",
            role="img",
            **spoken(_summary(told)),
            children=[
                *(_label(name[:3], day, 0) for day, name in enumerate(WEEKDAYS, 1)),
                *(_label(f"{hour:02}", 0, place) for place, hour in enumerate(hours, 1)),
                *(_cell(slot, hours.index(slot.hour) + 1) for slot in found),
            ],
            style={"--hours": len(hours)},
        )
        if found
        else None,
        note=f"Percent of deliveries on time, by the hour they were promised for. {_summary(told)}",
    )


def _summary(told: Sequence[Slot]) -> str:
    if not told:
        return "Too few deliveries to tell hours apart."
    worst = min(told, key=lambda slot: slot.done.on_time_rate or 0.0)
    return f"Least punctual: {_name(worst)}, {percent(worst.done.on_time_rate, 0)}."


def _name(slot: Slot) -> str:
    return f"{WEEKDAYS[slot.weekday - 1]} {slot.hour:02}:00{DASH}{(slot.hour + 1) % 24:02}:00"


def _label(text: str, day: int, hour: int) -> Component:
    return html.Span(text, className="week-label", style={"--day": day, "--hour": hour})


def _cell(slot: Slot, place: int) -> Component:
    rate = slot.done.on_time_rate or 0.0
    enough = slot.done.delivered >= ENOUGH_DELIVERIES
    least, most = LATE_SHARES
    late = min(max((1 - rate - least) / (most - least), 0.0), 1.0) * 100
    return html.Span(
        f"{rate * 100:.0f}" if enough else "",
        className="week-cell" if enough else "week-cell week-few",
        title=f"{_name(slot)}: {slot.done.on_time:,} of {counted(slot.done.delivered, 'delivery')} on time",
        style={"--day": slot.weekday, "--hour": place, "--late": f"{late:.0f}%"},
    )
