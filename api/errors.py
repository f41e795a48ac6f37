"""What goes wrong in the API, as one JSON shape: `{"error": {"status": 400, "message": "a sentence"}}`.

A message never says whether something withheld exists; what was not foreseen is logged under a
number, and only the number is told.
"""

from __future__ import annotations

import logging
import secrets

from flask import Blueprint, Response, jsonify
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import HTTPException

from access import AccessDenied
from data_access import observed
from data_access.mart.reading import MartUnavailable, QueryTooLong
from metrics.desk import Unknown
from metrics.question import BadQuestion

log = logging.getLogger(__name__)


class NotThere(Exception):
    """There is nothing at this address."""


class NotYet(Exception):
    """It is being made: ask again."""


def register(blueprint: Blueprint) -> None:
    """Answer every failure below `blueprint` as JSON."""
    answers = (
        (BadQuestion, 400), (Unknown, 401), (AccessDenied, 403), (NotThere, 404), (NotYet, 503), (MartUnavailable, 503), (QueryTooLong, 503),
    )  # fmt: skip
    for kind, code in answers:
        blueprint.register_error_handler(kind, lambda error, code=code: failure(code, str(error)))
    blueprint.register_error_handler(RateLimitExceeded, _too_many)
    blueprint.register_error_handler(HTTPException, lambda error: failure(error.code or 500, str(error.description)))
    blueprint.register_error_handler(Exception, _unforeseen)


def failure(code: int, message: str) -> Response:
    """The JSON answer of one failure."""
    answer = jsonify(error={"status": code, "message": message})
    answer.status_code = code
    answer.headers["Cache-Control"] = "no-store"
    if code == 503:
        answer.headers["Retry-After"] = "30"
    return answer


def _too_many(error: RateLimitExceeded) -> Response:
    return failure(429, f"You may ask {error.description}; wait a little and ask again.")


def _unforeseen(error: Exception) -> Response:
    return failure(500, logged(error))


def logged(error: Exception) -> str:
    """What the caller is told of something unforeseen: the number it is logged under."""
    number = secrets.token_hex(4)
    observed.ERRORS.labels("api").inc()
    log.error("Request %s failed", number, exc_info=error)
    return f"Something went wrong here; it is logged as {number}."
