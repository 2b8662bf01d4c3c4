"""The controls of the factory page: a period and plants."""

from __future__ import annotations

from dash.development.base_component import Component

from filiera.domains.factory.pages.questions import NONE_MADE, PLANT, PLANTS, scope, totals
from filiera.serving.reader import Serving
from filiera.web.choice import Choice
from filiera.web.controls import Controls, nothing_here
from filiera.web.numbers import span


def outcome(serving: Serving, choice: Choice) -> tuple[bool, Component | None]:
    """Whether there is anything to show of the choice, and what to say if not."""
    plants = choice.chosen[PLANT]
    if totals(serving, choice.period, plants) != NONE_MADE:
        return True, None
    days = choice.scope.days
    where = f" in {', '.join(plants)}" if plants else ""
    return False, nothing_here(
        "Nothing was produced here",
        f"No production is recorded from {span(choice.period.first, choice.period.last)}{where}."
        f" The data reaches over {span(days.first, days.last)}.",
        choice,
    )


CONTROLS = Controls("factory", [PLANTS], scope, outcome)
