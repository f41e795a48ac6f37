"""How often one client may ask the API, so that one script does not slow the service for everybody."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Flask, request
from flask_limiter import Limiter

from metrics.desk import Desk, Unknown


def start(server: Flask, desk: Desk, blueprints: Sequence[Blueprint]) -> None:
    """Limit every address of `blueprints` to `settings.api_rate` for each client.

    Counted in Redis if there is one, else in each process by itself: two processes then allow up to twice as much.
    A client is a viewer at an address; behind a proxy that does not tell the client's address all share one.
    """
    shared = desk.settings.cache_url

    def client() -> str:
        try:
            viewer = desk.viewer().id
        except Unknown:
            viewer = ""
        return f"{viewer} {request.remote_addr}"

    limiter = Limiter(
        key_func=client, storage_uri=shared or "memory://", key_prefix="statroom", headers_enabled=True,
        # Without Redis the limit goes on in memory: it must never be the reason that figures are missing.
        in_memory_fallback=[desk.settings.api_rate] if shared else None, in_memory_fallback_enabled=bool(shared),
    )  # fmt: skip
    for blueprint in blueprints:
        limiter.limit(desk.settings.api_rate)(blueprint)
    limiter.init_app(server)
