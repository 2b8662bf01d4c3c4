"""Which contracts there are in a home: those of the installed domains, and the user's own."""

from __future__ import annotations

from pathlib import Path

from filiera.contracts.load import load_contracts
from filiera.contracts.model import Contract
from filiera.registry import domains
from filiera.settings import Settings


def all_contracts(settings: Settings) -> dict[str, Contract]:
    """Contracts by dataset."""
    folders: list[Path] = [domain.contracts for domain in domains().values()]
    if settings.contracts:
        folders.append(settings.contracts)
    return load_contracts(folders)
