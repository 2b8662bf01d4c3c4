"""The fleet: trucks, drivers, routes, customers, trips, deliveries and maintenance of a logistics company."""

from __future__ import annotations

from pathlib import Path

from filiera.registry import Domain

DOMAIN = Domain(
    name="fleet",
    title="Fleet and deliveries",
    contracts=Path(__file__).parent / "contracts",
    generator="filiera.domains.fleet.generator:generate",
    demo_scale=0.1,
    pages="filiera.domains.fleet.pages:PAGES",
    commands="filiera.domains.fleet.commands:app",
)
