"""The HTTP API: the published data as JSON, health and status.

Read-only and without state; each operation is one question to serving.
"""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path
from typing import Any

from flask import Response
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI

from filiera.serving.reader import Serving
from filiera.settings import Settings
from filiera.web.failures import FAILURES
from filiera.web.models import (
    Health,
    Production,
    ProductionPage,
    ProductionQuery,
    Reject,
    RejectsPage,
    RejectsQuery,
)
from filiera.web.status import RecentRuns, Status, read_status

_HERE = Path(__file__).parent
_PRODUCTION_SQL = (_HERE / "production.sql").read_text(encoding="utf-8")
_REJECTS_SQL = (_HERE / "rejects.sql").read_text(encoding="utf-8")

_DATA = Tag(name="Data", description="The published data.")
_UPKEEP = Tag(name="Upkeep", description="For whatever watches this installation.")


def register_api(app: OpenAPI, settings: Settings, serving: Serving, recent_runs: RecentRuns | None) -> None:
    """Add the operations to the app."""

    @app.get(
        "/api/v1/production",
        tags=[_DATA],
        summary="Production and scrap by day, week, month, plant, line or machine",
        responses={200: ProductionPage, **FAILURES},
    )
    def production(query: ProductionQuery) -> dict[str, Any]:
        return _production(serving, query).model_dump(mode="json")

    @app.get(
        "/api/v1/rejects",
        tags=[_DATA],
        summary="Rows that were turned away, with every reason and their original text",
        responses={200: RejectsPage, **FAILURES},
    )
    def rejects(query: RejectsQuery) -> dict[str, Any]:
        return _rejects(serving, query).model_dump(mode="json")

    @app.get("/healthz", tags=[_UPKEEP], summary="Whether the process lives", responses={200: Health})
    def healthz() -> dict[str, Any]:
        return Health().model_dump()

    @app.get("/status", tags=[_UPKEEP], summary="Last publication, batches and runs", responses={200: Status})
    def status() -> dict[str, Any]:
        return read_status(serving, settings.present(), recent_runs).model_dump(mode="json")

    @app.get("/openapi.json", doc_ui=False)
    def openapi() -> Response:
        return Response(json.dumps(app.api_doc), mimetype="application/json")


def _production(serving: Serving, query: ProductionQuery) -> ProductionPage:
    asked = {
        "group_by": query.group_by,
        "first": query.first,
        "last": query.last,
        "plants": query.plant,
        "lines": query.line,
        "limit": query.limit,
        "offset": query.offset,
    }
    rows = serving.rows(_PRODUCTION_SQL, asked)
    return ProductionPage(
        group_by=query.group_by,
        total=rows[0]["total"],
        limit=query.limit,
        offset=query.offset,
        items=[Production.model_validate(row) for row in rows if row["produced"] is not None],
    )


def _rejects(serving: Serving, query: RejectsQuery) -> RejectsPage:
    rows = serving.rows(_REJECTS_SQL, query.model_dump())
    return RejectsPage(
        total=rows[0]["total"],
        limit=query.limit,
        offset=query.offset,
        items=[_reject(row) for row in rows if row["batch_id"] is not None],
    )


def _reject(row: dict[str, Any]) -> Reject:
    return Reject.model_validate(
        {
            # What was published by an older filiera does not say; there everything was called a line.
            "is_line": True,
            **row,
            "original": json.loads(row["original"] or "{}"),
            "loaded_at": row["loaded_at"].replace(tzinfo=UTC),
        }
    )
