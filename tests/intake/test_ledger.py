"""The ledger, in SQLite and in PostgreSQL: what it is told it tells again, however many tell it something at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import SecretStr

from filiera.intake.ledger import Batch, BrokenRule, Ledger, Verdict
from filiera.settings import Settings

AT = datetime(2026, 1, 31, 13, 30, tzinfo=timezone(timedelta(hours=1)))


@pytest.fixture(params=["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.slow)])
def kept_in(request: pytest.FixtureRequest, home: Settings) -> Settings:
    """A home with a ledger of either kind."""
    if request.param == "SQLite":
        return home
    database = request.getfixturevalue("database")
    return home.model_copy(update={"ledger_url": SecretStr(database)})


@pytest.fixture
def book(kept_in: Settings) -> Iterator[Ledger]:
    ledger = Ledger(kept_in)
    yield ledger
    ledger.close()


@pytest.fixture
def enter(book: Ledger) -> Callable[..., Batch]:
    def one(number: int, dataset: str = "test.rows", **known: Any) -> Batch:
        given = {"kind": "file", "source": f"{number}.csv", "loaded_on": date(2026, 1, 31), "loaded_at": AT} | known
        return book.enter(dataset, f"{number:064}", **given)

    return one


def verdict(**rows: int) -> Verdict:
    rules = tuple(BrokenRule(name, "conformity", "reject", name, n) for name, n in rows.items())
    rejected = sum(rows.values())
    return Verdict(10, 10 - rejected, rejected, 0, date(2026, 1, 1), date(2026, 1, 2), rules, {"conformity": rejected})


def settle(book: Ledger, batch: Batch, found: Verdict, state: Any = "admitted") -> Batch:
    return book.settle(
        batch, found, state, reason=None, lake_path="x.parquet", contract_version="1", contract_fingerprint="f"
    )


def test_a_delivery_is_entered_once_and_moments_come_back_in_utc(book: Ledger, enter: Callable[..., Batch]) -> None:
    first = enter(1)
    assert (first.seq, first.state, first.revision) == (1, "landed", 0)
    assert first.loaded_at == AT
    assert first.loaded_at.tzinfo == UTC
    assert enter(1, source="another name.csv") == first
    assert [batch.source for batch in book.batches()] == ["1.csv"]


def test_the_same_content_in_two_datasets_has_two_numbers(enter: Callable[..., Batch]) -> None:
    assert [enter(1, "test.rows").seq, enter(1, "test.others").seq] == [1, 2]


def test_deliveries_that_are_entered_at_once_get_a_number_each(book: Ledger, enter: Callable[..., Batch]) -> None:
    with ThreadPoolExecutor(4) as pool:
        entered = list(pool.map(lambda number: enter(number % 6), range(24)))
    assert sorted({batch.seq for batch in entered}) == [1, 2, 3, 4, 5, 6]
    assert len(book.batches()) == 6


def test_a_verdict_replaces_the_one_before(book: Ledger, enter: Callable[..., Batch]) -> None:
    first = settle(book, enter(1), verdict(A=2, B=1))
    again = settle(book, first, verdict(A=1), "held")
    assert (first.revision, again.revision) == (1, 2)
    assert (again.state, again.rows_in, again.rows_accepted, again.rows_rejected) == ("held", 10, 9, 1)
    assert (again.oldest_event, again.newest_event) == (date(2026, 1, 1), date(2026, 1, 2))
    assert [(row["rule_id"], row["rows"], row["state"]) for row in book.broken_rules()] == [("A", 1, "held")]
    assert book.broken_dimensions("test.rows") == {"conformity": 1}


def test_batches_are_found_by_dataset_state_and_source(book: Ledger, enter: Callable[..., Batch]) -> None:
    settle(book, enter(1), verdict())
    book.refuse(enter(2), "EMPTY_FILE: 2.csv: it is empty.", contract_version="1", contract_fingerprint="f")
    enter(3, "test.others")
    assert [batch.seq for batch in book.batches("test.rows")] == [1, 2]
    assert [batch.seq for batch in book.batches(states=["refused", "landed"])] == [2, 3]
    assert [batch.seq for batch in book.batches(source="3.csv")] == [3]
    assert book.find("test.rows", f"{3:064}") is None


def test_only_a_batch_that_was_never_read_can_be_withdrawn(book: Ledger, enter: Callable[..., Batch]) -> None:
    landed, admitted = enter(1), settle(book, enter(2), verdict())
    book.withdraw(landed)
    book.withdraw(admitted)
    assert [batch.seq for batch in book.batches()] == [2]


def test_rule_ids_and_reasons_may_be_long(book: Ledger, enter: Callable[..., Batch]) -> None:
    settle(book, enter(1), verdict(**{"TYPE_" + "X" * 190: 1}))
    refused = book.refuse(enter(2), "R" * 10_000)
    assert len(str(refused.reason)) == 10_000


def test_a_batch_that_vanished_is_told(book: Ledger, enter: Callable[..., Batch]) -> None:
    batch = enter(1)
    book.withdraw(batch)
    with pytest.raises(Exception, match=r"Batch 000000000000 of test\.rows vanished from the ledger; run doctor\."):
        settle(book, batch, verdict())
