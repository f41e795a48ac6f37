"""When a load that failed is tried again, and whose turn it is among several. Reads no clock and draws no chance by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

FIRST, LONGEST = timedelta(minutes=1), timedelta(minutes=60)
SPREAD = 0.25
"""Each pause is longer or shorter by up to this share, so that what failed together does not come back together."""


def pause(failures: int, chance: float) -> timedelta:
    """How long to wait after so many failures in a row (1, 2, ...): about 1, 2, 4, 8 ... minutes, an hour at most.

    Args:
        chance: from 0 to 1, drawn anew for each pause.
    """
    # The exponent is bounded before it is used: a source may be down for months.
    about = min(FIRST * 2 ** min(failures - 1, 10), LONGEST)
    return min(about * (1 - SPREAD + 2 * SPREAD * chance), LONGEST)


@dataclass
class _Turn:
    """What is remembered of one source."""

    failures: int = 0
    """In a row."""
    again_at: datetime | None = None
    """When it is tried again, also without its schedule."""
    began_at: datetime | None = None
    """The last attempt."""
    is_owed: bool = False


@dataclass
class Turns:
    """The turns of a city's sources, which are loaded one after the other. All times are aware.

    A schedule's minute that passes while another source is being loaded is owed, once. Of all whose turn it is, the one that
    was tried the longest ago goes first, so a source that takes long keeps nobody waiting for more than one load of each other.

    Args:
        chance: draws a number from 0 to 1.
    """

    chance: Callable[[], float]
    _of: dict[str, _Turn] = field(default_factory=dict)

    def owe(self, names: Iterable[str]) -> None:
        """A minute of the schedule of each of them has come."""
        for name in names:
            self._turn(name).is_owed = True

    def next(self, now: datetime) -> str | None:
        """Whose turn it is; None for nobody's."""
        due = [
            (turn.began_at is not None, turn.began_at or now, name)
            for name, turn in self._of.items()
            if turn.is_owed or (turn.again_at is not None and turn.again_at <= now)
        ]
        return min(due)[2] if due else None

    def begin(self, name: str, now: datetime) -> int:
        """It is being tried; answers which attempt in a row this is (1 after a load that went well)."""
        turn = self._turn(name)
        turn.is_owed, turn.again_at, turn.began_at = False, None, now
        return turn.failures + 1

    def went_well(self, name: str) -> None:
        """The next failure is a first one."""
        self._turn(name).failures = 0

    def failed(self, name: str, now: datetime, *, may_pass: bool) -> datetime | None:
        """It failed at `now`; answers when it is tried again, None: not before its schedule says so.

        The schedule goes on beside: whichever comes first. Failures are counted on through it, so a source that is down
        for long is not asked more often because its schedule has come.

        Args:
            may_pass: whether the cause may pass by itself.
        """
        turn = self._turn(name)
        turn.failures += 1
        turn.again_at = now + pause(turn.failures, self.chance()) if may_pass else None
        return turn.again_at

    def _turn(self, name: str) -> _Turn:
        return self._of.setdefault(name, _Turn())
