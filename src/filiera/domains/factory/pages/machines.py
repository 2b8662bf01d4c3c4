"""The machines that scrap most of what they make, against the mean of the whole company."""

from __future__ import annotations

from dash import Dash, html
from dash.development.base_component import Component

from filiera.domains.factory.pages.controls import CONTROLS
from filiera.domains.factory.pages.questions import ENOUGH_PIECES, PLANT, Place, totals, worst_machines
from filiera.serving.reader import Serving
from filiera.web.choice import Choice
from filiera.web.numbers import percent, pieces
from filiera.web.parts import bar, card, dot
from filiera.web.tables import table
from filiera.web.theme import SERIES, colours

REGION = "factory-machines"
SHOWN = 10
NOTABLE = 1.5
"""From this multiple of the company's mean on, a machine is marked as bad."""


def register(app: Dash, serving: Serving) -> None:
    """Draw the worst machines of the choice."""

    @CONTROLS.region(app, REGION)
    def draw(choice: Choice) -> Component:
        return worst(serving, choice)


def worst(serving: Serving, choice: Choice) -> Component:
    """The card."""
    mean = totals(serving, choice.period, ()).scrap_rate or 0.0
    machines = worst_machines(serving, choice.period, choice.chosen[PLANT], SHOWN)
    colour = colours(choice.offered(PLANT))
    most = max((machine.made.scrap_rate or 0.0 for machine in machines), default=0.0) or 1.0
    return card(
        "Machines with the highest scrap rate",
        table(
            ["Machine", "Scrap rate", "Against mean", "Scrap", "Produced"],
            [_row(machine, mean, most, colour) for machine in machines],
            "bars machines",
        ),
        note=f"The company's mean of the period is {percent(mean)}, marked on each bar."
        f" Machines with fewer than {ENOUGH_PIECES} pieces are left out.",
    )


def _row(machine: Place, mean: float, most: float, colour: dict[str, str]) -> Component:
    rate = machine.made.scrap_rate or 0.0
    times = rate / mean if mean else 1.0
    fill = "var(--bad)" if times >= NOTABLE else "var(--scrap)"
    return html.Tr(
        [
            html.Th(
                [
                    dot(colour.get(machine.plant, SERIES[0])),
                    html.Span([machine.machine, html.Span(f"{machine.plant} · {machine.line}", className="aside")]),
                ],
                scope="row",
            ),
            html.Td(html.Div([bar(rate / most, fill, mean / most), html.Strong(percent(rate))], className="barred")),
            html.Td(
                f"{times:.1f} \N{MULTIPLICATION SIGN}",
                className="times times-bad" if times >= NOTABLE else "times",
            ),
            html.Td(pieces(machine.made.scrap), className="number scrapped"),
            html.Td(pieces(machine.made.produced), className="number produced"),
        ]
    )
