"""The controls of the fleet page: a period, cities of departure and vehicle types."""

from __future__ import annotations

from dash.development.base_component import Component

from filiera.domains.fleet.pages.questions import CITIES, NOTHING_DONE, VEHICLES, scope, totals
from filiera.serving.reader import Serving
from filiera.web.choice import Choice
from filiera.web.controls import Controls, nothing_here
from filiera.web.numbers import span


def outcome(serving: Serving, choice: Choice) -> tuple[bool, Component | None]:
    """Whether there is anything to show of the choice, and what to say if not."""
    if totals(serving, choice) != NOTHING_DONE:
        return True, None
    days = choice.scope.days
    chosen = [value for values in choice.chosen.values() for value in values]
    of = f" for {', '.join(chosen)}" if chosen else ""
    return False, nothing_here(
        "Nothing was delivered here",
        f"No delivery is recorded from {span(choice.period.first, choice.period.last)}{of}."
        f" The data reaches over {span(days.first, days.last)}.",
        choice,
    )


CONTROLS = Controls("fleet", [CITIES, VEHICLES], scope, outcome)
