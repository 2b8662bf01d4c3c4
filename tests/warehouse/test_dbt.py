"""How a run of dbt ends."""

from __future__ import annotations

import signal
from types import SimpleNamespace

import dbt.cli.main
import pytest

from filiera.errors import TransientError
from filiera.pipeline.stopping import StoppedError
from filiera.settings import Settings
from filiera.warehouse import dbt as warehouse_dbt

PROFILE = {"type": "duckdb", "schema": "main", "path": ":memory:", "threads": 1}


def end_with(error: BaseException, home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let dbt end with an error."""
    outcome = SimpleNamespace(success=False, exception=error, result=None)
    monkeypatch.setattr(warehouse_dbt, "parsed", lambda *_: None)
    monkeypatch.setattr(warehouse_dbt, "describe", lambda *_: None)
    monkeypatch.setattr(dbt.cli.main.dbtRunner, "invoke", lambda *_: outcome)
    warehouse_dbt.run_dbt(home, PROFILE, ["build"])


def while_cancelling() -> RuntimeError:
    """What fails while dbt cancels its queries because it was told to stop."""
    error = RuntimeError("Connection already closed!")
    error.__context__ = StoppedError(signal.SIGTERM)
    return error


@pytest.mark.parametrize("error", [StoppedError(signal.SIGTERM), while_cancelling()], ids=["told", "while cancelling"])
def test_a_stop_is_no_failure_of_dbt(home: Settings, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    with pytest.raises(StoppedError):
        end_with(error, home, monkeypatch)


def test_a_connection_that_is_lost_may_be_there_again_at_the_next_attempt(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TransientError):
        end_with(RuntimeError("server closed the connection"), home, monkeypatch)
