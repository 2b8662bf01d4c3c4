"""The API's documentation for people: Swagger UI as installed, nothing fetched from elsewhere."""

from __future__ import annotations

from pathlib import Path

import flask_openapi3_swagger  # type: ignore[import-untyped]
from flask import Blueprint, Flask

_STATIC = Path(flask_openapi3_swagger.__file__).parent / "templates" / "swagger"

# The page that comes with Swagger UI starts it by an inline script; ours keeps to the common policy.
_PAGE = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>filiera API</title>
    <link rel="icon" href="/assets/mark.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/docs/swagger/css/swagger-ui.css">
    <link rel="stylesheet" href="/assets/docs/docs.css">
  </head>
  <body>
    <a class="back" href="/">filiera</a>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger/js/swagger-ui-bundle.js"></script>
    <script src="/assets/docs/docs.js"></script>
  </body>
</html>
"""


def register_documentation(app: Flask) -> None:
    """Serve `/docs`."""
    pages = Blueprint("documentation", __name__, static_folder=_STATIC, static_url_path="/docs/swagger")
    pages.add_url_rule("/docs", view_func=lambda: _PAGE, endpoint="docs")
    app.register_blueprint(pages)
