"""What ran is told in the order in which it ran."""

from __future__ import annotations

from filiera.intake.ledger import Ledger
from filiera.pipeline.journal import Journal
from filiera.settings import Settings


def test_runs_of_one_moment_are_told_newest_first(home: Settings, ledger: Ledger) -> None:
    journal = Journal(ledger, home)
    stem = f"{home.present():%Y%m%d-%H%M%S}"
    begun = [stem, *(f"{stem}-{number}" for number in range(2, 13))]
    for run_id in begun:
        journal.enter(run_id, home.today(), ["ingest"], full=False)
    assert [run.run_id for run in journal.runs()] == begun[::-1]
    assert [run.run_id for run in journal.runs(1)] == [f"{stem}-12"]
