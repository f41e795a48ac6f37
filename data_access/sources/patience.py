"""A database that keeps its connection open and says nothing: after a while somebody has to hang up.

A machine that hangs still confirms what the network sends it, so neither the operating system nor most drivers ever
notice. Here a timer closes our end of the connection, and the driver, which waits for the next byte, sees it end.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import SQLAlchemyError

NAME = "statroom_patience"


class NoAnswer(SQLAlchemyError):
    """The database was silent for too long, and was left."""


class Patience:
    """How long one connection of a driver may be silent.

    Args:
        driver: the driver's connection.
        seconds: of one statement, or of one chunk of rows.
    """

    def __init__(self, driver: Any, seconds: float) -> None:
        self.driver, self.seconds = driver, seconds
        self.is_over = False
        self._timer: threading.Timer | None = None
        self._guard = threading.Lock()

    def begin(self) -> None:
        """From now on it counts, until `end`."""
        self.end()
        with self._guard:
            self._timer = threading.Timer(self.seconds, self._hang_up)
            self._timer.daemon = True
            self._timer.start()

    def end(self) -> None:
        """There was an answer, or nothing more is asked."""
        with self._guard:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None

    def _hang_up(self) -> None:
        with self._guard:
            # An answer that came in this very moment: the connection may be another's already.
            if self._timer is None:
                return
            self.is_over = True
            number = _descriptor(self.driver)
            if number is not None:
                # A name of our own for it, so that the driver's stays the driver's to close.
                with socket.socket(fileno=os.dup(number)) as held:
                    held.shutdown(socket.SHUT_RDWR)


def watch(engine: Engine, seconds: float) -> None:
    """Give every connection of `engine` that goes over a network so much patience, with each statement anew.

    What fetches rows says so by `answering`. A database that is silent for longer ends in `NoAnswer`.
    """

    latest: list[Patience] = []

    @event.listens_for(engine, "connect", insert=True)
    def connected(driver: Any, record: Any) -> None:
        # Before the dialect asks its first questions.
        record.info[NAME] = Patience(driver, seconds)
        record.info[NAME].begin()
        latest[:] = [record.info[NAME]]

    @event.listens_for(engine, "checkout")
    def ready(_driver: Any, record: Any, _proxy: Any) -> None:
        record.info[NAME].end()

    @event.listens_for(engine, "close")
    def closed(_driver: Any, record: Any) -> None:
        if NAME in record.info:
            record.info[NAME].end()

    @event.listens_for(engine, "before_cursor_execute")
    def asked(connection: Connection, *_: Any) -> None:
        connection.info[NAME].begin()

    @event.listens_for(engine, "after_cursor_execute")
    def answered(connection: Connection, *_: Any) -> None:
        connection.info[NAME].end()

    @event.listens_for(engine, "handle_error")
    def failed(context: Any) -> None:
        for patience in latest:
            patience.end()
            if patience.is_over:
                raise NoAnswer(f"it gave no answer for {seconds:,.0f} seconds") from context.original_exception


@contextmanager
def answering(connection: Connection) -> Iterator[None]:
    """Within it rows are fetched: they too come within the patience."""
    patience: Patience | None = connection.info.get(NAME)
    if patience is None:
        yield
        return
    patience.begin()
    try:
        yield
    finally:
        patience.end()


def _descriptor(driver: Any) -> int | None:
    """The number of a driver's socket; None of one that has none or does not tell."""
    for held in (driver, getattr(driver, "_sock", None)):
        try:
            return int(held.fileno())  # type: ignore[union-attr]
        except Exception:
            continue
    return None
