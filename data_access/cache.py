"""Answers kept by mart edition and scope: the one cache of Statroom.

The key is a hash over the canonical JSON of (name, edition, scope, parameters), so two
viewers share an answer only when their scopes are equal, and a new load never meets an old
answer. Values are JSON, never pickle: a file planted in the cache folder is data, not code.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, Callable
from weakref import WeakValueDictionary

import orjson
from cachelib.serializers import BaseSerializer
from flask import Flask
from flask_caching import Cache
from flask_caching.backends.filesystemcache import FileSystemCache

from access import Scope, is_sealed
from data_access import observed, turns
from settings import Settings

SECONDS_KEPT = 24 * 3600
MOST_FILES = 5_000

log = logging.getLogger(__name__)


class JsonSerializer(BaseSerializer):
    """Bytes of JSON for every cache backend; what cannot be read back counts as absent."""

    def dump(self, value: Any, f: IO[bytes], protocol: int = 0) -> None:
        f.write(orjson.dumps(value))

    def load(self, f: IO[bytes]) -> Any:  # type: ignore[override]
        return self.loads(f.read())

    def dumps(self, value: Any, protocol: int = 0) -> bytes:
        return orjson.dumps(value)

    def loads(self, bvalue: bytes | None) -> Any:  # type: ignore[override]
        try:
            return None if bvalue is None else orjson.loads(bvalue)
        except orjson.JSONDecodeError:
            log.warning("A cache entry is not JSON and was ignored.")
            return None


class JsonFiles(FileSystemCache):
    """The file backend with our serialiser from the start: it counts its files before flask-caching hands one over."""

    serializer = JsonSerializer()  # type: ignore[assignment]


class _Lock:
    """A lock that can be held weakly."""

    __slots__ = ("__weakref__", "lock")

    def __init__(self) -> None:
        self.lock = threading.Lock()


_cache = Cache()
_locks: WeakValueDictionary[str, _Lock] = WeakValueDictionary()
_locks_guard = threading.Lock()


def start(server: Flask, settings: Settings) -> None:
    """Give `server` its cache: Redis when STATROOM_CACHE_URL names one, else files in the data folder."""
    config: dict[str, Any] = {
        "CACHE_DEFAULT_TIMEOUT": SECONDS_KEPT,
        "CACHE_KEY_PREFIX": f"statroom-{settings.audience}-",
        "CACHE_SERIALIZER": JsonSerializer(),
    }
    if settings.cache_url:
        config |= {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": settings.cache_url}
    else:
        folder = settings.data / "cache" / settings.audience
        folder.mkdir(parents=True, exist_ok=True)
        config |= {"CACHE_TYPE": f"{__name__}.{JsonFiles.__name__}", "CACHE_DIR": str(folder), "CACHE_THRESHOLD": MOST_FILES}
    _cache.init_app(server, config)
    # Also usable outside a request (a command, a benchmark).
    _cache.app = server


@contextmanager
def used_by_command(settings: Settings) -> Iterator[None]:
    """For the length of a command the cache of the process that serves `settings`: what either computes the other need not."""
    before, server = getattr(_cache, "app", None), Flask("command")
    start(server, settings)
    try:
        # Commands run in an application of their own, which has no cache.
        with server.app_context():
            yield
    finally:
        _cache.app = before


def stop() -> None:
    """Compute every answer anew from here on, for measurements."""
    _cache.app = None


def cached(name: str, edition: str, scope: Scope, parameters: Any, compute: Callable[[], Any]) -> Any:
    """`compute()`, or what it gave before for the same name, edition of the mart, scope and parameters.

    `parameters` and the value must be JSON (numbers, text, lists, dicts with text keys).
    Without a started cache every call computes. One computation per key runs at a time, in all processes
    that share the cache; the others wait for it and take its answer, or compute after `turns.PATIENCE` seconds.
    """
    if not is_sealed(scope):
        raise PermissionError("A cached answer needs a sealed scope.")
    if getattr(_cache, "app", None) is None:
        return compute()
    key = _key(name, edition, scope, parameters)
    held = _get(key)
    if held is not None:
        observed.CACHE_ANSWERS.labels("kept").inc()
        return held
    came = "waited for"
    holder = _lock_of(key)
    with holder.lock:
        held = _get(key)
        if held is None:
            with turns.alone(_cache, key, lambda: _get(key) is not None):
                held = _get(key)
                if held is None:
                    came = "computed"
                    held = compute()
                    _set(key, held)
    observed.CACHE_ANSWERS.labels(came).inc()
    return held


def is_kept(name: str, edition: str, scope: Scope, parameters: Any) -> bool:
    """Whether `cached` would answer at once."""
    return is_sealed(scope) and getattr(_cache, "app", None) is not None and _get(_key(name, edition, scope, parameters)) is not None


def _key(name: str, edition: str, scope: Scope, parameters: Any) -> str:
    text = orjson.dumps([name, edition, scope.key(), parameters], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()


def _lock_of(key: str) -> _Lock:
    with _locks_guard:
        lock = _locks.get(key)
        if lock is None:
            lock = _locks[key] = _Lock()
        return lock


def _get(key: str) -> Any:
    """The entry, or None. A cache that is down costs time, never an answer."""
    try:
        return _cache.get(key)
    except Exception as error:
        log.warning("The cache could not be read: %s", error)
        return None


def _set(key: str, value: Any) -> None:
    try:
        _cache.set(key, value)
    except Exception as error:
        log.warning("The cache could not be written: %s", error)
