"""A sound contract, for tests that look at what it says or that break it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from filiera.contracts.model import Contract
from filiera.errors import ContractError

Load = Callable[[str], Contract]

TEXT = """\
apiVersion: v3.1.0
kind: DataContract
id: urn:test:rows
name: test.rows
version: 1.0.0
status: active
schema:
  - name: rows
    properties:
      - name: id
        logicalType: integer
        required: true
        primaryKey: true
      - name: note
        logicalType: string
        logicalTypeOptions: {maxLength: 5}
      - name: made_on
        logicalType: date
      - name: made_at
        logicalType: timestamp
    quality:
      - id: SHORT
        type: custom
        engine: filiera
        implementation: length(note) < 5
        dimension: conformity
        severity: flag
      - id: NEW
        type: custom
        engine: filiera
        implementation: made_on <= :today
        dimension: timeliness
        severity: reject
customProperties:
  - property: files
    value: {delimiter: ";"}
  - property: tables
    value:
      - {setting: factory_url, table: rows, key: [id], watermark: made_at}
slaProperties:
  - {property: frequency, value: 1, unit: d}
"""


def line_of(words: str, text: str = TEXT) -> int:
    """The line of the text where these words begin."""
    return text[: text.index(words)].count("\n") + 1


def refusal(load: Load, text: str) -> tuple[int | None, str]:
    """The line an error names, and its reason."""
    with pytest.raises(ContractError) as caught:
        load(text)
    found = re.fullmatch(r"/.*/rows\.odcs\.yaml(?:, line (\d+))?: (.*)", str(caught.value), flags=re.DOTALL)
    assert found, f"{caught.value} does not begin with the file's path"
    return int(found[1]) if found[1] else None, found[2]
