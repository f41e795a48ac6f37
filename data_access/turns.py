"""Several processes, one computation: whoever comes first computes what is missing in the cache, the others wait for it.

The turn is a lock on a file beside the cache, which the system opens again when its holder dies, or a key in Redis that
expires. A turn that cannot be had in time, or at all, costs a second computation and never an answer.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE = 20.0
"""Seconds to wait for another process; a question is stopped after as long (`reading.QUERY_SECONDS`)."""
FIRST_WAIT, LONGEST_WAIT = 0.002, 0.05
FOLDER = "turns"

log = logging.getLogger(__name__)


@contextmanager
def alone(cache: Any, key: str, is_there: Callable[[], bool]) -> Iterator[None]:
    """Within it no other process computes `key`; it begins early when `is_there`, or when the wait gets too long."""
    try:
        # Within the attempt: an application that has no cache of its own, as a command's, has none to ask here either.
        redis = getattr(cache.cache, "_write_client", None)
        folder = getattr(cache.cache, "_path", None)
        take, give_back = _in_redis(redis, key) if redis is not None else _in_folder(Path(folder).parent / FOLDER if folder else None, key)
    except Exception as error:
        log.warning("Processes cannot take turns: %s", error)
        take, give_back = (lambda: True), (lambda: None)
    _wait(take, is_there)
    try:
        yield
    finally:
        try:
            give_back()
        except Exception as error:
            log.warning("A turn could not be given back: %s", error)


def _wait(take: Callable[[], bool], is_there: Callable[[], bool]) -> None:
    deadline, pause = time.monotonic() + PATIENCE, FIRST_WAIT
    try:
        while not take() and not is_there() and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_WAIT)
    except Exception as error:
        log.warning("Processes cannot take turns: %s", error)


def _in_folder(folder: Path | None, key: str) -> tuple[Callable[[], bool], Callable[[], None]]:
    """A lock on a file of that name, which is removed again."""
    if folder is None:
        return (lambda: True), (lambda: None)
    folder.mkdir(exist_ok=True)
    path, held = folder / key, []

    def take() -> bool:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The file may have been removed by who held it before, between opening and locking: then this is no lock.
            if path.stat().st_ino == os.fstat(descriptor).st_ino:
                held.append(descriptor)
                return True
        except (BlockingIOError, FileNotFoundError):
            pass
        os.close(descriptor)
        return False

    def give_back() -> None:
        for descriptor in held:
            path.unlink(missing_ok=True)
            os.close(descriptor)

    return take, give_back


def _in_redis(redis: Any, key: str) -> tuple[Callable[[], bool], Callable[[], None]]:
    name, mine = f"statroom-turn-{key}", secrets.token_hex(8)

    def take() -> bool:
        return bool(redis.set(name, mine, nx=True, px=int(PATIENCE * 1000)))

    def give_back() -> None:
        if redis.get(name) == mine.encode():
            redis.delete(name)

    return take, give_back
