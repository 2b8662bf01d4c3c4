"""Serving the web app over HTTP, until somebody ends the program."""

from __future__ import annotations

import errno
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from waitress.server import create_server

from filiera.errors import UsageError
from filiera.settings import Settings
from filiera.web.app import create_app
from filiera.web.status import RecentRuns

THREADS = 8
_ANYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104


def serve(settings: Settings, *, on_ready: Callable[[str], None], recent_runs: RecentRuns | None = None) -> None:
    """Serve until SIGINT or SIGTERM; `on_ready` is told the URL once requests are answered."""
    with _listen(settings) as listening:
        app = create_app(settings, recent_runs=recent_runs)
        server = create_server(
            app,
            sockets=[listening],
            threads=THREADS,
            ident=None,  # no Server header: it would name the version
            max_request_body_size=16 * app.config["MAX_CONTENT_LENGTH"],  # beyond it, no JSON says why
        )
        try:
            with _ends_on_signal():
                on_ready(_url(settings.host, listening.getsockname()[1]))
                server.run()
        except KeyboardInterrupt:  # a signal before the loop began
            pass
        finally:
            server.close()
            app.extensions["filiera-serving"].close()


def _listen(settings: Settings) -> socket.socket:
    host, port = settings.host, settings.port
    try:
        family, *_, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        raise UsageError(_why(error, host, port)) from None


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is taken by another program; choose another with --port or FILIERA_PORT"
            " (0 takes any free one)."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} on {host} needs more rights; choose one above 1023 with --port or FILIERA_PORT."
    return f"{host} is no address of this machine ({error.strerror}); choose one with --host or FILIERA_HOST."


def _url(host: str, port: int) -> str:
    shown = "localhost" if host in _ANYWHERE else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/"


@contextmanager
def _ends_on_signal() -> Iterator[None]:
    """Have SIGTERM end the server as Ctrl-C does. Only the main thread of a program may ask for signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before: dict[signal.Signals, Any] = {
        number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
