"""The steps of a run, declared once, in their order.

A step may be carried out again at any time: it looks at what is there and does what is missing. What it returns is
kept with the run, so it is small and plain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from filiera.contracts.model import Contract
from filiera.errors import FilieraError, SourceAwayError, SourceError, TransientError, UsageError
from filiera.intake.intake import Intake
from filiera.intake.lake import Lake
from filiera.intake.ledger import Ledger
from filiera.log import log
from filiera.pipeline.alerts import deliver, raise_alert
from filiera.pipeline.catalog import all_contracts
from filiera.pipeline.journal import Journal
from filiera.quality.score import measure
from filiera.settings import Settings
from filiera.sql import quoted
from filiera.warehouse import build as building
from filiera.warehouse.dbt import make_ready
from filiera.warehouse.engine import Engine
from filiera.warehouse.engines import engine_for
from filiera.warehouse.publish import CURRENT, Edition, inputs_of, publish, published_inputs
from filiera.warehouse.relations import published

Facts = dict[str, Any]


@dataclass
class Workshop:
    """What the steps of a process work with: opened once, closed at the end."""

    settings: Settings
    progress: Callable[[str], None] = lambda _: None
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        """Open the ledger; everything else waits until it is asked for."""
        self.ledger = Ledger(self.settings)

    @cached_property
    def contracts(self) -> dict[str, Contract]:
        """Contracts of the installed domains, and of the user's own folder."""
        return all_contracts(self.settings)

    @cached_property
    def journal(self) -> Journal:
        """Runs and steps."""
        return Journal(self.ledger, self.settings)

    def contract(self, dataset: str) -> Contract:
        """The contract of a dataset, or an error that lists what there is."""
        if dataset not in self.contracts:
            raise UsageError(f"There is no dataset {dataset!r}; known are: {', '.join(self.contracts)}.")
        return self.contracts[dataset]

    def raise_where_the_ledger_is_lost(self) -> None:
        """What an empty ledger says is that nothing was ever delivered; a lake that holds something knows better."""
        lake = Lake.of(self.settings)
        if lake.is_remote or not any(Path(lake.root).glob("*/loaded=*/*.parquet")) or not self.ledger.is_empty():
            return
        raise FilieraError(
            f"The ledger is empty, but the lake in {lake.root} is not: nothing was done, for it would have published "
            "nothing. Put the ledger's backup in its place, or begin anew in another home."
        )

    def close(self) -> None:
        """Let everything go."""
        self.ledger.close()


@dataclass(frozen=True)
class Order:
    """What a run was asked to do."""

    run_id: str
    today: date
    full: bool = False


@dataclass(frozen=True)
class Step:
    """One step: its name, and what it does."""

    name: str
    title: str
    work: Callable[[Workshop, Order], Facts]


def ingest(shop: Workshop, order: Order) -> Facts:
    """Take in what is new from every source."""
    Lake.of(shop.settings).clear_aside()
    intake = Intake(
        shop.settings,
        shop.contracts,
        shop.ledger,
        today=order.today,
        run_id=order.run_id,
        progress=shop.progress,
        on_new=make_ready,
    )
    taken = intake.take_all()
    for batch in taken.batches:
        if batch.state in ("held", "refused"):
            message = f"{batch.dataset}, {batch.source}: {batch.reason}"
            raise_alert(
                shop.ledger, shop.settings, f"batch {batch.state}", f"{batch.dataset}:{batch.batch_id}", message
            )
    if taken.faults:
        raise _fault_of(taken.faults)
    mine = [batch for batch in shop.ledger.batches() if batch.run_id == order.run_id]
    return {
        "batches": len(mine),
        "rows_in": sum(batch.rows_in or 0 for batch in mine),
        "rows_accepted": sum(batch.rows_accepted or 0 for batch in mine),
        "rows_rejected": sum(batch.rows_rejected or 0 for batch in mine),
        "refused": sum(batch.state == "refused" for batch in mine),
        "held": sum(batch.state == "held" for batch in mine),
    }


def _fault_of(faults: Sequence[FilieraError]) -> SourceError:
    """Everything that could be taken is in; the sources that failed are tried again if one of them may answer."""
    may_pass = any(isinstance(fault, TransientError) for fault in faults)
    return (SourceAwayError if may_pass else SourceError)("; ".join(str(fault) for fault in faults))


def build(shop: Workshop, order: Order) -> Facts:
    """Bring the warehouse to what the ledger says, and test it before it counts."""
    with engine_for(shop.settings) as engine:
        work = building.plan(engine, shop.ledger, shop.contracts, order.today, full=order.full)
        if work.is_empty:
            engine.set_today(order.today)
            return {"batches": 0, "reason": "nothing new"}
        shop.progress(f"building the warehouse: {work.reason}")
        given = building.parameters(shop.settings, work, order.today)
        building.build(engine, work, given, shop.progress)
        rows = {relation.name: _count(engine, relation.schema, relation.name) for relation in published(shop.settings)}
        log().info("warehouse built", rows_aggregated=rows.get("production_fact"), relations=rows)
        return {"batches": len(work.new), "reason": work.reason, "full": work.is_full, "rows": rows}


def publish_step(shop: Workshop, order: Order) -> Facts:
    """Score what was delivered and publish, unless exactly this is published already."""
    with engine_for(shop.settings) as engine:
        origin = engine.fingerprint()
        if origin is None:
            raise FilieraError("The warehouse is not built; run: filiera run --full")
        inputs = inputs_of(shop.ledger, shop.settings, origin, order.today)
        if published_inputs(shop.settings) == inputs and not order.full:
            return {"published": None, "reason": "nothing new"}
        shop.progress("scoring quality")
        for contract in shop.contracts.values():
            scores = measure(contract, shop.ledger, _kept_keys(engine, shop, contract), order.today)
            shop.ledger.enter_scores(contract.dataset, order.today, [vars(score) for score in scores])
        shop.progress("publishing")
        edition = Edition(order.run_id, order.today, inputs)
        path = publish(engine, shop.ledger, shop.settings, edition, is_full=order.full)
    log().info("published", file=path.name, link=CURRENT)
    return {"published": path.name, "bytes": path.stat().st_size}


def notify(shop: Workshop, _order: Order) -> Facts:
    """Send the alerts that wait."""
    return {"delivered": deliver(shop.ledger, shop.settings)}


STEPS = (
    Step("ingest", "Take in", ingest),
    Step("build", "Build and test", build),
    Step("publish", "Publish", publish_step),
    Step("notify", "Tell", notify),
)


def _count(engine: Engine, schema: str, name: str) -> int:
    connection, catalog = engine.readable()
    row = connection.execute(f"SELECT count(*) FROM {quoted(catalog, schema, name)}").fetchone()
    return int(row[0]) if row else 0


def _kept_keys(engine: Engine, shop: Workshop, contract: Contract) -> int | None:
    """Rows that count: one per business key."""
    for relation in published(shop.settings):
        if relation.trace_dataset == contract.dataset:
            return _count(engine, relation.schema, relation.name)
    return None
