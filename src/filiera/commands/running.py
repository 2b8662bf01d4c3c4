"""Commands that move data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from filiera.console import number, print_json, print_table, progress, say, seconds, warn
from filiera.errors import UsageError
from filiera.intake.intake import Intake, Taken
from filiera.intake.ledger import Batch
from filiera.intake.replay import replay
from filiera.log import close_log, open_log
from filiera.pipeline.lock import exclusive
from filiera.pipeline.run import Summary, run_pipeline
from filiera.pipeline.steps import Workshop
from filiera.settings import Settings

_MOST_REASONS = 8


def take_in(settings: Settings, dataset: str | None, files: Sequence[Path], *, day: date | None, as_json: bool) -> None:
    """Take in named files, or everything that waits."""
    taken = _with_intake(settings, day, "an ingest", lambda intake: _take(intake, dataset, files))
    if as_json:
        print_json({"batches": taken.batches, "known": taken.known, "unfinished": taken.unfinished})
    else:
        _show_taken(taken)
    if taken.faults:
        raise taken.faults[0]


def _take(intake: Intake, dataset: str | None, files: Sequence[Path]) -> Taken:
    if files and dataset:
        return intake.take_files(dataset, files)
    return intake.take_all([dataset] if dataset else None)


def replay_dataset(settings: Settings, dataset: str, *, every: bool, as_json: bool) -> None:
    """Try again under the present contract."""
    changed = _with_intake(settings, None, "a replay", lambda intake: replay(intake, dataset, every=every))
    if as_json:
        print_json([{"before": before, "after": after} for before, after in changed])
        return
    if not changed:
        say(f"Nothing to replay: the present contract has judged every batch of {dataset} (again anyway: --all).")
        return
    print_table(
        f"{dataset} replayed",
        ["source", "state before", "now", "rejected before", "now rejected"],
        [[b.source, b.state, a.state, b.rows_rejected, a.rows_rejected] for b, a in changed],
        right=["rejected before", "now rejected"],
    )
    say("Bring it to the warehouse with: filiera run")


def _with_intake(settings: Settings, day: date | None, what: str, work: Any) -> Any:
    shop = Workshop(settings)
    try:
        with exclusive(settings, shop.ledger, what), progress() as tell:
            open_log(settings)
            return work(Intake(settings, shop.contracts, shop.ledger, today=day or settings.today(), progress=tell))
    finally:
        close_log()
        shop.close()


def run_once(settings: Settings, *, full: bool, day: date | None, as_json: bool) -> None:
    """One run of the pipeline."""
    with progress() as tell:
        summary = run_pipeline(settings, today=day, full=full, progress=tell)
    show_summary(settings, summary, as_json=as_json)


def rebuild_all(settings: Settings, *, day: date | None, as_json: bool) -> None:
    """Warehouse and serving from the lake alone; what is published stays until it is replaced."""
    if not settings.state.is_dir():
        raise UsageError(f"There is nothing in {settings.home} to rebuild from.")
    with progress() as tell:
        summary = run_pipeline(settings, today=day, anew=True, only=("build", "publish"), progress=tell)
    show_summary(settings, summary, as_json=as_json)


def show_summary(settings: Settings, summary: Summary, *, as_json: bool = False) -> None:
    """What a run did, so that a plant manager understands it."""
    with_ledger = Workshop(settings)
    try:
        mine = [batch for batch in with_ledger.ledger.batches() if batch.run_id == summary.run.run_id]
        broken = with_ledger.ledger.broken_rules([batch.seq for batch in mine])
        scores = [row for row in with_ledger.ledger.scores() if row["dimension"] == "overall"]
    finally:
        with_ledger.close()
    reasons: dict[str, tuple[int, str]] = {}
    for row in broken:
        count, _ = reasons.get(row["rule_id"], (0, ""))
        reasons[row["rule_id"]] = (count + row["rows"], row["description"])
    latest = {row["dataset"]: row["score"] for row in scores}
    ordered = sorted(reasons.items(), key=lambda item: (-item[1][0], item[0]))
    if as_json:
        print_json(
            {
                "run": summary.run,
                "steps": [{**vars(step), "detail": step.facts} for step in summary.steps],
                "resumed": summary.resumed,
                "rejected_by_reason": {rule: count for rule, (count, _) in ordered},
                "quality": latest,
            }
        )
        return
    for resumed in summary.resumed:
        say(f"Run {resumed}, which had been cut off, was brought to its end first.")
    took = summary.facts("ingest")
    say(f"[bold]Run {summary.run.run_id}[/bold]  {summary.run.state}, {seconds(summary.run.seconds)}")
    say(f"  rows in    {number(took.get('rows_in', 0)):>12}   from {took.get('batches', 0)} new deliveries")
    say(f"  accepted   {number(took.get('rows_accepted', 0)):>12}")
    say(f"  rejected   {number(took.get('rows_rejected', 0)):>12}")
    for rule, (count, description) in ordered[:_MOST_REASONS]:
        say(f"             {number(count):>12}   {rule}: {description}")
    if len(ordered) > _MOST_REASONS:
        say(f"                            and {len(ordered) - _MOST_REASONS} more reasons: filiera rejects")
    for dataset, score in latest.items():
        say(f"  quality    {score:>12.1f}   of 100, {dataset}")
    _warn_of_trouble(mine)
    built = summary.facts("build")
    say(f"  warehouse  {built.get('reason', 'not built')}; step times: {_times(summary)}")


def _times(summary: Summary) -> str:
    return ", ".join(f"{step.step} {seconds(step.seconds)}" for step in summary.steps)


def _show_taken(taken: Taken) -> None:
    if taken.batches:
        print_table(
            "",
            ["source", "state", "rows", "accepted", "rejected", "note"],
            [
                [b.source, b.state, b.rows_in, b.rows_accepted, b.rows_rejected, b.reason or b.note or ""]
                for b in taken.batches
            ],
            right=["rows", "accepted", "rejected"],
        )
        say("Bring it to the warehouse with: filiera run")
    for name in taken.known:
        say(f"{name}: delivered before, nothing to do")
    for name in taken.unfinished:
        warn(f"{name}: still being written, left for the next run")
    if not (taken.batches or taken.known or taken.unfinished or taken.faults):
        say("Nothing new.")


def _warn_of_trouble(batches: list[Batch]) -> None:
    for batch in batches:
        if batch.state in ("held", "refused"):
            warn(f"  {batch.state:<10} {batch.source}: {batch.reason}")
