"""Alerts: what somebody should hear of, kept in the ledger and sent through apprise to wherever they listen.

An alert is raised once for its subject. Where no channel is set, or one does not answer, the alert still stands in the
ledger and on the page; it is sent again with the next run.
"""

from __future__ import annotations

from sqlalchemy import insert, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import IntegrityError

from filiera.intake.ledger import Ledger
from filiera.intake.tables import ALERT
from filiera.log import log
from filiera.settings import Settings


def raise_alert(ledger: Ledger, settings: Settings, kind: str, subject: str, message: str) -> None:
    """Raise an alert unless the same one was raised before."""
    values = {"raised_at": settings.present(), "kind": kind, "subject": subject, "message": message, "delivered": 0}
    try:
        with ledger.transaction() as connection:
            connection.execute(insert(ALERT).values(**values))
    except IntegrityError:
        return
    log().warning("alert raised", kind=kind, subject=subject, message=message)


def deliver(ledger: Ledger, settings: Settings) -> int:
    """Send what was not sent yet; how many were."""
    waiting = _undelivered(ledger)
    if not waiting or not settings.alert_urls:
        return 0
    import apprise  # noqa: PLC0415 - half a second to import

    channel = apprise.Apprise()
    for url in settings.alert_urls:
        channel.add(url)
    sent = 0
    for alert in waiting:
        if channel.notify(title=f"filiera: {alert['kind']}", body=alert["message"]):
            with ledger.transaction() as connection:
                connection.execute(update(ALERT).where(ALERT.c.alert_id == alert["alert_id"]).values(delivered=1))
            sent += 1
        else:
            log().error("alert could not be delivered, it is sent again with the next run", kind=alert["kind"])
    return sent


def _undelivered(ledger: Ledger) -> list[RowMapping]:
    query = select(ALERT).where(ALERT.c.delivered == 0).order_by(ALERT.c.alert_id)
    with ledger.engine.connect() as connection:
        return list(connection.execute(query).mappings())


def alerts(ledger: Ledger, limit: int = 100) -> list[RowMapping]:
    """The latest alerts, newest first."""
    query = select(ALERT).order_by(ALERT.c.alert_id.desc()).limit(limit)
    with ledger.engine.connect() as connection:
        return list(connection.execute(query).mappings())
