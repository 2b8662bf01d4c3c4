"""What the factory page asks about its deliveries: batches that wait, and rows that were turned away.

These go by the day a delivery was loaded, not by production day: a rejected row may not have one. "Lately"
means the days up to the logical date of the publication, so the same publication always says the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from filiera.serving.reader import Serving

RECENT_DAYS = 30
_OF_FACTORY = "factory."

_WAITING_BATCHES = """
select source_name, state, reason, rows_in, loaded_at, count(*) over () as total
from quality.batches
where
    starts_with(dataset, $domain)
    and (
        state = 'held'
        or (state = 'refused' and loaded_on > (select max(logical_date) from meta.published) - $days::integer)
    )
order by state, loaded_at desc, source_name
limit $limit
"""

_REASONS = """
select rule_id, arg_max(description, loaded_on) as description, dimension, outcome, sum(rows)::bigint as rows
from quality.rejects_by_reason
where
    starts_with(dataset, $domain)
    and loaded_on > (select max(logical_date) from meta.published) - $days::integer
group by rule_id, dimension, outcome
order by rows desc, rule_id
"""

_REJECTED_ROWS = """
select *
from quality.rejected_rows
where starts_with(dataset, $domain) and ($reason is null or list_contains(reasons, $reason))
order by loaded_at desc, source_name, line_number desc
limit $limit offset $offset
"""

_REJECTED_COUNT = """
select count(*) as rows
from quality.rejected_rows
where starts_with(dataset, $domain) and ($reason is null or list_contains(reasons, $reason))
"""


@dataclass(frozen=True)
class WaitingBatch:
    """A delivery that was not admitted."""

    source_name: str
    state: str
    reason: str
    rows_in: int | None
    loaded_at: datetime


@dataclass(frozen=True)
class Reason:
    """A rule and how many rows broke it lately."""

    rule_id: str
    description: str
    dimension: str
    outcome: str
    rows: int


@dataclass(frozen=True)
class RejectedRow:
    """A row that was turned away, with the text it came as."""

    source_name: str
    line_number: int | None
    is_line: bool
    """That number is a line's, and not a table's row."""
    reasons: tuple[str, ...]
    original: dict[str, str | None]
    loaded_at: datetime


def waiting_batches(serving: Serving, count: int) -> tuple[list[WaitingBatch], int]:
    """The latest deliveries held, or refused lately, and how many there are in all."""
    rows = serving.rows(_WAITING_BATCHES, {"domain": _OF_FACTORY, "days": RECENT_DAYS, "limit": count})
    found = [
        WaitingBatch(
            row["source_name"],
            row["state"],
            row["reason"] or "No reason given.",
            row["rows_in"],
            row["loaded_at"],
        )
        for row in rows
    ]
    return found, rows[0]["total"] if rows else 0


def reasons(serving: Serving) -> list[Reason]:
    """The rules that rows broke lately, the most frequent first."""
    return [Reason(**row) for row in serving.rows(_REASONS, {"domain": _OF_FACTORY, "days": RECENT_DAYS})]


def rejected_count(serving: Serving, reason: str | None) -> int:
    """How many of the kept rejected rows broke that rule, or any."""
    return int(serving.rows(_REJECTED_COUNT, {"domain": _OF_FACTORY, "reason": reason})[0]["rows"])


def rejected_rows(serving: Serving, reason: str | None, count: int, offset: int) -> list[RejectedRow]:
    """Rejected rows, the latest first."""
    asked = {"domain": _OF_FACTORY, "reason": reason, "limit": count, "offset": offset}
    return [
        RejectedRow(
            row["source_name"],
            row["line_number"],
            row.get("is_line", True),  # what was published by an older filiera does not say
            tuple(row["reasons"] or ()),
            json.loads(row["original"] or "{}"),
            row["loaded_at"],
        )
        for row in serving.rows(_REJECTED_ROWS, asked)
    ]
