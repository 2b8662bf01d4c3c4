"""The six-dimension score of a dataset, from what intake counted and the warehouse kept.

Completeness, conformity (the briefs call it validity), consistency and accuracy are the share of delivered rows that
break none of the dimension's rules. Uniqueness is the share of accepted rows that are the only, or the last, recording
of their key. Timeliness falls with the age of the newest event. A dimension nothing measures is left out of the mean,
not counted as perfect.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from filiera.contracts.model import Contract
from filiera.intake.deletions import KIND
from filiera.intake.ledger import Ledger

OVERALL = "overall"
_BY_RULES = ("completeness", "conformity", "consistency", "accuracy")
_AGES = ((30, 90.0), (90, 80.0), (180, 70.0))
_OLD = 60.0
_WEEK = 7


@dataclass(frozen=True)
class Score:
    """One dimension, 0 to 100, and where it comes from."""

    dimension: str
    score: float
    why: str


def measure(contract: Contract, ledger: Ledger, kept_keys: int | None, today: date) -> list[Score]:
    """Scores of a dataset over everything that was delivered; the overall one last."""
    delivered = [batch for batch in ledger.batches(contract.dataset) if batch.state in ("admitted", "held")]
    gone = sum(batch.rows_in or 0 for batch in delivered if batch.kind == KIND)
    batches = [batch for batch in delivered if batch.kind != KIND]
    rows = sum(batch.rows_in or 0 for batch in batches)
    if not rows:
        return []
    broken = ledger.broken_dimensions(contract.dataset)
    ruled = {rule.dimension for rule in contract.rules}
    scores = [_by_rules(name, broken.get(name, 0), rows) for name in _BY_RULES if name in ruled]
    accepted = sum(batch.rows_accepted or 0 for batch in batches if batch.state == "admitted")
    if kept_keys is not None and accepted:
        superseded = max(accepted - kept_keys - gone, 0)
        text = f"{superseded:,} of {accepted:,} accepted rows were recorded again later"
        scores.append(Score("uniqueness", 100 * (1 - superseded / accepted), text))
    newest = max((batch.newest_event for batch in batches if batch.newest_event), default=None)
    if newest:
        scores.append(_timeliness(contract, newest, today, broken.get("timeliness", 0), rows))
    mean = sum(score.score for score in scores) / len(scores)
    return [*scores, Score(OVERALL, mean, f"mean of {len(scores)} dimensions, {grade(mean)}")]


def grade(score: float) -> str:
    """A letter for people."""
    return next((letter for least, letter in ((90, "A"), (70, "B"), (50, "C")) if score >= least), "D")


def _by_rules(name: str, broken: int, rows: int) -> Score:
    return Score(name, 100 * (1 - broken / rows), f"{broken:,} of {rows:,} rows break one of its rules")


def _timeliness(contract: Contract, newest: date, today: date, broken: int, rows: int) -> Score:
    age = (today - newest).days
    fresh = max(contract.fresh_days or 0, _WEEK)
    by_age = 100.0 if age <= fresh else next((score for days, score in _AGES if age <= days), _OLD)
    why = f"newest event is {age} days old on {today}; {broken:,} of {rows:,} rows break one of its rules"
    return Score("timeliness", by_age * (1 - broken / rows), why)
