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

from dbos import DBOS, DBOSClient, DBOSConfig, SetWorkflowID, WorkflowHandle
from dbos import error as dbos_error

from filiera.crashpoint import point
from filiera.errors import FilieraError, SourceError, TransientError, UsageError
from filiera.intake.ledger import with_psycopg
from filiera.log import close_log, log, open_log
from filiera.pipeline import awaiting
from filiera.pipeline.alerts import deliver, raise_alert
from filiera.pipeline.awaiting import RunLostError
from filiera.pipeline.faults import in_words, raise_where_files_are_few
from filiera.pipeline.journal import RunRecord, RunState, StepRecord
from filiera.pipeline.lock import exclusive
from filiera.pipeline.steps import STEPS, Facts, Order, Step, Workshop
from filiera.pipeline.stopping import StoppedError, raise_if_stopped
from filiera.settings import Settings
from filiera.warehouse.engines import engine_for

_EXECUTOR = "filiera"
_WORKFLOW_VERSION = "1"
"""Raised when steps change so much that a run begun by an older filiera must not be continued by this one."""

_UNDER_WAY = (RunState.PENDING, RunState.RUNNING, RunState.RETRYING)

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
    anew: bool = False,
    only: Sequence[str] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Summary:
    """One run, alone, from ingest to publication, or `only` some of its steps. Raises what the run failed of.

    A full run builds the warehouse from the whole lake; `anew` also throws its file away first.
    """
    raise_where_files_are_few()
    with _opened(settings, progress, "a run") as shop:
        run_id = _enter(shop, today or settings.today(), full=full or anew, only=only)
        if anew:
            progress("removing the warehouse")
            engine_for(settings).discard()
        with _durable(settings):
            resumed = _finish_cut_off(shop, before=run_id)
            _carry_out(shop, run_id)
            return _summary(shop, run_id, resumed)


def resume(settings: Settings, run_id: str, progress: Callable[[str], None] = lambda _: None) -> Summary:
    """Go on with a run that was paused, cut off or failed, at the step where it stopped."""
    raise_where_files_are_few()
    with _opened(settings, progress, f"resuming run {run_id}") as shop:
        record = shop.journal.get(run_id)
        if record.state == RunState.SUCCESS:
            raise UsageError(f"Run {record.run_id} is done; there is nothing to resume.")
        with _durable(settings):
            cut_off = _finish_cut_off(shop)
            if record.run_id in cut_off:
                return _summary(shop, record.run_id, ())
            if record.state == RunState.PAUSED:
                with _pause_named(shop, record.run_id):
                    _wait_for(shop, DBOS.resume_workflow(record.run_id))
                return _summary(shop, record.run_id, cut_off)
            # A failed workflow is over for DBOS: its finished steps are found done by the new attempt anyway.
            steps = [step.step for step in shop.journal.steps(record.run_id)]
            again = _enter(shop, record.logical_date, full=bool(record.full), only=steps)
            _carry_out(shop, again)
            return _summary(shop, again, cut_off)


def pause(settings: Settings, run_id: str) -> RunRecord:
    """Let a run stop before its next step. It goes on with `resume`."""
    shop = Workshop(settings)
    try:
        record = shop.journal.get(run_id)
        if record.state not in _UNDER_WAY:
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
            shop.raise_where_the_ledger_is_lost()
            _shop = shop
            yield shop
    except StoppedError as stopped:
        # Nothing is closed: DBOS may have a run in a thread of its own, which goes on until the process is gone.
        _note_stop(shop, stopped)
        raise
    except BaseException:
        _close(shop)
        raise
    _close(shop)


def _close(shop: Workshop) -> None:
    global _shop  # noqa: PLW0603 - see its docstring
    _shop = None
    shop.close()
    close_log()


def _note_stop(shop: Workshop, stopped: StoppedError) -> None:
    for record in shop.journal.runs():
        if record.state == RunState.PENDING:
            shop.journal.move(record.run_id, RunState.FAILED, f"stopped by {stopped.signal.name} before its first step")
        elif record.state in _UNDER_WAY:
            shop.journal.interrupt(record.run_id, f"stopped by {stopped.signal.name}; the next run finishes it")
        else:
            continue
        log().warning("run stopped", signal=stopped.signal.name)


