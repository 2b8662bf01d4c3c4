"""Decides what a build has to do, and does it: load, build, test, remember."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date

from filiera.contracts.model import Contract
from filiera.errors import UsageError
from filiera.intake.ledger import Batch, Ledger
from filiera.settings import Settings
from filiera.warehouse.dbt import project_fingerprint
from filiera.warehouse.engine import Engine, Parameters, Work

_YEARS_BACK = 1
_YEARS_AHEAD = 2
_HOLIDAYS_FROM, _HOLIDAYS_TO = 1950, 2100


def fingerprint(contracts: dict[str, Contract], settings: Settings) -> str:
    """What a warehouse is built from, beside the batches: the project, what it is told, and every dataset's shape."""
    digest = hashlib.sha256(project_fingerprint().encode())
    digest.update(repr((settings.country, settings.enterprise)).encode())
    for contract in contracts.values():
        digest.update(repr((contract.dataset, contract.columns)).encode())
    return digest.hexdigest()


def plan(engine: Engine, ledger: Ledger, contracts: dict[str, Contract], today: date, *, full: bool = False) -> Work:
    """What has to be done to bring the warehouse to what the ledger says."""
    admitted = tuple(batch for batch in ledger.batches(states=["admitted"]) if batch.dataset in contracts)
    years = _years(admitted, today)
    built = engine.built()
    current = {batch.seq: batch.revision for batch in admitted}
    changed = [seq for seq, revision in built.items() if current.get(seq) != revision]
    origin, _, built_years = (engine.fingerprint() or "").partition(" ")
    reason = ""
    if full:
        reason = "asked for"
    elif not origin:
        reason = "the warehouse is new"
    elif origin != fingerprint(contracts, engine.settings):
        reason = "models, contracts or settings changed"
    elif changed:
        reason = f"{len(changed)} batches that were built before have changed"
    if reason:
        return Work(contracts, admitted, admitted, years, is_full=True, has_new_years=True, reason=reason)
    new = tuple(batch for batch in admitted if batch.seq not in built)
    has_new_years = built_years != _told(years)
    reason = f"{len(new)} new batches" if new or not has_new_years else f"the calendar now spans {_told(years)}"
    return Work(contracts, admitted, new, years, is_full=False, has_new_years=has_new_years, reason=reason)


def parameters(settings: Settings, work: Work, today: date) -> Parameters:
    """What models may ask: the run's date, the calendar and its holidays, the company."""
    first, last = work.years
    return Parameters(
        logical_date=today,
        first_day=date(first, 1, 1),
        last_day=date(last, 12, 31),
        holidays=_holidays(settings.country, first, last) if work.has_new_years else None,
        enterprise=settings.enterprise,
    )


def _holidays(country: str, first: int, last: int) -> tuple[tuple[date, str], ...]:
    import holidays  # noqa: PLC0415 - half a second to import

    if country not in holidays.list_supported_countries(include_aliases=True):
        raise UsageError(f"Setting 'country' is {country!r}, of which no holidays are known; use an ISO code like IT.")
    years = range(max(first, _HOLIDAYS_FROM), min(last, _HOLIDAYS_TO) + 1)
    return tuple(sorted(holidays.country_holidays(country, years=years).items()))


def _years(admitted: tuple[Batch, ...], today: date) -> tuple[int, int]:
    """Range of the calendar: every year that data or the logical date touches, and some around."""
    oldest = min((batch.oldest_event for batch in admitted if batch.oldest_event), default=today)
    newest = max((batch.newest_event for batch in admitted if batch.newest_event), default=today)
    first = max(min(oldest.year, today.year) - _YEARS_BACK, 1)
    return first, min(max(newest.year, today.year) + _YEARS_AHEAD, 9999)


def _told(years: tuple[int, int]) -> str:
    return f"{years[0]}-{years[1]}"


def build(engine: Engine, work: Work, given: Parameters, progress: Callable[[str], None]) -> None:
    """Load what is new, build the models and test them; what passes counts as built.

    A model is tested before the next one is built on it.
    """
    engine.load(work, given)
    command = ["build", "--exclude-resource-type", "unit_test"]
    command += ["--full-refresh"] if work.is_full else ["--exclude-resource-type", "seed"]
    engine.dbt(command, progress, changed=_changed(engine, work))
    engine.mark_built(work, f"{fingerprint(work.contracts, engine.settings)} {_told(work.years)}")


def _changed(engine: Engine, work: Work) -> list[str] | None:
    """The tables of the lake in which something is new: a delivery of one domain leaves the others' models alone."""
    if work.is_full or not engine.views_outlive_tables:
        return None
    relations = sorted({work.contracts[batch.dataset].relation for batch in work.new})
    changed = [relation + suffix for relation in relations for suffix in ("", "__new")]
    return [*changed, "parameters", "holidays"] if work.has_new_years else changed
