"""What the factory page asks of the published data, and the answers as values.

Every rate is a ratio of sums. All questions take period and plants as bound parameters; no plant means all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from filiera.serving.reader import Serving
from filiera.web.choice import Facet, Scope
from filiera.web.over_time import Step
from filiera.web.period import Grain, Period

PLANT = "plant"
PLANTS = Facet(PLANT, "Plants", "plant", "plants")
"""By which the page is narrowed."""

ENOUGH_PIECES = 100
"""A machine that made fewer in the period is left out of the worst: its rate says little."""

_SCOPE = """
select
    min(production_date) as first,
    max(production_date) as last,
    (select list(plant order by plant) from core.dim_plant) as plants
from factory.mart_production_daily
"""

_TOTALS = """
select coalesce(sum(total_produced), 0)::bigint as produced, coalesce(sum(total_scrap), 0)::bigint as scrap
from factory.mart_production_daily
where
    production_date between $first and $last
    and (len($plants::varchar[]) = 0 or list_contains($plants::varchar[], plant))
"""

_STEPS = """
select
    date_trunc($grain, production_date)::date as start,
    plant,
    sum(total_produced)::bigint as produced,
    sum(total_scrap)::bigint as scrap
from factory.mart_production_daily
where
    production_date between $first and $last
    and (len($plants::varchar[]) = 0 or list_contains($plants::varchar[], plant))
group by all
order by start, plant
"""

_LINES = """
select plant, line, sum(total_produced)::bigint as produced, sum(total_scrap)::bigint as scrap
from factory.mart_production_daily
where
    production_date between $first and $last
    and (len($plants::varchar[]) = 0 or list_contains($plants::varchar[], plant))
group by plant, line
order by produced desc, plant, line
"""

_WORST_MACHINES = """
select plant, line, machine_id, sum(produced_qty)::bigint as produced, sum(scrap_qty)::bigint as scrap
from factory.mart_machine_daily
where
    production_date between $first and $last
    and (len($plants::varchar[]) = 0 or list_contains($plants::varchar[], plant))
group by plant, line, machine_id
having sum(produced_qty) >= $enough
order by sum(scrap_qty) / sum(produced_qty) desc, scrap desc, plant, line, machine_id
limit $limit
"""


@dataclass(frozen=True)
class Made:
    """Pieces made and, of these, scrapped."""

    produced: int
    scrap: int

    @property
    def good(self) -> int:
        """What was not scrapped."""
        return self.produced - self.scrap

    @property
    def scrap_rate(self) -> float | None:
        """Scrap per piece made, or None when none was made."""
        return self.scrap / self.produced if self.produced else None

    def __add__(self, other: Made) -> Made:
        """Both together."""
        return Made(self.produced + other.produced, self.scrap + other.scrap)


NONE_MADE = Made(0, 0)


@dataclass(frozen=True)
class Place:
    """What a plant, a line or a machine made in the period."""

    plant: str
    line: str | None
    machine: str | None
    made: Made


def scope(serving: Serving) -> Scope | None:
    """What the published production spans, or None while there is none."""
    found = serving.rows(_SCOPE)[0]
    if found["first"] is None:
        return None
    return Scope(Period(found["first"], found["last"]), {PLANT: tuple(found["plants"] or ())})


def totals(serving: Serving, period: Period, plants: tuple[str, ...]) -> Made:
    """Everything made in the period."""
    found = serving.rows(_TOTALS, _chosen(period, plants))[0]
    return Made(found["produced"], found["scrap"])


def steps(serving: Serving, period: Period, plants: tuple[str, ...], grain: Grain) -> list[Step[Made]]:
    """What was made over time, by plant."""
    rows = serving.rows(_STEPS, {**_chosen(period, plants), "grain": grain})
    return [Step(row["start"], row["plant"], Made(row["produced"], row["scrap"])) for row in rows]


def lines(serving: Serving, period: Period, plants: tuple[str, ...]) -> list[Place]:
    """What each line made, the largest first."""
    return [_place(row) for row in serving.rows(_LINES, _chosen(period, plants))]


def worst_machines(serving: Serving, period: Period, plants: tuple[str, ...], count: int) -> list[Place]:
    """The machines with the highest scrap rates, the worst first."""
    asked = {**_chosen(period, plants), "enough": ENOUGH_PIECES, "limit": count}
    return [_place(row) for row in serving.rows(_WORST_MACHINES, asked)]


def _chosen(period: Period, plants: tuple[str, ...]) -> dict[str, Any]:
    return {"first": period.first, "last": period.last, "plants": list(plants)}


def _place(row: dict[str, Any]) -> Place:
    return Place(row["plant"], row["line"], row.get("machine_id"), Made(row["produced"], row["scrap"]))
