"""Reading by windows of days what an endpoint gives only so much of at once, without losing what lies beyond its limit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Callable, Iterator

LONGEST = timedelta(days=90)
"""GeoReport v2: a question about more days is answered about 90."""
LIMIT = 1_000
"""GeoReport v2: the number of requests of one answer, if an endpoint has no other limit."""
SHORTEST = timedelta(minutes=1)
FEWEST = 20
"""No endpoint is known that stops at fewer."""

Rows = dict[str, Any]
"""Id -> row."""
Ask = Callable[[datetime, datetime], tuple[Rows, bool]]
"""(the rows from one instant to another, whether the endpoint turned pages until there were no more)."""


class WindowFull(RuntimeError):
    """An endpoint stops at its limit even for the shortest window: what lies beyond cannot be read."""


def spans(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Windows from `start`, each of at most 90 days: their edges do not depend on `end`."""
    while start < end:
        yield start, min(start + LONGEST, end)
        start += LONGEST


class Walk:
    """Walks windows, and learns on the way how many rows an endpoint gives at most.

    Endpoints do not say their limit. A window whose halves hold more than itself was cut off: that many is the limit.
    One whose halves hold the same was whole: that many is below the limit.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._whole = FEWEST - 1
        self._limit = LIMIT

    def rows(self, start: datetime, end: datetime) -> Rows:
        """Every row from `start` to `end`.

        Raises:
            WindowFull: there are more within a minute than the endpoint gives.
        """
        found, turned = self._ask(start, end)
        if (turned and len(found) % LIMIT) or not found:
            return found
        if not turned and len(found) <= self._whole:
            return found
        if end - start <= SHORTEST:
            if len(found) >= self._limit:
                raise WindowFull(f"{len(found):,} requests of one minute ({start:%Y-%m-%d %H:%M}) are all it gives, and there may be more")
            return found
        # On whole seconds, which is as fine as endpoints ask.
        middle = start + timedelta(seconds=int((end - start).total_seconds() / 2))
        parts = self.rows(start, middle) | self.rows(middle, end)
        if len(parts.keys() | found.keys()) > len(found):
            self._limit = min(self._limit, len(found))
        else:
            self._whole = max(self._whole, len(found))
        return found | parts
