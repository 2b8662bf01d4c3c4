"""The web app: API, documentation and dashboards put together.

Everything is read from serving; the app keeps no state of its own, so it may be started and stopped at will.
"""

from __future__ import annotations

from importlib.metadata import version

from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI

from filiera.registry import domains
from filiera.serving.reader import Serving
from filiera.settings import Settings
from filiera.web.api import register_api
from filiera.web.compression import compress
from filiera.web.documentation import register_documentation
from filiera.web.failures import answer_failures, wrong_parameters
from filiera.web.security import secure
from filiera.web.shell import create_shell
from filiera.web.status import RecentRuns
from filiera.web.status_page import status_page

LARGEST_REQUEST = 1 << 20


def create_app(settings: Settings, *, recent_runs: RecentRuns | None = None) -> OpenAPI:
    """Make the WSGI app; `recent_runs` tells `/status` what the pipeline did last."""
    app = OpenAPI(
        "filiera",
        info=Info(title="filiera", version=version("filiera"), description="What the last run published, as JSON."),
        doc_ui=False,  # its pages need inline scripts: ours are in `documentation`
        validation_error_callback=wrong_parameters,
        static_folder=None,
    )
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.json.sort_keys = False  # type: ignore[attr-defined]
    serving = Serving(settings)
    app.extensions["filiera-serving"] = serving
    compress(app)
    answer_failures(app)
    register_api(app, settings, serving, recent_runs)
    register_documentation(app)
    shell = create_shell(app, serving, domains(), [status_page(settings, recent_runs)])
    secure(app, shell.csp_hashes())
    return app
