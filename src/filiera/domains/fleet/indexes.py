"""The five indexes the brief asks for, as it asks for them, useful or not: `filiera fleet explain` measures them."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql as pg


@dataclass(frozen=True)
class Index:
    """An index, and the condition of its rows where it is partial."""

    name: str
    table: str
    columns: tuple[str, ...]
    where: tuple[str, str] | None = None
    """A column, and the one value the indexed rows have in it."""

    def statement(self) -> pg.Composed:
        """What makes it."""
        columns = pg.SQL(", ").join(map(pg.Identifier, self.columns))
        made = pg.SQL("CREATE INDEX {} ON {} ({})").format(
            pg.Identifier(self.name), pg.Identifier("public", self.table), columns
        )
        if self.where is None:
            return made
        column, value = self.where
        return made + pg.SQL(" WHERE {} = {}").format(pg.Identifier(column), pg.Literal(value))


INDEXES = (
    Index(
        "idx_trips_composite_joins",
        "trips",
        ("vehicle_id", "driver_id", "route_id", "departure_datetime"),
        ("status", "completed"),
    ),
    Index(
        "idx_deliveries_scheduled_datetime",
        "deliveries",
        ("scheduled_datetime", "delivery_status"),
        ("delivery_status", "delivered"),
    ),
    Index("idx_maintenance_vehicle_cost", "maintenance", ("vehicle_id", "cost")),
    Index("idx_drivers_status_license", "drivers", ("status", "license_expiry"), ("status", "active")),
    Index("idx_routes_metrics", "routes", ("route_id", "distance_km", "destination_city")),
)