@contextmanager
def _durable(settings: Settings) -> Iterator[None]:
    config: DBOSConfig = {
        "name": "filiera",
        "system_database_url": _database(settings),
        "executor_id": _EXECUTOR,
        "application_version": _WORKFLOW_VERSION,
        "log_level": "CRITICAL",
        "enable_otlp": False,
        "notification_listener_polling_interval_sec": 0.05,  # the end of a run waits for the listener to wake up
    }
    awaiting.forget()
    DBOS(config=config)
    DBOS.launch()
    try:
        yield
    except StoppedError:
        raise  # see _opened
    except BaseException:
        DBOS.destroy()
        raise
    DBOS.destroy()


def _database(settings: Settings) -> str:
    if settings.ledger_url:
        return with_psycopg(settings.ledger_url.get_secret_value())
    settings.state.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{settings.state / 'runs.sqlite'}"


def _enter(shop: Workshop, today: date, *, full: bool, only: Sequence[str] = ()) -> str:
    run_id = _new_id(shop)
    shop.journal.enter(run_id, today, [step.name for step in _chosen(only)], full=full)
    return run_id


def _new_id(shop: Workshop) -> str:
    """Readable, sortable and unique: `20260131-063000`, with a number where two begin in one second."""
    stem = f"{shop.settings.present():%Y%m%d-%H%M%S}"
    taken = {record.run_id for record in shop.journal.runs(1000) if record.run_id.startswith(stem)}
    return next(name for name in (stem, *(f"{stem}-{n}" for n in range(2, 1002))) if name not in taken)


def _finish_cut_off(shop: Workshop, before: str = "") -> tuple[str, ...]:
    """Bring to an end what a crash or a signal cut off, before a new run. DBOS has begun it at launch; here we wait."""
    finished = []
    for status in DBOS.list_workflows(status=["PENDING", "ENQUEUED"]):
        run_id = status.workflow_id
        if status.app_version != _WORKFLOW_VERSION:
            DBOS.cancel_workflow(run_id)  # its steps may not be today's, and nobody would ever take it up
            shop.journal.move(run_id, RunState.FAILED, "begun by another version of filiera; run again")
            continue
        shop.progress(f"finishing run {run_id}, which was cut off")
        try:
            with _pause_named(shop, run_id):
                _wait_for(shop, DBOS.retrieve_workflow(run_id))
        except RunLostError:
            raise  # DBOS may yet take it up, and two runs must not be at work at once
        except Exception as error:  # noqa: BLE001 - whatever it failed of, the journal has it; the new run meets it or not
            log().warning("run that was cut off failed when resumed", run=run_id, reason=str(error))
        finished.append(run_id)
    for record in shop.journal.runs():
        if record.state in _UNDER_WAY and record.run_id not in (*finished, before):
            shop.journal.move(record.run_id, RunState.FAILED, "cut off before its first step")
    return tuple(finished)


def _wait_for(shop: Workshop, handle: WorkflowHandle[None]) -> None:
    awaiting.wait_for(handle, lambda fault: in_words(fault, shop.settings))


def _carry_out(shop: Workshop, run_id: str) -> None:
    record = shop.journal.get(run_id)
    steps = [step.step for step in shop.journal.steps(run_id)]
    with SetWorkflowID(run_id), _pause_named(shop, run_id):
        pipeline(run_id, record.logical_date.isoformat(), bool(record.full), steps)


@contextmanager
def _pause_named(shop: Workshop, run_id: str) -> Iterator[None]:
    try:
        yield
    except (dbos_error.DBOSWorkflowCancelledError, dbos_error.DBOSAwaitedWorkflowCancelledError):
        shop.journal.interrupt(run_id)
        raise FilieraError(f"Run {run_id} is paused. Go on with: filiera runs {run_id} --resume") from None


def _chosen(only: Sequence[str]) -> list[Step]:
    return [step for step in STEPS if not only or step.name in only]


