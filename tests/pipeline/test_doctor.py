"""The doctor says what is wrong and goes on looking."""

from __future__ import annotations

from pydantic import SecretStr

from filiera.pipeline.doctor import examine
from filiera.settings import Settings


def test_a_warehouse_that_does_not_answer_is_broken_and_its_password_is_not_told(home: Settings) -> None:
    url = SecretStr("postgresql://me:secret@127.0.0.1:1/none")
    found = {one.what: one for one in examine(home.model_copy(update={"target": "postgres", "warehouse_url": url}))}
    assert found["warehouse"].state == "broken"
    assert "FILIERA_WAREHOUSE_URL" in found["warehouse"].detail
    assert "secret" not in found["warehouse"].detail
    assert found["serving"].state == "warning"


def test_a_warehouse_that_was_never_built_is_none_yet(home: Settings) -> None:
    found = {one.what: one for one in examine(home.model_copy(update={"target": "postgres"}))}
    assert found["warehouse"].detail == "not built yet; run: filiera run"
    assert not home.embedded_postgres.exists()
