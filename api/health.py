"""`/healthz`: the process answers. `/readyz`: it has data to answer with, and reaches its database."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from flask import Flask, Response, jsonify

from data_access.mart.reading import MartUnavailable, open_mart
from data_access.store.engine import is_reachable
from settings import Settings, utc_now


def register(server: Flask, settings: Settings) -> None:
    """Add both addresses; neither asks who is there, neither shows a case."""

    @server.get("/healthz")
    def healthz() -> Response:
        return _answer(200, {"status": "ok"})

    @server.get("/readyz")
    def readyz() -> Response:
        found, problems = readiness(settings)
        return _answer(503 if problems else 200, {"status": "not ready" if problems else "ready", "problems": problems, **found})


def readiness(settings: Settings) -> tuple[dict[str, Any], list[str]]:
    """What is in service, and what keeps this process from serving, in sentences."""
    found: dict[str, Any] = {"generation": None, "as_of": None, "age_hours": None}
    problems = []
    try:
        mart = open_mart(settings)
        age = utc_now() - mart.as_of.replace(tzinfo=UTC)
        as_of = mart.as_of.isoformat(timespec="seconds") + "Z"
        found = {"generation": mart.generation, "as_of": as_of, "age_hours": round(age.total_seconds() / 3600, 2)}
    except MartUnavailable as error:
        problems.append(str(error))
    # The public process needs no database of ours, and should not be given one.
    if settings.audience == "staff" and not is_reachable(settings):
        problems.append("Statroom's own database cannot be reached; check STATROOM_STORE_URL.")
    return found, problems


def _answer(code: int, content: dict[str, Any]) -> Response:
    answer = jsonify(content)
    answer.status_code = code
    answer.headers["Cache-Control"] = "no-store"
    return answer
