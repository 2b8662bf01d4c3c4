"""The tyre factory: what each machine of each line of each plant makes and scraps on each day."""

from __future__ import annotations

from pathlib import Path

from filiera.registry import Domain

DOMAIN = Domain(
    name="factory",
    title="Factory production",
    contracts=Path(__file__).parent / "contracts",
    generator="filiera.domains.factory.generator:generate",
    pages="filiera.domains.factory.pages:PAGES",
)
