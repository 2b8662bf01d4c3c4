"""Runs the steps durably.

DBOS remembers which step a run has finished, tries again what may pass, and goes on after a crash or a pause where
the run stopped. A fault that may pass by itself (a connection) is tried again with growing pauses; one that cannot (a
contract that is wrong) fails at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from dbos import DBOS, DBOSClient, DBOSConfig, SetWorkflowID
from dbos import error as dbos_error

from filiera.errors import FilieraError, TransientError, UsageError
from filiera.intake.ledger import with_psycopg
from filiera.log import close_log, log, open_log
from filiera.pipeline.journal import RunRecord, RunState, StepRecord
from filiera.pipeline.lock import exclusive
from filiera.pipeline.steps import STEPS, Facts, Order, Step, Workshop
from filiera.settings import Settings

_EXECUTOR = "filiera"
_WORKFLOW_VERSION = "1"
"""Raised when steps change so much that a run begun by an older filiera must not be continued by this one."""

_shop: Workshop | None = None
"""The open workshop: DBOS calls steps of recovered runs by itself, and can pass them nothing but plain values."""


@dataclass(frozen=True)
class Summary:
    """What a run did."""

    run: RunRecord
    steps: tuple[StepRecord, ...]
    resumed: tuple[str, ...] = ()
    """Earlier runs, cut off by a crash, that were brought to their end first."""

    def facts(self, step: str) -> Facts:
        """What one step did."""
        return next((record.facts for record in self.steps if record.step == step), {})


def run_pipeline(
    settings: Settings,
    *,
    today: date | None = None,
    full: bool = False,
    only: Sequence[str] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Summary:
    """One run, alone, from ingest to publication, or `only` some of its steps. Raises what the run failed of."""
    with _opened(settings, progress, "a run") as shop, _durable(settings):
        resumed = _finish_cut_off(shop)
        day = today or settings.today()
        run_id = _new_id(shop)
        _carry_out(shop, run_id, day, full=full, only=only)
        return _summary(shop, run_id, resumed)


def resume(settings: Settings, run_id: str, progress: Callable[[str], None] = lambda _: None) -> Summary:
    """Go on with a paused or failed run at the step where it stopped."""
    with _opened(settings, progress, f"resuming run {run_id}") as shop, _durable(settings):
        record = shop.journal.get(run_id)
        if record.state == RunState.SUCCESS:
            raise UsageError(f"Run {record.run_id} is done; there is nothing to resume.")
        if record.state == RunState.PAUSED:
            with _faults_named(shop, record.run_id):
                DBOS.resume_workflow(record.run_id).get_result()
            return _summary(shop, record.run_id, ())
        # A failed workflow is over for DBOS: its finished steps are found done by the new attempt anyway.
        again = _new_id(shop)
        _carry_out(shop, again, record.logical_date, full=bool(record.full))
        return _summary(shop, again, ())


def pause(settings: Settings, run_id: str) -> RunRecord:
    """Let a run stop before its next step. It goes on with `resume`."""
    shop = Workshop(settings)
    try:
        record = shop.journal.get(run_id)
        if record.state not in (RunState.RUNNING, RunState.RETRYING, RunState.PENDING):
            raise UsageError(f"Run {record.run_id} is {record.state.lower()}; only a run under way can be paused.")
        client = DBOSClient(system_database_url=_database(settings))
        client.cancel_workflow(record.run_id)
        client.destroy()
        shop.journal.move(record.run_id, RunState.PAUSED)
        return shop.journal.get(run_id)
    finally:
        shop.close()


@contextmanager
def _opened(settings: Settings, progress: Callable[[str], None], what: str) -> Iterator[Workshop]:
    global _shop  # noqa: PLW0603 - see its docstring
    shop = Workshop(settings, progress)
    try:
        with exclusive(settings, shop.ledger, what):
            _shop = shop
            yield shop
    finally:
        _shop = None
        shop.close()
        close_log()


@contextmanager
def _durable(settings: Settings) -> Iterator[None]:
    config: DBOSConfig = {
        "name": "filiera",
        "system_database_url": _database(settings),
        "executor_id": _EXECUTOR,
        "application_version": _WORKFLOW_VERSION,
        "log_level": "CRITICAL",
        "enable_otlp": False,
    }
    DBOS(config=config)
    DBOS.launch()
    try:
        yield
    finally:
        DBOS.destroy()


def _database(settings: Settings) -> str:
    if settings.ledger_url:
        return with_psycopg(settings.ledger_url.get_secret_value())
    settings.state.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{settings.state / 'runs.sqlite'}"


def _new_id(shop: Workshop) -> str:
    """Readable, sortable and unique: `20260131-063000`, with a letter where two begin in one second."""
    stem = f"{shop.settings.present():%Y%m%d-%H%M%S}"
    taken = {record.run_id for record in shop.journal.runs(1000) if record.run_id.startswith(stem)}
    return next(name for name in (stem, *(f"{stem}-{n}" for n in range(2, 1002))) if name not in taken)


def _finish_cut_off(shop: Workshop) -> tuple[str, ...]:
    """Bring to an end what a crash cut off. DBOS has begun to do so at launch; here we wait."""
    finished = []
    for status in DBOS.list_workflows(status=["PENDING", "ENQUEUED"]):
        shop.progress(f"finishing run {status.workflow_id}, which was cut off")
        try:
            DBOS.retrieve_workflow(status.workflow_id).get_result()
        except FilieraError as error:
            # It failed for a reason of its own, which the journal has; the new run meets it again or not.
            log().warning("run that was cut off failed when resumed", run=status.workflow_id, reason=str(error))
        finished.append(status.workflow_id)
    for record in shop.journal.runs():
        if record.state in (RunState.RUNNING, RunState.RETRYING) and record.run_id not in finished:
            shop.journal.move(record.run_id, RunState.FAILED, "cut off before its first step")
    return tuple(finished)


def _carry_out(shop: Workshop, run_id: str, today: date, *, full: bool, only: Sequence[str] = ()) -> None:
    with SetWorkflowID(run_id), _faults_named(shop, run_id):
        pipeline(run_id, today.isoformat(), full, list(only))


@contextmanager
def _faults_named(shop: Workshop, run_id: str) -> Iterator[None]:
    try:
        yield
    except (dbos_error.DBOSWorkflowCancelledError, dbos_error.DBOSAwaitedWorkflowCancelledError):
        shop.journal.move(run_id, RunState.PAUSED)
        for record in shop.journal.steps(run_id):
            if record.state == RunState.RUNNING:
                shop.journal.move_step(run_id, record.step, RunState.PAUSED)
        raise FilieraError(f"Run {run_id} is paused. Go on with: filiera runs {run_id} --resume") from None


def _summary(shop: Workshop, run_id: str, resumed: tuple[str, ...]) -> Summary:
    return Summary(shop.journal.get(run_id), tuple(shop.journal.steps(run_id)), resumed)


@DBOS.workflow(name="pipeline")
def pipeline(run_id: str, today: str, full: bool, only: list[str]) -> None:  # noqa: FBT001 - DBOS stores by position
    """The steps in their order."""
    steps = [step for step in STEPS if not only or step.name in only]
    shop = _open_shop()
    open_log(shop.settings, run_id)
    order = Order(run_id, date.fromisoformat(today), full)
    shop.journal.begin(run_id, order.today, [step.name for step in steps], full=full)
    log().info("run started", logical_date=today, target=shop.settings.target, full=full)
    try:
        for step in steps:
            _durable_step(shop, step, order)
    except FilieraError as error:
        shop.journal.move(run_id, RunState.FAILED, str(error))
        log().error("run failed", reason=str(error))
        log().info("run ended", state=RunState.FAILED)
        raise
    except dbos_error.DBOSBaseException:
        log().info("run ended", state=RunState.PAUSED)
        raise
    except Exception as error:
        shop.journal.move(run_id, RunState.FAILED, f"{type(error).__name__}: {error}")
        log().error("run failed", exc_info=True)
        log().info("run ended", state=RunState.FAILED)
        raise
    shop.journal.move(run_id, RunState.SUCCESS)
    log().info("run ended", state=RunState.SUCCESS)


def _durable_step(shop: Workshop, step: Step, order: Order) -> None:
    settings = shop.settings
    try:
        DBOS.run_step(
            {
                "name": step.name,
                "retries_allowed": True,
                "max_attempts": 1 + settings.retries,
                "interval_seconds": settings.retry_seconds,
                "backoff_rate": 2.0,
                "should_retry": lambda error: isinstance(error, TransientError),
            },
            _attempt,
            step.name,
            order.run_id,
            order.today.isoformat(),
            order.full,
        )
    except dbos_error.DBOSMaxStepRetriesExceeded as exhausted:
        last = exhausted.errors[-1]
        shop.journal.move_step(order.run_id, step.name, RunState.FAILED, error=str(last))
        raise FilieraError(f"{last} (tried {1 + settings.retries} times)") from None


def _attempt(name: str, run_id: str, today: str, full: bool) -> Facts:  # noqa: FBT001 - see pipeline
    shop = _open_shop()
    step = next(step for step in STEPS if step.name == name)
    shop.journal.move_step(run_id, name, RunState.RUNNING)
    shop.progress(step.title)
    log().info("step started", step=name)
    try:
        facts = step.work(shop, Order(run_id, date.fromisoformat(today), full))
    except TransientError as error:
        shop.journal.move_step(run_id, name, RunState.RETRYING, error=str(error))
        log().warning("step met a fault that may pass", step=name, reason=str(error))
        raise
    except Exception as error:
        shop.journal.move_step(run_id, name, RunState.FAILED, error=str(error))
        raise
    shop.journal.move_step(run_id, name, RunState.SUCCESS, detail=json.dumps(facts, default=str))
    log().info("step ended", step=name, **_plain(facts))
    return facts


def _plain(facts: Facts) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if not isinstance(value, dict)}


def _open_shop() -> Workshop:
    if _shop is None:
        raise FilieraError("No run is open in this process.")
    return _shop
