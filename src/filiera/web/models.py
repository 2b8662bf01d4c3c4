"""What the API takes and gives, as models: the OpenAPI document is made of these."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


def _written_as_a_day(given: object) -> object:
    """Left alone, Pydantic takes a number for seconds since 1970, and a moment for its day."""
    if isinstance(given, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", given, re.ASCII):
        raise ValueError("a day is written as 2025-01-31")
    return given


Day = Annotated[date, BeforeValidator(_written_as_a_day)]
GroupBy = Literal["day", "week", "month", "plant", "line", "machine"]


class Paging(BaseModel):
    """Which part of a long answer is wanted."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False)

    limit: int = Field(100, ge=1, le=1000, description="At most this many items.")
    offset: int = Field(0, ge=0, le=1_000_000_000, description="Leave out this many items first.")


class ProductionQuery(Paging):
    """Which production is asked for."""

    first: Day | None = Field(None, alias="from", description="First production day, as 2025-01-31.")
    last: Day | None = Field(None, alias="to", description="Last production day, included.")
    plant: list[str] = Field(default_factory=list, max_length=200, description="Only these plants; may be repeated.")
    line: list[str] = Field(default_factory=list, max_length=200, description="Only these lines; may be repeated.")
    group_by: GroupBy = Field("day", description="What one item stands for. Weeks begin on Monday.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first and self.last and self.first > self.last:
            raise ValueError(f"from ({self.first}) is after to ({self.last})")
        return self


class Production(BaseModel):
    """Production of one day, week, month, plant, line or machine."""

    period_start: date | None = Field(None, description="First day of the day, week or month; null for other groups.")
    plant: str | None = Field(None, description="Given for groups plant, line and machine.")
    line: str | None = Field(None, description="Given for groups line and machine.")
    machine_id: str | None = Field(None, description="Given for group machine.")
    produced: int = Field(description="Pieces made, scrap included.")
    scrap: int = Field(description="Pieces of these that were scrapped.")
    good: int = Field(description="Produced less scrap.")
    scrap_rate: float | None = Field(description="Scrap divided by produced, 0 to 1; null if nothing was produced.")


class ProductionPage(BaseModel):
    """A part of the production asked for."""

    group_by: GroupBy
    total: int = Field(description="Items there are in all.")
    limit: int
    offset: int
    items: list[Production]


class RejectsQuery(Paging):
    """Which rejected rows are asked for."""

    dataset: str | None = Field(None, max_length=200, description="Only of this dataset, as factory.production_raw.")
    reason: str | None = Field(None, max_length=200, description="Only rows that broke this rule, as FUTURE_DATE.")


class Reject(BaseModel):
    """One row that was turned away, as it came."""

    dataset: str
    batch_id: str
    source_name: str = Field(description="The file or table it came from.")
    line_number: int | None = Field(description="Its line in the file, or which row it was where there are no lines.")
    is_line: bool = Field(description="Whether that number is a line's: a table and a Parquet file have rows.")
    reasons: list[str] = Field(description="Every rule it broke.")
    original: dict[str, str | None] = Field(description="Its columns with their original text.")
    loaded_at: datetime


class RejectsPage(BaseModel):
    """A part of the rejected rows asked for, newest first."""

    total: int = Field(description="Rows there are in all; of each publication the latest 10,000 are kept.")
    limit: int
    offset: int
    items: list[Reject]


class Health(BaseModel):
    """The process lives."""

    status: Literal["ok"] = "ok"
