"""What the fleet page asks of routes and drivers in a period."""

from __future__ import annotations

from dataclasses import dataclass

from filiera.domains.fleet.pages.questions import SUMS, WITHIN, Done, asked
from filiera.serving.reader import Serving
from filiera.web.choice import Choice

ENOUGH_DELIVERIES = 20
"""Who made fewer in the period is not ranked: the rate says little."""

_ROUTES = f"""
select
    route_code, origin_city, destination_city, {SUMS},
    sum(fuelled_km)::double as km,
    sum(fuel_liters)::double as liters
from fleet.mart_routes_daily
where {WITHIN}
group by route_code, origin_city, destination_city
having sum(delivered) > 0
order by sum(cost) desc, route_code
"""

# A motorcycle burns a tenth of what a lorry does: a driver's fuel is held against what all vehicles of the same type
# burned on as many kilometres. The score is the mean of three ranks, as in question 10.
_DRIVERS = f"""
with usual as (
    select vehicle_type, sum(fuel_liters) / nullif(sum(fuelled_km), 0) as liters_per_km
    from fleet.mart_drivers_daily
    where scheduled_date between $first and $last
    group by vehicle_type
),
driven as (
    select
        driver_id, {SUMS},
        sum(fuel_liters)::double as liters,
        sum(fuelled_km * liters_per_km)::double as usual_liters
    from fleet.mart_drivers_daily
    join usual using (vehicle_type)
    where {WITHIN}
    group by driver_id
    having sum(delivered) >= $enough
),
ranked as (
    select
        *,
        rank() over (order by on_time / delivered desc) as punctuality_rank,
        rank() over (order by liters / nullif(usual_liters, 0)) as fuel_rank,
        rank() over (order by delivered desc) as deliveries_rank
    from driven
)
select ranked.*, driver.full_name, driver.employee_code
from ranked
join fleet.dim_driver as driver on ranked.driver_id = driver.driver_id and driver.is_current
order by punctuality_rank + fuel_rank + deliveries_rank, employee_code
"""


@dataclass(frozen=True)
class Route:
    """What was done on a route."""

    code: str
    origin: str
    destination: str
    done: Done
    km: float
    liters: float

    @property
    def liters_per_100_km(self) -> float | None:
        """Fuel for its length."""
        return 100 * self.liters / self.km if self.km else None


@dataclass(frozen=True)
class Driver:
    """What a driver did."""

    name: str
    code: str
    done: Done
    liters: float
    usual_liters: float

    @property
    def fuel_against_usual(self) -> float | None:
        """Fuel used beyond what is usual for the same vehicles and kilometres, as a ratio; below zero is less."""
        return self.liters / self.usual_liters - 1 if self.usual_liters else None


def routes(serving: Serving, choice: Choice) -> list[Route]:
    """All routes with deliveries, the dearest first."""
    return [
        Route(row["route_code"], row["origin_city"], row["destination_city"], Done.of(row), row["km"], row["liters"])
        for row in serving.rows(_ROUTES, asked(choice))
    ]


def drivers(serving: Serving, choice: Choice) -> list[Driver]:
    """All drivers with enough deliveries, the most efficient first."""
    rows = serving.rows(_DRIVERS, {**asked(choice), "enough": ENOUGH_DELIVERIES})
    return [
        Driver(row["full_name"], row["employee_code"], Done.of(row), row["liters"], row["usual_liters"]) for row in rows
    ]
