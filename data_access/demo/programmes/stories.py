"""What is planted in the other programmes, one story each: when it begins and how strong it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from data_access.demo.truths import Dates

STUCK_FACTOR = 9.0
"""On the days of the legal review of one department's records requests."""
SLOW_INTAKE_FACTOR = 2.3
"""On the days until a complaint is classified, for two quarters."""
LETTER_FACTOR = 2.0
"""On the days until an alderman's letter is there."""
MODERATOR_FACTOR = 0.25
"""On the days until an idea gets its first answer."""
RESET_SHARES = (0.14, 0.45)
"""Share of hearings that are reset, before and since."""


@dataclass(frozen=True)
class StoryDates:
    """When the planted things of the programmes happen: local days of the city."""

    review_stuck: date
    intake_slow_from: date
    intake_slow_to: date
    letters_slow: date
    moderator: date
    resets: date


def story_dates(dates: Dates) -> StoryDates:
    """The stories' dates of a demo city."""
    monday = dates.as_of - timedelta(days=dates.as_of.weekday())
    quarter = date(dates.as_of.year, 3 * ((dates.as_of.month - 1) // 3) + 1, 1)
    return StoryDates(
        review_stuck=monday - timedelta(weeks=38), intake_slow_from=_quarters_before(quarter, 3), intake_slow_to=_quarters_before(quarter, 1),
        letters_slow=monday - timedelta(weeks=70), moderator=monday - timedelta(weeks=30), resets=monday - timedelta(weeks=50),
    )  # fmt: skip


def _quarters_before(first: date, count: int) -> date:
    month = first.year * 12 + first.month - 1 - 3 * count
    return date(month // 12, month % 12 + 1, 1)
