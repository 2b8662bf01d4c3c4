"""Colours and type, for light and dark: the theme of the components and the colours of a plant.

`assets/filiera.css` holds the same neutral colours as CSS variables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif'
FONT_FIXED = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace'

# Each stands out at 3:1 or more from both the white and the dark card.
SERIES = (
    "#3f7cd0",
    "#c77d1e",
    "#1f9a8a",
    "#8f6ad8",
    "#cf5a86",
    "#7d8f2f",
    "#2b93b8",
    "#a87452",
    "#b05cc0",
)

THEME: Any = {
    "fontFamily": FONT,
    "fontFamilyMonospace": FONT_FIXED,
    "headings": {"fontFamily": FONT, "fontWeight": "650"},
    "primaryColor": "steel",
    "primaryShade": {"light": 7, "dark": 5},
    "defaultRadius": "md",
    "cursorType": "pointer",
    "respectReducedMotion": True,
    "colors": {
        "steel": [
            *("#eef4fb", "#dbe7f5", "#b6cfeb", "#8eb4e0", "#6b9dd6"),
            *("#568fd1", "#4a87cf", "#2f68ad", "#2c5f9e", "#21528c"),
        ],
        "dark": [
            *("#e6ebf1", "#c3ccd7", "#98a5b4", "#677587", "#3a4552"),
            *("#2f3945", "#262e38", "#1b2129", "#141920", "#0e1217"),
        ],
        "gray": [
            *("#f7f9fb", "#eff2f6", "#e3e8ee", "#d5dce4", "#bcc6d1"),
            *("#94a1b0", "#6b7889", "#4f5b6b", "#343e4b", "#1c242e"),
        ],
    },
}


def colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for each name. Give all names there are, not those chosen: each keeps its colour then."""
    return {name: SERIES[place % len(SERIES)] for place, name in enumerate(sorted(names))}
