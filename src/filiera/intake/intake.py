"""Takes in what is new: files from drop folders or by name, rows of tables, and what an earlier run left half done.

Each delivery stands alone. One that cannot be read is refused with its reason and the others go on; one whose rejected
share passes the contract's limit is kept in the lake but held out of the warehouse.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from filiera.contracts.check import Stamp
from filiera.contracts.model import Contract, TableSource
from filiera.crashpoint import point
from filiera.duck import connect
from filiera.errors import BatchRefusedError, FilieraError, UsageError
from filiera.intake import deletions
from filiera.intake.check import Checked, check_file, check_rows
from filiera.intake.lake import Lake, relation
from filiera.intake.landing import land, waiting
from filiera.intake.ledger import Batch, Ledger, Verdict
from filiera.log import about_batch, log
from filiera.settings import Settings
from filiera.sources.delivered import VitalSigns
from filiera.sources.files import FileReader, signs_to_take
from filiera.sources.tables import Databases, NoTableError, TableReader, source_url
from filiera.sql import quoted


@dataclass
class Taken:
    """What one intake did."""

    batches: list[Batch] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    """Files that were delivered before."""
    unfinished: list[str] = field(default_factory=list)
    """Files that were still being written."""
    faults: list[FilieraError] = field(default_factory=list)
    """Sources that could not be reached; raised once everything else is in."""

    def rows(self, attribute: str) -> int:
        """Sum of a count over the batches."""
        return sum(getattr(batch, attribute) or 0 for batch in self.batches)


class Intake:
    """Intake of one run."""

    def __init__(
        self,
        settings: Settings,
        contracts: dict[str, Contract],
        ledger: Ledger,
        *,
        today: date,
        run_id: str | None = None,
        progress: Callable[[str], None] = lambda _: None,
        on_new: Callable[[], None] = lambda: None,
    ) -> None:
        self.settings = settings
        self.contracts = contracts
        self.ledger = ledger
        self.today = today
        self.run_id = run_id
        self.progress = progress
        self.on_new = on_new
        """Called as soon as there is something that was not there before."""
        self.lake = Lake.of(settings)
        self.taken = Taken()

    def _enter(self, dataset: str, batch_id: str, **facts: Any) -> Batch:
        self.on_new()
        return self.ledger.enter(dataset, batch_id, **facts)

    def contract(self, dataset: str) -> Contract:
        """The contract of a dataset."""
        if dataset not in self.contracts:
            raise UsageError(f"There is no dataset {dataset!r}; known are: {', '.join(self.contracts)}.")
        return self.contracts[dataset]

    def take_all(self, datasets: Iterable[str] | None = None) -> Taken:
        """Everything new from every source of these datasets."""
        with Databases(self.settings) as databases:
            for dataset in datasets or self.contracts:
                contract = self.contract(dataset)
                self._finish_landed(contract)
                for path in waiting(self.settings.drop / dataset):
                    with self._going_on(dataset, path.name):
                        self._take_file(contract, path, is_dropped=True)
                for source in contract.tables:
                    name = f"{source.database}.{source.schema}.{source.table}"
                    with self._going_on(dataset, name):
                        self._take_table(databases, contract, source, name)
        return self.taken

    def take_files(self, dataset: str, files: Sequence[Path]) -> Taken:
        """Named files, which stay where they are."""
        contract = self.contract(dataset)
        for path in files:
            if path.is_dir():
                raise UsageError(f"{path} is a folder. Name files, or put them into {self.settings.drop / dataset}.")
            if not path.exists():
                raise UsageError(f"There is no file {path}. Check the name.")
        for path in files:
            self._take_file(contract, path, is_dropped=False)
        return self.taken

    @contextmanager
    def _going_on(self, dataset: str, source: str) -> Iterator[None]:
        """What cannot be taken in is told at the end, once everything else is in."""
        try:
            yield
        except FilieraError as fault:
            self.taken.faults.append(fault)
            log().warning("source cannot be taken in", dataset=dataset, source=source, reason=str(fault))

    def _take_file(self, contract: Contract, path: Path, *, is_dropped: bool) -> None:
        # A name of bytes that are no text could not be written anywhere.
        name = path.name.encode("utf-8", errors="backslashreplace").decode()
        self.progress(f"{contract.dataset}: landing {name}")
        signs = signs_to_take(name, contract)
        landed = land(path, contract.dataset, self.settings, signs)
        if landed is None:
            self.taken.unfinished.append(name)
            log().warning("file is still being written, left for the next run", dataset=contract.dataset, file=name)
            return
        place = str(landed.path.relative_to(self.settings.home))
        found = self.ledger.find(contract.dataset, landed.batch_id)
        if found and found.state == "refused" and self._is_another_try(contract, found, place):
            found = self.ledger.reopen(found, source=name, landing_path=place)
        if found and found.state != "landed":
            self.taken.known.append(name)
            log().info("file was delivered before, nothing to do", dataset=contract.dataset, file=name)
        else:
            batch = self._enter(
                contract.dataset,
                landed.batch_id,
                kind="file",
                source=name,
                bytes=landed.size,
                loaded_on=self.today,
                loaded_at=self.settings.present(),
                landing_path=place,
                run_id=self.run_id,
            )
            point("landing.entered")
            self._check_landed(contract, batch, signs)
        if is_dropped:
            path.unlink(missing_ok=True)
            point("landing.dropped_file_removed")

    @staticmethod
    def _is_another_try(contract: Contract, refused: Batch, place: str) -> bool:
        """The contract has changed, or the same bytes come under a name that says they are of another kind."""
        return refused.contract_fingerprint != contract.fingerprint or refused.landing_path != place

    def _finish_landed(self, contract: Contract) -> None:
        """Files that were landed by a run that ended before it checked them."""
        for batch in self.ledger.batches(contract.dataset, ["landed"]):
            if batch.kind == "file":
                with self._going_on(contract.dataset, batch.source):
                    self._check_landed(contract, batch)

    def _check_landed(self, contract: Contract, batch: Batch, signs: VitalSigns | None = None) -> None:
        with about_batch(batch.batch_id):
            self.progress(f"{contract.dataset}: checking {batch.source}")
            try:
                settled = self.check_landed(contract, batch, signs)
            except BatchRefusedError as refusal:
                settled = self.ledger.refuse(
                    batch,
                    f"{refusal.code}: {batch.source}: {refusal}",
                    contract_version=contract.version,
                    contract_fingerprint=contract.fingerprint,
                )
                log().warning("batch refused", dataset=contract.dataset, source=batch.source, reason=settled.reason)
            self.taken.batches.append(settled)

    def check_landed(self, contract: Contract, batch: Batch, signs: VitalSigns | None = None) -> Batch:
        """Check a landed file and settle its batch; `signs` are those of the landed bytes, where they were counted."""
        landed = self.settings.home / str(batch.landing_path)
        if not landed.is_file():
            raise FilieraError(f"{landed} is missing from landing; restore it, or deliver {batch.source} again.")
        self.settings.scratch.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(dir=self.settings.scratch, prefix="check-"))
        try:
            reader = FileReader(landed, contract, self.settings, work, signs)
            with connect(self.settings) as connection:
                checked = check_file(connection, reader, self._stamp(batch), self.lake.aside)
                note = None
                if reader.header and reader.header.extra:
                    note = f"columns not in the contract, kept in _extra: {', '.join(reader.header.extra)}"
                return self.settle(connection, contract, batch, checked, note=note)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _take_table(self, databases: Databases, contract: Contract, source: TableSource, name: str) -> None:
        try:
            url = source_url(self.settings, source)
            if url is None:
                log().info("source is not set up, passed over", dataset=contract.dataset, source=name)
                return
            with databases.attached(url, name) as connection:
                reader = TableReader(connection, source, contract)
                # Said no sooner: until here it may turn out that this home has no such table.
                self.progress(f"{contract.dataset}: reading {name}")
                for read in (self._read_table, self._read_deletions):
                    if settled := read(connection, contract, reader):
                        self.taken.batches.append(settled)
        except NoTableError:
            if getattr(self.settings, source.setting) is not None:
                raise
            # The embedded server runs for another domain, or for the warehouse.
            log().info("source is not set up, passed over", dataset=contract.dataset, source=name)
            return
        except BatchRefusedError as refusal:
            raise FilieraError(f"{name}: {refusal}") from None

    def _read_table(
        self, connection: duckdb.DuckDBPyConnection, contract: Contract, reader: TableReader
    ) -> Batch | None:
        earlier = self.ledger.batches(contract.dataset, source=reader.name)
        for stale in (batch for batch in earlier if batch.state == "landed"):
            self.ledger.withdraw(stale)
        earlier = [batch for batch in earlier if batch.state != "landed" and batch.kind == "table"]
        since = max((batch.to_mark for batch in earlier if batch.to_mark), default=None)
        until = reader.newest(self.settings.present()) or since
        if earlier and self._comparison_is_due(contract, reader):
            self.progress(f"{contract.dataset}: comparing all rows of {reader.name}")
            rows = reader.rows(None, 0, self._known(earlier, reader.source, with_all=True))
        else:
            rows = reader.rows(since, self.settings.overlap, self._known(earlier, reader.source))
        if connection.execute(f"SELECT 1 FROM {rows.relation} LIMIT 1").fetchone() is None:
            log().info("nothing new", dataset=contract.dataset, source=reader.name, rows_extracted=0)
            return None
        identity = f"{contract.dataset}|{reader.name}|{since}|{until}|{len(earlier)}"
        batch = self._enter(
            contract.dataset,
            hashlib.sha256(identity.encode()).hexdigest(),
            kind="table",
            source=reader.name,
            loaded_on=self.today,
            loaded_at=self.settings.present(),
            from_mark=since,
            to_mark=until,
            run_id=self.run_id,
        )
        with about_batch(batch.batch_id):
            target = self.lake.aside(f"{batch.seq}.parquet")
            # To keep an order the engine holds every row until the last has come. That of a table's rows says nothing.
            has_order = any(rule.kind == "duplicate" for rule in contract.rules)
            connection.execute(f"SET preserve_insertion_order = {has_order}")
            checked = check_rows(connection, contract, rows, self._stamp(batch), target)
            unmarked = self._unmarked(connection, checked.path, reader, until)
            return self.settle(connection, contract, batch, checked, unmarked=unmarked)

    def _comparison_is_due(self, contract: Contract, reader: TableReader) -> bool:
        every = reader.source.compare_days
        before = self.ledger.keys_compared_on(contract.dataset, reader.name)
        return every is not None and (before is None or (self.today - before).days >= every)

    def _read_deletions(
        self, connection: duckdb.DuckDBPyConnection, contract: Contract, reader: TableReader
    ) -> Batch | None:
        """Every so many days, the rows that are gone from the table."""
        if not self._comparison_is_due(contract, reader):
            return None
        before = self.ledger.keys_compared_on(contract.dataset, reader.name)
        earlier = [b for b in self.ledger.batches(contract.dataset, ["admitted"], reader.name) if b.lake_path]
        if before is None or not earlier:
            # The first reading has just taken everything there is.
            self.ledger.note_keys_compared(contract.dataset, reader.name, self.today)
            return None
        self.progress(f"{contract.dataset}: looking for rows that are gone from {reader.name}")
        identity = f"{contract.dataset}|{reader.name}|gone|{self.today}|{len(earlier)}"
        batch = self._enter(
            contract.dataset,
            hashlib.sha256(identity.encode()).hexdigest(),
            kind=deletions.KIND,
            source=reader.name,
            loaded_on=self.today,
            loaded_at=self.settings.present(),
            run_id=self.run_id,
        )
        settled = None
        with about_batch(batch.batch_id):
            target = self.lake.aside(f"{batch.seq}.parquet")
            count = deletions.write_deletions(connection, contract, reader, earlier, batch=batch, target=target)
            if count:
                verdict = Verdict(count, count, 0, 0, None, None, (), {})
                settled = self.settle(connection, contract, batch, Checked(target, verdict), note="rows gone upstream")
            else:
                self.ledger.withdraw(batch)
        self.ledger.note_keys_compared(contract.dataset, reader.name, self.today)
        return settled

    def _known(self, earlier: list[Batch], source: TableSource, *, with_all: bool = False) -> str | None:
        """Rows of the source that the lake has: all, or those of recent batches and those without a mark."""
        newest = max((batch.to_mark for batch in earlier if batch.to_mark), default=None)
        if newest is None or with_all:
            recent = earlier
        else:
            begin = (datetime.fromisoformat(newest) - timedelta(seconds=self.settings.overlap)).isoformat(sep=" ")
            recent = [batch for batch in earlier if (batch.to_mark or begin) >= begin or batch.unmarked]
        paths = [str(batch.lake_path) for batch in recent if batch.lake_path]
        if not paths:
            return None
        names = ", ".join(quoted(name) for name in dict.fromkeys((*source.key, source.watermark)))
        return f"(SELECT {names} FROM {relation(paths)})"

    @staticmethod
    def _unmarked(connection: duckdb.DuckDBPyConnection, file: Path, reader: TableReader, until: str | None) -> int:
        """Rows of a batch that the watermark does not order: the next readings meet them again."""
        mark = quoted(reader.source.watermark)
        limit = reader.as_stored(until)
        row = connection.execute(
            f"SELECT count(*) FROM {relation([str(file)])} WHERE {mark} IS NULL OR {mark} > {limit}"
        ).fetchone()
        return int(row[0]) if row else 0

    def _stamp(self, batch: Batch) -> Stamp:
        return Stamp(batch.seq, batch.loaded_at.replace(tzinfo=None), batch.loaded_on)

    def settle(
        self,
        connection: duckdb.DuckDBPyConnection,
        contract: Contract,
        batch: Batch,
        checked: Checked,
        **known: Any,
    ) -> Batch:
        """Publish a checked file to the lake and enter its verdict."""
        verdict = checked.verdict
        path = self.lake.path(batch.dataset, batch.loaded_on, batch.batch_id, batch.revision)
        self.lake.publish(connection, checked.path, path)
        share = verdict.rows_rejected / verdict.rows_in if verdict.rows_in else 0.0
        is_held = share > contract.rejected_share_limit
        reason = None
        if is_held:
            reason = (
                f"TOO_MANY_REJECTED: {verdict.rows_rejected:,} of {verdict.rows_in:,} rows rejected ({share:.0%}), "
                f"the contract's limit is {contract.rejected_share_limit:.0%}"
            )
        settled = self.ledger.settle(
            batch,
            verdict,
            "held" if is_held else "admitted",
            reason=reason,
            lake_path=path,
            contract_version=contract.version,
            contract_fingerprint=contract.fingerprint,
            **known,
        )
        say = log().warning if is_held else log().info
        say(
            "batch held" if is_held else "batch checked",
            dataset=batch.dataset,
            source=batch.source,
            rows_extracted=verdict.rows_in,
            rows_accepted=verdict.rows_accepted,
            rows_rejected=verdict.rows_rejected,
            rows_flagged=verdict.rows_flagged,
            broken={rule.rule_id: rule.rows for rule in verdict.rules},
        )
        return settled
