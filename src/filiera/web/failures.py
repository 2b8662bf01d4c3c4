"""Failures as answers: every error leaves as JSON with one sentence and the right status.

Only a person's browser that asks for a page is answered with a page instead (see `shell`).
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify, request
from pydantic import BaseModel, Field, ValidationError
from werkzeug.exceptions import HTTPException

from filiera.errors import FilieraError
from filiera.serving.reader import NothingPublishedError, QuestionTooLongError

_log = logging.getLogger(__name__)


class Failure(BaseModel):
    """Why there is no answer."""

    error: str = Field(description="One sentence: what is wrong, where, and what to do.")


FAILURES: dict[int | HTTPStatus | str, Any] = {
    422: Failure,
    500: Failure,
    503: Failure,
}
"""What an API operation may answer besides its own model, for the OpenAPI document."""

_SENTENCES = {
    HTTPStatus.NOT_FOUND: "There is nothing at {path}; /docs lists what the API answers.",
    HTTPStatus.METHOD_NOT_ALLOWED: "{path} does not take {method}; /docs says which methods it takes.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body sent to {path} is too large; send less.",
}


def answer_failures(app: Flask) -> None:
    """Have the app answer each kind of error with its sentence."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(FilieraError, _known)
    app.register_error_handler(Exception, _unknown)


def failure(sentence: str, status: int) -> Response:
    """The answer that says so."""
    response = jsonify(Failure(error=sentence).model_dump())
    response.status_code = status
    return response


def wrong_parameters(error: ValidationError) -> Response:
    """The answer to a query whose parameters do not fit."""
    first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"]) or "from, to"
    reason = first["msg"].removeprefix("Value error, ").rstrip(".")
    if first["type"] == "extra_forbidden":
        reason = "there is no such parameter"
    return failure(f"Parameter {name!r} of {request.path}: {reason}; see /docs.", HTTPStatus.UNPROCESSABLE_ENTITY)


def _http(error: HTTPException) -> Response:
    if isinstance(error.response, Response):  # an answer that was made elsewhere and is passed on by abort()
        return error.response
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    sentence = _SENTENCES.get(status, "{path}: " + status.phrase.lower() + "; see /docs for what is answered.")
    response = failure(sentence.format(path=request.path, method=request.method), status)
    for name, value in error.get_headers(request.environ):
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _known(error: FilieraError) -> Response:
    passing = isinstance(error, NothingPublishedError | QuestionTooLongError)
    return failure(str(error), HTTPStatus.SERVICE_UNAVAILABLE if passing else HTTPStatus.INTERNAL_SERVER_ERROR)


def _unknown(error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.path, exc_info=error)
    return failure(
        f"{request.path} failed inside filiera; the log of `filiera serve` says why.",
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )
