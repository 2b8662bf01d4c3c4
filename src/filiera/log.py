"""One call, two records: `logs/etl.log` to read and `logs/etl.jsonl` for machines.

Every line carries the run and the batch it belongs to. At INFO there are counts and names, never contents of rows.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from typing import Any

import structlog

from filiera.settings import Settings

_NAME = "filiera.etl"
_SIZE = 10 << 20
_KEPT = 5
_FIRST = ("timestamp", "level", "event", "run", "batch")


def log() -> Any:
    """The log. Before `open_log` it says nothing."""
    return structlog.get_logger(_NAME)


def open_log(settings: Settings, run_id: str = "-") -> None:
    """Send the log to the home's files from now on."""
    close_log()
    # What keeps a line from being written, as a full disk, fails the run too, which says so better than a traceback.
    logging.raiseExceptions = False
    settings.logs.mkdir(parents=True, exist_ok=True)
    logger = logging.getLogger(_NAME)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    for name, renderer in (("etl.log", _readable), ("etl.jsonl", structlog.processors.JSONRenderer(default=str))):
        handler = RotatingFileHandler(settings.logs / name, maxBytes=_SIZE, backupCount=_KEPT, encoding="utf-8")
        handler.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
            )
        )
        logger.addHandler(handler)
    structlog.contextvars.bind_contextvars(run=run_id, batch="-")


def close_log() -> None:
    """Let the files go."""
    logger = logging.getLogger(_NAME)
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    structlog.contextvars.clear_contextvars()


@contextmanager
def about_batch(batch_id: str) -> Iterator[None]:
    """Lines within belong to this batch."""
    with structlog.contextvars.bound_contextvars(batch=batch_id[:12]):
        yield


def _with_places(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.setdefault("run", "-")
    event.setdefault("batch", "-")
    return {name: event[name] for name in _FIRST if name in event} | {
        name: value for name, value in event.items() if name not in _FIRST
    }


def _readable(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    details = "  ".join(f"{name}={value}" for name, value in event.items() if name not in (*_FIRST, "exception"))
    stamp = str(event.get("timestamp", ""))[:19].replace("T", " ")
    level = str(event.get("level", "info")).upper()
    line = f"{stamp}Z [{level:7}] run={event.get('run')} batch={event.get('batch')}  {event.get('event')}"
    text = f"{line}  {details}" if details else line
    # A line break in a file's name must not forge a line of the log.
    text = text.replace("\r", "\\r").replace("\n", "\\n")
    return f"{text}\n{event['exception']}" if "exception" in event else text


def _configure() -> None:
    """Let every line go to the one logger, which until `open_log` writes nowhere."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _with_places,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    close_log()


_configure()
