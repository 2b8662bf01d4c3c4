"""What the fleet page asks of the present: vehicles due for maintenance, and deliveries in progress.

The present is the day of the run for vehicles and the newest record for deliveries; the chosen period does not
matter here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from filiera.domains.fleet.pages.questions import CITY, VEHICLE
from filiera.serving.reader import Serving
from filiera.web.choice import Choice

SOON_DAYS = 14

_DUE = """
select license_plate, vehicle_type, maintenance_type, maintenance_date, next_maintenance_date, days_until_due,
    km_since_maintenance::double as km
from fleet.mart_vehicle_maintenance
where
    coalesce(days_until_due, 0) <= $soon
    and (len($vehicle::varchar[]) = 0 or list_contains($vehicle::varchar[], vehicle_type))
order by days_until_due nulls last, license_plate
"""

_IN_PROGRESS = """
select tracking_number, delivery_status, customer_name, driver_name, license_plate, route_code, origin_city,
    destination_city, scheduled_local, minutes_overdue, is_late, as_of_local
from fleet.mart_deliveries_in_progress
where
    (len($city::varchar[]) = 0 or list_contains($city::varchar[], origin_city))
    and (len($vehicle::varchar[]) = 0 or list_contains($vehicle::varchar[], vehicle_type))
order by scheduled_at, tracking_number
"""


@dataclass(frozen=True)
class DueVehicle:
    """A vehicle whose maintenance is overdue or comes soon."""

    plate: str
    vehicle_type: str
    last_type: str | None
    last_day: date | None
    due: date | None
    days: int | None
    """Days until it is due, negative when overdue; None where it was never maintained."""
    km: float

    @property
    def is_overdue(self) -> bool:
        """Whether the day has passed."""
        return self.days is not None and self.days < 0


@dataclass(frozen=True)
class OpenDelivery:
    """A delivery that is pending or in transit."""

    tracking: str
    status: str
    customer: str
    driver: str
    plate: str
    route: str
    origin: str
    destination: str
    promised: datetime
    overdue_minutes: int
    is_late: bool
    as_of: datetime


def due_vehicles(serving: Serving, choice: Choice) -> list[DueVehicle]:
    """Vehicles to be maintained within the next days, the most overdue first."""
    asked = {VEHICLE: list(choice.chosen[VEHICLE]), "soon": SOON_DAYS}
    return [DueVehicle(*row) for row in serving.ask(_DUE, asked).rows]


def open_deliveries(serving: Serving, choice: Choice) -> list[OpenDelivery]:
    """Deliveries under way, the one promised first at the top."""
    asked = {name: list(choice.chosen[name]) for name in (CITY, VEHICLE)}
    return [OpenDelivery(*row) for row in serving.ask(_IN_PROGRESS, asked).rows]
