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
from filiera.warehouse.lake_sources import declare_missing

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


def plan(engine: Engine, ledger: Ledger, contracts: dict[str, Contract], *, full: bool = False) -> Work:
    """What has to be done to bring the warehouse to what the ledger says."""
    admitted = tuple(batch for batch in ledger.batches(states=["admitted"]) if batch.dataset in contracts)
    built = engine.built()
    current = {batch.seq: batch.revision for batch in admitted}
    changed = [seq for seq, revision in built.items() if current.get(seq) != revision]
    reason = ""
    if full:
        reason = "asked for"
    elif engine.fingerprint() is None:
        reason = "the warehouse is new"
    elif engine.fingerprint() != fingerprint(contracts, engine.settings):
        reason = "models, contracts or settings changed"
    elif changed:
        reason = f"{len(changed)} batches that were built before have changed"
    if reason:
        return Work(contracts, admitted, admitted, is_full=True, reason=reason)
    new = tuple(batch for batch in admitted if batch.seq not in built)
    return Work(contracts, admitted, new, is_full=False, reason=f"{len(new)} new batches")


def parameters(settings: Settings, admitted: tuple[Batch, ...], today: date) -> Parameters:
    """Range of the calendar and its holidays: every year that data or the logical date touches, and some around."""
    import holidays  # noqa: PLC0415 - half a second to import

    oldest = min((batch.oldest_event for batch in admitted if batch.oldest_event), default=today)
    newest = max((batch.newest_event for batch in admitted if batch.newest_event), default=today)
    first = max(min(oldest.year, today.year) - _YEARS_BACK, 1)
    last = min(max(newest.year, today.year) + _YEARS_AHEAD, 9999)
    if settings.country not in holidays.list_supported_countries(include_aliases=True):
        raise UsageError(
            f"Setting 'country' is {settings.country!r}, of which no holidays are known; use an ISO code like IT."
        )
    years = range(max(first, _HOLIDAYS_FROM), min(last, _HOLIDAYS_TO) + 1)
    days = holidays.country_holidays(settings.country, years=years)
    return Parameters(
        logical_date=today,
        first_day=date(first, 1, 1),
        last_day=date(last, 12, 31),
        holidays=tuple(sorted((day, name) for day, name in days.items())),
        enterprise=settings.enterprise,
    )


def build(engine: Engine, work: Work, given: Parameters, progress: Callable[[str], None]) -> None:
    """Load what is new and build the models."""
    engine.load(work, given)
    declare_missing(engine.settings, work.contracts.values())
    command = ["build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    if work.is_full:
        command.append("--full-refresh")
    else:
        command += ["--exclude-resource-type", "seed"]
    engine.dbt([*command, *_touched(engine, work)], progress)


def test(engine: Engine, work: Work, contracts: dict[str, Contract], progress: Callable[[str], None]) -> None:
    """Test every model; what passes counts as built."""
    declare_missing(engine.settings, contracts.values())
    engine.dbt(["test", "--exclude-resource-type", "unit_test", *_touched(engine, work)], progress)
    engine.mark_built(work, fingerprint(contracts, engine.settings))


def _touched(engine: Engine, work: Work) -> list[str]:
    """The models that new batches reach, and the calendar: a delivery of one domain leaves the others alone."""
    if work.is_full or not engine.views_outlive_tables:
        return []
    relations = sorted({work.contracts[batch.dataset].relation for batch in work.new})
    reached = [f"source:lake.{relation}{suffix}+" for relation in relations for suffix in ("", "__new")]
    return ["--select", *reached, "source:lake.parameters+1", "source:lake.holidays+1"]
