"""What the dbt project is told of the schema `lake`: one source table per contract, with the contract's descriptions.

`make docs` writes the files, `_lake.yml` beside the staging models of each domain.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from filiera.contracts.model import Contract
from filiera.intake.deletions import DELETED
from filiera.warehouse.dbt import PROJECT

SOURCE_FILE = "_lake.yml"
_STAGING = PROJECT / "models" / "staging"
_NEW = "__new"
_NOTE = "# Made by `make docs` from the contracts; change these, not this file.\n"
_ABOUT = "What intake accepted, as the engine sees it, and what the build is told."

_Columns = dict[str, tuple[str, str]]
OWN_COLUMNS: _Columns = {
    "_seq": ("BIGINT", "Number of the batch in the ledger."),
    "_loaded_at": ("TIMESTAMP", "When the batch was taken in (UTC)."),
    "_row": ("BIGINT", "Place of the row in its batch, from 0."),
    DELETED: ("BOOLEAN", "The row is gone upstream."),
}
"""What every relation has beside the contract's columns."""
OWN_TABLES: dict[str, tuple[str, _Columns]] = {
    "holidays": (
        "Public holidays of the chosen country. One row per holiday.",
        {"date": ("DATE", "Day of the holiday."), "holiday_name": ("VARCHAR", "What the country calls it.")},
    ),
    "parameters": (
        "What this build is told. One row.",
        {
            "logical_date": ("DATE", "The day that the run takes for today."),
            "first_day": ("DATE", "First day of the calendar."),
            "last_day": ("DATE", "Last day of the calendar."),
            "enterprise": ("VARCHAR", "Name of the enterprise, from the settings."),
        },
    ),
}
"""What a build finds in the schema beside the datasets."""


def source_files(contracts: Iterable[Contract]) -> dict[Path, str]:
    """The project's source files by where they go: one of the build's own, and one for each domain."""
    by_domain: dict[str, list[Contract]] = {}
    for contract in contracts:
        by_domain.setdefault(contract.domain, []).append(contract)
    return {_STAGING / SOURCE_FILE: _file(_own())} | {
        _STAGING / domain / SOURCE_FILE: _file(_datasets(found)) for domain, found in by_domain.items()
    }


def _file(tables: Iterable[str]) -> str:
    head = ["version: 2", "", "sources:", "  - name: lake", "    schema: lake", f"    description: {_text(_ABOUT)}"]
    return _NOTE + "\n".join([*head, "    tables:", *tables]) + "\n"


def _own() -> Iterator[str]:
    for name, (about, columns) in OWN_TABLES.items():
        yield from _table(name, about, ["        columns:", *_listed(columns)])


def _datasets(contracts: Iterable[Contract]) -> Iterator[str]:
    for contract in contracts:
        described = {column.name: (column.sql_type, column.description) for column in contract.columns}
        anchor = "".join(sign if sign.isascii() else f"{ord(sign):x}" for sign in contract.relation)
        columns = [f"        columns: &{anchor}", *_listed(described | OWN_COLUMNS)]
        yield from _table(contract.relation, f"{contract.description} {contract.grain}", columns)
        about = f"The same, of only the batches that this build brings in. {contract.grain}"
        yield from _table(contract.relation + _NEW, about, [f"        columns: *{anchor}"])


def _table(name: str, about: str, columns: Iterable[str]) -> Iterator[str]:
    yield f"      - name: {_text(name)}"
    yield f"        description: {_text(about)}"
    yield from columns


def _listed(columns: _Columns) -> Iterator[str]:
    for name, (sql_type, meaning) in columns.items():
        described = f"name: {_text(name)}, data_type: {_text(sql_type)}, description: {_text(meaning)}"
        yield f"          - {{{described}}}"


def _text(value: str) -> str:
    """As YAML writes it; and dbt, which takes descriptions for templates, sees nothing to fill in."""
    line = re.sub(r"\{[{%#]", lambda found: "{{ '" + found[0] + "' }}", " ".join(value.split()))
    is_plain = re.fullmatch(r"[A-Za-z_]\w*", line, flags=re.ASCII) and yaml.safe_load(line) == line
    return line if is_plain else json.dumps(line, ensure_ascii=not line.isprintable())
