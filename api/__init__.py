"""Statroom over HTTP for programs: health, metrics and cases as JSON, CSV and Parquet.

`register(server, settings, viewer=...)` adds the routes. Every answer comes through the same
doors as the pages' (`measure`, `case_list`), under the scope of whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from access import Viewer
from api import errors, health, routes
from api.asking import Desk
from settings import Settings


def register(server: Flask, settings: Settings, *, viewer: Callable[[], Viewer | None]) -> None:
    """Add `/healthz`, `/readyz` and `/api/v1/...` to `server`.

    Args:
        viewer: who sends the present request; None if nobody is known, which is answered 401.
    """
    health.register(server, settings)
    blueprint = routes.blueprint(Desk(settings, viewer))
    errors.register(blueprint)
    server.register_blueprint(blueprint)
