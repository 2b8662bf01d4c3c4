"""The axis of ratios: even steps that hold every value, and nothing above a hundred per cent."""

from __future__ import annotations

import itertools

import pytest

from filiera.web.charts import rates


@pytest.mark.parametrize("values", [(0.0185, 0.0235), (0.65, 1.0), (0.0, 0.0), (0.99, 0.992), (0.2, 0.9), (1.2, 3.0)])
def test_ticks_stand_evenly_and_hold_every_value(values: tuple[float, float]) -> None:
    rows = [{"week": "2026-01-05", "a": values[0], "b": values[1]}]
    axis = rates("told", rows, [{"name": "a"}, {"name": "b"}]).children.yAxisProps
    ticks = axis["ticks"]
    steps = [round(after - before, 6) for before, after in itertools.pairwise(ticks)]
    assert len(set(steps)) == 1
    assert axis["domain"] == [ticks[0], ticks[-1]]
    assert ticks[0] <= min(values) <= max(values) <= ticks[-1]
    assert max(values) > 1 or ticks[-1] <= 1
