"""What the dbt project's variables say, for whoever asks the operational database.

When a delivery is on time is written once, as the variable `on_time_minutes` of the project. The models read it
there, and the questions to the operational database get it from here.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from filiera.warehouse.dbt import PROJECT


@cache
def variables() -> dict[str, Any]:
    """The project's variables, by name."""
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    return dict(project["vars"])
