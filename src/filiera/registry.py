"""The domains that are installed: what each brings, found without any stage importing one.

A domain is a package that declares an entry point in the group `filiera.domains`, so a plant can add its own domain
in its own package. What is heavy (generator, pages) is named as `module:attribute` and imported when it is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from filiera.errors import UsageError

GROUP = "filiera.domains"


@dataclass(frozen=True)
class Domain:
    """What a domain registers."""

    name: str
    title: str
    contracts: Path
    """Folder with the contracts of its datasets."""
    generator: str
    """`module:function` that fills the domain's sources with example data."""
    pages: str
    """`module:PAGES`, the dashboard pages it adds."""
    demo_scale: float = 1.0
    """How much of its example data `filiera demo` makes, so that a first look does not take minutes."""
    commands: str | None = None
    """`module:app`, a Typer app whose commands stand under the domain's name."""

    def load(self, part: str) -> Any:
        """Import the named part (`generator`, `pages` or `commands`)."""
        module, _, attribute = getattr(self, part).partition(":")
        return getattr(import_module(module), attribute)


@cache
def domains() -> dict[str, Domain]:
    """Installed domains by name, in alphabetical order."""
    found = {entry.name: entry.load() for entry in entry_points(group=GROUP)}
    return {name: found[name] for name in sorted(found)}


def domain(name: str) -> Domain:
    """The domain of that name, or an error that lists what there is."""
    known = domains()
    if name not in known:
        raise UsageError(f"There is no domain {name!r}; installed are: {', '.join(known) or 'none'}.")
    return known[name]