def _summary(shop: Workshop, run_id: str, resumed: tuple[str, ...]) -> Summary:
    return Summary(shop.journal.get(run_id), tuple(shop.journal.steps(run_id)), resumed)


@DBOS.workflow(name="pipeline")
def pipeline(run_id: str, today: str, full: bool, only: list[str]) -> None:  # noqa: FBT001 - DBOS stores by position
    """The steps in their order."""
    with awaiting.told(run_id):
        _work_through(_open_shop(), Order(run_id, date.fromisoformat(today), full), only)


def _work_through(shop: Workshop, order: Order, only: Sequence[str]) -> None:
    run_id = order.run_id
    open_log(shop.settings, run_id)
    point("run.before_begin")
    shop.journal.begin(run_id, order.today, [step.name for step in _chosen(only)], full=order.full)
    log().info("run started", logical_date=order.today.isoformat(), target=shop.settings.target, full=order.full)
    try:
        _take_steps(shop, order, _chosen(only))
    except dbos_error.DBOSBaseException:
        log().info("run ended", state=RunState.PAUSED)
        raise
    except Exception as error:
        raise_if_stopped(error)
        _fail(shop, run_id, error)
        raise
    shop.journal.move(run_id, RunState.SUCCESS)
    log().info("run ended", state=RunState.SUCCESS)
    point("run.ended")


def _take_steps(shop: Workshop, order: Order, steps: Sequence[Step]) -> None:
    missing: SourceError | None = None
    for step in steps:
        try:
            _durable_step(shop, step, order)
        except SourceError as fault:
            missing = fault
    if missing:
        done = "taken in and published" if len(steps) > 1 else "taken in"
        raise SourceError(f"{missing} Everything else was {done}.")


def _fail(shop: Workshop, run_id: str, met: Exception) -> None:
    error = in_words(met, shop.settings) or met
    is_ours = not isinstance(error, FilieraError)
    reason = f"{type(error).__name__}: {error}" if is_ours else str(error)
    log().error("run failed", reason=reason, exc_info=is_ours)
    with _first_fault_first():
        shop.journal.move(run_id, RunState.FAILED, reason)
        raise_alert(shop.ledger, shop.settings, "run failed", run_id, f"Run {run_id}: {reason}")
        deliver(shop.ledger, shop.settings)
    log().info("run ended", state=RunState.FAILED)


@contextmanager
def _first_fault_first() -> Iterator[None]:
    """What made the ledger or a channel fail too, such as a full disk, must not hide what failed before."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - see above
        raise_if_stopped(error)
        log().error("the fault could not be entered in the ledger", exc_info=True)


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
        with _first_fault_first():
            shop.journal.move_step(order.run_id, step.name, RunState.FAILED, error=str(last))
        kind = SourceError if isinstance(last, SourceError) else FilieraError
        raise kind(f"{last} (tried {1 + settings.retries} times)") from None


def _attempt(name: str, run_id: str, today: str, full: bool) -> Facts:  # noqa: FBT001 - see pipeline
    shop = _open_shop()
    step = next(step for step in STEPS if step.name == name)
    shop.journal.start_step(run_id, name)
    shop.progress(step.title)
    log().info("step started", step=name)
    try:
        facts = step.work(shop, Order(run_id, date.fromisoformat(today), full))
    except Exception as met:
        raise_if_stopped(met)
        error = in_words(met, shop.settings) or met
        with _first_fault_first():
            if isinstance(error, TransientError):
                log().warning("step met a fault that may pass", step=name, reason=str(error))
                shop.journal.move_step(run_id, name, RunState.RETRYING, error=str(error))
                shop.journal.move(run_id, RunState.RETRYING, str(error))
            else:
                shop.journal.move_step(run_id, name, RunState.FAILED, error=str(error))
        if error is met:
            raise
        raise error from met
    shop.journal.move_step(run_id, name, RunState.SUCCESS, detail=json.dumps(facts, default=str))
    log().info("step ended", step=name, **_plain(facts))
    point("run.step_done")
    return facts


def _plain(facts: Facts) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if not isinstance(value, dict)}


def _open_shop() -> Workshop:
    if _shop is None:
        raise FilieraError("No run is open in this process.")
    return _shop
