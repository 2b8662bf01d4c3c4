"""Commands that only look."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from filiera.console import number, print_json, print_rows, print_table, progress, say, seconds, warn
from filiera.duck import connect
from filiera.errors import FilieraError
from filiera.intake.landing import waiting
from filiera.intake.rejects import REJECTED_COLUMNS, place_word, rejected_rows_sql
from filiera.pipeline.alerts import alerts
from filiera.pipeline.steps import Workshop
from filiera.quality.score import OVERALL
from filiera.serving.reader import NothingPublishedError, Serving
from filiera.settings import Settings


@contextmanager
def _workshop(settings: Settings) -> Iterator[Workshop]:
    shop = Workshop(settings)
    try:
        yield shop
    finally:
        shop.close()


def show_status(settings: Settings, *, as_json: bool) -> None:
    """Last run, publication, batches by state, what waits."""
    with _workshop(settings) as shop, Serving(settings) as serving:
        last = next(iter(shop.journal.runs(1)), None)
        batches = shop.ledger.batches()
        states = {
            state: sum(batch.state == state for batch in batches) for state in ("admitted", "held", "refused", "landed")
        }
        dropped = {name: [path.name for path in waiting(settings.drop / name)] for name in shop.contracts}
        trouble = [batch for batch in batches if batch.state in ("held", "refused")]
        try:
            published = serving.rows("SELECT run_id, logical_date, published_at, warehouse FROM meta.published")[0]
        except NothingPublishedError:
            published = None
        told = [dict(alert) for alert in alerts(shop.ledger, 10)]
    if as_json:
        print_json({"home": str(settings.home), "last_run": last, "published": published, "batches": states,
                    "waiting": dropped, "trouble": trouble, "alerts": told})  # fmt: skip
        return
    say(f"Home       {settings.home}")
    if last:
        say(f"Last run   {last.run_id}  {last.state}, for {last.logical_date}, {seconds(last.seconds)}")
        if last.error:
            say(f"           {last.error}")
    else:
        say("Last run   none yet; start with: filiera run")
    if published:
        say(
            f"Published  by run {published['run_id']} at {published['published_at']:%Y-%m-%d %H:%M} UTC, "
            f"from {published['warehouse']}"
        )
    say(
        "Batches    " + ", ".join(f"{count} {state}" for state, count in states.items() if count or state == "admitted")
    )
    for name, files in dropped.items():
        if files:
            say(f"Waiting    {len(files)} files for {name}")
    for batch in trouble:
        warn(f"{batch.state:<10} {batch.source}: {batch.reason}")


def show_runs(settings: Settings, run_id: str | None, *, limit: int, pause: bool, resume: bool, as_json: bool) -> None:
    """Runs, or one run."""
    if run_id and pause:
        from filiera.pipeline.run import pause as pause_run  # noqa: PLC0415 - only here

        record = pause_run(settings, run_id)
        say(f"Run {record.run_id} stops before its next step. Go on with: filiera runs {record.run_id} --resume")
        return
    if run_id and resume:
        from filiera.commands.running import show_summary  # noqa: PLC0415 - only here
        from filiera.pipeline.run import resume as resume_run  # noqa: PLC0415 - only here

        with progress() as tell:
            summary = resume_run(settings, run_id, tell)
        show_summary(settings, summary, as_json=as_json)
        return
    with _workshop(settings) as shop:
        if run_id:
            record = shop.journal.get(run_id)
            steps = shop.journal.steps(record.run_id)
            if as_json:
                print_json({"run": record, "steps": [{**vars(step), "detail": step.facts} for step in steps]})
                return
            say(
                f"Run {record.run_id}  {record.state}, for {record.logical_date}, on {record.target}, "
                f"{seconds(record.seconds)}"
            )
            if record.error:
                say(record.error)
            print_table(
                "", ["step", "state", "tries", "time", "what it did"],
                [[s.step, s.state, s.attempts, seconds(s.seconds), s.error or _words(s.facts)] for s in steps],
                right=["tries", "time"],
            )  # fmt: skip
            return
        found = shop.journal.runs(limit)
    if as_json:
        print_json(found)
        return
    print_table(
        "", ["run", "state", "for", "target", "time", "error"],
        [[r.run_id, r.state, r.logical_date, r.target, seconds(r.seconds), r.error or ""] for r in found],
        right=["time"],
    )  # fmt: skip


def _words(facts: dict[str, Any]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {value}" for name, value in facts.items() if not isinstance(value, dict)
    )


def show_rejects(settings: Settings, dataset: str | None, *, reason: str | None, limit: int, as_json: bool) -> None:
    """Quarantine, straight from the lake."""
    with _workshop(settings) as shop:
        if dataset:
            shop.contract(dataset)
        batches = [batch for batch in shop.ledger.batches(dataset) if batch.rows_rejected]
        broken = shop.ledger.broken_rules([batch.seq for batch in batches])
        refused = shop.ledger.batches(dataset, ["refused"])
    counts: dict[str, tuple[int, str, str]] = {}
    for row in broken:
        if reason and row["rule_id"] != reason:
            continue
        count = counts.get(row["rule_id"], (0, "", ""))[0] + row["rows"]
        counts[row["rule_id"]] = (count, row["outcome"], row["description"])
    with connect(settings) as connection:
        where = "WHERE list_contains(reasons, ?)" if reason else ""
        sql = (
            f"SELECT {', '.join(REJECTED_COLUMNS)} FROM ({rejected_rows_sql(batches)}) {where} "
            f"ORDER BY seq DESC, place LIMIT {int(limit)}"
        )
        found = connection.execute(sql, [reason] if reason else []).fetchall()
        rows = [dict(zip(REJECTED_COLUMNS, row, strict=True)) for row in found]
    if as_json:
        print_json(
            {
                "by_reason": {rule: count for rule, (count, *_) in counts.items()},
                "rows": rows,
                "refused": refused,
            }
        )
        return
    if not counts and not refused:
        say("Nothing was rejected.")
        return
    if counts:
        place = place_word(row["is_line"] for row in rows)
        ordered = sorted(counts.items(), key=lambda item: -item[1][0])
        table = [[rule, outcome, count, description] for rule, (count, outcome, description) in ordered]
        print_table("By reason", ["rule", "outcome", "rows", "what must hold"], table, right=["rows"])
        print_table(
            f"Rows (newest deliveries first, at most {number(limit)})",
            ["source", place, "reasons", "as delivered"],
            [[row["source_name"], row["line_number"], ", ".join(row["reasons"]), row["original"]] for row in rows],
            right=[place],
        )  # fmt: skip
    for batch in refused:
        warn(f"refused    {batch.source}: {batch.reason}")


def show_trace(settings: Settings, relation: str, key: Sequence[str], *, as_json: bool) -> None:
    """A number and the lines behind it."""
    from filiera.serving.trace import Tracer  # noqa: PLC0415 - only here

    with _workshop(settings) as shop, Serving(settings) as serving:
        found = Tracer(settings, serving, shop.ledger, shop.contracts).trace(relation, key)
    if as_json:
        print_json(found)
        return
    print_rows(found.relation, list(found.row), [list(found.row.values())])
    if found.rows:
        columns = [name for name in found.rows[0] if not name.startswith("_")]
        print_rows(f"made of {found.behind}", columns, [[row[name] for name in columns] for row in found.rows])
    place = place_word(it.is_line for it in found.lines)
    print_rows(
        "delivered as", ["counts", "source", place, "taken in", "as delivered"],
        [[it.counts, it.source, it.line, it.loaded_at, it.text or it.values] for it in found.lines],
        right=[place],
    )  # fmt: skip
    if found.more:
        warn(f"{found.relation} is made of {number(found.more)} more rows of {found.behind}, which are not shown.")


def show_quality(settings: Settings, dataset: str | None, *, as_json: bool) -> None:
    """The latest scores, and how they changed."""
    with _workshop(settings) as shop:
        if dataset:
            shop.contract(dataset)
        scores = shop.ledger.scores(dataset)
    if as_json:
        print_json([dict(row) for row in scores])
        return
    if not scores:
        say("Nothing is measured yet; start with: filiera run")
        return
    latest: dict[tuple[str, str], list[Any]] = {}
    for row in scores:
        latest.setdefault((row["dataset"], row["dimension"]), []).append(row)
    rows = []
    for (name, dimension), history in sorted(
        latest.items(), key=lambda item: (item[0][0], item[0][1] == OVERALL, item[0][1])
    ):
        before = f"{history[-2]['score']:.2f}" if len(history) > 1 else None
        rows.append([name, dimension, f"{history[-1]['score']:.2f}", before, history[-1]["why"]])
    print_table("", ["dataset", "dimension", "score", "before", "why"], rows, right=["score", "before"])


def show_health(settings: Settings, *, as_json: bool) -> None:
    """Everything the doctor looked at; exit code 1 when something is broken."""
    from filiera.pipeline.doctor import examine  # noqa: PLC0415 - only here

    found = examine(settings)
    if as_json:
        print_json(found)
    else:
        print_table("", ["", "what", "detail"], [[f.state, f.what, f.detail] for f in found])
    broken = sum(finding.state == "broken" for finding in found)
    if broken:
        sys.stdout.flush()
        raise FilieraError(f"{number(broken)} things are broken; each line above says what to do.")
