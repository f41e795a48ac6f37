"""Which edition of the data residents read: the newest one, as soon as the portal's main pages are counted in it.

Right after a load nothing of the new edition is counted yet, and everybody would wait for it. Until it is, the portal
goes on with the edition before, whole and marked with its own instant ("Data through ..."), never with an older one,
and not for longer than `LONGEST` seconds. Staff always read the newest: they decide by it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from flask import Flask

from components import language, preview
from components.page import in_navigation
from data_access.mart.reading import Mart, open_mart
from settings import Settings

LONGEST = 60.0
"""Seconds after which the new edition is shown in any case."""
SETTLED = 30.0
"""Seconds after a load from which on a look at the file that names the edition is enough."""
_counting: ContextVar[Mart | None] = ContextVar("counting", default=None)
"""The edition that is being counted, in the thread that does it."""

log = logging.getLogger(__name__)


class Freshness:
    """The edition that one process of the portal shows."""

    def __init__(self, server: Flask) -> None:
        self.server = server
        self._shown: Mart | None = None
        self._pointer: tuple[int, int] | None = None
        self._seen: tuple[tuple[int, int] | None, float] = (None, 0.0)
        self._waiting: tuple[str, float] = ("", 0.0)
        self._ready: set[str] = set()
        self._guard = threading.Lock()

    def mart(self, settings: Settings) -> Mart:
        """The edition to answer from.

        Raises:
            MartUnavailable: before the first load.
        """
        if (counted := _counting.get()) is not None:
            return counted
        pointer = _pointer(settings)
        shown = self._shown
        if shown is not None and pointer is not None and pointer == self._pointer:
            return shown
        newest = open_mart(settings)
        with self._guard:
            if pointer != self._seen[0]:
                self._seen = pointer, time.monotonic()
            if self._shown is None or newest.edition == self._shown.edition or self._is_due(newest):
                self._shown = newest
                # Just after a load another thread may still be opening it, and this one was given the edition before.
                self._pointer = pointer if time.monotonic() - self._seen[1] > SETTLED else None
            return self._shown

    def _is_due(self, newest: Mart) -> bool:
        """Whether `newest` is shown from now on. If not yet, its main pages are being counted."""
        assert self._shown is not None
        # Further than one load apart, or back to an older one because the newer was wrong: nobody should read the other any more.
        if newest.edition in self._ready or newest.generation != self._shown.generation + 1:
            return True
        if self._waiting[0] != newest.edition:
            self._waiting = newest.edition, time.monotonic()
            threading.Thread(target=self._count, args=(newest,), name="next-edition", daemon=True).start()
        return time.monotonic() - self._waiting[1] > LONGEST

    def _count(self, newest: Mart) -> None:
        try:
            with counting(newest):
                count_main_pages(self.server)
        except Exception:
            log.exception("The main pages of a new edition could not be counted")
        self._ready = {newest.edition}


@contextmanager
def counting(mart: Mart) -> Iterator[None]:
    """Within it everything is answered from `mart`."""
    before = _counting.set(mart)
    try:
        yield
    finally:
        _counting.reset(before)


def count_main_pages(server: Flask) -> None:
    """What the pages of the navigation say and show, in every language: from then on it is in the cache of all processes."""
    for code in language.languages():
        for page in in_navigation_of(server):
            with server.test_request_context(page, headers={"Accept-Language": code}):
                preview.told_of(page, {}, preview.AT_ONCE)


def in_navigation_of(server: Flask) -> list[str]:
    """Addresses of the pages that the navigation offers."""
    with server.test_request_context("/"):
        return [page["path"] for page in in_navigation()]


def _pointer(settings: Settings) -> tuple[int, int] | None:
    """What changes when a load is published; None where that cannot be seen."""
    try:
        found = (settings.mart / "current").stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
