"""Which engine holds the warehouse: the one place that knows them all."""

from __future__ import annotations

from filiera.settings import Settings
from filiera.warehouse.engine import Engine


def engine_for(settings: Settings) -> Engine:
    """The engine a home's settings choose."""
    if settings.target == "postgres":
        from filiera.warehouse.postgres_engine import PostgresEngine  # noqa: PLC0415

        return PostgresEngine(settings)
    if settings.target == "snowflake":
        from filiera.warehouse.snowflake_engine import SnowflakeEngine  # noqa: PLC0415

        return SnowflakeEngine(settings)
    from filiera.warehouse.duckdb_engine import DuckdbEngine  # noqa: PLC0415

    return DuckdbEngine(settings)
