"""Serving over HTTP: a port that is free, one that is not, and a clean end."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from filiera.errors import UsageError
from filiera.settings import Settings
from filiera.web.server import serve

PROGRAM = """
import sys
from pathlib import Path
from filiera.settings import Settings
from filiera.web.server import serve
serve(Settings(home=Path(sys.argv[1]), port=0), on_ready=lambda url: print(url, flush=True))
print("ended", flush=True)
"""


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_a_taken_port_is_told_with_how_to_choose_another(tmp_path: Path, taken: int) -> None:
    with pytest.raises(UsageError, match=rf"Port {taken} .*--port or FILIERA_PORT"):
        serve(Settings(home=tmp_path, port=taken), on_ready=lambda _: None)


def test_an_address_of_another_machine_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"192\.0\.2\.1 is no address of this machine"):
        serve(Settings(home=tmp_path, host="192.0.2.1", port=0), on_ready=lambda _: None)


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_server_answers_once_it_is_ready_and_ends_cleanly_on_a_signal(
    tmp_path: Path, ending: signal.Signals
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout
        assert server.stderr
        url = urlsplit(server.stdout.readline().strip())
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=20)
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        assert (answer.status, answer.read().strip()) == (200, b'{"status":"ok"}')
        assert answer.getheader("Server") is None
        connection.close()
        server.send_signal(ending)
        assert server.wait(timeout=20) == 0
        assert server.stdout.read().strip() == "ended"
        assert server.stderr.read() == ""
