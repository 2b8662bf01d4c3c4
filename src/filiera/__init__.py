"""filiera: what a plant records every day, in one warehouse in which every number can be traced to its source."""

from __future__ import annotations

__version__ = "0.1.0"
