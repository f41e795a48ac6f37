"""How often one client may ask, so that one script does not slow the service for everybody.

One counter for the whole process: in Redis if there is one, else in memory, where two processes allow up to twice as
much. A client is an address, for the API also a viewer; behind a proxy that does not tell the client's address all share one.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from typing import Any, ClassVar

from flask import Flask, Response, request
from flask_limiter import Limiter, RateLimitExceeded
from limits.storage import MemoryStorage

from components.language import _
from metrics.desk import Desk, Unknown
from settings import Settings

EXTENSION = "statroom-limits"
COUNTED_ELSEWHERE = ("api", "open_data", "embed", "open311")
"""Blueprints that `api` counts itself. By name and not by address: what has no route of theirs is a page."""
FREE = ("/assets/", "/_dash-component-suites/", "/bootstrap/", "/healthz", "/readyz", "/metrics", "/_favicon.ico")
"""What browsers keep, and what machines watch."""
FORGET_EVERY = 10.0
"""Seconds between looking for counts that are over. They count for nothing before, too."""
SECONDS = 1.0
"""How long Redis may take before the count goes on in memory."""


class Counts(MemoryStorage):
    """Counts in this process, forgotten in passing. The storage it is made of starts a thread for that at nearly every request."""

    STORAGE_SCHEME: ClassVar[list[str]] = ["counts"]  # type: ignore[misc]

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: str) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self.timer.join()
        self.timer = _InPassing(self._MemoryStorage__expire_events)  # type: ignore[attr-defined,assignment]


class _InPassing:
    """Stands for the thread that forgets: asked whether it is alive, it does its work if that was not done for a while."""

    def __init__(self, forget: Callable[[], None]) -> None:
        self.forget, self.done = forget, time.monotonic()

    def is_alive(self) -> bool:
        if time.monotonic() - self.done > FORGET_EVERY:
            self.done = time.monotonic()
            self.forget()
        return True


def limiter_of(server: Flask, settings: Settings) -> Limiter:
    """The counter of `server`, made when first asked for."""
    if EXTENSION not in server.extensions:
        shared = settings.cache_url
        server.extensions[EXTENSION] = Limiter(
            key_func=address, app=server, storage_uri=shared or "counts://", key_prefix=f"statroom-{settings.audience}-{settings.city.name}", headers_enabled=True,
            storage_options={"socket_connect_timeout": SECONDS, "socket_timeout": SECONDS} if shared else {},
            # Without Redis the same limits go on in memory: it must never be the reason that figures are missing.
            in_memory_fallback_enabled=bool(shared),
        )  # fmt: skip
        server.register_error_handler(RateLimitExceeded, _too_often)
    return server.extensions[EXTENSION]


def address() -> str:
    """Where the present request comes from. Of an IPv6 address the network: whoever has one has all of it."""
    text = str(request.remote_addr)
    try:
        number = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(number, ipaddress.IPv4Address):
        return text
    # A socket for both kinds writes an IPv4 address as one of IPv6, and all of them as one network.
    return str(number.ipv4_mapped or ipaddress.ip_network(f"{number}/64", strict=False))


def viewer_at(desk: Desk) -> Callable[[], str]:
    """A viewer at an address: colleagues behind one address do not use each other's share up."""

    def client() -> str:
        try:
            viewer = desk.viewer().id
        except Unknown:
            viewer = ""
        return f"{viewer} {address()}"

    return client


def limit_residents(server: Flask, settings: Settings) -> None:
    """Count what anonymous clients ask of the portal: pages, callbacks, charts as files. Called before the Dash application is made."""
    limiter = limiter_of(server, settings)

    @limiter.shared_limit(settings.public_rate, scope="portal")
    def count() -> None:
        """Raises RateLimitExceeded for whoever asked too often."""

    @server.before_request
    def counted() -> None:
        if not request.path.startswith(FREE) and request.blueprint not in COUNTED_ELSEWHERE:
            count()


def _too_often(_error: RateLimitExceeded) -> Any:
    words = _("You have asked for a lot in a short time. Wait a minute and go on; nothing is lost.")
    return Response(words + "\n", 429, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})
