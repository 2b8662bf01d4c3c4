"""What the fleet page asks of deliveries in a period, and the answers as values.

Every rate is a ratio of sums. Days and hours are those a delivery was promised for, on the fleet's clocks; no city
or vehicle type chosen means all. What is on time is decided by `fleet.fact_deliveries` alone.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any, Self

from filiera.domains.fleet.variables import variables
from filiera.serving.reader import Serving
from filiera.web.choice import Choice, Facet, Scope
from filiera.web.over_time import Step
from filiera.web.period import Period

CITY = "city"
CITIES = Facet(CITY, "Cities of departure", "city", "cities")
VEHICLE = "vehicle"
VEHICLES = Facet(VEHICLE, "Vehicle types", "vehicle type", "vehicle types")

CURRENCY = str(variables()["currency"])

WITHIN = """
    scheduled_date between $first and $last
    and (len($city::varchar[]) = 0 or list_contains($city::varchar[], origin_city))
    and (len($vehicle::varchar[]) = 0 or list_contains($vehicle::varchar[], vehicle_type))
"""
"""The condition of a mart's rows that belong to the choice."""

SUMS = """
    coalesce(sum(delivered), 0)::bigint as delivered,
    coalesce(sum(on_time), 0)::bigint as on_time,
    coalesce(sum(delivered_with_cost), 0)::bigint as delivered_with_cost,
    coalesce(sum(cost), 0)::double as cost,
    coalesce(sum(revenue), 0)::double as revenue
"""

_SCOPE = """
select
    min(scheduled_date) as first,
    max(scheduled_date) as last,
    list(distinct origin_city order by origin_city) as cities,
    list(distinct vehicle_type order by vehicle_type) as vehicles
from fleet.mart_deliveries_hourly
where delivered > 0
"""

_TOTALS = f"select {SUMS} from fleet.mart_deliveries_hourly where {WITHIN}"

_STEPS = f"""
select date_trunc($grain, scheduled_date)::date as start, origin_city, {SUMS}
from fleet.mart_deliveries_hourly
where {WITHIN}
group by all
order by start, origin_city
"""

_SLOTS = f"""
select iso_weekday, scheduled_hour, {SUMS}
from fleet.mart_deliveries_hourly
where {WITHIN}
group by all
having sum(delivered) > 0
order by iso_weekday, scheduled_hour
"""


@dataclass(frozen=True)
class Done:
    """Deliveries handed over, how many of them on time, what they cost and brought in."""

    delivered: int
    on_time: int
    delivered_with_cost: int
    cost: float
    revenue: float

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        """From the sums of a row."""
        return cls(row["delivered"], row["on_time"], row["delivered_with_cost"], row["cost"], row["revenue"])

    @property
    def on_time_rate(self) -> float | None:
        """Those on time among the delivered."""
        return self.on_time / self.delivered if self.delivered else None

    @property
    def cost_each(self) -> float | None:
        """Fuel and tolls per delivery made; what failed on the way is paid by those that did not."""
        return self.cost / self.delivered_with_cost if self.delivered_with_cost else None

    @property
    def revenue_each(self) -> float | None:
        """Revenue per delivery made."""
        return self.revenue / self.delivered if self.delivered else None

    def __add__(self, other: Done) -> Done:
        """Both together."""
        return Done(*(one + another for one, another in zip(astuple(self), astuple(other), strict=True)))


NOTHING_DONE = Done(0, 0, 0, 0.0, 0.0)


@dataclass(frozen=True)
class Slot:
    """An hour of a weekday."""

    weekday: int
    """1 Monday to 7 Sunday."""
    hour: int
    done: Done


def scope(serving: Serving) -> Scope | None:
    """What the published deliveries span, or None while there are none."""
    found = serving.rows(_SCOPE)[0]
    if found["first"] is None:
        return None
    values = {CITY: tuple(found["cities"]), VEHICLE: tuple(found["vehicles"])}
    return Scope(Period(found["first"], found["last"]), values)


def totals(serving: Serving, choice: Choice, period: Period | None = None) -> Done:
    """Everything done in the period."""
    return Done.of(serving.rows(_TOTALS, asked(choice, period))[0])


def steps(serving: Serving, choice: Choice) -> list[Step[Done]]:
    """What was done over time, by city of departure."""
    rows = serving.rows(_STEPS, {**asked(choice), "grain": choice.period.grain})
    return [Step(row["start"], row["origin_city"], Done.of(row)) for row in rows]


def slots(serving: Serving, choice: Choice) -> list[Slot]:
    """What was done in each hour of each weekday."""
    rows = serving.rows(_SLOTS, asked(choice))
    return [Slot(row["iso_weekday"], row["scheduled_hour"], Done.of(row)) for row in rows]


def asked(choice: Choice, period: Period | None = None) -> dict[str, Any]:
    """The parameters of `WITHIN`."""
    days = period or choice.period
    return {"first": days.first, "last": days.last, **{name: list(values) for name, values in choice.chosen.items()}}
