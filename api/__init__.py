"""Statroom over HTTP for programs: health, metrics and cases as JSON, CSV and Parquet.

`register(server, desk)` adds the routes. Every answer comes through the same
doors as the pages' (`measure`, `case_list`), under the scope of whoever asks.
"""

from __future__ import annotations

from flask import Flask

from api import embed, errors, health, open311, open_data, picture, routes, site, watched
from components import limits
from metrics.desk import Desk


def register(server: Flask, desk: Desk) -> None:
    """Add `/healthz`, `/readyz`, `/metrics`, `/api/v1/...` and, for residents, `/preview.png` and what lies below `/data/`, `/embed/` and `/open311/v2/` to `server`; whoever `desk` does not know is answered 401."""
    health.register(server, desk.settings)
    watched.register(server, desk)
    site.register(server, desk)
    blueprints = [routes.blueprint(desk), *([open_data.blueprint(desk), picture.blueprint(desk)] if desk.is_public else [])]
    for blueprint in blueprints:
        errors.register(blueprint)
    # A widget says in its own frame what is wrong, Open311 in the form of its standard.
    blueprints += [embed.blueprint(desk), open311.blueprint(desk)] if desk.is_public else []
    limiter = limits.limiter_of(server, desk.settings)
    for blueprint in blueprints:
        limiter.limit(desk.settings.api_rate, key_func=limits.viewer_at(desk))(blueprint)
        server.register_blueprint(blueprint)
