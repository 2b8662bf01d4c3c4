"""Plants and lines compared: what each made, the largest first, and its scrap rate beside."""

from __future__ import annotations

from collections.abc import Sequence

from dash import Dash, dcc, html
from dash.development.base_component import Component

from filiera.domains.factory.pages.controls import CONTROLS
from filiera.domains.factory.pages.questions import NONE_MADE, PLANT, Made, Place, lines
from filiera.serving.reader import Serving
from filiera.web.choice import Choice
from filiera.web.numbers import counted, percent, pieces
from filiera.web.parts import bar, card, dot
from filiera.web.tables import more, table
from filiera.web.theme import SERIES, colours

REGION = "factory-comparison"
LINES_SHOWN = 6


def register(app: Dash, serving: Serving) -> None:
    """Draw the comparison of the choice."""

    @CONTROLS.region(app, REGION)
    def draw(choice: Choice) -> Component:
        return comparison(serving, choice)


def comparison(serving: Serving, choice: Choice) -> Component:
    """Both cards, from the same rows, so that plants are the sums of their lines."""
    by_line = lines(serving, choice.period, choice.chosen[PLANT])
    by_plant = _plants(by_line)
    mean = sum((place.made for place in by_line), NONE_MADE)
    colour = colours(choice.offered(PLANT))
    shown, rest = by_line[:LINES_SHOWN], by_line[LINES_SHOWN:]
    rows = _Rows(choice, mean, colour)
    return html.Div(
        className="pair",
        children=[
            card(
                "Plants",
                rows.of(by_plant),
                note=f"Produced, and scrap rate; all together {percent(mean.scrap_rate)}",
            ),
            card(
                "Lines",
                rows.of(shown, by_line),
                more(len(rest), "line", rows.of(rest, by_line, headed=False)) if rest else None,
                note=f"The largest of {counted(len(by_line), 'line')} first",
            ),
        ],
    )


def _plants(by_line: Sequence[Place]) -> list[Place]:
    made: dict[str, Made] = {}
    for place in by_line:
        made[place.plant] = made.get(place.plant, NONE_MADE) + place.made
    plants = [Place(plant, None, None, one) for plant, one in made.items()]
    return sorted(plants, key=lambda place: (-place.made.produced, place.plant))


class _Rows:
    """Rows of bars drawn to one scale."""

    def __init__(self, choice: Choice, mean: Made, colour: dict[str, str]) -> None:
        self._choice = choice
        self._mean = mean.scrap_rate or 0.0
        self._colour = colour

    def of(self, places: Sequence[Place], scale: Sequence[Place] | None = None, *, headed: bool = True) -> Component:
        """The table of these places; bars are as long as their share of the largest on the scale."""
        among = scale or places
        most = max((place.made.produced for place in among), default=0) or 1
        worst = max((place.made.scrap_rate or 0.0 for place in among), default=0.0) or 1.0
        name = "Plant" if not places or places[0].line is None else "Line"
        rows = [self._row(place, most, worst) for place in places]
        return table([name, "Produced", "Scrap rate"], rows, "bars", headed=headed)

    def _row(self, place: Place, most: int, worst: float) -> Component:
        colour = self._colour.get(place.plant, SERIES[0])
        rate = place.made.scrap_rate
        return html.Tr(
            [
                html.Th([dot(colour), self._name(place)], scope="row"),
                html.Td(
                    html.Div(
                        [bar(place.made.produced / most, colour), html.Span(pieces(place.made.produced))],
                        className="barred",
                    )
                ),
                html.Td(
                    html.Div(
                        [
                            bar((rate or 0.0) / worst, "var(--scrap)", self._mean / worst),
                            html.Span(percent(rate)),
                        ],
                        className="barred barred-short",
                    )
                ),
            ]
        )

    def _name(self, place: Place) -> str | Component:
        if place.line is not None:
            return html.Span([place.line, html.Span(place.plant, className="aside")])
        only = self._choice.choosing(PLANT, place.plant)
        return dcc.Link(place.plant, href=only.query, title=f"Show only {place.plant}")
