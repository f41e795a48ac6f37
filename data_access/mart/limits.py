"""How long a statement may run, where an engine does not see to that itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ENDED = ("INTERRUPT", "STATEMENT TIMEOUT", "TIMEDOUT", "TIMED OUT AFTER")
"""What engines say of a statement that was ended because it took too long: DuckDB, PostgreSQL, Spark."""


@contextmanager
def in_time(raw: Any, seconds: float) -> Iterator[None]:
    """Ends what a DuckDB connection runs for longer than `seconds`. A server ends it by itself (`postgres.Served.engine`)."""
    if not hasattr(raw, "interrupt"):
        yield
        return
    timer = threading.Timer(seconds, raw.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def took_too_long(error: BaseException | None) -> bool:
    """Whether an engine's error says that it ended the statement for its length."""
    return any(word in str(error).upper() for word in ENDED)
