"""What a meeting is about before anybody edits it.

The agenda follows the hour of a CitiStat meeting: the data, the promises of last time, what got better, the city, two or three
issues, what is coming, who is left out, and the actions. Only signals are good news or issues; noise is neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from metrics.periods import Calendar
from metrics.select import Asked
from metrics.signal_list import signal_list
from metrics.signals import Rebased

MOST_ISSUES = 3
HOUR = {"data": 3, "promises": 12, "good_news": 5, "city": 8, "issue": 20, "risk": 5, "equity": 2, "actions": 5}
"""Minutes of each kind of item in a meeting of an hour; issues share theirs."""


@dataclass(frozen=True)
class Topic:
    """One thing to talk about."""

    kind: str
    minutes: int
    line: dict[str, Any] | None = None
    """Of good news and issues: the line of `metrics.signal_list`."""


def week_before(day: date, calendar: Calendar) -> date:
    """First day of the last week that is over on `day`."""
    return calendar.start_of(day, "week") - timedelta(weeks=1)


def topics(asked: Asked, minutes: int, rebased: Rebased | None = None) -> list[Topic]:
    """What a meeting of so many minutes is about.

    Args:
        asked: a question about the departments of the meeting, with the weeks that signals are sought in, at the instant of the meeting.
    """
    lines = signal_list(asked, rebased).lines.to_dict("records")
    worse = [line for line in lines if line["verdict"] == "worse"]
    # What is neither good nor bad, such as more reports, is talked about where there is time left.
    issues = [*worse, *(line for line in lines if line["verdict"] == "neither")][:MOST_ISSUES]
    better = [line for line in lines if line["verdict"] == "better"]
    return [
        Topic(kind, length, line)
        for kind, of in (
            ("data", [None]), ("promises", [None]), ("good_news", better[:1]), ("city", [None]), ("issue", issues), ("risk", [None]),
            ("equity", [None]), ("actions", [None]),
        )
        for line, length in zip(of, lengths(kind, len(of), minutes), strict=True)
    ]  # fmt: skip


def lengths(kind: str, n: int, minutes: int) -> Sequence[int]:
    """The minutes of `n` items of a kind in a meeting of so many: at most their part of an hour's, at least one each."""
    whole = HOUR[kind] * minutes // 60
    return [max(1, (whole + n - 1 - at) // n) for at in range(n)]
