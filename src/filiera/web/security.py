"""What a browser may do with our pages: nothing but show them and talk to this server.

The policy names what Dash cannot do without. Its one inline script is allowed by its hash. Mantine and Dash
insert style elements while they run: those carry the nonce of the page (see `assets/boot.js`), which leaves
style attributes, and they cannot load or run anything.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from flask import Flask, Response, g

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def secure(app: Flask, script_hashes: Sequence[str]) -> None:
    """Put the security headers on every answer; only inline scripts with these hashes may run."""

    @app.after_request
    def _secure(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", _policy(script_hashes))
        return response


def style_nonce() -> str:
    """The word by which this answer's policy knows the style elements of its page."""
    if "style_nonce" not in g:
        g.style_nonce = secrets.token_urlsafe(16)
    return str(g.style_nonce)


def _policy(script_hashes: Sequence[str]) -> str:
    rules = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *script_hashes],
        "style-src": ["'self'", f"'nonce-{style_nonce()}'"],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(" ".join((name, *sources)) for name, sources in rules.items())
