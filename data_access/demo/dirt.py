"""What is wrong in the demo CRM: about one row in a thousand, spoilt as rows of real systems are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_access.demo.arrivals import Openings
from data_access.demo.histories import Histories
from data_access.demo.truths import BAD_ROW_SHARE
from data_access.demo.wall_clock import DAY, NEVER

FAULTS = (
    "closed before opened",
    "closed in 1970",
    "due before opened",
    "opened in the next century",
    "opened without a time",
    "blank texts",
)
BEFORE, EPOCH, DUE_BEFORE, NEXT_CENTURY, NO_TIME, BLANK = range(len(FAULTS))
CENTURY = 36_525 * DAY
ODD_STATUS, ODD_CHANNEL = "Pending Vendor", "Kiosk"
"""A status and a channel that nobody mapped: real systems grow them overnight."""
ODD_STATUS_SHARE, ODD_CHANNEL_SHARE = 0.0004, 0.0006


@dataclass(frozen=True)
class Dirt:
    """Which rows are spoilt, and how: parallel arrays beside `Openings`."""

    fault: np.ndarray
    """Position in `FAULTS`; -1 = none."""
    odd_status: np.ndarray
    odd_channel: np.ndarray

    def has(self, fault: int, made: Histories) -> np.ndarray:
        """The rows with this fault; a closing or deadline that is not there cannot be wrong."""
        hit = self.fault == fault
        if fault in (BEFORE, EPOCH):
            return hit & (made.closed != NEVER)
        return hit & made.has_due if fault == DUE_BEFORE else hit

    def times(self, cases: Openings, made: Histories) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(opened, due, closed) as the CRM has them; NEVER = empty."""
        opened = np.where(self.has(NEXT_CENTURY, made), cases.opened + CENTURY, cases.opened)
        opened = np.where(self.has(NO_TIME, made), NEVER, opened)
        due = np.where(self.has(DUE_BEFORE, made), cases.opened - DAY, np.where(made.has_due, made.due, NEVER))
        closed = np.where(self.has(BEFORE, made), cases.opened - 5 * DAY, made.closed)
        # Midnight of 1 January 1970 is how some systems write "no date".
        return opened, due, np.where(self.has(EPOCH, made), 0, closed)


def draw_dirt(count: int, rng: np.random.Generator) -> Dirt:
    """Spoil some of `count` rows."""
    fault = np.where(rng.random(count) < BAD_ROW_SHARE, rng.integers(0, len(FAULTS), count), -1)
    return Dirt(fault, rng.random(count) < ODD_STATUS_SHARE, rng.random(count) < ODD_CHANNEL_SHARE)
