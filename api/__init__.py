"""Statroom over HTTP for programs: health, metrics and cases as JSON, CSV and Parquet.

`register(server, desk)` adds the routes. Every answer comes through the same
doors as the pages' (`measure`, `case_list`), under the scope of whoever asks.
"""

from __future__ import annotations

from flask import Flask

from api import errors, health, limits, routes
from metrics.desk import Desk


def register(server: Flask, desk: Desk) -> None:
    """Add `/healthz`, `/readyz` and `/api/v1/...` to `server`; whoever `desk` does not know is answered 401."""
    health.register(server, desk.settings)
    blueprint = routes.blueprint(desk)
    errors.register(blueprint)
    limits.start(server, desk, blueprint)
    server.register_blueprint(blueprint)
