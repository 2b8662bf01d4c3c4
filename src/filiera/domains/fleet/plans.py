"""Reads what PostgreSQL says of a question under `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Plan:
    """How PostgreSQL went about a question."""

    nodes: tuple[str, ...]
    """Each kind of node once, with the table or index it reads, from the top down."""
    indexes: tuple[str, ...]
    buffers_hit: int
    buffers_read: int
    spilled_kb: int
    """What sorts wrote to disk for want of memory."""


@dataclass(frozen=True)
class Run:
    """One run of a question."""

    execution_ms: float
    planning_ms: float
    plan: Plan


@dataclass(frozen=True)
class Measured:
    """Several runs of a question in the same circumstances, the first of which was not counted."""

    median_ms: float
    fastest_ms: float
    slowest_ms: float
    planning_ms: float
    plan: Plan


def read_run(explained: list[dict[str, Any]]) -> Run:
    """What the JSON says."""
    (whole,) = explained
    nodes = list(_walk(whole["Plan"]))
    plan = Plan(
        nodes=tuple(dict.fromkeys(_described(node) for node in nodes)),
        indexes=tuple(sorted({node["Index Name"] for node in nodes if "Index Name" in node})),
        buffers_hit=whole["Plan"]["Shared Hit Blocks"],
        buffers_read=whole["Plan"]["Shared Read Blocks"],
        spilled_kb=sum(node["Sort Space Used"] for node in nodes if node.get("Sort Space Type") == "Disk"),
    )
    return Run(whole["Execution Time"], whole["Planning Time"], plan)


def summarize(runs: list[Run]) -> Measured:
    """The median of the times; the plan is that of the last run."""
    times = [run.execution_ms for run in runs]
    return Measured(
        median_ms=round(median(times), 3),
        fastest_ms=min(times),
        slowest_ms=max(times),
        planning_ms=round(median(run.planning_ms for run in runs), 3),
        plan=runs[-1].plan,
    )


def _walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _walk(below)


def _described(node: dict[str, Any]) -> str:
    read = node.get("Index Name") or node.get("Relation Name")
    return f"{node['Node Type']} {read}" if read else str(node["Node Type"])
