"""What a browser is told about our pages, and that nothing is told about the server."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from filiera.settings import Settings
from filiera.web.app import create_app


@pytest.fixture(scope="module")
def client(published: Settings) -> Iterator[FlaskClient]:
    app = create_app(published)
    yield app.test_client()
    app.extensions["filiera-serving"].close()


def policy(client: FlaskClient, address: str) -> dict[str, list[str]]:
    rules = client.get(address, buffered=True).headers["Content-Security-Policy"].split("; ")
    return {rule.split()[0]: rule.split()[1:] for rule in rules}


@pytest.mark.parametrize("address", ["/", "/docs", "/status", "/nothing", "/assets/filiera.css", "/openapi.json"])
def test_every_answer_carries_the_security_headers(client: FlaskClient, address: str) -> None:
    headers = client.get(address, buffered=True).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert "Server" not in headers
    rules = policy(client, address)
    assert rules["default-src"] == ["'none'"]
    assert rules["frame-ancestors"] == ["'none'"]


def test_only_scripts_of_this_server_and_the_one_inline_script_of_dash_may_run(client: FlaskClient) -> None:
    own, *hashes = policy(client, "/")["script-src"]
    assert own == "'self'"
    assert all(word.startswith("'sha256-") for word in hashes)
    inline = re.findall(r"<script(?![^>]*src=)[^>]*>", client.get("/", buffered=True).get_data(as_text=True))
    assert len([tag for tag in inline if "application/json" not in tag]) == len(hashes) == 1


def test_each_page_has_a_style_nonce_of_its_own(client: FlaskClient) -> None:
    pages = [client.get("/", buffered=True) for _ in range(2)]
    nonces = {
        match[1]
        for page in pages
        if (match := re.search(r'name="csp-nonce" content="([^"]+)"', page.get_data(as_text=True)))
    }
    assert len(nonces) == 2
    for page in pages:
        assert any(f"'nonce-{nonce}'" in page.headers["Content-Security-Policy"] for nonce in nonces)
        assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"].split("style-src-attr")[0]


def test_no_page_names_another_host_or_a_version(client: FlaskClient) -> None:
    for address in ("/", "/docs"):
        page = client.get(address, buffered=True).get_data(as_text=True)
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    page = client.get("/", buffered=True).get_data(as_text=True)
    for told in ("python_version", "dash_version", "plotly_version"):
        assert told not in page


def test_assets_of_the_documentation_are_served_from_here(client: FlaskClient) -> None:
    page = client.get("/docs", buffered=True).get_data(as_text=True)
    for address in re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css|svg))"', page):
        assert client.get(address, buffered=True).status_code == 200, address


def test_text_is_packed_for_who_takes_it_and_stays_the_same(client: FlaskClient) -> None:
    plain = client.get("/assets/filiera.css", buffered=True)
    packed = client.get("/assets/filiera.css", headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert plain.content_encoding is None
    assert packed.content_encoding == "gzip"
    assert gzip.decompress(packed.get_data()) == plain.get_data()
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_a_person_with_a_wrong_address_gets_a_page_and_a_program_gets_json(client: FlaskClient) -> None:
    page = client.get("/no-such-page", headers={"Accept": "text/html,*/*;q=0.8"}, buffered=True)
    assert (page.status_code, page.mimetype) == (404, "text/html")
    program = client.get("/no-such-page", headers={"Accept": "application/json"}, buffered=True)
    assert (program.status_code, program.mimetype) == (404, "application/json")


def test_a_file_outside_the_assets_is_out_of_reach(client: FlaskClient) -> None:
    for address in ("/assets/../security.py", "/assets/%2e%2e/security.py", "/docs/swagger/../__init__.py"):
        assert client.get(address, buffered=True).status_code == 404


def test_a_large_body_is_refused(client: FlaskClient) -> None:
    answer = client.post("/_dash-update-component", data=b"x" * (2 << 20), content_type="application/json")
    assert answer.status_code == 413
    assert "too large" in answer.get_json()["error"]
