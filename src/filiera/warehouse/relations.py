"""What dbt knows of the relations it built: which are published, their grain, and where their rows come from."""

from __future__ import annotations

import json
from dataclasses import dataclass

from filiera.errors import FilieraError
from filiera.settings import Settings
from filiera.warehouse.dbt import models

_PUBLISHED_FOLDERS = ("core", "marts")


@dataclass(frozen=True)
class Relation:
    """One model of the project."""

    schema: str
    name: str
    description: str
    grain: tuple[str, ...]
    enforces_grain: bool
    trace_relation: str | None
    """The relation that holds the rows behind this one's."""
    trace_by: dict[str, str]
    """Columns of the grain that those rows do not have themselves, with the column of a dimension that says them.

    `fleet.dim_date.full_date`, or `scheduled_time_key -> fleet.dim_time.hour` where the rows have the dimension's key
    under another name.
    """
    trace_dataset: str | None
    """The dataset whose rows stand behind this one's, found by `_seq` and `_row`."""


def published(settings: Settings) -> list[Relation]:
    """Relations that people may read, in the order of their names."""
    path = models(settings)
    if not path.is_file():
        raise FilieraError(f"{path} is missing: the models were not built here. Run: filiera run --full")
    found = []
    for model in json.loads(path.read_text(encoding="utf-8")):
        meta = model["meta"]
        if model["folder"] not in _PUBLISHED_FOLDERS or meta.get("publish", True) is False:
            continue
        trace = meta.get("trace") or {}
        found.append(
            Relation(
                schema=model["schema"],
                name=model["name"],
                description=model["description"],
                grain=tuple(meta.get("grain", ())),
                enforces_grain=bool(meta.get("enforce_grain", False)),
                trace_relation=trace.get("relation"),
                trace_by=dict(trace.get("by") or {}),
                trace_dataset=trace.get("dataset"),
            )
        )
    return sorted(found, key=lambda relation: (relation.schema, relation.name))
