"""Alerts: each is raised once and sent until it arrives, however many wait."""

from __future__ import annotations

import apprise
import pytest

from filiera.intake.ledger import Ledger
from filiera.pipeline.alerts import alerts, deliver, raise_alert
from filiera.settings import Settings


class Channel:
    """Where alerts arrive, while it listens."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.listens = True

    def notify(self, *, title: str, body: str) -> bool:
        """Hear it, or not."""
        if self.listens:
            self.heard.append(f"{title}: {body}")
        return self.listens


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Channel:
    listening = Channel()
    monkeypatch.setattr(apprise.Apprise, "notify", listening.notify)
    return listening


@pytest.fixture
def heard_home(home: Settings) -> Settings:
    return home.model_copy(update={"alert_urls": ["json://127.0.0.1:9/"]})


def test_every_alert_that_waits_is_sent_and_none_twice(heard_home: Settings, ledger: Ledger, channel: Channel) -> None:
    for number in range(103):
        raise_alert(ledger, heard_home, "run failed", str(number), f"Run {number} failed.")
    raise_alert(ledger, heard_home, "run failed", "7", "Run 7 failed.")
    assert deliver(ledger, heard_home) == len(channel.heard) == 103
    assert channel.heard[0] == "filiera: run failed: Run 0 failed."
    assert deliver(ledger, heard_home) == 0


def test_what_did_not_arrive_is_sent_again(heard_home: Settings, ledger: Ledger, channel: Channel) -> None:
    channel.listens = False
    raise_alert(ledger, heard_home, "batch held", "a", "Half of it is wrong.")
    assert deliver(ledger, heard_home) == 0
    channel.listens = True
    assert deliver(ledger, heard_home) == 1


def test_without_a_channel_an_alert_stands_in_the_ledger(home: Settings, ledger: Ledger) -> None:
    raise_alert(ledger, home, "batch held", "a", "Half of it is wrong.")
    assert deliver(ledger, home) == 0
    assert [alert["message"] for alert in alerts(ledger)] == ["Half of it is wrong."]
